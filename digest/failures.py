"""The clock's log of what failed: each failure with its trace once, and the operator told until a sweep ends well."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

import structlog

from digest.model.alarm import Alarm, AlarmLevel, Trouble
from digest.model.errors import DigestError
from digest.ports import App
from digest.workflow.clock.alarms import cry

_log = structlog.stdlib.get_logger("digest.scheduler")


class Failures:
    """What went wrong in one scheduler. Safe to use from several threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._count = 0
        self._since: datetime | None = None
        self._cried: Alarm | None = None
        self._traced: set[str] = set()

    @property
    def count(self) -> int:
        """Sweeps and other turns that failed since the start; each is in the log."""
        return self._count

    @property
    def since(self) -> datetime | None:
        """When the first sweep failed after the last that ended well, None where that one was good."""
        return self._since

    def of_sweep(self, error: Exception) -> None:
        """A whole sweep failed: the operator is told once, until one ends well again."""
        with self._lock:
            self._count += 1
            self._since = self._since or self._app.clock()
        self.note("sweep.failed", error)
        self._cry(error)

    def beside(self, event: str, error: Exception) -> None:
        """A turn beside the sweeps failed: housework, imports, webhooks."""
        with self._lock:
            self._count += 1
        self.note(event, error)

    def note(self, event: str, error: Exception, **where: str) -> None:
        """A line in the log, with the trace the first time; the same failure of the next minutes is one line each."""
        kind = f"{event} {where} {type(error).__name__} {error}"
        again = kind in self._traced
        self._traced.add(kind)
        # Of words that are not ours only the kind is said: they may hold anything.
        said = str(error) if isinstance(error, DigestError) else ""
        _log.error(event, error=type(error).__name__, why=said, exc_info=None if again else error, **where)

    def stood_by(self) -> None:
        """Another scheduler acts: nothing fails here."""
        with self._lock:
            self._since = None

    def over(self, *, whole: bool) -> None:
        """A sweep ended well; `whole` where none of its parts broke either: what fails from now on is another trouble.

        That it is over is told, if it was told that it began; tried again with the next sweep where nobody hears.
        """
        self.stood_by()
        if self._cried is not None and cry(self._app, replace(self._cried, over_at=self._app.clock())):
            self._cried = None
        if whole:
            self._traced.clear()

    def _cry(self, error: Exception) -> None:
        if self._cried is not None or not self._app.bells:
            return
        trouble = Trouble(
            key="clock",
            level=AlarmLevel.CRITICAL,
            what="The clock of this installation fails: nothing is composed or sent",
            # Only words of ours, or the kind of the error: other texts may hold anything.
            why=str(error) if isinstance(error, DigestError) else type(error).__name__,
            next_step="digest doctor; the log",
        )
        alarm = Alarm(id=0, trouble=trouble, since=self._app.clock())
        if cry(self._app, alarm):
            self._cried = alarm
