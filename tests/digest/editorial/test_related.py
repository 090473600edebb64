"""Related items: one an owner, no copies, earlier news with its day, and nothing rather than a weak link."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.editorial.cluster import group
from digest.editorial.doc import Doc
from digest.editorial.rank import rank
from digest.editorial.related import EARLIER_CUT, EarlierStory, related
from digest.editorial.vectors import closeness
from digest.model.event import Event, Pick, Related, RelatedKind
from digest.model.story import Story

from .build import CUTOFF, newsletter, story

TEXT = "A missile struck the railway station of Kramatorsk in Donetsk and killed at least 39 people, Ukraine said."


def picked(*stories: Story, copies: frozenset[str] = frozenset()) -> Pick:
    event = Event(id=stories[0].id, stories=stories, copies=copies)
    return rank([event], newsletter=newsletter(), now=CUTOFF)[0]


def links(pick: Pick, **more: object) -> tuple[Related, ...]:
    return related(pick, events=(), now=CUTOFF, **more)  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.parametrize("period", ["2022-03_2022-04", "2025-04_2025-07"])
def test_earlier_news_of_a_running_story_is_found_and_holds(shared: Path, period: str) -> None:
    path = shared / "data" / "current_events" / f"current_events_{period}.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    days = [date.fromisoformat(row["date"]).toordinal() for row in rows]
    headings = [{part.strip() for part in row["topic"].split("/")} for row in rows]
    docs = [Doc(title="", text=row["text"], language="en") for row in rows]
    near = closeness(docs, docs)
    asked = hits = shown = held = 0
    for entry, day in enumerate(days):
        before = [place for place, other in enumerate(days) if 0 < day - other <= 14]
        right = {place for place in before if headings[place] & headings[entry]}
        if right:
            best = sorted(before, key=lambda place: -near[entry, place])[:3]
            offered = [place for place in best[:2] if near[entry, place] >= EARLIER_CUT]
            asked, hits = asked + 1, hits + bool(right.intersection(best))
            shown, held = shown + len(offered), held + len(right.intersection(offered))
    assert hits / asked >= 0.65
    assert held / shown >= 0.50


def test_other_reports_come_from_other_owners_once_each() -> None:
    pick = picked(
        story("a", "Missile hits Kramatorsk station", TEXT, outlet="A", owner="One"),
        story("b", "Station of Kramatorsk hit", TEXT + " Trains stopped.", outlet="B", owner="One"),
        story(
            "c", "Kramatorsk: 39 killed at the station", "Donetsk saw 39 killed. Kramatorsk station burns.", outlet="C"
        ),
        story("d", "Kramatorsk station in ruins", "Relief trains reach Kramatorsk after the missile.", outlet="C"),
        story("e", "No address", "Kramatorsk station missile in Donetsk.", outlet="E", url=""),
    )
    made = links(pick)
    assert [link.kind for link in made] == [RelatedKind.OTHER_REPORT]
    assert made[0].outlet == "C"
    assert "same event, other owner, closeness 0." in made[0].why


def test_copies_are_no_other_report() -> None:
    long = TEXT + " " + " ".join(f"Witness {n} told of smoke over platform {n} and of the cries." for n in range(9))
    pick = picked(
        story("a", "Missile hits Kramatorsk station", long, outlet="A"),
        story("b", "Missile strikes Kramatorsk station", long, outlet="B"),
        copies=frozenset({"b"}),
    )
    assert links(pick) == ()


def test_earlier_news_says_its_day_and_weak_links_are_not_shown() -> None:
    pick = picked(story("a", "Toll of Kramatorsk station missile rises to 52", TEXT, hours_ago=3))
    before = EarlierStory(
        headline="Missile hits Kramatorsk railway station, 39 killed", text=TEXT, outlet="Wire",
        url="https://wire.example/1", published_at=CUTOFF - timedelta(hours=26),
    )  # fmt: skip
    other = EarlierStory(
        headline="Peru sends troops to guard roads", text="Farmers block the Panamericana near Ica.", outlet="Wire",
        url="https://wire.example/2", published_at=CUTOFF - timedelta(hours=26),
    )  # fmt: skip
    made = links(pick, earlier=[other, before])
    assert [(link.kind, link.url) for link in made] == [(RelatedKind.EARLIER, "https://wire.example/1")]
    assert made[0].why.startswith("yesterday, closeness 0.")
    assert links(pick, earlier=[replace(before, published_at=CUTOFF)]) == (), "later news is not earlier"
    assert links(pick, earlier=[replace(before, published_at=CUTOFF - timedelta(days=20))]) == (), "too long ago"
    assert links(pick, earlier=[replace(before, url="")]) == (), "nothing to click on"
    assert len(links(pick, earlier=[before, replace(before, url="https://wire.example/3")])) == 1, "the same title"


def test_the_pages_own_list_helps_only_what_nearly_holds_up() -> None:
    weak = EarlierStory(
        headline="Peru sends troops to guard roads after clash", text="Farmers block the road near Ica.",
        outlet="Wire", url="https://wire.example/2", published_at=CUTOFF - timedelta(hours=26),
    )  # fmt: skip
    pick = picked(
        story(
            "a", "Toll of Kramatorsk missile rises", TEXT, hours_ago=3, related_titles=(weak.headline, "Unknown title")
        )
    )
    assert links(pick, earlier=[weak]) == ()


def test_an_earlier_event_of_the_window_is_offered_and_leaves_room_for_it() -> None:
    today = [
        story("a", "Kramatorsk station missile: toll rises to 52", TEXT, outlet="A", hours_ago=3),
        story(
            "b",
            "Kramatorsk station: now 52 dead",
            "Now 52 dead in Kramatorsk, Donetsk, at the station.",
            outlet="B",
            hours_ago=3,
        ),
        story(
            "c", "At Kramatorsk station 52 died", "Kramatorsk counts 52 dead, says Donetsk.", outlet="C", hours_ago=2
        ),
    ]
    old = story("z", "Evacuation trains leave Kramatorsk station", TEXT.replace("killed", "missed"), hours_ago=30)
    pick = picked(*today)
    events = [pick.event, *group([old])]
    made = related(pick, events=events, now=CUTOFF, limit=2)
    assert [link.kind for link in made] == [RelatedKind.OTHER_REPORT, RelatedKind.EARLIER]
    assert related(pick, events=events, now=CUTOFF, limit=0) == ()
