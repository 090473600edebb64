"""An import that was killed, stopped or failed goes on where it was, and comes to the report of one that was not."""

import io
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select

from subscribers.model import MailList, OptIn
from subscribers.store import ensure_list
from subscribers.tables import consents, metadata, subscribers
from subscribers.transfer import TransferError, carrying, jobs
from subscribers.transfer.carrying import ImportPaused, ImportStopped
from subscribers.transfer.importing import ImportReport
from tests.subscribers.people import ERASURE_KEY, NOW, OPTIONS, empty

ROWS = 12_000
FILE = (
    "email,state\n"
    + "".join(f"r{n}@mail.example,{'unsubscribed' if n % 50 == 3 else 'active'}\n" for n in range(ROWS - 4))
    + "nonsense,\nr1@mail.example,\nR2@mail.example,\n,\n"
).encode()


def _clock() -> datetime:
    return NOW


def _nobody_is_gone(_owner: str) -> bool:
    return False


def _fresh(engine: Engine) -> MailList:
    with engine.begin() as conn:
        empty(conn)
        return ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)


def _open(engine: Engine, world: MailList, file: bytes = FILE, *, dry_run: bool = False) -> int:
    described = jobs.described(io.BytesIO(file), "readers.csv", "/somewhere/readers.csv")
    with engine.begin() as conn:
        return jobs.open_job(conn, world, described, OPTIONS, dry_run=dry_run, by="ann", now=NOW)


def _run(
    engine: Engine,
    world: MailList,
    job: int,
    *,
    owner: str = "one",
    clock: Callable[[], datetime] = _clock,
    is_gone: Callable[[str], bool] = _nobody_is_gone,
    progress: Callable[[int], None] | None = None,
    file: bytes = FILE,
) -> ImportReport:
    return carrying.run_job(
        job,
        io.BytesIO(file),
        engine.begin,
        world,
        owner=owner,
        clock=clock,
        erasure_key=ERASURE_KEY,
        is_gone=is_gone,
        progress=progress,
    )


def _whole(engine: Engine) -> ImportReport:
    world = _fresh(engine)
    return _run(engine, world, _open(engine, world))


def _counts(engine: Engine) -> tuple[int, int]:
    with engine.begin() as conn:
        readers, acts = (
            conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (subscribers, consents)
        )
        return readers, acts


def test_the_row_shows_how_far_it_is(engine: Engine) -> None:
    world = _fresh(engine)
    job = _open(engine, world)
    seen: list[tuple[str, int, float]] = []

    def look(_rows: int) -> None:
        with engine.begin() as conn:
            found = jobs.get_job(conn, job)
        assert found is not None
        seen.append((found.state, found.rows_done, round(found.share, 1)))

    report = _run(engine, world, job, progress=look)
    assert seen == [("running", 5_000, 0.4), ("running", 10_000, 0.8), ("running", ROWS - 1, 1.0)]
    assert (report.rows, report.added, report.refused) == (ROWS - 1, ROWS - 4, 3)
    with engine.begin() as conn:
        found = jobs.get_job(conn, job)
        assert found is not None
        assert (found.state, found.share, found.by) == ("done", 1.0, "ann")
        assert jobs.problems_of(conn, job) == report.problems
        assert [one.id for one in jobs.jobs_of(conn, world.id)] == [job]


def test_an_import_that_failed_goes_on_to_the_same_report(engine: Engine) -> None:
    whole = _whole(engine)
    world = _fresh(engine)
    job = _open(engine, world)

    def fail(_rows: int) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        _run(engine, world, job, progress=fail)
    with engine.begin() as conn:
        found = jobs.get_job(conn, job)
    assert found is not None
    assert (found.state, found.rows_done, found.note) == ("failed", 5_000, "OSError")
    assert _open(engine, world) == job
    assert _run(engine, world, job, owner="two") == whole
    assert _counts(engine) == (ROWS - 4, ROWS - 4)


def test_a_stopped_import_stops_before_its_next_batch(engine: Engine) -> None:
    whole = _whole(engine)
    world = _fresh(engine)
    job = _open(engine, world)

    def stop(_rows: int) -> None:
        with engine.begin() as conn:
            assert jobs.stop_job(conn, job, NOW)

    with pytest.raises(ImportStopped):
        _run(engine, world, job, progress=stop)
    assert _counts(engine) == (5_000, 5_000)
    assert _run(engine, world, job) == whole
    with engine.begin() as conn:
        assert not jobs.stop_job(conn, job, NOW)


def test_an_import_whose_importer_ends_waits_for_the_next_one(engine: Engine) -> None:
    whole = _whole(engine)
    world = _fresh(engine)
    job = _open(engine, world)
    with pytest.raises(ImportPaused):
        carrying.run_job(
            job, io.BytesIO(FILE), engine.begin, world, owner="one", clock=_clock, erasure_key=ERASURE_KEY,
            is_gone=_nobody_is_gone, pause=lambda: True,
        )  # fmt: skip
    with engine.begin() as conn:
        (waiting,) = jobs.jobs_in_queue(conn, NOW, _nobody_is_gone)
    assert (waiting.id, waiting.state, waiting.rows_done) == (job, "waiting", 5_000)
    assert _run(engine, world, job, owner="two") == whole


