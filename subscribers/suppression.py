"""The one gate: may this reader be mailed this list's edition of this date, and if not, why not.

The rule is written twice on purpose: `may_receive` over facts, for people to read and tests to hold against, and
`blocked_reason` as one SQL expression, because a million readers cannot be asked one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from subscribers.address import EmailAddress
from subscribers.erasures import hashed_key
from subscribers.happenings import note_at
from subscribers.model import Befell, Blocked, Frequency, SubscriptionState, SuppressionReason, wanted_on
from subscribers.tables import insert_into, is_among, subscribers, subscriptions, suppressions

BATCH = 1_000
"""How many readers one question to the gate may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The facts about one reader and one list; `state` is None where there is no subscription."""

    state: SubscriptionState | None
    erased: bool = False
    suppressed: bool = False
    paused_until: date | None = None
    frequency: Frequency = Frequency.DAILY


def may_receive(standing: Standing, on: date) -> Blocked | None:
    """None: the reader may have the edition of that date. Otherwise the first reason that forbids it.

    A pause ends on the morning of its day: `paused_until` itself is mailed again.
    """
    if standing.erased:
        return Blocked.ERASED
    if standing.state is None or standing.state is SubscriptionState.ENDED:
        return Blocked.UNSUBSCRIBED
    if standing.state is SubscriptionState.PENDING:
        return Blocked.PENDING
    if standing.suppressed:
        return Blocked.SUPPRESSED
    if standing.paused_until is not None and on < standing.paused_until:
        return Blocked.PAUSED
    if not wanted_on(standing.frequency, on):
        return Blocked.NOT_TODAY
    return None


def any_domain(conn: Connection) -> bool:
    """Whether a whole domain is suppressed anywhere."""
    found = select(suppressions.c.id).where(suppressions.c.email_key.startswith("@", autoescape=True)).limit(1)
    return conn.scalar(found) is not None


def is_suppressed(
    list_id: int, *, domains: bool = True, other_than: SuppressionReason | None = None
) -> ColumnElement[bool]:
    """SQL: the address of the `subscribers` row, or its whole domain, is suppressed for this list or all.

    `domains` False where none is (`any_domain`, in the same transaction): a tenth of the time for a million readers.
    `other_than` is a reason that does not count.
    """
    here = or_(suppressions.c.list_id.is_(None), suppressions.c.list_id == list_id)
    if other_than is not None:
        here = and_(here, suppressions.c.reason != other_than.value)
    # Two questions and not one for either key: SQLite would make a table of the two keys for every reader, 1.7 us in
    # place of 0.8.
    address = exists().where(suppressions.c.email_key == subscribers.c.fold_key, here)
    if not domains:
        return address
    return or_(
        address,
        exists().where(suppressions.c.email_key == literal("@") + subscribers.c.domain, here),
    )


def blocked_reason(list_id: int, on: date, *, domains: bool = True) -> ColumnElement[str | None]:
    """SQL: `may_receive` over `subscribers` joined (outer or inner) with its `subscriptions` row of this list.

    `domains` as in `is_suppressed`.
    """
    unwanted = [f.value for f in Frequency if not wanted_on(f, on)]
    # On a weekday, mostly, nobody: then it is not asked. `IN ()` costs SQLite 0.6 us for every reader.
    not_today = [(subscriptions.c.frequency.in_(unwanted), literal(Blocked.NOT_TODAY.value))] if unwanted else []
    return case(
        (subscribers.c.erased_at.is_not(None), literal(Blocked.ERASED.value)),
        (
            or_(subscriptions.c.state.is_(None), subscriptions.c.state == SubscriptionState.ENDED.value),
            literal(Blocked.UNSUBSCRIBED.value),
        ),
        (subscriptions.c.state == SubscriptionState.PENDING.value, literal(Blocked.PENDING.value)),
        (is_suppressed(list_id, domains=domains), literal(Blocked.SUPPRESSED.value)),
        (
            and_(subscriptions.c.paused_until.is_not(None), subscriptions.c.paused_until > on),
            literal(Blocked.PAUSED.value),
        ),
        *not_today,
        else_=literal(None, String),
    )


def gate(conn: Connection, subscriber_ids: Collection[int], list_id: int, on: date) -> dict[int, Blocked | None]:
    """Ask the gate for up to 1,000 readers in one query: id -> None (may receive) or why not.

    An id we do not know is `unsubscribed`: nobody is mailed because of a missing row. Raises ValueError for
    more than 1,000 ids.
    """
    if len(subscriber_ids) > BATCH:
        raise ValueError(f"{len(subscriber_ids)} ids in one question to the gate: ask for at most {BATCH:,}")
    answers: dict[int, Blocked | None] = dict.fromkeys(subscriber_ids, Blocked.UNSUBSCRIBED)
    joined = subscribers.outerjoin(
        subscriptions,
        and_(
            subscriptions.c.subscriber_id == subscribers.c.id,
            subscriptions.c.list_id == list_id,
            # Implied by the first line, but PostgreSQL does not see that and would read the whole table.
            is_among(conn, subscriptions.c.subscriber_id, answers),
        ),
    )
    judged = (
        select(subscribers.c.id, blocked_reason(list_id, on).label("reason"))
        .select_from(joined)
        .where(is_among(conn, subscribers.c.id, answers))
        .subquery()
    )
    # One row for each verdict: a thousand rows would cost the driver as much as the whole question.
    rows = conn.execute(
        select(judged.c.reason, func.aggregate_strings(cast(judged.c.id, Text), ",")).group_by(judged.c.reason)
    )
    for reason, ids in rows:
        verdict = None if reason is None else Blocked(reason)
        answers.update((int(one), verdict) for one in ids.split(","))
    return answers


def count_kept_back(conn: Connection, list_id: int) -> int:
    """How many active subscriptions of a list a suppression keeps back."""
    wanted = (
        select(func.count())
        .select_from(subscriptions.join(subscribers))
        .where(
            subscriptions.c.list_id == list_id,
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
            is_suppressed(list_id, domains=any_domain(conn)),
        )
    )
    return conn.execute(wanted).scalar_one()


def suppress(
    conn: Connection,
    fold_key: str,
    reason: SuppressionReason,
    *,
    now: datetime,
    list_id: int | None = None,
    note: str = "",
) -> bool:
    """Keep mail back from an address (its `fold_key`), on one list or on all. True if this is news.

    Every reason is a row of its own, so that lifting one leaves the others standing. News of a bounce or a complaint
    of somebody who is a reader is a happening as well.
    """
    where = "list_id IS NULL" if list_id is None else "list_id IS NOT NULL"
    columns = ["email_key", "reason"] if list_id is None else ["email_key", "list_id", "reason"]
    added = conn.execute(
        insert_into(conn, suppressions)
        .values(email_key=fold_key, list_id=list_id, reason=reason.value, since=now, note=note)
        .on_conflict_do_nothing(index_elements=columns, index_where=text(where))
        .returning(suppressions.c.id)
    )
    if added.first() is None:
        return False
    if reason in _TOLD:
        note_at(conn, fold_key, _TOLD[reason], list_id=list_id, at=now)
    return True


_TOLD = {SuppressionReason.HARD_BOUNCE: Befell.BOUNCED, SuppressionReason.COMPLAINT: Befell.COMPLAINED}


def suppress_domain(
    conn: Connection, domain: str, *, now: datetime, list_id: int | None = None, note: str = ""
) -> bool:
    """Keep mail back from every address of a domain (lower-case ASCII, see `parse_domain`). True if news."""
    return suppress(conn, f"@{domain}", SuppressionReason.DOMAIN, now=now, list_id=list_id, note=note)


def lift(conn: Connection, key: str, reason: SuppressionReason, *, list_id: int | None = None) -> bool:
    """Take back one suppression of a fold key or `@domain`. True if there was one."""
    scope = suppressions.c.list_id.is_(None) if list_id is None else suppressions.c.list_id == list_id
    gone = conn.execute(
        delete(suppressions).where(suppressions.c.email_key == key, suppressions.c.reason == reason.value, scope)
    )
    return gone.rowcount > 0


def is_address_suppressed(
    conn: Connection, address: EmailAddress, list_id: int | None = None, *, erasure_key: bytes
) -> bool:
    """Whether no letter at all, or with `list_id` none of this list, may go to this address.

    Anything but the reader's own unsubscribe forbids it, also where it was an erased reader's.
    """
    hashed = hashed_key(address.fold_key, erasure_key)
    here = suppressions.c.list_id.is_(None)
    found = conn.execute(
        select(suppressions.c.id)
        .where(
            suppressions.c.email_key.in_([address.fold_key, f"@{address.domain}", hashed]),
            here if list_id is None else or_(here, suppressions.c.list_id == list_id),
            suppressions.c.reason != SuppressionReason.UNSUBSCRIBED.value,
        )
        .limit(1)
    )
    return found.first() is not None


def reasons_for(conn: Connection, keys: Collection[str], list_id: int) -> dict[str, frozenset[SuppressionReason]]:
    """Why each of these fold keys or `@domain` keys is suppressed for this list or all; absent if it is not."""
    found: dict[str, set[SuppressionReason]] = {}
    rows = conn.execute(
        select(suppressions.c.email_key, suppressions.c.reason).where(
            is_among(conn, suppressions.c.email_key, keys),
            or_(suppressions.c.list_id.is_(None), suppressions.c.list_id == list_id),
        )
    )
    for key, reason in rows:
        found.setdefault(key, set()).add(SuppressionReason(reason))
    return {key: frozenset(reasons) for key, reasons in found.items()}
