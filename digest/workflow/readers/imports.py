"""Imports of readers in the background: begun by a page or a command, carried out by the clock, seen while they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from digest.model.alarm import AlarmLevel, Trouble
from digest.model.errors import DigestError, NotFound
from digest.ports import App, Imports
from digest.workflow.readers.lists import open_list
from subscribers.transfer import ImportOptions, LineProblem
from subscribers.transfer.jobs import ImportJob

MOST_IN_A_TURN = 20
"""Imports of one turn; whatever waits then is the next turn's."""
NOBODY_COMES = timedelta(minutes=5)
"""An import that waits for so long while none is carried out is an alarm."""
LEFT_AFTER = timedelta(minutes=1)
"""After so long whoever has its file carries it out, also without being a clock: those look every ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSeen:
    """An import with what a page shows beside its numbers."""

    job: ImportJob
    problems: tuple[LineProblem, ...]
    """Lines that were refused, at most 1,000."""
    notes: tuple[str, ...]
    """How the file is read, such as that it is an export of Mailchimp; empty once the file is gone."""
    left: bool = False
    """It waits and nobody carries it out, though nothing else is in hand."""


def begin_import(
    app: App,
    source: BinaryIO,
    *,
    file_name: str,
    list_slug: str,
    consent: str,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    allow_reserved: bool = False,
    by: str,
) -> ImportJob:
    """Keep a file of readers and put its import in the queue; the same unfinished import is taken up, not begun twice.

    `consent` says how they agreed, `columns` which of our columns a title of the file means (`{"Courriel": "email"}`),
    or "" for one to be left out. Raises NotFound for an unknown list,
    DigestError for an archived one, BadDocument for a file that cannot be used.
    """
    now = app.clock()
    with app.read() as tx:
        mail_list = open_list(tx, list_slug)
    sections = {section.slug for one in app.newsletters.values() if one.list == list_slug for section in one.sections}
    options = ImportOptions(
        consent=consent.strip(),
        columns=dict(columns or {}),
        sections=frozenset(sections) or None,
        allow_reserved=allow_reserved,
    )
    job = _imports(app).begin(
        source, file_name=file_name, mail_list=mail_list, options=options, dry_run=dry_run, by=by, now=now
    )
    _log(app, "import.rehearsed" if dry_run else "import.begun", job, by)
    return job


def bring_in(app: App, job: int, *, by: str) -> ImportJob:
    """After a rehearsal: the same file with the same options, this time for good. Raises NotFound."""
    rehearsed = import_of(app, job).job
    if not rehearsed.dry_run:
        raise DigestError(f"the import {job} is no rehearsal")
    opened = _imports(app).bring_in(job, by=by, now=app.clock())
    _log(app, "import.begun", opened, by)
    return opened


def go_on(app: App, job: int, *, by: str) -> ImportJob:
    """Put an import that failed or was stopped back in the queue. Raises NotFound where its file is gone."""
    found = _imports(app).go_on(job, now=app.clock())
    _log(app, "import.taken_up", found, by)
    return found


def stop_import(app: App, job: int, *, by: str) -> bool:
    """Stop an import before its next batch; what is in stays in. False where it is over."""
    found = import_of(app, job).job
    stopped = _imports(app).stop(job, now=app.clock())
    if stopped:
        _log(app, "import.stopped", found, by)
    return stopped


def import_of(app: App, job: int) -> ImportSeen:
    """One import, with its problems. Raises NotFound."""
    imports = _imports(app)
    found = imports.get(job)
    if found is None:
        raise NotFound(f"there is no import {job}")
    now = app.clock()
    left = any(one.id == job for one in imports.left_waiting(since=now - NOBODY_COMES, now=now))
    return ImportSeen(job=found, problems=imports.problems(job), notes=imports.notes(job), left=left)


def recent_imports(app: App, list_slug: str | None = None, *, limit: int = 20) -> tuple[ImportJob, ...]:
    """The newest imports, of one list or of all. Raises NotFound."""
    list_id = None
    if list_slug is not None:
        with app.read() as tx:
            list_id = tx.audience.list_of(list_slug).id
    return _imports(app).recent(list_id, limit=limit)


def carry_imports(app: App) -> tuple[ImportJob, ...]:
    """Carry out every import that waits, one after the other. Safe to call by every process that likes.

    Once `app.stopping()` says so the one in hand waits after its batch, and another process goes on with it.
    """
    if app.imports is None:
        return ()
    carried: list[ImportJob] = []
    while len(carried) < MOST_IN_A_TURN and not app.stopping():
        done = app.imports.carry_out(
            owner=app.owner,
            clock=app.clock,
            is_gone=app.is_gone,
            pause=app.stopping,
            but=[one.id for one in carried],
        )
        if done is None:
            break
        carried.append(done)
    app.imports.clear(app.clock())
    return tuple(carried)


def carry_left_imports(app: App) -> tuple[ImportJob, ...]:
    """Carry out imports whose files lie here, where no clock has taken them for a while."""
    if app.imports is None:
        return ()
    now = app.clock()
    left = app.imports.left_waiting(since=now - LEFT_AFTER, now=now)
    if any(app.imports.lies_here(one) for one in left):
        return carry_imports(app)
    # Files of rehearsals too lie where no clock clears them away.
    app.imports.clear(now)
    return ()


def import_troubles(app: App, now: datetime) -> Iterator[Trouble]:
    """Imports that nobody carries out: most likely no clock sees the folder that their files lie in."""
    if app.imports is None:
        return
    for one in app.imports.left_waiting(since=now - NOBODY_COMES, now=now):
        if app.imports.lies_here(one):
            why = "its file is here, and it is not begun: the log says why"
        else:
            why = "its file lies below var_dir of the machine that was given it, and no clock sees it there"
        yield Trouble(
            key=f"import/{one.id}",
            level=AlarmLevel.WARNING,
            what=f"The import {one.id} waits, and nobody carries it out",
            why=why,
            next_step="digest subscribers imports --carry-out on that machine; for good, one var_dir that all see",
        )


def _imports(app: App) -> Imports:
    if app.imports is None:
        raise NotFound("no imports are kept here")
    return app.imports


def _log(app: App, event: str, job: ImportJob, by: str) -> None:
    with app.begin() as tx:
        # The name of a file is its owner's business: the number is enough to find it.
        tx.log(event, f"import {job.id}", by=by, now=app.clock())
