"""Grouping: every story in one event, whatever the order, with names that stay."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.events.cluster import cluster, group
from digest.editorial.events.vectors import Nearness
from digest.editorial.picking.rank import counting
from digest.editorial.text.doc import Doc
from digest.editorial.text.weighing import similarities
from tests.digest.editorial.build import day_stories, story


def b_cubed_f1(gold: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    right, made = defaultdict(set), defaultdict(set)
    for place, (label, event) in enumerate(zip(gold, found, strict=True)):
        right[label].add(place)
        made[event].add(place)
    precision = recall = 0.0
    for label, event in zip(gold, found, strict=True):
        shared = len(right[label] & made[event])
        precision += shared / len(made[event]) / len(gold)
        recall += shared / len(right[label]) / len(gold)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.shared
def test_look_alike_events_are_told_apart(shared: Path) -> None:
    ecb = shared / "data" / "clustering" / "ecbplus_dev.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(ecb.read_bytes()).decode().splitlines()]
    docs = [Doc(id=row["id"], title=row["title"], text=row["text"], language="en") for row in rows]
    labels = [row["label"] for row in rows]
    assert b_cubed_f1(labels, cluster(docs)) >= 0.91
    assert b_cubed_f1(labels, cluster(docs, large=0)) >= 0.88, "the neighbour graph"
    assert mean_of_small_sets(docs, labels) >= 0.95, "one cut fits small sets too"


def mean_of_small_sets(docs: Sequence[Doc], labels: Sequence[str]) -> float:
    """B-cubed F1, mean of 20 random sets of a dozen texts, two of an event here and there."""
    scores = []
    for seed in range(20):
        chosen = random.Random(seed).sample(range(len(docs)), 12)
        scores.append(b_cubed_f1([labels[place] for place in chosen], cluster([docs[place] for place in chosen])))
    return sum(scores) / len(scores)


def test_a_day_is_grouped_as_an_editor_would() -> None:
    events = {frozenset(story.id for story in event.stories) for event in group(day_stories())}
    assert events == {
        frozenset({"k1", "k2", "k3"}), frozenset({"p1", "p2"}), frozenset({"f1"}), frozenset({"b1"}),
        frozenset({"a1"}), frozenset({"g1"}), frozenset({"r1"}),
    }  # fmt: skip


def test_the_order_does_not_matter() -> None:
    stories = day_stories()
    expected = group(stories)
    for seed in range(6):
        random.Random(seed).shuffle(stories)
        assert group(stories) == expected


words = st.sampled_from(
    [
        "storm",
        "coast",
        "Paris",
        "vote",
        "39",
        "dead",
        "parliament",
        "Kyiv",
        "train",
        "Müller",
        "警察",
        "القاهرة",
        "budget",
        "strike",
        "Lima",
        "court",
    ]
)
docs = st.lists(
    st.builds(
        Doc,
        id=st.text(alphabet="abcdef", min_size=1, max_size=4),
        title=st.lists(words, max_size=5).map(" ".join),
        text=st.lists(words, max_size=12).map(" ".join),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(docs, st.randoms(use_true_random=False), st.sampled_from([0, 5000]))
def test_grouping_is_a_partition_and_independent_of_order(found: list[Doc], chance: random.Random, large: int) -> None:
    labels = cluster(found, large=large)
    assert len(labels) == len(found)
    assert sorted(set(labels)) == list(range(len(set(labels))))
    order = list(range(len(found)))
    chance.shuffle(order)
    again = cluster([found[place] for place in order], large=large)
    pairs = {(labels[place], again[new]) for new, place in enumerate(order)}
    assert len(pairs) == len(set(labels)) == len(set(again))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.lists(words, max_size=5), st.sampled_from(["en", "fr", "und"])), max_size=10))
def test_no_story_is_lost(found: list[tuple[list[str], str]]) -> None:
    stories = [
        story(f"s{place}", " ".join(said), " ".join(said * 3), language=language, hours_ago=place)
        for place, (said, language) in enumerate(found)
    ]
    events = group(stories)
    assert sorted(one.id for event in events for one in event.stories) == sorted(one.id for one in stories)
    for event in events:
        assert event.copies <= {one.id for one in event.stories}
        assert event.lead.id not in event.copies


def test_a_later_story_joins_without_renaming() -> None:
    stories = day_stories()
    before = {event.id: {one.id for one in event.stories} for event in group(stories)}
    late = replace(
        stories[0], id="k9", url="https://late.example/k9", headline="Kramatorsk station: 39 dead, Russia blamed"
    )
    late = replace(late, text=f"{late.text} More is known now about those who waited.")
    late = replace(late, first_seen=late.first_seen + timedelta(hours=9))
    after = {event.id: {one.id for one in event.stories} for event in group([*stories, late])}
    assert set(after) == set(before)
    joined = next(event for event, members in after.items() if "k9" in members)
    assert before[joined] == {"k1", "k2", "k3"}


WORDS = ("quake strikes", "ferry burns", "vote in Bonn", "strike at port", "quake toll", "ferry safe", "port shut")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    st.lists(st.integers(0, 3), min_size=9, max_size=9),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.randoms(use_true_random=False),
    st.sampled_from([0, 5_000]),
)
def test_known_events_stay_whatever_comes(
    before: list[str], events: list[int], later: list[str], chance: random.Random, large: int
) -> None:
    """Nothing known is parted, joined or renamed; every story has one event; no two events have one name."""
    stories = [story(f"s{n}", words, f"The {words}.", outlet=f"P{n}") for n, words in enumerate([*before, *later])]
    known = {f"s{n}": f"event-{events[n]}" for n in range(len(before))}
    chance.shuffle(stories)
    found = group(stories, known=known, large=large)
    named = {one.id: event.id for event in found for one in event.stories}
    assert {name: named[name] for name in known} == known
    assert sorted(named) == sorted(one.id for one in stories)
    assert len({event.id for event in found}) == len(found)
    assert all(event.copies < {one.id for one in event.stories} for event in found)
    chance.shuffle(stories)
    assert group(stories, known=known, large=large) == found


def test_a_later_story_that_would_join_two_events_renames_neither() -> None:
    stories = day_stories()
    known = {one.id: f"{event.id}-{one.id}" for event in group(stories) for one in event.stories}
    late = replace(stories[0], id="k9", url="https://late.example/k9", text=f"{stories[0].text} More is known now.")
    named = {one.id: event.id for event in group([*stories, late], known=known) for one in event.stories}
    assert {name: named[name] for name in known} == known
    assert named["k9"] in {known["k1"], known["k2"], known["k3"]}


def test_languages_are_not_mixed_and_the_unknown_go_with_the_many() -> None:
    text = "Kramatorsk station missile: 39 killed, says governor Kyrylenko of Donetsk"
    stories = [
        story("a", text, text, outlet="A"),
        story("b", f"{text} region", f"{text} region", outlet="B", language="fr"),
        story("c", f"{text} oblast", text, outlet="C", language="und"),
    ]
    events = {frozenset(one.id for one in event.stories) for event in group([*stories, story("d", "Golf in Augusta")])}
    assert frozenset({"a", "c"}) in events
    assert frozenset({"b"}) in events


def test_an_event_is_named_after_the_story_seen_first() -> None:
    first, second, third = day_stories()[:3]
    named = [
        replace(one, id=name, url=f"https://late.example/{name}", first_seen=one.first_seen + timedelta(hours=hours))
        for one, name, hours in ((first, "z", 0), (second, "a", 9), (third, "m", 9))
    ]
    (event,) = [event for event in group(named) if len(event.stories) == 3]
    assert event.id == "z"


def test_what_explains_does_not_stand_for_its_event() -> None:
    """Even where it is the latest, and would stand for it with another headline."""
    first, second, third = day_stories()[:3]
    plain = [replace(one, origin=replace(one.origin, wire=False)) for one in (first, second, third)]
    # The beginning of each: near to all of them.
    whole = " ".join(" ".join(one.text.split()[: len(one.text.split()) // 2]) for one in plain)
    after = max(one.published_at for one in plain) + timedelta(minutes=5)
    why = replace(first, id="why", url="https://x.example/why", text=whole, published_at=after)
    told = replace(why, headline="Missile on Kramatorsk station: 39 killed, Russia blamed")
    asked = replace(why, headline="Why the missile on Kramatorsk station killed 39: Russia blamed")
    leads = [next(event.lead.id for event in group([*plain, one]) if len(event.stories) > 1) for one in (told, asked)]
    assert leads[0] == "why"
    assert leads[1] != "why"


def test_the_lead_is_central_plain_and_no_copy() -> None:
    stories = [
        *day_stories()[:3],
        story(
            "why",
            "Why the station of Kramatorsk was hit, and what we know",
            day_stories()[0].text + " Why?",
            outlet="X",
        ),
    ]
    event = next(event for event in group(stories) if len(event.stories) > 1)
    assert event.lead.id != "why"


def test_hostile_and_empty_texts_are_grouped_like_others() -> None:
    odd = ["", "\x00\ud800\u202e", "{{7*7}} <script>", "🙂" * 5000, "ا" * 5000, "1,2.3,4" * 2000, "'\"`;--", "ﷺ"]
    labels = cluster([Doc(id=str(place), title=text, text=text) for place, text in enumerate(odd)])
    assert len(labels) == len(odd)


def test_nothing_in_nothing_out() -> None:
    assert cluster([]) == []
    assert group([]) == ()
    assert cluster([Doc(id="a", title="Alone")]) == [0]
    assert cluster([Doc(id="a", title=""), Doc(id="b", title="")]) == [0, 1]


def test_a_name_that_nobody_else_has_is_a_name() -> None:
    """Two places that only these two texts name are two places: words do not stand in for the names."""
    prank = "a web page took a line of code for a name and the list of names broke"
    texts = (f"In Trujillo {prank}.", f"In Huron {prank}.", f"Somewhere {prank}.", "The ferry stays in port.")
    docs = [Doc(id=str(place), title="A prank", text=text, language="en") for place, text in enumerate(texts)]
    nearness = Nearness.of(docs)
    assert nearness.named.tolist() == [True, True, False, False]
    every = np.arange(len(docs))
    near, words = nearness.between(every, every), similarities(nearness.words, nearness.words)
    assert near[0, 1] == pytest.approx(0.8 * words[0, 1]), "numbers: there are none, so words stand in"
    assert near[0, 2] == pytest.approx(words[0, 2])
    assert nearness.of_pairs(every[:1], every[1:2])[0] == pytest.approx(near[0, 1])


COPIED = (
    "The council voted late on Friday to close the old harbour bridge after inspectors found cracks in two piers. " * 3
)


@pytest.mark.parametrize("other", ["aggregator", "client"])
def test_an_earlier_stamp_takes_nobodys_vote(other: str) -> None:
    """An aggregator's copy stamped before the paper's own, and a client's stamped before its wire's."""
    title = "Council closes the old harbour bridge after cracks are found"
    first = story("copy", title, COPIED, outlet="Second Hand", aggregator=other == "aggregator", hours_ago=7)
    real = story("real", title, COPIED, outlet="Real Desk", wire=other == "client", hours_ago=6)
    (event,) = group([first, real])
    assert event.copies == {"copy"}
    assert event.lead.id == "real"
    assert [one.origin.outlet for one in counting(event)] == ["Real Desk"]
