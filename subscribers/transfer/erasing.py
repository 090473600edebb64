"""Erasure: the personal data goes, a keyed hash of the address stays, so that no import brings it back."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update

from subscribers.address import EmailAddress, address_from
from subscribers.changes import earlier_addresses
from subscribers.letter_tables import address_changes, letters
from subscribers.model import SubscriptionState
from subscribers.store import address_of, find_only
from subscribers.tables import (
    erasures,
    import_problems,
    insert_into,
    is_among,
    subscribers,
    subscriptions,
    suppressions,
)
from subscribers.tombstones import bury
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
    """Forget this reader (see `find_only`): address, name, attributes, subscriptions, consents, suppressions.

    What stays is a tombstone with the reader's id, so that the accounts of past mailings still add up, and the
    keyed hash. An address we do not know is remembered as erased too, and what suppresses it stays. Returns the id,
    or None if unknown. Raises ModelError where several readers could be meant.
    """
    found = find_only(conn, address)
    address = address if found is None else address_of(found)
    conn.execute(
        insert_into(conn, erasures)
        .values(address_hash=address_hash(address.fold_key, erasure_key), at=now)
        .on_conflict_do_nothing(index_elements=["address_hash"])
    )
    _forget_elsewhere(conn, address)
    if found is None:
        _forget_refused_lines(conn, spellings(address))
        return None
    subscriber_id = found.id
    _lift_suppressions(conn, subscriber_id, address)
    earlier = _forget_earlier_addresses(conn, subscriber_id, erasure_key, now)
    _forget_refused_lines(conn, spellings(address, *earlier), found.name)
    bury(conn, subscriber_id, now)
    return subscriber_id


def _forget_elsewhere(conn: Connection, address: EmailAddress) -> None:
    """The address in what others wanted (a change to it), where it is not that reader's yet."""
    wanted = select(address_changes.c.id).where(
        address_changes.c.new_key == address.key, address_changes.c.state.in_(["asked", "replaced"])
    )
    conn.execute(delete(letters).where(letters.c.change_id.in_(wanted)))
    conn.execute(
        delete(address_changes).where(
            address_changes.c.new_key == address.key, address_changes.c.state.in_(["asked", "replaced"])
        )
    )


def _forget_refused_lines(conn: Connection, spelt: Collection[str], name: str = "") -> None:
    """What an import showed of a line it refused, where that is the reader's address, a part of it, or their name."""
    rows = conn.execute(
        select(import_problems.c.import_id, import_problems.c.line, import_problems.c.value).where(
            import_problems.c.value != ""
        )
    )
    shown_name = shorten(name).lower()
    for row in rows.all():
        shown = row.value.lower()
        if shown == shown_name or any(_shows(shown, form) for form in spelt):
            conn.execute(
                update(import_problems)
                .where(import_problems.c.import_id == row.import_id, import_problems.c.line == row.line)
                .values(value="")
            )


def _shows(shown: str, address: str) -> bool:
    """Whether a shortened cell holds the address, or ends in its beginning."""
    if address in shown:
        return True
    if not shown.endswith("…"):
        return False
    shown = shown[:-1]
    return any(address.startswith(shown[at:]) for at in range(len(shown) - _TELLING + 1))


_TELLING = 3
"""Letters of an address that may be told by themselves."""


def spellings(*addresses: EmailAddress) -> frozenset[str]:
    """The forms in which a text may hold these addresses, in lower case."""
    return frozenset(
        form.lower() for address in addresses for form in (address.typed, address.key, address.display) if form
    )


def _forget_earlier_addresses(
    conn: Connection, subscriber_id: int, erasure_key: bytes, now: datetime
) -> list[EmailAddress]:
    """The addresses that the reader had within the last days are theirs too. Returns them."""
    earlier = [address_from(key) for key in earlier_addresses(conn, subscriber_id)]
    for address in earlier:
        conn.execute(
            insert_into(conn, erasures)
            .values(address_hash=address_hash(address.fold_key, erasure_key), at=now)
            .on_conflict_do_nothing(index_elements=["address_hash"])
        )
        _lift_suppressions(conn, subscriber_id, address)
    return earlier


def _lift_suppressions(conn: Connection, subscriber_id: int, address: EmailAddress) -> None:
    """They hold the address; but while another reader has it in other letters, they keep mail back from that one."""
    other = exists().where(subscribers.c.fold_key == address.fold_key, subscribers.c.id != subscriber_id)
    conn.execute(delete(suppressions).where(suppressions.c.email_key == address.fold_key, ~other))


def erased_among(conn: Connection, fold_keys: Collection[str], erasure_key: bytes) -> frozenset[str]:
    """Those of the fold keys that were erased. Costs one cheap query while nobody ever was."""
    if conn.execute(select(erasures.c.at).limit(1)).first() is None:
        return frozenset()
    by_hash = {address_hash(key, erasure_key): key for key in fold_keys}
    known = conn.execute(select(erasures.c.address_hash).where(is_among(conn, erasures.c.address_hash, by_hash)))
    return frozenset(by_hash[digest] for digest in known.scalars())


def was_erased(conn: Connection, address: EmailAddress, erasure_key: bytes) -> bool:
    """Whether somebody with this address had themselves erased, and has not come back by their own hand.

    A sign-up that waits for its confirmation may be a stranger's.
    """
    known = conn.execute(
        select(subscribers.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            subscribers.c.fold_key == address.fold_key,
            subscriptions.c.state != SubscriptionState.PENDING.value,
        )
        .limit(1)
    ).first()
    return known is None and bool(erased_among(conn, [address.fold_key], erasure_key))