def test_what_was_stopped_is_not_begun_by_the_queue(engine: Engine) -> None:
    world = _fresh(engine)
    job = _open(engine, world)
    with engine.begin() as conn:
        assert jobs.stop_job(conn, job, NOW)
        assert jobs.jobs_in_queue(conn, NOW, _nobody_is_gone) == []
        with pytest.raises(ImportStopped, match="stopped meanwhile"):
            carrying._take(conn, job, "one", NOW, _nobody_is_gone, only_queued=True)
        assert jobs.put_in_queue(conn, job, "kept.csv", NOW)
        assert [one.path for one in jobs.jobs_in_queue(conn, NOW, _nobody_is_gone)] == ["kept.csv"]


def test_two_importers_do_not_share_a_job(engine: Engine) -> None:
    world = _fresh(engine)
    job = _open(engine, world)

    def intrude(_rows: int) -> None:
        with pytest.raises(ImportStopped, match="another process"):
            _run(engine, world, job, owner="two")

    _run(engine, world, job, progress=intrude)
    with pytest.raises(ImportStopped):
        _run(engine, world, job)


def test_a_silent_or_dead_importer_loses_its_job(engine: Engine) -> None:
    world = _fresh(engine)
    for later, gone in ((carrying.LEASE, False), (timedelta(0), True)):
        job = _open(engine, world, FILE + f"x{gone}@mail.example,\n".encode())
        with engine.begin() as conn:
            carrying._take(conn, job, "dead", NOW, _nobody_is_gone, only_queued=True)
            assert jobs.jobs_in_queue(conn, NOW, _nobody_is_gone) == []
            found = jobs.jobs_in_queue(conn, NOW + later, lambda _owner, gone=gone: gone)  # type: ignore[misc]
            assert [one.id for one in found] == [job]
        with pytest.raises(ImportStopped):
            _run(engine, world, job, owner="two")
        _run(
            engine,
            world,
            job,
            owner="two",
            clock=lambda later=later: NOW + later,  # type: ignore[misc]
            is_gone=lambda _owner, gone=gone: gone,  # type: ignore[misc]
            file=FILE + f"x{gone}@mail.example,\n".encode(),
        )


def test_a_dry_run_is_a_job_of_its_own_and_writes_no_reader(engine: Engine) -> None:
    world = _fresh(engine)
    dry = _open(engine, world, dry_run=True)
    assert dry != _open(engine, world)
    report = _run(engine, world, dry)
    assert (report.added, report.dry_run) == (ROWS - 4, True)
    assert _counts(engine) == (0, 0)


def test_another_file_or_other_options_are_another_job(engine: Engine) -> None:
    world = _fresh(engine)
    job = _open(engine, world)
    assert _open(engine, world) == job
    assert _open(engine, world, FILE + b"x@mail.example,\n") != job
    described = jobs.described(io.BytesIO(FILE), "readers.csv")
    with engine.begin() as conn:
        other = replace(OPTIONS, consent="another way")
        assert jobs.open_job(conn, world, described, other, dry_run=False, by="ann", now=NOW) != job


def test_a_file_that_cannot_be_imported_fails_the_job(engine: Engine) -> None:
    world = _fresh(engine)
    job = _open(engine, world, b"name\nAna\n")
    with pytest.raises(TransferError):
        _run(engine, world, job, file=b"name\nAna\n")
    with engine.begin() as conn:
        found = jobs.get_job(conn, job)
        assert found is not None
        assert found.state == "failed"
        assert jobs.forget_jobs(conn, NOW) == 0
        assert jobs.forget_jobs(conn, NOW + timedelta(seconds=1)) == 1


def _import_slowly(url: str, job: int, world: MailList) -> None:
    engine = create_engine(url)
    _run(engine, world, job, owner="child", progress=lambda _rows: time.sleep(60))


def test_kill_9_in_the_middle_and_again_comes_to_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'killed.sqlite'}"
    engine = create_engine(url)
    metadata.create_all(engine)
    whole = _whole(engine)
    world = _fresh(engine)
    job = _open(engine, world)
    child = multiprocessing.get_context("spawn").Process(target=_import_slowly, args=(url, job, world))
    child.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with engine.connect() as conn:
            found = jobs.get_job(conn, job)
        if found is not None and found.rows_done:
            break
        time.sleep(0.05)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert _counts(engine) == (5_000, 5_000)
    assert _run(engine, world, job, owner="two", is_gone=lambda owner: owner == "child") == whole
    assert _counts(engine) == (ROWS - 4, ROWS - 4)
    engine.dispose()
