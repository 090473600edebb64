"""Postmark: up to 500 messages in one call, each with an answer of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from digest.model.errors import AdapterError, OutcomeUnknown, Permanent, RenderFailed, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt, Recipient
from digest.providers.addresses import is_bare, redacted
from digest.providers.answers import Answer, failure
from digest.providers.json_letters import JsonLetters
from digest.providers.letterhead import check_base_url, check_secret, labels, letterhead
from digest.providers.poster import Poster
from digest.render.message import list_headers
from digest.render.slots import text_value

BATCH_SIZE = 500
"""Messages of one call."""
LARGEST_CALL = 45_000_000
"""Bytes of one call; Postmark takes 50 MB. Whoever does not fit waits for the next."""
_MEND = "provider.postmark.server_token, the sender signature and provider.postmark.base_url"
_LATER = frozenset({100, 429})
"""Error codes of one message: maintenance, too many calls."""
_NOT_US = frozenset({10, 400, 401, 405, 412, 413, 1226, 1235, 1236})
"""Token, sender signature, credits, account and message stream: they hit everybody, or almost (412)."""
_INACTIVE = 406
"""The reader bounced or complained before."""
_INVALID = 300
"""Something in the message, be it the reader's address or anything else: the words tell."""


@dataclass(slots=True)
class _Call:
    """The messages of one call, whose they are, and those of the batch who are not in it."""

    messages: list[bytes] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)


class PostmarkProvider:
    """Calls `POST /email/batch`. Thread-safe.

    Postmark has no idempotency key: a call without an answer is OutcomeUnknown, and our delivery key, echoed in
    every event as metadata, settles it.
    """

    def __init__(
        self,
        *,
        server_token: str,
        message_stream: str = "broadcast",
        base_url: str = "https://api.postmarkapp.com",
        timeout: float = 30.0,
        events: bool = False,
        concurrency: int = 4,
    ) -> None:
        """`timeout` in seconds for each wait of a call. Raises ConfigError without a usable token or address."""
        check_secret("provider.postmark.server_token", server_token)
        self._stream = message_stream
        self._headers = {"X-Postmark-Server-Token": server_token, "Content-Type": "application/json"}
        url = check_base_url("provider.postmark.base_url", base_url)
        self._poster = Poster("Postmark", url, timeout=timeout, connections=concurrency)
        self._capabilities = Capabilities(
            name="postmark",
            batch_size=BATCH_SIZE,
            events=events,
            # Each message of a call is taken or refused by itself: credits can run out in the middle of one.
            whole=False,
            concurrency=concurrency,
        )

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call. What Postmark says of each reader stands in the receipt."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; Postmark takes {BATCH_SIZE}")
        call = self._write(batch)
        if not call.messages:
            return Receipt(refused=call.refused, not_sent=frozenset(call.later))
        answer = self._poster.post("/email/batch", headers=self._headers, content=_array(call.messages))
        if answer.status != 200:
            raise _failure(answer)
        results = answer.json()
        if not isinstance(results, list) or len(results) != len(call.readers):
            raise OutcomeUnknown(f"Postmark answered 200 and something else than one result each: {answer.words[:200]}")
        return _receipt(call, results)

    def close(self) -> None:
        """Let go of the kept connections."""
        self._poster.close()

    def _write(self, batch: Batch) -> _Call:
        call = _Call()
        letters = JsonLetters(batch.rendered, html="HtmlBody", text="TextBody")
        constant = self._constant(batch)
        size = 0
        for recipient in batch.recipients:
            if not is_bare(recipient.email):
                call.refused[recipient.delivery] = "the address is not plain ASCII"
                continue
            try:
                message = letters.write(constant | _own(batch, recipient), recipient.slots)
            except RenderFailed as error:
                call.refused[recipient.delivery] = str(error)
                continue
            if size + len(message) > LARGEST_CALL and call.messages:
                call.later.add(recipient.delivery)
                continue
            size += len(message) + 1
            call.messages.append(message)
            call.readers.append(recipient.delivery)
        return call

    def _constant(self, batch: Batch) -> dict[str, Any]:
        head = letterhead(batch.envelope)
        members: dict[str, Any] = {
            "From": head.sender,
            "Subject": text_value(batch.rendered.subject),
            "MessageStream": self._stream,
            "Tag": " ".join(labels(batch.envelope))[:1000],
            # Theirs would rewrite our links.
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if head.reply_to:
            members["ReplyTo"] = head.reply_to
        return members


def _own(batch: Batch, recipient: Recipient) -> dict[str, Any]:
    headers = list_headers(batch.envelope, recipient)
    return {
        "To": recipient.email,
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        "Metadata": {"delivery": recipient.delivery, "chunk": batch.chunk},
    }


def _array(messages: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(messages) + b"]"


@dataclass(slots=True)
class _Results:
    """What Postmark said of each reader of one call."""

    message_id: str = ""
    taken: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    ours: dict[str, str] = field(default_factory=dict)
    """Not taken, for a reason that lies in us."""
    odd: dict[str, str] = field(default_factory=dict)
    """Not taken, for a reason that may lie in us as well as in this one message."""

    def add(self, delivery: str, result: Any) -> None:
        told: Mapping[str, Any] = result if isinstance(result, dict) else {}
        message_id = str(told.get("MessageID") or "")
        # A message that is taken with a delay has been seen without a code.
        code = told.get("ErrorCode", 0 if message_id else None)
        said = str(told.get("Message") or "")
        words = f"{redacted(said)[:300]} ({code})"
        if code == 0:
            self.taken = True
            self.message_id = self.message_id or message_id
        elif not isinstance(code, int):
            self.unknown.add(delivery)
        elif code in _LATER:
            self.later[delivery] = words
        elif code == _INACTIVE or (code == _INVALID and "'To'" in said):
            self.refused[delivery] = words
        elif code in _NOT_US:
            self.ours[delivery] = words
        else:
            self.odd[delivery] = words


def _receipt(call: _Call, answers: Sequence[Any]) -> Receipt:
    """What each result says of its reader.

    Raises Unauthorised where nobody is taken for reasons that are not the reader's: so would the whole list be.
    Raises Transient where everybody is put off.
    """
    found = _Results()
    for delivery, answer in zip(call.readers, answers, strict=True):
        found.add(delivery, answer)
    about_us = list((found.ours | found.odd).values())
    if about_us and not found.taken and not found.unknown:
        raise Unauthorised(f"Postmark takes no message of ours: {about_us[0]}. Check {_MEND}.")
    later = found.later | found.ours | ({} if found.taken else found.odd)
    notes = dict.fromkeys(f"Postmark: {words}" for words in later.values())
    if len(later) == len(call.readers):
        raise Transient(f"{next(iter(notes))}. Waiting.")
    if call.later:
        notes["a call may hold 50 MB: the others wait for the next"] = None
    return Receipt(
        message_id=found.message_id,
        refused=call.refused | found.refused | (found.odd if found.taken else {}),
        not_sent=frozenset(call.later | later.keys()),
        unknown=frozenset(found.unknown),
        note="; ".join(notes),
    )


def _failure(answer: Answer) -> AdapterError:
    """A 422 names what is wrong with the call as a whole; halving helps only where it is its size or one message."""
    told = answer.json()
    code = told.get("ErrorCode") if isinstance(told, dict) else None
    if answer.status == 422 and isinstance(code, int) and code not in (_INVALID, _INACTIVE, 402, 403, 410):
        return Unauthorised(f"Postmark takes no call of ours: {answer.words[:300]}. Check {_MEND}.", raw=answer.words)
    return failure("Postmark", answer, mend=_MEND)
