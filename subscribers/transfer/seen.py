"""Which address was on which line: the memory of one import, 16 bytes a slot instead of a hundred."""

from __future__ import annotations

from array import array


class SeenAddresses:
    """A hash table from a 64-bit hash to a line number, in two flat arrays.

    Two of a million different addresses share a 64-bit hash once in some thirty million imports.
    """

    def __init__(self) -> None:
        self._used = 0
        self._resize(4_096)

    def first_line(self, key: str, line: int) -> int:
        """The line this key was first seen on: `line` itself for a new one, which is remembered."""
        mark = hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1
        slot = self._slot(mark)
        if self._marks[slot]:
            return self._lines[slot]
        self._marks[slot] = mark
        self._lines[slot] = line
        self._used += 1
        if self._used * 2 > len(self._marks):
            self._grow()
        return line

    def _slot(self, mark: int) -> int:
        marks = self._marks
        slot = mark & self._mask
        while marks[slot] and marks[slot] != mark:
            slot = (slot + 1) & self._mask
        return slot

    def _resize(self, slots: int) -> None:
        self._mask = slots - 1
        self._marks = array("Q", bytes(8 * slots))
        self._lines = array("L", bytes(array("L").itemsize * slots))

    def _grow(self) -> None:
        marks, lines = self._marks, self._lines
        self._resize(2 * len(marks))
        for mark, line in zip(marks, lines, strict=True):
            if mark:
                slot = self._slot(mark)
                self._marks[slot], self._lines[slot] = mark, line
