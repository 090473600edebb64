"""Job: a request that some worker does one thing, by its id; and what is known of those who do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class JobKind(StrEnum):
    """What may be asked for. Each kind has a queue of its own: a version that does not know it leaves it alone."""

    COLLECT = "collect"
    COMPOSE = "compose"
    APPROVE = "approve"
    SEND = "send"
    REMIND = "remind"
    """Tell that an edition still waits for a person."""
    APPROVED = "approved"
    """An edition that a person approved after the clock had to leave it."""
    DRAIN = "drain"
    """Send what is due of a mailing."""
    POSTS = "posts"
    """Apply what providers posted."""
    LETTERS = "letters"
    """Letters that wait, and the other housework."""
    CHORE = "chore"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Job:
    """Carries an id and nothing else: what is to be done is read from the database when it is done."""

    kind: JobKind
    about: str = ""
    """The id: a run (`world/2026-11-22/compose`), an edition, a mailing's number, a chore's name; empty = all."""
    place: int = 0
    """Which of several jobs that share one work."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.about}:{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The jobs of one kind at this instant. Ages are counted from when a job came into its state."""

    name: str
    waiting: int = 0
    running: int = 0
    failed: int = 0
    oldest_waiting: timedelta | None = None
    oldest_running: timedelta | None = None


class ProcessKind(StrEnum):
    """What a process of ours does."""

    WORKER = "worker"
    SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as it last said that it lives."""

    owner: str
    kind: ProcessKind
    version: str
    since: datetime
    seen_at: datetime
    note: str = ""
    """What it is doing: the jobs in hand, or whether it acts or stands by."""
