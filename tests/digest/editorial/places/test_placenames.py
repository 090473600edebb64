"""Places inside a country, as headlines name them."""

from __future__ import annotations

import pytest

from digest.editorial.places.mentions import countries
from digest.editorial.places.placenames import is_town, places_in, town_countries
from digest.editorial.places.towns_named import names_abroad
from digest.editorial.text.words import tokens


@pytest.mark.parametrize(
    ("headline", "places"),
    [
        ("Factory fire in Lahore kills 12", {"lahore"}),
        ("Karachi factory fire kills nine", {"karachi"}),
        ("Factory Fire In Lahore Kills 12", {"lahore"}),
        ("Karachi's factories stay shut", {"karachi"}),
        ("Train derails near Balasore in Odisha, 280 dead", {"balasore", "odisha"}),
        ("Nine dead in Harnai mine blast", {"harnai"}),
        ("Four shot in San Antonio, Texas", {"antonio", "texas"}),
        ("Crane falls in Tamil Nadu", {"tamil"}),
        ("Moscow rejects the plan", set()),
        ("Talks in Moscow go on", {"moscow"}),
        ("Austin speaks of allies", set()),
        ("Blast in Pakistan", set()),
        ("Vote in Parliament put off", set()),
        ("Bus Accident Near Somewhere Kills Four", set()),
        ("ministers of NATO meet in NATO house", set()),
        ("", set()),
    ],
)
def test_places_of_headlines(headline: str, places: set[str]) -> None:
    assert places_in(headline, "en") == places


def test_other_languages() -> None:
    assert places_in("Incendie dans une usine à Rouen : deux morts", "fr") == {"rouen"}
    assert places_in("Brand in Krankenhaus gelöscht", "de") == frozenset(), "German nouns all have capitals"
    assert places_in("Brand in Hamburg gelöscht", "de") == {"hamburg"}
    assert places_in("東京で火事", "ja") == frozenset()
    assert places_in("Fire in Lahore", "und") == {"lahore"}


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("München", "DE"), ("Nürnberg", "DE"), ("Genève", "CH"), ("Genf", ""), ("Venezia", "IT"), ("Kraków", "PL"),
        ("Krakau", "PL"), ("Straßburg", "FR"), ("Zúrich", "CH"), ("Marsiglia", ""), ("Antuérpia", "BE"),
        ("Sint-Petersburg", "RU"), ("Charków", "UA"), ("Mnichov", "DE"), ("Aarhus", "DK"), ("Timișoara", "RO"),
        ("Avignon", "FR"), ("Lugano", "CH"), ("Łódź", "PL"), ("İzmir", "TR"), ("Selanik", "GR"), ("Ulm", "DE"),
    ],
)  # fmt: skip
def test_towns_are_known_by_what_others_call_them(name: str, country: str) -> None:
    assert is_town(name)
    assert town_countries(tokens(name)) == ({country} if country else frozenset()), "a seat or a club is no country's"


@pytest.mark.parametrize(
    ("headline", "language", "country"),
    [
        ("Warschau schickt Soldaten an die Grenze", "de", "PL"),
        ("Moskau weist Diplomaten aus", "de", "RU"),
        ("Téhéran refuse une inspection", "fr", "IR"),
        ("Varsovia refuerza la frontera", "es", "PL"),
        ("Parigi e Berlino cercano un accordo", "it", "FR"),
        ("Teerã rejeita a inspeção", "pt", "IR"),
        ("Moskou wijst diplomaten uit", "nl", "RU"),
    ],
)
def test_a_capital_in_its_languages_name_stands_for_its_country(headline: str, language: str, country: str) -> None:
    assert countries(headline, language)[country] == 1
    assert country not in countries(headline, "en"), "nobody else calls it so"


def test_a_word_that_is_a_town_elsewhere_is_none() -> None:
    assert places_in("Ein Politiker wechselt die Posen", "de") == frozenset()
    assert places_in("Brand in Posen gelöscht", "de") == {"posen"}
    assert countries("La mosca della frutta minaccia i raccolti di Sicilia", "it") == {}
    assert countries("Ouders wenen om hun kinderen", "nl") == {}


def test_every_other_name_has_a_town() -> None:
    lost = [" ".join(english) for _, english, _, _ in names_abroad() if not is_town(" ".join(english))]
    assert lost == []
