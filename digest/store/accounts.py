"""The account of a mailing: one statement, every planned reader in exactly one place (P2)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, case, func, literal, or_, select, union_all

from digest.model.delivery import Account, ChunkState, DeliveryStatus
from digest.model.errors import NotFound
from digest.store.codec import from_json
from digest.store.tables import chunks, deliveries, mailing_statistics, mailings

_HEARD = "heard"
_PLACE_OF_STATUS = {
    DeliveryStatus.DELIVERED: "delivered",
    DeliveryStatus.BOUNCED: "bounced",
    DeliveryStatus.COMPLAINED: "complained",
    DeliveryStatus.DROPPED: "rejected",
}
"""What is known of the reader's own message says more than the state of its chunk."""

_PLACE_OF_STATE = {
    ChunkState.READY: "ready",
    ChunkState.SENDING: "sending",
    ChunkState.ACCEPTED: "accepted",
    ChunkState.REFUSED: "rejected",
    ChunkState.IN_DOUBT: "in_doubt",
    ChunkState.HELD: "held",
}


UNCONFIRMED_AFTER = timedelta(hours=1)
"""A delivery of which nothing was heard for so long after others of its call, or other calls, were: unconfirmed."""
_others = chunks.alias("others")


def account_of(conn: Connection, mailing: int, now: datetime | None = None) -> Account:
    """Count every delivery of `mailing` by where it stands. Raises NotFound.

    Of a mailing whose rows were let go, the account that was kept.
    """
    kept = conn.scalar(select(mailing_statistics.c.account).where(mailing_statistics.c.mailing_id == mailing))
    if kept is not None:
        return from_json(Account, kept)
    # Without an instant nobody is called unconfirmed: the comparison is with the beginning of time.
    heard_before = now - UNCONFIRMED_AFTER if now else datetime(1970, 1, 1, tzinfo=UTC)
    # Of a whole call nothing, although others of this mailing by the same provider were heard of: dropped, perhaps.
    speaking = select(_others.c.provider).where(
        _others.c.mailing_id == mailing, _others.c.first_event_at < heard_before
    )
    dumb = and_(
        chunks.c.first_event_at.is_(None),
        func.coalesce(chunks.c.send_at, chunks.c.settled_at) < heard_before,
        chunks.c.provider.in_(speaking),
    )
    heard = case((or_(chunks.c.first_event_at < heard_before, dumb), literal(_HEARD)), else_=literal(""))
    # One statement sees one state of the database, on SQLite as on PostgreSQL at READ COMMITTED.
    in_chunks = (
        select(
            chunks.c.state,
            deliveries.c.status,
            heard,
            func.count(),
        )
        .join(
            deliveries,
            (deliveries.c.mailing_id == chunks.c.mailing_id)
            & (deliveries.c.seq >= chunks.c.first_seq)
            & (deliveries.c.seq <= chunks.c.last_seq),
        )
        .where(
            chunks.c.mailing_id == mailing,
            chunks.c.state != ChunkState.SPLIT,
            deliveries.c.status != DeliveryStatus.SKIPPED,
        )
        .group_by(chunks.c.state, deliveries.c.status, heard)
    )
    skipped = (
        select(literal("skipped"), deliveries.c.status, deliveries.c.note, func.count())
        .where(deliveries.c.mailing_id == mailing, deliveries.c.status == DeliveryStatus.SKIPPED)
        .group_by(deliveries.c.status, deliveries.c.note)
    )
    rows = select(literal("rows"), literal(""), literal(""), func.count()).where(deliveries.c.mailing_id == mailing)
    planned = select(literal("planned"), literal(""), literal(""), mailings.c.count).where(mailings.c.id == mailing)
    found = conn.execute(union_all(in_chunks, skipped, rows, planned)).all()

    places: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    totals = {"rows": 0, "planned": -1}
    for state, status, note, count in found:
        if state in totals:
            totals[state] = count
        elif state == "skipped":
            reasons[note] += count
        elif state == ChunkState.ABANDONED and status not in _PLACE_OF_STATUS:
            reasons["abandoned"] += count
        elif state == ChunkState.ACCEPTED and status == DeliveryStatus.PLANNED and note == _HEARD:
            places["unconfirmed"] += count
        else:
            place = _PLACE_OF_STATUS.get(DeliveryStatus(status)) or _PLACE_OF_STATE[ChunkState(state)]
            places[place] += count
    if totals["planned"] < 0:
        raise NotFound(f"there is no mailing {mailing}")
    accounted = sum(places.values()) + sum(reasons.values())
    # Rows that no chunk holds, or chunks that hold a row twice, both show here as a number that is not 0.
    lost = abs(totals["rows"] - accounted) + abs(totals["planned"] - totals["rows"])
    return Account(planned=totals["planned"], skipped=dict(sorted(reasons.items())), lost=lost, **places)


def account_of_canary(conn: Connection, mailing: int) -> Account:
    """Count the readers whose mail goes first by where they stand; `planned` is all of them."""
    rows = conn.execute(
        select(chunks.c.state, deliveries.c.status, func.count())
        .join(
            deliveries,
            (deliveries.c.mailing_id == chunks.c.mailing_id)
            & (deliveries.c.seq >= chunks.c.first_seq)
            & (deliveries.c.seq <= chunks.c.last_seq),
        )
        .where(chunks.c.mailing_id == mailing, chunks.c.canary, chunks.c.state != ChunkState.SPLIT)
        .group_by(chunks.c.state, deliveries.c.status)
    )
    places: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for state, status, count in rows:
        place = _PLACE_OF_STATUS.get(DeliveryStatus(status))
        if place is None and status == DeliveryStatus.SKIPPED:
            reasons["skipped"] += count
        elif place is None and state == ChunkState.ABANDONED:
            reasons["abandoned"] += count
        else:
            places[place or _PLACE_OF_STATE[ChunkState(state)]] += count
    return Account(planned=sum(places.values()) + sum(reasons.values()), skipped=dict(reasons), **places)
