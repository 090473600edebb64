"""Where an event happens: its country, the regions that it touches, and whether its headlines say so."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from digest.editorial.gazetteer import countries, country_name, region_of
from digest.model.event import Event

_OPENING = 1_200
_HEADLINE_COUNTS = 3


@lru_cache(maxsize=4096)
def country_of(event: Event) -> str:
    """The country (ISO 3166 alpha-2) that the event's stories name most; empty where none is named.

    Every story has one vote, shared by the countries it names; its headline counts three times.
    """
    votes: Counter[str] = Counter()
    for story in event.stories:
        named = countries(f"{story.standfirst} {story.text[:_OPENING]}", story.language)
        for country, times in countries(story.headline, story.language).items():
            named[country] += _HEADLINE_COUNTS * times
        for country, times in named.items():
            votes[country] += times / named.total()  # type: ignore[assignment]  # shares, not counts
    return min(votes, key=lambda country: (-votes[country], country)) if votes else ""


@lru_cache(maxsize=4096)
def region_shares(event: Event) -> dict[str, float]:
    """Of the different countries that the event's stories name, the share in each region; empty where none is named.

    Every story has one vote, shared equally by the countries in it, however often each is named. The outlet's own
    country does not count beside the event's: it says who reads, not where it happens.
    """
    votes: dict[str, float] = {}
    there = country_of(event)
    for story in event.stories:
        said = countries(f"{story.headline} {story.standfirst} {story.text[:_OPENING]}", story.language)
        named = [country for country in said if country == there or country != story.origin.country]
        for country in named:
            region = region_of(country)
            votes[region] = votes.get(region, 0.0) + 1 / len(named)
    total = sum(votes.values())
    return {region: share / total for region, share in votes.items()} if total else {}


def kicker_of(event: Event, language: str) -> str:
    """The country's name, where the headlines are about it: a price rise told with a war in it is not that war's."""
    country = country_of(event)
    naming = sum(country in countries(story.headline, story.language) for story in event.stories)
    return country_name(country, language) if country and 3 * naming >= len(event.stories) else ""
