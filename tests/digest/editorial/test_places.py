"""Where an event counts as happening when its headlines do not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.editorial.places import country_of, country_or_home, kicker_of
from digest.model.story import Story

from .build import event, story


def of(country: str | None, told: Story) -> Story:
    return replace(told, origin=replace(told.origin, country=country))


BARE = of("IN", story("a", "Court grants bail to actor", section="City"))
OTHER = of("IN", story("b", "Actor gets bail from court", section="", outlet="Indus Mirror"))


def test_bare_headlines_of_one_countrys_outlets_are_news_of_that_country() -> None:
    assert country_of(event(BARE, OTHER)) == ""
    assert country_or_home(event(BARE)) == country_or_home(event(BARE, OTHER)) == "IN"


@pytest.mark.parametrize(
    "beside",
    [
        of("GB", OTHER),
        of(None, OTHER),
        replace(OTHER, text="The actor was freed."),
        replace(OTHER, section="World"),
        replace(OTHER, origin=replace(OTHER.origin, wire=True)),
        replace(OTHER, origin=replace(OTHER.origin, aggregator=True)),
    ],
)
def test_home_says_nothing_where_it_is_not_sure(beside: Story) -> None:
    assert country_or_home(event(BARE, beside)) == ""


def test_what_a_headline_names_goes_before_its_outlets_home() -> None:
    assert country_or_home(event(replace(BARE, headline="Court in Peru grants bail to actor"))) == "PE"


@pytest.mark.parametrize(
    ("headline", "kicker"),
    [
        ("Spanish stage legend dies in Spain", ""),
        ("UK borrowing costs rise", ""),
        ("Danish finance minister steps down", ""),
        ("Ministers resign in Denmark", "Denmark"),
        ("Kyiv hit by missiles", "Ukraine"),
    ],
)
def test_a_headline_that_says_whose_it_is_bears_no_country_before_it(headline: str, kicker: str) -> None:
    assert kicker_of(event(story("a", headline)), "en") == kicker
