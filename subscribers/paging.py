"""Readers, members of segments and suppressions page by page, in an order that stands: nobody is seen twice, and
nobody who was there from the beginning is passed over, however many come in meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Label, exists, not_, select

from subscribers.erasures import HASHED
from subscribers.model import Subscriber, Subscription, SubscriptionState, SuppressionReason
from subscribers.segments import Predicate
from subscribers.segmentsql import SentTo, where
from subscribers.store import subscriber_of, subscription_of
from subscribers.tables import lists, subscribers, subscriptions, suppressions


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
    conn: Connection, *, state: SubscriptionState | None = None, after: int = 0, limit: int
) -> list[Subscriber]:
    """Readers who are not erased, from the first id above `after`; with `state` who have a subscription in it."""
    alive = select(subscribers).where(subscribers.c.erased_at.is_(None)).order_by(subscribers.c.id)
    if state is None:
        rows = conn.execute(alive.where(subscribers.c.id > after).limit(limit))
        return [subscriber_of(row) for row in rows]
    found: list[Subscriber] = []
    while len(found) < limit:
        ids = _first_in_state(conn, state, after, limit)
        found += [subscriber_of(row) for row in conn.execute(alive.where(subscribers.c.id.in_(ids)))]
        if len(ids) < limit:
            break
        after = ids[-1]
    return found[:limit]


def _first_in_state(conn: Connection, state: SubscriptionState, after: int, limit: int) -> list[int]:
    """Ids of the first readers above `after` who have a subscription in this state, erased ones too.

    List by list, each by its own index: where few are in that state, no other reader is looked at.
    """
    ids: set[int] = set()
    for list_id in conn.scalars(select(lists.c.id)).all():
        mine = (subscriptions.c.list_id == list_id, subscriptions.c.state == state.value)
        first = select(subscriptions.c.subscriber_id).where(*mine, subscriptions.c.subscriber_id > after)
        ids.update(conn.scalars(first.order_by(subscriptions.c.subscriber_id).limit(limit)))
    return sorted(ids)[:limit]


def page_by_joining(
    conn: Connection,
    list_ids: Collection[int],
    *,
    state: SubscriptionState | None = None,
    segment: tuple[Predicate, datetime] | None = None,
    sent: SentTo | None = None,
    after: int = 0,
    limit: int,
) -> list[tuple[Subscriber, Subscription]]:
    """Readers of these lists in the order in which they joined, from the first subscription id above `after`.

    The order says nothing of other lists, as one by readers' ids would. A reader of several is there once, by the
    subscription that came first. `segment` (and the time it is asked at) is one of a list that stands alone.
    """
    first = subscriptions.alias("first")
    ids = list(list_ids)
    earlier = exists().where(
        first.c.subscriber_id == subscriptions.c.subscriber_id,
        first.c.list_id.in_(ids),
        first.c.id < subscriptions.c.id,
        *([] if state is None else [first.c.state == state.value]),
    )
    wanted = select(*subscribers.c, *_subscription_columns()).select_from(subscriptions.join(subscribers))
    wanted = wanted.where(subscriptions.c.list_id.in_(ids), subscriptions.c.id > after)
    if len(ids) > 1:
        wanted = wanted.where(not_(earlier))
    if state is not None:
        wanted = wanted.where(subscriptions.c.state == state.value)
    if segment is not None:
        wanted = wanted.where(where(segment[0], ids[0], segment[1], sent=sent))
    rows = conn.execute(wanted.order_by(subscriptions.c.id).limit(limit))
    return [(subscriber_of(row), subscription_of(row, "sub_")) for row in rows]


def page_of_members(
    conn: Connection,
    list_id: int,
    predicate: Predicate,
    *,
    now: datetime,
    after: int = 0,
    limit: int,
    sent: SentTo | None = None,
) -> list[tuple[Subscriber, Subscription]]:
    """Readers whom a segment of the list holds, with their subscription to it, from the first id above `after`."""
    rows = conn.execute(
        select(*subscribers.c, *_subscription_columns())
        .select_from(subscriptions.join(subscribers))
        .where(subscriptions.c.list_id == list_id, subscribers.c.id > after, where(predicate, list_id, now, sent=sent))
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
    # What stayed of an erased address is nobody's to see.
    wanted = select(suppressions).where(suppressions.c.id > after, suppressions.c.email_key.not_like(f"{HASHED}%"))
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


def _subscription_columns() -> list[Label[Any]]:
    return [column.label(f"sub_{column.name}") for column in subscriptions.c]
