"""Mailgun: up to 1,000 readers in one call, by recipient variables."""

from __future__ import annotations

import re
from base64 import b64encode

from digest.model.errors import AdapterError, ConfigError, OutcomeUnknown, Permanent, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.providers.answers import Answer, LoneRefusals, failure
from digest.providers.letterhead import check_base_url, check_secret
from digest.providers.mailgun_request import BATCH_SIZE, build_form
from digest.providers.poster import Poster

_MEND = "provider.mailgun.api_key, .domain and .base_url (https://api.eu.mailgun.net for a domain in the EU)"
_LATER = frozenset({420, 429})
"""420 is Mailgun's own: the account's hourly limit."""
_ABOUT_US = re.compile(r"\bfrom\b parameter|\b(?:domain|account) (?:is|has|not)\b|disabled|not allowed to send", re.I)
"""A 400 that halving the call would only repeat for every reader."""
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class MailgunProvider:
    """Calls `POST /v3/<domain>/messages`. Thread-safe.

    Mailgun has no idempotency key: a call without an answer is OutcomeUnknown, and our delivery key, echoed in
    every event as a user variable, settles it.
    """

    def __init__(
        self,
        *,
        domain: str,
        api_key: str,
        base_url: str = "https://api.mailgun.net",
        timeout: float = 20.0,
        test_mode: bool = False,
        events: bool = False,
        concurrency: int = 8,
    ) -> None:
        """`domain` is the sending domain at Mailgun. `timeout` in seconds for each wait of a call.

        `test_mode`: taken by Mailgun, mailed to nobody. Raises ConfigError without a usable key, domain or address.
        """
        check_secret("provider.mailgun.api_key", api_key)
        if not _DOMAIN.fullmatch(domain.lower()):
            raise ConfigError("provider.mailgun.domain must be the sending domain, such as mg.example.org")
        url = check_base_url("provider.mailgun.base_url", base_url).removesuffix("/v3")
        self._path = f"/v3/{domain.lower()}/messages"
        self._headers = {
            "Authorization": f"Basic {b64encode(f'api:{api_key}'.encode()).decode('ascii')}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._poster = Poster("Mailgun", url, timeout=timeout, connections=concurrency)
        self._test_mode = test_mode
        self._lone = LoneRefusals("Mailgun", mend=_MEND)
        self._capabilities = Capabilities(name="mailgun", batch_size=BATCH_SIZE, events=events, concurrency=concurrency)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call. Whoever cannot be in it is named in the receipt, or has never left if this raises."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; Mailgun takes {BATCH_SIZE}")
        form = build_form(batch, test_mode=self._test_mode)
        if not form.taken:
            return Receipt(refused=form.refused, not_sent=form.later)
        answer = self._poster.post(self._path, headers=self._headers, content=form.body)
        if answer.status != 200:
            raise self._lone.judged(_failure(answer), batch, readers=form.taken)
        told = answer.json()
        if not isinstance(told, dict) or not told.get("id"):
            # A wrong path is answered by 200 and a greeting.
            raise OutcomeUnknown(f"Mailgun answered 200 without an id: {answer.words[:200]!r}. Check {_MEND}.")
        self._lone.taken()
        notes = []
        if form.later:
            notes.append("an address may be in a call once: its second reader waits for the next")
        if self._test_mode:
            notes.append("test mode: taken, mailed to nobody")
        return Receipt(message_id=str(told["id"]), refused=form.refused, not_sent=form.later, note="; ".join(notes))

    def close(self) -> None:
        """Let go of the kept connections."""
        self._poster.close()


def _failure(answer: Answer) -> AdapterError:
    if answer.status == 400 and _ABOUT_US.search(answer.words):
        return Unauthorised(f"Mailgun takes no call of ours: {answer.words[:300]}. Check {_MEND}.", raw=answer.words)
    return failure("Mailgun", answer, mend=_MEND, later=_LATER)
