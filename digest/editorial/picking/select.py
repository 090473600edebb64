"""Which of the ranked events are told, and why each of the others is not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.editorial.events.vectors import closeness
from digest.editorial.kinds.fillers import OPINION, filler_event
from digest.editorial.kinds.genres import is_opinion
from digest.editorial.picking.rank import counting
from digest.editorial.places.gazetteer import country_name
from digest.editorial.places.where import country_or_home
from digest.editorial.text.calendar import calendar
from digest.editorial.text.doc import opening_of
from digest.editorial.text.weighing import Floats
from digest.editorial.text.words import tokens
from digest.model.event import Event, Pick, Wish
from digest.model.newsletter import Newsletter

RUNNING_CUT = 0.20
"""Closeness from which two events belong to one running story."""
COMPARED = 1_000
"""Events from the top of the ranking that are looked at for it: each with each other one, and no edition is that long.
A day of 100,000 stories would ask for gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`chosen`, best first, the first is the lead; `briefs`: ids of those told in one line; the rest with why."""

    chosen: tuple[Pick, ...]
    briefs: frozenset[str]
    left_out: Mapping[str, str]


def select(picks: Sequence[Pick], newsletter: Newsletter, *, now: datetime | None = None) -> Selection:
    """Go down the ranking and take what the rules allow. A thin day gives fewer events, never filler.

    `now` (the cutoff) decides what is fresh; without it, freshness counts from the newest story there is.
    What an editor pinned is told as long as there is a place, whatever its age, country or running story. Of what one
    owner alone reports only so much is told, and of a series of its headlines that differ by a number or day one.
    What is no news at all (a crossword, a vacancy, an opinion) is not told unless an editor pinned or boosted it, or
    for an opinion the newsletter has a section.
    An event whose section is full, or that comes after the whole stories, is told in one line.
    """
    rules = newsletter.picking
    if now is None and picks:
        now = max(pick.event.last_published for pick in picks)
    hollow = {pick.event.id: said for pick in picks if not _asked_for(pick) and (said := _hollow(pick, newsletter))}
    wanted = [pick for pick in picks if pick.wish is not Wish.BAN and pick.event.id not in hollow]
    considered = [pick for pick in wanted if pick.score >= rules.threshold]
    near = _closeness(considered)
    left_out = {pick.event.id: "taken out by an editor" for pick in picks if pick.wish is Wish.BAN}
    left_out |= {event: f"{said}, and no news" for event, said in hollow.items() if event not in left_out}
    left_out |= {
        pick.event.id: f"score {pick.score:.2f} is below the threshold {rules.threshold:g}{_for_being(pick)}"
        for pick in wanted
        if pick.score < rules.threshold
    }
    shares = _Shares.of(considered, newsletter)
    table = _Table(newsletter)
    chosen: list[int] = []
    for place, pick in enumerate(considered):
        reason = _against(place, considered, chosen, near, newsletter, now) or shares.against(pick) or table.seat(pick)
        if reason:
            left_out[pick.event.id] = reason
        else:
            chosen.append(place)
            shares.take(pick)
    return Selection(
        chosen=tuple(considered[place] for place in chosen), briefs=frozenset(table.briefs), left_out=left_out
    )


def _hollow(pick: Pick, newsletter: Newsletter) -> str:
    """What the event is that is no news, in words; empty for news, and for an opinion that the newsletter wants."""
    said = filler_event(pick.event)
    asked = any(is_opinion("", name) for one in newsletter.sections for name in (one.slug, *one.match))
    return "" if said == OPINION and asked else said


def _for_being(pick: Pick) -> str:
    """What took most of its score away, in words; empty where nothing did."""
    worst = min(pick.parts, key=lambda part: part.value, default=None)
    return f": {worst.detail}" if worst is not None and worst.value < 0 else ""


def _asked_for(pick: Pick) -> bool:
    """An editor wants it told, whatever it is."""
    return pick.wish in (Wish.PIN, Wish.BOOST)


class _Shares:
    """How much of an edition one owner may fill with what nobody else reports."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._alone: Counter[str] = Counter()
        self._series: dict[tuple[str, ...], str] = {}

    @classmethod
    def of(cls, picks: Sequence[Pick], newsletter: Newsletter) -> _Shares:
        """The rule's number, or an equal share where so few owners report that it would leave places empty."""
        owners = {story.origin.owner for pick in picks for story in counting(pick.event)}
        rules = newsletter.picking
        return cls(max(rules.max_per_owner, math.ceil(rules.max_events / max(1, len(owners)))))

    def against(self, pick: Pick) -> str:
        """What speaks against telling it, in words."""
        owner = _sole_owner(pick.event)
        if not owner or pick.wish is Wish.PIN:
            return ""
        first = self._series.get(_series(pick.event, owner))
        if first is not None:
            return f"one of a series: {first!r} scores higher"
        if self._alone[owner] >= self._most:
            number = self._alone[owner]
            return f"{_events(number)} that {owner} alone reports {_score(number)} higher"
        return ""

    def take(self, pick: Pick) -> None:
        """It is told."""
        owner = _sole_owner(pick.event)
        if owner:
            self._alone[owner] += 1
            self._series.setdefault(_series(pick.event, owner), pick.event.lead.headline)


