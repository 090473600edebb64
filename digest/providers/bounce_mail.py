"""Bounces and complaints that come as mail: DSN (RFC 3464), ARF (RFC 5965), and the many formats that are neither.

Only a delivery key makes one count: it holds a MAC that nobody can make but us, and only who got the mail (or carried
it) can know it. A bounce without one is kept and changes nothing, or a forged mail could end anybody's subscription.
"""

from __future__ import annotations

import email
import email.policy
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from flufl.bounce import all_failures

from digest.model.errors import BadDocument, Unauthorised
from digest.model.feedback import BOUNCES, Feedback, FeedbackKind
from digest.providers.bounce_status import code_in, judged
from digest.providers.event_fields import NEVER, detail
from digest.providers.verp import keys_in

LARGEST = 131_072
"""Bytes of a mail that are read. What matters stands at its beginning; the returned message may be megabytes long."""
_PARTS = re.compile(rb"boundary=|message/rfc822", re.IGNORECASE)
_MOST_PARTS = 60
"""Parts within parts that are begun to be read: a report has three or four, and the parser is slow at nests."""
_LONGEST_FIELD = 2_000
_MOST_BLOCKS = 20
"""Recipients of one report that are looked at: a message of ours has one."""
_ENVELOPE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_MESSAGE_ID = re.compile(r"^(?:original-)?message-id:\s*<([a-z0-9]{8,40})@", re.IGNORECASE | re.MULTILINE)
_ACTIONS = {
    "delayed": FeedbackKind.DEFERRED,
    "delivered": FeedbackKind.DELIVERED,
    "relayed": FeedbackKind.ACCEPTED,
    "expanded": FeedbackKind.ACCEPTED,
}
_COMPLAINTS = {
    "abuse": FeedbackKind.COMPLAINED,
    "fraud": FeedbackKind.COMPLAINED,
    "virus": FeedbackKind.COMPLAINED,
    "opt-out": FeedbackKind.UNSUBSCRIBED,
}
_MACHINES = re.compile(r"mailer-?daemon|postmaster|mail[ -]?delivery|bounces?\b", re.IGNORECASE)
"""Addresses and names that bounces come from: no holiday notice does."""
_AWAY = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response)|abwesenheit|automatische antwort"
    r"|r[eé]ponse automatique|absence du bureau|respuesta autom|fuera de la oficina|vacation",
    re.IGNORECASE,
)

# At INFO the library names every detector that it tries, and it logs what a hostile mail does to one.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


class BounceMail:
    """The port `FeedbackReader` for mails out of a mailbox. Nothing can be posted to it."""

    name = BOUNCES

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorised, always: these come out of our own mailbox, never by a webhook."""
        raise Unauthorised("bounces are read from a mailbox; nobody posts them")

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """What one mail says. An automatic reply and a person's answer are OTHER. Raises BadDocument."""
        body = body[:LARGEST]
        if len(_PARTS.findall(body)) > _MOST_PARTS:
            raise BadDocument("bounce", f"has more than {_MOST_PARTS} parts within parts")
        try:
            message = email.message_from_bytes(body, policy=email.policy.compat32)
            # IMAP hands out lines that end with CRLF, a Maildir mostly LF: one spelling for all that looks at text.
            return tuple(_events(message, body.decode("utf-8", "replace").replace("\r\n", "\n")))
        except Exception as error:  # the parsers raise many things at hostile mail, RecursionError among them
            raise BadDocument("bounce", f"cannot be read as a mail: {type(error).__name__}") from error


def _events(message: Message, text: str) -> Iterator[Feedback]:
    key, at = _key(message, text), _instant(message)
    for kind, why in _reports(message, text):
        yield Feedback(
            provider=BOUNCES,
            event_id=_field(message, "message-id")[:200],
            kind=kind,
            at=at,
            delivery=key,
            detail=detail(why),
            lone=True,
        )


def _reports(message: Message, text: str) -> Iterator[tuple[FeedbackKind, str]]:
    """(kind, reason): what each kind of mail says, the most exact kind first."""
    parts = list(message.walk())
    complaint = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if complaint is not None:
        yield _complaint(complaint)
    elif status is not None:
        yield _status(status)
    elif _is_auto_reply(message):
        yield FeedbackKind.OTHER, "an automatic reply"
    else:
        yield _recognised(message, text)


