"""How many readers a list has, counted beside the pages: a million take longer to count than a page may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from digest.model.newsletter import Newsletter
from digest.web.afterwards import Afterwards

FRESH = timedelta(minutes=1)
"""A count that is older is made anew, after the page that asked for it was answered with the old one."""
STALE = timedelta(minutes=30)
"""A count that is older is not shown: whoever comes first in the morning waits for a new one."""


class Counts:
    """The newest count of each newsletter's readers. Thread-safe; each list is counted once at a time."""

    def __init__(self, count: Callable[[Newsletter], int], afterwards: Afterwards) -> None:
        self._count = count
        self._afterwards = afterwards
        self._lock = threading.Lock()
        self._found: dict[str, tuple[datetime, int]] = {}
        self._under_way: set[str] = set()

    def of(self, newsletter: Newsletter, *, now: datetime) -> int:
        """Its readers, as they were at most half an hour ago and as a rule within the last minutes."""
        with self._lock:
            found = self._found.get(newsletter.slug)
            # A clock that was set back makes a count stale, not immortal.
            shown = found is not None and timedelta() <= now - found[0] < STALE
            again = shown and found is not None and now - found[0] >= FRESH and newsletter.slug not in self._under_way
            if again:
                self._under_way.add(newsletter.slug)
        if found is None or not shown:
            return self._counted(newsletter, now)
        if again and not self._afterwards.do(lambda: self._counted(newsletter, now)):
            with self._lock:
                self._under_way.discard(newsletter.slug)
        return found[1]

    def _counted(self, newsletter: Newsletter, now: datetime) -> int:
        try:
            readers = self._count(newsletter)
            with self._lock:
                self._found[newsletter.slug] = (now, readers)
            return readers
        finally:
            with self._lock:
                self._under_way.discard(newsletter.slug)