def _sole_owner(event: Event) -> str:
    """Who alone reports it; empty where several do."""
    owners = {story.origin.owner for story in counting(event)}
    return owners.pop() if len(owners) == 1 else ""


def _series(event: Event, owner: str) -> tuple[str, ...]:
    """What the headlines of a series share: all words but numbers, days and months."""
    empty = calendar(event.lead.language)
    words = tokens(event.lead.headline)
    return (owner, *(word for word in words if word[0] > "9" and word not in empty))


class _Table:
    """How many may be told: one lead, each section its own number, the rest in one line, and so many in all."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._rules = newsletter.picking
        self._room = {section.slug: section.max_stories for section in newsletter.sections}
        self._held: Counter[str] = Counter()
        self.briefs: set[str] = set()

    def seat(self, pick: Pick) -> str:
        """Give the event a place; otherwise say why there is none."""
        whole = max(1, self._rules.max_events - self._rules.briefs)
        taken = self._held.total()
        if not taken:
            self._held[""] += 1  # the lead stands outside of its section
            return ""
        if taken < whole and self._held[pick.section] < self._room.get(pick.section, whole):
            self._held[pick.section] += 1
            return ""
        if len(self.briefs) < self._rules.briefs:
            self.briefs.add(pick.event.id)
            return ""
        return "its section and the briefs are full with events that score higher"


def _closeness(picks: Sequence[Pick]) -> Floats:
    docs = [opening_of(pick.event.lead) for pick in picks[:COMPARED]]
    return closeness(docs, docs)


def _against(
    place: int, picks: Sequence[Pick], chosen: Sequence[int], near: Floats, newsletter: Newsletter,
    now: datetime | None,
) -> str:  # fmt: skip
    """What speaks against telling this event, in words; empty where nothing does."""
    rules, pick = newsletter.picking, picks[place]
    if len(chosen) >= rules.max_events:
        return f"the edition is full: {_events(rules.max_events)} {_score(rules.max_events)} higher"
    if pick.wish is Wish.PIN:
        return ""
    if now is not None and pick.event.last_published < now - timedelta(hours=rules.fresh_hours):
        return f"no report in the last {rules.fresh_hours} hours"
    running = [other for other in chosen if max(place, other) < len(near) and near[place, other] >= RUNNING_CUT]
    if len(running) >= rules.max_per_running_story:
        return f"{_events(len(running))} of the same running story {_score(len(running))} higher"
    country = country_or_home(pick.event)
    same = sum(country_or_home(picks[other].event) == country for other in chosen) if country else 0
    if same >= rules.max_per_country:
        name = country_name(country, newsletter.language) or country
        return f"{_events(same)} of {name} {_score(same)} higher"
    return ""


def _events(number: int) -> str:
    return f"{number} event{'' if number == 1 else 's'}"


def _score(number: int) -> str:
    return "scores" if number == 1 else "score"
