"""Mailgun's suppression lists of a domain: bounces, complaints and unsubscribes."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from digest.model.errors import ConfigError, Transient
from digest.model.feedback import FeedbackKind
from digest.ports import Suppressed
from digest.providers.answers import question_failure
from digest.providers.event_fields import NEVER, detail, text
from digest.providers.letterhead import check_base_url, check_secret
from digest.providers.poster import Poster

PAGE = 1000
"""Entries of a page, the most that it gives."""
_MOST_PAGES = 10_000
_LISTS = (
    ("bounces", FeedbackKind.BOUNCED_HARD),
    ("complaints", FeedbackKind.COMPLAINED),
    ("unsubscribes", FeedbackKind.UNSUBSCRIBED),
)
_MEND = "provider.mailgun.api_key, .domain and .base_url"
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class MailgunLists:
    """The port `SuppressionFeed`. The lists have no span of time: all pages are read, and older entries left out."""

    def __init__(self, *, domain: str, api_key: str, base_url: str, timeout: float) -> None:
        """`timeout` in seconds for every single wait. Raises ConfigError."""
        check_secret("provider.mailgun.api_key", api_key)
        if not _DOMAIN.fullmatch(domain.lower()):
            raise ConfigError("provider.mailgun.domain must be the sending domain, such as mg.example.org")
        url = check_base_url("provider.mailgun.base_url", base_url).removesuffix("/v3")
        self._root = f"/v3/{domain.lower()}/"
        self._headers = {"Authorization": f"Basic {b64encode(f'api:{api_key}'.encode()).decode('ascii')}"}
        self._poster = Poster("Mailgun", url, timeout=timeout, connections=1)

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """As `ports.SuppressionFeed`."""
        try:
            for name, kind in _LISTS:
                yield from self._list(name, kind, since)
        finally:
            self._poster.close()

    def _list(self, name: str, kind: FeedbackKind, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        path = f"{self._root}{name}?limit={PAGE}"
        for _ in range(_MOST_PAGES):
            told = self._ask(path)
            rows = told.get("items")
            if not isinstance(rows, list) or not rows:
                return
            found = [_entry(row, name, kind) for row in rows]
            yield [entry for entry in found if entry is not None and (since is None or entry.at >= since)]
            following = urlsplit(text(told.get("paging") or {}, "next"))
            path = f"{following.path}?{following.query}"
            # The address names their host; whatever it says, we stay with the one that was configured, and its lists.
            if not following.path.startswith(f"{self._root}{name}"):
                return

    def _ask(self, path: str) -> dict[str, Any]:
        answer = self._poster.get(path, headers=self._headers)
        if answer.status != 200:
            raise question_failure("Mailgun", answer, mend=_MEND)
        told = answer.json()
        if not isinstance(told, dict) or "items" not in told:
            raise Transient(f"Mailgun's answer is no list: {answer.words[:100]!r}. Check {_MEND}.")
        return told


def _entry(row: Any, name: str, kind: FeedbackKind) -> Suppressed | None:
    if not isinstance(row, dict) or not isinstance(row.get("address"), str):
        return None
    tags = row.get("tags")
    if kind is FeedbackKind.UNSUBSCRIBED and isinstance(tags, list) and tags and "*" not in tags:
        # Of one tag only: that may be other mail of the same domain.
        return None
    try:
        at = parsedate_to_datetime(text(row, "created_at"))
    except ValueError:
        at = NEVER
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return Suppressed(
        email=row["address"], kind=kind, at=at, detail=detail(name, text(row, "code"), text(row, "error"))
    )
