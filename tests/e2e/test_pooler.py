"""PostgreSQL behind a PgBouncer in transaction mode: schema, import, plan, workers and their queue."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from digest.store import db
from tests.databases import fresh_url
from tests.e2e.workers import furnish, until
from tests.servers.pgbouncer import PgBouncer, program

pytestmark = pytest.mark.postgres
READERS = 120
CONNECTIONS = 3
"""Fewer than one worker has: its transactions share them."""


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[str]:
    with fresh_url("postgresql", tmp_path) as address:
        yield address


@pytest.fixture
def pooler(behind: str) -> Iterator[PgBouncer]:
    if program() is None:
        pytest.skip("no PgBouncer: install Debian's package pgbouncer")
    made = PgBouncer(behind, connections=CONNECTIONS)
    yield made
    made.stop()


class Watch(threading.Thread):
    """How many connections the database has beside this one, until `end`."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._engine, self._over = db.open_engine(url), threading.Event()
        self.most = self.failed = 0

    def run(self) -> None:
        counted = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            while not self._over.wait(0.05):
                self.most = max(self.most, conn.scalar(counted) or 0)
            self.failed = conn.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")) or 0
        self._engine.dispose()

    def end(self) -> None:
        self._over.set()
        self.join()


def is_ready(port: int) -> bool:
    """Whether a balancer would send people there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


def test_everything_works_behind_a_pooler_that_gives_each_transaction_another_connection(
    tmp_path: Path, behind: str, pooler: PgBouncer
) -> None:
    watch = Watch(behind)
    watch.start()
    room = furnish(tmp_path, pooler.url, readers=READERS, prepared=False, listen=False)
    try:
        assert room.plan() == READERS
        room.start("worker")
        until(lambda: room.count() >= READERS and room.account().delivered == READERS, "everybody has it")
        room.newsroom.run("db", "upgrade")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        room.start("web", "--port", str(port))
        until(lambda: is_ready(port), "the pages are ready behind the pooler")
        assert room.messages() == Counter({f"r{number}@readers.example": 1 for number in range(READERS)})
    finally:
        room.end()
        watch.end()
    assert not watch.failed, room.logs()
    assert 0 < watch.most <= CONNECTIONS, pooler.said()
