"""SendGrid's signed event webhook: the signature over the raw bytes, then its events in our words.

The signature is ECDSA P-256 with SHA-256 over timestamp + raw body, CRLF included (Twilio: Event Webhook security
features). A post is believed for ten minutes after its timestamp: applying is idempotent, so a replay within that
time changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.event_fields import NEVER, detail

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
SKEW = timedelta(minutes=10)
"""How far a post's timestamp may be from now."""

_KINDS = {
    "processed": FeedbackKind.ACCEPTED,
    "deferred": FeedbackKind.DEFERRED,
    "delivered": FeedbackKind.DELIVERED,
    "dropped": FeedbackKind.REJECTED,
    "spamreport": FeedbackKind.COMPLAINED,
    "unsubscribe": FeedbackKind.UNSUBSCRIBED,
    "group_unsubscribe": FeedbackKind.UNSUBSCRIBED,
    "open": FeedbackKind.OPENED,
    "click": FeedbackKind.CLICKED,
}


class SendGridEvents:
    """The port `FeedbackReader` for SendGrid. `public_key` is the base64 DER key that its settings page shows."""

    name = "sendgrid"

    def __init__(self, public_key: str) -> None:
        try:
            key = load_der_public_key(base64.b64decode(public_key, validate=True))
        except (ValueError, binascii.Error) as error:
            raise ConfigError(
                "provider.sendgrid.webhook_public_key is no public key; copy it whole from Settings, Mail Settings, "
                "Event Webhook, Signature verification"
            ) from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ConfigError("provider.sendgrid.webhook_public_key is not an elliptic-curve key")
        self._key = key

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the post is SendGrid's and fresh. Header names are lower case."""
        stamp = headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
            said = datetime.fromtimestamp(int(stamp), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Unauthorised("the post has no signature and timestamp that can be read") from error
        try:
            self._key.verify(signature, stamp.encode("ascii") + body, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise Unauthorised("the post's signature is not SendGrid's") from error
        if abs(now - said) > SKEW:
            raise Unauthorised(f"the post is {abs(now - said)} old; a signature is believed for {SKEW}")

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The events of a post, those that are none left out. Raises BadDocument where it is no list of events."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadDocument("sendgrid events", f"not JSON: {error}") from error
        if not isinstance(found, list):
            raise BadDocument("sendgrid events", "not a list of events")
        return tuple(_events(found))


def _events(found: Iterable[object]) -> Iterable[Feedback]:
    for event in found:
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            yield _feedback(event)


def _feedback(event: Mapping[str, Any]) -> Feedback:
    kind = _kind(event)
    # The fields that are texts, in one pass: to ask each of nine by itself for its type took twice as long.
    said = {name: value for name, value in event.items() if type(value) is str}
    get = said.get
    return Feedback(
        provider="sendgrid",
        event_id=get("sg_event_id", ""),
        kind=kind,
        at=_instant(event.get("timestamp")),
        delivery=get("delivery", ""),
        chunk=get("chunk", ""),
        email=get("email", ""),
        detail=_reason(get("reason") or get("response") or get("type", "")),
        url=get("url", "")[:2000],
        agent=get("useragent", "")[:500],
        ip=get("ip", "")[:45],
        machine=event.get("sg_machine_open") is True,
        # The post is kept whole; what we have no word for is worth a copy of its own.
        raw=json.dumps(event, ensure_ascii=False)[:4000] if kind is FeedbackKind.OTHER else "",
    )


def _reason(said: str) -> str:
    """Without anybody's address, which an erasure that comes before a late event would not find."""
    # To look for addresses takes as long as all the rest, and nearly all events quote none.
    return detail(said) if "@" in said or "://" in said else said[:500]


def _kind(event: Mapping[str, Any]) -> FeedbackKind:
    if event["event"] == "bounce":
        # type `blocked` is the receiver's refusal of this message, not of the mailbox for good.
        return FeedbackKind.BOUNCED_SOFT if event.get("type") == "blocked" else FeedbackKind.BOUNCED_HARD
    return _KINDS.get(event["event"], FeedbackKind.OTHER)


def _instant(value: object) -> datetime:
    try:
        return _at(int(str(value)))
    except (ValueError, OverflowError, OSError):
        return NEVER


@lru_cache(maxsize=10_000)
def _at(seconds: int) -> datetime:
    # A post names a few seconds a thousand times.
    return datetime.fromtimestamp(seconds, UTC)
