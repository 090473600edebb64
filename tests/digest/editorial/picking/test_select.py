"""Selection follows the rules, and says of every event left out why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from digest.editorial.events.cluster import group
from digest.editorial.picking.rank import rank
from digest.editorial.picking.select import COMPARED, Selection, select
from digest.model.newsletter import Newsletter, Picking, Section
from digest.model.story import Story
from tests.digest.editorial.build import CUTOFF, newsletter, story

TOWNS = ["Lima", "Oslo", "Nairobi", "Quito", "Hanoi", "Tunis", "Riga", "Dakar", "Seoul", "Lusaka"]
THINGS = ["quake", "strike", "verdict", "flood", "summit", "ceasefire", "epidemic", "ballot", "blackout", "drought"]


def apart(count: int, *, hours_ago: float = 5) -> list[Story]:
    return [
        story(f"s{n}", f"{TOWNS[n]} {THINGS[n]}", f"The {THINGS[n]} in {TOWNS[n]} matters.", hours_ago=hours_ago)
        for n in range(count)
    ]


def chosen(stories: Sequence[Story], rules: Newsletter) -> Selection:
    """Each story an event of its own."""
    return select(rank(group(stories, cut=0.99), newsletter=rules, now=CUTOFF), rules, now=CUTOFF)


def rules(**picking: float) -> Newsletter:
    return newsletter(
        sections=(Section(slug="world", title="World", match=("world",), max_stories=20),),
        picking=Picking(**picking),  # type: ignore[arg-type]
    )


def test_every_event_is_chosen_or_has_a_reason() -> None:
    made = chosen(apart(10), rules(max_events=4, briefs=1))
    assert len(made.chosen) == 4
    assert len(made.briefs) == 1
    assert len(made.left_out) == 6
    assert set(made.left_out.values()) == {"the edition is full: 4 events score higher"}


def test_below_the_threshold_nothing_is_told_even_on_a_thin_day() -> None:
    soft = [story("g", "Golf cup in Augusta", "A cup of golf.", section="Sport")]
    made = chosen(soft, rules())
    assert made.chosen == ()
    assert "below the threshold 0.5" in made.left_out["g"]


def test_old_events_are_not_told() -> None:
    made = chosen([*apart(2), *[story("old", "Cairo trial opens", "It opens.", hours_ago=40)]], rules(fresh_hours=30))
    assert made.left_out == {"old": "no report in the last 30 hours"}


def test_a_country_has_its_measure() -> None:
    things = ["quake in Lima", "strike in Lima", "verdict in Lima"]
    stories = [story(f"p{n}", f"Peru: {thing}", f"It is a {thing}, in Peru.") for n, thing in enumerate(things)]
    made = chosen([*stories, *apart(3)[1:]], rules(max_per_country=2, max_per_running_story=9))
    assert sum(pick.event.id.startswith("p") for pick in made.chosen) == 2
    assert list(made.left_out.values()) == ["2 events of Peru score higher"]


def test_bare_headlines_count_for_the_country_of_their_outlets() -> None:
    told = [story(f"b{n}", f"Two dead in {thing}", section="City") for n, thing in enumerate(THINGS[:3])]
    ours = [replace(one, origin=replace(one.origin, country="IN")) for one in told]
    made = chosen(ours, rules(max_per_country=2, max_per_running_story=9))
    assert len(made.chosen) == 2
    assert list(made.left_out.values()) == ["2 events of India score higher"]


def test_a_running_story_has_its_measure() -> None:
    said = "Shehbaz Sharif, Imran Khan and the assembly of Islamabad"
    stories = [
        story(
            "k1",
            "Imran Khan loses in court",
            f"Judges spoke of {said} on the dissolved chamber and its deputy speaker.",
        ),
        story(
            "k2",
            "Imran Khan speaks to the nation",
            f"On television he accused {said} of a foreign plot with diplomats.",
        ),
        story(
            "k3", "Imran Khan gathers his party", f"In a garden cricketers and farmers cheered {said} until midnight."
        ),
    ]
    rule = rules(max_per_running_story=1, max_per_country=9)
    made = chosen(stories, rule)
    assert len(made.chosen) == 1
    assert set(made.left_out.values()) == {"1 event of the same running story scores higher"}


def test_a_long_ranking_is_looked_through_to_its_end_and_compared_at_its_top_only() -> None:
    few = rank(group(apart(4), cut=0.99), newsletter=rules(), now=CUTOFF)
    many = [
        replace(pick, event=replace(pick.event, id=f"{pick.event.id}/{n}"))
        for n in range(COMPARED // len(few) + 10)
        for pick in few
    ]
    rule = rules(max_events=COMPARED + 20, max_per_running_story=1, max_per_country=2 * COMPARED, max_per_owner=2_000)
    made = select(many, rule, now=CUTOFF)
    assert {pick.event.id for pick in made.chosen} | set(made.left_out) == {pick.event.id for pick in many}
    for later in many[len(few) : COMPARED]:
        assert "same running story" in made.left_out[later.event.id]
    assert not any("same running story" in made.left_out.get(last.event.id, "") for last in many[COMPARED:])


def test_full_sections_overflow_into_the_briefs() -> None:
    tight = newsletter(
        sections=(Section(slug="world", title="World", match=("world",), max_stories=2),),
        picking=Picking(max_events=10, briefs=3),
    )
    made = chosen(apart(10), tight)
    assert len(made.chosen) == 1 + 2 + 3
    assert len(made.briefs) == 3
    assert made.chosen[0].event.id not in made.briefs
    assert "its section and the briefs are full" in next(iter(made.left_out.values()))


def test_a_series_of_headlines_is_told_once() -> None:
    """What differs from it by a number or a day is the same thing again."""
    numbers = [story(f"n{n}", f"Item number {n}", f"This is what item {n} has to say to everybody.") for n in range(9)]
    made = chosen(numbers, rules())
    assert len(made.chosen) == 1
    assert set(made.left_out.values()) == {f"one of a series: {made.chosen[0].event.lead.headline!r} scores higher"}


def test_one_owner_fills_no_edition_where_others_report() -> None:
    ours = apart(6)
    others = [
        story(f"o{n}", f"{town} votes for a mayor", f"{town} elects.", outlet=f"Paper {n}", hours_ago=6)
        for n, town in enumerate(["Bonn", "Graz", "Pisa", "Lund", "Gent"])
    ]
    made = chosen([*ours, *others], rules(max_per_owner=2, max_per_running_story=20, max_per_country=20))
    mine = [pick for pick in made.chosen if pick.event.id.startswith("s")]
    assert len(mine) == math.ceil(14 / 6), "an equal share, where that is more"
    assert "3 events that Harbour Times alone reports score higher" in made.left_out.values()
    assert len(chosen(ours, rules(max_per_owner=2)).chosen) == 6, "a newsletter of one source is made of it"


def test_a_headline_alone_is_no_story() -> None:
    bare = story("b", "Town hall opens late", "", section="")
    told = story("t", "Library closes early", "Readers stood before shut doors when the heating failed.", section="")
    made = chosen([bare, told], rules())
    assert [pick.event.id for pick in made.chosen] == ["t"]
    assert "below the threshold" in made.left_out["b"]


def test_nothing_in_nothing_out() -> None:
    assert select((), newsletter()) == Selection(chosen=(), briefs=frozenset(), left_out={})
