"""The engine on anybody's own documents and stories: inspect, events, rank. None of them needs a configuration."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command, date_option
from digest.cli.opening import opened
from digest.cli.output import complain, notice, print_json_line, print_table, printable, say

if TYPE_CHECKING:
    from digest.model.event import Pick
    from digest.model.newsletter import Newsletter
    from digest.model.story import Entry, Story


@command(
    "inspect",
    examples=(
        "digest inspect page.txt feed.xml",
        "digest inspect samples/sources --json | jq -r .title",
        "curl -s https://example.org/feed | digest inspect - --json",
    ),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def inspect(call: Call, paths: tuple[str, ...]) -> Exit:
    """Show what we read from documents, feeds and pages.

    Crawled text pages, RSS, Atom and JSON Feeds, saved HTML pages. A folder stands for all files below it, `-` for
    standard input. A document that cannot be read is named on stderr, and the rest goes on; the exit code is 3
    then; so is a symbolic link that leads out of the folder. An item of a feed that says nothing, or is broken off,
    is named there too, and left out. With --json one
    object a line and story, with the keys path, kind, title, section, date, published_at, agency, byline, url,
    language, paragraphs, related_titles. No configuration is needed.
    """
    from digest.model.errors import BadDocument

    code = Exit.DONE
    for given in paths:
        home = os.path.realpath(given) if os.path.isdir(given) else None
        for path in _files(given):
            try:
                entries = _read(path, home)
            except BadDocument as error:
                complain(str(error))
                code = Exit.BAD_DOCUMENT
                continue
            for entry in entries:
                if not entry.tells:
                    reason = entry.flaw or "it says nothing: no title, no text, no address"
                    notice(f"{path}: item {entry.position + 1} left out: {reason}")
                elif call.json:
                    print_json_line(entry_document(entry))
                else:
                    _print_entry(entry)
    return code


def _files(given: str) -> Iterator[str]:
    """The path itself, or every file below a folder in the order of names; hidden ones are passed over."""
    if not os.path.isdir(given):
        yield given
        return
    for folder, folders, files in os.walk(given):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield os.path.join(folder, name)


def _read(path: str, home: str | None) -> Sequence[Entry]:
    """One document; of a folder (`home`) as the source of that kind reads it, without links that lead out of it."""
    from digest.sources.detect import MAX_BYTES, read_document, read_file
    from digest.sources.folder import read_within

    if path == "-":
        return read_document(path, sys.stdin.buffer.read(MAX_BYTES + 1))
    return read_file(path) if home is None else read_within(Path(path), Path(home))


def entry_document(entry: Entry) -> dict[str, Any]:
    """What we read of one story, with the keys that tools rely on.

    A feed's entry that has only a summary has it as its one paragraph.
    """
    paragraphs = entry.paragraphs
    if not paragraphs and entry.standfirst and entry.kind in ("feed", "jsonfeed"):
        paragraphs = (entry.standfirst,)
    return {
        "path": entry.path,
        "kind": entry.kind,
        "title": entry.title,
        "section": entry.section,
        "date": entry.date.isoformat() if entry.date else None,
        "published_at": entry.published_at.isoformat() if entry.published_at else None,
        "agency": entry.agency,
        "byline": entry.byline,
        "url": entry.url,
        "language": entry.language,
        "paragraphs": list(paragraphs),
        "related_titles": list(entry.related_titles),
    }


def _print_entry(entry: Entry) -> None:
    document = entry_document(entry)
    say(f"{entry.path} ({entry.kind})")
    for key in ("title", "section", "date", "published_at", "agency", "byline", "url", "language"):
        if document[key]:
            say(f"  {key + ':':<13} {document[key]}")
    for paragraph in document["paragraphs"]:
        text = click.wrap_text(printable(paragraph), width=78, initial_indent="    ", subsequent_indent="    ")
        click.echo(text)
    for title in entry.related_titles:
        say(f"  related:      {title}")
    say()


@command(
    "events",
    examples=(
        "digest events stories.jsonl",
        "cat stories.jsonl | digest events - > events.jsonl",
        "digest events more.jsonl --known events.jsonl",
    ),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("stories", metavar="STORIES.jsonl")
@click.option("--known", metavar="EVENTS.jsonl", help="What an earlier run said: those events and their ids stay.")
def events(call: Call, stories: str, known: str | None) -> Exit:
    """Group stories into events.

    Reports of one happening get one event, named after the one seen first. With --known the events of an earlier run
    stay as they were: a later story joins one of them or begins another.

    Input: one JSON object a line, {"id", "title", "text", "outlet"?, "url"?, "published"?, "section"?,
    "position"?}. Output, with --json and without: one line {"id", "event"} for each story, in the order of the
    input. A line that is no story is named by its number on stderr and left out; the exit code is 3 then.
    No configuration is needed.
    """
    from digest.editorial.events.cluster import group
    from digest.editorial.jsonl import event_rows

    ids: dict[str, str | int] = {}
    found, code = _stories(stories, now=datetime.now(UTC), ids=ids)
    before = _known_events(known) if known else None
    by_id = {row["id"]: row["event"] for row in event_rows(group(found, known=before))}
    for story in found:
        print_json_line({"id": ids[story.id], "event": by_id[story.id]})
    return code


def _known_events(path: str) -> dict[str, str]:
    """Story id -> event id, from lines as `digest events` says them."""
    found: dict[str, str] = {}
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line) if line.strip() else None
                if row is not None:
                    found[str(row["id"])] = str(row["event"])
            except (ValueError, KeyError, TypeError) as error:
                raise Stopped(f'{path}, line {number}: not {{"id", "event"}}', Exit.BAD_DOCUMENT) from error
    return found


@command(
    "rank",
    examples=(
        "digest rank stories.jsonl --date 2026-11-22",
        "digest rank stories.jsonl --date 2026-11-22 --sent yesterday.jsonl --json",
        "digest rank stories.jsonl --newsletter world --config config.yaml --top 20",
    ),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("stories", metavar="STORIES.jsonl")
@date_option("Rank as at the end of this day, UTC; today.")
@click.option("--sent", metavar="EARLIER.jsonl", help="Stories that readers were told before, in the same form.")
@click.option("--newsletter", "slug", metavar="SLUG", help="Rank by this newsletter's rules, from the configuration.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Only the first so many events.")
def rank(call: Call, stories: str, day: date | None, sent: str | None, slug: str | None, top: int | None) -> Exit:
    """Group stories into events and rank them.

    Every event comes with its score and the parts of it, its stories and related items.

    Input as for `digest events`. With --json one object a line and event, best first, with rank, event, headline,
    score, parts, why, section, outlets, wires, stories, copies and related. Without --newsletter the default
    rules count, and no configuration is needed.
    """
    from digest.editorial.events.cluster import group
    from digest.editorial.jsonl import rank_rows, sent_of, world_newsletter
    from digest.editorial.picking.rank import rank as rank_events
    from digest.editorial.picking.related import relate

    newsletter = _newsletter(call, slug) if slug else world_newsletter()
    now = datetime.combine(day or datetime.now(UTC).date(), time.max, tzinfo=UTC)
    ids: dict[str, str | int] = {}
    found, code = _stories(stories, now=now, ids=ids)
    told, earlier = sent_of(())
    if sent is not None:
        # What was told without a date was told the day before.
        before, sent_code = _stories(sent, now=now - timedelta(days=1), ids=ids)
        told, earlier = sent_of(before)
        code = max(code, sent_code)
    grouped = group(found)
    picks = rank_events(grouped, newsletter=newsletter, now=now, sent=told)[:top]
    related = relate(picks, events=grouped, earlier=earlier, now=now, limit=newsletter.picking.related, linked=False)
    if call.json:
        for row in rank_rows(picks, related):
            row["stories"] = [ids[story] for story in row["stories"]]
            row["copies"] = [ids[story] for story in row["copies"]]
            for link in row["related"]:
                link["story"] = ids.get(link["story"], link["story"])
            print_json_line(row)
    else:
        _print_ranking(picks)
    return code


def _newsletter(call: Call, slug: str) -> Newsletter:
    settings = call.settings()
    for one in settings.newsletters:
        if one.slug == slug:
            return one.newsletter()
    names = ", ".join(one.slug for one in settings.newsletters)
    raise Stopped(f"there is no newsletter {slug!r}; {call.config} has: {names}", Exit.USAGE)


def _print_ranking(picks: Sequence[Pick]) -> None:
    from digest.cli.tell import parts_in_words

    shown = [
        (place, pick.event.lead.headline, f"{pick.score:.2f}", len(pick.event.stories), parts_in_words(pick.parts))
        for place, pick in enumerate(picks, start=1)
    ]
    print_table(("#", "Headline", "Score", "Stories", "Why"), shown, right=("#", "Score", "Stories"))


def _stories(path: str, *, now: datetime, ids: dict[str, str | int]) -> tuple[tuple[Story, ...], Exit]:
    """The stories of a file of JSON lines; what is none is named on stderr."""
    from digest.editorial.jsonl import read_stories

    broken: list[int] = []
    with opened(path) as lines:
        found, bad = read_stories(_decoded(lines, broken), now=now, ids=ids)
    told = sorted([(one.number, one.reason) for one in bad] + [(number, "it is not UTF-8") for number in broken])
    for number, reason in told:
        complain(f"{path}: line {number}: {reason}")
    return found, Exit.BAD_DOCUMENT if told else Exit.DONE


def _decoded(lines: Iterable[bytes], broken: list[int]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            broken.append(number)
            # A blank line is passed over, and the ones that follow keep their numbers.
            yield ""
