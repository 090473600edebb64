"""The pictures of the editions in a bucket, under the name that their content gives them."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.objects.bucket import Bucket

CACHE = "public, max-age=31536000, immutable"
"""The name changes with the content: whoever has it never asks again."""
FOLDER = "pictures/"
_KEPT_BYTES = 32 << 20
"""So much of what was shown last stays in memory: a desk looks at the same twenty pictures all morning."""
_NAME = re.compile(r"[0-9a-f]{40}\.(?:jpg|png)")
_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


class BucketPictures:
    """The port `Pictures` on a bucket. Thread-safe.

    Nobody is asked before a picture is: a command that shows none must work while the bucket is out of reach.
    """

    def __init__(self, open_bucket: Callable[[], Bucket]) -> None:
        self._open = open_bucket
        self._lock = threading.RLock()
        self._opened: Bucket | None = None
        self._later: dict[str, bytes] = {}
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put_later(self, name: str, content: bytes) -> None:
        """Keep it with the first picture that is put or asked for: a logo, at every start of every command."""
        with self._lock:
            self._later[name] = content

    def close(self) -> None:
        """Let go of the bucket's connections, where there are any."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def put(self, name: str, content: bytes) -> None:
        """Keep it. Safe to repeat. Raises ValueError, and what the bucket raises."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a picture")
        self._put_those_of_later()
        self._put(name, content)

    def get(self, name: str) -> bytes | None:
        """Its bytes, or None where there is no such picture. Raises what the bucket raises."""
        if not _NAME.fullmatch(name):
            return None
        self._put_those_of_later()
        content = self._known(name)
        if content is None:
            content = self._bucket().get(FOLDER + name)
            if content is not None:
                self._keep(name, content)
        return content

    def _put(self, name: str, content: bytes) -> None:
        if self._known(name) is None:
            self._bucket().put(FOLDER + name, content, media_type=_TYPES[name.rpartition(".")[2]], cache=CACHE)
            self._keep(name, content)

    def _put_those_of_later(self) -> None:
        with self._lock:
            for name in tuple(self._later):
                self._put(name, self._later[name])
                del self._later[name]

    def _bucket(self) -> Bucket:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _known(self, name: str) -> bytes | None:
        with self._lock:
            if name in self._recent:
                self._recent.move_to_end(name)
            return self._recent.get(name)

    def _keep(self, name: str, content: bytes) -> None:
        with self._lock:
            self._size += len(content) - len(self._recent.pop(name, b""))
            self._recent[name] = content
            while self._size > _KEPT_BYTES:
                _, gone = self._recent.popitem(last=False)
                self._size -= len(gone)
