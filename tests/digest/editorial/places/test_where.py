"""Where an event counts as happening when its headlines do not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.editorial.places.gazetteer import country_name, region_of
from digest.editorial.places.where import country_of, country_or_home, kicker_of
from digest.model.story import Story
from tests.digest.editorial.build import event, story


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


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [
        ("CD", "en", "DR Congo"), ("CD", "de", "DR Kongo"), ("HK", "en", "Hong Kong"), ("HK", "fr", "Hong Kong"),
        ("MO", "pt", "Macau"), ("MM", "en", "Myanmar"), ("MM", "es", "Myanmar"), ("KE", "en", "Kenya"),
        ("CI", "fr", "Côte d’Ivoire"), ("", "en", ""), ("Kashmir", "en", "Kashmir"), ("Kashmir", "de", ""),
    ],
)  # fmt: skip
def test_a_country_has_the_name_that_newsrooms_give_it(country: str, language: str, name: str) -> None:
    assert country_name(country, language) == name


def test_copies_have_no_say_in_the_word_before_a_headline() -> None:
    told = event(
        story("a", "Toll of Potosi mine collapse rises to 21"),
        story("b", "Bolivia: 21 miners dead, seven trapped", outlet="B"),
        story("c", "Eight die as Potosi mine collapses", outlet="C"),
        story("d", "Eight die as Potosi mine collapses", outlet="D"),
    )
    assert kicker_of(told, "en") == ""
    assert kicker_of(replace(told, copies=frozenset(("d",))), "en") == "Bolivia"


def told(headline: str, text: str, language: str = "en") -> str:
    return country_of(event(story("a", headline, text, language=language)))


@pytest.mark.parametrize(
    ("headline", "text", "country"),
    [
        ("Brussels fines a chip maker", "The European Commission fined the maker 900 million euros.", "EU"),
        ("Brussels delays new rules for banks", "The rules of the EU come a year later.", "EU"),
        ("Ministers meet in Brussels", "NATO ministers met in Brussels, Belgium, on Monday.", ""),
        ("Measles on the rise, says health body in Geneva", "The WHO counted 12,000 cases.", ""),
        ("Fishing talks fail in Geneva", "Delegates of 170 states left Geneva without a treaty.", ""),
        ("Peace talks on Sudan resume in Geneva", "Envoys met in Geneva.", "SD"),
        ("Judges in The Hague sentence warlord", "The International Criminal Court jailed the man.", ""),
        ("Inspectors file report in Vienna", "The IAEA will see the report on Monday.", ""),
    ],
)
def test_the_seat_of_a_body_of_many_countries_is_not_where_it_happens(headline: str, text: str, country: str) -> None:
    assert told(headline, text) == country


@pytest.mark.parametrize(
    ("headline", "text", "country"),
    [
        ("Bomb kills three in Brussels", "Belgian police closed the European Commission.", "BE"),
        ("Tram strike stops Brussels", "Drivers want more pay.", "BE"),
        ("Fire in Geneva hotel kills four", "The fire began in a kitchen.", "CH"),
        ("Coalition talks collapse in Vienna", "The parties could not agree on taxes.", "AT"),
        ("The Hague bans new cafes", "The city council voted for it.", "NL"),
        ("Three shot dead in Brussels", "They were shot on Monday evening, near the European Commission.", "BE"),
        ("Brussels police arrest five over drones", "They were held on Monday. EU leaders meet on Thursday.", "BE"),
        ("Blast in New York kills four", "A blast on Monday killed four people near the United Nations.", "US"),
        ("New York elects a mayor", "The city voted on Tuesday. The winner had called the UN a club.", "US"),
        ("Floods in Nairobi kill ten", "Ten people drowned. The UNEP said there would be more floods.", "KE"),
        ("Jewels stolen in Paris", "Thieves took them on Sunday. UNESCO called it a loss for all.", "FR"),
        ("Tower collapses in Cairo", "Twelve people died. The Arab League expressed its condolences.", "EG"),
        ("Flats collapse in The Hague", "Six people died. The International Criminal Court is not far.", "NL"),
    ],
)
def test_a_city_with_such_a_body_is_a_city_too(headline: str, text: str, country: str) -> None:
    assert told(headline, text) == country


@pytest.mark.parametrize(
    ("headline", "text", "language", "country"),
    [
        ("Sudan-Gespräche in Genf gescheitert", "Die RSF-Miliz verließ Genf am Montag.", "de", "SD"),
        ("Fracasan en Ginebra las negociaciones sobre Sudán", "Los enviados dejaron Ginebra.", "es", "SD"),
        (
            "Brüssel verhängt Strafe gegen Chiphersteller",
            "Die Europäische Kommission verlangt 900 Millionen.",
            "de",
            "EU",
        ),
        ("Bruselas multa a un fabricante", "La Comisión Europea pide 900 millones de euros.", "es", "EU"),
        ("Brand in Genfer Hotel", "In einem Hotel in Genf starben vier Menschen.", "de", "CH"),
        ("Koalitionsgespräche in Wien geplatzt", "Die Parteien konnten sich nicht einigen.", "de", "AT"),
    ],
)
def test_a_seat_is_one_in_every_language(headline: str, text: str, language: str, country: str) -> None:
    assert told(headline, text, language) == country


def test_brussels_acts_where_the_commission_is_named_further_down() -> None:
    assert (
        told("Brussels wants a levy", "It would raise ten billions. The European Commission wants it in 2028.") == "EU"
    )
    assert told("Bruxelles multa Google", "La Commissione europea ha multato lunedì Google.", "it") == "EU"


def test_what_the_body_is_another_report_may_say() -> None:
    first = story("a", "Brussels fines a chip maker", "The maker has to pay 900 million euros.")
    second = story("b", "Chip maker fined", "The European Union fined it 900 million euros.", outlet="Other")
    both = event(first, second)
    assert country_of(both) == "EU"
    assert kicker_of(both, "en") == ""
    assert region_of(country_of(both)) == "europe"


def test_who_stays_away_is_not_where_it_happens() -> None:
    assert told("Climate club goes on without the United States", "Kenya’s president said so on Monday.") == "KE"
    assert told("Gipfel ohne Russland", "Die Minister kamen in Kenia zusammen.", "de") == "KE"


def test_a_known_town_counts_for_its_country_where_nothing_else_is_named() -> None:
    cocaine = "La policía ha detenido a un hombre que traía la droga de Ecuador."
    assert told("Detenido en Málaga el número dos de una red", cocaine, "es") == "ES"
    assert told("Floods in Bogotá and Quito", "Nine people died in Ecuador.") in ("CO", "EC")
    assert told("New Mexico wildfire kills three in Santa Fe", "") == "US"
