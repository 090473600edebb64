"""Beside: work of seconds that a page asks for and does not wait for, each piece once at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from digest.web.afterwards import Afterwards


class Beside:
    """One thread of its own, so that no letter that waits to be sent waits for this. Thread-safe."""

    def __init__(self) -> None:
        self._thread = Afterwards("beside")
        self._lock = threading.Lock()
        self._under_way: set[Hashable] = set()

    @property
    def waiting(self) -> int:
        """Pieces of work that are not done yet."""
        return self._thread.waiting

    def ask(self, key: Hashable, work: Callable[[], object]) -> None:
        """Have it done, unless it is under way already. What fails is logged, and is done when it is next asked for."""
        with self._lock:
            if key in self._under_way:
                return
            self._under_way.add(key)
        if not self._thread.do(lambda: self._done(key, work)):
            self._over(key)

    def close(self) -> None:
        """Do what waits, and then no more."""
        self._thread.close()

    def _done(self, key: Hashable, work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            self._over(key)

    def _over(self, key: Hashable) -> None:
        with self._lock:
            self._under_way.discard(key)
