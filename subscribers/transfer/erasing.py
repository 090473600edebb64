"""Erasure: the personal data goes, a keyed hash of the address stays, so that no import brings it back."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from subscribers.address import EmailAddress
from subscribers.changes import earlier_addresses
from subscribers.happenings import Happened, lists_of, note
from subscribers.letter_tables import address_changes, letters
from subscribers.model import LISTS, Befell
from subscribers.tables import (
    consents,
    engagements,
    erasures,
    import_problems,
    insert_into,
    is_among,
    subscribers,
    subscriptions,
    suppressions,
)
from subscribers.transfer.rows import shorten

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
    _forget_elsewhere(conn, address)
    if subscriber_id is None:
        return None
    _forget_earlier_addresses(conn, subscriber_id, erasure_key, now)
    # Whoever was told of the reader on a list, left or not, is to forget them too.
    known_to = lists_of(conn, subscriber_id, left_too=True)
    for table in (letters, address_changes, engagements, consents, subscriptions):
        conn.execute(delete(table).where(table.c.subscriber_id == subscriber_id))
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
    note(conn, [Happened(kind=Befell.ERASED, at=now, subscriber_id=subscriber_id, detail={LISTS: known_to})])
    return subscriber_id


def _forget_elsewhere(conn: Connection, address: EmailAddress) -> None:
    """The address in what others wanted (a change to it), and in what imports could not use."""
    wanted = select(address_changes.c.id).where(
        address_changes.c.new_key == address.key, address_changes.c.state.in_(["asked", "replaced"])
    )
    conn.execute(delete(letters).where(letters.c.change_id.in_(wanted)))
    conn.execute(
        delete(address_changes).where(
            address_changes.c.new_key == address.key, address_changes.c.state.in_(["asked", "replaced"])
        )
    )
    conn.execute(
        delete(import_problems).where(
            func.lower(import_problems.c.value).in_({shorten(address.typed).lower(), shorten(address.fold_key)})
        )
    )


def _forget_earlier_addresses(conn: Connection, subscriber_id: int, erasure_key: bytes, now: datetime) -> None:
    """The addresses that the reader had within the last days are theirs too."""
    for fold_key in {key.lower() for key in earlier_addresses(conn, subscriber_id)}:
        conn.execute(
            insert_into(conn, erasures)
            .values(address_hash=address_hash(fold_key, erasure_key), at=now)
            .on_conflict_do_nothing(index_elements=["address_hash"])
        )
        conn.execute(delete(suppressions).where(suppressions.c.email_key == fold_key))


def erased_among(conn: Connection, fold_keys: Collection[str], erasure_key: bytes) -> frozenset[str]:
    """Those of the fold keys that were erased. Costs one cheap query while nobody ever was."""
    if conn.execute(select(erasures.c.at).limit(1)).first() is None:
        return frozenset()
    by_hash = {address_hash(key, erasure_key): key for key in fold_keys}
    known = conn.execute(select(erasures.c.address_hash).where(is_among(conn, erasures.c.address_hash, by_hash)))
    return frozenset(by_hash[digest] for digest in known.scalars())


def was_erased(conn: Connection, address: EmailAddress, erasure_key: bytes) -> bool:
    """Whether somebody with this address had themselves erased, and has not come back by their own hand."""
    known = conn.execute(select(subscribers.c.id).where(subscribers.c.fold_key == address.fold_key).limit(1)).first()
    return known is None and bool(erased_among(conn, [address.fold_key], erasure_key))
