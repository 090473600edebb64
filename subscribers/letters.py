"""Letters that wait: who gets which single mail, claimed by one sender at a time, and never sent twice unasked.

waiting -> sending (committed before the provider is called) -> sent, or waiting again (certainly not taken), or
doubtful (no answer, or the sender died): a doubtful letter stays where it is, for its reader can ask again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    update,
)

from subscribers.letter_tables import letters
from subscribers.model import LetterKind, SubscriptionState
from subscribers.tables import subscribers, subscriptions, suppressions

_LOCK = 0x6C65_7474

LONGEST_WAIT = timedelta(hours=2)
"""No letter is put off for longer between two tries."""


class LetterState(StrEnum):
    """Where a letter stands; sent, doubtful and dropped are its ends."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DOUBTFUL = "doubtful"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLetter:
    """One letter as it is claimed. `address` is in the form for the wire; `attempt` counts from 1."""

    id: int
    kind: LetterKind
    subscriber_id: int
    list_id: int | None
    change_id: int | None
    address: str
    values: Mapping[str, Any] = field(default_factory=dict)
    queued_at: datetime
    attempt: int


def queue(
    conn: Connection,
    kind: LetterKind,
    subscriber_id: int,
    *,
    address: str,
    now: datetime,
    list_id: int | None = None,
    change_id: int | None = None,
    values: Mapping[str, Any] | None = None,
    none_since: datetime | None = None,
) -> int | None:
    """Put a letter in the queue and return its id.

    With `none_since`, only where the reader was not sent this kind since then; else None.
    """
    if none_since is not None and conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    recent = exists().where(
        letters.c.subscriber_id == subscriber_id,
        letters.c.kind == kind.value,
        letters.c.queued_at > (none_since or now),
        letters.c.state != LetterState.DROPPED.value,
    )
    columns = {
        letters.c.kind: kind.value,
        letters.c.subscriber_id: subscriber_id,
        letters.c.list_id: list_id,
        letters.c.change_id: change_id,
        letters.c.address: address,
        letters.c["values"]: dict(values or {}),
        letters.c.queued_at: now,
        letters.c.not_before: now,
    }
    wanted = select(*(literal(value, column.type) for column, value in columns.items()))
    if none_since is not None:
        wanted = wanted.where(not_(recent))
    written = conn.execute(
        insert(letters).from_select([column.name for column in columns], wanted).returning(letters.c.id)
    )
    return written.scalar_one_or_none()


