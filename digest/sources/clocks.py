"""What time it is elsewhere: the servers of the sources say it with every answer (Date, RFC 9110, 6.6.1)."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.model.errors import DigestError
from digest.sources.fetch import Fetcher, Limits

ANSWERS = 3
"""So many servers are asked until they have answered; the middle one counts."""
TRIES = 5
PATIENCE = Limits(connect_s=3.0, read_s=5.0, request_s=8.0, source_s=8.0, retries=0)
"""For one of them: the clock's sweep waits for the answer."""
AGAIN = 300.0
"""Seconds for which what they said is remembered: nobody is asked every minute."""


def seconds_ahead(headers: Mapping[str, str], now: datetime) -> float | None:
    """How far our clock is ahead of an answer's Date; None where there is none, or a cache's."""
    if headers.get("age", "0") != "0":
        return None
    try:
        theirs = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return None
    return None if theirs.tzinfo is None else (now - theirs).total_seconds()


class OtherClocks:
    """Asks a few servers, each by its own address. Safe to use from several threads."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        open_fetcher: Callable[[Callable[[Mapping[str, str]], None]], Fetcher],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_fetcher` opens the door, with who is shown the headers of every answer."""
        self._urls = urls[:TRIES]
        self._open_fetcher = open_fetcher
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked_at = -AGAIN
        self._said: timedelta | None = None

    def ahead(self) -> timedelta | None:
        """How far our clock is ahead of theirs; None where none of them answers."""
        with self._lock:
            if self._monotonic() - self._asked_at >= AGAIN:
                self._said = self._ask()
                self._asked_at = self._monotonic()
            return self._said

    def _ask(self) -> timedelta | None:
        found: list[float] = []
        here: list[float] = []

        def heard(headers: Mapping[str, str]) -> None:
            ahead = seconds_ahead(headers, self._clock())
            if ahead is not None:
                here.append(ahead)

        fetcher = self._open_fetcher(heard)
        for url in self._urls:
            here.clear()
            # A refusal has a date as well; whoever does not answer at all has none.
            with suppress(DigestError):
                fetcher.get(url)
            found.extend(here[-1:])
            if len(found) >= ANSWERS:
                break
        return timedelta(seconds=statistics.median(found)) if found else None
