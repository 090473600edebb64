"""Countries in texts: where, whose, and what only looks like one."""

from __future__ import annotations

import pytest

from digest.editorial.places.mentions import Manner, countries, mentions
from digest.editorial.places.where import country_of
from tests.digest.editorial.build import event, story


@pytest.mark.parametrize(
    ("headline", "country"),
    [
        ("Georgia governor signs election law in Atlanta", "US"),
        ("Georgia ruling party drops law in Tbilisi", "GE"),
        ("US warns Georgia over foreign agents law", "GE"),
        ("New Mexico wildfire kills three in Santa Fe", "US"),
        ("Michael Jordan sells stake in Charlotte Hornets", ""),
        ("Michael Jordan Sells Stake in Charlotte Hornets", ""),
        ("King of Jordan opens parliament", "JO"),
        ("Chad Smith wins seat in Ohio senate", "US"),
        ("Chad rebels advance on capital", "TD"),
        ("Lebanon, Pennsylvania fire kills two", "US"),
        ("London, Ontario police arrest man", "CA"),
        ("Niger junta expels French envoy", "NE"),
        ("US strikes Yemen", "YE"),
        ("Russia invades Ukraine", "UA"),
        ("Swiss court jails Russian spy", "CH"),
        ("Turkey prices soar before Thanksgiving in America", "US"),
        ("Republic of the Congo votes", "CG"),
        ("Rebels take town in Congo", "CD"),
        ("Fire in New South Wales", "AU"),
        ("Ships meet in the South China Sea", ""),
        ("They told us and them a story", ""),
        ("U.S. says no", "US"),
        ("Séisme au Maroc", "MA"),
        ("Turkey prices rise before Thanksgiving", ""),
        ("Families pay more for turkey this year", ""),
        ("Turkey strikes targets in Syria", "SY"),
        ("Fine china sells in London", "GB"),
        ("American Samoa declares emergency", "AS"),
        ("Samoa closes schools", "WS"),
        ("São Tomé votes", "ST"),
        ("Micronesia signs pact", "FM"),
        ("Floods in Holland", "NL"),
        ("Tom Holland marries", ""),
        ("Blast in Grozny", "RU"),
        ("Bus falls into gorge in Kashmir", "Kashmir"),
        ("Blast at Crimean airfield", "Crimea"),
        ("Quake in Tibet kills 126", "Tibet"),
        ("Tankers attacked in Gulf of Guinea", ""),
        ("Ethnic clashes in South Ossetia", "South Ossetia"),
    ],
)
def test_where_a_headline_happens(headline: str, country: str) -> None:
    language = "fr" if headline.startswith("Séisme") else "en"
    assert country_of(event(story("a", headline, language=language))) == country


def test_the_text_tells_what_a_headline_in_capitals_leaves_open() -> None:
    told = story("a", "Chad Rebels Advance on Capital", "Rebels in the north of Chad moved on the capital.")
    assert country_of(event(told)) == "TD"


def test_manners() -> None:
    found = mentions("Yemeni troops of Yemen fought in Yemen with 1,200 men")
    assert [(one.country, one.manner) for one in found] == [
        ("YE", Manner.WHOSE), ("YE", Manner.NAME), ("YE", Manner.WHERE),
    ]  # fmt: skip


def test_other_scripts_and_nothing() -> None:
    assert countries("日本で地震", "ja") == {"JP": 1}
    assert countries("Quake in Japan", "xx") == {"JP": 1}, "a feed may call its language anything"
    assert countries("فرنسا", "ar") == {"FR": 1}
    assert mentions("") == ()
