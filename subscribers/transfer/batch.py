"""One batch of an import against the database: three look-ups for all its rows, then a few bulk writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from subscribers.consent import Act
from subscribers.model import Frequency, SubscriptionState, SuppressionReason
from subscribers.suppression import reasons_for
from subscribers.tables import consents, insert_into, subscribers, subscriptions, suppressions
from subscribers.transfer.erasing import erased_among
from subscribers.transfer.rows import ImportRow
from subscribers.transfer.verdict import (
    Decision,
    KnownReader,
    Verdict,
    decide,
    preference_changes,
    profile_changes,
)

Decided = list[tuple[ImportRow, Decision]]

_STATE_OF = {
    "active": SubscriptionState.ACTIVE.value,
    "suppressed": SubscriptionState.ACTIVE.value,  # the suppression keeps mail back, and can be lifted
    "unsubscribed": SubscriptionState.ENDED.value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is the same for every row of an import."""

    list_id: int
    now: datetime
    erasure_key: bytes
    consent: str


def decide_all(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> Decided:
    """Judge all rows of a batch with three queries."""
    if not rows:
        return []
    fold_keys = [row.address.fold_key for row in rows]
    domains = {f"@{row.address.domain}" for row in rows}
    known = _known_readers(conn, fold_keys, settled.list_id)
    reasons = reasons_for(conn, [*fold_keys, *domains], settled.list_id)
    erased = erased_among(conn, fold_keys, settled.erasure_key)
    nobody: list[KnownReader] = []
    nothing: frozenset[SuppressionReason] = frozenset()
    return [
        (
            row,
            decide(
                row,
                known.get(key, nobody),
                reasons.get(key, nothing) | reasons.get(f"@{row.address.domain}", nothing),
                key in erased,
            ),
        )
        for row, key in zip(rows, fold_keys, strict=True)
    ]


def write(conn: Connection, decided: Decided, settled: Settled) -> None:
    """Carry the decisions out. Nothing here turns a stored subscription active."""
    by_verdict: dict[Verdict, Decided] = {verdict: [] for verdict in Verdict}
    for row, decision in decided:
        by_verdict[decision.verdict].append((row, decision))
    _add(conn, by_verdict[Verdict.ADD], settled)
    _update(conn, by_verdict[Verdict.UPDATE], settled)
    _end(conn, by_verdict[Verdict.END], settled)
    imported_no = [row for row, _ in by_verdict[Verdict.ADD] if row.state == "suppressed"]
    _suppress(conn, [*imported_no, *(row for row, _ in by_verdict[Verdict.SUPPRESS])], settled)


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
        .where(subscribers.c.fold_key.in_(fold_keys))
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
    if not decided:
        return
    new = [row for row, decision in decided if decision.reader is None]
    if new:
        conn.execute(
            insert_into(conn, subscribers).on_conflict_do_nothing(index_elements=["email_key"]),
            [_reader_columns(row, settled) for row in new],
        )
    ids = _ids(conn, [row.address.key for row in new])
    ids |= {decision.reader.email_key: decision.reader.id for _, decision in decided if decision.reader}
    # A sign-up that came in between may have taken the address, or an erasure the reader: then it stays theirs.
    added = [(row, ids[row.address.key]) for row, _ in decided if row.address.key in ids]
    conn.execute(
        insert_into(conn, subscriptions).on_conflict_do_nothing(index_elements=["subscriber_id", "list_id"]),
        [_subscription_columns(row, subscriber_id, settled) for row, subscriber_id in added],
    )
    conn.execute(insert(consents), [_consent_columns(row, number, settled) for row, number in added])


def _ids(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    rows = conn.execute(select(subscribers.c.email_key, subscribers.c.id).where(subscribers.c.email_key.in_(keys)))
    return {row[0]: row[1] for row in rows}


def _reader_columns(row: ImportRow, settled: Settled) -> dict[str, Any]:
    address = row.address
    return {
        "email": address.typed,
        "email_key": address.key,
        "fold_key": address.fold_key,
        "domain": address.domain,
        "name": row.name,
        "language": row.language,
        "timezone": row.timezone,
        "attributes": row.attributes,
        "created_at": settled.now,
        "updated_at": settled.now,
    }


def _subscription_columns(row: ImportRow, subscriber_id: int, settled: Settled) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id,
        "list_id": settled.list_id,
        "state": _STATE_OF[row.state],
        "since": settled.now,
        "ended_reason": "unsubscribed" if row.state == "unsubscribed" else None,
        "sections": row.sections or (),
        "frequency": (row.frequency or Frequency.DAILY).value,
        "hour": row.hour,
        "paused_until": row.paused_until,
    }


def _consent_columns(row: ImportRow, subscriber_id: int, settled: Settled) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id,
        "list_id": settled.list_id,
        "at": settled.now,
        "act": (Act.WITHDRAWN if row.state == "unsubscribed" else Act.GIVEN).value,
        "method": "import",
        "evidence": row.consent or settled.consent,
    }


def _update(conn: Connection, decided: Decided, settled: Settled) -> None:
    pairs = [(row, decision.reader) for row, decision in decided if decision.reader]
    profiles = [
        {
            "reader": reader.id,
            "name": row.name or reader.name,
            "language": row.language or reader.language,
            "timezone": row.timezone or reader.timezone,
            "attributes": {**reader.attributes, **row.attributes},
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
            "sections": reader.sections if row.sections is None else row.sections,
            "frequency": reader.frequency if row.frequency is None else row.frequency.value,
            "hour": reader.hour if row.hour is None else row.hour,
            "paused_until": reader.paused_until if row.paused_until is None else row.paused_until,
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
    conn.execute(insert(consents), [_consent_columns(row, reader.id, settled) for row, reader in pairs])


def _suppress(conn: Connection, rows: Sequence[ImportRow], settled: Settled) -> None:
    if not rows:
        return
    conn.execute(
        insert_into(conn, suppressions).on_conflict_do_nothing(),
        [
            {
                "email_key": row.address.fold_key,
                "list_id": None,
                "reason": SuppressionReason.MANUAL.value,
                "since": settled.now,
                "note": "suppressed in an imported file",
            }
            for row in rows
        ],
    )
