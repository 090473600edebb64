"""Lists, their segments, and the custom attributes of readers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.opening import opened
from digest.cli.output import print_json, print_table, say
from digest.model.counted import counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from subscribers.attributes import AttributeType
    from subscribers.model import MailList
    from subscribers.saved import SavedSegment

LONGEST_TREE = 100_000
"""Bytes of a segment's JSON."""

list_option = click.option("--list", "slug", required=True, metavar="SLUG", help="The list, by its slug.")


def _group(name: str, words: str) -> click.Group:
    return click.Group(
        name,
        help=words,
        context_settings=HELP,
        callback=help_where_nothing_is_asked,
        invoke_without_command=True,
        no_args_is_help=False,
    )


lists = _group("lists", "Lists: show them, make or change one.")
segments = _group("segments", "Segments of a list: save one as data, count it, show and remove it.")
attributes = _group("attributes", "Custom attributes of readers: declare their types.")


@command("show", examples=("digest lists show", "digest lists show --json"))
def show_lists(call: Call) -> Exit:
    """Show every list with its readers by state.

    Of the active ones, those whom a suppression keeps back are counted beside them.
    """
    from subscribers.suppression import count_kept_back

    with call.store(make=False) as store, store.read() as tx:
        rows = [
            {
                **_list_document(one, tx.audience.counts(one.slug)),
                "kept_back": count_kept_back(tx.connection, one.id),
            }
            for one in tx.audience.lists()
        ]
    if call.json:
        print_json({"lists": rows})
        return Exit.DONE
    print_table(
        ("List", "Name", "What it is", "Active", "Kept back", "Pending", "Ended"),
        [
            (
                row["slug"],
                row["name"],
                _what_it_is(row),
                str(row["readers"]["active"]),
                str(row["kept_back"]),
                str(row["readers"]["pending"]),
                str(row["readers"]["ended"]),
            )
            for row in rows
        ],
        right=("Active", "Kept back", "Pending", "Ended"),
    )
    there = {row["slug"] for row in rows}
    for one in call.settings().newsletters:
        if one.list not in there:
            say(f"{one.list}: the list of {one.slug}, made with its first reader or by `digest lists set {one.list}`")
    return Exit.DONE


def _what_it_is(row: dict[str, Any]) -> str:
    public = "public" if row["public"] else "private"
    return f"{row['opt_in']} opt-in, {public}, {'indexed' if row['indexed'] else 'not indexed'}"


@command(
    "set",
    examples=(
        "digest lists set world --name 'The world, every morning' --description 'Sixteen stories at six.'",
        "digest lists set staff --private --single-opt-in --not-indexed",
    ),
)
@click.argument("slug", metavar="LIST")
@click.option("--name", metavar="TEXT", help="What readers see.")
@click.option("--description", metavar="TEXT", help="One sentence beside the form.")
@click.option("--public/--private", default=None, help="Whether it is offered on pages.")
@click.option("--double-opt-in/--single-opt-in", "double", default=None, help="Whether sign-ups confirm by mail.")
@click.option("--indexed/--not-indexed", default=None, help="Whether search engines may keep its archive.")
@click.option("--archived/--open", default=None, help="Whether it is closed: nobody joins it, nothing is sent to it.")
def set_list(
    call: Call,
    slug: str,
    name: str | None,
    description: str | None,
    public: bool | None,
    double: bool | None,
    indexed: bool | None,
    archived: bool | None,
) -> Exit:
    """Make a list, or change one; what is not named stays as it is.

    An archived list keeps its readers. It is refused while a newsletter of the configuration goes to it.
    """
    from digest.wiring import utc_now
    from subscribers.model import OptIn
    from subscribers.store import change_list

    if archived:
        used_by = [one.slug for one in call.settings().newsletters if one.list == slug]
        if used_by:
            message = f"the newsletter {used_by[0]} goes to {slug}: take it out of the configuration first"
            raise Stopped(message, Exit.FAILED)
    with call.store() as store, store.begin() as tx:
        held = tx.audience.ensure_list(slug, name or slug, utc_now())
        changes: dict[str, Any] = {"name": name, "description": description, "public": public, "indexed": indexed}
        if double is not None:
            changes["opt_in"] = OptIn.DOUBLE if double else OptIn.SINGLE
        if archived is False or (archived and held.archived_at is None):
            held = replace(held, archived_at=utc_now() if archived else None)
        changed = replace(held, **{word: value for word, value in changes.items() if value is not None})
        found = change_list(tx.connection, changed)
        document = _list_document(found, tx.audience.counts(slug))
    if call.json:
        print_json(document)
    else:
        archived_too = ", archived" if found.archived_at else ""
        public_too = "public" if found.public else "private"
        say(f"{slug}: {found.name}, {found.opt_in.value} opt-in, {public_too}{archived_too}")
    return Exit.DONE


