"""So many of something, in a line for people: one story, two stories."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """`1 story`, `2 stories`; `several` is what is not `one` with an s."""
    return f"{number} {one if number == 1 else several or one + 's'}"
