"""Which events matter: an additive score of named parts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from digest.editorial.events.vectors import closeness, told_apart
from digest.editorial.intake.addresses import article_key
from digest.editorial.kinds.facts import facts
from digest.editorial.kinds.fillers import filler
from digest.editorial.kinds.genres import explains, is_aside, is_opinion
from digest.editorial.kinds.harmless import without_harm
from digest.editorial.kinds.leisure import leisure
from digest.editorial.kinds.newswords import (
    BEAT_SECTIONS,
    HARD,
    SOFT,
    SOFT_SECTIONS,
    WORLD_SECTIONS,
)
from digest.editorial.kinds.obituaries import DEATHS, mourns
from digest.editorial.picking.sections import section_of
from digest.editorial.places.gazetteer import country_name
from digest.editorial.places.mentions import countries
from digest.editorial.text.doc import OPENING, Doc, opening_of
from digest.editorial.text.languages import UNKNOWN
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import numbers, tokens
from digest.model.event import Event, Part, Pick, Wish
from digest.model.newsletter import Newsletter
from digest.model.story import Story

SEEN_CUT = 0.2
"""Closeness to something told before from which an event counts as seen."""

_SHARES = {
    "soft": "sport, show or gadgets",
    "beat": "business, science or health",
    "thin": "without a text",
}
_SUBSTANCE = 4
"""Words of its own that a report needs beside its headline …"""
_WHOLE_SENTENCE = 9
"""… unless that has so many, without function words, and is a report by itself."""
_LOOK_AT = 600
PINNED = 20.0
"""What a pin adds to the score: more than all other parts together can come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """What this newsletter told its readers already: at which day, and from reports published and found until when.

    Without a `cutoff` whatever was published on that day counts as known.
    """

    headline: str
    text: str = ""
    date: date
    url: str = ""
    event: str = ""
    cutoff: datetime | None = None
    composed_at: datetime | None = None
    beside: str = ""
    """Headlines of the other reports of it that were at hand: what they say is nothing new, told or not."""

    def knew(self, story: Story) -> bool:
        """True where it was told with this story at hand."""
        if self.cutoff is None:
            return story.published_at.date() <= self.date
        return story.published_at < self.cutoff and story.first_seen <= (self.composed_at or self.cutoff)


def rank(
    events: Sequence[Event],
    *,
    newsletter: Newsletter,
    now: datetime,
    sent: Sequence[SentEvent] = (),
    today: date | None = None,
    wishes: Mapping[str, Wish] | None = None,
) -> tuple[Pick, ...]:
    """All events with their scores, best first; equal scores: the newer first, by what outlets state.

    `wishes` are an editor's, by story id: a story stays the same when events are formed anew.
    `today` is the day that "yesterday" is meant from, that of `now` in the newsletter's zone unless given.
    """
    day = today or now.astimezone(ZoneInfo(newsletter.zone)).date()
    seen = _seen_parts(events, newsletter, day, sent)
    picks = [
        _pick(event, counting(event), newsletter, day, seen.get(event.id), _wish(event, wishes or {}))
        for event in events
    ]
    return tuple(sorted(picks, key=lambda pick: (-pick.score, -_newest(pick.event), pick.event.id)))


def _newest(event: Event) -> float:
    """When it was told last; without a date, or with a future one, nothing is new for that alone."""
    return max((story.published_at.timestamp() for story in event.stories if story.is_dated), default=0.0)


def counting(event: Event) -> list[Story]:
    """The event's stories that count as coverage: no copies, no aggregators, beside news no filler."""
    stories = [story for story in event.stories if story.id not in event.copies and not story.origin.aggregator]
    return [story for story in stories if not filler(story)] or stories


def understood(event: Event) -> list[Story]:
    """Of these, the stories that whoever reads the lead can read."""
    language = event.lead.language
    return [story for story in counting(event) if UNKNOWN in (language, story.language) or story.language == language]


