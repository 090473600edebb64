"""Export of a list: CSV that spreadsheets show and the import reads back, or JSON Lines that lose nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Connection, case, select

from subscribers.address import address_from
from subscribers.attributes import as_text
from subscribers.consent import Act, history
from subscribers.lists import preference_columns
from subscribers.model import COLUMNS, SubscriptionState, SuppressionReason
from subscribers.segments import Predicate
from subscribers.segmentsql import SentTo, where
from subscribers.store import address_of, all_lists, get_subscriber, subscriptions_of
from subscribers.suppression import is_suppressed
from subscribers.tables import consents, engagements, subscribers, subscriptions, suppressions
from subscribers.transfer.cells import guard

PAGE = 1_000
"""How many rows are fetched at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exported:
    """One reader, as both forms write them. `shown` is the address for people: punycode where letters could deceive."""

    email: str
    shown: str
    name: str
    language: str
    timezone: str
    sections: tuple[str, ...]
    frequency: str
    hour: int | None
    paused_until: date | None
    state: str
    consent: str
    attributes: dict[str, Any]


def export_csv(
    conn: Connection,
    list_id: int,
    target: TextIO,
    *,
    segment: Predicate | None = None,
    now: datetime | None = None,
    sent: SentTo | None = None,
) -> int:
    """Write the readers of a list, or of a segment of it, as CSV. Returns how many.

    `now` is for a segment that looks back some days, `sent` for one that asks what was sent. Open `target` with
    newline="". The columns are those of the import, then one for each custom attribute, as text. Cells that a
    spreadsheet would run get an apostrophe, which the import takes off again.
    """
    chosen = None if segment is None else where(segment, list_id, now, sent=sent)
    attributes = _attribute_names(conn, list_id, chosen)
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *attributes])
    count = 0
    for reader in _readers(conn, list_id, chosen):
        cells = [
            reader.shown,
            reader.name,
            reader.language,
            reader.timezone,
            ";".join(reader.sections) or "all",
            reader.frequency,
            "" if reader.hour is None else str(reader.hour),
            "" if reader.paused_until is None else reader.paused_until.isoformat(),
            reader.state,
            reader.consent,
            *(as_text(reader.attributes.get(name)) for name in attributes),
        ]
        writer.writerow([guard(cell) for cell in cells])
        count += 1
    return count


def export_jsonl(
    conn: Connection,
    list_id: int,
    target: TextIO,
    *,
    segment: Predicate | None = None,
    now: datetime | None = None,
    sent: SentTo | None = None,
) -> int:
    """Write the readers as JSON, one object a line, attributes with their types. Returns how many."""
    count = 0
    for reader in _readers(conn, list_id, None if segment is None else where(segment, list_id, now, sent=sent)):
        line = {
            "email": reader.email,
            "name": reader.name,
            "language": reader.language,
            "timezone": reader.timezone,
            "sections": list(reader.sections),
            "frequency": reader.frequency,
            "hour": reader.hour,
            "paused_until": None if reader.paused_until is None else reader.paused_until.isoformat(),
            "state": reader.state,
            "consent": reader.consent,
            "attributes": reader.attributes,
        }
        target.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
    return count


