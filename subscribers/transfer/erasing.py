"""Erasure: the personal data goes, a keyed hash of the address stays, so that no import brings it back."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from subscribers.address import EmailAddress
from subscribers.tables import consents, erasures, insert_into, is_among, subscribers, subscriptions, suppressions

SHORTEST_KEY = 16
"""Bytes of secret that an erasure key must have at least."""


def address_hash(fold_key: str, erasure_key: bytes) -> bytes:
    """32 bytes of HMAC-SHA256: without the key nobody can try addresses against the table.

    The key must stay the same for as long as the erasures are to hold. Raises ValueError under 16 bytes.
    """
    if len(erasure_key) < SHORTEST_KEY:
        raise ValueError(f"the erasure key must have {SHORTEST_KEY} bytes or more")
    return hmac.digest(erasure_key, fold_key.encode(), "sha256")


def erase(conn: Connection, address: EmailAddress, *, erasure_key: bytes, now: datetime) -> int | None:
    """Forget this reader: address, name, attributes, subscriptions, consents, suppressions.

    What stays is a tombstone with the reader's id, so that the accounts of past mailings still add up, and the
    keyed hash. An address we do not know is remembered as erased too. Returns the id, or None if unknown.
    """
    conn.execute(
        insert_into(conn, erasures)
        .values(address_hash=address_hash(address.fold_key, erasure_key), at=now)
        .on_conflict_do_nothing(index_elements=["address_hash"])
    )
    found = conn.execute(select(subscribers.c.id).where(subscribers.c.email_key == address.key))
    subscriber_id: int | None = found.scalar_one_or_none()
    conn.execute(delete(suppressions).where(suppressions.c.email_key == address.fold_key))
    if subscriber_id is None:
        return None
    conn.execute(delete(consents).where(consents.c.subscriber_id == subscriber_id))
    conn.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == subscriber_id))
    conn.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            email="",
            email_key=f"erased {subscriber_id}",
            fold_key=f"erased {subscriber_id}",
            domain="",
            name="",
            language="",
            timezone="",
            attributes={},
            link_version=subscribers.c.link_version + 1,
            created_at=now,
            updated_at=now,
            chosen_at=None,
            erased_at=now,
        )
    )
    return subscriber_id


def erased_among(conn: Connection, fold_keys: Collection[str], erasure_key: bytes) -> frozenset[str]:
    """Those of the fold keys that were erased. Costs one cheap query while nobody ever was."""
    if conn.execute(select(erasures.c.at).limit(1)).first() is None:
        return frozenset()
    by_hash = {address_hash(key, erasure_key): key for key in fold_keys}
    known = conn.execute(select(erasures.c.address_hash).where(is_among(conn, erasures.c.address_hash, by_hash)))
    return frozenset(by_hash[digest] for digest in known.scalars())
