"""Segments: who, as data. A small tree of typed predicates over one reader and one subscription.

The same tree is evaluated in two places, and a test holds them together: `matches` here, over facts, and
`subscribers.segmentsql` as a SQL expression. Both are two-valued: an attribute that is
absent, or of another type than the value asked for, simply does not match, so `Not` is an honest opposite.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from subscribers.model import (
    ATTRIBUTE_NAME,
    SLUG,
    UNWANTED,
    AttributeValue,
    Subscriber,
    SubscribersError,
    Subscription,
    SubscriptionState,
)

MOST_VALUES = 200
"""How many values one predicate may list."""

MOST_DAYS = 36_500
"""How many days a predicate may look back."""

_EXACT = 2**53  # beyond it, a whole number is not one double any more


class SegmentError(SubscribersError):
    """A segment that means nothing: an unknown kind, a wrong value, too deep or too large."""


class Compare(StrEnum):
    """How an attribute is compared with a value. Text is ordered by its Unicode code points."""

    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class Moment(StrEnum):
    """What can have happened to a reader, and when.

    SINCE is when the subscription came into its present state, JOINED the same where that is active, KNOWN when we
    first heard of the reader, CHOSEN when they last chose by their own hand. SENT is when the last mailing of this list
    was planned that had them in it and did not skip them; whoever sends mailings says so. OPENED and CLICKED are the
    last time on this list, as far as a provider told us and a machine is not known to have done it.
    """

    SINCE = "since"
    JOINED = "joined"
    KNOWN = "known"
    CHOSEN = "chosen"
    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a predicate may look at, for one reader on one list. `lists` are the slugs of those with an active one."""

    state: SubscriptionState
    language: str = ""
    timezone: str = ""
    sections: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue]
    moments: Mapping[Moment, datetime] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateIs:
    """The subscription is in one of these states."""

    states: frozenset[SubscriptionState]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIs:
    """The reader's language is one of these; the empty word is "the newsletter's own"."""

    languages: frozenset[str]

    def __post_init__(self) -> None:
        _check_words(self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimezoneIs:
    """The reader's time zone is one of these; the empty word is "the newsletter's own"."""

    timezones: frozenset[str]

    def __post_init__(self) -> None:
        _check_words(self.timezones)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakesSection:
    """The reader gets this section: chosen by name, or by having chosen none, which is all."""

    section: str

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.section):
            raise SegmentError(f"section {self.section!r} is no slug: use a-z, 0-9 and single hyphens")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnList:
    """The reader has an active subscription to the list called so; no one has to a list that is not there."""

    list: str

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.list):
            raise SegmentError(f"list {self.list!r} is no slug: use a-z, 0-9 and single hyphens")


