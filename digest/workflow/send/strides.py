"""Strides: how many readers a call holds of whom each is mailed by itself, so that one cut off leaves few in doubt.

Where nobody can read what it wrote down (a power cut, another machine), all of it is in doubt, also those who were not
begun; and a stop or a person's "unsubscribe" waits for no longer. A call is therefore
about a second of work at the pace just measured: a slow relay is given few readers at a time, a fast one as many as it
takes.
"""

from __future__ import annotations

import threading

STRIDE = 1.0
"""Seconds of work in one call, about."""
FEWEST = 4
"""Readers, as long as nothing is measured, and however slow it is: a claim costs a transaction."""
OVERRUN = 5.0
"""Seconds after which a call begins no further reader: it was cut for a faster pace than it found."""


class Strides:
    """The pace of each provider, as its last call found it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, int] = {}

    def most(self, name: str) -> int:
        """Readers of the next call, at most."""
        with self._lock:
            return self._readers.get(name, FEWEST)

    def took(self, name: str, readers: int, seconds: float) -> None:
        """A call mailed so many, one after the other, in so long."""
        if not readers:
            return
        with self._lock:
            self._readers[name] = max(FEWEST, int(STRIDE * readers / max(seconds, 1e-6)))

    def forget(self, name: str) -> None:
        """A call failed: what was measured before says nothing of the next."""
        with self._lock:
            self._readers.pop(name, None)
