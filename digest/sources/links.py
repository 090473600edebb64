"""Which addresses a document may name: http and https with a host, made absolute."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MAX_LENGTH = 2_000


def web_url(address: object, base: str | None = None) -> str | None:
    """`address` as an absolute http(s) URL, or None: `javascript:`, `data:`, `mailto:` and the rest are dropped.

    `base` is the address that relative links are relative to. Anything that is no string gives None.
    """
    if not isinstance(address, str):
        return None
    bare = _CONTROL.sub("", address).strip().replace(" ", "%20")
    if not bare or len(bare) > _MAX_LENGTH:
        return None
    try:
        whole = urljoin(base, bare) if base else bare
        parts = urlsplit(whole)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return whole
