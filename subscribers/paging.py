"""Readers, members of segments and suppressions page by page, in the order of their ids: nobody is seen twice, and
nobody who was there from the beginning is passed over, however many come in meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select

from subscribers.model import Subscriber, Subscription, SubscriptionState, SuppressionReason
from subscribers.segments import Predicate, where
from subscribers.store import subscriber_of, subscription_of
from subscribers.tables import subscribers, subscriptions, suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address or a domain that gets no mail. `list_id` None = from no list."""

    id: int
    key: str
    """The address in lower case, or `@domain`."""
    list_id: int | None
    reason: SuppressionReason
    since: datetime
    note: str


def page_of_subscribers(
    conn: Connection,
    *,
    list_ids: Collection[int] | None = None,
    state: SubscriptionState | None = None,
    after: int = 0,
    limit: int,
) -> list[Subscriber]:
    """Readers who are not erased, from the first id above `after`.

    With `list_ids` only those who have a subscription to one of them; with `state` only one in that state counts.
    """
    wanted = select(subscribers).where(subscribers.c.id > after, subscribers.c.erased_at.is_(None))
    if list_ids is not None or state is not None:
        having = exists().where(subscriptions.c.subscriber_id == subscribers.c.id)
        if list_ids is not None:
            having = having.where(subscriptions.c.list_id.in_(list(list_ids)))
        if state is not None:
            having = having.where(subscriptions.c.state == state.value)
        wanted = wanted.where(having)
    return [subscriber_of(row) for row in conn.execute(wanted.order_by(subscribers.c.id).limit(limit))]


def page_of_members(
    conn: Connection, list_id: int, predicate: Predicate, *, now: datetime, after: int = 0, limit: int
) -> list[tuple[Subscriber, Subscription]]:
    """Readers whom a segment of the list holds, with their subscription to it, from the first id above `after`."""
    columns = [column.label(f"sub_{column.name}") for column in subscriptions.c]
    rows = conn.execute(
        select(*subscribers.c, *columns)
        .select_from(subscriptions.join(subscribers))
        .where(subscriptions.c.list_id == list_id, subscribers.c.id > after, where(predicate, list_id, now))
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return [(subscriber_of(row), subscription_of(row, "sub_")) for row in rows]


def page_of_suppressions(
    conn: Connection,
    *,
    list_ids: Collection[int] | None = None,
    key: str | None = None,
    after: int = 0,
    limit: int,
) -> list[Suppression]:
    """Suppressions from the first id above `after`, of one `key`; with `list_ids` those of these lists alone."""
    wanted = select(suppressions).where(suppressions.c.id > after)
    if list_ids is not None:
        wanted = wanted.where(suppressions.c.list_id.in_(list(list_ids)))
    if key is not None:
        wanted = wanted.where(suppressions.c.email_key == key)
    return [
        Suppression(
            id=row.id,
            key=row.email_key,
            list_id=row.list_id,
            reason=SuppressionReason(row.reason),
            since=row.since,
            note=row.note,
        )
        for row in conn.execute(wanted.order_by(suppressions.c.id).limit(limit))
    ]


def suppression_with(conn: Connection, suppression_id: int) -> Suppression | None:
    """The suppression with this id, or None."""
    found = page_of_suppressions(conn, after=suppression_id - 1, limit=1)
    return found[0] if found and found[0].id == suppression_id else None
