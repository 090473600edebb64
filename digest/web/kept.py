"""What was made once and may be shown again: the newest few, and for as long as it may be stale."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Up to `most` values, each for `fresh` (None = for ever). Thread-safe; one value is made at a time.

    So a crowd that comes for a page when it has just become stale has it made once. With `rest` a value is fresh for
    that many times as long as making it took, in place of `fresh`: what is dear is made seldom.
    """

    def __init__(self, most: int, *, fresh: timedelta | None = None, rest: int = 0) -> None:
        self._most = most
        self._fresh = fresh
        self._rest = rest
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[datetime, timedelta | None, V]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V], *, now: datetime) -> V:
        """The value of `key`, made if it is not there or not fresh. What `make` raises is not kept."""
        with self._lock:
            found = self._values.get(key)
            if found is None or not _is_fresh(now, *found[:2]):
                found = self._values[key] = self._made(make, now)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
            return found[2]

    def _made(self, make: Callable[[], V], now: datetime) -> tuple[datetime, timedelta | None, V]:
        began = time.monotonic()
        value = make()
        took = timedelta(seconds=time.monotonic() - began)
        return now, self._rest * took if self._rest else self._fresh, value


def _is_fresh(now: datetime, made: datetime, fresh: timedelta | None) -> bool:
    # A clock that was set back makes a value stale, not immortal.
    return fresh is None or timedelta() <= now - made < fresh
