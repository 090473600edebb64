"""Imports that a row in the database keeps track of: seen while they run, stopped, and taken up again where they were.

A dead importer's batch was either committed with its numbers or not at all. Whoever runs the same file again (by its
content, list and options) goes on after the last whole batch, and comes to the same report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from subscribers.attributes import declared_attributes
from subscribers.model import MailList, SubscribersError
from subscribers.tables import import_problems, imports, insert_into
from subscribers.transfer.importing import ImportReport, Tally, import_csv
from subscribers.transfer.rows import ImportOptions, LineProblem

LEASE = timedelta(minutes=2)
"""How long an importer may be silent before somebody else may go on."""


class ImportStopped(SubscribersError):
    """Somebody stopped this import, or took it over; what is in stays in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """An import as a page shows it. `state` is waiting, running, done, failed or stopped; `share` goes from 0 to 1."""

    id: int
    list_id: int
    file_name: str
    path: str
    sha256: str
    size: int
    dry_run: bool
    state: str
    by: str
    created_at: datetime
    updated_at: datetime
    rows_done: int
    bytes_done: int
    numbers: Mapping[str, Mapping[str, int]]
    note: str

    @property
    def share(self) -> float:
        """How much of the file is done."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.bytes_done / self.size) if self.size else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file to be imported: its name for people, where it lies (empty: nowhere), its SHA-256 and its bytes."""

    name: str
    path: str = ""
    sha256: str
    size: int


def described(source: BinaryIO, name: str, path: str = "") -> ImportFile:
    """Read a file once for its hash and size, and go back to its start."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    source.seek(0)
    return ImportFile(name=name, path=path, sha256=digest.hexdigest(), size=size)


def open_job(
    conn: Connection,
    mail_list: MailList,
    file: ImportFile,
    options: ImportOptions,
    *,
    dry_run: bool,
    by: str,
    now: datetime,
) -> int:
    """The id of the unfinished import of this very file with these options, or of a new one that waits."""
    asked = _plain(options)
    same = conn.execute(
        select(imports.c.id, imports.c.options)
        .where(
            imports.c.list_id == mail_list.id,
            imports.c.sha256 == file.sha256,
            imports.c.dry_run.is_(dry_run),
            imports.c.state != "done",
        )
        .order_by(imports.c.id.desc())
    )
    for row in same:
        if row.options == asked:
            return int(row.id)
    made = conn.execute(
        insert(imports)
        .values(
            list_id=mail_list.id,
            file_name=file.name,
            path=file.path,
            sha256=file.sha256,
            size=file.size,
            options=asked,
            dry_run=dry_run,
            state="waiting",
            by=by,
            created_at=now,
            updated_at=now,
            tally={},
        )
        .returning(imports.c.id)
    )
    return int(made.scalar_one())


def run_job(
    job_id: int,
    source: BinaryIO,
    begin: Callable[[], AbstractContextManager[Connection]],
    mail_list: MailList,
    *,
    owner: str,
    clock: Callable[[], datetime],
    erasure_key: bytes,
    is_gone: Callable[[str], bool],
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Carry a job out, or on. Raises ImportStopped where another importer has it or somebody stops it, TransferError.

    `is_gone` says of an owner that its process certainly lives no more. Any other failure leaves the job `failed`,
    to be taken up again.
    """
    with begin() as conn:
        job = _take(conn, job_id, owner, clock(), is_gone)
        options = _options(conn, job_id)
        journal = _Journal(job_id, owner, clock, job.numbers, problems_of(conn, job_id))
    try:
        report = import_csv(
            source,
            begin,
            mail_list,
            now=clock(),
            erasure_key=erasure_key,
            options=options,
            dry_run=job.dry_run,
            progress=progress,
            journal=journal,
        )
    except ImportStopped:
        raise
    except Exception as error:
        # Whatever it was, the row must not say "running" for ever; the message may hold an address, its kind cannot.
        with begin() as conn:
            _end(conn, job_id, owner, "failed", clock(), type(error).__name__)
        raise
    with begin() as conn:
        _end(conn, job_id, owner, "done", clock(), "")
    return report


def stop_job(conn: Connection, job_id: int, now: datetime) -> bool:
    """Stop an import before its next batch; it can be taken up again. False where it is over."""
    changed = conn.execute(
        update(imports)
        .where(imports.c.id == job_id, imports.c.state.in_(["waiting", "running"]))
        .values(state="stopped", owner="", lease_until=None, updated_at=now)
    )
    return changed.rowcount == 1


