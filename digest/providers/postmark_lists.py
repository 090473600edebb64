"""Postmark's suppressions of a message stream: one call gives all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from digest.model.errors import Transient
from digest.model.feedback import FeedbackKind
from digest.ports import Suppressed
from digest.providers.answers import question_failure
from digest.providers.event_fields import detail, instant, text
from digest.providers.letterhead import check_base_url, check_secret
from digest.providers.poster import Poster

PAGE = 500
_REASONS = {"HardBounce": FeedbackKind.BOUNCED_HARD, "SpamComplaint": FeedbackKind.COMPLAINED}
_MEND = "provider.postmark.server_token, .message_stream and .base_url"


class PostmarkLists:
    """The port `SuppressionFeed`. What a person suppressed by hand at Postmark says nothing about the reader's wish."""

    def __init__(self, *, server_token: str, message_stream: str, base_url: str, timeout: float) -> None:
        """`timeout` in seconds for every single wait. Raises ConfigError."""
        check_secret("provider.postmark.server_token", server_token)
        url = check_base_url("provider.postmark.base_url", base_url)
        self._path = f"/message-streams/{quote(message_stream, safe='')}/suppressions/dump"
        self._headers = {"X-Postmark-Server-Token": server_token, "Accept": "application/json"}
        self._poster = Poster("Postmark", url, timeout=timeout, connections=1)

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """As `ports.SuppressionFeed`. Postmark reckons days in its own zone: a little more than asked for comes."""
        answer = self._poster.get(self._path + (f"?fromdate={since:%Y-%m-%d}" if since else ""), headers=self._headers)
        self._poster.close()
        if answer.status != 200:
            raise question_failure("Postmark", answer, mend=_MEND)
        told = answer.json()
        rows = told.get("Suppressions") if isinstance(told, dict) else None
        if not isinstance(rows, list):
            raise Transient(f"Postmark's answer is no list: {answer.words[:100]!r}. It will be asked again.")
        found = [entry for row in rows if (entry := _entry(row)) is not None]
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]


def _entry(row: Any) -> Suppressed | None:
    if not isinstance(row, dict) or not isinstance(row.get("EmailAddress"), str):
        return None
    kind = _REASONS.get(text(row, "SuppressionReason"))
    if kind is None and text(row, "Origin") == "Recipient":
        kind = FeedbackKind.UNSUBSCRIBED
    if kind is None:
        return None
    why = detail(text(row, "SuppressionReason"), f"origin {text(row, 'Origin')}")
    return Suppressed(email=row["EmailAddress"], kind=kind, at=instant(row.get("CreatedAt")), detail=why)
