"""How many readers a list has, counted beside the pages: a million take longer to count than a page may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.web.afterwards import Afterwards

FRESH = timedelta(minutes=1)
"""A count that is older is made anew, after the page that asked for it was answered with the old one."""
OLD = timedelta(minutes=5)
"""A count that is older is shown with its age: nobody has looked since, and the next page has a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One count of a list."""

    at: datetime
    states: Mapping[str, int]
    """Subscriptions by state."""

    @property
    def active(self) -> int:
        """Readers who get its mail."""
        return self.states.get("active", 0)


class Counts:
    """The newest count of each list. Thread-safe; each list is counted once at a time.

    Only the first page that asks for a list waits for it, and none where `warm` was called as the server began.
    """

    def __init__(self, count: Callable[[str], Mapping[str, int]], afterwards: Afterwards) -> None:
        self._count = count
        self._afterwards = afterwards
        self._lock = threading.Lock()
        self._found: dict[str, Counted] = {}
        self._under_way: set[str] = set()

    def warm(self, slugs: Iterable[str], *, now: datetime) -> None:
        """Count these lists beside everything else, so that nobody has to wait for it."""
        for slug in slugs:
            self._later(slug, now)

    def of(self, slug: str, *, now: datetime) -> Counted:
        """Its newest count; as a rule of the last minutes."""
        with self._lock:
            found = self._found.get(slug)
        if found is None:
            return self._counted(slug, now)
        # A clock that was set back makes a count old, not immortal.
        if not timedelta() <= now - found.at < FRESH:
            self._later(slug, now)
        return found

    def _later(self, slug: str, now: datetime) -> None:
        with self._lock:
            if slug in self._under_way:
                return
            self._under_way.add(slug)
        if not self._afterwards.do(lambda: self._counted(slug, now)):
            with self._lock:
                self._under_way.discard(slug)

    def _counted(self, slug: str, now: datetime) -> Counted:
        try:
            made = Counted(at=now, states=self._count(slug))
            with self._lock:
                self._found[slug] = made
            return made
        finally:
            with self._lock:
                self._under_way.discard(slug)
