"""What became of one link of an edition when it was followed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkOutcome(StrEnum):
    """How a link answered."""

    FINE = "fine"
    MOVED = "moved"
    """It leads to another host than it says."""
    SLOW = "slow"
    BROKEN = "broken"
    """The site says that there is nothing."""
    UNTESTED = "untested"
    """Nobody knows: no answer in time, or we may not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTest:
    """One address and what it answered."""

    url: str
    outcome: LinkOutcome
    detail: str = ""
    """Where it leads, how long it took, or what the site said."""
