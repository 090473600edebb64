"""The queue on a real PostgreSQL: jobs in the transaction of what they are about, rescued, left for other versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.jobs.queue import ProcrastinateJobs
from digest.jobs.schema import install, pending
from digest.model.errors import ConfigError
from digest.model.job import Job, JobKind
from digest.store import db, schema
from digest.store.tx import Store
from tests.databases import fresh_engine

pytestmark = pytest.mark.postgres
DRAIN = Job(kind=JobKind.DRAIN, about="7")
SILENT = timedelta(seconds=30)
FIRST = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh_engine("postgresql", tmp_path) as engine:
        with db.write(engine) as conn:
            install(conn)
        yield Store(engine, jobs=ProcrastinateJobs)


def fetch(store: Store, *queues: str) -> int:
    """What a worker does that registers, takes one job of these queues, and is not heard of again."""
    with db.write(store.engine) as conn:
        worker = conn.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()"))
        found = conn.scalar(
            text("SELECT id FROM procrastinate_fetch_job_v2(CAST(:queues AS varchar[]), :worker)"),
            {"queues": list(queues), "worker": worker},
        )
        conn.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = :id"),
            {"id": worker},
        )
    return int(found or 0)


def test_a_job_is_there_only_if_what_it_is_about_is(store: Store) -> None:
    class Undone(Exception):
        pass

    def put_and_fail() -> None:
        with store.begin() as tx:
            assert tx.jobs.put(DRAIN) == 1
            raise Undone

    with pytest.raises(Undone):
        put_and_fail()
    with store.read() as tx:
        assert tx.jobs.standing() == frozenset()
    with store.begin() as tx:
        tx.jobs.put(DRAIN)
    with store.read() as tx:
        assert tx.jobs.standing() == {DRAIN}


def test_the_same_waits_once_and_does_not_undo_the_transaction(store: Store) -> None:
    with store.begin() as tx:
        assert tx.jobs.put(DRAIN, Job(kind=JobKind.DRAIN, about="7", place=1)) == 2
    with store.begin() as tx:
        tx.log("before", "x", by="test", now=FIRST)
        assert tx.jobs.put(DRAIN) == 0
        tx.log("after", "x", by="test", now=FIRST)
    with store.read() as tx:
        assert tx.last_logged("before") == tx.last_logged("after") == FIRST
        assert len(tx.jobs.standing()) == 2


def test_jobs_of_a_worker_that_fell_silent_wait_again(store: Store) -> None:
    with store.begin() as tx:
        tx.jobs.put(DRAIN)
    assert fetch(store, "drain")
    with store.read() as tx:
        (queue,) = tx.jobs.queues()
        assert (queue.waiting, queue.running) == (0, 1)
    with store.begin() as tx:
        assert tx.jobs.rescue(timedelta(hours=2)) == ()
        assert tx.jobs.rescue(SILENT) == (DRAIN,)
        assert tx.jobs.rescue(SILENT) == ()
    with store.read() as tx:
        (queue,) = tx.jobs.queues()
        assert (queue.waiting, queue.running) == (1, 0)
        assert queue.oldest_waiting is not None


def test_a_rescued_job_whose_twin_waits_already_is_not_needed(store: Store) -> None:
    with store.begin() as tx:
        tx.jobs.put(DRAIN)
    fetch(store, "drain")
    with store.begin() as tx:
        assert tx.jobs.put(DRAIN) == 1
    with store.begin() as tx:
        tx.jobs.rescue(SILENT)
        assert tx.jobs.rescue(SILENT) == ()
    with store.read() as tx:
        (queue,) = tx.jobs.queues()
        assert (queue.waiting, queue.running) == (1, 0)


def test_a_job_of_a_pruned_worker_is_found(store: Store) -> None:
    with store.begin() as tx:
        tx.jobs.put(DRAIN)
    fetch(store, "drain")
    with db.write(store.engine) as conn:
        conn.execute(text("SELECT * FROM procrastinate_prune_stalled_workers_v1(30)")).all()
    with store.begin() as tx:
        assert tx.jobs.rescue(SILENT) == (DRAIN,)


def test_jobs_that_another_version_put_are_shown_and_left_alone(store: Store) -> None:
    with db.write(store.engine) as conn:
        conn.execute(text("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('translate', 'digest.job')"))
    with store.begin() as tx:
        assert tx.jobs.standing() == frozenset()
        assert [queue.name for queue in tx.jobs.queues()] == ["translate"]
    assert fetch(store, *[kind.value for kind in JobKind]) == 0
    assert fetch(store, "translate") > 0
    with store.begin() as tx:
        assert tx.jobs.rescue(SILENT) == ()


def test_failed_jobs_are_let_go_when_they_are_old(store: Store) -> None:
    with store.begin() as tx:
        tx.jobs.put(DRAIN)
    job = fetch(store, "drain")
    with db.write(store.engine) as conn:
        conn.execute(text("SELECT procrastinate_finish_job_v1(:job, 'failed', false)"), {"job": job})
    with store.begin() as tx:
        assert tx.jobs.queues()[0].failed == 1
        assert tx.jobs.forget(timedelta(days=7)) == 0
    with db.write(store.engine) as conn:
        conn.execute(text("UPDATE procrastinate_events SET at = at - interval '8 days'"))
    with store.begin() as tx:
        assert tx.jobs.forget(timedelta(days=7)) == 1


def test_installing_twice_changes_nothing_and_is_no_drift(store: Store) -> None:
    with db.write(store.engine) as conn:
        assert install(conn) is False
    assert schema.drift(store.engine) == []


def test_changes_of_a_later_version_are_those_after_the_one_that_stands() -> None:
    assert pending((99, 0, 0)) == []
    assert {path.name[:8] for path in pending((3, 2, 0))} == {"03.03.00", "03.04.00"}


def test_tables_of_somebody_else_are_not_touched(store: Store) -> None:
    with db.write(store.engine) as conn:
        conn.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
    with pytest.raises(ConfigError, match="a database of its own"), db.write(store.engine) as conn:
        install(conn)
