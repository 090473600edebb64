"""Readers in bulk: import, export, list, and the imports there were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from digest.cli import exporting, reader
from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.imports import begin_in_background, imports
from digest.cli.opening import opened
from digest.cli.output import notice, print_json, say
from digest.model.counted import counted

if TYPE_CHECKING:
    from digest.settings import Settings
    from digest.store.tx import Store
    from subscribers.model import MailList
    from subscribers.transfer import ImportOptions, ImportReport

list_option = click.option("--list", "slug", required=True, metavar="SLUG", help="The list, by its slug.")


subscribers = click.Group(
    "subscribers",
    help="Readers: import, export, list; and one of them: add, show, remove, suppress, allow, erase.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command(
    "import",
    examples=(
        "digest subscribers import readers.csv --list world --consent 'sign-up form, 2024' --dry-run",
        "digest subscribers import readers.csv --list world --consent 'sign-up form, 2024'",
        "digest subscribers import readers.csv --list world --consent 'sign-up form, 2024' --background",
        "digest subscribers import leute.csv --list world --consent 'Formular' --column 'Adresse=email'",
    ),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("file", metavar="FILE.csv")
@list_option
@click.option("--consent", default="", metavar="TEXT", help="How these people agreed, for rows that do not say.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="TITLE=NAME",
    help="Which of our columns a title of the file means; `TITLE=` leaves it out. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Read all, write nothing, report the same numbers.")
@click.option("--background", is_flag=True, help="Keep a copy of the file and leave the rest to `digest serve`.")
@click.option(
    "--allow-reserved/--refuse-reserved",
    default=None,
    help="Let .test addresses in; by default only where the provider is on this machine.",
)
def import_readers(
    call: Call,
    file: str,
    slug: str,
    consent: str,
    columns: tuple[str, ...],
    dry_run: bool,
    background: bool,
    allow_reserved: bool | None,
) -> Exit:
    """Import readers from a CSV or TSV file.

    The file is UTF-8, `-` is standard input, and the list is made if need be. Columns: email, name, language,
    timezone, sections, frequency, hour, paused_until, state, consent, attributes (a JSON object); every other column
    is kept as an attribute. The exports of listmonk, Mailchimp, Substack, Ghost and Buttondown are known by their
    headers. How people agreed must be said, by a column or by --consent. Nobody who left or is suppressed is
    revived. A row that cannot be used is reported with its line and stops nothing: the exit code is 0 then too, and 3
    only where the file as a whole cannot be read. An import of a file that was cut short goes on where it was when
    the same command is given again; run once more, it changes nothing.
    """
    from digest.wiring import stays_here, utc_now
    from subscribers.transfer import ImportOptions, TransferError

    settings = call.settings()
    options = ImportOptions(
        consent=consent.strip(),
        columns=_columns(columns),
        sections=_sections_of(settings, slug),
        allow_reserved=stays_here(settings) if allow_reserved is None else allow_reserved,
    )
    if background:
        with call.store(settings) as store:
            # Its row points at its list, so that a rehearsal needs one too.
            _list_for_import(store, settings, slug, utc_now(), dry_run=False)
        with opened(file) as source:
            return begin_in_background(
                call,
                settings,
                source,
                file_name=Path(file).name,
                list_slug=slug,
                consent=options.consent,
                columns=options.columns,
                dry_run=dry_run,
                allow_reserved=options.allow_reserved,
            )
    try:
        with opened(file) as source, call.store(settings) as store:
            report = _import(source, store, settings, file, slug, options, dry_run=dry_run)
    except TransferError as error:
        raise Stopped(f"{file}: {error}", Exit.BAD_DOCUMENT) from error
    if all(one.list != slug for one in settings.newsletters):
        notice(f"no newsletter in {call.config} goes to the list {slug!r}: its readers get nothing yet")
    _tell_import(call, slug, report)
    return Exit.DONE


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    named = {}
    for one in given:
        title, parted, name = one.rpartition("=")
        if not parted or not title.strip():
            raise click.UsageError(f"--column {one!r}: write it as TITLE=NAME, such as 'Adresse=email'")
        named[title.strip()] = name.strip()
    return named


def _import(
    source: BinaryIO, store: Store, settings: Settings, file: str, slug: str, options: ImportOptions, *, dry_run: bool
) -> ImportReport:
    from digest.cli.progress import TerminalProgress
    from digest.wiring import utc_now

    mail_list = _list_for_import(store, settings, slug, utc_now(), dry_run=dry_run)
    with TerminalProgress() as progress:
        task = f"import {file}"
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            progress.advance(task, rows - done)
            done = rows

        progress.start(task, None)
        if dry_run or not source.seekable():
            report = _import_at_once(source, store, settings, mail_list, options, advance, dry_run=dry_run)
        else:
            report = _import_as_job(source, store, settings, file, mail_list, options, advance)
        progress.finish(task, counted(report.rows, "row"))
    return report


def _import_at_once(
    source: BinaryIO,
    store: Store,
    settings: Settings,
    mail_list: MailList,
    options: ImportOptions,
    advance: Callable[[int], None],
    *,
    dry_run: bool,
) -> ImportReport:
    from digest.store import db
    from digest.wiring import open_erasure_key, utc_now
    from subscribers.attributes import declared_attributes
    from subscribers.transfer import import_csv

    with db.read(store.engine) as conn:
        options = replace(options, attributes=declared_attributes(conn))
    return import_csv(
        source,
        lambda: db.read(store.engine) if dry_run else db.write(store.engine),
        mail_list,
        now=utc_now(),
        erasure_key=open_erasure_key(settings, store),
        options=options,
        dry_run=dry_run,
        progress=advance,
    )


def _import_as_job(
    source: BinaryIO,
    store: Store,
    settings: Settings,
    file: str,
    mail_list: MailList,
    options: ImportOptions,
    advance: Callable[[int], None],
) -> ImportReport:
    """The row in the database shows it to others, and is where a second try goes on."""
    from digest.store import db
    from digest.wiring import is_gone, open_erasure_key, owner_name, utc_now
    from subscribers.transfer import carrying, jobs

    described = jobs.described(source, Path(file).name)
    with db.write(store.engine) as conn:
        job = jobs.open_job(conn, mail_list, described, options, dry_run=False, by="cli", now=utc_now())
    try:
        return carrying.run_job(
            job,
            source,
            lambda: db.write(store.engine),
            mail_list,
            owner=owner_name(),
            clock=utc_now,
            erasure_key=open_erasure_key(settings, store),
            is_gone=is_gone,
            progress=advance,
        )
    except carrying.ImportStopped as error:
        raise Stopped(f"{file}: {error}", Exit.FAILED) from error


def _sections_of(settings: Settings, slug: str) -> frozenset[str] | None:
    """The sections that readers of this list can choose; None where no newsletter goes to it."""
    found = {section.slug for one in settings.newsletters if one.list == slug for section in one.sections}
    return frozenset(found) or None


def _list_for_import(store: Store, settings: Settings, slug: str, now: datetime, *, dry_run: bool) -> MailList:
    from digest.model.errors import NotFound
    from digest.workflow.readers.lists import open_list
    from subscribers.model import MailList, OptIn

    if dry_run:
        try:
            with store.read() as tx:
                return tx.audience.list_of(slug)
        except NotFound:
            return MailList(id=0, slug=slug, name=slug, public=True, opt_in=OptIn.DOUBLE, created_at=now)
    name = next((one.name for one in settings.newsletters if one.list == slug), slug)
    with store.begin() as tx:
        tx.audience.ensure_list(slug, name, now)
        return open_list(tx, slug)


def _tell_import(call: Call, slug: str, report: ImportReport) -> None:
    if call.json:
        print_json(
            {
                "list": slug,
                "rows": report.rows,
                "added": report.added,
                "added_states": dict(report.added_states),
                "updated": report.updated,
                "unchanged": report.unchanged,
                "kept_out": dict(report.kept_out),
                "refused": report.refused,
                "problems": [
                    {"line": one.line, "column": one.column, "value": one.value, "reason": one.reason}
                    for one in report.problems
                ],
                "notes": list(report.notes),
                "dry_run": report.dry_run,
            }
        )
        return
    for note in report.notes:
        notice(note)
    would = "would be " if report.dry_run else ""
    say(f"{counted(report.rows, 'row')} for the list {slug}")
    say(f"  {report.added:>6} {would}added{_by_word(report.added_states)}")
    say(f"  {report.updated:>6} {would}updated")
    say(f"  {report.unchanged:>6} unchanged")
    say(f"  {sum(report.kept_out.values()):>6} kept out{_by_word(report.kept_out)}")
    say(f"  {report.refused:>6} refused" + (":" if report.problems else ""))
    for one in report.problems:
        value = f" {one.value!r}" if one.value else ""
        say(f"line {one.line}: {one.column or 'row'}{value}: {one.reason}")
    if report.refused > len(report.problems):
        say(f"… and {report.refused - len(report.problems)} more")


def _by_word(counts: Any) -> str:
    said = ", ".join(f"{word} {number}" for word, number in sorted(counts.items()))
    return f" ({said})" if said else ""


for member in (
    import_readers,
    imports,
    exporting.export_readers,
    exporting.list_readers,
    reader.add,
    reader.show,
    reader.remove,
    reader.suppress,
    reader.allow,
    reader.erase,
):
    subscribers.add_command(member)
