"""Carrying an import out under its row: one importer at a time, a lease while it lives, a pause between two batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import Connection, select, update

from subscribers.model import MailList, SubscribersError
from subscribers.tables import import_problems, imports, insert_into
from subscribers.transfer.importing import ImportReport, Tally, import_csv
from subscribers.transfer.jobs import ImportJob, job_of_row, options_of, problems_of
from subscribers.transfer.reading import TransferError
from subscribers.transfer.rows import LineProblem

LEASE = timedelta(minutes=2)
"""How long an importer may be silent before somebody else may go on."""


class ImportStopped(SubscribersError):
    """Somebody stopped this import, or took it over; what is in stays in."""


class ImportPaused(ImportStopped):
    """Its importer had to end between two batches: it waits for the next one."""


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
    pause: Callable[[], bool] = lambda: False,
    only_queued: bool = False,
) -> ImportReport:
    """Carry a job out, or on. Raises ImportStopped where another importer has it or somebody stops it, TransferError.

    `is_gone` says of an owner that its process certainly lives no more. `pause` is asked after each batch: where it
    says yes the job waits for another importer, and ImportPaused is raised. `only_queued` leaves alone what somebody
    stopped or what failed. Any other failure leaves the job `failed`, to be taken up again.
    """
    with begin() as conn:
        job = _take(conn, job_id, owner, clock(), is_gone, only_queued=only_queued)
        options = options_of(conn, job_id)
        journal = _Journal(job_id, owner, clock, begin, job.numbers, problems_of(conn, job_id))

    def after_batch(rows: int) -> None:
        if progress is not None:
            progress(rows)
        if pause():
            raise ImportPaused(f"The import {job_id} waits for the next importer; what is in stays in.")

    try:
        report = import_csv(
            source,
            begin,
            mail_list,
            now=clock(),
            erasure_key=erasure_key,
            options=options,
            dry_run=job.dry_run,
            progress=after_batch,
            journal=journal,
        )
    except ImportPaused:
        with begin() as conn:
            _end(conn, job_id, owner, "waiting", clock(), "")
        raise
    except ImportStopped:
        raise
    except Exception as error:
        # Whatever it was, the row must not say "running" for ever. Only our own words about the file as a whole say
        # more than the kind of the error: any other message may hold an address.
        note = str(error) if isinstance(error, TransferError) else type(error).__name__
        with begin() as conn:
            _end(conn, job_id, owner, "failed", clock(), note)
        raise
    with begin() as conn:
        _end(conn, job_id, owner, "done", clock(), "")
    return report


class _Journal:
    """Keeps the numbers in the row of the job."""

    def __init__(
        self,
        job_id: int,
        owner: str,
        clock: Callable[[], datetime],
        begin: Callable[[], AbstractContextManager[Connection]],
        numbers: Mapping[str, Mapping[str, int]],
        problems: Sequence[LineProblem],
    ) -> None:
        self._job_id, self._owner, self._clock, self._begin = job_id, owner, clock, begin
        self._numbers, self._problems = numbers, problems

    def tally(self) -> Tally:
        return Tally(self._numbers, self._problems)

    def alive(self) -> None:
        with self._begin() as conn:
            self._keep(conn, {})

    def keep(self, conn: Connection, tally: Tally, problems: Sequence[LineProblem], place: int) -> None:
        self._keep(conn, {"rows_done": tally.counts["rows"], "bytes_done": place, "tally": tally.numbers()})
        if problems:
            conn.execute(
                insert_into(conn, import_problems).on_conflict_do_nothing(),
                [{"import_id": self._job_id, **asdict(problem)} for problem in problems],
            )

    def _keep(self, conn: Connection, values: Mapping[str, Any]) -> None:
        now = self._clock()
        kept = conn.execute(
            update(imports)
            .where(imports.c.id == self._job_id, imports.c.state == "running", imports.c.owner == self._owner)
            .values(updated_at=now, lease_until=now + LEASE, **values)
        )
        if kept.rowcount != 1:
            raise ImportStopped("The import was stopped, or another process carries it on; what is in stays in.")


def _take(
    conn: Connection, job_id: int, owner: str, now: datetime, is_gone: Callable[[str], bool], *, only_queued: bool
) -> ImportJob:
    row = conn.execute(select(imports).where(imports.c.id == job_id).with_for_update()).one_or_none()
    if row is None:
        raise ImportStopped(f"There is no import {job_id} any more.")
    held = row.state == "running" and row.lease_until is not None and row.lease_until > now
    if row.state == "done" or (held and row.owner != owner and not is_gone(row.owner)):
        raise ImportStopped(f"The import {job_id} is {row.state}: another process has it, or had it.")
    if only_queued and row.state not in ("waiting", "running"):
        raise ImportStopped(f"The import {job_id} is {row.state} meanwhile.")
    conn.execute(
        update(imports)
        .where(imports.c.id == job_id)
        .values(state="running", owner=owner, lease_until=now + LEASE, updated_at=now, note="")
    )
    return job_of_row(row)


def _end(conn: Connection, job_id: int, owner: str, state: str, now: datetime, note: str) -> None:
    conn.execute(
        update(imports)
        .where(imports.c.id == job_id, imports.c.state == "running", imports.c.owner == owner)
        .values(state=state, owner="", lease_until=None, updated_at=now, note=note)
    )
