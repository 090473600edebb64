"""SendGrid: up to 1,000 readers in one call, and for every way a call can end, what that says about them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from digest.model.errors import AdapterError, ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.providers.sendgrid_limits import BATCH_SIZE
from digest.providers.sendgrid_request import build_call
from digest.providers.sendgrid_wire import Answer, Wire, quiet_library

_LONGEST_WAIT = 3600.0
"""Seconds: no rate limit of theirs is longer, so a longer one is a clock gone wrong."""
_NOT_US = frozenset({401, 403, 404, 405})
"""Key, rights or address: every call would end so until a person mends it."""


class SendGridProvider:
    """Calls `POST /v3/mail/send`. One client per thread; thread-safe.

    SendGrid has no idempotency key: a call without an answer is OutcomeUnknown, and our delivery key, echoed in
    every event, settles it.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "https://api.sendgrid.com",
        timeout: float = 20.0,
        sandbox: bool = False,
        events: bool = False,
        concurrency: int = 8,
    ) -> None:
        """`timeout` in seconds for each wait of a call. `sandbox`: checked by SendGrid, mailed to nobody.

        `events` is False where no webhook tells what became of the mail. Raises ConfigError without a usable key
        or address.
        """
        if not (api_key and api_key.isascii() and api_key.isprintable() and " " not in api_key):
            raise ConfigError(
                "provider.sendgrid.api_key is empty or holds characters that no key has. "
                "Set DIGEST_PROVIDER__SENDGRID__API_KEY."
            )
        if not base_url.startswith(("https://", "http://")):
            raise ConfigError(
                "provider.sendgrid.base_url must begin with https:// (or http:// for a server of your own)"
            )
        self._api_key = api_key
        self._base_url = base_url.rstrip("/").removesuffix("/v3")
        self._timeout = timeout
        self._sandbox = sandbox
        self._capabilities = Capabilities(
            name="sendgrid", batch_size=BATCH_SIZE, events=events, concurrency=concurrency
        )
        self._local = threading.local()
        quiet_library()

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call. Whoever cannot be in it is named in the receipt, or has never left if this raises."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; SendGrid takes {BATCH_SIZE}")
        call = build_call(batch, sandbox=self._sandbox)
        if not call.taken:
            return Receipt(refused=call.refused, not_sent=call.later)
        answer = self._wire().post(call.body)
        if answer.status != 202 and not (self._sandbox and answer.status == 200):
            raise _failure(answer)
        notes = []
        if call.later:
            notes.append("an address may be in a call once: its second reader waits for the next")
        if self._sandbox:
            notes.append("sandbox: checked, mailed to nobody")
        return Receipt(
            message_id=answer.headers.get("x-message-id", ""),
            refused=call.refused,
            not_sent=call.later,
            note="; ".join(notes),
        )

    def close(self) -> None:
        """Nothing is kept open: the package makes a connection for each call."""

    def _wire(self) -> Wire:
        wire: Wire | None = getattr(self._local, "wire", None)
        if wire is None:
            wire = self._local.wire = Wire(self._api_key, self._base_url, self._timeout)
        return wire


def _failure(answer: Answer) -> AdapterError:
    """What an answer other than "accepted" says of the readers in the call."""
    status = answer.status
    place = f"SendGrid answered {status}"
    if status == 429:
        wait = _wait(answer)
        return Transient(f"{place}: too many calls. Waiting.", raw=answer.body, retry_after=wait)
    if status in _NOT_US:
        return Unauthorised(
            f"{place}: it takes no call of ours. Check provider.sendgrid.api_key, its rights "
            "(Mail Send, a verified sender) and provider.sendgrid.base_url.",
            raw=answer.body,
        )
    if 400 <= status <= 499 and status not in (408, 425):
        return Permanent(f"{place}: {answer.body[:300]}", raw=answer.body)
    return OutcomeUnknown(f"{place}: taken or not, only its events can tell.", raw=answer.body)


def _wait(answer: Answer) -> float | None:
    """Seconds until calls are welcome again: `X-RateLimit-Reset` is an epoch, `Retry-After` a span or a date.

    Reckoned from the answer's own `Date`, so that neither clock needs to be right. None where nothing usable is
    said: the sender then waits by its own rule.
    """
    sent = _instant(answer.headers.get("date", ""))
    try:
        if sent is not None and (reset := answer.headers.get("x-ratelimit-reset")):
            seconds = float(reset) - sent.timestamp()
        else:
            seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        until = _instant(answer.headers.get("retry-after", ""))
        if sent is None or until is None:
            return None
        seconds = (until - sent).total_seconds()
    return min(max(seconds, 1.0), _LONGEST_WAIT) if isfinite(seconds) else None


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
