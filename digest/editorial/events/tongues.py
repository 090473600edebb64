"""Events told in several languages, joined where names, numbers and dates agree; only if a newsletter asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from digest.editorial.text.doc import OPENING
from digest.editorial.text.languages import UNKNOWN
from digest.editorial.text.spellings import one_way
from digest.editorial.text.words import names_with_title, numbers
from digest.model.event import Event

LEAST_NAMES = 1
LEAST_NUMBERS = 1
"""What two events must share; measured by `python -m benchmarks.languages`, with the reasons in docs/why/events.md."""
NEAR = timedelta(hours=24)
_SHARE = 0.05
"""A name or number in more of the events than this tells no two of them apart: a month, a warring country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """What an event is known by in every language."""

    names: frozenset[str]
    numbers: frozenset[str]


def joined(events: Sequence[Event], language: str) -> tuple[Event, ...]:
    """The events, those of other languages joined to that of `language` with which they agree most.

    Only names of four letters and more and numbers of two digits and more count, years left out, and of these only
    rare ones. What agrees with none stays an event of its own.
    """
    home = [event for event in events if event.lead.language in (language, UNKNOWN)]
    abroad = [event for event in events if event.lead.language not in (language, UNKNOWN)]
    if not home or not abroad:
        return tuple(events)
    known = {event.id: _marks(event) for event in events}
    common = _common([known[event.id] for event in home])
    guests: dict[str, list[Event]] = {}
    alone = []
    for event in sorted(abroad, key=lambda one: one.id):
        host = _host(event, home, known, common)
        if host is None:
            alone.append(event)
        else:
            guests.setdefault(host.id, []).append(event)
    made = [_with(event, guests.get(event.id, [])) for event in home]
    return tuple(sorted((*made, *alone), key=lambda event: (event.first_seen, event.id)))


def _host(event: Event, home: Sequence[Event], known: dict[str, _Marks], common: frozenset[str]) -> Event | None:
    """The event of the newsletter's language that it agrees with most, if any."""
    own = known[event.id]
    best: tuple[int, str] | None = None
    found: Event | None = None
    for other in home:
        theirs = known[other.id]
        shared_names = (own.names & theirs.names) - common
        shared_numbers = (own.numbers & theirs.numbers) - common
        if len(shared_names) < LEAST_NAMES or len(shared_numbers) < LEAST_NUMBERS or not _near(event, other):
            continue
        worth = (len(shared_names) + len(shared_numbers), other.id)
        if best is None or worth > best:
            best, found = worth, other
    return found


def _marks(event: Event) -> _Marks:
    texts = [(story.headline, f"{story.standfirst} {story.text[:OPENING]}") for story in event.stories]
    names = frozenset(one_way(name) for title, text in texts for name in names_with_title(title, text) if len(name) > 3)
    said = frozenset(number for title, text in texts for number in numbers(f"{title} {text}"))
    return _Marks(names=names, numbers=frozenset(number for number in said if _tells(number)))


def _tells(number: str) -> bool:
    is_year = len(number) == 4 and number.isdigit() and 1900 <= int(number) <= 2100
    return len(number.replace(".", "")) > 1 and not is_year


def _common(marks: Sequence[_Marks]) -> frozenset[str]:
    spread = Counter(mark for one in marks for mark in one.names | one.numbers)
    most = max(2, _SHARE * len(marks))
    return frozenset(mark for mark, times in spread.items() if times > most)


def _near(event: Event, other: Event) -> bool:
    return any(abs(one.published_at - two.published_at) <= NEAR for one in event.stories for two in other.stories)


def _with(event: Event, guests: Sequence[Event]) -> Event:
    """The event with the guests' stories behind its own; its lead and its name stay."""
    if not guests:
        return event
    stories = tuple(story for guest in guests for story in guest.stories)
    copies = frozenset(copy for guest in guests for copy in guest.copies)
    return replace(event, stories=(*event.stories, *stories), copies=event.copies | copies)
