"""Run: one phase of one newsletter on one date; the row that makes a phase happen once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

REMINDER = "remind"
"""The slot, within the phase of approving, of the notice before the lock. A slot and no phase of its own: a version
that does not know it can still read every run."""


class Phase(StrEnum):
    """The phases of a day, in order."""

    COLLECT = "collect"
    COMPOSE = "compose"
    APPROVE = "approve"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RunKey:
    """Natural key of a run. `slot` parts the several collects of a day (`HH:MM`, in an hour's second coming `HH:MM+`),
    and the reminder from the approval that it comes before; empty for the others."""

    newsletter: str
    date: date
    phase: Phase
    slot: str = ""

    def __str__(self) -> str:
        return f"{self.newsletter}/{self.date.isoformat()}/{self.phase}" + (f"/{self.slot}" if self.slot else "")

    @property
    def reminds(self) -> bool:
        """True for the notice before the lock."""
        return self.phase is Phase.APPROVE and self.slot == REMINDER

    @classmethod
    def parse(cls, text: str) -> RunKey:
        """The key that `str` wrote. Raises ValueError."""
        newsletter, day, phase, *slot = text.split("/")
        return cls(newsletter=newsletter, date=date.fromisoformat(day), phase=Phase(phase), slot="".join(slot))


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as remembered."""

    key: RunKey
    state: RunState
    owner: str
    started_at: datetime
    finished_at: datetime | None = None
    note: str = ""
    attempt: int = 1
