"""Conditions of a segment as plain form fields: rows of what, how and value, to the typed tree and into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.render.words import Words
from subscribers.model import SubscriptionState
from subscribers.segments import (
    AllOf,
    AnyOf,
    AttributeIs,
    Compare,
    Happened,
    HasAttribute,
    LanguageIs,
    Moment,
    Not,
    Predicate,
    SegmentError,
    StateIs,
    TakesSection,
    TimezoneIs,
)

ROWS = 4
"""Conditions of one form; whoever needs more writes the tree for `digest segments save`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One condition as it stands in the form."""

    what: str = ""
    value: str = ""
    other: bool = False
    """Whoever it does not hold for."""


def titles(words: Words) -> dict[str, str]:
    """What can be asked for, with what its value is."""
    return {
        "state": words.say("state is (active, pending, ended)"),
        "language": words.say("language is (such as fr, or fr de)"),
        "timezone": words.say("time zone is (such as Europe/Paris)"),
        "section": words.say("takes section (its slug)"),
        "has": words.say("has attribute (its name)"),
        "attribute": words.say("attribute is (name=value)"),
        "opened": words.say("opened within days (a number)"),
        "clicked": words.say("pressed a link within days (a number)"),
        "since": words.say("in this state for at most days (a number)"),
    }


def predicate_of(rows: tuple[Row, ...], *, any_of: bool) -> Predicate:
    """The typed tree; only active subscriptions unless a row names the state. Raises SegmentError for a bad value."""
    parts = tuple(_one(row) for row in rows if row.what)
    if not parts:
        raise SegmentError("choose at least one condition")
    chosen: Predicate = AnyOf(of=parts) if any_of else AllOf(of=parts)
    if any(row.what == "state" for row in rows):
        return chosen
    active = StateIs(states=frozenset({SubscriptionState.ACTIVE}))
    return AllOf(of=(active, chosen) if any_of else (active, *parts))


def _one(row: Row) -> Predicate:
    make = _MAKE.get(row.what)
    if make is None:
        raise SegmentError(f"{row.what!r} is no condition")
    if not row.value:
        raise SegmentError("a condition needs its value")
    made = make(row.value)
    return Not(of=made) if row.other else made


def _state(value: str) -> Predicate:
    try:
        return StateIs(states=frozenset(SubscriptionState(one) for one in value.lower().split()))
    except ValueError:
        raise SegmentError(f"{value!r} is no state: use active, pending or ended") from None


def _attribute(value: str) -> Predicate:
    name, parted, wanted = value.partition("=")
    if not parted:
        raise SegmentError(f"{value!r}: write it as name=value")
    wanted = wanted.strip()
    typed: str | float | bool = {"yes": True, "no": False}.get(wanted.lower(), wanted)
    if isinstance(typed, str):
        try:
            typed = float(wanted)
        except ValueError:
            typed = wanted
    return AttributeIs(name=name.strip(), compare=Compare.EQUAL, value=typed)


def _within(moment: Moment) -> Callable[[str], Predicate]:
    def make(value: str) -> Predicate:
        if not value.isdecimal() or len(value) > 6:
            raise SegmentError(f"{value!r} is no number of days")
        return Happened(moment=moment, within_days=int(value))

    return make


_MAKE: dict[str, Callable[[str], Predicate]] = {
    "state": _state,
    "language": lambda value: LanguageIs(languages=frozenset(value.split())),
    "timezone": lambda value: TimezoneIs(timezones=frozenset(value.split())),
    "section": lambda value: TakesSection(section=value),
    "has": lambda value: HasAttribute(name=value),
    "attribute": _attribute,
    "opened": _within(Moment.OPENED),
    "clicked": _within(Moment.CLICKED),
    "since": _within(Moment.SINCE),
}
