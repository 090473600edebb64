"""Alarm: something that a person has to look at, told once when it begins and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.newsletter import WhenNobodyApproves


class AlarmLevel(StrEnum):
    """How urgent it is."""

    WARNING = "warning"
    """The day goes on; look at it today."""
    CRITICAL = "critical"
    """Readers get no mail, or not the right one, until somebody acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What stands wrong at this instant. `key` is its natural name: the same trouble has the same key every minute.

    No address, token or key of anybody stands in any of the texts (P10): they leave the machine.
    """

    key: str
    level: AlarmLevel
    what: str
    """One line."""
    why: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A trouble as remembered. `over_at` is None while it stands."""

    id: int
    trouble: Trouble
    since: datetime
    over_at: datetime | None = None
    told_at: datetime | None = None
    """When the operator was told that it began, None while nobody could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An edition that waits for a person shortly before its lock: a notice, and no alarm."""

    edition: str
    newsletter: str
    """Slug."""
    subject: str
    stories: int
    blockers: int
    warnings: int
    rule: WhenNobodyApproves
    """What happens if nobody acts."""
    by: str
    """When: the lock where the rule holds the edition, otherwise the sending; `05:58 (Europe/London)`."""
    url: str
    """Its page at the desk."""
    at: datetime

    @property
    def held(self) -> bool:
        """True where nobody is mailed unless a person acts."""
        blocked = self.rule is WhenNobodyApproves.SEND_IF_CHECKS_PASS and self.blockers > 0
        return blocked or self.rule is WhenNobodyApproves.HOLD
