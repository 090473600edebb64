"""Happenings: what befell a reader, written in the same transaction, for whoever is to be told of it afterwards.

A row holds ids and words of ours, never an address or a name: an erasure has nothing to look for here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, insert, select, text

from subscribers.model import LISTS, SubscriptionState
from subscribers.tables import BigKey, JsonObject, UtcDateTime, lists, metadata, subscribers, subscriptions

happenings = Table(
    "happenings",
    metadata,
    Column("id", BigKey, primary_key=True),
    # Names it to whoever is told, the same for every try.
    Column("key", String(40), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    # No foreign keys: what happened is told even if the reader is gone by then.
    Column("subscriber_id", BigInteger),
    Column("list_id", BigInteger),
    Column("detail", JsonObject, nullable=False),
    # When it was shared out to those who want to be told; they have rows of their own from then on.
    Column("shared_at", UtcDateTime),
    Index(
        "ix_happenings_unshared",
        "id",
        sqlite_where=text("shared_at IS NULL"),
        postgresql_where=text("shared_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing to write down."""

    kind: str
    at: datetime
    subscriber_id: int | None = None
    list_id: int | None = None
    detail: Mapping[str, object]


def note(conn: Connection, happened: Sequence[Happened]) -> None:
    """Write them down, in the caller's transaction: they are told if and only if it is committed."""
    if not happened:
        return
    conn.execute(
        insert(happenings),
        [
            {
                "key": f"evt_{secrets.token_hex(16)}",
                "kind": one.kind,
                "at": one.at,
                "subscriber_id": one.subscriber_id,
                "list_id": one.list_id,
                "detail": dict(one.detail),
            }
            for one in happened
        ],
    )


def note_at(conn: Connection, fold_key: str, kind: str, *, list_id: int | None, at: datetime) -> None:
    """Write down what befell whoever has this address; nothing where nobody has it.

    Where it is of no list alone, the lists that they are on go along: who is told of some lists only is told of it too.
    """
    readers = conn.scalars(select(subscribers.c.id).where(subscribers.c.fold_key == fold_key))
    note(
        conn,
        [
            Happened(
                kind=kind,
                at=at,
                subscriber_id=reader,
                list_id=list_id,
                detail={LISTS: lists_of(conn, reader)} if list_id is None else {},
            )
            for reader in readers.all()
        ],
    )


def lists_of(conn: Connection, subscriber_id: int, *, left_too: bool = False) -> list[str]:
    """The slugs of the lists that a reader is on; with `left_too` also of those that they left."""
    wanted = (
        select(lists.c.slug)
        .join(subscriptions, subscriptions.c.list_id == lists.c.id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(lists.c.slug)
    )
    if not left_too:
        wanted = wanted.where(subscriptions.c.state != SubscriptionState.ENDED.value)
    return list(conn.scalars(wanted))
