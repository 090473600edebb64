"""SendGrid's Email Activity, a paid addition of the account: what it shows of one message of ours."""

from __future__ import annotations

import re
from typing import Any

from digest.model.errors import Permanent
from digest.model.feedback import Feedback, FeedbackKind
from digest.ports import Missed
from digest.providers.event_fields import instant, text
from digest.providers.sendgrid_calls import SendGridCalls

PER_MINUTE = 5
"""Six questions a minute are answered since December 2025; one is left for the operator."""
_KEY = re.compile(r"[A-Za-z0-9]{8,40}")
_KINDS = {"processed": FeedbackKind.ACCEPTED, "delivered": FeedbackKind.DELIVERED}
"""`not_delivered` covers what was dropped, bounced or is still deferred: no more than that it was taken."""


class SendGridActivity:
    """The port `Lookup`: `GET /v3/messages` by the custom argument that holds our delivery key.

    Not found proves nothing: messages are shown late, for three to thirty days, and for an EU subuser not at all.
    """

    per_turn = PER_MINUTE

    def __init__(self, calls: SendGridCalls) -> None:
        self._calls = calls

    def find(self, missed: Missed) -> Feedback | None:
        """What it shows of this message, or None, which proves nothing. Raises Transient, Permanent, Unauthorised."""
        if not _KEY.fullmatch(missed.delivery):
            raise Permanent("a delivery key is letters and digits; this one cannot be asked about")
        query = f"(unique_args['delivery']=\"{missed.delivery}\")"
        told = self._calls.get("messages", {"limit": 1, "query": query})
        rows: Any = told.get("messages") if isinstance(told, dict) else None
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
        if row is None:
            return None
        return Feedback(
            provider="sendgrid",
            event_id=text(row, "msg_id")[:200],
            kind=_KINDS.get(text(row, "status"), FeedbackKind.ACCEPTED),
            at=instant(row.get("last_event_time")),
            delivery=missed.delivery,
            detail=f"Email Activity: {text(row, 'status')}"[:200],
            lone=True,
        )