def export_reader(conn: Connection, subscriber_id: int) -> dict[str, Any] | None:
    """Everything that is known of one reader, as JSON takes it; None where there is nobody, or nobody any more."""
    reader = get_subscriber(conn, subscriber_id)
    if reader is None or reader.erased_at is not None:
        return None
    slugs = {one.id: one.slug for one in all_lists(conn)}
    rows = conn.execute(
        select(engagements).where(engagements.c.subscriber_id == subscriber_id).order_by(engagements.c.list_id)
    )
    held = conn.execute(
        select(suppressions)
        .where(suppressions.c.email_key.in_([address_of(reader).fold_key, f"@{address_of(reader).domain}"]))
        .order_by(suppressions.c.since, suppressions.c.id)
    )
    return {
        "email": reader.email,
        "name": reader.name,
        "language": reader.language,
        "timezone": reader.timezone,
        "attributes": dict(reader.attributes),
        "known_since": reader.created_at.isoformat(),
        "subscriptions": [
            {
                "list": slugs[one.list_id],
                "state": one.state.value,
                "since": one.since.isoformat(),
                "leaving_note": one.leaving_note,
                "preferences": _plain(preference_columns(one.preferences)),
            }
            for one in subscriptions_of(conn, subscriber_id)
        ],
        "consents": [
            {
                "list": slugs[one.list_id],
                "at": one.at.isoformat(),
                "act": one.act.value,
                "method": one.basis.method,
                "wording_version": one.basis.wording_version,
                "evidence": one.basis.evidence,
            }
            for one in history(conn, subscriber_id)
        ],
        "suppressions": [
            {
                "list": slugs.get(row.list_id, "all"),
                "reason": row.reason,
                "since": row.since.isoformat(),
                "note": row.note,
            }
            for row in held
        ],
        "engagement": [
            {
                "list": slugs[row.list_id],
                **_plain({"opened": row.opened_at, "clicked": row.clicked_at}),
            }
            for row in rows
        ],
    }


def _plain(columns: Mapping[str, object]) -> dict[str, object]:
    """Dates as text, tuples as lists."""
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in columns.items()
    }


def _readers(conn: Connection, list_id: int, chosen: ColumnElement[bool] | None) -> Iterator[_Exported]:
    evidence = (
        select(case((consents.c.evidence == "", consents.c.method), else_=consents.c.evidence))
        .where(
            consents.c.subscriber_id == subscribers.c.id,
            consents.c.list_id == list_id,
            consents.c.act != Act.WITHDRAWN.value,
        )
        .order_by(consents.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(
            subscribers.c.email,
            subscribers.c.email_key,
            subscribers.c.name,
            subscribers.c.language,
            subscribers.c.timezone,
            subscribers.c.attributes,
            subscriptions.c.sections,
            subscriptions.c.frequency,
            subscriptions.c.hour,
            subscriptions.c.paused_until,
            subscriptions.c.state,
            is_suppressed(list_id).label("suppressed"),
            is_suppressed(list_id, other_than=SuppressionReason.UNSUBSCRIBED).label("by_others"),
            evidence.label("evidence"),
        )
        .select_from(subscriptions.join(subscribers))
        .where(subscriptions.c.list_id == list_id)
        .order_by(subscriptions.c.subscriber_id)
        .execution_options(stream_results=True, yield_per=PAGE)
    )
    if chosen is not None:
        wanted = wanted.where(chosen)
    for row in conn.execute(wanted):
        yield _Exported(
            email=row.email,
            shown=address_from(row.email_key, row.email).shown,
            name=row.name,
            language=row.language,
            timezone=row.timezone,
            sections=row.sections,
            frequency=row.frequency,
            hour=row.hour,
            paused_until=row.paused_until,
            state=_state_word(row.state, suppressed=row.suppressed, by_others=row.by_others),
            consent=row.evidence or "",
            attributes=dict(row.attributes),
        )


def _state_word(state: str, *, suppressed: bool, by_others: bool) -> str:
    """The word the import understands; a reader's own no comes before ours, and is of this list alone."""
    if state == SubscriptionState.ENDED.value or (suppressed and not by_others):
        return "unsubscribed"
    return "suppressed" if suppressed else state


def _attribute_names(conn: Connection, list_id: int, chosen: ColumnElement[bool] | None) -> list[str]:
    wanted = (
        select(subscribers.c.attributes)
        .select_from(subscriptions.join(subscribers))
        .where(subscriptions.c.list_id == list_id)
        .execution_options(stream_results=True, yield_per=PAGE)
    )
    if chosen is not None:
        wanted = wanted.where(chosen)
    names: set[str] = set()
    for attributes in conn.execute(wanted).scalars():
        names.update(attributes)
    return sorted(names - set(COLUMNS))
