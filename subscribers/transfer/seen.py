"""Which address was on which line, and in which states: the memory of one import, 16 bytes a slot and not a hundred."""

from __future__ import annotations

from array import array

_STATES = ("active", "pending", "unsubscribed", "suppressed")
_BIT = {state: 1 << at for at, state in enumerate(_STATES)}
_WIDTH = len(_STATES)
_MASK = (1 << _WIDTH) - 1
NOES = frozenset({"unsubscribed", "suppressed"})
"""States that keep mail back. Said once in a file, they hold, wherever in it they stand."""


class SeenAddresses:
    """A hash table from a 64-bit hash to a line number and a few bits, in two flat arrays.

    Two of a million different addresses share a 64-bit hash once in some thirty million imports.
    """

    def __init__(self) -> None:
        self._used = 0
        self._resize(4_096)

    def note(self, key: str, line: int, state: str) -> tuple[int, frozenset[str]]:
        """The line this key was first on, and in which states it came before: `line` and none for a new one.

        What is remembered of a later line is its no; any other does not count.
        """
        mark = hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1
        slot = self._slot(mark)
        held = self._lines[slot]
        if not self._marks[slot]:
            self._marks[slot] = mark
            self._lines[slot] = line << _WIDTH | _BIT[state]
            self._used += 1
            if self._used * 2 > len(self._marks):
                self._grow()
            return line, _NONE
        if state in NOES:
            self._lines[slot] = held | _BIT[state]
        return held >> _WIDTH, _SETS[held & _MASK]

    def _slot(self, mark: int) -> int:
        marks = self._marks
        slot = mark & self._mask
        while marks[slot] and marks[slot] != mark:
            slot = (slot + 1) & self._mask
        return slot

    def _resize(self, slots: int) -> None:
        self._mask = slots - 1
        self._marks = array("Q", bytes(8 * slots))
        self._lines = array("Q", bytes(8 * slots))

    def _grow(self) -> None:
        marks, lines = self._marks, self._lines
        self._resize(2 * len(marks))
        for mark, line in zip(marks, lines, strict=True):
            if mark:
                slot = self._slot(mark)
                self._marks[slot], self._lines[slot] = mark, line


_NONE: frozenset[str] = frozenset()
_SETS = tuple(frozenset(state for state in _STATES if bits & _BIT[state]) for bits in range(1 << _WIDTH))
