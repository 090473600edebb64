"""The loop of a worker on a real PostgreSQL: while it rests it fetches nothing."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.jobs.queue import ProcrastinateJobs
from digest.jobs.runner import Running, run
from digest.jobs.schema import install
from digest.model.job import Job, JobKind
from digest.store import db
from digest.store.tx import Store
from tests.databases import fresh_engine
from tests.e2e.workers import until

pytestmark = pytest.mark.postgres
ENDS = 60.0
"""Seconds; a generous end."""


def test_a_worker_that_rests_fetches_nothing_and_goes_on_after(tmp_path: Path) -> None:
    resting, stopping, rested, done = (threading.Event() for _ in range(4))
    glances = threading.Semaphore(0)
    taken: list[Job] = []

    def rests() -> bool:
        glances.release()
        return resting.is_set()

    with fresh_engine("postgresql", tmp_path) as engine:
        with db.write(engine) as conn:
            install(conn)
        store = Store(engine, jobs=ProcrastinateJobs)
        first, second = (Job(kind=JobKind.CHORE, about=name) for name in ("first", "second"))

        def perform(job: Job) -> None:
            taken.append(job)
            if not rested.is_set():
                # As a worker whose clock is wrong does.
                with store.begin() as tx:
                    tx.jobs.put(job)
                resting.set()
            elif len(set(taken)) == 2:
                done.set()

        def workers() -> int:
            with db.read(engine) as conn:
                return int(conn.scalar(text("SELECT count(*) FROM procrastinate_workers")) or 0)

        how = Running(url=engine.url.render_as_string(hide_password=False), poll_seconds=0.2)
        ended: list[bool] = []

        def work() -> None:
            ended.append(run(how, perform, stopping=stopping.is_set, resting=rests, grace=ENDS))

        worker = threading.Thread(target=work)
        with store.begin() as tx:
            tx.jobs.put(first)
        worker.start()
        try:
            assert resting.wait(ENDS)
            until(lambda: workers() == 0, "the worker rests", within=ENDS)
            assert set(taken) == {first}
            before = len(taken)
            rested.set()
            with store.begin() as tx:
                tx.jobs.put(second)
            while glances.acquire(blocking=False):
                pass
            for _ in range(10):
                assert glances.acquire(timeout=ENDS)
            assert (len(taken), workers()) == (before, 0)
            with store.read() as tx:
                assert tx.jobs.standing() == {first, second}
            resting.clear()
            assert done.wait(ENDS)
        finally:
            stopping.set()
            worker.join()
    assert ended == [True]


def test_a_worker_that_wakes_up_says_in_one_line_that_its_job_is_another_s(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun, wakes, again, stopping = (threading.Event() for _ in range(4))
    with fresh_engine("postgresql", tmp_path) as engine:
        with db.write(engine) as conn:
            install(conn)
        store = Store(engine, jobs=ProcrastinateJobs)

        def perform(job: Job) -> None:
            if job.about == "first":
                begun.set()
                assert wakes.wait(ENDS)
            else:
                again.set()

        how = Running(url=engine.url.render_as_string(hide_password=False), poll_seconds=0.2)

        def work() -> None:
            run(how, perform, stopping=stopping.is_set, grace=ENDS)

        worker = threading.Thread(target=work)
        with store.begin() as tx:
            tx.jobs.put(Job(kind=JobKind.CHORE, about="first"))
        worker.start()
        try:
            assert begun.wait(ENDS)
            # It was taken for dead, and another one has done its job since.
            with db.write(engine) as conn:
                conn.execute(text("DELETE FROM procrastinate_jobs"))
            wakes.set()
            with store.begin() as tx:
                tx.jobs.put(Job(kind=JobKind.CHORE, about="second"))
            assert again.wait(ENDS), "it goes on"
        finally:
            wakes.set()
            stopping.set()
            worker.join(ENDS)
        gc.collect()
    said = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert [level for level, line in said if "was not noted (ConnectorException)" in line] == ["WARNING"]
    assert [line for _, line in said if "never retrieved" in line] == []
