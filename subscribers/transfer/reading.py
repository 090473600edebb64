"""A CSV file as rows of cells with line numbers: streamed, bounded, and honest about what it cannot read."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from subscribers.model import SubscribersError

LONGEST_LINE = 100_000
"""Bytes of one line; what is beyond is not a reader."""
MOST_LINES = 100
"""Lines that one row may take, by a note in quotes; what runs on further is a quote that is missing."""

# Known by its identity: a line that is read is an object of its own.
_TOO_LONG = "\r\n"
_LONG = f"the line is longer than {LONGEST_LINE:,} bytes"
_OTHER_ENCODINGS = {
    b"\xff\xfe\x00\x00": "UTF-32",
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
    through as lone surrogates, so that only their own row is refused. A quote that does not end, or ends amid a cell,
    costs its own line alone: those after it are read as if it were not there, and must then have a cell for each
    column.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        head = _header(source.readline(LONGEST_LINE + 1))
        self._delimiter = max(_DELIMITERS, key=head.count)
        try:
            self.header = next(csv.reader([head.rstrip("\r\n")], delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            raise TransferError(f"The header is not readable as CSV ({error}): is a quote missing?") from None
        self._taken: list[str] = []
        """The lines of the row in hand."""
        self._again: deque[str] = deque()
        """Lines to be read a second time, each on its own."""

    def __iter__(self) -> Iterator[Row]:
        taken = self._taken
        reader = self._reader()
        last = 1
        while True:
            line = last + 1
            alone = bool(self._again)
            taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, broken = [], self._give_back(str(error))
                reader = self._reader()
            else:
                broken = _LONG if taken[0] is _TOO_LONG else ""
                if alone and cells and not broken and len(cells) != len(self.header):
                    broken = f"{len(cells)} cells, but the header names {len(self.header)} columns"
            last += len(taken)
            if broken or cells:
                yield Row(line=line, last_line=last, cells=cells, broken=broken)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _give_back(self, why: str) -> str:
        """Keep the first line of a row that cannot be read, and read the others again. Returns what is wrong."""
        taken = self._taken
        if len(taken) == 1:
            ends = "unexpected end" not in why
            return f"not readable as CSV ({why}): is a quote missing?" if ends else "the quote does not end"
        self._again.extendleft(reversed(taken[1:]))
        del taken[1:]
        return "a quote opens here and does not end where a cell ends; the lines after it are read without it"

    def _lines(self) -> Iterator[str]:
        read, taken, again = self._source.readline, self._taken, self._again
        while True:
            if again:
                line = again.popleft()
            elif chunk := read(LONGEST_LINE):
                line = chunk.decode("utf-8", "surrogateescape")
                if len(chunk) == LONGEST_LINE and not chunk.endswith(b"\n"):
                    while (rest := read(LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    line = _TOO_LONG
            else:
                return
            taken.append(line)
            if len(taken) > 1 and (line is _TOO_LONG or len(taken) > MOST_LINES):
                raise csv.Error("a cell in quotes runs on too far")
            yield line


def _header(first: bytes) -> str:
    for mark, name in _OTHER_ENCODINGS.items():
        if first.startswith(mark):
            raise TransferError(f"The file is {name}: save it as CSV in UTF-8 and import that.")
    if len(first) > LONGEST_LINE:
        raise TransferError(f"The first line is longer than {LONGEST_LINE:,} bytes: it must name the columns.")
    try:
        head = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TransferError("The header is not UTF-8: save the file as CSV in UTF-8.") from None
    if "\x00" in head:
        raise TransferError("The header has NUL bytes, as UTF-16 has: save the file as CSV in UTF-8.")
    if not head.strip():
        raise TransferError("The file has no header line: the first line must name the columns.")
    if "\r" in head.rstrip("\r\n"):
        raise TransferError("The lines end in CR alone, as on old Macs: save the file with LF or CRLF.")
    return head
