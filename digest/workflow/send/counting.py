"""Counting what became of readers in the calls of one sender, for graphs: nothing is held up by it, or stopped."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

from digest.model.errors import StorageFailed
from digest.model.mail import Receipt
from digest.model.throttle import CallResult
from digest.ports import App

COUNTING = 10.0
"""Seconds between two times that the counts are added to those of all senders."""


class SentCounts:
    """What the threads of a sender have counted and not added yet, behind a lock."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._sent: Counter[tuple[str, CallResult]] = Counter()
        self._added = time.monotonic()
        self._taken = 0

    @property
    def taken(self) -> int:
        """Readers who were taken so far."""
        return self._taken

    def became(self, provider: str, result: CallResult, readers: int) -> None:
        """So many readers of a call came to this."""
        if readers:
            with self._lock:
                self._sent[provider, result] += readers
                self._taken += readers if result is CallResult.TAKEN else 0

    def answered(self, provider: str, receipt: Receipt, readers: int) -> None:
        """A call with so many readers was answered with this receipt."""
        for sent, some in _parts(receipt, readers):
            self.became(provider, sent, some)

    def add(self, *, at_once: bool = False) -> None:
        """Add them to the counts of all senders, where it is time; what cannot be written waits."""
        if not at_once and time.monotonic() - self._added < COUNTING:
            return
        with self._lock:
            sent, self._sent, self._added = self._sent, Counter(), time.monotonic()
        if not sent:
            return
        try:
            with self._app.begin() as tx:
                tx.throttles.count(sent)
        except StorageFailed:
            with self._lock:
                self._sent.update(sent)


def _parts(receipt: Receipt, readers: int) -> Iterator[tuple[CallResult, int]]:
    refused, later, unknown = len(receipt.refused), len(receipt.not_sent), len(receipt.unknown)
    yield CallResult.TAKEN, readers - refused - later - unknown
    yield CallResult.REFUSED, refused
    yield CallResult.NOT_TAKEN, later
    yield CallResult.IN_DOUBT, unknown
