"""Feedback: what a provider says later about one message, in our own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from digest.model.delivery import DeliveryStatus

BOUNCES = "bounces"
"""What stands for a provider where feedback came as mail, out of our own mailbox."""


class FeedbackKind(StrEnum):
    """The one vocabulary that every provider's events are mapped to."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED_HARD = "bounced_hard"
    BOUNCED_SOFT = "bounced_soft"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    OTHER = "other"
    """An event we know nothing better to say of; it is kept."""

    @property
    def status(self) -> DeliveryStatus | None:
        """The delivery status that this kind speaks for, or None where it says nothing about delivery."""
        return _STATUS.get(self)


_STATUS = {
    FeedbackKind.ACCEPTED: DeliveryStatus.PROCESSED,
    FeedbackKind.DEFERRED: DeliveryStatus.DEFERRED,
    FeedbackKind.DELIVERED: DeliveryStatus.DELIVERED,
    FeedbackKind.BOUNCED_HARD: DeliveryStatus.BOUNCED,
    FeedbackKind.BOUNCED_SOFT: DeliveryStatus.BOUNCED,
    FeedbackKind.COMPLAINED: DeliveryStatus.COMPLAINED,
    FeedbackKind.REJECTED: DeliveryStatus.DROPPED,
    # Who opened, clicked or left has certainly got the message.
    FeedbackKind.OPENED: DeliveryStatus.DELIVERED,
    FeedbackKind.CLICKED: DeliveryStatus.DELIVERED,
    FeedbackKind.UNSUBSCRIBED: DeliveryStatus.DELIVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One event. Safe to apply twice and in any order: status only ever rises."""

    provider: str
    event_id: str
    """The provider's own id; repeats may come under another one, so applying is idempotent besides."""
    kind: FeedbackKind
    at: datetime
    delivery: str = ""
    """Our delivery key as echoed, empty where the provider lost it."""
    chunk: str = ""
    """Our chunk key as echoed."""
    email: str = ""
    """The address, only to find the reader where no key came back; never logged."""
    detail: str = ""
    """The provider's reason, shortened."""
    url: str = ""
    """The link that was clicked."""
    agent: str = ""
    """The user agent of an open or click."""
    ip: str = ""
    machine: bool = False
    """True where the provider itself says that a machine did it."""
    lone: bool = False
    """True where the source speaks of some readers only (a bounce, a look-up), so that others' silence says nothing."""
    raw: str = ""
    """The event as it came, JSON."""

    @property
    def storable(self) -> Feedback:
        """The same, as every database can hold it: a NUL or half a character of a stranger's words is left out."""
        if self.detail.isascii() and self.url.isascii() and "\0" not in self.detail and "\0" not in self.url:
            return self
        return replace(self, detail=_whole(self.detail), url=_whole(self.url))


def _whole(said: str) -> str:
    return said.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
