"""Which section an event falls in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.editorial.picking.sections import section_of
from digest.model.newsletter import Section
from tests.digest.editorial.build import event, newsletter, story

REGIONS = newsletter(
    sections=(
        Section(slug="world", title="World", match=("world", "international")),
        Section(slug="europe", title="Europe", match=("europe",)),
        Section(slug="asia", title="Asia & Pacific", match=("asia",)),
        Section(slug="business", title="Business", match=("business", "économie")),
    )
)


@pytest.mark.parametrize(
    ("headline", "raw", "expected"),
    [
        ("Prices rise", ("Business", "Business", "World"), "business"),
        ("Inflation en hausse", ("ÉCONOMIE",), "business"),
        ("Vote in Paris: Macron leads", ("World",), "europe"),
        ("Tokyo expels diplomats", ("International", "World"), "asia"),
        ("Sydney floods", ("News",), "asia"),
        ("Peru protests spread", ("World",), "world"),
        ("Something nowhere", ("Odd name",), "world"),
        ("Something nowhere", ("",), "world"),
    ],
)
def test_section(headline: str, raw: tuple[str, ...], expected: str) -> None:
    stories = [story(str(place), headline, section=name) for place, name in enumerate(raw)]
    assert section_of(event(*stories), REGIONS) == expected


EVERYWHERE = (
    "The United Nations suspended Russia from the council. China, India, Brazil, Kenya, Egypt and South Africa "
    "abstained or voted against; the United States, Japan and Australia had asked for it."
)


def test_news_that_names_countries_of_everywhere_is_the_worlds() -> None:
    reports = [story(name, "UN assembly suspends Russia", EVERYWHERE, outlet=name) for name in ("one", "two")]
    assert section_of(event(*reports), REGIONS) == "world"


def test_news_of_everywhere_goes_where_outlets_say_it_belongs() -> None:
    reports = [story(name, "UN assembly suspends Russia", EVERYWHERE, outlet=name) for name in ("one", "two")]
    europe = story("three", "Russia suspended", EVERYWHERE, outlet="three", section="Europe")
    assert section_of(event(*reports, europe), REGIONS) == "europe"


def test_without_a_section_for_the_world_it_goes_to_the_region() -> None:
    rules = newsletter(sections=(Section(slug="asia", title="Asia"), Section(slug="europe", title="Europe")))
    assert section_of(event(story("one", "UN assembly suspends Russia", EVERYWHERE)), rules) == "europe"


def test_an_owner_has_one_vote_however_often_it_reports() -> None:
    often = [story(f"a{number}", "Rates rise", outlet="Ledger", section="Business") for number in range(3)]
    others = [story(name, "Rates rise", outlet=name, section="Europe") for name in ("b", "c")]
    assert section_of(event(*often, *others), REGIONS) == "europe"


def test_the_readers_own_country_does_not_make_news_worldly() -> None:
    """Australian and Indian papers tell British news for Australians and Indians: it stays British."""
    text = "Britain's finance minister is from London. {} readers know the family."
    reports = [
        story("one", "London treasurer's wife pays tax", text.format("Australian and Chinese"), outlet="Austral"),
        story("two", "London treasurer's wife pays tax", text.format("Australian and Chinese"), outlet="Daily"),
    ]
    abroad = [replace(one, origin=replace(one.origin, country="AU")) for one in reports]
    assert section_of(event(*abroad), REGIONS) == "europe"
    assert section_of(event(*reports), REGIONS) == "world"


def test_a_newsletter_without_sections() -> None:
    assert section_of(event(story("one", "Anything")), newsletter(sections=())) == ""
