"""Postmark's webhooks: the password that proves them, and their events in our own words."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.event_fields import detail, inner, instant, raw, read_object, text
from digest.providers.letterhead import check_secret

_RECORDS = {
    "Delivery": FeedbackKind.DELIVERED,
    "SpamComplaint": FeedbackKind.COMPLAINED,
    "Open": FeedbackKind.OPENED,
    "Click": FeedbackKind.CLICKED,
}
_BOUNCES = {
    "HardBounce": FeedbackKind.BOUNCED_HARD,
    "BadEmailAddress": FeedbackKind.BOUNCED_HARD,
    "SoftBounce": FeedbackKind.BOUNCED_SOFT,
    "VirusNotification": FeedbackKind.BOUNCED_SOFT,
    "Blocked": FeedbackKind.BOUNCED_SOFT,
    "DMARCPolicy": FeedbackKind.BOUNCED_SOFT,
    "Undeliverable": FeedbackKind.BOUNCED_SOFT,
    "Transient": FeedbackKind.DEFERRED,
    "DnsError": FeedbackKind.DEFERRED,
    "SpamNotification": FeedbackKind.COMPLAINED,
    "SpamComplaint": FeedbackKind.COMPLAINED,
    "Unsubscribe": FeedbackKind.UNSUBSCRIBED,
    "ManuallyDeactivated": FeedbackKind.REJECTED,
    "SMTPApiError": FeedbackKind.REJECTED,
    "TemplateRenderingFailed": FeedbackKind.REJECTED,
}
"""Whatever else they call a bounce is an answering machine, a challenge or a test: it says nothing."""
_SUPPRESSIONS = {
    "HardBounce": FeedbackKind.BOUNCED_HARD,
    "SpamComplaint": FeedbackKind.COMPLAINED,
}
_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


class PostmarkEvents:
    """The port `FeedbackReader` for Postmark, which signs nothing.

    It sends the user name and password that stand in the webhook's address, so HTTPS is what protects them.
    """

    name = "postmark"

    def __init__(self, *, username: str, password: str) -> None:
        if ":" in username:
            raise ConfigError("provider.postmark.webhook_username must not hold a colon")
        check_secret("provider.postmark.webhook_password", password)
        self._expected = f"{username}:{password}".encode()

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the post has our user name and password. Header names are in lower case."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            told = b""
        if not hmac.compare_digest(told, self._expected):
            raise Unauthorised("Postmark event: not our provider.postmark.webhook_username and webhook_password")

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The event of one post. Raises BadDocument."""
        event = read_object("Postmark", body)
        if not text(event, "RecordType"):
            raise BadDocument("Postmark event", "names no RecordType")
        return (_feedback(event),)


def _feedback(event: Mapping[str, Any]) -> Feedback:
    ours = inner(event, "Metadata")
    at = next((text(event, name) for name in _TIMES if text(event, name)), "")
    record = text(event, "RecordType")
    return Feedback(
        provider="postmark",
        # Only bounces and complaints have an id of their own.
        event_id=".".join((record, text(event, "ID") or text(event, "MessageID"), at)),
        kind=_kind(record, event),
        at=instant(at),
        delivery=text(ours, "delivery"),
        chunk=text(ours, "chunk"),
        email=text(event, "Email") or text(event, "Recipient"),
        detail=detail(
            text(event, "Type") or text(event, "SuppressionReason"),
            text(event, "Details") or text(event, "Description"),
        ),
        url=text(event, "OriginalLink")[:2000],
        agent=text(event, "UserAgent")[:500],
        ip=text(inner(event, "Geo"), "IP")[:45],
        raw=raw(event),
    )


def _kind(record: str, event: Mapping[str, Any]) -> FeedbackKind:
    if record == "Bounce":
        return _BOUNCES.get(text(event, "Type"), FeedbackKind.OTHER)
    if record != "SubscriptionChange":
        return _RECORDS.get(record, FeedbackKind.OTHER)
    if event.get("SuppressSending") is not True:
        return FeedbackKind.OTHER
    known = _SUPPRESSIONS.get(text(event, "SuppressionReason"))
    if known is not None:
        return known
    # A manual suppression is the reader's own leaving, or something that a person did at Postmark.
    return FeedbackKind.UNSUBSCRIBED if text(event, "Origin") == "Recipient" else FeedbackKind.OTHER
