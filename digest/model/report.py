"""Report: what came back after a mailing, and the lines of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model.feedback import FeedbackKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Events of one kind: how many, and of how many readers."""

    kind: FeedbackKind
    machine: bool
    """A robot or a privacy proxy made them, not a person."""
    events: int
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """How a domain took the mail."""

    domain: str
    readers: int
    """Readers there who have it."""
    put_off: int
    """Readers whose mail it put off at least once."""
    last: datetime
    """When the last of them had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneProgress:
    """How far a mailing is with the readers of one zone whose hour is one instant; each of them is counted once."""

    zone: str
    """IANA time zone, as the readers have it now."""
    due_at: datetime
    sent: int
    """Taken by the provider, whatever came back since."""
    waiting: int
    """For their hour, for another try, or in a call right now."""
    held: int
    in_doubt: int
    left_out: int
    """Skipped since the plan, refused, or given up."""

    @property
    def planned(self) -> int:
        """All of them."""
        return self.sent + self.waiting + self.held + self.in_doubt + self.left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTried:
    """How one of two subjects did."""

    second: bool
    readers: int
    """Of the first ones, those who got it and whose clicks are counted."""
    clicked: int
    """How many of these pressed a link, robots left out."""
    given: int
    """Everybody who gets it, the rest included; not who was given up or refused."""

    def beats(self, other: SubjectTried) -> bool:
        """True where a larger share of its readers pressed a link."""
        return self.clicked * other.readers > other.clicked * self.readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A link, and how many people pressed it."""

    url: str
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Who did what to which thing."""

    id: int
    at: datetime
    event: str
    subject: str
    by: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TomorrowNote:
    """A note to whoever makes the next edition of a newsletter."""

    newsletter: str
    edition: str
    """The edition that it was written after."""
    text: str
    by: str
    at: datetime
    id: int = 0
    """The database's; 0 = not stored yet."""
