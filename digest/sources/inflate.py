"""Decompression under a cap: a few kilobytes of gzip that stand for gigabytes are stopped at the cap."""

from __future__ import annotations

import zlib

from digest.model.errors import Permanent

ACCEPTED = "gzip, deflate"
"""What we say that we understand."""


_PACKED = b"\x1f\x8b"


class Inflate:
    """Turns chunks of a body into bytes, at most `limit` of them in all. Raises Permanent beyond that."""

    def __init__(self, encoding: str, *, limit: int, place: str) -> None:
        """`encoding` is the Content-Encoding header; `place` is named in errors."""
        self._place = place
        self._limit = limit
        self._size = 0
        self._raw_deflate_possible = False
        name = encoding.strip().lower()
        if name in ("", "identity"):
            self._inflater = None
        elif name in ("gzip", "x-gzip"):
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif name == "deflate":
            self._inflater = zlib.decompressobj()
            self._raw_deflate_possible = True
        else:
            raise Permanent(f"{place}: sent in an encoding that we did not ask for ({encoding[:60]!r})")

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that `chunk` stands for."""
        if self._inflater is None:
            return self._counted(chunk)
        try:
            found = self._inflater.decompress(chunk, self._limit - self._size + 1)
        except zlib.error as error:
            if not self._raw_deflate_possible:
                raise Permanent(f"{self._place}: its compressed body is damaged ({error})") from error
            # Some servers say deflate and send it without the zlib header.
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            self._raw_deflate_possible = False
            return self.feed(chunk)
        self._raw_deflate_possible = False
        return self._counted(found)

    def _counted(self, found: bytes) -> bytes:
        self._size += len(found)
        if self._size > self._limit:
            raise Permanent(f"{self._place}: larger than {self._limit:,} bytes; it was not read to its end")
        return found

    @property
    def complete(self) -> bool:
        """False where a compressed body stopped in the middle."""
        return self._inflater is None or self._inflater.eof or self._size == 0


def unpacked(content: bytes, *, limit: int, place: str) -> bytes:
    """What a file holds that is packed itself (`sitemap.xml.gz`), under the same cap; any other content as it is.

    Raises Permanent for one that is damaged, broken off or too large.
    """
    if not content.startswith(_PACKED):
        return content
    inflate = Inflate("gzip", limit=limit, place=place)
    found = inflate.feed(content)
    if not inflate.complete:
        raise Permanent(f"{place}: a packed file that broke off")
    return found
