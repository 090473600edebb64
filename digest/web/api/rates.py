"""How often a token may ask: a bucket each, which fills again all the time."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

_MOST = 10_000
"""Buckets that are remembered: the one that was asked longest ago goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is left after one ask."""

    allowed: bool
    left: int
    wait: int
    """Whole seconds until one more is allowed; 0 where one is."""


class Buckets:
    """`per_minute` asks for each name, all at once or spread. In memory, each process for itself; thread-safe."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, name: Hashable, now: datetime) -> Taken:
        """One ask."""
        instant = now.timestamp()
        with self._lock:
            level, since = self._levels.pop(name, (float(self.per_minute), instant))
            # A clock that was set back fills nothing, and takes nothing away.
            level = min(float(self.per_minute), level + max(0.0, instant - since) * self.per_minute / 60)
            allowed = level >= 1
            level -= 1 if allowed else 0
            self._levels[name] = (level, instant)
            while len(self._levels) > _MOST:
                self._levels.popitem(last=False)
        wait = 0 if level >= 1 else math.ceil((1 - level) * 60 / self.per_minute)
        return Taken(allowed=allowed, left=int(level), wait=wait)
