"""Everybody on a list as a mailing sees them: one by one in reader order, or by what they have in common."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    select,
    text,
    type_coerce,
)

from subscribers.model import AudienceGroup, Blocked, Candidate, Frequency, SubscriptionState
from subscribers.store import PAGE
from subscribers.suppression import any_domain, blocked_reason
from subscribers.tables import subscribers, subscriptions


def candidates(conn: Connection, list_id: int, on: date) -> Iterator[Candidate]:
    """Every active subscription of the list in reader order, each with the gate's answer for that date.

    One streamed query in constant memory: read it to the end within the transaction it began in.
    """
    wanted = (
        select(
            subscribers.c.id,
            subscribers.c.email_key,
            subscribers.c.name,
            subscribers.c.language,
            subscribers.c.timezone,
            subscriptions.c.hour,
            subscriptions.c.sections,
            subscriptions.c.frequency,
            subscriptions.c.text_only,
            subscriptions.c.tracking_off,
            subscriptions.c.paused_until,
            subscribers.c.link_version,
            blocked_reason(list_id, on).label("blocked"),
        )
        .select_from(subscriptions.join(subscribers))
        .where(
            subscriptions.c.list_id == list_id,
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
        )
        .order_by(subscriptions.c.subscriber_id)
        .execution_options(stream_results=True, yield_per=PAGE)
    )
    for row in conn.execute(wanted):
        yield Candidate(
            subscriber_id=row[0],
            email=row[1],
            name=row[2],
            language=row[3],
            timezone=row[4],
            hour=row[5],
            sections=row[6],
            frequency=_FREQUENCIES[row[7]],
            text_only=row[8],
            tracking_off=row[9],
            paused_until=row[10],
            link_version=row[11],
            blocked=_BLOCKED[row[12]],
        )


def audience_groups(conn: Connection, list_id: int, on: date) -> list[AudienceGroup]:
    """The same as `candidates`, by what readers have in common: eight bytes for a reader, a million in seconds.

    The database joins what they are told apart by into one text, so that Python looks at two values of a row.
    """
    parts = (
        subscribers.c.language,
        subscribers.c.timezone,
        func.coalesce(cast(subscriptions.c.hour, String), literal("")),
        type_coerce(subscriptions.c.sections, String),
        case((subscriptions.c.text_only, literal("1")), else_=literal("")),
        case((subscriptions.c.tracking_off, literal("1")), else_=literal("")),
        func.coalesce(blocked_reason(list_id, on, domains=any_domain(conn)), literal("")),
    )
    likeness: ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        likeness = likeness + literal(_UNIT) + part
    wanted = (
        select(subscribers.c.id, likeness.label("likeness"))
        .select_from(subscriptions.join(subscribers))
        .where(
            subscriptions.c.list_id == list_id,
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
        )
        .order_by(subscriptions.c.subscriber_id)
    )
    found = _gathered(conn, wanted) if conn.dialect.name == "postgresql" else _streamed(conn, wanted)
    return [_audience_group(alike, ids) for alike, ids in sorted(found.items())]


def _streamed(conn: Connection, wanted: Select[tuple[int, str]]) -> dict[str, array[int]]:
    found: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    with closing(conn.execute(wanted)) as rows:
        # The driver's own rows: to make one of the toolkit's of each of a million took most of a second.
        driver: Any = rows.cursor
        for reader, alike in driver:
            found[alike].append(reader)
    return found


def _gathered(conn: Connection, wanted: Select[tuple[int, str]]) -> dict[str, array[int]]:
    """The ids of all who are alike as one value, eight bytes for each, half a million of ids at a time.

    No reader is a row on the way: that took as long as to look at them.
    """
    last = conn.scalar(select(func.max(subscribers.c.id))) or 0
    # It would compile every one of the questions for longer than it takes to answer it.
    conn.execute(text("SET LOCAL jit = off"))
    found: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    for first in range(0, last + 1, _IDS):
        of_page = [
            column.between(first, first + _IDS - 1) for column in (subscriptions.c.subscriber_id, subscribers.c.id)
        ]
        one = wanted.where(*of_page).subquery()
        ids = func.string_agg(func.int8send(one.c.id), literal(b"", LargeBinary)).label("ids")
        for alike, packed in conn.execute(select(one.c.likeness, ids).group_by(one.c.likeness)):
            part = array("q", packed)
            if sys.byteorder == "little":
                part.byteswap()
            # They come in this order already, which nothing promises: looking takes less than a sort on the server.
            found[alike].extend(sorted(part))
    return found


_IDS = 500_000
"""Of one question: bounds what the server and the driver hold of it."""


_UNIT = "\x1f"
"""Parts what a group has in common; no language, zone or slug holds it."""


def _audience_group(alike: str, ids: array[int]) -> AudienceGroup:
    # From the right: only the first two are words that somebody wrote.
    words, hour, sections, text_only, tracking_off, blocked = alike.rsplit(_UNIT, 5)
    language, _, timezone = words.partition(_UNIT)
    return AudienceGroup(
        language=language,
        timezone=timezone,
        hour=int(hour) if hour else None,
        sections=tuple(sections[1:-1].split("|")) if sections else (),
        text_only=bool(text_only),
        tracking_off=bool(tracking_off),
        blocked=_BLOCKED[blocked or None],
        readers=ids,
    )


_FREQUENCIES = {f.value: f for f in Frequency}
_BLOCKED: dict[str | None, Blocked | None] = {None: None} | {b.value: b for b in Blocked}
