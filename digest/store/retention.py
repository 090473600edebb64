"""What is forgotten, and what is kept of it: numbers for ever, rows for as long as somebody may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from digest.model.delivery import MailingState
from digest.store import partitions
from digest.store.accounts import account_of
from digest.store.codec import to_json
from digest.store.tables import (
    alarms,
    chunks,
    deliveries,
    feedback,
    hook_posts,
    log,
    mailing_statistics,
    mailings,
    runs,
    stories,
)


class StoredRetention:
    """The port `Retention` on a connection. A call takes at most `limit` rows: writers wait for no more than that."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def forget_stories(self, before: datetime, limit: int) -> int:
        """Stories published before then. What an edition tells of them stands in the edition. Returns how many."""
        return self._drop(stories, stories.c.id, stories.c.published_at < before, limit)

    def forget_posts(self, before: datetime, limit: int) -> int:
        """Raw posts of providers that were applied before then."""
        return self._drop(hook_posts, hook_posts.c.id, hook_posts.c.applied_at < before, limit)

    def forget_log(self, before: datetime, limit: int) -> int:
        """Lines of the log, runs, and alarms that are over, from before then."""
        gone = self._drop(log, log.c.id, log.c.at < before, limit)
        gone += self._drop(alarms, alarms.c.id, alarms.c.over_at < before, limit)
        return gone + self._conn.execute(delete(runs).where(runs.c.date < before.date())).rowcount

    def to_compact(self, before: datetime) -> int | None:
        """The oldest closed mailing planned before then whose rows are still there, or None."""
        return self._conn.scalar(
            select(mailings.c.id)
            .where(
                mailings.c.state == MailingState.CLOSED,
                mailings.c.planned_at < before,
                select(chunks.c.id).where(chunks.c.mailing_id == mailings.c.id).exists(),
            )
            .order_by(mailings.c.id)
            .limit(1)
        )

    def compact(self, mailing: int, now: datetime, limit: int) -> int:
        """Keep the account of a mailing as numbers, and let a batch of its rows go. Returns how many went.

        From the first batch on the account is read from the numbers: it adds up at every instant (P2). The mailing
        itself stays for ever, so that its edition is never sent again (P1). The chunks go last. On PostgreSQL the rows
        of a large mailing wait for `drop_range`.
        """
        kept = select(mailing_statistics.c.mailing_id).where(mailing_statistics.c.mailing_id == mailing)
        if self._conn.execute(kept).first() is None:
            account = to_json(account_of(self._conn, mailing))
            self._conn.execute(insert(mailing_statistics).values(mailing_id=mailing, account=account, at=now))
        gone = 0
        planned = self._conn.scalar(select(mailings.c.count).where(mailings.c.id == mailing)) or 0
        if not partitions.goes_with_its_range(self._conn, mailing, planned):
            gone = self._some(feedback, feedback.c.event_key, mailing, limit)
            gone = gone or self._some(deliveries, deliveries.c.seq, mailing, limit)
        if gone == 0:
            gone = self._conn.execute(delete(chunks).where(chunks.c.mailing_id == mailing)).rowcount
        return gone

    def drop_range(self, limit: int) -> int:
        """Drop the tables of a range of mailings that are all compacted, or a batch of events that came after that."""
        return partitions.drop_oldest(self._conn) or partitions.forget_late(self._conn, limit)

    def _some(self, table: Table, key: ColumnElement[Any], mailing: int, limit: int) -> int:
        mine = table.c.mailing_id == mailing
        some = select(key).where(mine).limit(limit)
        return self._conn.execute(delete(table).where(mine, key.in_(some))).rowcount

    def _drop(self, table: Table, key: ColumnElement[Any], condition: ColumnElement[bool], limit: int) -> int:
        some = select(key).where(condition).limit(limit)
        return self._conn.execute(delete(table).where(key.in_(some))).rowcount
