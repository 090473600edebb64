"""Imports that a row in the database keeps track of: seen while they run, stopped, and taken up again where they were.

A dead importer's batch was either committed with its numbers or not at all. Whoever runs the same file again (by its
content, list and options) goes on after the last whole batch, and comes to the same report. `carrying` runs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from subscribers.attributes import declared_attributes
from subscribers.model import MailList
from subscribers.tables import import_problems, imports
from subscribers.transfer.rows import ImportOptions, LineProblem


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
    asked = plain_options(options)
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


def stop_job(conn: Connection, job_id: int, now: datetime) -> bool:
    """Stop an import before its next batch; it can be taken up again. False where it is over."""
    changed = conn.execute(
        update(imports)
        .where(imports.c.id == job_id, imports.c.state.in_(["waiting", "running"]))
        .values(state="stopped", owner="", lease_until=None, updated_at=now)
    )
    return changed.rowcount == 1


def put_in_queue(conn: Connection, job_id: int, path: str, now: datetime) -> bool:
    """Let whoever carries imports out begin it, or go on with it. False where it runs already, or is over."""
    changed = conn.execute(
        update(imports)
        .where(imports.c.id == job_id, imports.c.state.in_(["waiting", "stopped", "failed"]))
        .values(state="waiting", path=path, note="", updated_at=now)
    )
    return changed.rowcount == 1


def jobs_in_queue(conn: Connection, now: datetime, is_gone: Callable[[str], bool]) -> list[ImportJob]:
    """Imports with a kept file that wait, or whose importer fell silent or lives no more; the oldest first."""
    rows = conn.execute(
        select(imports).where(imports.c.path != "", imports.c.state.in_(["waiting", "running"])).order_by(imports.c.id)
    )
    return [job_of_row(row) for row in rows if row.state == "waiting" or row.lease_until <= now or is_gone(row.owner)]


def left_waiting(conn: Connection, since: datetime, now: datetime) -> list[ImportJob]:
    """Imports with a kept file that wait, or whose importer is dead, since then; the oldest first.

    None while one runs, for they take turns.
    """
    live = select(imports.c.id).where(imports.c.state == "running", imports.c.lease_until > now)
    left = or_(
        and_(imports.c.state == "waiting", imports.c.updated_at <= since),
        and_(imports.c.state == "running", imports.c.lease_until <= since),
    )
    rows = conn.execute(select(imports).where(imports.c.path != "", left, ~live.exists()).order_by(imports.c.id))
    return [job_of_row(row) for row in rows]


def files_needed(conn: Connection, *, unfinished_since: datetime, rehearsed_since: datetime) -> frozenset[str]:
    """Paths that an import may still ask for: it is not over, or was rehearsed lately and not carried out since."""
    rows = conn.execute(select(imports.c.path, imports.c.state, imports.c.dry_run, imports.c.updated_at)).all()
    brought_in = {row.path for row in rows if row.state == "done" and not row.dry_run}
    needed = {row.path for row in rows if row.state in ("waiting", "running")}
    needed |= {row.path for row in rows if row.state in ("stopped", "failed") and row.updated_at >= unfinished_since}
    needed |= {
        row.path
        for row in rows
        if row.state == "done" and row.dry_run and row.updated_at >= rehearsed_since and row.path not in brought_in
    }
    return frozenset(needed - {""})


def get_job(conn: Connection, job_id: int) -> ImportJob | None:
    """The import, or None."""
    row = conn.execute(select(imports).where(imports.c.id == job_id)).one_or_none()
    return None if row is None else job_of_row(row)


def jobs_of(conn: Connection, list_id: int | None = None, *, limit: int = 20) -> list[ImportJob]:
    """The newest imports, of one list or of all."""
    wanted = select(imports).order_by(imports.c.id.desc()).limit(limit)
    if list_id is not None:
        wanted = wanted.where(imports.c.list_id == list_id)
    return [job_of_row(row) for row in conn.execute(wanted)]


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


def plain_options(options: ImportOptions) -> dict[str, Any]:
    """What of the options is kept in the row; the declared attributes are looked up when it runs."""
    return {
        "consent": options.consent,
        "sections": None if options.sections is None else sorted(options.sections),
        "allow_reserved": options.allow_reserved,
        "columns": dict(options.columns),
    }


def options_of(conn: Connection, job_id: int) -> ImportOptions:
    """What a job was told to assume, with the attributes that are declared now."""
    plain = conn.execute(select(imports.c.options).where(imports.c.id == job_id)).scalar_one()
    sections = plain["sections"]
    return ImportOptions(
        consent=plain["consent"],
        sections=None if sections is None else frozenset(sections),
        allow_reserved=plain["allow_reserved"],
        columns=plain["columns"],
        attributes=declared_attributes(conn),
    )


def job_of_row(row: Row[Any]) -> ImportJob:
    """A row of `imports` as people see it."""
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
