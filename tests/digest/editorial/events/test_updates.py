"""What came since an event was told: a wire's update of its own text is news of it, a reprint is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.editorial.events.updates import repeats
from tests.digest.editorial.build import story

OLD = (
    "The ground shook for nearly a minute before dawn and brought down houses in the hills above Corinto, officials "
    "said. Soldiers dug with their hands in the rubble of a school, and the road to the coast was cut in places. "
    "The quake of magnitude 6.8 was felt as far as the capital, where people ran into the streets in nightclothes."
)
FIRST = story("w1", "Quake in the hills of Corinto kills 12", f"At least 12 people died. {OLD}", outlet="Meridian Wire",
              wire=True, hours_ago=30)  # fmt: skip


@pytest.mark.parametrize("headline", ["Quake toll in Corinto rises to 39", "Corinto quake: president Amaya sends army"])
def test_an_update_with_a_new_fact_in_its_headline_is_news(headline: str) -> None:
    now = story("w2", headline, f"{headline}. {FIRST.text}", outlet="Meridian Wire", wire=True, hours_ago=4)
    assert repeats([now], [FIRST]) == frozenset()


@pytest.mark.parametrize(
    "headline",
    [
        "Quake in the hills of Corinto kills 12",
        "Corinto: 12 die as magnitude 6.8 quake hits",
        "Villages above Corinto destroyed by quake",
        "What we know about the quake: 5 questions",
        "Corinto quake strongest since 1986",
    ],
)
def test_a_reprint_under_whatever_headline_is_none(headline: str) -> None:
    now = story("p1", headline, f"At least 12 people died. {OLD}", outlet="Harbour Times", hours_ago=4)
    assert repeats([now], [FIRST]) == {"p1"}


def test_a_wire_that_comes_after_its_client_prints_the_same_text() -> None:
    client = story("c1", FIRST.headline, FIRST.text, outlet="Harbour Times", hours_ago=30)
    late = replace(FIRST, id="w0", published_at=client.published_at.replace(day=8, hour=23))
    assert repeats([late], [client]) == {"w0"}


def test_one_update_in_many_papers_counts_once_and_in_its_last_version() -> None:
    headline = "Quake toll in Corinto rises to 39"
    text = f"The toll has risen to 39, from 12. {OLD}"
    wire = story("w2", headline, text, outlet="Meridian Wire", wire=True, hours_ago=5)
    last = story("w3", "Corinto quake kills 41", f"The toll has risen to 41, from 39. {OLD}",
                 outlet="Meridian Wire", wire=True, hours_ago=2)  # fmt: skip
    paper = story("p2", headline, text, outlet="Harbour Times", hours_ago=4)
    assert repeats([paper, wire], [FIRST]) == {"p2"}
    assert repeats([paper, wire, last], [FIRST]) == {"p2", "w2"}


def test_what_corrects_the_known_text_is_news() -> None:
    now = story("w2", "Quake in the hills of Corinto kills 12", FIRST.text, outlet="Meridian Wire", wire=True,
                hours_ago=4, corrects=True)  # fmt: skip
    assert repeats([now], [FIRST]) == frozenset()


def test_reports_in_words_of_their_own_are_news() -> None:
    own = story("o1", "Survivors of the Corinto quake wait for help", "Tents and water came by mule on Friday, a day "
                "after the hills moved, and nurses from Leon set up beds in a church hall.", hours_ago=3)  # fmt: skip
    assert repeats([own], [FIRST]) == frozenset()
    assert repeats([], [FIRST]) == frozenset()
    assert repeats([own], []) == frozenset()
