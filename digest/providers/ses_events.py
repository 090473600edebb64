"""Amazon SES' events, as its configuration set publishes them to an SNS topic, in our own words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from digest.model.errors import BadDocument, ConfigError
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.event_fields import detail, first, inner, instant, raw, read_object, text
from digest.providers.sns import Post, check_post, read_post

_KINDS = {
    "Send": FeedbackKind.ACCEPTED,
    "Delivery": FeedbackKind.DELIVERED,
    "DeliveryDelay": FeedbackKind.DEFERRED,
    "Reject": FeedbackKind.REJECTED,
    "Rendering Failure": FeedbackKind.REJECTED,
    "Open": FeedbackKind.OPENED,
    "Click": FeedbackKind.CLICKED,
}
_PLACES = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
"""Where an event's own part does not stand under its name in lower case."""
_ON_THEIR_LIST = ("Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient")
"""Subtypes of a message that never left, for the address stands on a list at SES."""


class SesEvents:
    """The port `FeedbackReader` for Amazon SES.

    `topics` are the ARNs of our SNS topics. `certificate` gets the bytes behind an https address of Amazon's, and
    is asked for nothing else; it should remember what it got.
    """

    name = "ses"

    def __init__(self, *, topics: Collection[str], certificate: Callable[[str], bytes]) -> None:
        if not topics:
            raise ConfigError("provider.ses.topics is empty: name the ARN of the SNS topic that posts the events")
        self._topics = frozenset(topics)
        self._certificate = certificate

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the post is of our topic, signed by Amazon, and not old."""
        check_post(body, topics=self._topics, certificate=self._certificate, now=now)

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The event of one post; none where it carries something else. Raises BadDocument.

        With a topic's first post, SES only says that it can publish there, in words.
        """
        post = read_post(body)
        if post.kind != "Notification":
            return ()
        try:
            event = read_object("Amazon SES", post.message)
        except BadDocument:
            return ()
        name = text(event, "eventType") or text(event, "notificationType")
        return (_feedback(post, name, event),) if name else ()

    def confirmation(self, body: bytes) -> str:
        """Amazon's address that confirms a subscription when it is got, or an empty string. Verify the post first."""
        return read_post(body).subscribe_url


def _feedback(post: Post, name: str, event: Mapping[str, Any]) -> Feedback:
    mail, own = inner(event, "mail"), inner(event, _PLACES.get(name, name.lower()))
    tags = inner(mail, "tags")
    return Feedback(
        provider="ses",
        event_id=post.message_id,
        kind=_kind(name, own),
        at=instant(own.get("timestamp") or mail.get("timestamp")),
        delivery=_tag(tags, "delivery"),
        chunk=_tag(tags, "chunk").replace("_", "."),
        email=_reader(mail, own),
        detail=_reason(own),
        url=text(own, "link")[:2000],
        agent=text(own, "userAgent")[:500],
        ip=text(own, "ipAddress")[:45],
        raw=raw(event),
    )


def _kind(name: str, own: Mapping[str, Any]) -> FeedbackKind:
    if name == "Bounce":
        if text(own, "bounceSubType") in _ON_THEIR_LIST:
            return FeedbackKind.REJECTED
        return FeedbackKind.BOUNCED_HARD if text(own, "bounceType") == "Permanent" else FeedbackKind.BOUNCED_SOFT
    if name == "Complaint":
        if text(own, "complaintSubType") in _ON_THEIR_LIST:
            return FeedbackKind.REJECTED
        return FeedbackKind.OTHER if text(own, "complaintFeedbackType") == "not-spam" else FeedbackKind.COMPLAINED
    if name == "Subscription":
        left = inner(own, "newTopicPreferences").get("unsubscribeAll") is True
        return FeedbackKind.UNSUBSCRIBED if left else FeedbackKind.OTHER
    return _KINDS.get(name, FeedbackKind.OTHER)


def _reason(own: Mapping[str, Any]) -> str:
    bounced = first(own.get("bouncedRecipients")) or first(own.get("delayedRecipients")) or {}
    kinds = ("bounceType", "bounceSubType", "complaintSubType", "complaintFeedbackType", "delayType", "reason")
    return detail(
        *(text(own, name) for name in kinds),
        text(bounced, "diagnosticCode") if isinstance(bounced, dict) else "",
        text(own, "errorMessage") or text(own, "smtpResponse"),
    )


def _reader(mail: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    for name in ("bouncedRecipients", "complainedRecipients", "delayedRecipients"):
        found = first(own.get(name))
        if isinstance(found, dict) and text(found, "emailAddress"):
            return text(found, "emailAddress")
    address = first(mail.get("destination"))
    return address if isinstance(address, str) else ""


def _tag(tags: Mapping[str, Any], name: str) -> str:
    value = first(tags.get(name))
    return value if isinstance(value, str) else ""
