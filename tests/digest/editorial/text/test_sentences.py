"""Sentences: what ends one, and what only looks so."""

from __future__ import annotations

import pytest

from digest.editorial.text.sentences import sentences


@pytest.mark.parametrize(
    "whole",
    [
        "Bei der Wahl am 1. September in Sachsen kam die CDU auf 31,9 Prozent.",
        "Im 19. Jahrhundert stand hier ein Turm.",
        "Nach Art. 5 Abs. 2 GG war es verboten, 1. FC Köln hin oder her.",
        "Selon l’art. 5 de la loi, tout est dit.",
        "प्रधानमंत्री से डॉ. सिंह ने कहा।",
        "Lørdag 8. Marts kom der sne.",
        "Mr. J. Biden met the U.N. envoy at 9 a.m. on Monday.",
        "Yahoo! Inc. will close.",
    ],
)
def test_a_point_that_ends_nothing(whole: str) -> None:
    assert sentences(f"{whole} Then it rained.") == [whole, "Then it rained."]


@pytest.mark.parametrize("first", ["He scored 12.", "The tally was 3.", "It was the year 1990."])
def test_a_number_may_end_a_sentence(first: str) -> None:
    assert sentences(f"{first} September was wet." if "1990" in first else f"{first} The team won.")[0] == first


@pytest.mark.parametrize(
    ("whole", "language"),
    [
        ("Zum 80. Jahrestag des Kriegsendes legte er einen Kranz nieder.", "de"),
        ("Am Mo. 23.11. begann der Prozess.", "de"),
        ("Erdoğan, 23. Dönem Meclis açılışında konuştu.", "tr"),
    ],
)
def test_an_ordinal_before_a_noun_with_a_capital_ends_nothing(whole: str, language: str) -> None:
    assert sentences(f"{whole} Und dann.", language)[0] == whole
    assert sentences("Es waren 12. Die Polizei kam.", "de") == ["Es waren 12.", "Die Polizei kam."]