def overtaken(event: Event) -> frozenset[str]:
    """Ids of the event's stories that were told before one which corrects them; empty where none leads that does."""
    since = max((story.published_at for story in event.stories if story.corrects), default=None)
    if since is None:
        return frozenset()
    found = frozenset(story.id for story in event.stories if not story.corrects and story.published_at <= since)
    return frozenset() if event.lead.id in found else found


def _wish(event: Event, wishes: Mapping[str, Wish]) -> Wish | None:
    said = {wishes[story.id] for story in event.stories if story.id in wishes}
    return next((wish for wish in Wish if wish in said), None)


def _pick(
    event: Event, stories: list[Story], newsletter: Newsletter, day: date, seen: Part | None, wish: Wish | None
) -> Pick:
    seen = seen or _new(stories, newsletter, day)
    by_owner: dict[str, Story] = {}
    for story in stories:
        by_owner.setdefault(story.origin.owner, story)
    wires = {story.origin.owner: story.origin.outlet for story in reversed(stories) if story.origin.wire}
    weights = newsletter.weights
    found = [
        _coverage(len(by_owner), weights.coverage),
        _wires(len(wires), weights.wires),
        _world_section(event, stories, weights.section),
        _kind(event, stories, weights.kind),
        _country(event, weights.country),
        _soft(event, weights.soft),
        _beat(event, newsletter, weights.beat),
        _share("thin", [story for story in event.stories if _is_thin(story)], event, weights.thin),
        _lifted(seen) if seen and wish in (Wish.PIN, Wish.BOOST) else seen,
        _desk(wish, weights.boost),
    ]
    parts = tuple(part for part in found if part is not None)
    return Pick(
        event=event,
        score=round(sum(part.value for part in parts), 4),
        parts=parts,
        section=section_of(event, newsletter),
        outlets=tuple(story.origin.outlet for story in by_owner.values()),
        wires=tuple(sorted(wires.values())),
        wish=wish,
    )


def _desk(wish: Wish | None, weight: float) -> Part | None:
    match wish:
        case Wish.PIN:
            return Part(name="desk", value=PINNED, detail=f"pinned by an editor {PINNED:+.1f}")
        case Wish.BOOST:
            return Part(name="desk", value=weight, detail=f"boosted by an editor {weight:+.1f}")
        case Wish.BURY:
            return Part(name="desk", value=-weight, detail=f"buried by an editor {-weight:+.1f}")
        case _:
            return None


def _lifted(seen: Part) -> Part:
    """What an editor wants told again is not held back for having been told."""
    if not seen.value:
        return seen
    return Part(name="seen", value=0.0, detail=f"{seen.detail.rpartition(' ')[0]}, lifted by an editor")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _coverage(owners: int, weight: float) -> Part:
    return Part(name="coverage", value=round(weight * math.log1p(owners), 4), detail=_count(owners, "outlet"))


def _wires(number: int, weight: float) -> Part | None:
    if not number:
        return None
    return Part(name="wires", value=round(weight * math.log1p(number), 4), detail=_count(number, "wire"))


def _world_section(event: Event, stories: list[Story], weight: float) -> Part | None:
    """Where an outlet runs it in a world section, and not more of them file it under sport, business or science."""
    filed = [story.section.casefold() for story in stories] or [event.lead.section.casefold()]
    world = sum(section in WORLD_SECTIONS for section in filed)
    elsewhere = sum(section in SOFT_SECTIONS or section in BEAT_SECTIONS for section in filed)
    if not world or elsewhere > world:
        return None
    return Part(name="section", value=weight, detail="world section")


def _words_of(story: Story, table: dict[str, frozenset[str]]) -> tuple[str, ...]:
    return _words_in(story.headline, story.language, table is HARD)


