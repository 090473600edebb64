"""Alarm: something that a person has to look at, told once when it begins and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
