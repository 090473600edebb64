"""Resend: up to 100 messages in one call, which an idempotency key makes safe to repeat for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from digest.model.errors import AdapterError, OutcomeUnknown, Permanent, RenderFailed, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt, Recipient
from digest.providers.addresses import is_bare, redacted
from digest.providers.answers import LONGEST_WAIT, Answer, failure, wait_seconds
from digest.providers.json_letters import JsonLetters
from digest.providers.letterhead import check_base_url, check_secret, letterhead
from digest.providers.poster import Poster
from digest.render.message import list_headers
from digest.render.slots import text_value

BATCH_SIZE = 100
"""Messages of one call."""
KEY_LIVES = 24 * 3600.0 - 600
"""Seconds for which a call may be repeated: Resend keeps keys for 24 hours; ten minutes are for slow calls."""
_MEND = "provider.resend.api_key, the verified domain and provider.resend.base_url"
_NOT_US = frozenset({"invalid_from_address", "invalid_access", "invalid_region", "security_error"})
"""Error names about us, though their status is that of a bad call: halving it would refuse every reader."""
_QUOTAS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})
_SAME_KEY = frozenset({"invalid_idempotent_request", "concurrent_idempotent_requests"})


@dataclass(slots=True)
class _Call:
    """The messages of one call, whose they are, and those of the batch who are refused before it."""

    messages: list[bytes] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class ResendProvider:
    """Calls `POST /emails/batch`. Thread-safe.

    The idempotency key is made of the chunk without the number of the try: a second try of the same chunk has the
    same key, even if a reader has left in between. Resend then either repeats its first answer or, where the call
    has changed, refuses it; nobody gets a second mail.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "https://api.resend.com",
        timeout: float = 20.0,
        events: bool = False,
        concurrency: int = 2,
    ) -> None:
        """`timeout` in seconds for each wait of a call. Raises ConfigError without a usable key or address."""
        check_secret("provider.resend.api_key", api_key)
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            # Whoever cannot be mailed is named, instead of all 100 being refused.
            "x-batch-validation": "permissive",
        }
        url = check_base_url("provider.resend.base_url", base_url)
        self._poster = Poster("Resend", url, timeout=timeout, connections=concurrency)
        self._capabilities = Capabilities(
            name="resend",
            batch_size=BATCH_SIZE,
            idempotent=True,
            idempotent_for=KEY_LIVES,
            events=events,
            # Whoever cannot be mailed is left out of a call, which is taken for the others.
            whole=False,
            concurrency=concurrency,
        )

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call. Whom Resend refuses is named in the receipt."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; Resend takes {BATCH_SIZE}")
        call = _write(batch)
        if not call.messages:
            return Receipt(refused=call.refused)
        answer = self._poster.post(
            "/emails/batch",
            headers=self._headers | {"Idempotency-Key": idempotency_key(batch)},
            content=b"[" + b",".join(call.messages) + b"]",
        )
        if answer.status != 200:
            raise _failure(answer)
        return _receipt(call, answer)

    def close(self) -> None:
        """Let go of the kept connections."""
        self._poster.close()


def idempotency_key(batch: Batch) -> str:
    """The same for every try of one chunk of one mailing, and for nothing else."""
    chunk = batch.chunk.partition(".")[0]
    names = (batch.envelope.message_domain, batch.envelope.list_id, batch.envelope.edition, chunk)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _write(batch: Batch) -> _Call:
    call = _Call()
    letters = JsonLetters(batch.rendered, html="html", text="text")
    head = letterhead(batch.envelope)
    constant: dict[str, Any] = {"from": head.sender, "subject": text_value(batch.rendered.subject)}
    if head.reply_to:
        constant["reply_to"] = [head.reply_to]
    for recipient in batch.recipients:
        if not is_bare(recipient.email):
            call.refused[recipient.delivery] = "the address is not plain ASCII"
            continue
        try:
            message = letters.write(constant | _own(batch, recipient), recipient.slots)
        except RenderFailed as error:
            call.refused[recipient.delivery] = str(error)
            continue
        call.messages.append(message)
        call.readers.append(recipient.delivery)
    return call


def _own(batch: Batch, recipient: Recipient) -> dict[str, Any]:
    return {
        "to": [recipient.email],
        "headers": list_headers(batch.envelope, recipient),
        # Not the chunk: with the number of the try in it, a second try would be another call.
        "tags": [{"name": "delivery", "value": recipient.delivery}],
    }


def _receipt(call: _Call, answer: Answer) -> Receipt:
    """Permissive mode: `data` has an id for each taken message, `errors` the place of each refused one.

    Raises Unauthorised where all are refused for something that is not their address: so would the whole list be.
    """
    told = answer.json()
    taken = told.get("data") if isinstance(told, dict) else None
    errors = told.get("errors") or [] if isinstance(told, dict) else []
    if not isinstance(taken, list) or not isinstance(errors, list) or len(taken) + len(errors) != len(call.readers):
        raise OutcomeUnknown(f"Resend answered 200 and something else than one result each: {answer.words[:200]}")
    refused: dict[str, str] = {}
    about_us = []
    for error in errors:
        place = error.get("index") if isinstance(error, dict) else None
        if not isinstance(place, int) or not 0 <= place < len(call.readers) or call.readers[place] in refused:
            raise OutcomeUnknown(f"Resend refused a message and did not say which: {answer.words[:200]}")
        refused[call.readers[place]] = words = redacted(str(error.get("message") or "refused"))[:300]
        about_us += [] if "`to`" in words else [words]
    if about_us and not taken:
        raise Unauthorised(f"Resend takes no message of ours: {about_us[0]}. Check {_MEND}.", raw=answer.words)
    return Receipt(message_id=_first_id(taken), refused=call.refused | refused)


def _first_id(taken: Sequence[Any]) -> str:
    first = taken[0] if taken else None
    return str(first.get("id") or "") if isinstance(first, Mapping) else ""


def _failure(answer: Answer) -> AdapterError:
    told = answer.json()
    name = str(told.get("name") or "") if isinstance(told, dict) else ""
    if name in _SAME_KEY or answer.status == 409:
        return OutcomeUnknown(
            f"Resend knows this call from an earlier try ({name or 409}): its readers may have been taken.",
            raw=answer.words,
        )
    if name in _NOT_US:
        return Unauthorised(f"Resend takes no call of ours ({name}). Check {_MEND}.", raw=answer.words)
    if name in _QUOTAS:
        wait = wait_seconds(answer.headers) or LONGEST_WAIT
        return Transient(f"Resend: the account's quota is used up ({name}).", raw=answer.words, retry_after=wait)
    return failure("Resend", answer, mend=_MEND)