def next_job(conn: Connection, now: datetime) -> ImportJob | None:
    """The oldest import that waits, or whose importer fell silent, and whose file lies where we can read it."""
    row = conn.execute(
        select(imports)
        .where(
            imports.c.path != "",
            or_(
                imports.c.state == "waiting",
                and_(imports.c.state == "running", imports.c.lease_until <= now),
            ),
        )
        .order_by(imports.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _job(row)


def get_job(conn: Connection, job_id: int) -> ImportJob | None:
    """The import, or None."""
    row = conn.execute(select(imports).where(imports.c.id == job_id)).one_or_none()
    return None if row is None else _job(row)


def jobs_of(conn: Connection, list_id: int | None = None, *, limit: int = 20) -> list[ImportJob]:
    """The newest imports, of one list or of all."""
    wanted = select(imports).order_by(imports.c.id.desc()).limit(limit)
    if list_id is not None:
        wanted = wanted.where(imports.c.list_id == list_id)
    return [_job(row) for row in conn.execute(wanted)]


def problems_of(conn: Connection, job_id: int) -> tuple[LineProblem, ...]:
    """Why lines were refused, in the order of the file; at most 1,000 of them are kept."""
    rows = conn.execute(
        select(import_problems).where(import_problems.c.import_id == job_id).order_by(import_problems.c.line)
    )
    return tuple(
        LineProblem(line=row.line, column=row._mapping["column"], value=row.value, reason=row.reason) for row in rows
    )


def forget_jobs(conn: Connection, before: datetime) -> int:
    """Delete imports that came to rest before that instant, with their problems. Returns how many."""
    over = select(imports.c.id).where(imports.c.updated_at < before, imports.c.state != "running")
    conn.execute(delete(import_problems).where(import_problems.c.import_id.in_(over)))
    return conn.execute(delete(imports).where(imports.c.updated_at < before, imports.c.state != "running")).rowcount


class _Journal:
    """Keeps the numbers in the row of the job."""

    def __init__(
        self,
        job_id: int,
        owner: str,
        clock: Callable[[], datetime],
        numbers: Mapping[str, Mapping[str, int]],
        problems: Sequence[LineProblem],
    ) -> None:
        self._job_id, self._owner, self._clock = job_id, owner, clock
        self._numbers, self._problems = numbers, problems

    def tally(self) -> Tally:
        return Tally(self._numbers, self._problems)

    def keep(self, conn: Connection, tally: Tally, problems: Sequence[LineProblem], place: int) -> None:
        now = self._clock()
        kept = conn.execute(
            update(imports)
            .where(imports.c.id == self._job_id, imports.c.state == "running", imports.c.owner == self._owner)
            .values(
                rows_done=tally.counts["rows"],
                bytes_done=place,
                tally=tally.numbers(),
                updated_at=now,
                lease_until=now + LEASE,
            )
        )
        if kept.rowcount != 1:
            raise ImportStopped("The import was stopped, or another process carries it on; what is in stays in.")
        if problems:
            conn.execute(
                insert_into(conn, import_problems).on_conflict_do_nothing(),
                [{"import_id": self._job_id, **asdict(problem)} for problem in problems],
            )


def _take(conn: Connection, job_id: int, owner: str, now: datetime, is_gone: Callable[[str], bool]) -> ImportJob:
    row = conn.execute(select(imports).where(imports.c.id == job_id).with_for_update()).one_or_none()
    if row is None:
        raise ImportStopped(f"There is no import {job_id} any more.")
    held = row.state == "running" and row.lease_until is not None and row.lease_until > now
    if row.state == "done" or (held and row.owner != owner and not is_gone(row.owner)):
        raise ImportStopped(f"The import {job_id} is {row.state}: another process has it, or had it.")
    conn.execute(
        update(imports)
        .where(imports.c.id == job_id)
        .values(state="running", owner=owner, lease_until=now + LEASE, updated_at=now, note="")
    )
    return _job(row)


def _end(conn: Connection, job_id: int, owner: str, state: str, now: datetime, note: str) -> None:
    conn.execute(
        update(imports)
        .where(imports.c.id == job_id, imports.c.state == "running", imports.c.owner == owner)
        .values(state=state, owner="", lease_until=None, updated_at=now, note=note)
    )


def _plain(options: ImportOptions) -> dict[str, Any]:
    return {
        "consent": options.consent,
        "sections": None if options.sections is None else sorted(options.sections),
        "allow_reserved": options.allow_reserved,
        "columns": dict(options.columns),
    }


def _options(conn: Connection, job_id: int) -> ImportOptions:
    plain = conn.execute(select(imports.c.options).where(imports.c.id == job_id)).scalar_one()
    sections = plain["sections"]
    return ImportOptions(
        consent=plain["consent"],
        sections=None if sections is None else frozenset(sections),
        allow_reserved=plain["allow_reserved"],
        columns=plain["columns"],
        attributes=declared_attributes(conn),
    )


def _job(row: Row[Any]) -> ImportJob:
    return ImportJob(
        id=row.id,
        list_id=row.list_id,
        file_name=row.file_name,
        path=row.path,
        sha256=row.sha256,
        size=row.size,
        dry_run=row.dry_run,
        state=row.state,
        by=row.by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        rows_done=row.rows_done,
        bytes_done=row.bytes_done,
        numbers=row.tally,
        note=row.note,
    )
