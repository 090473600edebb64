"""A story that corrects another leads over it, and what it withdrew is told nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.editorial.edition.compose import by_many_voices
from digest.editorial.events.cluster import group
from digest.editorial.events.dedupe import copies
from digest.editorial.jsonl import story_of
from digest.editorial.picking.rank import SentEvent, rank
from digest.editorial.picking.related import other_reports
from digest.model.event import Event, Pick
from digest.model.story import Story
from tests.digest.editorial.build import CUTOFF, newsletter, story

BEFORE = "Danish minister Nicolai Wammen resigned on Monday over a contract for trains, a wire said."
AFTER = "Danish minister Nicolai Wammen will not resign over a contract for trains, his office said on Monday."
WITHDRAWN = story("a", "Minister resigns over contract", BEFORE, outlet="Wire", wire=True, hours_ago=4)
REPEATED = story(
    "b", "Danish minister Wammen resigns over trains", BEFORE + " He gave no reason.", outlet="B", hours_ago=3
)
CORRECTED = story("c", "Minister will not resign over contract", AFTER, outlet="C", hours_ago=2, corrects=True)
LATER = story("d", "Wammen stays as Danish minister", AFTER + " Trains run late.", outlet="D", hours_ago=1)


def picked(*stories: Story) -> Pick:
    (found,) = group(stories)
    return rank([found], newsletter=newsletter(), now=CUTOFF)[0]


@pytest.mark.parametrize("others", [(), (LATER,)])
def test_what_was_withdrawn_neither_leads_nor_stands_beside(others: tuple[Story, ...]) -> None:
    pick = picked(WITHDRAWN, REPEATED, CORRECTED, *others)
    assert pick.event.lead.id in {CORRECTED.id, *(other.id for other in others)}
    shown = {link.story for link in other_reports(pick)}
    assert shown.isdisjoint({WITHDRAWN.id, REPEATED.id})
    busy = [pick] * 4
    assert all(told.event.lead.id not in {"a", "b"} for told in by_many_voices(busy))


def test_without_the_mark_the_wire_leads() -> None:
    assert picked(WITHDRAWN, REPEATED, replace(CORRECTED, corrects=False)).event.lead.id != "c"


def test_of_two_copies_the_correction_is_the_original() -> None:
    text = BEFORE * 4
    one = story("one", "Minister resigns over contract for trains", text, outlet="B", hours_ago=4)
    again = story("two", "Minister resigns over contract for trains", text, outlet="B", hours_ago=2, corrects=True)
    assert copies([one, again]) == {"one": "two"}


def test_readers_of_the_withdrawn_story_get_the_correction() -> None:
    sent = (SentEvent(headline=WITHDRAWN.headline, text=BEFORE, date=date(2022, 4, 8)),)
    held, lifted = (
        rank([Event(id="c", stories=(one,))], newsletter=newsletter(), now=CUTOFF, sent=sent)[0]
        for one in (replace(CORRECTED, corrects=False), CORRECTED)
    )
    assert "seen" in held.why
    assert "corrected since" in lifted.why
    assert lifted.score > held.score


def test_a_line_of_anybodys_own_is_known_as_a_correction() -> None:
    row = {"id": "1", "title": "CORRECTED: Minister will not resign", "text": AFTER}
    assert story_of(row, now=CUTOFF).corrects
