"""Complete: an entry that only announces its article gets the article's text, for matching and for our own blurb."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from digest.editorial.intake.addresses import article_key
from digest.editorial.intake.clean import renews, to_story, told_apart, unlike
from digest.editorial.kinds.facts import facts
from digest.model.errors import AdapterError, BadDocument, Disallowed
from digest.model.story import Entry, Origin, Story
from digest.ports import App, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An entry with the story that it is, or in words why it is none."""

    origin: Origin
    entry: Entry
    verdict: Story | str


def judge(origin: Origin, entries: Sequence[Entry], now: datetime) -> tuple[Judged, ...]:
    """Each entry of a reading with its verdict; unlike stories that share a link or a guid are told apart."""
    judged = [Judged(origin=origin, entry=entry, verdict=to_story(entry, origin, now=now)) for entry in entries]
    first: dict[str, tuple[Entry, Story]] = {}
    shared: set[str] = set()
    for one in judged:
        if isinstance(one.verdict, Story):
            found = (one.entry, one.verdict)
            if unlike(first.setdefault(one.verdict.id, found), found):
                shared.add(one.verdict.id)
    return tuple(
        # All of them, not the later ones: the next reading may have them in another order.
        replace(one, verdict=told_apart(one.verdict))
        if isinstance(one.verdict, Story) and one.verdict.id in shared
        else one
        for one in judged
    )


def renewed(app: App, judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """The entries; those that tell something new under the name of a story that is stored are stories of their own."""
    # Only a number makes one new: of all others the stored story need not be read.
    found = [one.verdict for one in judged if isinstance(one.verdict, Story)]
    counting = [story.id for story in found if any(fact[0].isdigit() for fact in facts(story))]
    with app.read() as tx:
        kept = tx.stories.get(counting)
    return tuple(
        replace(one, verdict=told_apart(one.verdict))
        if isinstance(one.verdict, Story) and one.verdict.id in kept and renews(one.verdict, kept[one.verdict.id])
        else one
        for one in judged
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The entries, as many and in the same order as they came in."""

    judged: tuple[Judged, ...]
    completed: int = 0
    failed: tuple[Refusal, ...] = ()
    disallowed: int = 0
    """How many of the failed are articles that the publisher's robots.txt does not want read."""
    beyond: int = 0
    """Short entries whose article was not asked for, because `app.limits.pages` were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    refusal: Refusal
    disallowed: bool = False


def complete(app: App, judged: Sequence[Judged], *, now: datetime, until: datetime, threads: int) -> Completed:
    """Fetch the articles of short entries that are new to us, while there is time, at most `app.limits.pages`.

    An article that cannot be had changes nothing: its entry is kept as it is, and the reason is said.
    """
    lacking = _lacking(app, judged) if app.pages is not None else []
    places = lacking[: app.limits.pages]
    beyond = len(lacking) - len(places)
    if not places:
        return Completed(judged=tuple(judged), beyond=beyond)
    task = "articles"
    app.progress.start(task, len(places))

    def fetch(place: int) -> Judged | _Missing:
        found = _fetch(app, judged[place], now, until)
        app.progress.advance(task)
        return found

    with ThreadPoolExecutor(max_workers=min(threads, len(places)), thread_name_prefix="articles") as pool:
        fetched = dict(zip(places, pool.map(fetch, places), strict=True))
    whole = [*judged]
    for place, found in fetched.items():
        if isinstance(found, Judged):
            whole[place] = found
    missing = [found for found in fetched.values() if isinstance(found, _Missing)]
    failed = tuple(found.refusal for found in missing)
    app.progress.finish(task, f"{len(places) - len(failed)} of {len(places)} fetched")
    disallowed = sum(found.disallowed for found in missing)
    return Completed(
        judged=tuple(whole), completed=len(places) - len(failed), failed=failed, disallowed=disallowed, beyond=beyond
    )


def _lacking(app: App, judged: Sequence[Judged]) -> list[int]:
    """Places of the entries to complete: source by source in turn, so that the bound is shared fairly."""
    wanted: dict[str, list[tuple[int, Story]]] = {}
    for place, one in enumerate(judged):
        words = sum(len(text.split()) for text in (*one.entry.paragraphs, one.entry.standfirst))
        if app.pages is None or not app.pages.wanted(one.origin.source, words):
            continue
        # A front page, or what a script shows by the fragment, is nobody's article.
        if isinstance(one.verdict, Story) and article_key(one.verdict.url) and "#" not in one.verdict.url:
            wanted.setdefault(one.origin.source, []).append((place, one.verdict))
    with app.read() as tx:
        known = tx.stories.known(story.id for found in wanted.values() for _, story in found)
    seen: set[str] = set()
    places: list[int] = []
    for turn in zip_longest(*wanted.values()):
        for place, story in filter(None, turn):
            if story.id not in known and story.id not in seen:
                seen.add(story.id)
                places.append(place)
    return places


def _fetch(app: App, one: Judged, now: datetime, until: datetime) -> Judged | _Missing:
    source, url = one.origin.source, one.entry.url or ""
    try:
        # The clock is read again on purpose: the question is whether there is time left now.
        if app.pages is None or app.clock() > until:
            return _Missing(refusal=Refusal(source=source, path=url, reason="no time was left to fetch its article"))
        whole = judge(one.origin, [merged(one.entry, app.pages.read(url))], now)[0]
        if isinstance(one.verdict, Story) and isinstance(whole.verdict, Story):
            whole = replace(whole, verdict=replace(whole.verdict, id=one.verdict.id))
        return whole
    except Disallowed as error:
        reason = f"its publisher does not want the article read by programs: {error}"
        return _Missing(refusal=Refusal(source=source, path=url, reason=reason), disallowed=True)
    except (AdapterError, BadDocument) as error:
        reason = f"its article could not be fetched: {error}"
        return _Missing(refusal=Refusal(source=source, path=url, reason=reason))


def merged(entry: Entry, article: Entry) -> Entry:
    """The entry with the article's text and what else it lacks. Its own title, address and date stay: they name it."""
    longer = sum(map(len, article.paragraphs)) > sum(map(len, entry.paragraphs))
    return replace(
        entry,
        paragraphs=article.paragraphs if longer else entry.paragraphs,
        standfirst=entry.standfirst or article.standfirst,
        section=entry.section or article.section,
        date=entry.date or article.date,
        published_at=entry.published_at or article.published_at,
        byline=entry.byline or article.byline,
        agency=entry.agency or article.agency,
        language=entry.language or article.language,
        related_titles=entry.related_titles or article.related_titles,
        image_url=entry.image_url or article.image_url,
        image_alt=entry.image_alt if entry.image_url else article.image_alt,
    )
