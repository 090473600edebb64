"""Whether the bucket of the pictures and pages can be read and written."""

from __future__ import annotations

from datetime import datetime

from digest.cli.checkup_line import Check
from digest.model.errors import AdapterError
from digest.settings import Settings
from digest.wiring import open_bucket

WHAT = "bucket"
OBJECT = "digest-doctor.txt"
"""What is written, below the prefix, to see whether anything can be."""
MENDING = "mend storage.objects (bucket, region, endpoint_url, keys) and their rights: docs/how-to/object-storage.md"
_NEVER = "pictures/0000000000000000000000000000000000000000.jpg"
"""No picture is called so."""


def look(settings: Settings, now: datetime, *, online: bool) -> Check | None:
    """None where no bucket is named. It is asked online only, for what a page asks of it and what composing does."""
    name = settings.storage.objects.bucket
    if not name:
        return None
    bucket = open_bucket(settings)
    try:
        if not online:
            return Check(level="ok", what=WHAT, found=f"{name}: not asked; --online reads and writes it")
        # Not there is the answer that is wanted: only to a GET a missing bucket and a missing object differ.
        bucket.get(_NEVER)
        bucket.put(OBJECT, f"{now.isoformat()}\n".encode(), media_type="text/plain", cache="no-store")
    except AdapterError as error:
        lost = "pictures are answered with 503, and editions are made without new ones"
        return Check(level="fail", what=WHAT, found=f"{error} Until then {lost}", fix=MENDING)
    finally:
        bucket.close()
    return Check(level="ok", what=WHAT, found=f"{name}: read and written")