@dataclass(frozen=True, slots=True, kw_only=True)
class HasAttribute:
    """The reader has this attribute, whatever its value."""

    name: str

    def __post_init__(self) -> None:
        _check_attribute(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeIs:
    """The reader's attribute has the value's type (text, number, yes/no) and compares so. Yes/no: only `=`."""

    name: str
    compare: Compare = Compare.EQUAL
    value: AttributeValue

    def __post_init__(self) -> None:
        _check_attribute(self.name)
        _check_value(self.value)
        if isinstance(self.value, bool) and self.compare is not Compare.EQUAL:
            raise SegmentError(f"attribute {self.name}: yes and no can only be compared with =")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """It happened: ever, or from the day `first` on, before the day `before` (both UTC), within so many days."""

    moment: Moment
    first: date | None = None
    before: date | None = None
    within_days: int | None = None

    def __post_init__(self) -> None:
        if self.within_days is not None and not 1 <= self.within_days <= MOST_DAYS:
            raise SegmentError(f"within {self.within_days} days: use 1 to {MOST_DAYS}")
        if self.within_days is not None and self.first is not None:
            raise SegmentError("use either a first day, or within so many days")

    def bounds(self, now: datetime | None) -> tuple[datetime | None, datetime | None]:
        """From that instant on, and before that one. Raises SegmentError where it needs `now` and has none."""
        start = _midnight(self.first)
        if self.within_days is not None:
            if now is None:
                raise SegmentError(f"{self.moment.value} within {self.within_days} days: say what time it is")
            start = now - timedelta(days=self.within_days)
        return start, _midnight(self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every one of these; with none, everybody."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one of these; with none, nobody."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Everybody whom `of` does not match."""

    of: Predicate


Predicate = (
    StateIs
    | LanguageIs
    | TimezoneIs
    | TakesSection
    | OnList
    | HasAttribute
    | AttributeIs
    | Happened
    | AllOf
    | AnyOf
    | Not
)

ORDER: Mapping[Compare, Callable[[Any, Any], Any]] = {
    Compare.EQUAL: operator.eq,
    Compare.LESS: operator.lt,
    Compare.LESS_OR_EQUAL: operator.le,
    Compare.GREATER: operator.gt,
    Compare.GREATER_OR_EQUAL: operator.ge,
}
"""What each comparison does, over values and over SQL."""


def facts_of(
    reader: Subscriber,
    subscription: Subscription,
    engagement: Mapping[Moment, datetime] | None = None,
    on_lists: Collection[str] = (),
) -> Facts:
    """What a predicate sees of a stored reader; `on_lists` are the slugs of the lists with an active subscription."""
    moments = {Moment.SINCE: subscription.since, Moment.KNOWN: reader.created_at}
    if subscription.state is SubscriptionState.ACTIVE:
        moments[Moment.JOINED] = subscription.since
    if reader.chosen_at is not None:
        moments[Moment.CHOSEN] = reader.chosen_at
    return Facts(
        state=subscription.state,
        language=reader.language,
        timezone=reader.timezone,
        sections=subscription.preferences.sections,
        attributes=reader.attributes,
        moments={**moments, **(engagement or {})},
        lists=frozenset(on_lists),
    )


def matches(predicate: Predicate, facts: Facts, now: datetime | None = None) -> bool:
    """Whether the predicate is true of these facts; `now` for what is counted back from today."""
    match predicate:
        case StateIs(states=states):
            return facts.state in states
        case LanguageIs(languages=languages):
            return facts.language in languages
        case TimezoneIs(timezones=timezones):
            return facts.timezone in timezones
        case TakesSection(section=section):
            return not facts.sections or section in facts.sections
        case OnList(list=slug):
            return slug in facts.lists
        case HasAttribute(name=name):
            return name in facts.attributes
        case AttributeIs():
            return _attribute_matches(predicate, facts.attributes)
        case Happened():
            return _happened(predicate, facts.moments.get(predicate.moment), now)
        case AllOf(of=parts):
            return all(matches(part, facts, now) for part in parts)
        case AnyOf(of=parts):
            return any(matches(part, facts, now) for part in parts)
        case Not(of=part):
            return not matches(part, facts, now)


def _happened(predicate: Happened, at: datetime | None, now: datetime | None) -> bool:
    start, end = predicate.bounds(now)
    return at is not None and (start is None or at >= start) and (end is None or at < end)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _attribute_matches(predicate: AttributeIs, attributes: Mapping[str, AttributeValue]) -> bool:
    stored = attributes.get(predicate.name)
    if stored is None or _kind(stored) is not _kind(predicate.value):
        return False
    return bool(ORDER[predicate.compare](stored, predicate.value))


def _kind(value: AttributeValue) -> type[Any]:
    """Text, yes/no or number: a whole number and a fraction are one kind, yes is not the number one."""
    if isinstance(value, bool):
        return bool
    return str if isinstance(value, str) else float


def _check_words(words: frozenset[str]) -> None:
    if len(words) > MOST_VALUES:
        raise SegmentError(f"{len(words)} values in one predicate: at most {MOST_VALUES}")
    if any(UNWANTED.search(word) for word in words):
        raise SegmentError("a value has a control character in it")


def _check_attribute(name: str) -> None:
    if not ATTRIBUTE_NAME.fullmatch(name):
        raise SegmentError(f"attribute {name!r}: use a-z, 0-9 and _, up to 40, a letter first")


def _check_value(value: AttributeValue) -> None:
    if isinstance(value, str):
        if UNWANTED.search(value):
            raise SegmentError("a value has a control character in it")
    # In this order: an integer of 400 digits is no float at all.
    elif abs(value) > _EXACT or not math.isfinite(value):
        raise SegmentError("the number is out of range: use -2^53 to 2^53")
