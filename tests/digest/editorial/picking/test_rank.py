"""The score is a sum of named parts, and each part means what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from digest.editorial.picking.rank import PINNED, SentEvent, day_in_words, rank
from digest.model.event import Event, Pick, Wish
from digest.model.newsletter import Weights
from tests.digest.editorial.build import CUTOFF, event, newsletter, story

YESTERDAY = date(2022, 4, 8)


def one(happening: Event, *, sent: tuple[SentEvent, ...] = (), weights: Weights | None = None) -> Pick:
    return rank([happening], newsletter=newsletter(weights=weights), now=CUTOFF, sent=sent)[0]


def part(pick: Pick, name: str) -> float:
    return next((part.value for part in pick.parts if part.name == name), 0.0)


def test_the_score_is_the_sum_of_its_parts_and_explains_itself() -> None:
    pick = one(
        event(
            story("a", "Missile kills 39", outlet="A", wire=True),
            story("b", "Station hit", outlet="B"),
            story("c", "Attack on station", outlet="C"),
        )
    )
    assert pick.score == pytest.approx(sum(part.value for part in pick.parts), abs=1e-3)
    assert part(pick, "coverage") == pytest.approx(math.log(4), abs=1e-3)
    assert part(pick, "wires") == pytest.approx(0.5 * math.log(2), abs=1e-3)
    assert part(pick, "section") == 0.7
    assert part(pick, "kind") == pytest.approx(2 / 3, abs=1e-3), "two of three headlines"
    assert pick.why.startswith("3 outlets, 1 wire, world section, hard news: ")
    assert pick.wires == ("A",)


def test_one_vote_an_owner_and_none_for_copies_and_aggregators() -> None:
    pick = one(
        event(
            story("a", "Station hit", outlet="A", owner="Group"),
            story("b", "Station hit", outlet="B", owner="Group"),
            story("c", "Station hit", outlet="C"),
            story("d", "Station hit", outlet="Gathered News", aggregator=True),
            story("e", "Station hit", outlet="E"),
            copies=frozenset({"c"}),
        )
    )
    assert part(pick, "coverage") == pytest.approx(math.log(3), abs=1e-3)
    assert set(pick.outlets) == {"A", "E"}


def test_soft_news_and_beats_cost_by_their_share() -> None:
    half = one(event(story("a", "Golf in Augusta", section="Sport"), story("b", "Station hit", outlet="B")))
    assert part(half, "soft") == pytest.approx(-0.5)
    beat = one(event(story("a", "Telescope sees far", section="Science")))
    assert part(beat, "beat") == pytest.approx(-0.5)
    wanted = one(event(story("a", "Prices rise", section="Business")))
    assert part(wanted, "beat") == 0, "this newsletter has a section for business"


def test_hard_words_are_read_in_the_storys_language() -> None:
    assert part(one(event(story("a", "Sri Lanka : le président démissionne", language="fr"))), "kind") == 1
    assert part(one(event(story("a", "زلزال يضرب الساحل", language="ar"))), "kind") == 1
    assert part(one(event(story("a", "Ein Sommertag am See", language="de"))), "kind") == 0


@pytest.mark.parametrize(
    ("headline", "language", "hard"),
    [
        ("Magnitude 6.1 quake shakes southern Peru, no casualties reported", "en", False),
        ("Quake rattles Tonga; nobody hurt", "en", False),
        ("Strong quake off Tonga, no tsunami warning", "en", False),
        ("Quake off Tonga sets off tsunami warning", "en", True),
        ("Terremoto sacude el sur de Perú sin causar víctimas ni daños", "es", False),
        ("Erdbeben in Griechenland: keine Verletzten", "de", False),
        ("Séisme au Pérou, sans faire de victimes", "fr", False),
        ("Quake toll in Peru rises to 39", "en", True),
        ("Quake kills 12 in Peru, no damage at dam", "en", True),
        ("Missile hits Kyiv, no casualties", "en", True),
        ("Ataque sin muertos en Kiev", "es", True),
        ("No victims of war will be forgotten, president says", "en", True),
    ],
)
def test_a_quake_that_harmed_nobody_is_no_hard_news_and_an_attack_is(headline: str, language: str, hard: bool) -> None:
    assert bool(part(one(event(story("a", headline, language=language))), "kind")) is hard


def test_news_that_says_where_goes_before_news_that_does_not() -> None:
    inside = one(event(story("a", "Bridge opens", "Peru has opened the longest bridge of the Andes.")))
    assert part(inside, "country") == 0.3
    assert "names a country: Peru" in one(event(story("a", "Peru opens a bridge"))).why
    summary = replace(story("a", "Bridge opens"), standfirst="Peru has opened the longest bridge of the Andes.")
    assert part(one(event(summary)), "country") == 0.3, "a feed may give a summary and no text"
    assert "names a country: Canada" in one(event(story("a", "Canada sends troops to Latvia"))).why
    assert part(one(event(story("a", "Bridge opens", "The longest bridge is open."))), "country") == 0
    assert part(one(event(story("a", "Peru beat Chile 2-1", section="Sport"))), "country") == 0
    off = newsletter(weights=Weights(country=0.0))
    assert "country" not in rank([event(story("a", "Peru opens a bridge"))], newsletter=off, now=CUTOFF)[0].why


def test_what_was_sent_costs_unless_there_are_new_facts() -> None:
    told = SentEvent(
        headline="Missile hits Kramatorsk railway station, 39 killed", text="Children are among the dead.",
        date=YESTERDAY,
    )  # fmt: skip
    text = "A missile hit the railway station of Kramatorsk and killed people who waited there."
    same = event(story("a", "Missile on Kramatorsk railway station killed 39", text, hours_ago=3))
    again = one(same, sent=(told,))
    assert part(again, "seen") == -0.6
    assert "seen yesterday -0.6" in again.why
    more = event(
        story("a", "Kramatorsk railway station missile: 52 killed", text, hours_ago=3, outlet="A"),
        story("b", "Toll of Kramatorsk station missile is 52", text, hours_ago=2, outlet="B"),
    )
    lifted = one(more, sent=(told,))
    assert part(lifted, "seen") == 0
    assert "seen yesterday, new since: 52" in lifted.why
    beside = event(
        story("a", "Kramatorsk railway station missile: 52 killed", text, hours_ago=3, outlet="A"),
        story("b", "Missile hits Kramatorsk railway station", text, hours_ago=2, outlet="B"),
    )
    assert "new since: 52" in one(beside, sent=(told,)).why, (
        "another headline without any number says nothing against it"
    )
    apart = event(
        story("a", "Kramatorsk railway station missile: 52 killed", text, hours_ago=3, outlet="A"),
        story("b", "Missile on Kramatorsk railway station kills 300", text, hours_ago=2, outlet="B"),
    )
    assert part(one(apart, sent=(told,)), "seen") == -0.6, "two numbers, of which none is known to be so"
    other = one(event(story("a", "Peru sends troops to guard the roads of Ica", "Farmers block them.")), sent=(told,))
    assert "seen" not in other.why


def test_what_is_new_says_since_when_by_the_readers_clock() -> None:
    fresh = event(story("a", "Peru sends troops", hours_ago=2), story("b", "Troops for Ica", hours_ago=3, outlet="B"))
    assert "new since 01:00" in one(fresh).why
    assert part(one(fresh), "new") == 0
    paris = replace(newsletter(), zone="Europe/Paris")
    assert "new since 03:00" in rank([fresh], newsletter=paris, now=CUTOFF)[0].why
    older = event(story("a", "Peru sends troops", hours_ago=10))
    assert "new since yesterday 18:00" in one(older).why
    copied = event(story("a", "Peru sends troops", hours_ago=9, aggregator=True), story("b", "Peru sends", hours_ago=2))
    assert "new since 02:00" in one(copied).why, "what does not count as coverage says nothing"
    told = SentEvent(headline="Peru sends troops", text="", date=YESTERDAY)
    assert "new since 01:00" not in one(fresh, sent=(told,)).why


def test_a_new_name_counts_once_two_owners_say_it_and_a_number_alone_where_nobody_else_reports() -> None:
    told = SentEvent(headline="Missile on Kramatorsk railway station killed 39", text="", date=YESTERDAY)
    same, later = "Missile on Kramatorsk railway station killed 39", "the station of Kramatorsk says Kyrylenko"
    one_of_two = event(
        story("a", f"Missile on {later}", hours_ago=3, outlet="A"), story("b", same, hours_ago=2, outlet="B")
    )
    assert part(one(one_of_two, sent=(told,)), "seen") == -0.6
    both = event(
        story("a", f"Missile on {later}", hours_ago=3, outlet="A"),
        story("b", f"Toll at {later}", hours_ago=2, outlet="B"),
    )
    assert part(one(both, sent=(told,)), "seen") == 0
    first = event(
        story("a", f"Missile on {later}", hours_ago=3, outlet="A"),
        story("b", "Kyrylenko: station of Kramatorsk hit", hours_ago=2, outlet="B"),
    )
    assert "new since: Kyrylenko" in one(first, sent=(told,)).why, "at the beginning too, where a capital says nothing"
    alone = event(story("a", "Missile on Kramatorsk railway station killed 52", hours_ago=3))
    assert part(one(alone, sent=(told,)), "seen") == 0


def test_one_soft_word_is_outweighed_by_a_hard_one() -> None:
    hard = event(story("a", "Football fans killed in stadium blast", section=""))
    assert part(one(hard), "soft") == 0
    assert part(one(event(story("a", "Football fans sing in the rain", section=""))), "soft") == -1


def test_what_explains_the_news_takes_nothing_from_its_kind() -> None:
    news = [story("a", "Blast kills nine in Lahore"), story("b", "Nine killed as boiler bursts", outlet="B")]
    why = story("c", "Why boilers of mills burst", outlet="C")
    assert part(one(event(*news, why)), "kind") == part(one(event(*news)), "kind") == 1
    assert part(one(event(why)), "kind") == 0


def test_the_word_cup_alone_makes_nothing_soft() -> None:
    assert part(one(event(story("a", "From World Cup hero to the brink: Khan and his Saturday"))), "soft") == 0
    assert part(one(event(story("a", "World Cup: coach praises his goalkeeper after the match"))), "soft") < 0


def test_best_first_and_the_newer_of_equals() -> None:
    events = [
        event(story("old", "Quiet talk", hours_ago=9)),
        event(story("new", "Calm talk", hours_ago=1)),
        event(story("big", "Quake kills 100", outlet="A"), story("big2", "Quake", outlet="B")),
    ]
    assert [pick.event.id for pick in rank(events, newsletter=newsletter(), now=CUTOFF)] == ["big", "new", "old"]


@pytest.mark.parametrize(
    ("wish", "value", "words"),
    [
        (Wish.PIN, PINNED, "pinned by an editor +20.0"),
        (Wish.BOOST, 1.0, "boosted by an editor +1.0"),
        (Wish.BURY, -1.0, "buried by an editor -1.0"),
    ],
)
def test_an_editors_wish_is_a_part_like_the_others(wish: Wish, value: float, words: str) -> None:
    happening = event(story("a", "A", outlet="A"), story("b", "A", outlet="B"))
    plain = rank([happening], newsletter=newsletter(), now=CUTOFF)[0]
    (pick,) = rank([happening], newsletter=newsletter(), now=CUTOFF, wishes={"b": wish})
    assert pick.wish is wish
    assert pick.score == pytest.approx(plain.score + value)
    assert pick.parts[-1].name == "desk"
    assert pick.why.endswith(words)


def test_the_strongest_wish_counts_and_a_ban_changes_no_score() -> None:
    happening = event(story("a", "A", outlet="A"), story("b", "A", outlet="B"))
    (pick,) = rank([happening], newsletter=newsletter(), now=CUTOFF, wishes={"a": Wish.BOOST, "b": Wish.BAN})
    assert pick.wish is Wish.BAN
    assert pick.score == rank([happening], newsletter=newsletter(), now=CUTOFF)[0].score


def test_an_editor_lifts_what_was_seen() -> None:
    happening = event(story("a", "Kramatorsk station hit by missile", "A missile hit Kramatorsk station."))
    sent = (SentEvent(headline="Kramatorsk station hit by missile", date=YESTERDAY, event="a"),)
    seen = {part.name: part for part in one(happening, sent=sent).parts}["seen"]
    assert seen.value == -0.6
    (pick,) = rank([happening], newsletter=newsletter(), now=CUTOFF, sent=sent, wishes={"a": Wish.BOOST})
    lifted = {part.name: part for part in pick.parts}["seen"]
    assert (lifted.value, lifted.detail) == (0.0, "seen yesterday, lifted by an editor")


def test_days_in_words() -> None:
    today = date(2022, 4, 8)
    said = [day_in_words(date(2022, 4, day), today) for day in (8, 7, 5, 1)]
    assert said == ["today", "yesterday", "Tuesday", "1 April"]


def test_nothing_in_nothing_out() -> None:
    assert rank([], newsletter=newsletter(), now=CUTOFF) == ()


def test_what_bears_no_date_or_a_future_one_is_not_newest_for_that() -> None:
    stated = event(story("z", "Ferry sinks off the island", outlet="A", hours_ago=3))
    fetched = story("a", "Ferry sinks off the island", outlet="B", hours_ago=1)
    undated = event(replace(fetched, published_at=fetched.first_seen))
    found = rank([undated, stated], newsletter=newsletter(), now=CUTOFF)
    assert found[0].score == found[1].score
    assert [pick.event.id for pick in found] == ["z", "a"]


@pytest.mark.parametrize(
    ("headline", "hard"),
    [
        ("Spanish stage legend Nuria Espert dies aged 90", False),
        ("Actress Nuria Espert has died", False),
        ("Novelist dead at 84", False),
        ("Former president dies aged 100", True),
        ("Nineteen dead as missiles hit Ternopil", True),
        ("Three dead, 45 hurt in football stampede", True),
    ],
)
def test_the_death_of_one_person_of_note_is_no_hard_news_by_that_word(headline: str, hard: bool) -> None:
    assert bool(part(one(event(story("a", headline))), "kind")) is hard
