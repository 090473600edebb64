"""How the engine stands: who is at work, what waits, and for how long. For `digest status` and the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.job import Process, ProcessKind, Queue
from digest.ports import Tx
from digest.workflow.clock.alarms import deserted

SEEN_WITHIN = timedelta(hours=1)
"""Processes that were seen since then are shown."""
SCHEDULER_SIGNS = timedelta(seconds=90)
"""A scheduler that gave a sign within this time lives: it gives one every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStanding:
    """The engine at one instant; without an engine everything is empty."""

    workers: tuple[Process, ...]
    schedulers: tuple[Process, ...]
    silent: tuple[Process, ...]
    """Seen within the hour, and not of late: they died, stand still, or cannot reach the database."""
    queues: tuple[Queue, ...]
    trouble: str
    """Why jobs are not done as they should be, empty where they are."""

    @property
    def in_use(self) -> bool:
        """True where there is, or lately was, an engine."""
        return bool(self.workers or self.schedulers or self.silent or self.queues)


def engine_standing(tx: Tx, now: datetime, *, silent: timedelta, is_gone: Callable[[str], bool]) -> EngineStanding:
    """Read in the caller's transaction. `silent` is after how long without a sign a worker's jobs go to others."""
    seen = tx.processes.recent(now - SEEN_WITHIN)
    signs = {ProcessKind.WORKER: silent, ProcessKind.SCHEDULER: max(silent, SCHEDULER_SIGNS)}
    alive = [one for one in seen if one.seen_at >= now - signs[one.kind] and not is_gone(one.owner)]
    return EngineStanding(
        workers=tuple(one for one in alive if one.kind is ProcessKind.WORKER),
        schedulers=tuple(one for one in alive if one.kind is ProcessKind.SCHEDULER),
        silent=tuple(one for one in seen if one not in alive),
        queues=tx.jobs.queues(),
        trouble=deserted(tx),
    )
