"""Newcomers: events that came in after an edition was composed, as they were judged at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model.edition import ScoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """One event that nobody had seen when the edition was composed."""

    scored: ScoredEvent
    first_seen: datetime
    """Of its first report, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What had come in for an edition by one instant: kept, so that no page has to wait while it is grouped."""

    composed_at: datetime
    """The composing that it came after; another one begins anew."""
    at: datetime
    """When it was looked at, UTC."""
    stories: int
    """How many stories had come in by then, told of or not."""
    newest: datetime | None
    """When the last of them was first seen; None where there was none."""
    events: tuple[Newcomer, ...]
    """The best first."""
