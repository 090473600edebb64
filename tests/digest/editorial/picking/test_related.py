"""Related items: one an owner, no copies, earlier news with its day, and nothing rather than a weak link."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.editorial.events.cluster import group
from digest.editorial.events.vectors import closeness, told_apart
from digest.editorial.kinds.genres import explains, opines
from digest.editorial.picking.rank import rank
from digest.editorial.picking.related import EARLIER_CUT, EarlierStory, related
from digest.editorial.text.doc import Doc
from digest.model.event import Event, Pick, Related, RelatedKind
from digest.model.story import Story
from tests.digest.editorial.build import CUTOFF, newsletter, story

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
    unmarked = picked(
        story("a", "Missile hits Kramatorsk station", long, outlet="A"),
        story("b", "Missile strikes Kramatorsk station", long, outlet="B"),
    )
    assert links(unmarked) == (), "an editor who joins two events knows nothing of copies"


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


def test_what_explains_the_event_is_named_so_and_opinion_is_no_report() -> None:
    pick = picked(
        story("a", "Missile hits Kramatorsk station", TEXT, outlet="A"),
        story("b", "What we know about the Kramatorsk missile", TEXT + " It was a Tochka.", outlet="B"),
        story("c", "Opinion: after Kramatorsk, no more excuses", "Kramatorsk station shames us all.", outlet="C"),
        story("d", "After Kramatorsk, no more doubt", "Kramatorsk station shames.", outlet="D", section="Opinion"),
        story("e", "39 killed at Kramatorsk station", "Donetsk saw 39 killed at Kramatorsk station.", outlet="E"),
    )
    made = links(pick)
    assert [(link.kind, link.outlet) for link in made] == [
        (RelatedKind.OTHER_REPORT, "E"),
        (RelatedKind.EXPLAINER, "B"),
    ]
    assert made[1].why.startswith("explains the same event, closeness 0.")


def test_an_explainer_beside_the_event_must_be_close() -> None:
    pick = picked(story("a", "Missile hits Kramatorsk station, 39 killed", TEXT))
    near = story("x", "How the Kramatorsk station became a target of missiles", TEXT, outlet="X", hours_ago=2)
    far = story("y", "Why Peru's farmers block the Panamericana", "Peru's farmers want cheap fuel.", outlet="Y")
    events = [pick.event, *(Event(id=one.id, stories=(one,)) for one in (near, far))]
    made = related(pick, events=events, now=CUTOFF)
    assert [(link.kind, link.story) for link in made] == [(RelatedKind.EXPLAINER, "x")]


def test_background_is_older_close_and_shares_names() -> None:
    pick = picked(story("a", "Missile hits Kramatorsk station", TEXT))
    old = EarlierStory(
        headline="Missile hits Kramatorsk in Donetsk, Ukraine says", text=TEXT, outlet="Wire",
        url="https://wire.example/1", published_at=CUTOFF - timedelta(days=20),
    )  # fmt: skip
    nameless = replace(
        old,
        headline="missile hits station",
        text=TEXT.casefold().replace("kramatorsk", "the town"),
        url="https://w.ex/2",
    )
    (link,) = links(pick, earlier=[old])
    assert (link.kind, link.url) == (RelatedKind.BACKGROUND, old.url)
    assert link.why == f"20 March, Donetsk, Kramatorsk, Ukraine, closeness {link.score:.2f}"
    assert links(pick, earlier=[nameless]) == (), "no name in common"
    weak = replace(old, headline="Ukraine and Donetsk", text="Harvest begins in Ukraine. Farmers of Donetsk hope.")
    assert links(pick, earlier=[weak]) == (), "too far off"


def test_background_only_where_there_is_room() -> None:
    reports = [
        story(name, f"Kramatorsk station {name} hit", f"{name} saw Kramatorsk station burn. Donetsk.", outlet=name)
        for name in ("Axe", "Bow", "Cat", "Dog")
    ]
    old = EarlierStory(
        headline="Missile hits Kramatorsk in Donetsk", text=TEXT, outlet="Wire", url="https://wire.example/1",
        published_at=CUTOFF - timedelta(days=40),
    )  # fmt: skip
    pick = picked(story("a", "Missile hits Kramatorsk station", TEXT), *reports)
    kinds = [link.kind for link in links(pick, earlier=[old], limit=3)]
    assert kinds == [RelatedKind.OTHER_REPORT] * 3
    assert links(pick, earlier=[old], limit=4)[-1].kind is RelatedKind.BACKGROUND


@pytest.mark.parametrize(
    ("headline", "kind"),
    [
        ("WHO declares the outbreak over", ""),
        ("Who is Ketanji Brown Jackson?", "explains"),
        ("What we know about the missile", "explains"),
        ("Pourquoi le Yémen change de président", "explains"),
        ("لماذا استقال الرئيس", "explains"),
        ("Somehow the truce holds", ""),
        ("Comment: the UN must act", "opines"),
        ("The UN must act | Comment", "opines"),
        ("Review: a fine film", "opines"),
        ("Review of rules ordered by minister", ""),
    ],
)
def test_genres(headline: str, kind: str) -> None:
    found = "opines" if opines(headline) else "explains" if explains(headline) else ""
    assert found == kind


def test_two_texts_with_names_and_none_in_common_count_half() -> None:
    told = "the council met and voted on the new harbour, which was opened after a long dispute"
    texts = (f"In Lyon {told}.", f"In Porto {told}.", f"There {told}.", f"From Lyon and from Porto {told}.")
    docs = [Doc(id=str(place), title="A vote", text=text, language="en") for place, text in enumerate(texts)]
    near = closeness(docs, docs)
    assert near[0, 1] < 0.6 * near[0, 3]
    assert near[0, 1] < 0.6 * near[0, 2], "a text without names contradicts nobody"


def test_another_country_is_no_running_story() -> None:
    chile = Doc(title="Chile's voters reject pension referendum", text="Voters in Chile rejected it, the service said.")
    italy = Doc(
        title="Italy's voters reject justice referendum", text="Voters in Italy rejected it, the ministry said."
    )
    before = Doc(title="Chile to vote in pension referendum", text="Voters in Chile go to the polls on a referendum.")
    ((other, same),) = closeness([chile], [italy, before]).tolist()
    assert other < same
    assert told_apart([chile], [italy, before]).tolist() == [[True, False]]


def test_another_bank_is_no_running_story() -> None:
    japan = Doc(
        title="Bank of Japan holds rates", text="The Bank of Japan kept its rate on Friday, as expected by all."
    )
    england = Doc(title="Bank of England holds rates", text="The Bank of England kept its rate, as expected by all.")
    before = Doc(title="Bank of Japan hints at a rise", text="The Bank of Japan may raise its rate, its governor said.")
    ((other, same),) = closeness([japan], [england, before]).tolist()
    assert other < EARLIER_CUT < same
