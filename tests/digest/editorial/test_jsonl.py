"""Anybody's stories, one a line: read with care, refused by line, answered in full."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.events.cluster import group
from digest.editorial.jsonl import event_rows, rank_rows, read_stories, sent_of, world_newsletter
from digest.editorial.picking.rank import rank
from digest.editorial.picking.related import relate

NOW = datetime(2022, 4, 8, 23, 0, tzinfo=UTC)


def lines(*rows: object) -> list[str]:
    return [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]


def test_a_full_line_and_a_bare_one() -> None:
    full, bare = read_stories(
        lines(
            {
                "id": "a", "title": "Ferry sinks", "text": "One.\n\nTwo.", "outlet": "Reuters", "section": "World",
                "url": "https://x.example/a?utm_source=y", "published": "2022-04-08T08:30:00+02:00", "position": 3,
            },
            {"id": 7, "text": "Only a text."},
        ),
        now=NOW,
    )[0]  # fmt: skip
    assert full.published_at == datetime(2022, 4, 8, 6, 30, tzinfo=UTC)
    assert (full.url, full.position, full.origin.wire, full.text) == ("https://x.example/a", 3, True, "One.\n\nTwo.")
    assert (bare.id, bare.headline, bare.origin.owner, bare.published_at) == ("7", "", "unknown", NOW)


def test_a_day_means_noon() -> None:
    story = read_stories(lines({"id": "a", "title": "Ferry", "published": "2022-04-07"}), now=NOW)[0][0]
    assert story.published_at == datetime(2022, 4, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ('{"title": "x"}', '"id" must be'),
        ('{"id": "", "title": "x"}', '"id" must be'),
        ('{"id": true, "title": "x"}', '"id" must be'),
        ('{"id": "a"}', "are both empty"),
        ('{"id": "a", "title": ["x"]}', '"title" must be a text, not list'),
        ('{"id": "a", "title": "x", "published": "soon"}', "\"published\" is 'soon'"),
        ('{"id": "a", "title": "x", "published": 12}', '"published" must be'),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: str, reason: str) -> None:
    stories, bad = read_stories(["\n", *lines({"id": "ok", "title": "Fine"}), line], now=NOW)
    assert [story.id for story in stories] == ["ok"]
    assert bad[0].number == 3
    assert reason in bad[0].reason
    assert str(bad[0]).startswith("line 3: ")


def test_an_id_counts_once() -> None:
    stories, bad = read_stories(lines({"id": "a", "title": "x"}, {"id": "a", "title": "y"}), now=NOW)
    assert len(stories) == 1
    assert str(bad[0]) == "line 2: id 'a' stands in line 1 already"


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=60), st.dictionaries(st.text(max_size=9), st.text()).map(json.dumps))))
def test_whatever_comes_in_is_read_or_named(found: list[str]) -> None:
    stories, bad = read_stories(found, now=NOW)
    assert len(stories) + len(bad) == sum(bool(line.strip()) for line in found)


def test_events_and_ranking_come_out_whole() -> None:
    rows = [
        {"id": "a", "title": "Missile hits Kramatorsk station", "text": "A missile hit Kramatorsk station, 39 died.",
         "outlet": "Reuters", "section": "World", "url": "https://a.example/1", "published": "2022-04-08"},
        {"id": "b", "title": "Kramatorsk station hit by missile", "text": "At Kramatorsk station 39 died by a missile.",
         "outlet": "BBC", "section": "World", "url": "https://b.example/1", "published": "2022-04-08"},
        {"id": "c", "title": "Golf in Augusta", "text": "Woods plays golf again.", "outlet": "Sport Daily",
         "published": "2022-04-08"},
    ]  # fmt: skip
    stories = read_stories(lines(*rows), now=NOW)[0]
    events = group(stories)
    assert {row["id"]: row["event"] for row in event_rows(events)} == {"a": "a", "b": "a", "c": "c"}
    sent, earlier = sent_of(read_stories(lines({**rows[0], "published": "2022-04-07"}), now=NOW)[0])
    picks = rank(events, newsletter=world_newsletter(), now=NOW, sent=sent)
    made = rank_rows(picks, relate(picks, events=events, earlier=earlier, now=NOW))
    assert json.loads(json.dumps(made)) == made
    assert [row["event"] for row in made] == ["a", "c"]
    assert made[0]["score"] == pytest.approx(sum(part["value"] for part in made[0]["parts"]), abs=1e-3)
    assert {"coverage", "wires", "section", "kind", "seen"} <= {part["name"] for part in made[0]["parts"]}
    assert set(made[0]["stories"]) == {"a", "b"}
    assert made[0]["related"][0]["kind"] == "other_report"


def test_a_date_ahead_counts_as_that_of_reading() -> None:
    story = read_stories(lines({"id": "a", "title": "Ferry", "published": "2099-01-01"}), now=NOW)[0][0]
    assert (story.published_at, story.is_dated) == (NOW, False)