# Asked some six times for each story of a day: room for a day of 100,000, of hard words and of soft ones.
@lru_cache(maxsize=262_144)
def _words_in(headline: str, language: str, hard: bool) -> tuple[str, ...]:
    table = HARD if hard else SOFT
    words = table.get(language) or table["en"]
    said, harmless = without_harm(headline) if hard else (headline, frozenset[str]())
    found = tuple(word for word in dict.fromkeys(tokens(said)) if word in words and word not in harmless)
    # One person of note who died is news by who it was, not by the word.
    return tuple(word for word in found if word not in DEATHS) if hard and mourns(headline) else found


def _kind(event: Event, stories: list[Story], weight: float) -> Part | None:
    """The share of headlines with words of hard news; nothing where more are soft, or fewer than a third have any."""
    stories = stories or list(event.stories)
    # What explains the news takes no share of it away.
    stories = [story for story in stories if not explains(story.headline)] or stories
    # Who gives an opinion on a war tells of none.
    telling = [story for story in stories if not is_opinion(story.headline, story.section, story.url)]
    hard = [story for story in telling if _words_of(story, HARD) and not _leisure(story)]
    said = Counter(word for story in hard for word in _words_of(story, HARD))
    if not said or len(hard) < sum(_is_soft(story) for story in stories) or 3 * len(hard) < len(stories):
        return None
    acronyms = {word.casefold(): word for story in event.stories for word in story.headline.split() if word.isupper()}
    top = [acronyms.get(word, word) for word in sorted(said, key=lambda word: (-said[word], word))[:2]]
    value = round(weight * len(hard) / len(stories), 4)
    return Part(name="kind", value=value, detail="hard news: " + ", ".join(top))


def _country(event: Event, weight: float) -> Part | None:
    """Where the lead names a country in its headline or first lines; not where most reports are soft."""
    lead = event.lead
    if not weight or 2 * sum(map(_is_soft, event.stories)) > len(event.stories):
        return None
    said = lead.text or lead.standfirst
    named = countries(f"{lead.headline}. {said[:_LOOK_AT]}", lead.language)
    if not named:
        return None
    most = max(named, key=lambda country: named[country])  # of equals the one named first
    return Part(name="country", value=weight, detail=f"names a country: {country_name(most, 'en')}")


def _soft(event: Event, weight: float) -> Part | None:
    soft = [story for story in event.stories if _is_soft(story)]
    said = next((does for story in soft if (does := _leisure(story))), "")
    return _share("soft", soft, event, weight, kind=f"advice or leisure ({said})" if said else "")


def _leisure(story: Story) -> str:
    return leisure(story.headline, story.language, hard=bool(_words_of(story, HARD)))


def _is_soft(story: Story) -> bool:
    if story.section.casefold() in SOFT_SECTIONS or _leisure(story):
        return True
    soft = _words_of(story, SOFT)
    return len(soft) >= 2 or (len(soft) == 1 and not _words_of(story, HARD))


def _beat(event: Event, newsletter: Newsletter, weight: float) -> Part | None:
    wanted = {name.casefold() for section in newsletter.sections for name in (section.slug, *section.match)}
    of_beat = [
        story
        for story in event.stories
        if story.section.casefold() in BEAT_SECTIONS and story.section.casefold() not in wanted
    ]
    return _share("beat", of_beat, event, weight)


def _is_thin(story: Story) -> bool:
    """It says hardly anything that its headline does not say, and that is short."""
    empty = stop_words(story.language)
    headline = frozenset(tokens(story.headline)) - empty
    said = frozenset(tokens(f"{story.standfirst} {story.text[:_LOOK_AT]}")) - empty
    return len(said - headline) < _SUBSTANCE and len(headline) < _WHOLE_SENTENCE


def _share(name: str, stories: Sequence[Story], event: Event, weight: float, *, kind: str = "") -> Part | None:
    if not stories or not weight:
        return None
    # Filler beside news fills no share.
    news = {story.id for story in event.stories if not filler(story)} or {story.id for story in event.stories}
    share = sum(story.id in news for story in stories) / len(news)
    if not share:
        return None
    kind = kind or _SHARES[name]
    return Part(name=name, value=round(weight * share, 4), detail=f"{share:.0%} {kind} {weight * share:+.1f}")


