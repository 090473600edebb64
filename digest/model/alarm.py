"""Alarm: something that a person has to look at, told once when it begins, when it gets worse, and when it is over."""

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
    size: int = 0
    """How many readers or sources it is about, 0 where that is not counted."""

    @property
    def kept(self) -> tuple[str, str, str]:
        """What it is, why, and the next step, as long as they are kept."""
        return self.what[:300], self.why[:1000], self.next_step[:500]

    def is_worse_than(self, before: Trouble) -> bool:
        """True where it has become critical, or is about twice as many, and ten more: then it is told once more."""
        critical = self.level is AlarmLevel.CRITICAL and before.level is not AlarmLevel.CRITICAL
        return critical or self.size >= max(2 * before.size, before.size + 10)


class News(StrEnum):
    """What there is to tell of an alarm."""

    BEGUN = "begun"
    WORSE = "worse"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A trouble as remembered. `over_at` is None while it stands."""

    id: int
    trouble: Trouble
    """As it was found last; its `size` is the largest that was told, or is to be told."""
    since: datetime
    over_at: datetime | None = None
    told_at: datetime | None = None
    """When the operator was told that it began, None while nobody could be."""
    worse_at: datetime | None = None
    """When it got worse than what the operator was told, None where they know."""

    @property
    def news(self) -> News:
        """What is told of it next; who was never told that it began is told no more than that."""
        if self.over_at is not None:
            return News.OVER
        return News.WORSE if self.told_at is not None and self.worse_at is not None else News.BEGUN

    @property
    def at(self) -> datetime:
        """When what is told of it next happened."""
        worse_at = self.worse_at if self.news is News.WORSE else None
        return self.over_at or worse_at or self.since


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
