"""Collect: sources -> stories. A source that fails is reported, left in peace for a while, and stops nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.editorial.intake.clean import plain
from digest.editorial.text.words import shorten
from digest.model.counted import counted
from digest.model.errors import AdapterError, BadDocument, NotAsked
from digest.model.health import SourceHealth
from digest.model.newsletter import Newsletter
from digest.model.story import Entry, Story
from digest.ports import App, Reading, Refusal, Source
from digest.workflow.stories.complete import Judged, complete, judge, renewed
from digest.workflow.stories.sources import sources_read_by

_LONGEST_PLACE = 300
_SHOWN_TITLE = 80
THREADS = 64
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
    resting: tuple[Refusal, ...] = ()
    """Sources that were not asked: they failed before and rest, or the collection's time was over."""
    silent: tuple[Refusal, ...] = ()
    """Sources that answer, and have brought nothing new for longer than usual."""
    unchanged: int = 0
    """Sources that said that nothing is new (HTTP 304)."""
    completed: int = 0
    """Short entries whose article was fetched."""
    incomplete: tuple[Refusal, ...] = ()
    """Short entries whose article could not be fetched; they are kept as they are."""
    disallowed: int = 0
    """How many of these are left short because robots.txt does not allow their article to be read."""
    beyond: int = 0
    """Short entries whose article was not asked for, because `fetching.pages` others were; kept as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one source gave: a reading, an error, or neither where it was not asked (`rest` says why)."""

    source: Source
    reading: Reading | None = None
    judged: tuple[Judged, ...] = ()
    """The reading's entries, each with its story or why it is none."""
    error: Exception | None = None
    rest: str = ""


def collect(app: App, newsletter: Newsletter, *, regardless: bool = False) -> Collected:
    """Look once at every source of the newsletter and keep what is new; `regardless` of who is resting."""
    now = app.clock()
    until = now + timedelta(seconds=app.limits.seconds)
    wanted = sources_of(app, newsletter)
    with app.read() as tx:
        health = tx.sources.health(source.origin.source for source in wanted)
    task = f"collect {newsletter.slug}"
    app.progress.start(task, len(wanted))

    def look(source: Source) -> _Look:
        found = _look(app, source, health[source.origin.source], now=now, until=until, regardless=regardless)
        app.progress.advance(task)
        return found

    with ThreadPoolExecutor(max_workers=min(THREADS, max(1, len(wanted))), thread_name_prefix="collect") as pool:
        looks = list(pool.map(look, wanted))
    whole = complete(
        app, renewed(app, [one for look in looks for one in look.judged]), now=now, until=until, threads=THREADS
    )
    stories = [one.verdict for one in whole.judged if isinstance(one.verdict, Story)]
    new, after = _keep(app, looks, stories, health, now)
    found = Collected(
        sources=len(wanted),
        failed=tuple(_refusal(look, str(look.error)) for look in looks if look.error),
        unreadable=tuple(bad for look in looks if look.reading for bad in look.reading.refusals),
        entries=len(whole.judged),
        new=new,
        known=len(stories) - new,
        refused=tuple(
            Refusal(source=one.origin.source, path=_place_of(one.entry), reason=one.verdict)
            for one in whole.judged
            if isinstance(one.verdict, str)
        ),
        resting=tuple(_refusal(look, look.rest) for look in looks if look.rest),
        silent=tuple(
            Refusal(source=one.source, path=one.source, reason=one.trouble)
            for one in after
            if one.silent_for is not None
        ),
        unchanged=sum(1 for look in looks if look.reading and look.reading.unchanged),
        completed=whole.completed,
        incomplete=whole.failed,
        disallowed=whole.disallowed,
        beyond=whole.beyond,
    )
    app.progress.finish(task, summary(found))
    return found


def _place_of(entry: Entry) -> str:
    """Where a person finds the entry: its own address, else its place in what was read."""
    if entry.url and len(entry.url) <= _LONGEST_PLACE:
        return entry.url
    said = shorten(plain(entry.title[:_LONGEST_PLACE]), _SHOWN_TITLE)
    return f"{entry.path}, entry {entry.position + 1}" + (f" ({said})" if said else "")


def summary(found: Collected) -> str:
    """One line for people."""
    parts = [
        counted(found.sources, "source"),
        counted(found.new, "new story", "new stories"),
        f"{found.known} known",
    ]
    if found.completed:
        parts.append(f"{counted(found.completed, 'article')} fetched")
    if found.unchanged:
        parts.append(f"{counted(found.unchanged, 'source')} unchanged")
    for count, word in (
        (found.refused, "refused"),
        (found.unreadable, "unreadable"),
        (found.incomplete, "left short" + (f" ({found.disallowed} by robots.txt)" if found.disallowed else "")),
        (found.failed, "sources failed"),
        (found.resting, "resting"),
        (found.silent, "silent"),
    ):
        if count:
            parts.append(f"{len(count)} {word}")
    if found.beyond:
        parts.append(f"{found.beyond} left short beyond fetching.pages")
    return ", ".join(parts)


def sources_of(app: App, newsletter: Newsletter) -> Sequence[Source]:
    """The newsletter's sources, all of them where it names none; as the desk left them."""
    return list(sources_read_by(app, newsletter).values())


def _look(app: App, source: Source, health: SourceHealth, *, now: datetime, until: datetime, regardless: bool) -> _Look:
    if not regardless and not health.is_due(now):
        return _Look(source=source, rest=health.trouble)
    # The clock is read again on purpose: whether there is time left is not a matter of when we began.
    if app.clock() > until:
        return _Look(source=source, rest=f"the collection's {app.limits.seconds:.0f} s were over before its turn")
    try:
        reading = source.read(now, validators=health.validators)
    except NotAsked as error:
        return _Look(source=source, rest=str(error))
    except (AdapterError, BadDocument, OSError) as error:
        return _Look(source=source, error=error)
    # Judged here, while others still wait for their answers.
    return _Look(source=source, reading=reading, judged=judge(source.origin, reading.entries, now))


def _refusal(look: _Look, reason: str) -> Refusal:
    slug = look.source.origin.source
    return Refusal(source=slug, path=slug, reason=reason)


def _keep(
    app: App, looks: Sequence[_Look], stories: Sequence[Story], health: Mapping[str, SourceHealth], now: datetime
) -> tuple[int, list[SourceHealth]]:
    """Store stories and health together: validators that outlive their stories would hide them for ever."""
    with app.begin() as tx:
        known = tx.stories.known(story.id for story in stories)
        fresh = {story.id: story.origin.source for story in stories if story.id not in known}
        new = tx.stories.add(stories)
        by_source = Counter(fresh.values())
        after = [
            _after(look, health[look.source.origin.source], by_source[look.source.origin.source], now)
            for look in looks
            if not look.rest
        ]
        tx.sources.put(after)
    return new, after


def _after(look: _Look, before: SourceHealth, new: int, now: datetime) -> SourceHealth:
    if look.reading is not None:
        validators = look.reading.validators
        if look.reading.refusals or any(entry.flaw for entry in look.reading.entries):
            # A part of it was not read: it is asked for again, changed or not.
            validators = replace(validators, etag=None, last_modified=None)
        return before.succeeded(now, new=new, validators=validators)
    remote = isinstance(look.error, AdapterError)
    retry_after = look.error.retry_after if isinstance(look.error, AdapterError) else None
    return before.failed(now, error=str(look.error), remote=remote, retry_after=retry_after)
