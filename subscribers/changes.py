"""A change of address: asked for, confirmed at the new one, and taken back at the old one within a week."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, exists, func, not_, or_, select, update

from subscribers.address import EmailAddress, address_from, parse_address
from subscribers.erasures import keep_former
from subscribers.letter_tables import address_changes
from subscribers.model import SubscriptionState, SuppressionReason
from subscribers.store import revoke_links
from subscribers.suppression import is_address_suppressed
from subscribers.tables import consents, insert_into, is_among, subscribers, subscriptions, suppressions
from subscribers.tombstones import bury

ANSWER_WITHIN = timedelta(hours=48)
"""How long the question at the new address stands."""

UNDO_WITHIN = timedelta(days=7)
"""How long the old address can take a change back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """One change. Keys are addresses in the form for the wire; `state` is asked, replaced, changed or undone."""

    id: int
    subscriber_id: int
    state: str
    asked_at: datetime
    changed_at: datetime | None
    old_email: str
    old_key: str
    new_email: str
    new_key: str


def ask_change(
    conn: Connection, subscriber_id: int, new: EmailAddress, now: datetime, *, erasure_key: bytes
) -> AddressChange | None:
    """Note the wish; nothing changes yet, and an earlier open wish is replaced.

    None where nothing is to be asked: it is the present address, somebody else's, or one that must not be mailed, or
    the reader complained or is kept back, which no other address takes away. Whoever asks must not learn which.
    """
    reader = conn.execute(
        select(subscribers.c.email, subscribers.c.email_key).where(
            subscribers.c.id == subscriber_id, subscribers.c.erased_at.is_(None)
        )
    ).one_or_none()
    if reader is None or reader.email_key == new.key or _is_taken(conn, new, subscriber_id):
        return None
    if is_address_suppressed(conn, new, erasure_key=erasure_key) or _is_kept_back(conn, subscriber_id):
        return None
    conn.execute(
        update(address_changes)
        .where(address_changes.c.subscriber_id == subscriber_id, address_changes.c.state == "asked")
        .values(state="replaced")
    )
    row = conn.execute(
        insert_into(conn, address_changes)
        .values(
            subscriber_id=subscriber_id,
            asked_at=now,
            old_email=reader.email,
            old_key=reader.email_key,
            new_email=new.typed,
            new_key=new.key,
        )
        # Two wishes at once: the other one stands.
        .on_conflict_do_nothing()
        .returning(address_changes)
    ).one_or_none()
    return None if row is None else _change(row)


def confirm_change(conn: Connection, change_id: int, subscriber_id: int, now: datetime) -> AddressChange | None:
    """The press of the button at the new address. The change as it stands, done now or before; None if it cannot be.

    It cannot where it was replaced, is older than 48 hours, or the address became somebody's own since.
    """
    change = get_change(conn, change_id, subscriber_id)
    if change is None or change.state == "changed":
        return change
    new = parse_address(change.new_email, allow_reserved=True)
    if change.state != "asked" or now >= change.asked_at + ANSWER_WITHIN or _is_taken(conn, new, subscriber_id):
        return None
    if _is_kept_back(conn, subscriber_id):
        return None
    if not _turn(conn, change_id, "asked", state="changed", changed_at=now):
        # Pressed twice at once: what the other press made of it.
        return _done(get_change(conn, change_id, subscriber_id), "changed")
    if not _move(conn, subscriber_id, new, now):
        _turn(conn, change_id, "changed", state="asked", changed_at=None)
        return None
    # Their own no from another time: whoever presses the button wants mail here. Bounces and complaints stay.
    conn.execute(
        delete(suppressions).where(
            suppressions.c.email_key == new.fold_key,
            suppressions.c.reason == SuppressionReason.UNSUBSCRIBED.value,
        )
    )
    return get_change(conn, change_id, subscriber_id)


