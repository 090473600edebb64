"""A page of a call that keeps its lines in memory."""

from __future__ import annotations


class Notebook:
    """The port `CallPage`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begun(self, delivery: str) -> None:
        self.lines.append(f"{delivery} begun")

    def ended(self, delivery: str, *, taken: bool | None) -> None:
        self.lines.append(f"{delivery} {taken}")