def _complaint(part: Message) -> tuple[FeedbackKind, str]:
    fields = _fields(part)
    kind = fields.get("feedback-type", "").lower()
    return _COMPLAINTS.get(kind, FeedbackKind.OTHER), f"feedback report: {kind or 'of no type'}"


def _status(part: Message) -> tuple[FeedbackKind, str]:
    """The worst of its recipients: one of our messages has one, so several are its aliases."""
    found = [_recipient(block) for block in _blocks(part)]
    failed = [one for one in found if one[0] in (FeedbackKind.BOUNCED_HARD, FeedbackKind.BOUNCED_SOFT)]
    hard = [one for one in failed if one[0] is FeedbackKind.BOUNCED_HARD]
    told = [one for one in found if one[0] is not FeedbackKind.OTHER]
    return next(iter(hard or failed or told), (FeedbackKind.OTHER, "a delivery status without an action"))


def _recipient(fields: Mapping[str, str]) -> tuple[FeedbackKind, str]:
    action = fields.get("action", "").split(" ")[0].lower()
    said = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", "")
    status = code_in(fields.get("status", "")) or code_in(said)
    if action == "failed":
        return judged(status, said), f"{status} {said}".strip()
    return _ACTIONS.get(action, FeedbackKind.OTHER), f"{action} {status} {said}".strip()


def _recognised(message: Message, text: str) -> tuple[FeedbackKind, str]:
    """One of the formats of the time before RFC 3464, several of which are still in use."""
    if any(len(str(value)) > _LONGEST_FIELD for value in message.values()):
        return FeedbackKind.OTHER, "a header longer than any that we read"
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors stumble over mails that are none of theirs, an empty one first
        temporary, permanent = frozenset(), frozenset()
    if permanent:
        code = code_in(text)
        return judged(code, text), f"a bounce of an older format {code}".strip()
    if temporary:
        return FeedbackKind.DEFERRED, "a warning of an older format"
    return FeedbackKind.OTHER, "no bounce, or none that we can read"


def _is_auto_reply(message: Message) -> bool:
    name, address = parseaddr(_field(message, "from"))
    if not address or _MACHINES.match(address) or _MACHINES.match(name):
        return False
    automatic = _field(message, "auto-submitted").lower().startswith(("auto-replied", "auto-generated"))
    marked = any(_field(message, name) for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress"))
    return automatic or marked or bool(_AWAY.search(_field(message, "subject")))


def _key(message: Message, text: str) -> str:
    """The delivery key, from the surest place that holds one: our own envelope, then the message that came back."""
    for name in _ENVELOPE:
        for value in message.get_all(name, ()):
            keys = keys_in(str(value))
            if keys:
                return keys[0]
    found = _MESSAGE_ID.findall(_returned(message)) or _MESSAGE_ID.findall(text.partition("\n\n")[2])
    if found:
        return str(found[0]).lower()
    keys = keys_in(text)
    return keys[0] if keys else ""


def _returned(message: Message) -> str:
    """Headers of the message that was sent back, as lines."""
    for part in message.walk():
        if part is not message and part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            inner = part.get_payload(0) if part.is_multipart() else part
            if isinstance(inner, Message) and inner is not part:
                return "".join(f"{name}: {value}\n" for name, value in inner.items())
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _blocks(part: Message) -> Iterator[Mapping[str, str]]:
    """Groups of fields in a delivery status: the stdlib reads each as a message of its own."""
    payload = part.get_payload()
    if isinstance(payload, list):
        for inner in payload[:_MOST_BLOCKS]:
            if isinstance(inner, Message):
                yield {name.lower(): " ".join(str(value).split()) for name, value in inner.items()}


def _fields(part: Message) -> Mapping[str, str]:
    """Fields of a feedback report, whichever way the stdlib has read it."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message):
        content = part.get_payload(decode=True)
        inner = email.message_from_bytes(content if isinstance(content, bytes) else b"")
    return {name.lower(): " ".join(str(value).split()) for name, value in inner.items()}


def _instant(message: Message) -> datetime:
    """When our own server took it, else what its sender says; NEVER where neither can be read."""
    received = _field(message, "received").rpartition(";")[2]
    for text in (received, _field(message, "date")):
        try:
            found = parsedate_to_datetime(text.strip())
        except (ValueError, TypeError, OverflowError):
            continue
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return NEVER


def _field(message: Message, name: str) -> str:
    """The first header of a name, unfolded; empty where there is none."""
    return " ".join(str(message.get(name, ""))[:_LONGEST_FIELD].split())
