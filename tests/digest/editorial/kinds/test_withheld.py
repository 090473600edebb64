"""What says at its head that it may not be published is refused and not told; news about embargoes is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.editorial.intake.clean import to_story
from digest.editorial.kinds.withheld import withheld
from digest.editorial.telling.blurb import blurb
from digest.model.story import Entry, Story
from tests.digest.editorial.build import origin, story

NOW = datetime(2022, 4, 8, 20, 0, tzinfo=UTC)
NEWS = "King Rudolf will abdicate on Monday in favour of his daughter, the court in Strelsau said."


@pytest.mark.parametrize(
    "head",
    [
        "Embargoed until Monday 0600 GMT, not for release before then.",
        "EMBARGOED until 0600 GMT: King Rudolf will abdicate on Monday.",
        "*** EMBARGO: 06:00 GMT ***",
        "ATTENTION EDITORS - STRICTLY EMBARGOED",
        "HOLD - awaiting legal check.",
        "Hold: pending legal check of the second paragraph",
        "NOT FOR RELEASE",
        "DO NOT PUBLISH",
        "MANDATORY KILL: King Rudolf",
        "Story withdrawn: King Rudolf",
        "Test item, please ignore",
        "[TEST - please disregard]",
        "Sperrfrist: Montag, 6 Uhr",
        "Sous embargo jusqu’à lundi 6 heures",
        "Embargado hasta el lunes a las seis",
    ],
)
def test_what_is_withheld_is_refused_with_the_reason_and_has_no_blurb(head: str) -> None:
    entry = Entry(path="a.txt", kind="textdoc", title="King abdicates", paragraphs=(head, NEWS))
    assert "it says at its head that it " in str(to_story(entry, origin("Harbour Times"), now=NOW))
    titled = replace(entry, title=head, paragraphs=(NEWS,))
    assert "it says at its head that it " in str(to_story(titled, origin("Harbour Times"), now=NOW))
    assert blurb(story("a", "King abdicates", f"{head}\n\n{NEWS}")) == ""


@pytest.mark.parametrize(
    "news",
    [
        "Embargo on Ruritanian oil holds, ministers say",
        "Embargoed oil reaches the port of Strelsau",
        "Embargo: what the ban on oil means for Ruritania",
        "Hold the front page: king abdicates",
        "Hold fire, ministers tell the army",
        "Kill Bill at twenty: the film that made Strelsau",
        "Test: which car is the best of the year",
        "Test matches return to Strelsau",
        "This is a test for the king, minister says",
        "Do not publish names of victims, court tells papers",
        "No publicar nombres, dice el juez",
    ],
)
def test_news_with_such_words_is_a_story(news: str) -> None:
    entry = Entry(path="a.txt", kind="textdoc", title=news, paragraphs=(NEWS,))
    assert isinstance(to_story(entry, origin("Harbour Times"), now=NOW), Story)
    assert withheld(f"{NEWS}\n\nThe report was embargoed until Monday.") == ""
