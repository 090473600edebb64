"""Places inside a country, as headlines name them."""

from __future__ import annotations

import pytest

from digest.editorial.places.placenames import places_in


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
