"""SendGrid: up to 1,000 readers in one call, and for every way a call can end, what that says about them."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from digest.model.errors import AdapterError, ConfigError, Permanent, RenderFailed, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.providers.answers import Answer, LoneRefusals, failure
from digest.providers.sendgrid_calls import SendGridCalls
from digest.providers.sendgrid_limits import BATCH_SIZE
from digest.providers.sendgrid_request import CallWriter
from digest.providers.sendgrid_wire import Wire, quiet_library
from digest.providers.writing import Kept

_MEND = (
    "provider.sendgrid.api_key, its rights (Mail Send, a verified sender), .base_url, .asm_group and .ip_pool, and the "
    "newsletter's sender"
)
_ABOUT_US = re.compile(
    r"(?:from|reply_to|reply_to_list|subject|content|categories|asm|ip_pool_name|mail_settings|tracking_settings"
    r"|template_id|batch_id|send_at|headers|custom_args)\b"
)
"""Fields of the call itself, as a 400 names them. What is wrong with one reader begins with `personalizations`."""


class SendGridProvider:
    """Calls `POST /v3/mail/send`. One client and one kept connection for each call in flight; thread-safe.

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
        concurrency: int = 12,
        asm_group: int = 0,
        ip_pool: str = "",
        recall_minutes: float = 0.0,
    ) -> None:
        """`timeout` in seconds for each wait of a call. `sandbox`: checked by SendGrid, mailed to nobody.

        `asm_group` is the number of an unsubscribe group, 0 = none; `ip_pool` a pool's name, empty = the account's.
        `recall_minutes`: calls are scheduled so far ahead that one in doubt can be taken back; 0 = they go at once.
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
        self._asm_group = asm_group
        self._ip_pool = ip_pool
        self._capabilities = Capabilities(
            name="sendgrid",
            batch_size=BATCH_SIZE,
            events=events,
            concurrency=concurrency,
            recall_ahead=recall_minutes * 60 or None,
        )
        self._calls = SendGridCalls(api_key=api_key, base_url=self._base_url, timeout=timeout)
        self._lone = LoneRefusals("SendGrid", mend=_MEND)
        self._writers = Kept(self._writer)
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Wire] = []
        self._lock = Lock()
        quiet_library()

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call. Whoever cannot be in it is named in the receipt, or has never left if this raises."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; SendGrid takes {BATCH_SIZE}")
        call = self._writers.of(batch).write(batch)
        if not call.taken:
            return Receipt(refused=call.refused, not_sent=call.later)
        with self._borrowed() as wire:
            answer = wire.post(call.content)
        if answer.status != 202 and not (self._sandbox and answer.status == 200):
            raise self._lone.judged(_failure(answer), batch, readers=call.taken)
        self._lone.taken()
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

    def reserve(self) -> str:
        """A batch id for one later call (`POST /v3/mail/batch`). Raises as `ports.Recalling` says."""
        told = self._calls.post("mail/batch")
        name = told.get("batch_id") if isinstance(told, dict) else None
        if not isinstance(name, str) or not name:
            raise Transient("SendGrid gave no batch id. It will be asked again.")
        return name

    def cancel(self, reservation: str) -> None:
        """Whatever was sent under this batch id is dropped. Safe to repeat. Raises AdapterError unless confirmed."""
        if self._cancelled(reservation):
            return
        try:
            self._calls.post("user/scheduled_sends", {"batch_id": reservation, "status": "cancel"})
        except AdapterError:
            # A second cancelling is refused, and an answer may get lost: the list says what holds.
            if self._cancelled(reservation):
                return
            raise
        if not self._cancelled(reservation):
            raise Transient("SendGrid took the cancelling and does not list it yet. It will be asked again.")

    def _cancelled(self, reservation: str) -> bool:
        found = self._calls.get(f"user/scheduled_sends/{reservation}", missing=[])
        rows = found if isinstance(found, list) else [found]
        return any(
            isinstance(row, dict) and row.get("batch_id") == reservation and row.get("status") == "cancel"
            for row in rows
        )

    def close(self) -> None:
        """Let go of the kept connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    def _writer(self, batch: Batch) -> CallWriter:
        """Raises Unauthorised where no call at all can be made of this envelope: a person must mend it."""
        try:
            return CallWriter(
                batch.rendered,
                batch.envelope,
                sandbox=self._sandbox,
                asm_group=self._asm_group,
                ip_pool=self._ip_pool,
            )
        except RenderFailed as error:
            raise Unauthorised(f"{batch.envelope.edition}: no call can be written: {error}") from error

    @contextmanager
    def _borrowed(self) -> Iterator[Wire]:
        """A client that nobody else uses meanwhile."""
        with self._lock:
            wire = self._idle.pop() if self._idle else None
            if wire is None and self._tls is None and self._base_url.startswith("https:"):
                self._tls = ssl.create_default_context()
                self._tls.set_alpn_protocols(["http/1.1"])
        wire = wire or Wire(self._api_key, self._base_url, self._timeout, tls=self._tls)
        try:
            yield wire
        finally:
            with self._lock:
                self._idle.append(wire)


def _failure(answer: Answer) -> AdapterError:
    """What an answer other than "accepted" says of the readers in the call."""
    if answer.status == 400 and any(_ABOUT_US.match(field) for field in _fields(answer)):
        # The sender, the group, the pool: halving would only refuse every reader, one by one.
        return Unauthorised(f"SendGrid takes no call of ours: {answer.words[:300]}. Check {_MEND}.", raw=answer.words)
    return failure("SendGrid", answer, mend=_MEND)


def _fields(answer: Answer) -> list[str]:
    """The fields that an error answer names: `{"errors": [{"message": …, "field": "from.email"}]}`."""
    told = answer.json()
    errors = told.get("errors") if isinstance(told, dict) else None
    named = [error.get("field") for error in errors or () if isinstance(error, dict)] if errors else []
    return [field for field in named if isinstance(field, str)]
