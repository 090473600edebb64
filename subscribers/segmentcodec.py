"""Segments as JSON: what is stored under a segment's name, and what an API takes; strict in what it reads.

{"all": [{"state": ["active"]}, {"section": "asia"}, {"not": {"attribute": "plan", "is": "=", "value": "gift"}}]}
{"any": [{"when": "opened", "within_days": 30}, {"when": "since", "from": "2026-01-01", "before": "2026-02-01"}]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

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

_EMPTY = {
    "all": 'holds no condition, which is everybody on the list: give one, such as {"state": ["active"]}',
    "any": "holds no condition, which is nobody: give at least one",
}

DEEPEST = 12
"""How deep predicates may be nested."""

LARGEST = 200
"""How many predicates one segment may hold."""


def to_json(predicate: Predicate) -> dict[str, Any]:
    """The predicate as an object that `json.dumps` takes; lists are sorted, so equal trees are equal text."""
    match predicate:
        case StateIs(states=states):
            return {"state": sorted(state.value for state in states)}
        case LanguageIs(languages=languages):
            return {"language": sorted(languages)}
        case TimezoneIs(timezones=timezones):
            return {"timezone": sorted(timezones)}
        case TakesSection(section=section):
            return {"section": section}
        case OnList(list=slug):
            return {"list": slug}
        case HasAttribute(name=name):
            return {"has": name}
        case AttributeIs(name=name, compare=compare, value=value):
            return {"attribute": name, "is": compare.value, "value": value}
        case Happened():
            return _happened_to_json(predicate)
        case AllOf(of=parts):
            return {"all": [to_json(part) for part in parts]}
        case AnyOf(of=parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(of=part):
            return {"not": to_json(part)}


def from_json(tree: object, *, stored: bool = False) -> Predicate:
    """Read what `to_json` writes. Raises SegmentError naming the place, as in `all[2].not: ...`.

    A list of nothing is refused: it is everybody or nobody by accident. What is `stored` since older times is read.
    """
    return _Reader(stored=stored).read(tree, "", 1)


class _Reader:
    """One reading, which counts what it has seen so that a hostile tree ends early."""

    def __init__(self, *, stored: bool) -> None:
        self._seen = 0
        self._stored = stored

    def read(self, tree: object, place: str, depth: int) -> Predicate:
        self._seen += 1
        if depth > DEEPEST or self._seen > LARGEST:
            raise SegmentError(f"a segment may be {DEEPEST} deep and hold {LARGEST} predicates")
        if not isinstance(tree, Mapping) or not tree:
            raise _wrong(place, 'expected an object such as {"state": ["active"]}')
        kind = next(iter(tree))
        if set(tree) == {"attribute", "is", "value"}:
            return self._attribute(tree, place)
        if "when" in tree and set(tree) <= {"when", "from", "before", "within_days"}:
            return self._happened(tree, place)
        if len(tree) != 1 or kind not in set(_LEAVES) | {"all", "any", "not"}:
            known = ", ".join(sorted(set(_LEAVES) | {"all", "any", "not", "attribute", "when"}))
            raise _wrong(place, f"unknown predicate {', '.join(map(str, tree))[:60]!r}: use one of {known}")
        return self._branch_or_leaf(str(kind), tree[kind], f"{place}.{kind}".lstrip("."), depth)

    def _branch_or_leaf(self, kind: str, value: object, place: str, depth: int) -> Predicate:
        if kind == "not":
            return Not(of=self.read(value, place, depth + 1))
        if value == [] and not self._stored:
            raise _wrong(place, _EMPTY.get(kind, "names none: give at least one"))
        if kind in _LEAVES:
            try:
                return _LEAVES[kind](value)
            except (SegmentError, TypeError, ValueError) as error:
                raise _wrong(place, str(error)) from None
        if not isinstance(value, list):
            raise _wrong(place, "expected a list of predicates")
        parts = tuple(self.read(part, f"{place}[{n}]", depth + 1) for n, part in enumerate(value))
        return AllOf(of=parts) if kind == "all" else AnyOf(of=parts)

    def _attribute(self, tree: Mapping[Any, Any], place: str) -> Predicate:
        try:
            value = tree["value"]
            if not isinstance(value, str | int | float):
                raise SegmentError("the value must be text, a number, true or false")
            return AttributeIs(name=_word(tree["attribute"]), compare=Compare(tree["is"]), value=value)
        except (SegmentError, TypeError, ValueError) as error:
            raise _wrong(place or "attribute", str(error)) from None

    def _happened(self, tree: Mapping[Any, Any], place: str) -> Predicate:
        try:
            within = tree.get("within_days")
            if within is not None and (isinstance(within, bool) or not isinstance(within, int)):
                raise SegmentError("within_days must be a whole number")
            return Happened(
                moment=Moment(tree["when"]),
                first=_day(tree.get("from")),
                before=_day(tree.get("before")),
                within_days=within,
            )
        except (SegmentError, TypeError, ValueError) as error:
            raise _wrong(place or "when", str(error)) from None


def _happened_to_json(predicate: Happened) -> dict[str, Any]:
    days = {"from": predicate.first, "before": predicate.before}
    return {
        "when": predicate.moment.value,
        **{word: day.isoformat() for word, day in days.items() if day is not None},
        **({} if predicate.within_days is None else {"within_days": predicate.within_days}),
    }


def _day(value: object) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise SegmentError("a day is written as 2026-11-22")
    return date.fromisoformat(value)


def _wrong(place: str, why: str) -> SegmentError:
    return SegmentError(f"{place or 'segment'}: {why}")


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise SegmentError("expected text")
    return value


def _words(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise SegmentError("expected a list of texts")
    return frozenset(_word(word) for word in value)


_LEAVES: Mapping[str, Callable[[object], Predicate]] = {
    "state": lambda value: StateIs(states=frozenset(SubscriptionState(word) for word in _words(value))),
    "language": lambda value: LanguageIs(languages=_words(value)),
    "timezone": lambda value: TimezoneIs(timezones=_words(value)),
    "section": lambda value: TakesSection(section=_word(value)),
    "list": lambda value: OnList(list=_word(value)),
    "has": lambda value: HasAttribute(name=_word(value)),
}
