"""The port `Imports`: readers' files kept in a folder until they are brought in, and rows that say how far they are."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from digest.model.errors import BadDocument, DigestError, NotFound
from digest.store import db, striking
from subscribers.attributes import declared_attributes
from subscribers.model import MailList
from subscribers.store import get_list_by_id
from subscribers.transfer import TransferError, carrying, jobs
from subscribers.transfer.jobs import ImportFile, ImportJob
from subscribers.transfer.reading import CsvRows
from subscribers.transfer.rows import ImportOptions, LineProblem, RowReader

MOST_BYTES = 512 * 1024 * 1024
"""Of one file: several million readers."""
UNFINISHED_KEPT = timedelta(days=7)
"""So long the file of an import that failed or was stopped waits to be taken up again."""
REHEARSED_KEPT = timedelta(days=2)
"""So long the file of a rehearsal waits to be brought in."""


class StoredImports:
    """The port `Imports` on one database and one folder, which every process that carries imports out must see.

    The files are personal data: their owner alone can read them, and they go when nobody needs them any more.
    """

    def __init__(self, engine: Engine, folder: Path, *, erasure_key: bytes, allow_reserved: bool = False) -> None:
        self._engine = engine
        self._folder = folder
        self._erasure_key = erasure_key
        self._allow_reserved = allow_reserved

    def begin(
        self,
        source: BinaryIO,
        *,
        file_name: str,
        mail_list: MailList,
        options: ImportOptions,
        dry_run: bool,
        by: str,
        now: datetime,
    ) -> ImportJob:
        """Keep the file and put its import in the queue. Raises BadDocument for a file that can never be imported."""
        options = replace(options, allow_reserved=options.allow_reserved or self._allow_reserved)
        with self._copied(source, file_name) as (part, file):
            self._look(part, file_name, options)
            with db.write(self._engine) as conn:
                job = jobs.open_job(conn, mail_list, file, options, dry_run=dry_run, by=by, now=now)
                jobs.put_in_queue(conn, job, file.path, now)
            # The row first: a file that no row needs may be cleared away at any moment.
            os.replace(part, self._folder / file.path)
        return self._required(job)

    def bring_in(self, job: int, *, by: str, now: datetime) -> ImportJob:
        """Put the file of a rehearsal in the queue, to be brought in. Raises NotFound where it is not kept any more."""
        rehearsed = self._kept(job)
        file = ImportFile(name=rehearsed.file_name, path=rehearsed.path, sha256=rehearsed.sha256, size=rehearsed.size)
        with db.write(self._engine) as conn:
            mail_list = get_list_by_id(conn, rehearsed.list_id)
            if mail_list is None:
                raise NotFound(f"the list of the import {job} is gone")
            opened = jobs.open_job(conn, mail_list, file, jobs.options_of(conn, job), dry_run=False, by=by, now=now)
            jobs.put_in_queue(conn, opened, file.path, now)
        return self._required(opened)

    def go_on(self, job: int, *, now: datetime) -> ImportJob:
        """Put an import that failed or was stopped back in the queue. Raises NotFound where its file is gone."""
        kept = self._kept(job)
        with db.write(self._engine) as conn:
            jobs.put_in_queue(conn, job, kept.path, now)
        return self._required(job)

    def stop(self, job: int, *, now: datetime) -> bool:
        """Stop it before its next batch. False where it is over."""
        with db.write(self._engine) as conn:
            return jobs.stop_job(conn, job, now)

    def get(self, job: int) -> ImportJob | None:
        """The import, or None."""
        with db.read(self._engine) as conn:
            return jobs.get_job(conn, job)

    def problems(self, job: int) -> tuple[LineProblem, ...]:
        """Why lines were refused, in the order of the file; at most 1,000."""
        with db.read(self._engine) as conn:
            return jobs.problems_of(conn, job)

    def notes(self, job: int) -> tuple[str, ...]:
        """How the file is read: whose export it is, what became of its columns. Nothing once the file is gone."""
        found = self._required(job)
        if not self.lies_here(found):
            return ()
        with db.read(self._engine) as conn:
            options = jobs.options_of(conn, job)
        return self._look(self._folder / found.path, found.file_name, options)

    def recent(self, list_id: int | None = None, *, limit: int = 20) -> tuple[ImportJob, ...]:
        """The newest imports, of one list or of all."""
        with db.read(self._engine) as conn:
            return tuple(jobs.jobs_of(conn, list_id, limit=limit))

    def left_waiting(self, *, since: datetime, now: datetime) -> tuple[ImportJob, ...]:
        """Imports that wait, or whose importer is dead, since then while none is carried out; the oldest first."""
        with db.read(self._engine) as conn:
            return tuple(jobs.left_waiting(conn, since, now))

    def lies_here(self, job: ImportJob) -> bool:
        """Whether its file is in the folder of this process."""
        return bool(job.path) and (self._folder / job.path).is_file()

    def carry_out(
        self,
        *,
        owner: str,
        clock: Callable[[], datetime],
        is_gone: Callable[[str], bool],
        pause: Callable[[], bool],
        progress: Callable[[int], None] | None = None,
        but: Collection[int] = (),
    ) -> ImportJob | None:
        """Carry out the oldest import that waits, or on; None where none does whose file lies here.

        It returns when the import is done, failed, stopped, taken over, or when `pause` says yes: then it waits. What
        it raises is written down in the row. `but` names imports to be left alone.
        """
        with db.read(self._engine) as conn:
            waiting = jobs.jobs_in_queue(conn, clock(), is_gone)
        job = next((one for one in waiting if one.id not in but and self.lies_here(one)), None)
        if job is None:
            return None
        with db.read(self._engine) as conn:
            mail_list = get_list_by_id(conn, job.list_id)
        assert mail_list is not None, "an import points at its list"  # noqa: S101
        try:
            with open(self._folder / job.path, "rb") as source:
                carrying.run_job(
                    job.id,
                    source,
                    lambda: db.write(self._engine),
                    mail_list,
                    owner=owner,
                    clock=clock,
                    erasure_key=self._erasure_key,
                    is_gone=is_gone,
                    progress=progress,
                    pause=pause,
                    only_queued=True,
                )
        except (carrying.ImportStopped, TransferError):
            # The row says so, and what is in stays in.
            pass
        return self._required(job.id)

    def clear(self, now: datetime) -> int:
        """Delete files that no import can ask for any more. Returns how many."""
        try:
            lying = [path for path in self._folder.iterdir() if path.is_file()]
        except FileNotFoundError:
            return 0
        with db.read(self._engine) as conn:
            needed = jobs.files_needed(
                conn, unfinished_since=now - UNFINISHED_KEPT, rehearsed_since=now - REHEARSED_KEPT
            )
        gone = 0
        for path in lying:
            if path.suffix == ".part":
                # Somebody may be writing it; one of yesterday was left by a process that died.
                old = path.stat().st_mtime < (now - timedelta(days=1)).timestamp()
            else:
                old = path.name not in needed
            if old:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def strike_out(self, addresses: Collection[str]) -> int:
        """Write over every line of the kept files that holds one of these addresses. Returns how many."""
        try:
            lying = [path for path in self._folder.iterdir() if path.is_file()]
        except FileNotFoundError:
            return 0
        return sum(striking.strike_out(path, addresses) for path in lying)

    def _required(self, job: int) -> ImportJob:
        found = self.get(job)
        if found is None:
            raise NotFound(f"there is no import {job}; `digest subscribers imports` lists them")
        return found

    def _kept(self, job: int) -> ImportJob:
        found = self._required(job)
        if not self.lies_here(found):
            raise NotFound(f"the file {found.file_name} of the import {job} is not kept any more; give it again")
        return found

    def _look(self, path: Path, name: str, options: ImportOptions) -> tuple[str, ...]:
        with db.read(self._engine) as conn:
            options = replace(options, attributes=declared_attributes(conn))
        try:
            with path.open("rb") as source:
                return RowReader(CsvRows(source).header, options).notes
        except TransferError as error:
            raise BadDocument(name, str(error)) from error

    @contextmanager
    def _copied(self, source: BinaryIO, name: str) -> Iterator[tuple[Path, ImportFile]]:
        """A copy under a name of no meaning, gone at the end unless it was given its own. Raises DigestError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp: nobody but this user may read it.
        handle, made = tempfile.mkstemp(dir=self._folder, suffix=".part")
        part = Path(made)
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(handle, "wb") as copy:
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise DigestError(f"{name}: larger than {MOST_BYTES >> 20} MB; import it in parts")
                    copy.write(chunk)
                copy.flush()
                os.fsync(copy.fileno())
            sha256 = digest.hexdigest()
            yield part, ImportFile(name=name, path=f"{sha256}.csv", sha256=sha256, size=size)
        finally:
            part.unlink(missing_ok=True)
