"""The two sample days, as the engine groups and ranks them."""

from __future__ import annotations

from benchmarks.sampleday import NOW, stories
from digest.editorial.events.cluster import group
from digest.editorial.jsonl import world_newsletter
from digest.editorial.picking.rank import rank


def test_the_sample_days_are_grouped_as_their_reader_would() -> None:
    picks = rank(group(stories()), newsletter=world_newsletter(), now=NOW)
    lead = picks[0]
    assert "Kramatorsk" in lead.event.lead.headline
    assert len(lead.outlets) >= 7, "told in other words by every outlet"
    assert all("Kramatorsk" in story.headline + story.text for story in lead.event.stories)
    pranks = [pick for pick in picks if any("<script>" in story.headline for story in pick.event.stories)]
    assert [len(pick.event.stories) for pick in pranks] == [1, 1, 1], "three look-alikes are three happenings"
