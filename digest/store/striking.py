"""Writing over the lines of a file that hold an address, in place: another process may be reading it line by line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20
_LETTERS = re.compile(rb"[^\r\n,;\t\"]")


def strike_out(path: Path, addresses: Collection[str]) -> int:
    """Turn every letter of the lines that hold one of these addresses into an x. Returns how many lines.

    Length, quotes, delimiters and ends of lines stay: an import that is under way reads the same number of rows, and
    refuses these. Whole addresses only, in any case; a file that is gone meanwhile has none.
    """
    spelt = sorted({address.lower() for address in addresses if address}, key=len, reverse=True)
    if not spelt:
        return 0
    words = b"|".join(re.escape(one.encode()) for one in spelt)
    wanted = re.compile(rb"(?<![\w.+-])(?:" + words + rb")(?![\w-]|\.\w)", re.IGNORECASE)
    struck = 0
    try:
        with path.open("r+b") as file:
            for place, line in _lines(file):
                if wanted.search(line):
                    after = file.tell()
                    file.seek(place)
                    file.write(_LETTERS.sub(b"x", line))
                    file.seek(after)
                    struck += 1
    except FileNotFoundError:
        return 0
    return struck


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every line with its place in the file; one that is longer than a megabyte in pieces."""
    place = 0
    while line := file.readline(_PIECE):
        yield place, line
        place += len(line)
