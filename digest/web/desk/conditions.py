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
    OnList,
    Predicate,
    SegmentError,
    StateIs,
    TakesSection,
    TimezoneIs,
)

ROWS = 6
"""Conditions of one form; whoever needs more writes the tree for `digest segments save`."""
GROUPS = ("1", "2", "3")
"""Conditions of one group are joined one way, the groups the other way: two levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One condition as it stands in the form."""

    what: str = ""
    value: str = ""
    other: bool = False
    """Whoever it does not hold for."""
    group: str = GROUPS[0]


_ACTIVE = StateIs(states=frozenset({SubscriptionState.ACTIVE}))


def titles(words: Words) -> dict[str, str]:
    """What can be asked for, with what its value is."""
    return {
        "state": words.say("state is (active, pending, ended)"),
        "language": words.say("language is (such as fr, or fr de)"),
        "timezone": words.say("time zone is (such as Europe/Paris)"),
        "section": words.say("takes section (its slug)"),
        "list": words.say("also gets the list (its slug)"),
        "has": words.say("has attribute (its name)"),
        "attribute": words.say("attribute is (name=value)"),
        "opened": words.say("opened within days (a number)"),
        "clicked": words.say("pressed a link within days (a number)"),
        "sent": words.say("was sent an edition within days (a number)"),
        "joined": words.say("joined within days (a number)"),
        "since": words.say("in this state for at most days (a number)"),
    }


def predicate_of(rows: tuple[Row, ...], *, any_of: bool) -> Predicate:
    """The typed tree; only active subscriptions unless a row names the state. Raises SegmentError for a bad value."""
    grouped = [tuple(_one(row) for row in rows if row.what and row.group == group) for group in GROUPS]
    groups = [parts for parts in grouped if parts]
    if not groups:
        raise SegmentError("choose at least one condition")
    if len(groups) > 1:
        inner = tuple(_joined(parts, any_of=any_of) for parts in groups)
        chosen, parts = _joined(inner, any_of=not any_of), inner
        any_of = not any_of
    else:
        chosen, parts = (AnyOf(of=groups[0]) if any_of else AllOf(of=groups[0])), groups[0]
    if any(row.what == "state" for row in rows):
        return chosen
    return AllOf(of=(_ACTIVE, chosen) if any_of else (_ACTIVE, *parts))


def _joined(parts: tuple[Predicate, ...], *, any_of: bool) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    return AnyOf(of=parts) if any_of else AllOf(of=parts)


def rows_of(predicate: Predicate) -> tuple[tuple[Row, ...], bool] | None:
    """(rows, any_of) that make this tree again; None where it is deeper, or says what no row can."""
    parts = predicate.of if isinstance(predicate, AllOf) else (predicate,)
    named = [one for one in parts if one != _ACTIVE]
    # Only active ones: the form says so by naming no state.
    inner: Predicate = AllOf(of=tuple(named)) if len(named) != 1 else named[0]
    for any_of in (False, True):
        groups = inner.of if isinstance(inner, AnyOf if not any_of else AllOf) else (inner,)
        found: list[Row] = []
        for group, one in zip(GROUPS, groups, strict=False):
            leaves = one.of if isinstance(one, AnyOf if any_of else AllOf) else (one,)
            found += [row for leaf in leaves if (row := _row(leaf, group)) is not None]
        rows = tuple(found)
        if rows and len(rows) <= ROWS and predicate_of(rows, any_of=any_of) == predicate:
            return rows, any_of
    return None


def _row(leaf: Predicate, group: str) -> Row | None:
    other = isinstance(leaf, Not)
    asked = leaf.of if isinstance(leaf, Not) else leaf
    match asked:
        case StateIs(states=states):
            what, value = "state", " ".join(sorted(one.value for one in states))
        case LanguageIs(languages=languages):
            what, value = "language", " ".join(sorted(languages))
        case TimezoneIs(timezones=timezones):
            what, value = "timezone", " ".join(sorted(timezones))
        case TakesSection(section=section):
            what, value = "section", section
        case OnList(list=slug):
            what, value = "list", slug
        case HasAttribute(name=name):
            what, value = "has", name
        case AttributeIs(name=name, compare=Compare.EQUAL, value=wanted):
            shown = {True: "yes", False: "no"}[wanted] if isinstance(wanted, bool) else str(wanted)
            what, value = "attribute", f"{name}={shown}"
        case Happened(moment=moment, within_days=int(days), before=None) if moment.value in _MAKE:
            what, value = moment.value, str(days)
        case _:
            return None
    return Row(what=what, value=value, other=other, group=group)


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
    "list": lambda value: OnList(list=value),
    "has": lambda value: HasAttribute(name=value),
    "attribute": _attribute,
    "opened": _within(Moment.OPENED),
    "clicked": _within(Moment.CLICKED),
    "sent": _within(Moment.SENT),
    "joined": _within(Moment.JOINED),
    "since": _within(Moment.SINCE),
}