def undo_change(conn: Connection, change_id: int, subscriber_id: int, now: datetime) -> AddressChange | None:
    """The press of the button at the old address, within a week: the old address again, and all links made so far void.

    It undoes the changes that came after it as well: who took an account over must not get away by moving twice.
    A reader who came to the old address after the move gives way: else a stranger's sign-up would bar the undo, and who
    owns the mailbox presses this button. None where it is too late, or somebody who was here before has the address.
    """
    change = get_change(conn, change_id, subscriber_id)
    if change is None or change.state == "undone":
        return change
    if change.state != "changed" or change.changed_at is None or now >= change.changed_at + UNDO_WITHIN:
        return None
    old = parse_address(change.old_email, allow_reserved=True)
    if _is_taken(conn, old, subscriber_id, before=change.changed_at):
        return None
    if not _turn(conn, change_id, "changed", state="undone"):
        # Pressed twice at once: done by the other press, and the links made since are good.
        return _done(get_change(conn, change_id, subscriber_id), "undone")
    _clear(conn, old, subscriber_id, since=change.changed_at, now=now)
    if not _move(conn, subscriber_id, old, now):
        _turn(conn, change_id, "undone", state="changed")
        return None
    conn.execute(
        update(address_changes)
        .where(
            address_changes.c.subscriber_id == subscriber_id,
            address_changes.c.id > change_id,
            address_changes.c.state.in_(["asked", "changed"]),
        )
        .values(state="undone")
    )
    revoke_links(conn, subscriber_id)
    return get_change(conn, change_id, subscriber_id)


def get_change(conn: Connection, change_id: int, subscriber_id: int) -> AddressChange | None:
    """The change, if it is this reader's."""
    row = conn.execute(
        select(address_changes).where(
            address_changes.c.id == change_id, address_changes.c.subscriber_id == subscriber_id
        )
    ).one_or_none()
    return None if row is None else _change(row)


def earlier_addresses(conn: Connection, subscriber_id: int) -> list[str]:
    """The addresses that the reader had within the last week, in the form for the wire."""
    wanted = select(address_changes.c.old_key).where(
        address_changes.c.subscriber_id == subscriber_id, address_changes.c.state == "changed"
    )
    return list(conn.execute(wanted).scalars())


def moved_lately(conn: Connection, subscriber_ids: Collection[int]) -> dict[int, datetime]:
    """subscriber -> when their address changed last, for those of whom it did within the last week."""
    rows = conn.execute(
        select(address_changes.c.subscriber_id, func.max(address_changes.c.changed_at).label("at"))
        .where(
            is_among(conn, address_changes.c.subscriber_id, subscriber_ids), address_changes.c.changed_at.is_not(None)
        )
        .group_by(address_changes.c.subscriber_id)
    )
    return {row.subscriber_id: row.at for row in rows}


def address_then(conn: Connection, subscriber_id: int, at: datetime, *, said: str = "") -> str | None:
    """Where a mail of that instant went, in the form for the wire, if it was not the reader's present address.

    `said` is the address that a provider names, empty where it names none. It is believed where the reader had it;
    else the changes say, and of one that was taken back since nobody knows: None.
    """
    rows = conn.execute(
        select(address_changes)
        .where(address_changes.c.subscriber_id == subscriber_id, address_changes.c.changed_at.is_not(None))
        .order_by(address_changes.c.changed_at, address_changes.c.id)
    ).all()
    had: dict[str, str] = {address_from(key).fold_key: key for row in rows for key in (row.old_key, row.new_key)}
    if said and said.lower() in had:
        return had[said.lower()]
    left = [_change(row).old_key for row in rows if row.state == "changed" and row.changed_at > at]
    return left[0] if left else None


def undone_at(conn: Connection, subscriber_id: int, now: datetime) -> str | None:
    """The earliest address that can still take a change back, in the form for the wire; None where none can."""
    wanted = (
        select(address_changes.c.old_key)
        .where(
            address_changes.c.subscriber_id == subscriber_id,
            address_changes.c.state == "changed",
            address_changes.c.changed_at > now - UNDO_WITHIN,
        )
        .order_by(address_changes.c.id)
        .limit(1)
    )
    return conn.execute(wanted).scalar_one_or_none()


def moved_from(conn: Connection, fold_keys: Collection[str], now: datetime) -> frozenset[str]:
    """Those of the fold keys that a reader has moved away from and can still go back to: they are that reader's."""
    open_still = select(address_changes.c.old_key).where(
        address_changes.c.state == "changed", address_changes.c.changed_at > now - UNDO_WITHIN
    )
    return frozenset(address_from(key).fold_key for key in conn.execute(open_still).scalars()).intersection(fold_keys)


