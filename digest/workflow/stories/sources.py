"""Sources as they are read now: those of the configuration, what the desk added, without what it switched off."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.editorial.intake.addresses import canonical
from digest.editorial.intake.clean import plain
from digest.model.added_source import LONGEST_LANGUAGE, LONGEST_OUTLET, AddedSource, SourceChange
from digest.model.errors import AdapterError, BadDocument, DigestError, NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Source, Tx

KINDS = ("feed", "jsonfeed", "page", "textdoc", "wordpress", "sitemap")
"""What the desk may add: what stands on the web. A folder of this machine is the configuration's."""
SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one look at a source brought; nothing of it is stored."""

    read: int
    titles: tuple[str, ...]
    problem: str = ""
    """Why it could not be read, or empty."""


def known_sources(app: App) -> Mapping[str, Source]:
    """Every source by slug, those that are switched off too; one of the configuration goes before an added one."""
    with app.read() as tx:
        changes = tx.sources.changes()
    return _known(app, changes)


def sources_read_by(app: App, newsletter: Newsletter) -> dict[str, Source]:
    """Those that this newsletter reads now, by slug."""
    with app.read() as tx:
        changes = tx.sources.changes()
    known = _known(app, changes)
    return {slug: known[slug] for slug in _read_by(app, newsletter, changes, known)}


def names_read(app: App, tx: Tx) -> Mapping[str, tuple[str, ...]]:
    """The slugs of the sources that each newsletter reads now, by its own slug; none of them is opened."""
    changes = tx.sources.changes()
    known = {*app.sources, *(one.source for one in changes if one.added is not None and app.open_source is not None)}
    return {one.slug: _read_by(app, one, changes, known) for one in app.newsletters.values()}


def _read_by(
    app: App, newsletter: Newsletter, changes: tuple[SourceChange, ...], known: Collection[str]
) -> tuple[str, ...]:
    off = {one.source for one in changes if one.off}
    return tuple(slug for slug in _wanted(app, newsletter, changes) if slug in known and slug not in off)


def names_for(app: App, tx: Tx, newsletter: Newsletter) -> tuple[str, ...]:
    """Whose stories make its candidates; empty = everybody's. What is switched off brings nothing new, and no more."""
    if not newsletter.sources:
        return ()
    return tuple(_wanted(app, newsletter, tx.sources.changes()))


def try_source(app: App, source: Source) -> Tried:
    """Read it once."""
    try:
        found = source.read(app.clock())
    except (AdapterError, BadDocument) as error:
        return Tried(read=0, titles=(), problem=str(error))
    titles = tuple(plain(entry.title) for entry in found.entries[:SHOWN] if entry.title)
    return Tried(read=len(found.entries), titles=titles)


def described(
    app: App, *, url: str, kind: str, outlet: str, section: str = "", language: str = "",
    newsletters: tuple[str, ...] = (),
) -> AddedSource:  # fmt: skip
    """A source to be added, its slug made of the outlet's name. Raises DigestError with what is wrong."""
    address = canonical(url)
    if not address:
        raise DigestError("give the whole address of a feed or page, such as https://example.org/feed.xml")
    if kind not in KINDS:
        raise DigestError(f"{kind!r} is no kind of source; choose: {', '.join(KINDS)}")
    unknown = [slug for slug in newsletters if slug not in app.newsletters]
    if unknown:
        raise DigestError(f"there is no newsletter {unknown[0]!r}")
    _require_fits(plain(outlet), plain(section), language.strip())
    name = plain(outlet) or (urlsplit(address).hostname or "").removeprefix("www.")
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:48].strip("-")
    return AddedSource(
        slug=_free(app, slug or "added"), kind=kind, url=address, outlet=name, section=plain(section),
        language=language.strip().lower(), newsletters=newsletters,
    )  # fmt: skip


def _require_fits(outlet: str, section: str, language: str) -> None:
    if (long := len(outlet)) > LONGEST_OUTLET:
        raise DigestError(f"the name of an outlet has at most {LONGEST_OUTLET} characters, and this one {long}")
    if (long := len(section)) > LONGEST_OUTLET:
        raise DigestError(f"a section has at most {LONGEST_OUTLET} characters, and this one {long}")
    if (long := len(language)) > LONGEST_LANGUAGE:
        raise DigestError(f"a language has at most {LONGEST_LANGUAGE} characters, and this one {long}")


def open_added(app: App, added: AddedSource) -> Source:
    """The source itself. Raises DigestError where this installation opens none."""
    if app.open_source is None:
        raise DigestError("this installation adds no sources at the desk")
    return app.open_source(added)


def add_source(app: App, added: AddedSource, *, by: str) -> SourceChange:
    """Read it from now on. Raises DigestError where there is one of this name."""
    open_added(app, added)
    if added.slug in known_sources(app):
        raise DigestError(f"there is a source {added.slug!r} already; give the outlet another name")
    change = SourceChange(source=added.slug, off=False, by=by, at=app.clock(), added=added)
    with app.begin() as tx:
        tx.sources.put_change(change)
        tx.log("source.added", added.slug, by=by, now=change.at, detail=f"{added.kind} {added.url}")
    return change


def switch(app: App, source: str, *, off: bool, by: str) -> SourceChange:
    """Read it no more, or again. Raises NotFound."""
    if source not in known_sources(app):
        raise NotFound(f"there is no source {source!r}")
    now = app.clock()
    with app.begin() as tx:
        before = next((one for one in tx.sources.changes() if one.source == source), None)
        change = SourceChange(source=source, off=off, by=by, at=now, added=before.added if before else None)
        tx.sources.put_change(change)
        tx.log("source.switched_off" if off else "source.switched_on", source, by=by, now=now)
    return change


def _known(app: App, changes: tuple[SourceChange, ...]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    if app.open_source is not None:
        found = {one.source: app.open_source(one.added) for one in changes if one.added is not None}
    return {**found, **app.sources}


def _wanted(app: App, newsletter: Newsletter, changes: tuple[SourceChange, ...]) -> list[str]:
    named = [*(newsletter.sources or app.sources)]
    for one in changes:
        if one.added is not None and (not one.added.newsletters or newsletter.slug in one.added.newsletters):
            named.append(one.source)
    return list(dict.fromkeys(named))


def _free(app: App, slug: str) -> str:
    taken = known_sources(app)
    names = (slug, *(f"{slug}-{number}" for number in range(2, 100)))
    return next((name for name in names if name not in taken), slug)
