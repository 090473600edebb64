"""Segments in the database: the tree of predicates as one SQL expression, and how many it holds.

Values are only ever bound parameters. The expression is two-valued, as `segments.matches` is; a test compares them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from subscribers.jsoncolumn import json_flag, json_has, json_is, json_number, json_text
from subscribers.model import AttributeValue, SubscriptionState
from subscribers.segments import (
    ORDER,
    AllOf,
    AnyOf,
    AttributeIs,
    Compare,
    Happened,
    HasAttribute,
    LanguageIs,
    Moment,
    Not,
    OnList,
    Predicate,
    SegmentError,
    StateIs,
    TakesSection,
    TimezoneIs,
)
from subscribers.tables import engagements, lists, subscribers, subscriptions


class SentTo(Protocol):
    """What was sent to whom is known to whoever sends mailings, not here."""

    def __call__(
        self, reader: ColumnElement[int], list_id: int, first: datetime | None, before: datetime | None
    ) -> ColumnElement[bool]:
        """SQL: the last mailing of the list to that reader was planned from `first` on, before `before`; never NULL."""


def where(
    predicate: Predicate, list_id: int, now: datetime | None = None, *, sent: SentTo | None = None
) -> ColumnElement[bool]:
    """The predicate as SQL over the `subscriptions` of this list joined with `subscribers`.

    Raises SegmentError where it looks back and has no `now`, or asks what was sent and nobody says so.
    """
    match predicate:
        case StateIs(states=states):
            return subscriptions.c.state.in_(sorted(state.value for state in states))
        case LanguageIs(languages=languages):
            return subscribers.c.language.in_(sorted(languages))
        case TimezoneIs(timezones=timezones):
            return subscribers.c.timezone.in_(sorted(timezones))
        case TakesSection(section=section):
            stored = type_coerce(subscriptions.c.sections, Text)
            return or_(stored == "", stored.contains(f"|{section}|", autoescape=True))
        case OnList(list=slug):
            return subscriptions.c.subscriber_id.in_(_active_on(slug))
        case HasAttribute(name=name):
            return json_has(subscribers.c.attributes, name)
        case AttributeIs():
            return _attribute_where(predicate)
        case Happened():
            return _happened_where(predicate, list_id, now, sent)
        case AllOf(of=parts):
            return and_(true(), *(where(part, list_id, now, sent=sent) for part in parts))
        case AnyOf(of=parts):
            return or_(false(), *(where(part, list_id, now, sent=sent) for part in parts))
        case Not(of=part):
            return not_(where(part, list_id, now, sent=sent))


def _active_on(slug: str) -> Select[tuple[int]]:
    other = subscriptions.alias()
    named = select(lists.c.id).where(lists.c.slug == slug).scalar_subquery()
    return select(other.c.subscriber_id).where(
        other.c.list_id == named, other.c.state == SubscriptionState.ACTIVE.value
    )


def count_segment(
    conn: Connection, list_id: int, predicate: Predicate, now: datetime | None = None, *, sent: SentTo | None = None
) -> int:
    """How many subscriptions of the list, in any state unless the predicate says, the segment holds."""
    if conn.dialect.name == "postgresql":
        # The join of a million with a million in one piece instead of four on the disk; until the transaction ends.
        conn.exec_driver_sql("SET LOCAL work_mem = '64MB'")
    source: FromClause = subscriptions
    if _looks_at_readers(predicate):
        source = subscriptions.join(subscribers)
    return conn.execute(
        select(func.count())
        .select_from(source)
        .where(subscriptions.c.list_id == list_id, where(predicate, list_id, now, sent=sent))
    ).scalar_one()


def _looks_at_readers(predicate: Predicate) -> bool:
    """Whether the table of readers is needed: reading two million rows costs twice as much as one."""
    match predicate:
        case StateIs() | TakesSection() | OnList():
            return False
        case Happened(moment=moment):
            return moment in (Moment.KNOWN, Moment.CHOSEN)
        case AllOf(of=parts) | AnyOf(of=parts):
            return any(_looks_at_readers(part) for part in parts)
        case Not(of=part):
            return _looks_at_readers(part)
        case _:
            return True


def _happened_where(
    predicate: Happened, list_id: int, now: datetime | None, sent: SentTo | None
) -> ColumnElement[bool]:
    start, end = predicate.bounds(now)
    if predicate.moment is Moment.SENT:
        if sent is None:
            raise SegmentError("sent: what was sent to whom is not known here")
        return sent(subscriptions.c.subscriber_id, list_id, start, end)
    column = {
        Moment.SINCE: subscriptions.c.since,
        Moment.JOINED: subscriptions.c.since,
        Moment.KNOWN: subscribers.c.created_at,
        Moment.CHOSEN: subscribers.c.chosen_at,
        Moment.OPENED: engagements.c.opened_at,
        Moment.CLICKED: engagements.c.clicked_at,
    }[predicate.moment]
    within: list[ColumnElement[bool]] = [column.is_not(None)]
    within += [column >= start] if start is not None else []
    within += [column < end] if end is not None else []
    within += [subscriptions.c.state == SubscriptionState.ACTIVE.value] if predicate.moment is Moment.JOINED else []
    if predicate.moment not in (Moment.OPENED, Moment.CLICKED):
        return and_(*within)
    return subscriptions.c.subscriber_id.in_(
        select(engagements.c.subscriber_id).where(engagements.c.list_id == list_id, *within)
    )


def _attribute_where(predicate: AttributeIs) -> ColumnElement[bool]:
    stored: ColumnElement[Any]
    value: AttributeValue = predicate.value
    if isinstance(value, bool):
        stored = json_flag(subscribers.c.attributes, predicate.name)
        return func.coalesce(stored if value else not_(stored), false())
    if isinstance(value, str) and predicate.compare is Compare.EQUAL:
        return json_is(subscribers.c.attributes, predicate.name, value)
    if isinstance(value, str):
        stored = json_text(subscribers.c.attributes, predicate.name)
    else:
        stored, value = json_number(subscribers.c.attributes, predicate.name), float(value)
    return func.coalesce(ORDER[predicate.compare](stored, value), false())
