"""Which addresses a document may name: http and https with a host, made absolute."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

PICTURE_FILES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
"""Endings of the files that are pictures."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ESCAPED = {ord(mark): f"%{ord(mark):02X}" for mark in ' "<>\\^`{|}'}
"""What no address may hold as it is (RFC 3986, 2), and browsers escape."""
_MAX_LENGTH = 2_000
_LONGEST_FILE = 300


def web_url(address: object, base: str | None = None) -> str | None:
    """`address` as an absolute http(s) URL, or None: `javascript:`, `data:`, `mailto:` and the rest are dropped.

    `base` is the address that relative links are relative to. Anything that is no string gives None.
    """
    if not isinstance(address, str):
        return None
    # Some feeds escape an address twice: no address holds an entity.
    bare = _CONTROL.sub("", address).strip().replace("&amp;", "&").translate(_ESCAPED)
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


def picture_file(address: object) -> str | None:
    """`address` as the path of a picture's file beside a saved document, or None: no scheme, no way up or out."""
    said = unquote(address.strip()) if isinstance(address, str) and len(address) <= _LONGEST_FILE else ""
    path = PurePosixPath(said)
    outside = path.is_absolute() or ".." in path.parts or "\\" in said or ":" in said or _CONTROL.search(said)
    return None if outside or path.suffix.lower() not in PICTURE_FILES else str(path)
