"""What an HTTP answer says of the readers in a call, by one rule for all providers with an HTTP API but Amazon."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from threading import Lock
from typing import Any

from digest.model.errors import AdapterError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch
from digest.providers.addresses import redacted

LONGEST_WAIT = 3600.0
"""Seconds: no rate limit of theirs is longer, so a longer one is a clock gone wrong."""
_LAST_EPOCH = 1e11
"""In seconds: the year 5138. Whatever is greater counts milliseconds."""
_NOT_US = frozenset({401, 402, 403, 404, 405})
"""Key, bill, rights or address: every call would end so until a person mends it."""
_MAYBE_TAKEN = frozenset({408, 425})
"""4xx in name, but said of a request that may have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status line, headers by lower-case name, and the body as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def words(self) -> str:
        """What the other side said, on one line, without anybody's address."""
        return redacted(self.content[:4000].decode("utf-8", "replace"))[:2000]

    def json(self) -> Any:
        """The body read as JSON, or None where it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


def failure(who: str, answer: Answer, *, mend: str, later: frozenset[int] = frozenset({429})) -> AdapterError:
    """The error that an answer other than "taken" amounts to.

    `who` names the provider, `mend` what a person should look at where it takes no call of ours at all, `later`
    the statuses that mean "too many calls".
    """
    place = f"{who} answered {answer.status}"
    if answer.status in later:
        wait = wait_seconds(answer.headers)
        return Transient(f"{place}: too many calls. Waiting.", raw=answer.words, retry_after=wait)
    if answer.status in _NOT_US:
        return Unauthorised(f"{place}: it takes no call of ours. Check {mend}.", raw=answer.words)
    if 400 <= answer.status <= 499 and answer.status not in _MAYBE_TAKEN:
        return Permanent(f"{place}: {answer.words[:300]}", raw=answer.words)
    return OutcomeUnknown(f"{place}: taken or not, only its events can tell.", raw=answer.words)


def question_failure(who: str, answer: Answer, *, mend: str) -> AdapterError:
    """The same for a call that mails nobody: whatever cannot be told may simply be asked again."""
    error = failure(who, answer, mend=mend)
    if isinstance(error, OutcomeUnknown):
        return Transient(f"{who} answered {answer.status}. It will be asked again.", raw=answer.words)
    return error


class LoneRefusals:
    """Tells a bad address from a call that would be refused whoever was in it.

    A call that is refused whole is halved until the bad address stands alone. Where the fault is not an address at
    all, and the provider's words do not say so, every reader would end alone and refused: the list would be lost. So
    after refusals of `most` single readers with nobody taken in between, a person has to look. Nobody is refused for
    good by that time: the sender believes a refusal once others were taken after it. Thread-safe.
    """

    def __init__(self, who: str, *, mend: str, most: int = 10) -> None:
        """`who` names the provider, `mend` what a person should look at."""
        self._who = who
        self._mend = mend
        self._most = most
        self._refused: set[str] = set()
        self._lock = Lock()

    def taken(self) -> None:
        """A call went through: the refusals before it were about addresses."""
        with self._lock:
            self._refused.clear()

    def judged(self, error: AdapterError, batch: Batch, *, readers: int) -> AdapterError:
        """`error` itself, or Unauthorised in its place where it has stopped looking like an address.

        `readers` were in the call of `batch`. One and the same reader counts once, however often.
        """
        if readers != 1 or type(error) is not Permanent:
            return error
        with self._lock:
            self._refused.add(batch.recipients[0].delivery)
            if len(self._refused) < self._most:
                return error
            # From the start again once a person has looked, or nothing could ever be sent again.
            self._refused.clear()
        return Unauthorised(
            f"{self._who} refused {self._most} readers one by one and took nobody in between: it is hardly their "
            f"addresses. The last refusal: {error}. Check {self._mend}.",
            raw=error.raw,
        )


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds until calls are welcome again.

    `Retry-After` is a span or a date, `RateLimit-Reset` a span, `X-RateLimit-Reset` an epoch (of milliseconds at
    Mailgun). Dates are reckoned from the answer's own `Date`, so that neither clock needs to be right. None where
    nothing usable is said: the sender then waits by its own rule.
    """
    sent = _instant(headers.get("date", ""))
    told = headers.get("retry-after") or headers.get("ratelimit-reset") or ""
    try:
        if not told and sent is not None:
            reset = float(headers.get("x-ratelimit-reset", ""))
            seconds = (reset / 1000 if reset > _LAST_EPOCH else reset) - sent.timestamp()
        else:
            seconds = float(told)
    except ValueError:
        until = _instant(told)
        if sent is None or until is None:
            return None
        seconds = (until - sent).total_seconds()
    return min(max(seconds, 1.0), LONGEST_WAIT) if isfinite(seconds) else None


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        # A zone of twenty digits overflows, and is a defect of whoever answered.
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
