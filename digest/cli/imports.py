"""Imports that were begun: how far they are, what they refused, and stopping or going on with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command
from digest.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.ports import App
    from digest.settings import Settings
    from subscribers.transfer.jobs import ImportJob

number = click.IntRange(1)


@command(
    "imports",
    examples=(
        "digest subscribers imports",
        "digest subscribers imports --show 12",
        "digest subscribers imports --stop 12",
        "digest subscribers imports --carry-out",
    ),
)
@click.option("--show", type=number, metavar="N", help="One import, with the lines it refused.")
@click.option("--stop", type=number, metavar="N", help="Stop it before its next batch; what is in stays in.")
@click.option("--go-on", type=number, metavar="N", help="Let one that failed or was stopped go on in the background.")
@click.option("--bring-in", type=number, metavar="N", help="After a rehearsal in the background: this time for good.")
@click.option("--carry-out", is_flag=True, help="Carry out what waits here and now, where no `digest serve` runs.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, metavar="N", help="At most so many."
)
def imports(
    call: Call,
    show: int | None,
    stop: int | None,
    go_on: int | None,
    bring_in: int | None,
    carry_out: bool,
    limit: int,
) -> Exit:
    """Show the imports, the newest first, and how far they are.

    Those in the background are carried out by `digest serve`, which looks for them every ten seconds. One that was
    killed goes on after its last whole batch.
    """
    from digest.workflow.readers import imports as work

    chosen = [word for word in (show, stop, go_on, bring_in) if word is not None]
    if len(chosen) + carry_out > 1:
        raise click.UsageError("one of --show, --stop, --go-on, --bring-in and --carry-out at a time")
    with call.app(make=carry_out or stop is not None or go_on is not None or bring_in is not None) as app:
        if show is not None:
            return _show(call, app, show)
        if carry_out:
            jobs = work.carry_imports(app)
        elif stop is not None:
            if not work.stop_import(app, stop, by="cli"):
                raise Stopped(f"the import {stop} is over", Exit.FAILED)
            jobs = (work.import_of(app, stop).job,)
        elif go_on is not None:
            jobs = (work.go_on(app, go_on, by="cli"),)
        elif bring_in is not None:
            jobs = (work.bring_in(app, bring_in, by="cli"),)
        else:
            jobs = work.recent_imports(app, limit=limit)
        rows = [import_document(one, _slugs(app)) for one in jobs]
    if call.json:
        print_json({"imports": rows})
        return Exit.DONE
    print_table(
        ("Import", "List", "File", "State", "Done", "Rows", "Started"),
        [
            (
                str(row["id"]),
                row["list"],
                row["file"] + (" (rehearsal)" if row["dry_run"] else ""),
                row["state"] + (f": {row['note']}" if row["note"] else ""),
                f"{row['share']:.0%}",
                str(row["rows"]),
                row["created_at"][:16],
            )
            for row in rows
        ],
    )
    return Exit.DONE


def begin_in_background(
    call: Call,
    settings: Settings,
    source: BinaryIO,
    *,
    file_name: str,
    list_slug: str,
    consent: str,
    columns: Mapping[str, str],
    dry_run: bool,
    allow_reserved: bool,
) -> Exit:
    """Keep the file, put it in the queue, and say where to look. The list has to be there."""
    from digest.workflow.readers.imports import begin_import

    with call.app(settings) as app:
        job = begin_import(
            app,
            source,
            file_name=file_name,
            list_slug=list_slug,
            consent=consent,
            columns=columns,
            dry_run=dry_run,
            allow_reserved=allow_reserved,
            by="cli",
        )
        row = import_document(job, _slugs(app))
    if call.json:
        print_json(row)
    else:
        say(f"import {job.id}: {job.state}; `digest serve` carries it out")
        say(f"`digest subscribers imports --show {job.id}` says how far it is")
    return Exit.DONE


def _show(call: Call, app: App, job: int) -> Exit:
    from digest.workflow.readers.imports import import_of

    seen = import_of(app, job)
    row = import_document(seen.job, _slugs(app))
    problems = [
        {"line": one.line, "column": one.column, "value": one.value, "reason": one.reason} for one in seen.problems
    ]
    if call.json:
        print_json({**row, "problems": problems, "notes": list(seen.notes)})
        return Exit.DONE
    say(f"import {row['id']} of {row['file']} for the list {row['list']}: {row['state']}, {row['share']:.0%}")
    if row["note"]:
        say(f"  {row['note']}")
    for note in seen.notes:
        say(f"  {note}")
    for word, count in row["numbers"].get("counts", {}).items():
        say(f"  {count:>6} {word.replace('_', ' ')}")
    for one in problems:
        value = f" {one['value']!r}" if one["value"] else ""
        say(f"line {one['line']}: {one['column'] or 'row'}{value}: {one['reason']}")
    return Exit.DONE


def _slugs(app: App) -> dict[int, str]:
    with app.read() as tx:
        return {one.id: one.slug for one in tx.audience.lists()}


def import_document(one: ImportJob, slugs: Mapping[int, str]) -> dict[str, Any]:
    """An import with the keys that tools rely on."""
    return {
        "id": one.id,
        "list": slugs[one.list_id],
        "file": one.file_name,
        "state": one.state,
        "dry_run": one.dry_run,
        "share": round(one.share, 4),
        "rows": one.rows_done,
        "numbers": {word: dict(numbers) for word, numbers in one.numbers.items()},
        "by": one.by,
        "created_at": one.created_at.isoformat(),
        "updated_at": one.updated_at.isoformat(),
        "note": one.note,
    }
