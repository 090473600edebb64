"""A name that outlets write in several ways is one name."""

from __future__ import annotations

import pytest

from digest.editorial.events.cluster import cluster
from digest.editorial.places.placenames import places_in
from digest.editorial.text.doc import Doc
from digest.editorial.text.spellings import _WAYS, one_way
from digest.editorial.text.words import tokens


def test_every_way_is_one_word_of_one_name() -> None:
    ways = _WAYS.split()
    assert len(ways) == len(set(ways))
    for way in ways:
        assert tokens(way) == [way]
        assert one_way(one_way(way)) == one_way(way)
    assert (one_way("kiev"), one_way("kyiv"), one_way("paris")) == ("kyiv", "kyiv", "paris")


@pytest.mark.parametrize(
    "texts",
    [
        (
            (
                "Zelenskyy visits Kharkiv",
                "Volodymyr Zelenskyy visited Kharkiv on Friday and met soldiers at the front.",
            ),
            ("Zelensky in Kharkov to meet troops", "Zelensky visited Kharkov and met troops at the front on Friday."),
        ),
        (
            ("Flood in Bombay stops trains", "Heavy rain in Bombay flooded the tracks on Friday; trains stood still."),
            ("Mumbai trains stand still", "Trains stood still in Mumbai on Friday after rain had flooded the tracks."),
        ),
    ],
)
def test_two_spellings_are_no_disagreement(texts: tuple[tuple[str, str], ...]) -> None:
    docs = [Doc(id=str(place), title=title, text=text, language="en") for place, (title, text) in enumerate(texts)]
    assert cluster(docs) == [0, 0]


def test_a_place_is_the_same_place_in_both_spellings() -> None:
    assert places_in("Shells fall on Kharkov", "en") == places_in("Shells fall in Kharkiv", "en") == {"kharkiv"}
