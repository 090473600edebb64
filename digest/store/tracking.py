"""The links of tracked variants, and what was counted of opens and clicks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from digest.model.edition import Edition, EditionId
from digest.model.feedback import FeedbackKind
from digest.store.tables import chunks, deliveries, feedback, mailings, tracked_links
from subscribers.tables import insert_into, lists, subscribers, subscriptions

_KINDS = (FeedbackKind.OPENED, FeedbackKind.CLICKED)
_PART = 1_000


class StoredTracking:
    """The port `TrackingBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def keep_links(self, edition: Edition, links: Sequence[str]) -> None:
        """The addresses that tracked links of this version lead to, by place. What is there already stays."""
        rows = [
            {"edition": str(edition.id), "version": edition.version, "number": number, "url": url}
            for number, url in enumerate(links)
        ]
        if rows:
            self._conn.execute(insert_into(self._conn, tracked_links).on_conflict_do_nothing(), rows)

    def link(self, edition: EditionId, number: int) -> str | None:
        """The address of that number in the newest version that has any."""
        table = tracked_links.c
        newest = select(func.max(table.version)).where(table.edition == str(edition)).scalar_subquery()
        return self._conn.scalar(
            select(table.url).where(table.edition == str(edition), table.version == newest, table.number == number)
        )

    def is_off(self, mailing: int, seq: int) -> bool:
        """True where this reader wants no tracking now, or is gone."""
        off = self._conn.scalar(
            select(subscriptions.c.tracking_off)
            .select_from(deliveries)
            .join(mailings, mailings.c.id == deliveries.c.mailing_id)
            .join(lists, lists.c.slug == mailings.c.list)
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .join(
                subscriptions,
                (subscriptions.c.list_id == lists.c.id) & (subscriptions.c.subscriber_id == subscribers.c.id),
            )
            .where(deliveries.c.mailing_id == mailing, deliveries.c.seq == seq, subscribers.c.erased_at.is_(None))
        )
        return off is None or bool(off)

    def sent_at(self, mailing: int, seqs: Sequence[int]) -> Mapping[int, datetime]:
        """When the call with each of these deliveries began, by seq."""
        found: dict[int, datetime] = {}
        for start in range(0, len(seqs), _PART):
            rows = self._conn.execute(
                select(deliveries.c.seq, func.max(chunks.c.sent_at).label("began"))
                .join(
                    chunks,
                    (chunks.c.mailing_id == deliveries.c.mailing_id)
                    & (chunks.c.first_seq <= deliveries.c.seq)
                    & (chunks.c.last_seq >= deliveries.c.seq),
                )
                .where(deliveries.c.mailing_id == mailing, deliveries.c.seq.in_(seqs[start : start + _PART]))
                .group_by(deliveries.c.seq)
            )
            found.update({row.seq: row.began for row in rows if row.began is not None})
        return found

    def clicks(
        self, mailing: int, seqs: Sequence[int], since: datetime
    ) -> Mapping[int, Sequence[tuple[datetime, str]]]:
        """(instant, address) of the clicks that are recorded since then, by seq."""
        found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for start in range(0, len(seqs), _PART):
            rows = self._conn.execute(
                select(feedback.c.seq, feedback.c.at, feedback.c.url).where(
                    feedback.c.mailing_id == mailing,
                    feedback.c.seq.in_(seqs[start : start + _PART]),
                    feedback.c.kind == FeedbackKind.CLICKED,
                    feedback.c.at >= since,
                )
            )
            for row in rows:
                found[row.seq].append((row.at, row.url))
        return found

    def mark_machine(self, mailing: int, seq: int, since: datetime, rule: str) -> None:
        """Clicks of this delivery since then, believed to be a person's so far, are a machine's by this rule."""
        self._conn.execute(
            update(feedback)
            .where(
                feedback.c.mailing_id == mailing,
                feedback.c.seq == seq,
                feedback.c.kind == FeedbackKind.CLICKED,
                feedback.c.at >= since,
                feedback.c.machine.is_(False),
            )
            .values(machine=True, detail=rule)
        )

    def counts(self, mailing: int) -> Mapping[FeedbackKind, Mapping[str, int]]:
        """Readers who opened and clicked: by kind, those of no machine under "", the others under its rule."""
        rows = self._conn.execute(
            select(feedback.c.kind, feedback.c.machine, feedback.c.detail, func.count(feedback.c.seq.distinct()))
            .where(feedback.c.mailing_id == mailing, feedback.c.kind.in_(_KINDS))
            .group_by(feedback.c.kind, feedback.c.machine, feedback.c.detail)
        )
        found: dict[FeedbackKind, dict[str, int]] = {}
        for kind, machine, detail, readers in rows:
            by_rule = found.setdefault(FeedbackKind(kind), {})
            name = (detail or "machine") if machine else ""
            by_rule[name] = by_rule.get(name, 0) + readers
        return found
