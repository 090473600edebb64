"""SendGrid's settings of its event webhook: where it posts, what, and by which key it signs."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model.errors import Permanent
from digest.providers.event_fields import text
from digest.providers.sendgrid_calls import SendGridCalls

WANTED = ("processed", "delivered", "deferred", "bounce", "dropped", "spam_report", "unsubscribe")
"""The events without which an account stays open, or somebody is mailed who must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHook:
    """One event webhook of the account."""

    url: str
    enabled: bool
    public_key: str
    """Empty where signing is off."""
    missing: tuple[str, ...]
    """Events of WANTED that it does not post."""


def event_hooks(calls: SendGridCalls) -> tuple[EventHook, ...]:
    """Every event webhook of the account (`GET /v3/user/webhooks/event/settings/all`).

    Raises Transient, Permanent or Unauthorised: the key needs the right to read `user.webhooks.event.settings`.
    """
    told = calls.get("user/webhooks/event/settings/all")
    rows = told.get("webhooks") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise Permanent("SendGrid answered with no list of event webhooks")
    # An account without any is shown as one that is empty.
    return tuple(
        EventHook(
            url=text(row, "url"),
            enabled=row.get("enabled") is True,
            public_key=text(row, "public_key"),
            missing=tuple(name for name in WANTED if row.get(name) is not True),
        )
        for row in rows
        if isinstance(row, dict) and row.get("url")
    )
