"""Mailgun's event webhook: its signature, and its events in our own words."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from digest.model.errors import BadDocument, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.event_fields import check_fresh, detail, inner, instant, raw, read_object, text
from digest.providers.letterhead import check_secret

TOLERANCE = timedelta(hours=9)
"""Mailgun posts again for eight hours where we did not answer; nobody says that it signs anew for it."""
_KINDS = {
    "accepted": FeedbackKind.ACCEPTED,
    "delivered": FeedbackKind.DELIVERED,
    "opened": FeedbackKind.OPENED,
    "clicked": FeedbackKind.CLICKED,
    "unsubscribed": FeedbackKind.UNSUBSCRIBED,
    "complained": FeedbackKind.COMPLAINED,
    "rejected": FeedbackKind.REJECTED,
}


class MailgunEvents:
    """The port `FeedbackReader` for Mailgun. `signing_key` is the HTTP webhook signing key of the account."""

    name = "mailgun"

    def __init__(self, signing_key: str) -> None:
        check_secret("provider.mailgun.webhook_signing_key", signing_key)
        self._key = signing_key.encode("ascii")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the post is signed with our key, and not long ago; BadDocument if unreadable.

        The signature covers a time and a token and not the event: only HTTPS keeps the event from being another.
        """
        signature = inner(read_object("Mailgun", body), "signature")
        timestamp, token, told = (text(signature, name) for name in ("timestamp", "token", "signature"))
        signed = f"{timestamp}{token}".encode("utf-8", "replace")
        expected = hmac.new(self._key, signed, hashlib.sha256).hexdigest().encode("ascii")
        if not (token and hmac.compare_digest(expected, told.encode("utf-8", "replace"))):
            raise Unauthorised("Mailgun event: the signature is not of our provider.mailgun.webhook_signing_key")
        check_fresh("Mailgun", timestamp, now, TOLERANCE)

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The event of one post. Raises BadDocument."""
        event = inner(read_object("Mailgun", body), "event-data")
        if not text(event, "event"):
            raise BadDocument("Mailgun event", "names no event")
        return (_feedback(event),)


def _feedback(event: Mapping[str, Any]) -> Feedback:
    ours, status, client = inner(event, "user-variables"), inner(event, "delivery-status"), inner(event, "client-info")
    return Feedback(
        provider="mailgun",
        # Mailgun's ids are unique within a day only.
        event_id=".".join(part for part in (text(event, "timestamp"), text(event, "id")) if part),
        kind=_kind(event, status),
        at=instant(event.get("timestamp")),
        delivery=text(ours, "delivery"),
        chunk=text(ours, "chunk"),
        email=text(event, "recipient"),
        detail=detail(
            text(event, "reason") or text(inner(event, "reject"), "reason"),
            text(status, "code"),
            text(status, "message") or text(status, "description"),
        ),
        url=text(event, "url")[:2000],
        agent=text(client, "user-agent")[:500],
        ip=text(event, "ip")[:45],
        machine=bool(text(client, "bot")),
        raw=raw(event),
    )


def _kind(event: Mapping[str, Any], status: Mapping[str, Any]) -> FeedbackKind:
    name = text(event, "event")
    if name != "failed":
        return _KINDS.get(name, FeedbackKind.OTHER)
    reason = text(event, "reason")
    if text(event, "severity") == "temporary":
        return FeedbackKind.DEFERRED
    if reason.startswith("suppress"):
        return FeedbackKind.REJECTED
    # "Permanent" is said of this message; only some reasons are about the address, and those end a subscription.
    enhanced = text(status, "enhanced-code")
    if text(status, "bounce-type") == "soft" or enhanced.startswith(("4.", "5.2.", "5.7.")):
        return FeedbackKind.BOUNCED_SOFT
    about_address = reason == "bounce" or text(status, "bounce-type") == "hard" or enhanced.startswith("5.1.")
    return FeedbackKind.BOUNCED_HARD if about_address else FeedbackKind.BOUNCED_SOFT
