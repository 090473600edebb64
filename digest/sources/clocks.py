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
"""So many servers are asked until they have answered; the middle one counts. One that agrees with us is enough."""
TRIES = 5
PATIENCE = Limits(connect_s=3.0, read_s=4.0, request_s=5.0, source_s=5.0, retries=0, max_bytes=20_000)
"""For one of them: the clock's sweep waits for the answer."""
PATIENCE_IN_ALL = 8.0
"""Seconds after which nobody else is asked: where no source answers nothing is held up for long."""
AGREED_FOR = 900.0
"""Seconds for which it is remembered that they agree with us, while our clock goes on evenly."""
AGAIN = 300.0
"""The same where they did not, or where nobody answered: nobody is asked every minute."""
UNEVEN = 60.0
"""Seconds by which the wall clock and the monotonic one may part before everybody is asked anew."""
CLEARLY = timedelta(minutes=5)
"""So near to ours a server's clock says the same."""


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
    """Asks a few servers, each by its own address, in turn. Safe to use from several threads."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        open_fetcher: Callable[[Callable[[Mapping[str, str]], None]], Fetcher],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_fetcher` opens the door, with who is shown the headers of every answer."""
        self._urls = urls
        self._open_fetcher = open_fetcher
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._fetcher: Fetcher | None = None
        self._turn = 0
        self._here: list[float] = []
        self._asked: tuple[float, datetime] | None = None
        self._said: timedelta | None = None

    def ahead(self) -> timedelta | None:
        """How far our clock is ahead of theirs; None where none of them answers."""
        with self._lock:
            if not self._holds():
                even = self._is_even()
                found = self._ask()
                if found is not None or not even:
                    # Where nobody answers what was known holds, as long as our clock goes on as it did.
                    self._said = found
                self._asked = self._monotonic(), self._clock()
            return self._said

    def _holds(self) -> bool:
        """Whether what they said is still to be relied on: not after a clock was set, or a machine slept."""
        if self._asked is None:
            return False
        passed = self._monotonic() - self._asked[0]
        agreed = self._said is not None and abs(self._said) <= CLEARLY
        return self._is_even() and passed < (AGREED_FOR if agreed else AGAIN)

    def _is_even(self) -> bool:
        """Whether our clock went on as time did since they were asked."""
        if self._asked is None:
            return False
        passed = self._monotonic() - self._asked[0]
        return abs((self._clock() - self._asked[1]).total_seconds() - passed) <= UNEVEN

    def _ask(self) -> timedelta | None:
        until = self._monotonic() + PATIENCE_IN_ALL
        found: list[float] = []
        for _ in self._urls[:TRIES]:
            url = self._urls[self._turn % len(self._urls)]
            self._turn += 1
            found.extend(self._answer(url))
            # Who says what we say needs no witness.
            if len(found) >= ANSWERS or (found and abs(found[-1]) <= CLEARLY.total_seconds()):
                break
            if self._monotonic() >= until:
                break
        return _middle(found)

    def _answer(self, url: str) -> list[float]:
        if self._fetcher is None:
            self._fetcher = self._open_fetcher(self._heard)
        self._here.clear()
        # A refusal has a date as well; whoever does not answer at all has none.
        with suppress(DigestError):
            self._fetcher.get(url)
        return self._here[-1:]

    def _heard(self, headers: Mapping[str, str]) -> None:
        ahead = seconds_ahead(headers, self._clock())
        if ahead is not None:
            self._here.append(ahead)


def _middle(found: Sequence[float]) -> timedelta | None:
    """Of three the middle one; of two that do not agree the one that is nearer to our clock."""
    if not found:
        return None
    seconds = min(found, key=abs) if len(found) == 2 else statistics.median(found)
    return timedelta(seconds=seconds)
