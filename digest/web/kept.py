"""What was made once and may be shown again: the newest few, and for as long as it may be stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Up to `most` values, each for `fresh` (None = for ever). Thread-safe; one value is made at a time.

    So a crowd that comes for a page when it has just become stale has it made once.
    """

    def __init__(self, most: int, *, fresh: timedelta | None = None) -> None:
        self._most = most
        self._fresh = fresh
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[datetime, V]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V], *, now: datetime) -> V:
        """The value of `key`, made if it is not there or not fresh. What `make` raises is not kept."""
        with self._lock:
            found = self._values.get(key)
            # A clock that was set back makes a value stale, not immortal.
            if found is None or (self._fresh is not None and not timedelta() <= now - found[0] < self._fresh):
                found = (now, make())
                self._values[key] = found
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
            return found[1]
