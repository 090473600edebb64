"""Collect: sources -> stories. A source that fails is reported and stops nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from digest.editorial.clean import to_story
from digest.model.errors import AdapterError, BadDocument
from digest.model.newsletter import Newsletter
from digest.model.story import Story
from digest.ports import App, Refusal, Source

THREADS = 16
"""Sources read at the same time: reading is waiting, mostly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection brought: `entries` = `new` + `known` + `refused`, nobody lost silently."""

    sources: int
    failed: tuple[Refusal, ...]
    """Sources that could not be read at all."""
    unreadable: tuple[Refusal, ...]
    """Documents that could not be read; the rest of their source was."""
    entries: int
    new: int
    known: int
    """Stories we had already, and entries of this look that are one and the same story."""
    refused: tuple[Refusal, ...]
    """Entries that are no story (no title, no text), with the reason."""


def collect(app: App, newsletter: Newsletter) -> Collected:
    """Look once at every source of the newsletter and keep what is new."""
    now = app.clock()
    wanted = sources_of(app, newsletter)
    task = f"collect {newsletter.slug}"
    app.progress.start(task, len(wanted))
    stories: list[Story] = []
    refused: list[Refusal] = []
    failed: list[Refusal] = []
    unreadable: list[Refusal] = []
    entries = 0
    with ThreadPoolExecutor(max_workers=min(THREADS, max(1, len(wanted))), thread_name_prefix="collect") as pool:
        for looked in pool.map(lambda source: _look(source, now), wanted):
            app.progress.advance(task)
            if isinstance(looked, Refusal):
                failed.append(looked)
                continue
            kept, not_kept, bad, seen = looked
            stories.extend(kept)
            refused.extend(not_kept)
            unreadable.extend(bad)
            entries += seen
    with app.begin() as tx:
        new = tx.stories.add(stories)
    found = Collected(
        sources=len(wanted),
        failed=tuple(failed),
        unreadable=tuple(unreadable),
        entries=entries,
        new=new,
        known=len(stories) - new,
        refused=tuple(refused),
    )
    app.progress.finish(task, summary(found))
    return found


def summary(found: Collected) -> str:
    """One line for people."""
    parts = [f"{found.sources} sources", f"{found.new} new stories", f"{found.known} known"]
    for count, word in ((found.refused, "refused"), (found.unreadable, "unreadable"), (found.failed, "sources failed")):
        if count:
            parts.append(f"{len(count)} {word}")
    return ", ".join(parts)


def sources_of(app: App, newsletter: Newsletter) -> Sequence[Source]:
    """The newsletter's sources, all of them where it names none."""
    return [app.sources[slug] for slug in newsletter.sources or app.sources]


_Looked = tuple[list[Story], list[Refusal], list[Refusal], int]


def _look(source: Source, now: datetime) -> Refusal | _Looked:
    slug = source.origin.source
    try:
        reading = source.read(now)
    except (AdapterError, BadDocument, OSError) as error:
        return Refusal(source=slug, path=slug, reason=str(error))
    kept: list[Story] = []
    refused: list[Refusal] = []
    for entry in reading.entries:
        story = to_story(entry, source.origin, now=now)
        if isinstance(story, str):
            refused.append(Refusal(source=slug, path=entry.path, reason=story))
        else:
            kept.append(story)
    return kept, refused, list(reading.refusals), len(reading.entries)
