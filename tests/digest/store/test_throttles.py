"""The row that all senders share: one thread of a process waits for it at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.model.errors import StorageFailed
from digest.model.throttle import Throttle
from digest.store import db
from digest.store.tx import Store
from tests.databases import fresh_engine

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
THREADS = 6
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def waiting(store: Store) -> int:
    """How many transactions of this database wait for a lock of somebody's. A new look: one keeps what it saw."""
    with store.read() as tx:
        return int(tx.connection.scalar(text(WAITING)) or 0)


def until(asked: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.postgres
def test_of_one_process_one_thread_waits_in_the_database(tmp_path: Path) -> None:
    with fresh_engine("postgresql", tmp_path) as engine:
        store, other = Store(engine), Store(db.open_engine(engine.url.render_as_string(hide_password=False)))
        with store.begin() as tx:
            tx.throttles.get("p", NOW, lock=True)
        begun = threading.Barrier(THREADS + 1)
        done: list[int] = []

        def take(number: int) -> None:
            with store.begin() as tx:
                tx.throttles.get("q", NOW)
                begun.wait()
                tx.throttles.get("p", NOW, lock=True)
                # Once more in the same transaction waits for nobody.
                tx.throttles.get("p", NOW, lock=True)
                done.append(number)

        with ThreadPoolExecutor(THREADS) as pool:
            with other.begin() as tx:
                tx.throttles.get("p", NOW, lock=True)
                asked = [pool.submit(take, number) for number in range(THREADS)]
                begun.wait()
                until(lambda: waiting(other) == 1)
                seen: set[int] = set()
                for _ in range(20):
                    seen.add(waiting(other))
                    time.sleep(0.02)
                assert (seen, done) == ({1}, [])
            for one in asked:
                one.result(timeout=30)
        assert sorted(done) == list(range(THREADS))
        other.close()


def test_a_turn_ends_with_its_transaction(store: Store) -> None:
    def fail() -> None:
        with store.begin() as tx:
            tx.throttles.put(tx.throttles.get("p", NOW, lock=True))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    began = time.monotonic()
    with store.begin() as tx:
        assert tx.throttles.get("p", NOW, lock=True) == Throttle.fresh("p", NOW)
    assert time.monotonic() - began < 5


@pytest.mark.postgres
def test_a_turn_ends_with_a_connection_that_breaks(tmp_path: Path) -> None:
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)

        def end() -> None:
            with store.begin() as tx:
                tx.throttles.get("p", NOW, lock=True)
                tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(StorageFailed):
            end()
        began = time.monotonic()
        with store.begin() as tx:
            tx.throttles.get("p", NOW, lock=True)
        assert time.monotonic() - began < 5


@pytest.mark.postgres
def test_a_thread_whose_turn_does_not_come_asks_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_TURN_SECONDS", 0.1)
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)
        with ThreadPoolExecutor(1) as pool:

            def take() -> None:
                with store.begin() as tx:
                    tx.throttles.get("p", NOW, lock=True)

            with store.begin() as tx:
                tx.throttles.get("p", NOW, lock=True)
                asked = pool.submit(take)
                until(lambda: waiting(store) == 1)
            asked.result(timeout=30)


@pytest.mark.postgres
def test_two_threads_that_have_what_the_other_wants_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)
        with store.begin() as tx:
            for name in ("p", "q"):
                tx.throttles.get(name, NOW, lock=True)
        both = threading.Barrier(2)

        def take(first: str, second: str) -> str:
            try:
                with store.begin() as tx:
                    tx.throttles.get(first, NOW, lock=True)
                    both.wait()
                    tx.throttles.get(second, NOW, lock=True)
            except StorageFailed as error:
                return str(error).rpartition(": ")[2]
            return ""

        began = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(take, "p", "q"), pool.submit(take, "q", "p")]
            # The database sees it at once, and lets one of them go on.
            assert sorted(one.result(timeout=30) for one in asked) == ["", "deadlock detected"]
        assert time.monotonic() - began < 5
