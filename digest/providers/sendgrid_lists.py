"""SendGrid's suppression lists: bounces, invalid addresses, spam reports, global and group unsubscribes.

Blocks are left out: they are refusals of one message, and SendGrid goes on mailing these addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from digest.model.errors import Transient
from digest.model.feedback import FeedbackKind
from digest.ports import Suppressed
from digest.providers.event_fields import detail, instant, text
from digest.providers.sendgrid_calls import SendGridCalls

PAGE = 500
"""Entries of one call, the most that its document allows."""
_LISTS = (
    ("suppression/bounces", FeedbackKind.BOUNCED_HARD),
    ("suppression/invalid_emails", FeedbackKind.BOUNCED_HARD),
    ("suppression/spam_reports", FeedbackKind.COMPLAINED),
    ("suppression/unsubscribes", FeedbackKind.UNSUBSCRIBED),
)
_GROUPS = "asm/suppressions"
_PATIENCE = 5
"""So often a page is asked for again where the rate is reached (600 calls a minute by default)."""
_LONGEST_PAUSE = 90.0


class SendGridLists:
    """The port `SuppressionFeed`. `asm_group` is ours; entries of other groups say nothing about our mail."""

    def __init__(self, calls: SendGridCalls, *, asm_group: int = 0, wait: Callable[[float], None] = time.sleep) -> None:
        self._calls = calls
        self._group = asm_group
        self._wait = wait

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """As `ports.SuppressionFeed`. An entry that is added meanwhile shifts the pages: it comes twice at most."""
        for path, kind in _LISTS:
            yield from self._list(path, kind, since)
        if self._group:
            yield from self._members(since)

    def _list(self, path: str, kind: FeedbackKind, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        offset = 0
        while True:
            query: dict[str, Any] = {"limit": PAGE, "offset": offset}
            if since is not None:
                query["start_time"] = int(since.timestamp())
            rows = self._ask(path, query)
            found = [_entry(row, kind, path, "created") for row in rows]
            if found:
                yield [entry for entry in found if entry is not None]
            if len(rows) < PAGE:
                return
            offset += PAGE

    def _members(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """One call: the document names no pages here, and no span of time."""
        rows = [row for row in self._ask(_GROUPS, {}) if isinstance(row, dict) and row.get("group_id") == self._group]
        found = [_entry(row, FeedbackKind.UNSUBSCRIBED, f"group {self._group}", "created_at") for row in rows]
        told = [entry for entry in found if entry is not None and (since is None or entry.at >= since)]
        for start in range(0, len(told), PAGE):
            yield told[start : start + PAGE]

    def _ask(self, path: str, query: Mapping[str, Any]) -> list[Any]:
        for left in range(_PATIENCE, -1, -1):
            try:
                rows = self._calls.get(path, query)
            except Transient as error:
                if error.retry_after is None or error.retry_after > _LONGEST_PAUSE or not left:
                    raise
                self._wait(error.retry_after)
            else:
                if not isinstance(rows, list):
                    raise Transient(f"SendGrid's answer to {path} is no list. It will be asked again.")
                return rows
        raise Transient(f"SendGrid: the rate for {path} is used up. It will be asked again.")


def _entry(row: Any, kind: FeedbackKind, where: str, when: str) -> Suppressed | None:
    if not isinstance(row, dict) or not isinstance(row.get("email"), str):
        return None
    why = detail(where.rpartition("/")[2].replace("_", " "), text(row, "status"), text(row, "reason"))
    return Suppressed(email=row["email"], kind=kind, at=instant(row.get(when)), detail=why)