def _new(stories: list[Story], newsletter: Newsletter, today: date) -> Part | None:
    """Since when there are reports of what readers were never told of, by their clock. It adds nothing to the score."""
    if not stories:
        return None
    first = min(story.published_at for story in stories).astimezone(ZoneInfo(newsletter.zone))
    day = "" if first.date() == today else f"{day_in_words(first.date(), today)} "
    return Part(name="new", value=0.0, detail=f"new since {day}{first:%H:%M}")


def _seen_parts(
    events: Sequence[Event], newsletter: Newsletter, today: date, sent: Sequence[SentEvent]
) -> dict[str, Part]:
    if not events or not sent:
        return {}
    told = [Doc(title=earlier.headline, text=earlier.text[:OPENING], language=newsletter.language) for earlier in sent]
    leads = [opening_of(event.lead) for event in events]
    # Held back only for what is the same happening: a running story may be told on.
    near = np.where(told_apart(leads, told), 0.0, closeness(leads, told))
    found: dict[str, Part] = {}
    for place, event in enumerate(events):
        matching = [
            earlier
            for other, earlier in enumerate(sent)
            if near[place, other] >= SEEN_CUT or earlier.event == event.id or _same_address(event, earlier)
        ]
        if matching:
            found[event.id] = _seen(event, matching, newsletter.weights.seen, today)
    return found


def _same_address(event: Event, earlier: SentEvent) -> bool:
    return bool(article_key(earlier.url)) and any(story.url == earlier.url for story in event.stories)


def _seen(event: Event, matching: Sequence[SentEvent], weight: float, today: date) -> Part:
    latest = max(earlier.date for earlier in matching)
    when = day_in_words(latest, today)
    fresh = _new_facts(event, matching)
    if event.lead.corrects and event.lead.published_at.date() >= latest:
        return Part(name="seen", value=0.0, detail=f"seen {when}, corrected since")
    if fresh:
        return Part(name="seen", value=0.0, detail=f"seen {when}, new since: {', '.join(map(str.title, fresh[:3]))}")
    return Part(name="seen", value=weight, detail=f"seen {when} {weight:+.1f}")


def _new_facts(event: Event, matching: Sequence[SentEvent]) -> list[str]:
    """Numbers and names in headlines of reports that were not at hand, which what was told does not have.

    A fact counts once two owners put it in a headline; a number, also where nobody else puts any new number there. What
    explains an event or shows pictures of it brings none.
    """
    told = " . ".join(f"{earlier.headline} . {earlier.text} . {earlier.beside}" for earlier in matching)
    known = numbers(told) | frozenset(tokens(told))
    since = [story for story in counting(event) if not any(earlier.knew(story) for earlier in matching)]
    fresh = frozenset[str]().union(*map(facts, since)) - known
    told_by: dict[str, set[str]] = {}
    for story in since:
        # A capital says nothing at the beginning of a headline: what another has as a name is one there too.
        for fact in facts(story).union(tokens(story.headline) if not is_aside(story.headline, story.section) else ()):
            if fact in fresh:
                told_by.setdefault(fact, set()).add(story.origin.owner)
    counted = set[str]().union(*(owners for fact, owners in told_by.items() if fact[0].isdigit()))
    good = [fact for fact, owners in told_by.items() if len(owners) > 1 or (fact[0].isdigit() and len(counted) == 1)]
    return sorted(good, key=lambda fact: (-len(told_by[fact]), fact))


def day_in_words(day: date, today: date) -> str:
    """today, yesterday, the weekday within a week, else the date."""
    ago = (today - day).days
    if ago == 0:
        return "today"
    if ago == 1:
        return "yesterday"
    return f"{day:%A}" if 1 < ago < 7 else f"{day.day} {day:%B}"
