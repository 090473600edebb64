"""Resend's webhooks: the signature (Standard Webhooks, sent by Svix), and their events in our own words."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.event_fields import check_fresh, detail, first, inner, instant, raw, read_object, text

TOLERANCE = timedelta(minutes=5)
"""Each post is signed when it goes out, a repeated one anew."""
_KINDS = {
    "email.sent": FeedbackKind.ACCEPTED,
    "email.delivered": FeedbackKind.DELIVERED,
    "email.delivery_delayed": FeedbackKind.DEFERRED,
    "email.complained": FeedbackKind.COMPLAINED,
    "email.opened": FeedbackKind.OPENED,
    "email.clicked": FeedbackKind.CLICKED,
    "email.failed": FeedbackKind.REJECTED,
    "email.suppressed": FeedbackKind.REJECTED,
}
_BOUNCES = {
    "Permanent": FeedbackKind.BOUNCED_HARD,
    "Transient": FeedbackKind.BOUNCED_SOFT,
    "Undetermined": FeedbackKind.BOUNCED_SOFT,
}


class ResendEvents:
    """The port `FeedbackReader` for Resend. `secret` is the webhook's own, `whsec_` and base64."""

    name = "resend"

    def __init__(self, secret: str) -> None:
        try:
            self._key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if not self._key:
            raise ConfigError("provider.resend.webhook_secret must be the signing secret, whsec_ and all behind it")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the raw body is signed with our secret, just now. Header names in lower case."""
        message_id, timestamp, signatures = (
            headers.get(f"svix-{name}") or headers.get(f"webhook-{name}", "")
            for name in ("id", "timestamp", "signature")
        )
        signed = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + body
        expected = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256))
        # There are several while a secret is being changed; only version 1 is one of a shared secret.
        told = [one.removeprefix("v1,") for one in signatures.split() if one.startswith("v1,")]
        if not (message_id and any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in told)):
            raise Unauthorised("Resend event: the signature is not of our provider.resend.webhook_secret")
        check_fresh("Resend", timestamp, now, TOLERANCE)

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The event of one post. Raises BadDocument."""
        event = read_object("Resend", body)
        if not text(event, "type"):
            raise BadDocument("Resend event", "names no type")
        return (_feedback(event),)


def _feedback(event: Mapping[str, Any]) -> Feedback:
    mail = inner(event, "data")
    click, bounce = inner(mail, "click"), inner(mail, "bounce")
    seen = click or inner(mail, "open")
    return Feedback(
        provider="resend",
        # The post's own id stands in a header only; this is the same for every try too.
        event_id=".".join((text(event, "type"), text(mail, "email_id"), text(event, "created_at"))),
        kind=_kind(text(event, "type"), bounce),
        at=instant(event.get("created_at")),
        delivery=text(_tags(mail.get("tags")), "delivery"),
        email=_address(first(mail.get("to"))),
        detail=detail(
            text(bounce, "type"),
            text(bounce, "subType"),
            text(bounce, "message") or text(inner(mail, "failed"), "reason"),
        ),
        url=text(click, "link")[:2000],
        agent=text(seen, "userAgent")[:500],
        ip=text(seen, "ipAddress")[:45],
        raw=raw(event),
    )


def _kind(name: str, bounce: Mapping[str, Any]) -> FeedbackKind:
    if name != "email.bounced":
        return _KINDS.get(name, FeedbackKind.OTHER)
    if "suppress" in (text(bounce, "subType") + text(bounce, "message")).lower():
        # It never left: the address stands on Resend's own list.
        return FeedbackKind.REJECTED
    # Their documentation says that a bounce is a permanent rejection; older events name no type.
    return _BOUNCES.get(text(bounce, "type"), FeedbackKind.BOUNCED_HARD)


def _tags(tags: Any) -> Mapping[str, Any]:
    """Tags by name: events have an object, and calls, as some events have had, a list."""
    if isinstance(tags, list):
        return {text(tag, "name"): tag.get("value") for tag in tags if isinstance(tag, dict)}
    return tags if isinstance(tags, dict) else {}


def _address(value: Any) -> str:
    return value.rpartition("<")[2].rstrip("> ") if isinstance(value, str) else ""
