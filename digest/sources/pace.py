"""Politeness: at least so many seconds between two requests to one host, whatever thread makes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from digest.model.errors import NotAsked


class Pace:
    """Hands out turns per host. `interval` is in seconds; 0 lets everybody through."""

    def __init__(
        self,
        *,
        interval: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, host: str, *, at_least: float = 0.0, patience: float = 120.0) -> float:
        """Wait for this host's turn; gives the seconds waited. `at_least` raises the interval (Crawl-delay).

        Raises NotAsked, without waiting, where the turn would come later than `patience` seconds from now.
        """
        interval = max(self._interval, at_least)
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next.get(host, now))
            if turn - now > patience:
                raise NotAsked(f"{host}: too many requests are waiting for it; the next collect tries again")
            self._next[host] = turn + interval
        if turn > now:
            self._sleep(turn - now)
        return turn - now
