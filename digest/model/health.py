"""SourceHealth: what is remembered of a source between two looks, and the rules of back-off and silence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

HISTORY_DAYS = 42
"""So many days' numbers of new stories are kept."""
FIRST_REST = timedelta(minutes=15)
"""After the second failure in a row; every further one doubles it. The first costs nothing: it may be a hiccup."""
LONGEST_REST = timedelta(hours=12)
KNOWN_FROM = 3
"""Days with news that are needed before a silence can be called unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "anything new?" with; both are sent back word for word."""

    etag: str | None = None
    last_modified: str | None = None
    url: str = ""
    """The address that they belong to; empty where nobody said. Never used for another one."""


NO_VALIDATORS = Validators()
"""Everything is asked for anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How one source has been doing. A source nobody has looked at yet has all defaults."""

    source: str
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    """The last look that brought a story we did not know."""
    failures: int = 0
    """Failures in a row, 0 after a success."""
    next_attempt: datetime | None = None
    """Not to be asked before this instant; None = whenever we like."""
    validators: Validators = NO_VALIDATORS
    per_day: Mapping[dt.date, int] = field(default_factory=dict)
    """New stories by UTC day, days without any left out; at most HISTORY_DAYS back."""
    last_error: str = ""

    def is_due(self, now: datetime) -> bool:
        """True where it may be asked now."""
        return self.next_attempt is None or self.next_attempt <= now

    def succeeded(self, now: datetime, *, new: int, validators: Validators) -> SourceHealth:
        """After a look that went well and brought `new` stories; "nothing has changed" (304) is one."""
        kept = {day: count for day, count in self.per_day.items() if day > now.date() - timedelta(days=HISTORY_DAYS)}
        if new:
            kept[now.date()] = kept.get(now.date(), 0) + new
        return replace(
            self, last_attempt=now, last_success=now, last_new=now if new else self.last_new, failures=0,
            next_attempt=None, validators=validators, per_day=kept, last_error="",
        )  # fmt: skip

    def failed(
        self, now: datetime, *, error: str, remote: bool = True, retry_after: float | None = None
    ) -> SourceHealth:
        """After a look that failed. Only what lies on the network is left in peace for a while (`remote`)."""
        failures = self.failures + 1
        rest = timedelta()
        if remote and failures > 1:
            # The exponent is bounded before the power is taken: a source may fail for years.
            rest = min(LONGEST_REST, FIRST_REST * 2 ** min(failures - 2, 10))
        rest = max(rest, timedelta(seconds=retry_after or 0.0))
        return replace(
            self, last_attempt=now, failures=failures, next_attempt=now + rest if rest else None,
            last_error=error[:1000],
        )  # fmt: skip

    @property
    def a_day(self) -> float:
        """New stories a day, the mean from the first day with news to the last look; 0.0 where nothing is known."""
        if not self.per_day or self.last_success is None:
            return 0.0
        days = (self.last_success.date() - min(self.per_day)).days + 1
        return sum(self.per_day.values()) / max(1, days)

    @property
    def silent_for(self) -> timedelta | None:
        """For how long nothing new came, where that is longer than usual for this source; None where all is well.

        Usual is twice the longest gap between two days with news, at least a day. A source that fails is not
        silent: it is failing, and said to be.
        """
        days = sorted(self.per_day)
        if len(days) < KNOWN_FROM or self.last_success is None or self.last_new is None or self.failures:
            return None
        gap = max((later - earlier).days for earlier, later in pairwise(days))
        silence = self.last_success - self.last_new
        return silence if silence > timedelta(days=2 * gap) else None

    @property
    def trouble(self) -> str:
        """What is wrong, in words for people; empty where all is well."""
        if self.failures:
            when = "once" if self.failures == 1 else f"{self.failures} times in a row"
            rest = f"; asked again after {self.next_attempt:%Y-%m-%d %H:%M} UTC" if self.next_attempt else ""
            return f"failed {when}: {self.last_error}{rest}"
        silence = self.silent_for
        if silence is not None:
            days = silence.days
            return f"nothing new for {days} days; usually {self.a_day:.1f} a day: look whether its address has moved"
        return ""
