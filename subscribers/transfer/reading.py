"""A CSV file as rows of cells with line numbers: streamed, bounded, and honest about what it cannot read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from subscribers.model import SubscribersError

LONGEST_LINE = 100_000
"""Bytes of one line; what is beyond is not a reader."""

_OTHER_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a zip archive or a spreadsheet (.xlsx, .ods)",
    b"\x1f\x8b": "a gzip archive",
}
_DELIMITERS = (",", ";", "\t")


class TransferError(SubscribersError):
    """A file that cannot be imported at all: wrong encoding, no header, no column of addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of one row, and the first and last line it takes in the file. `broken` says why it is unreadable."""

    line: int
    last_line: int
    cells: list[str]
    broken: str = ""


class CsvRows:
    """Reads a file once, front to back, in constant memory.

    Raises TransferError at once for what is not UTF-8 text with a header. Single bytes that are not UTF-8 come
    through as lone surrogates, so that only their own row is refused.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._too_long: str = ""
        first = source.readline(LONGEST_LINE)
        for mark, name in _OTHER_ENCODINGS.items():
            if first.startswith(mark):
                raise TransferError(f"The file is {name}: save it as CSV in UTF-8 and import that.")
        try:
            head = first.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise TransferError("The header is not UTF-8: save the file as CSV in UTF-8.") from None
        if "\x00" in head or not head.strip():
            raise TransferError("The file has no header line: the first line must name the columns.")
        self._delimiter = max(_DELIMITERS, key=head.count)
        self.header = next(csv.reader([head.rstrip("\r\n")], delimiter=self._delimiter))

    def __iter__(self) -> Iterator[Row]:
        reader = csv.reader(self._lines(), delimiter=self._delimiter)
        last = 1
        while True:
            line = last + 1
            broken = ""
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                broken = f"not readable as CSV ({error}): is a quote missing?"
            last = reader.line_num + 1
            if self._too_long:
                broken, self._too_long = self._too_long, ""
            if broken or cells:
                yield Row(line=line, last_line=last, cells=cells, broken=broken)

    def _lines(self) -> Iterator[str]:
        read = self._source.readline
        while chunk := read(LONGEST_LINE):
            if len(chunk) == LONGEST_LINE and not chunk.endswith(b"\n"):
                self._too_long = f"the line is longer than {LONGEST_LINE:,} bytes"
                while (rest := read(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield "\n"
            else:
                yield chunk.decode("utf-8", "surrogateescape")
