"""The sources: how each is doing, what we would read from an address or a file, and adding one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import notice, print_json, print_table, say
from digest.model.counted import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.model.health import SourceHealth
    from digest.model.story import Entry, Story
    from digest.settings import Settings, SourceSettings

SHOWN_TITLE = 200
"""Characters shown of what was refused, or given in another form."""
SHOWN = 10
"""Entries shown of a document, without --json."""
KINDS = ("folder", "feed", "jsonfeed", "page", "textdoc", "wordpress", "sitemap")

sources = click.Group(
    "sources",
    help="The sources: list them with their health, test one, add one.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command("list", examples=("digest sources list", "digest sources list --json | jq '.sources[] | select(.trouble)'"))
def list_sources(call: Call) -> Exit:
    """Show every source and how it has been doing.

    The last success, new stories a day, and what is wrong: failures in a row, when it is asked again, a silence that
    is longer than usual. With --json also the validators and the numbers of each day.
    """
    settings = call.settings()
    health = _health(call, settings)
    if call.json:
        print_json({"sources": [_document(one, health[one.slug]) for one in settings.sources]})
        return Exit.DONE
    rows, troubles = [], list[str]()
    for one in settings.sources:
        known = health[one.slug]
        last = f"{known.last_success:%Y-%m-%d %H:%M}" if known.last_success else "never"
        rows.append((one.slug, one.kind, one.outlet, last, f"{known.a_day:.1f}", _state(known)))
        troubles += [f"{one.slug}: {known.trouble}"] if known.trouble else []
    print_table(("Source", "Kind", "Outlet", "Last read (UTC)", "A day", "State"), rows, right=("A day",))
    # What is wrong takes a sentence: in the last column of a table it would be a tower of broken words.
    for trouble in troubles:
        say(f"\n{trouble}")
    return Exit.DONE


def _health(call: Call, settings: Settings) -> Mapping[str, SourceHealth]:
    """How each source of the configuration does; where there is no database yet, nobody has looked at any."""
    from digest.model.health import SourceHealth
    from digest.wiring import has_database

    if not has_database(settings):
        return {one.slug: SourceHealth(source=one.slug) for one in settings.sources}
    with call.store(settings, make=False) as store, store.read() as tx:
        return tx.sources.health(one.slug for one in settings.sources)


def _state(known: SourceHealth) -> str:
    if known.trouble:
        return "see below"
    return "well" if known.last_success else "not read yet"


def _document(one: SourceSettings, health: SourceHealth) -> dict[str, Any]:
    def instant(value: Any) -> str | None:
        return value.isoformat() if value else None

    return {
        "source": one.slug,
        "kind": one.kind,
        "outlet": one.outlet,
        "owner": one.origin().owner,
        "place": str(one.path) if one.kind == "folder" else one.url,
        "last_attempt": instant(health.last_attempt),
        "last_success": instant(health.last_success),
        "last_new": instant(health.last_new),
        "failures": health.failures,
        "next_attempt": instant(health.next_attempt),
        "a_day": round(health.a_day, 2),
        "per_day": {day.isoformat(): count for day, count in sorted(health.per_day.items())},
        "etag": health.validators.etag,
        "last_modified": health.validators.last_modified,
        "silent": health.silent_for is not None,
        "trouble": health.trouble,
    }


@command(
    "test",
    examples=(
        "digest sources test https://example.org/feed.xml",
        "digest sources test saved-page.html --json",
        "digest sources test https://example.org --kind wordpress",
    ),
    exits=(Exit.BAD_DOCUMENT, Exit.PROVIDER),
)
@click.argument("place", metavar="URL-OR-FILE")
@click.option("--kind", type=click.Choice(KINDS[1:]), help="What it should be; by default what it is.")
def test_source(call: Call, place: str, kind: str | None) -> Exit:
    """Show what we would read from an address, a file or a folder.

    Every entry is told with what becomes of it: a story, or refused and why; nothing is stored. An address is
    fetched as a source is, with all its bounds and manners, and needs the configuration for the contact in the
    User-Agent. Exit code 3 where it holds nothing that we can read, 7 where it is out of reach.
    """
    from digest.editorial.text.words import shorten

    entries, found_kind, _ = _read(call, place, kind)
    judged = [(entry, _judged(entry, place)) for entry in entries]
    if call.json:
        from digest.cli.engine import entry_document

        documents = [{**entry_document(entry), **_verdict(verdict)} for entry, verdict in judged]
        print_json({"place": place, "kind": found_kind, "entries": documents})
        return Exit.DONE
    kept = sum(1 for _, verdict in judged if not isinstance(verdict, str))
    say(f"{place}: {found_kind}, {counted(len(entries), 'entry', 'entries')}, {kept} of them stories")
    for entry, verdict in judged[:SHOWN]:
        say()
        if isinstance(verdict, str):
            say(f"  {shorten(entry.title, SHOWN_TITLE) or '(no title)'}")
            say(f"    refused: {verdict}")
            continue
        say(f"  {verdict.headline}")
        words = len(f"{verdict.standfirst} {verdict.text}".split())
        say(f"    {_when(entry, verdict)}, {words} words, {verdict.url or 'no link'}")
        if entry.url and verdict.url != entry.url:
            say(f"    the link was given as {shorten(entry.url, 2 * SHOWN_TITLE)}")
    if len(judged) > SHOWN:
        say(f"\n  and {len(judged) - SHOWN} more; --json shows them all")
    return Exit.DONE


def _when(entry: Entry, story: Story) -> str:
    """The instant that would be stored, and what was stated where that is another."""
    stored = f"{story.published_at:%Y-%m-%d %H:%M} UTC"
    if story.published_at != story.first_seen:
        return stored
    stated = entry.published_at or entry.date
    return f"{stored} (now: {f'{stated} is in the future' if stated else 'it states no date'})"


def _verdict(verdict: Story | str) -> dict[str, Any]:
    """What would be stored of an entry, or why nothing would."""
    if isinstance(verdict, str):
        return {"refused": verdict, "story": None}
    stored = {
        "headline": verdict.headline,
        "standfirst": verdict.standfirst,
        "words": len(verdict.text.split()),
        "url": verdict.url,
        "published_at": verdict.published_at.isoformat(),
        "language": verdict.language,
        "section": verdict.section,
        "byline": verdict.byline,
        "agency": verdict.agency,
        "owner": verdict.origin.owner,
        "image_url": verdict.image_url,
        "image_alt": verdict.image_alt,
    }
    return {"refused": "", "story": stored}


def _judged(entry: Entry, place: str) -> Story | str:
    """The story that the entry would be stored as, or why it would be refused."""
    from digest.editorial.intake.clean import to_story
    from digest.model.story import Origin
    from digest.wiring import utc_now

    outlet = _host(place) or place
    return to_story(entry, Origin(source="test", outlet=outlet, owner=outlet), now=utc_now())


def _read(call: Call, place: str, kind: str | None) -> tuple[Sequence[Entry], str, str]:
    """The entries, the kind that they were found to be, and what a feed calls itself.

    Raises AdapterError or BadDocument.
    """
    from digest.model.story import Origin
    from digest.sources.detect import Address, detect, read_bytes, read_document
    from digest.sources.folder import FolderSource
    from digest.sources.names import feed_name
    from digest.sources.remote import RemoteSource
    from digest.sources.sitemap import sitemaps_in
    from digest.sources.wordpress import posts_address
    from digest.wiring import open_fetcher, utc_now

    _refuse_other_schemes(place)
    if not _is_address(place):
        if Path(place).is_dir():
            reading = FolderSource(origin=Origin(source="test", outlet="test", owner="test"), path=place).read(
                utc_now()
            )
            for refusal in reading.refusals:
                notice(f"unreadable: {refusal.path}: {refusal.reason}")
            return reading.entries, "folder", ""
        content = read_bytes(place)
        return read_document(place, content, hint=kind), kind or detect(place, content), ""
    fetcher = open_fetcher(call.settings())
    fetched = fetcher.get(posts_address(place) if kind == "wordpress" else place)
    if fetched.moved_to:
        notice(f"{place} has moved for good to {fetched.moved_to}")
    found_kind = kind or detect(place, fetched.content)
    if found_kind == "sitemap" and sitemaps_in(place, fetched.content, base_url=fetched.url) is not None:
        # An index of sitemaps leads to others: read as the source would be.
        origin = Origin(source="test", outlet="test", owner="test")
        reading = RemoteSource(origin=origin, url=place, kind=found_kind, fetcher=fetcher).read_fetched(fetched)
        for refusal in reading.refusals:
            notice(f"unreadable: {refusal.path}: {refusal.reason}")
        return reading.entries, found_kind, ""
    address = Address(url=fetched.url, charset=fetched.charset)
    entries = read_document(place, fetched.content, hint=kind, address=address)
    return entries, found_kind, feed_name(place, fetched.content, found_kind, charset=fetched.charset)


def _is_address(place: str) -> bool:
    return re.match(r"https?://", place, re.I) is not None


def _refuse_other_schemes(place: str) -> None:
    """`ftp://...` and `javascript:...` are no files that are missing: say what would be read."""
    scheme = re.match(r"([a-z][a-z0-9+.-]+):", place, re.I)
    if scheme and scheme[1].lower() not in ("http", "https") and not Path(place).exists():
        raise Stopped(
            f"{place}: addresses that begin with {scheme[1]}: are not read; give one with https:// or http://, "
            "a file or a folder",
            Exit.USAGE,
        )


def _host(place: str) -> str:
    if not _is_address(place):
        return ""
    return re.sub(r"\A(?:www|rss|feeds?|m|en)\.", "", (urlsplit(place).hostname or "").lower())


@command(
    "add",
    examples=(
        "digest sources add https://example.org/world/rss.xml --outlet 'The Example' --country GB",
        "digest sources add https://example.org --kind wordpress --section Asia",
        "digest sources add inbox/ --outlet 'Our desk' --untested",
    ),
    exits=(Exit.BAD_DOCUMENT, Exit.PROVIDER),
)
@click.argument("place", metavar="URL-OR-FOLDER")
@click.option("--slug", metavar="SLUG", help="Its short name; made of the outlet's.")
@click.option(
    "--outlet",
    metavar="NAME",
    help="As readers see it; by default who is known to publish there, else what a feed calls itself.",
)
@click.option("--owner", metavar="NAME", help="One vote per owner; by default who is known to publish there.")
@click.option("--kind", type=click.Choice(KINDS), help="What stands there; by default what it is found to be.")
@click.option("--country", metavar="XX", help="ISO 3166 code of the outlet's country.")
@click.option("--section", metavar="NAME", help="What its stories count as where they name no section.")
@click.option("--language", metavar="CODE", help="Language of stories that state none.")
@click.option("--wire", is_flag=True, help="A wire or a world desk.")
@click.option("--aggregator", is_flag=True, help="Never counts as an outlet.")
@click.option("--untested", is_flag=True, help="Add it without reading it first.")
def add_source(
    call: Call, place: str, slug: str | None, outlet: str | None, owner: str | None, kind: str | None,
    country: str | None, section: str | None, language: str | None, wire: bool, aggregator: bool, untested: bool,
) -> Exit:  # fmt: skip
    """Add a source to the configuration file.

    It is read first, and refused where nothing can be read, where none of its entries is a story, and where it is a
    page that reads like no article. A source with the same slug or address is refused too. A folder may be empty yet.
    The file keeps its comments and its order: one line is added below the last source. A newsletter that names its
    sources itself has to name the new one as well; the command says so.
    """
    from digest.cli.editing import with_source, write_checked
    from digest.cli.new_source import refuse_no_country, refuse_no_language, refuse_storyless
    from digest.editorial.intake.owners import title_of

    _refuse_other_schemes(place)
    settings = call.settings()
    _refuse_duplicate(settings, place, slug, call.config)
    refuse_no_country(country)
    refuse_no_language(language)
    if not _is_address(place) and Path(place).is_file():
        raise Stopped(f"{place}: one file is no source; name its folder, or its address on the web", Exit.BAD_DOCUMENT)
    named = ""
    if not untested:
        entries, found, named = _read(call, place, None if kind == "folder" else kind)
        kind = kind or found
        refuse_storyless(place, kind, entries, [_judged(entry, place) for entry in entries])
        notice(f"{place}: {kind}, {counted(len(entries), 'entry', 'entries')}")
    elif kind is None:
        kind = "feed" if _is_address(place) else "folder"
    outlet = outlet or title_of(place) or named or _host(place) or Path(place).resolve().name
    slug = slug or _free_slug(settings, outlet)
    # Paths in a configuration are relative to it, those on a command line to where it is given.
    below = os.path.relpath(Path(place).resolve(), call.config.resolve().parent)
    where = {"url": place} if _is_address(place) else {"path": below}
    said = {
        "owner": owner, "country": country, "section": section, "language": language, "wire": wire,
        "aggregator": aggregator,
    }  # fmt: skip
    wanted = {key: value for key, value in said.items() if value}
    row = {"slug": slug, "kind": kind, "outlet": outlet, **wanted, **where}
    text = with_source(call.config.read_bytes().decode("utf-8"), row)
    write_checked(call.config, text, expected=settings, slug=slug)
    naming = [one.slug for one in settings.newsletters if one.sources]
    if call.json:
        print_json({"added": row, "config": str(call.config), "name_it_in": naming})
        return Exit.DONE
    say(f"{call.config}: added {slug}")
    for newsletter in naming:
        say(f"newsletter {newsletter} names its sources: add {slug} to its `sources`")
    return Exit.DONE


def _refuse_duplicate(settings: Settings, place: str, slug: str | None, config: Path) -> None:
    from digest.editorial.intake.addresses import address_key, canonical

    for one in settings.sources:
        if one.slug == slug:
            raise Stopped(f"{slug}: a source of this slug is in {config} already; give another --slug", Exit.USAGE)
        if _is_address(place):
            same = one.url == place or (address_key(canonical(place)) or None) == address_key(canonical(one.url))
        else:
            same = one.path is not None and one.path.resolve() == Path(place).resolve()
        if same:
            raise Stopped(f"{place}: it is in {config} already, as {one.slug}", Exit.USAGE)


def _free_slug(settings: Settings, outlet: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", outlet.lower()).strip("-")[:56] or "source"
    taken = {one.slug for one in settings.sources}
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)


for one in (list_sources, test_source, add_source):
    sources.add_command(one)