@command("show", examples=("digest segments show --list world", "digest segments show --list world --json"))
@list_option
def show_segments(call: Call, slug: str) -> Exit:
    """Show the segments of a list, with how many readers they hold now."""
    from digest.wiring import utc_now

    with call.store(make=False) as store, store.read() as tx:
        list_id = tx.audience.list_of(slug).id
        rows = [
            _segment_document(one, tx.readership.count(one, now=utc_now())) for one in tx.readership.segments(list_id)
        ]
    if call.json:
        print_json({"segments": rows})
        return Exit.DONE
    print_table(("Segment", "Name", "Readers"), [(row["slug"], row["name"], str(row["readers"])) for row in rows])
    return Exit.DONE


@command(
    "save",
    examples=(
        'echo \'{"all": [{"state": ["active"]}, {"language": ["fr"]}]}\' | digest segments save french - --list world',
        "digest segments save lapsed lapsed.json --list world --name 'Not opened for 90 days'",
    ),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("segment", metavar="SEGMENT")
@click.argument("file", metavar="FILE.json")
@list_option
@click.option("--name", default="", metavar="TEXT", help="What people call it.")
@click.option("--dry-run", is_flag=True, help="Count only, save nothing.")
def save(call: Call, segment: str, file: str, slug: str, name: str, dry_run: bool) -> Exit:
    """Save a segment, conditions as JSON, and count its readers.

    Conditions: state, language, timezone, section, list, has, attribute/is/value, when (since, joined, known, chosen,
    sent, opened, clicked) with from, before or within_days; joined by all, any and not. `-` is standard input.
    """
    from digest.wiring import utc_now
    from digest.workflow.readers.lists import check_names
    from digest.workflow.readers.readership import Unfit

    predicate = _predicate(file)
    now, settings = utc_now(), call.settings()
    with call.store(settings) as store, store.begin() as tx:
        own = tx.audience.list_of(slug)
        list_id = own.id
        try:
            check_names(tx, [one.newsletter() for one in settings.newsletters], own, predicate)
        except Unfit as error:
            raise Stopped(f"{file}: {error.reason}", Exit.BAD_DOCUMENT) from None
        readers = tx.readership.count_matching(list_id, predicate, now=now)
        if not dry_run:
            tx.readership.save_segment(list_id, segment, predicate, now=now, name=name)
    if call.json:
        print_json({"slug": segment, "list": slug, "readers": readers, "dry_run": dry_run})
    else:
        say(f"{segment}: {counted(readers, 'reader')} of {slug}" + (", not saved" if dry_run else ""))
    return Exit.DONE


@command("remove", examples=("digest segments remove french --list world",))
@click.argument("segment", metavar="SEGMENT")
@list_option
def remove(call: Call, segment: str, slug: str) -> Exit:
    """Remove a saved segment; its readers stay."""
    from subscribers.saved import remove_segment

    with call.store() as store, store.begin() as tx:
        list_id = tx.audience.list_of(slug).id
        saved_segment(tx.connection, list_id, segment)
        remove_segment(tx.connection, list_id, segment)
    if call.json:
        print_json({"slug": segment, "list": slug, "removed": True})
    else:
        say(f"{segment}: removed")
    return Exit.DONE


@command("show", examples=("digest attributes show", "digest attributes show --json"))
def show_attributes(call: Call) -> Exit:
    """Show the declared attributes.

    Others may be there from imports; those are text.
    """
    from subscribers.attributes import declared_attributes

    with call.store(make=False) as store, store.read() as tx:
        rows = [_attribute_document(one) for one in declared_attributes(tx.connection).values()]
    if call.json:
        print_json({"attributes": rows})
        return Exit.DONE
    print_table(
        ("Attribute", "Kind", "Label", "Choices", "Readers may change it"),
        [(row["name"], row["kind"], row["label"], ", ".join(row["choices"]), _yes_no(row["public"])) for row in rows],
    )
    return Exit.DONE


@command(
    "declare",
    examples=(
        "digest attributes declare plan --kind choice --choice gift --choice paid",
        "digest attributes declare born --kind date --label 'Date of birth' --public",
    ),
)
@click.argument("name")
@click.option(
    "--kind", required=True, type=click.Choice(("text", "number", "date", "yes_no", "choice")), help="What it holds."
)
@click.option("--label", default="", metavar="TEXT", help="What people see.")
@click.option("--choice", "choices", multiple=True, metavar="TEXT", help="A value of a choice; repeatable.")
@click.option("--public", is_flag=True, help="Readers see it in their preferences and may change it.")
def declare_attribute(call: Call, name: str, kind: str, label: str, choices: tuple[str, ...], public: bool) -> Exit:
    """Declare an attribute, or declare it otherwise.

    Values that readers have already stay as they are.
    """
    from subscribers.attributes import AttributeKind, AttributeType, declare

    declared = AttributeType(name=name, kind=AttributeKind(kind), label=label, choices=choices, public=public)
    with call.store() as store, store.begin() as tx:
        declare(tx.connection, declared)
    if call.json:
        print_json(_attribute_document(declared))
    else:
        say(f"{name}: {kind}")
    return Exit.DONE


@command("remove", examples=("digest attributes remove plan",))
@click.argument("name")
def remove_attribute(call: Call, name: str) -> Exit:
    """Take a declaration back; readers keep their values."""
    from digest.model.errors import NotFound
    from subscribers.attributes import undeclare

    with call.store() as store, store.begin() as tx:
        if not undeclare(tx.connection, name):
            raise NotFound(f"there is no declared attribute {name!r}; `digest attributes show` lists them")
    if call.json:
        print_json({"name": name, "removed": True})
    else:
        say(f"{name}: no longer declared")
    return Exit.DONE


def saved_segment(conn: Connection, list_id: int, slug: str) -> SavedSegment:
    """The segment called so. Raises NotFound."""
    from digest.model.errors import NotFound
    from subscribers.saved import get_segment

    found = get_segment(conn, list_id, slug)
    if found is None:
        raise NotFound(f"there is no segment {slug!r}; `digest segments show` lists those of a list")
    return found


def _predicate(file: str) -> Any:
    import json

    from digest.cli.exits import Stopped
    from subscribers.segmentcodec import from_json
    from subscribers.segments import SegmentError

    with opened(file) as source:
        text = source.read(LONGEST_TREE + 1)
    try:
        if len(text) > LONGEST_TREE:
            raise SegmentError(f"longer than {LONGEST_TREE} bytes")
        return from_json(json.loads(text))
    except (ValueError, RecursionError, SegmentError) as error:
        raise Stopped(f"{file}: no segment: {error}", Exit.BAD_DOCUMENT) from error


def _list_document(one: MailList, counts: Any) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "description": one.description,
        "opt_in": one.opt_in.value,
        "public": one.public,
        "indexed": one.indexed,
        "readers": dict(counts),
    }


def _segment_document(one: SavedSegment, readers: int) -> dict[str, Any]:
    from subscribers.segmentcodec import to_json

    return {"slug": one.slug, "name": one.name, "readers": readers, "tree": to_json(one.predicate)}


def _attribute_document(one: AttributeType) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "label": one.label,
        "choices": list(one.choices),
        "public": one.public,
    }


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


for group, members in (
    (lists, (show_lists, set_list)),
    (segments, (show_segments, save, remove)),
    (attributes, (show_attributes, declare_attribute, remove_attribute)),
):
    for member in members:
        group.add_command(member)
