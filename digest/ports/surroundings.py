"""What a step is given besides its ports: the clock, and where its progress is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

Clock = Callable[[], datetime]
"""Returns the current instant, aware, UTC. A workflow function calls it once."""


class Progress(Protocol):
    """Where long work tells how far it is. Calls are cheap and may come from any thread."""

    def start(self, task: str, total: int | None) -> None:
        """Begin `task`; `total` is its number of steps, None where nobody knows."""

    def advance(self, task: str, steps: int = 1) -> None:
        """`steps` more of `task` are done."""

    def finish(self, task: str, summary: str) -> None:
        """`task` is over; `summary` is one line for people."""
