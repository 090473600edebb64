"""How fast a provider is called, and when it is left in peace: pure arithmetic over one row that all senders share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum


class CallResult(StrEnum):
    """What became of a reader in one call."""

    TAKEN = "taken"
    REFUSED = "refused"
    NOT_TAKEN = "not_taken"
    """Certainly not: tried again."""
    IN_DOUBT = "in_doubt"


PROBE = timedelta(seconds=60)
"""How long one call may take that asks whether a failing provider is back; nobody else calls meanwhile."""
BARRED = timedelta(hours=1)
"""How long a provider that refused our key is left in peace, where another one goes on in its place."""
LONGEST_REST = timedelta(minutes=15)
"""A failing provider is asked again at least this often."""
CLOCKS_APART = timedelta(minutes=1)
"""Clocks of two hosts may differ by this much. A row from further ahead was written by a clock that was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How much a provider is given, in readers. None = as fast as it answers."""

    per_second: float | None = None
    per_minute: float | None = None
    per_hour: float | None = None
    per_day: int | None = None
    """Readers in a day of UTC."""
    warm_up: tuple[int, ...] = ()
    """Readers on the first, second, … day of a new sender; `per_day` holds afterwards."""
    warm_up_from: date | None = None
    """The first of these days."""
    breaker_failures: int = 5
    """So many failed calls in a row, and it is left in peace …"""
    breaker_seconds: float = 30.0
    """… for so many seconds, twice as long each time it fails again, up to a quarter of an hour."""

    @property
    def per_second_of_all(self) -> float | None:
        """Readers a second by whichever limit is the narrowest, or None."""
        given = ((self.per_second, 1.0), (self.per_minute, 60.0), (self.per_hour, 3600.0))
        return min((limit / seconds for limit, seconds in given if limit is not None), default=None)

    def ceiling(self, day: date) -> int | None:
        """Readers on that day at most, or None."""
        if self.warm_up and self.warm_up_from is not None:
            place = max(0, (day - self.warm_up_from).days)
            if place < len(self.warm_up):
                return self.warm_up[place]
        return self.per_day

    @property
    def paced(self) -> bool:
        """True where any of it has to be counted."""
        return self.per_second_of_all is not None or self.daily

    @property
    def daily(self) -> bool:
        """True where the readers of a day are counted."""
        return self.per_day is not None or bool(self.warm_up)

    def largest_call(self, batch_size: int) -> int:
        """Readers in one call at most, so that no single call breaks a limit."""
        limits = [limit for limit in (self.per_second, self.per_minute, self.per_hour) if limit is not None]
        return max(1, int(min([batch_size, *limits])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """What all senders know of one provider."""

    provider: str
    tokens: float
    """0, or less: what the last calls still owe. Each call pays for its readers before the next one is made, so
    that any span of time holds what its length allows and one call more, however many senders share it."""
    filled_at: datetime
    day: date
    sent_today: int = 0
    failures: int = 0
    """Calls in a row that failed."""
    open_until: datetime | None = None
    """Nobody calls before."""
    reason: str = ""

    @classmethod
    def fresh(cls, provider: str, now: datetime) -> Throttle:
        """A provider that nobody has called yet."""
        return cls(provider=provider, tokens=0.0, filled_at=now, day=now.astimezone(UTC).date())

    def failing(self, rates: Rates) -> bool:
        """True where the breaker is open, or about to be tried: not merely slow."""
        return self.failures >= rates.breaker_failures

    def free_at(self, rates: Rates, now: datetime) -> datetime | None:
        """When the next call may be made, or None for now."""
        # Nobody is told to wait for longer than an hour: what lies further ahead was said by a clock that was wrong.
        if self.open_until is not None and now < self.open_until <= now + BARRED + CLOCKS_APART:
            return self.open_until
        current = self._filled(rates, now)
        rate = rates.per_second_of_all
        if rate and current.tokens < 0:
            # A microsecond more than the debt: rounding must not send us back for nothing.
            return now + timedelta(seconds=-current.tokens / rate, microseconds=1)
        if self.room(rates, now) == 0:
            return datetime.combine(current.day + timedelta(days=1), time(), UTC)
        return None

    def room(self, rates: Rates, now: datetime) -> int | None:
        """How many readers this day has left, or None where that is not limited."""
        current = self._filled(rates, now)
        ceiling = rates.ceiling(current.day)
        return None if ceiling is None else max(0, ceiling - current.sent_today)

    def charged(self, rates: Rates, readers: int, now: datetime) -> Throttle:
        """After a call with so many readers was begun."""
        current = self._filled(rates, now)
        owed = readers if rates.per_second_of_all else 0
        charged = replace(current, tokens=current.tokens - owed, sent_today=current.sent_today + readers)
        # Half open: one call asks whether it is back, and the others wait for what becomes of it.
        return replace(charged, open_until=now + PROBE) if self.failing(rates) else charged

    def refunded(self, readers: int, day: date) -> Throttle:
        """After a call of that day which did not take so many of its readers: they do not count for the day.

        Its pace is not given back: the provider was called.
        """
        return replace(self, sent_today=max(0, self.sent_today - readers)) if day == self.day else self

    def failed(self, rates: Rates, now: datetime, reason: str) -> Throttle:
        """After a call that failed: too many in a row, and it is left in peace."""
        failures = self.failures + 1
        beyond = failures - rates.breaker_failures
        if beyond < 0:
            return replace(self, failures=failures, reason=reason)
        rest = min(timedelta(seconds=rates.breaker_seconds * 2.0 ** min(beyond, 20)), LONGEST_REST)
        return replace(self, failures=failures, open_until=now + rest, reason=reason)

    def asked_to_wait(self, until: datetime, reason: str) -> Throttle:
        """It said when calls are welcome again: that holds for every sender, and is no failure."""
        return replace(self, open_until=max(until, self.open_until or until), reason=reason)

    def barred(self, rates: Rates, now: datetime, reason: str) -> Throttle:
        """It does not take our key: left in peace for an hour, as if its breaker were open."""
        return replace(
            self, failures=max(self.failures, rates.breaker_failures), open_until=now + BARRED, reason=reason
        )

    def answered(self, rates: Rates) -> Throttle:
        """After a call that it took: it is back. What it asked another sender to wait stands."""
        if self.failing(rates):
            return self.forgiven()
        return replace(self, failures=0)

    def forgiven(self) -> Throttle:
        """A person says that it is mended."""
        return replace(self, failures=0, open_until=None, reason="")

    def _filled(self, rates: Rates, now: datetime) -> Throttle:
        if timedelta(0) < self.filled_at - now <= CLOCKS_APART:
            # Another host's clock is a little ahead. To go back with ours would fill the same span twice.
            now = self.filled_at
        day = now.astimezone(UTC).date()
        rate = rates.per_second_of_all or 0.0
        # A clock that went back fills nothing, and gives no day anew.
        tokens = min(0.0, self.tokens + max(0.0, (now - self.filled_at).total_seconds()) * rate)
        if not rate:
            tokens = 0.0
        sent = self.sent_today if day <= self.day else 0
        return replace(self, tokens=tokens, filled_at=now, day=day, sent_today=sent)
