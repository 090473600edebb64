"""What is remembered of an address that was erased: keyed hashes, by which it is known when it is seen again.

Three things are kept so: that it was erased, what suppressed it, and the addresses that a reader had before the present
one, which are to be erased with it. Without the key nobody can try addresses against the tables.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, Select, delete, exists, literal, or_, select

from subscribers.address import EmailAddress
from subscribers.model import SubscriptionState, SuppressionReason
from subscribers.tables import (
    erasures,
    former_addresses,
    insert_into,
    is_among,
    subscribers,
    subscriptions,
    suppressions,
)

SHORTEST_KEY = 16
"""Bytes of secret that an erasure key must have at least."""

HASHED = "#"
"""What the key of a suppression begins with whose address was erased; no address and no `@domain` does."""


def address_hash(fold_key: str, erasure_key: bytes) -> bytes:
    """32 bytes of HMAC-SHA256: without the key nobody can try addresses against the table.

    The key must stay the same for as long as the erasures are to hold. Raises ValueError under 16 bytes.
    """
    if len(erasure_key) < SHORTEST_KEY:
        raise ValueError(f"the erasure key must have {SHORTEST_KEY} bytes or more")
    return hmac.digest(erasure_key, fold_key.encode(), "sha256")


def hashed_key(fold_key: str, erasure_key: bytes) -> str:
    """Under which an erased address stays suppressed."""
    return HASHED + address_hash(fold_key, erasure_key).hex()


def remember(conn: Connection, hashes: Iterable[bytes], now: datetime) -> None:
    """These addresses were erased."""
    for one in hashes:
        conn.execute(
            insert_into(conn, erasures)
            .values(address_hash=one, at=now)
            .on_conflict_do_nothing(index_elements=["address_hash"])
        )


def erased_among(conn: Connection, fold_keys: Collection[str], erasure_key: bytes) -> frozenset[str]:
    """Those of the fold keys that were erased. Costs one cheap query while nobody ever was."""
    if not _any_erased(conn):
        return frozenset()
    by_hash = {address_hash(key, erasure_key): key for key in fold_keys}
    known = conn.execute(select(erasures.c.address_hash).where(is_among(conn, erasures.c.address_hash, by_hash)))
    return frozenset(by_hash[digest] for digest in known.scalars())


def was_erased(conn: Connection, address: EmailAddress, erasure_key: bytes) -> bool:
    """Whether somebody with this address had themselves erased, and has not come back by their own hand.

    A sign-up that waits for its confirmation may be a stranger's.
    """
    mine = [address.fold_key]
    return bool(erased_among(conn, mine, erasure_key) - came_back(conn, mine))


def came_back(conn: Connection, fold_keys: Collection[str]) -> frozenset[str]:
    """Those of the fold keys whose reader has had a list since: more than a sign-up that nobody confirmed."""
    if not fold_keys:
        return frozenset()
    found = conn.execute(
        select(subscribers.c.fold_key)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            is_among(conn, subscribers.c.fold_key, fold_keys),
            subscriptions.c.state != SubscriptionState.PENDING.value,
        )
    )
    return frozenset(found.scalars())


def hash_suppressions(conn: Connection, subscriber_id: int | None, address: EmailAddress, erasure_key: bytes) -> None:
    """What suppresses the address stays, as a keyed hash and without its note; so does what the reader left.

    While another reader has the address in other letters, it keeps mail back from that one as it stands.
    """
    hashed = hashed_key(address.fold_key, erasure_key)
    kept = select(
        literal(hashed), suppressions.c.list_id, suppressions.c.reason, suppressions.c.since, literal("")
    ).where(suppressions.c.email_key == address.fold_key)
    _put(conn, kept)
    other = exists().where(subscribers.c.fold_key == address.fold_key, subscribers.c.id != (subscriber_id or 0))
    conn.execute(delete(suppressions).where(suppressions.c.email_key == address.fold_key, ~other))
    if subscriber_id is not None:
        left = select(
            literal(hashed),
            subscriptions.c.list_id,
            literal(SuppressionReason.UNSUBSCRIBED.value),
            subscriptions.c.since,
            literal(""),
        ).where(subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state == SubscriptionState.ENDED.value)
        _put(conn, left)


def reasons_of_erased(
    conn: Connection, fold_keys: Collection[str], list_id: int, erasure_key: bytes
) -> dict[str, frozenset[SuppressionReason]]:
    """As `reasons_for`, by what stayed of erased addresses. Costs one cheap query while nobody ever was erased."""
    if not _any_erased(conn):
        return {}
    by_key = {hashed_key(key, erasure_key): key for key in fold_keys}
    found: dict[str, set[SuppressionReason]] = {}
    rows = conn.execute(
        select(suppressions.c.email_key, suppressions.c.reason).where(
            is_among(conn, suppressions.c.email_key, by_key),
            or_(suppressions.c.list_id.is_(None), suppressions.c.list_id == list_id),
        )
    )
    for key, reason in rows:
        found.setdefault(by_key[key], set()).add(SuppressionReason(reason))
    return {key: frozenset(reasons) for key, reasons in found.items()}


def suppressed_among(conn: Connection, hashes: Collection[bytes], erasure_key: bytes) -> list[str]:
    """The fold keys of suppressed addresses that have one of these hashes; every suppression is hashed to see."""
    if not hashes:
        return []
    plain = conn.execute(
        select(suppressions.c.email_key).distinct().where(suppressions.c.email_key.not_like(f"{HASHED}%"))
    ).scalars()
    return [key for key in plain if address_hash(key, erasure_key) in hashes]


def keep_former(conn: Connection, subscriber_id: int, fold_key: str, erasure_key: bytes) -> None:
    """The reader had this address and cannot go back to it: of it, the hash alone is kept, until they are erased."""
    conn.execute(
        insert_into(conn, former_addresses)
        .values(subscriber_id=subscriber_id, address_hash=address_hash(fold_key, erasure_key))
        .on_conflict_do_nothing(index_elements=["subscriber_id", "address_hash"])
    )


def take_former(conn: Connection, subscriber_id: int) -> frozenset[bytes]:
    """The hashes of the addresses that the reader had; they are no longer kept with the reader."""
    gone = delete(former_addresses).where(former_addresses.c.subscriber_id == subscriber_id)
    return frozenset(conn.execute(gone.returning(former_addresses.c.address_hash)).scalars())


def _any_erased(conn: Connection) -> bool:
    """What stayed of an address stayed with an erasure."""
    return conn.execute(select(erasures.c.at).limit(1)).first() is not None


def _put(conn: Connection, rows: Select[tuple[str, int | None, str, datetime, str]]) -> None:
    columns = ["email_key", "list_id", "reason", "since", "note"]
    conn.execute(insert_into(conn, suppressions).from_select(columns, rows).on_conflict_do_nothing())
