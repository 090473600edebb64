"""Summaries in an edition: checked ones are printed, all others leave the blurb as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from digest.editorial.intake.clean import to_story
from digest.model.edition import ScoredEvent
from digest.model.errors import Permanent
from digest.model.story import Entry, Origin, Story
from digest.store.tx import Store
from digest.workflow.stories.summaries import summarised
from tests.builders import app_on, edition
from tests.fakes import MORNING, ScriptedProvider

ENTRY = Entry(
    path="x", kind="feed", title="Ferry to Osser halted",
    paragraphs=("The ferry to Osser was halted on Friday after 2 fires.",),
)  # fmt: skip


class Scripted:
    """Says always the same, or raises."""

    def __init__(self, text: str) -> None:
        self.text = text

    def summarise(self, reports: Sequence[str], *, language: str, limit: int) -> str:
        if not self.text:
            raise Permanent("the service is gone")
        return self.text

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("The ferry to Osser was halted after 2 fires.", True),
        ("The ferry to Lund was halted after 2 fires.", False),
        ("The ferry to Osser was halted after 3 fires.", False),
        ("", False),
    ],
)
def test_only_a_checked_summary_is_printed(store: Store, text: str, printed: bool) -> None:
    story = to_story(ENTRY, Origin(source="coast", outlet="Coast", owner="Coast"), now=MORNING)
    assert isinstance(story, Story)
    scored = ScoredEvent(
        event="event1", headline=story.headline, score=1.0, parts=(), why="", section="world", outlets=(), wires=(),
        stories=(story.id,), rank=1,
    )  # fmt: skip
    before = replace(edition(), scored=(scored,))
    app = replace(app_on(store, provider=ScriptedProvider()), summariser=Scripted(text))
    after = summarised(app, before, [story])
    assert after.told[0].blurb == (text if printed else before.told[0].blurb)


def test_without_a_summariser_nothing_changes(store: Store) -> None:
    made = edition()
    assert summarised(app_on(store, provider=ScriptedProvider()), made, ()) is made
