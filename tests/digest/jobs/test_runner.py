"""The loop of a worker on a real PostgreSQL: while it rests it fetches nothing."""

from __future__ import annotations

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
