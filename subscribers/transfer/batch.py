"""One batch of an import against the database: three look-ups for all its rows, then a few bulk writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, insert, literal, select, true, update
from sqlalchemy.exc import IntegrityError

from subscribers.changes import moved_from
from subscribers.consent import Act
from subscribers.erasures import came_back, erased_among, reasons_of_erased
from subscribers.model import AttributeValue, Frequency, SubscriptionState, SuppressionReason
from subscribers.suppression import reasons_for
from subscribers.tables import (
    UtcDateTime,
    consents,
    insert_into,
    is_among,
    slug_text,
    subscribers,
    subscriptions,
    suppressions,
)
from subscribers.transfer.bulk import BulkRows, Cell, put_rows, reserve_ids
from subscribers.transfer.rows import ImportRow
from subscribers.transfer.verdict import (
    Decision,
    KnownReader,
    Verdict,
    decide,
    merged_attributes,
    preference_changes,
    profile_changes,
)

Decided = list[tuple[ImportRow, Decision]]

_STATE_OF = {
    "active": SubscriptionState.ACTIVE.value,
    "suppressed": SubscriptionState.ACTIVE.value,  # the suppression keeps mail back, and can be lifted
    "unsubscribed": SubscriptionState.ENDED.value,
}
_NO_OF = {"suppressed": SuppressionReason.MANUAL, "unsubscribed": SuppressionReason.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is the same for every row of an import."""

    list_id: int
    now: datetime
    erasure_key: bytes