def forget_changes(conn: Connection, now: datetime, *, erasure_key: bytes) -> int:
    """Delete what can neither be confirmed nor undone any more. Returns how many.

    Of an address that its reader left for good, a keyed hash stays: who is erased later is erased there as well.
    """
    gone = conn.execute(
        delete(address_changes)
        .where(
            or_(
                address_changes.c.changed_at <= now - UNDO_WITHIN,
                (address_changes.c.changed_at.is_(None)) & (address_changes.c.asked_at <= now - UNDO_WITHIN),
            )
        )
        .returning(address_changes.c.subscriber_id, address_changes.c.state, address_changes.c.old_key)
    ).all()
    for row in gone:
        if row.state == "changed":
            keep_former(conn, row.subscriber_id, address_from(row.old_key).fold_key, erasure_key)
    return len(gone)


def _turn(conn: Connection, change_id: int, expected: str, **columns: object) -> bool:
    """One press wins: the UPDATE names the state that it may start from."""
    turned = conn.execute(
        update(address_changes)
        .where(address_changes.c.id == change_id, address_changes.c.state == expected)
        .values(**columns)
    )
    return turned.rowcount == 1


def _done(change: AddressChange | None, state: str) -> AddressChange | None:
    return change if change is not None and change.state == state else None


def _is_kept_back(conn: Connection, subscriber_id: int) -> bool:
    """Whether the reader complained, or somebody keeps mail back from them; a bounce may be why they move."""
    found = conn.execute(
        select(suppressions.c.id)
        .join(subscribers, subscribers.c.fold_key == suppressions.c.email_key)
        .where(
            subscribers.c.id == subscriber_id,
            suppressions.c.reason.in_([SuppressionReason.COMPLAINT.value, SuppressionReason.MANUAL.value]),
        )
        .limit(1)
    )
    return found.first() is not None


def _clear(conn: Connection, address: EmailAddress, owner: int, *, since: datetime, now: datetime) -> None:
    """Readers made at the address since then go; where they get mail of a list unknown to the owner, the owner does."""
    newer = conn.execute(
        select(subscribers.c.id).where(
            subscribers.c.fold_key == address.fold_key, subscribers.c.id != owner, subscribers.c.created_at >= since
        )
    )
    for other in newer.scalars().all():
        held = select(subscriptions.c.list_id).where(subscriptions.c.subscriber_id == owner)
        joined = conn.execute(
            update(subscriptions)
            .where(
                subscriptions.c.subscriber_id == other,
                subscriptions.c.state == SubscriptionState.ACTIVE.value,
                subscriptions.c.list_id.not_in(held),
            )
            .values(subscriber_id=owner)
            .returning(subscriptions.c.list_id)
        )
        conn.execute(
            update(consents)
            .where(consents.c.subscriber_id == other, consents.c.list_id.in_(joined.scalars().all()))
            .values(subscriber_id=owner)
        )
        bury(conn, other, now)


def _is_taken(conn: Connection, address: EmailAddress, by_other_than: int, *, before: datetime | None = None) -> bool:
    """Whether another reader has the address; with `before`, one who was made by then."""
    other = select(subscribers.c.id).where(
        subscribers.c.fold_key == address.fold_key, subscribers.c.id != by_other_than
    )
    if before is not None:
        other = other.where(subscribers.c.created_at < before)
    return conn.execute(other).first() is not None


def _move(conn: Connection, subscriber_id: int, to: EmailAddress, now: datetime) -> bool:
    """The UPDATE says again that nobody has the address: a sign-up may have come in between."""
    other = subscribers.alias()
    moved = conn.execute(
        update(subscribers)
        .where(
            subscribers.c.id == subscriber_id,
            subscribers.c.erased_at.is_(None),
            not_(exists().where(other.c.fold_key == to.fold_key, other.c.id != subscriber_id)),
        )
        .values(
            email=to.typed,
            email_key=to.key,
            fold_key=to.fold_key,
            domain=to.domain,
            updated_at=now,
        )
    )
    return moved.rowcount == 1


def _change(row: Row[tuple[object, ...]]) -> AddressChange:
    return AddressChange(**{name: getattr(row, name) for name in AddressChange.__dataclass_fields__})