def claim(
    conn: Connection, *, owner: str, now: datetime, lease_until: datetime, limit: int = 20
) -> list[WaitingLetter]:
    """Take letters that are due, oldest first. Commit before the provider is called.

    Letters that have lost their reason since they were queued (no longer pending, left, back again, suppressed) are
    dropped. One that is put off for longer than `LONGEST_WAIT` was put off by a clock that was wrong, and is due.
    """
    waits = or_(letters.c.not_before <= now, letters.c.not_before > now + LONGEST_WAIT)
    conn.execute(
        update(letters)
        .where(letters.c.state == LetterState.WAITING.value, waits, _is_pointless())
        .values(state=LetterState.DROPPED.value, settled_at=now, note="no longer wanted", address="", values={})
    )
    due = (
        select(letters.c.id)
        .where(letters.c.state == LetterState.WAITING.value, waits)
        .order_by(letters.c.not_before, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = conn.execute(
        update(letters)
        .where(letters.c.id.in_(due.scalar_subquery()), letters.c.state == LetterState.WAITING.value)
        .values(
            state=LetterState.SENDING.value,
            owner=owner,
            lease_until=lease_until,
            attempt=letters.c.attempt + 1,
        )
        .returning(letters)
    ).all()
    return sorted((_letter(row) for row in rows), key=lambda letter: letter.id)


def sent(conn: Connection, letter: int, *, owner: str, now: datetime, message_id: str = "") -> bool:
    """The provider took it. False where this owner does not hold it any more."""
    return _settle(conn, letter, owner, state=LetterState.SENT.value, settled_at=now, message_id=message_id)


def put_back(conn: Connection, letter: int, *, owner: str, not_before: datetime, note: str = "") -> bool:
    """It was certainly not taken: try again from then on."""
    return _settle(conn, letter, owner, state=LetterState.WAITING.value, not_before=not_before, note=note[:500])


def doubt(conn: Connection, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
    """Nobody knows whether it was taken: it is not sent again."""
    return _settle(conn, letter, owner, state=LetterState.DOUBTFUL.value, settled_at=now, note=note[:500])


def drop(conn: Connection, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
    """It cannot be sent, ever: the provider refused the address, or what it was about is gone."""
    return _settle(conn, letter, owner, state=LetterState.DROPPED.value, settled_at=now, note=note[:500])


def get_letter(conn: Connection, letter: int) -> WaitingLetter | None:
    """The letter, whatever became of it; None once it is forgotten."""
    row = conn.execute(select(letters).where(letters.c.id == letter)).one_or_none()
    return None if row is None else _letter(row)


def doubt_abandoned(conn: Connection, now: datetime) -> int:
    """Letters whose sender died with them in hand become doubtful. Returns how many."""
    return conn.execute(
        update(letters)
        .where(letters.c.state == LetterState.SENDING.value, letters.c.lease_until <= now)
        .values(
            state=LetterState.DOUBTFUL.value, settled_at=now, owner="", lease_until=None, note="its sender went away"
        )
    ).rowcount


def forget_letters(conn: Connection, before: datetime) -> int:
    """Delete letters that came to an end before that instant. Returns how many."""
    ended = (LetterState.SENT.value, LetterState.DOUBTFUL.value, LetterState.DROPPED.value)
    return conn.execute(delete(letters).where(letters.c.state.in_(ended), letters.c.settled_at < before)).rowcount


def letters_by_state(conn: Connection) -> dict[LetterState, int]:
    """How many letters stand where; every state is there."""
    counts = dict.fromkeys(LetterState, 0)
    for state, number in conn.execute(select(letters.c.state, func.count()).group_by(letters.c.state)):
        counts[LetterState(state)] = number
    return counts


def _settle(conn: Connection, letter: int, owner: str, **columns: object) -> bool:
    changed = conn.execute(
        update(letters)
        .where(letters.c.id == letter, letters.c.state == LetterState.SENDING.value, letters.c.owner == owner)
        .values(owner="", lease_until=None, **columns)
    )
    return changed.rowcount == 1


def _is_pointless() -> ColumnElement[bool]:
    """SQL: what the letter was queued for is no longer so, or its address must not be mailed at all."""

    def stands(state: SubscriptionState) -> ColumnElement[bool]:
        return exists().where(
            subscriptions.c.subscriber_id == letters.c.subscriber_id,
            subscriptions.c.list_id == letters.c.list_id,
            subscriptions.c.state == state.value,
        )

    # Fold keys are lower case: an address for the wire folds to one, and everything after the @ is its domain.
    # A reader's own "no more of this list" does not hinder a letter that they ask for.
    folded = exists().where(
        suppressions.c.email_key == func.lower(letters.c.address),
        suppressions.c.list_id.is_(None),
        suppressions.c.reason != "unsubscribed",
    )
    domain = exists().where(
        subscribers.c.id == letters.c.subscriber_id,
        subscribers.c.email_key == letters.c.address,
        suppressions.c.email_key == literal("@") + subscribers.c.domain,
        suppressions.c.list_id.is_(None),
    )
    return or_(
        and_(letters.c.kind == LetterKind.CONFIRM.value, not_(stands(SubscriptionState.PENDING))),
        and_(letters.c.kind == LetterKind.WELCOME.value, not_(stands(SubscriptionState.ACTIVE))),
        and_(letters.c.kind == LetterKind.GOODBYE.value, not_(stands(SubscriptionState.ENDED))),
        folded,
        domain,
    )


def _letter(row: Row[Any]) -> WaitingLetter:
    return WaitingLetter(
        id=row.id,
        kind=LetterKind(row.kind),
        subscriber_id=row.subscriber_id,
        list_id=row.list_id,
        change_id=row.change_id,
        address=row.address,
        values=row._mapping["values"],
        queued_at=row.queued_at,
        attempt=row.attempt,
    )
