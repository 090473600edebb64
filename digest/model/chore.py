"""Chore: something that is done again and again for no newsletter in particular, by one process at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

RETRY = timedelta(minutes=15)
"""A chore that failed is tried again after so long, if its turn would not come sooner."""
CLOCKS_APART = timedelta(minutes=10)
"""So far the clocks of two processes may be apart: a turn that began later than that was begun by a wrong clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """A chore as remembered."""

    name: str
    """`bounces`, or with the provider behind a slash: `suppressions/sendgrid`."""
    turn: int
    """How often it has begun; also the fence between two processes."""
    began_at: datetime
    ended_at: datetime | None = None
    """None while it runs, or where its process died."""
    good_at: datetime | None = None
    """When the last turn began that ended well."""
    note: str = ""

    @property
    def failed(self) -> bool:
        """The last turn that ended did not end well."""
        return self.ended_at is not None and self.good_at != self.began_at

    def due(self, now: datetime, every: timedelta) -> bool:
        """Whether its next turn has come. A clock that was put back makes it due at once, and not in years."""
        if now < self.began_at - CLOCKS_APART:
            return True
        return now >= self.began_at + (min(every, RETRY) if self.failed else every)


def ended(lease_until: datetime, now: datetime, until: datetime) -> bool:
    """Whether a lease is over for whoever asks at `now` for one until `until`.

    It is over as well where it ends much later than the one asked for: it was written by a clock that was wrong, and
    nobody has to wait for years.
    """
    return lease_until < now or lease_until > until + CLOCKS_APART
