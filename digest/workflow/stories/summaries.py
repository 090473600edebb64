"""Summaries: where a summariser is configured, its text replaces our own blurb, if nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from digest.editorial.telling.blurb import BLURB_LIMIT
from digest.editorial.telling.summary import objection
from digest.model.edition import Block, BriefsBlock, Edition, LeadBlock, StoryBlock, Told
from digest.model.errors import AdapterError
from digest.model.story import Story
from digest.ports import App

REPORTS = 4
"""Reports of an event that are sent."""
ALTOGETHER = timedelta(minutes=3)
"""After so long the rest keeps its own blurbs: an edition does not wait for a slow service."""


def summarised(app: App, edition: Edition, stories: Sequence[Story]) -> Edition:
    """The edition with checked summaries; what is refused or does not come keeps the blurb it has."""
    if app.summariser is None or not edition.told:
        return edition
    by_id = {story.id: story for story in stories}
    reports = {one.event: [by_id[name] for name in one.stories if name in by_id] for one in edition.scored}
    task = f"summaries {edition.id}"
    app.progress.start(task, len(edition.told))
    until = app.clock() + ALTOGETHER
    written: dict[str, str] = {}
    refused: list[str] = []
    for told in edition.told:
        # The clock is read again on purpose: an edition has a time to be ready by.
        text, against = _ask(app, told, reports.get(told.event, [])) if app.clock() < until else ("", "no time is left")
        app.progress.advance(task)
        if text:
            written[told.event] = text
        else:
            refused.append(f"{told.headline[:40]}: {against}")
    app.progress.finish(task, f"{len(written)} written" + (f"; own blurb for {'; '.join(refused)}" if refused else ""))
    return _with_blurbs(edition, written)


def _ask(app: App, told: Told, stories: Sequence[Story]) -> tuple[str, str]:
    """(the summary, "") or ("", why there is none)."""
    if app.summariser is None or not stories:
        return "", "no report is at hand"
    said = [f"{story.headline}\n{story.standfirst}\n{story.text}"[:1_500] for story in stories[:REPORTS]]
    try:
        text = app.summariser.summarise(said, language=told.language, limit=BLURB_LIMIT)
    except AdapterError as error:
        return "", str(error)
    against = objection(text, said, limit=BLURB_LIMIT)
    return ("", against) if against else (text, "")


def _with_blurbs(edition: Edition, written: Mapping[str, str]) -> Edition:
    def told(one: Told) -> Told:
        return replace(one, blurb=written.get(one.event, one.blurb))

    def block(one: Block) -> Block:
        if isinstance(one, LeadBlock | StoryBlock):
            return replace(one, told=told(one.told))
        return replace(one, told=tuple(map(told, one.told))) if isinstance(one, BriefsBlock) else one

    sections = tuple(replace(one, blocks=tuple(map(block, one.blocks))) for one in edition.sections)
    return replace(edition, sections=sections)