def decide_all(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> Decided:
    """Judge all rows of a batch with a few queries."""
    if not rows:
        return []
    if conn.dialect.name == "postgresql":
        # Thousands of keys look to the planner like a reason to read the tables whole, for every batch anew. Most of
        # the keys are nobody's, and the index says so in microseconds. Where there is no index for a question it now
        # looks so dear that it would be compiled first, for longer than it takes.
        conn.exec_driver_sql("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
    fold_keys = [row.address.fold_key for row in rows]
    domains = {f"@{row.address.domain}" for row in rows}
    known = _known_readers(conn, fold_keys, settled.list_id)
    reasons = reasons_for(conn, [*fold_keys, *domains], settled.list_id)
    erased = erased_among(conn, fold_keys, settled.erasure_key)
    erased -= came_back(conn, erased.intersection(known))
    remembered = reasons_of_erased(conn, fold_keys, settled.list_id, settled.erasure_key)
    moved = moved_from(conn, fold_keys, settled.now)
    nobody: list[KnownReader] = []
    nothing: frozenset[SuppressionReason] = frozenset()
    return [
        (
            row,
            decide(
                row,
                known.get(key, nobody),
                reasons.get(key, nothing)
                | reasons.get(f"@{row.address.domain}", nothing)
                | _remembered(known.get(key, nobody), remembered.get(key, nothing)),
                key in erased,
                key in moved,
            ),
        )
        for row, key in zip(rows, fold_keys, strict=True)
    ]


def _remembered(alike: Sequence[KnownReader], reasons: frozenset[SuppressionReason]) -> frozenset[SuppressionReason]:
    """What stayed of an erased address; who is on the list again by their own hand has taken their own no back."""
    back = any(known.state is SubscriptionState.ACTIVE for known in alike)
    return reasons - {SuppressionReason.UNSUBSCRIBED} if back else reasons


def write(conn: Connection, decided: Decided, settled: Settled) -> None:
    """Carry the decisions out. Nothing here turns a stored subscription active."""
    if conn.dialect.name == "sqlite":
        # A million addresses come in no order: 64 MB hold the index that each of them is put into, and what is written
        # lies in the log until there are 64 MB of it: a page that ten batches touch is brought home once.
        conn.exec_driver_sql("PRAGMA cache_size = -65536")
        conn.exec_driver_sql("PRAGMA wal_autocheckpoint = 16384")
    by_verdict: dict[Verdict, Decided] = {verdict: [] for verdict in Verdict}
    for row, decision in decided:
        by_verdict[decision.verdict].append((row, decision))
    _add(conn, by_verdict[Verdict.ADD], settled)
    _update(conn, by_verdict[Verdict.UPDATE], settled)
    _end(conn, by_verdict[Verdict.END], settled)
    imported_no = [row for row, _ in by_verdict[Verdict.ADD] if row.wishes.state == "suppressed"]
    _suppress(conn, [*imported_no, *(row for row, _ in by_verdict[Verdict.SUPPRESS])], settled)


def learn_sizes(conn: Connection) -> None:
    """Let PostgreSQL learn what its tables hold now: its plans for the old sizes are slow. SQLite plans without."""
    if conn.dialect.name == "postgresql":
        for table in (subscribers, subscriptions, consents):
            conn.exec_driver_sql(f"ANALYZE {table.name}")


def _known_readers(conn: Connection, fold_keys: Sequence[str], list_id: int) -> dict[str, list[KnownReader]]:
    joined = subscribers.outerjoin(
        subscriptions,
        (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
    )
    rows = conn.execute(
        select(
            subscribers.c.fold_key,
            subscribers.c.id,
            subscribers.c.email_key,
            subscribers.c.name,
            subscribers.c.language,
            subscribers.c.timezone,
            subscribers.c.attributes,
            subscribers.c.chosen_at,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.state,
            subscriptions.c.sections,
            subscriptions.c.frequency,
            subscriptions.c.hour,
            subscriptions.c.paused_until,
        )
        .select_from(joined)
        .where(is_among(conn, subscribers.c.fold_key, fold_keys))
    )
    known: dict[str, list[KnownReader]] = {}
    for row in rows:
        reader = KnownReader(
            id=row.id,
            email_key=row.email_key,
            name=row.name,
            language=row.language,
            timezone=row.timezone,
            attributes=row.attributes,
            chosen_at=row.chosen_at,
            subscription_id=row.subscription_id,
            state=None if row.state is None else SubscriptionState(row.state),
            sections=row.sections,
            frequency=row.frequency or Frequency.DAILY.value,
            hour=row.hour,
            paused_until=row.paused_until,
        )
        known.setdefault(row.fold_key, []).append(reader)
    return known


def _add(conn: Connection, decided: Decided, settled: Settled) -> None:
    """New readers, then subscriptions and consents for all.

    A sign-up or an erasure that came in between keeps the upper hand: then the rows are matched by address, nothing
    overwrites, and an address that is gone is not matched.
    """
    new = [row for row, decision in decided if decision.reader is None]
    known = [row for row, decision in decided if decision.reader is not None]
    if new and not _put_new(conn, new, settled):
        _add_readers(conn, new, settled)
        known = [row for row, _ in decided]
    if known:
        _add_subscriptions(conn, known, settled)
        _add_consents(conn, known, settled)


def _put_new(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> bool:
    """Everything about readers whom nobody knew, in the quickest way. False where somebody was quicker."""
    numbered = list(zip(reserve_ids(conn, subscribers, len(rows)), rows, strict=True))
    # Ids in the order of the file, writing in that of the index: neighbours go to one page.
    numbered.sort(key=lambda pair: pair[1].address.key)
    try:
        # On SQLite this is the only writer, and nobody can be quicker.
        with conn.begin_nested() if conn.dialect.name == "postgresql" else nullcontext():
            _put_all(conn, numbered, settled)
    except IntegrityError:
        if conn.dialect.name == "postgresql":
            return False
        raise
    return True


def _put_all(conn: Connection, numbered: Sequence[tuple[int, ImportRow]], settled: Settled) -> None:
    people: list[tuple[Cell, ...]] = []
    held: list[tuple[Cell, ...]] = []
    acts: list[tuple[Cell, ...]] = []
    for number, row in numbered:
        address, wishes = row.address, row.wishes
        people.append(
            (
                number,
                address.typed,
                address.key,
                address.fold_key,
                address.domain,
                row.name,
                wishes.language,
                wishes.timezone,
                _json_of(row.attributes),
            )
        )
        held.append((number, *_subscription_cells(row)))
        acts.append((number, _act(row), row.consent))
    put_rows(conn, subscribers, _PERSON, people, {"created_at": settled.now, "updated_at": settled.now})
    put_rows(conn, subscriptions, _HELD, held, {"list_id": settled.list_id, "since": settled.now})
    same = {"list_id": settled.list_id, "at": settled.now, "method": "import"}
    put_rows(conn, consents, ("subscriber_id", "act", "evidence"), acts, same)


_JSON = json.JSONEncoder(ensure_ascii=False).encode


def _json_of(attributes: Mapping[str, AttributeValue]) -> str:
    """As JSON; a million readers share some thousand sets of short words, and each of these is written once."""
    if not attributes:
        return "{}"
    cells = tuple(attributes.items())
    if len(cells) > _FEW or any(value.__class__ is not str for _, value in cells):
        return _JSON(attributes)
    return _json_of_words(cells)


@lru_cache(maxsize=20_000)
def _json_of_words(cells: tuple[tuple[str, str], ...]) -> str:
    return _JSON(dict(cells))


_FEW = 4
_PERSON = ("id", "email", "email_key", "fold_key", "domain", "name", "language", "timezone", "attributes")
_WISHED = ("state", "ended_reason", "sections", "frequency", "hour", "paused_until")
_HELD = ("subscriber_id", *_WISHED)


def _subscription_cells(row: ImportRow) -> tuple[Cell, ...]:
    wishes = row.wishes
    # Who is suppressed, and of whom nothing says that they ever agreed, gets no mail when that is lifted either.
    ended = wishes.state == "unsubscribed" or not row.consent
    return (
        _STATE_OF["unsubscribed" if ended else wishes.state],
        "unsubscribed" if ended else None,
        slug_text(wishes.sections or ()),
        _DAILY if wishes.frequency is None else str(wishes.frequency),
        wishes.hour,
        None if wishes.paused_until is None else wishes.paused_until.isoformat(),
    )


def _add_readers(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> None:
    taken = [
        "email",
        "email_key",
        "fold_key",
        "domain",
        "name",
        "language",
        "timezone",
        "attributes",
    ]
    cells = [
        (
            row.address.typed,
            row.address.key,
            row.address.fold_key,
            row.address.domain,
            row.name,
            row.wishes.language,
            row.wishes.timezone,
            row.attributes,
        )
        for row in rows
    ]
    bulk = BulkRows(conn, cells)
    now = literal(settled.now, UtcDateTime)
    values = [bulk.cell(number, subscribers.c[name]) for number, name in enumerate(taken)]
    conn.execute(
        insert_into(conn, subscribers)
        .from_select(
            [*taken, "created_at", "updated_at"],
            select(*values, now, now).select_from(bulk.table).where(true()),
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
    )


def _add_subscriptions(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> None:
    cells = [(row.address.key, *_subscription_cells(row)) for row in rows]
    bulk = BulkRows(conn, cells)
    values = [bulk.cell(number, subscriptions.c[name]) for number, name in enumerate(_WISHED, start=1)]
    conn.execute(
        insert_into(conn, subscriptions)
        .from_select(
            ["subscriber_id", "list_id", "since", *_WISHED],
            select(subscribers.c.id, literal(settled.list_id), literal(settled.now, UtcDateTime), *values)
            .select_from(bulk.table.join(subscribers, subscribers.c.email_key == bulk.cell(0)))
            .where(true()),
        )
        .on_conflict_do_nothing(index_elements=["subscriber_id", "list_id"])
    )


def _add_consents(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> None:
    cells = [(row.address.key, _act(row), row.consent) for row in rows]
    bulk = BulkRows(conn, cells)
    conn.execute(
        insert(consents).from_select(
            ["subscriber_id", "list_id", "at", "method", "act", "evidence"],
            select(
                subscribers.c.id,
                literal(settled.list_id),
                literal(settled.now, UtcDateTime),
                literal("import"),
                bulk.cell(1),
                bulk.cell(2),
            ).select_from(bulk.table.join(subscribers, subscribers.c.email_key == bulk.cell(0))),
        )
    )


def _act(row: ImportRow) -> str:
    return _WITHDRAWN if row.wishes.state == "unsubscribed" or not row.consent else _GIVEN


# The words themselves: to ask an enum for them costs a function call for each of a million rows.
_WITHDRAWN, _GIVEN, _DAILY = Act.WITHDRAWN.value, Act.GIVEN.value, Frequency.DAILY.value


def _update(conn: Connection, decided: Decided, settled: Settled) -> None:
    pairs = [(row, decision.reader) for row, decision in decided if decision.reader]
    profiles = [
        {
            "reader": reader.id,
            "name": row.name or reader.name,
            "language": row.wishes.language or reader.language,
            "timezone": row.wishes.timezone or reader.timezone,
            "attributes": merged_attributes(row, reader),
            "updated_at": settled.now,
        }
        for row, reader in pairs
        if profile_changes(row, reader)
    ]
    if profiles:
        conn.execute(update(subscribers).where(subscribers.c.id == bindparam("reader")), profiles)
    wishes = [
        {
            "subscription": reader.subscription_id,
            "sections": reader.sections if row.wishes.sections is None else row.wishes.sections,
            "frequency": reader.frequency if row.wishes.frequency is None else row.wishes.frequency.value,
            "hour": reader.hour if row.wishes.hour is None else row.wishes.hour,
            "paused_until": reader.paused_until if row.wishes.paused_until is None else row.wishes.paused_until,
        }
        for row, reader in pairs
        if preference_changes(row, reader)
    ]
    if wishes:
        conn.execute(update(subscriptions).where(subscriptions.c.id == bindparam("subscription")), wishes)


def _end(conn: Connection, decided: Decided, settled: Settled) -> None:
    pairs = [(row, decision.reader) for row, decision in decided if decision.reader]
    if not pairs:
        return
    conn.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_([reader.subscription_id for _, reader in pairs]))
        .values(state=SubscriptionState.ENDED.value, since=settled.now, ended_reason="unsubscribed")
    )
    _add_consents(conn, [row for row, _ in pairs], settled)


def _suppress(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> None:
    if not rows:
        return
    conn.execute(
        insert_into(conn, suppressions).on_conflict_do_nothing(),
        [
            {
                "email_key": row.address.fold_key,
                "list_id": settled.list_id if row.wishes.state == "unsubscribed" else None,
                "reason": _NO_OF[row.wishes.state].value,
                "since": settled.now,
                "note": f"{row.wishes.state} in an imported file",
            }
            for row in rows
        ],
    )
