"""Towns in Russian, Arabic, Chinese, Japanese and Korean headlines, whatever ending or prefix they bear."""

from __future__ import annotations

import pytest

from digest.editorial.events.cluster import cluster
from digest.editorial.places.placenames import places_in
from digest.editorial.places.placenames_abroad import town_of
from digest.editorial.text.doc import Doc


@pytest.mark.parametrize(
    ("word", "town"),
    [
        ("самаре", "самар"),
        ("самарской", "самар"),
        ("омске", "омск"),
        ("уфе", "уф"),
        ("уфо", ""),
        ("туловище", ""),
        ("وبالإسكندرية", "اسكندريه"),
        ("أسيوط", "اسيوط"),
        ("울산에서", "울산"),
        ("울산바위처럼", ""),
        ("熊本", "熊本"),
        ("dayton", ""),
    ],
)
def test_a_town_is_known_in_any_form(word: str, town: str) -> None:
    assert town_of(word) == town


@pytest.mark.parametrize(
    ("headline", "language", "places"),
    [
        ("В Самаре при взрыве газа погибли пять человек", "ru", {"самар"}),
        ("Москва отвергла план", "ru", set()),
        ("Переговоры в Москве продолжаются", "ru", {"москв"}),
        ("مقتل ثلاثة في انهيار مبنى بأسيوط", "ar", {"اسيوط"}),
        ("القاهرة ترفض الخطة", "ar", set()),
        ("萍乡煤矿事故五人被困", "zh", {"萍乡"}),
        ("東京都で火事", "ja", set()),
        ("울산 공장 화재로 3명 숨져", "ko", {"울산"}),
    ],
)
def test_a_capital_is_a_place_only_behind_in(headline: str, language: str, places: set[str]) -> None:
    assert places_in(headline, language) == places


def test_one_kind_of_happening_in_two_towns_is_two_events() -> None:
    told = ("В {0} при взрыве газа погибли {1} человек", "{1} человек погибли при взрыве газа в доме в {0}.")
    docs = [
        Doc(id=place, title=told[0].format(place, dead), text=told[1].format(place, dead), language="ru")
        for place, dead in (("Самаре", "пять"), ("Омске", "три"))
    ]
    assert cluster(docs) == [0, 1]
