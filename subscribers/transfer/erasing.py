"""Erasure: the personal data goes, a keyed hash of the address stays, so that no import brings it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from subscribers.address import EmailAddress, address_from
from subscribers.changes import earlier_addresses
from subscribers.erasures import address_hash, hash_suppressions, remember, suppressed_among, take_former
from subscribers.letter_tables import address_changes, letters
from subscribers.store import address_of, find_only
from subscribers.tables import import_problems
from subscribers.tombstones import bury
from subscribers.transfer.rows import shorten


def erase(conn: Connection, address: EmailAddress, *, erasure_key: bytes, now: datetime) -> int | None:
    """Forget this reader (see `find_only`): address, name, attributes, subscriptions, consents.

    What stays is a tombstone with the reader's id, so that the accounts of past mailings still add up, and keyed hashes
    of the addresses they had, with what suppressed them. An address we do not know is remembered as erased too. Returns
    the id, or None if unknown. Raises ModelError where several readers could be meant.
    """
    found = find_only(conn, address)
    address = address if found is None else address_of(found)
    remember(conn, [address_hash(address.fold_key, erasure_key)], now)
    _forget_elsewhere(conn, address)
    if found is None:
        hash_suppressions(conn, None, address, erasure_key)
        _forget_refused_lines(conn, spellings(address))
        return None
    subscriber_id = found.id
    hash_suppressions(conn, subscriber_id, address, erasure_key)
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
    """The addresses that the reader had before are theirs too. Returns those that we know more than a hash of."""
    earlier = [address_from(key) for key in earlier_addresses(conn, subscriber_id)]
    former = take_former(conn, subscriber_id)
    remember(conn, {address_hash(address.fold_key, erasure_key) for address in earlier}.union(former), now)
    suppressed = [address_from(key) for key in suppressed_among(conn, former, erasure_key)]
    for address in {one.fold_key: one for one in [*earlier, *suppressed]}.values():
        hash_suppressions(conn, subscriber_id, address, erasure_key)
    return earlier
