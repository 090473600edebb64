"""TerminalProgress: bars where a person watches, one line for each finished task elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from digest.cli.output import notice, printable

SAID_EVERY = 10.0
"""Seconds after which a long task says how far it is, where there are no bars."""


@dataclass(slots=True, kw_only=True)
class _Task:
    total: int | None
    began: float
    said: float
    done: int = 0
    bar: TaskID | None = None


class TerminalProgress:
    """The port `Progress` for people. Calls may come from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}
        self._bars: Progress | None = None

    def __enter__(self) -> TerminalProgress:
        console = Console(stderr=True, highlight=False, markup=False)
        if console.is_terminal and not console.is_dumb_terminal and sys.stderr.isatty():
            self._bars = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console,
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def start(self, task: str, total: int | None) -> None:
        """Begin `task`; `total` is its number of steps, None where nobody knows."""
        now = time.monotonic()
        with self._lock:
            found = self._tasks[task] = _Task(total=total, began=now, said=now)
            if self._bars is not None:
                found.bar = self._bars.add_task(printable(task), total=total)

    def advance(self, task: str, steps: int = 1) -> None:
        """`steps` more of `task` are done."""
        with self._lock:
            found = self._tasks.get(task)
            if found is None:
                return
            found.done += steps
            if self._bars is not None and found.bar is not None:
                self._bars.advance(found.bar, steps)
            elif time.monotonic() - found.said >= SAID_EVERY:
                found.said = time.monotonic()
                notice(f"{task}: {found.done}" + (f" of {found.total}" if found.total is not None else ""))

    def finish(self, task: str, summary: str) -> None:
        """`task` is over; `summary` is one line for people."""
        with self._lock:
            found = self._tasks.pop(task, None)
            took = time.monotonic() - found.began if found else 0.0
            line = f"{task}: {summary}" + (f" ({took:.1f} s)" if took >= 0.05 else "")
            if self._bars is None:
                notice(line)
                return
            if found is not None and found.bar is not None:
                self._bars.remove_task(found.bar)
                # Else the line below is printed above a last picture of the bar that is gone.
                self._bars.refresh()
            self._bars.console.print(printable(line), soft_wrap=True)
