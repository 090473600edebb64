"""How the databases are opened: for a pooler, for nobody else's eyes, and so that no host holds up the others."""

from __future__ import annotations

import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from digest.cli.exits import explain
from digest.model.errors import StorageFailed
from digest.store import db
from tests.databases import fresh_url
from tests.servers.pgbouncer import PgBouncer, program


def test_a_server_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    """The driver is asked to: how long it takes is seen in what it is given."""
    given: list[object] = []
    for url in ("postgresql+psycopg://d@127.0.0.1:1/d", "postgresql+psycopg://d@127.0.0.1:1/d?connect_timeout=3"):
        engine = db.open_engine(url)

        @event.listens_for(engine, "do_connect")
        def _note(_dialect: object, _record: object, _args: object, params: dict[str, object]) -> None:
            given.append(params["connect_timeout"])

        with pytest.raises(OperationalError):
            engine.connect()
        engine.dispose()
    assert [int(str(one)) for one in given] == [db.CONNECT_SECONDS, 3]


@pytest.mark.postgres
@pytest.mark.parametrize(("prepared", "left"), [(True, True), (False, False)])
def test_statements_are_prepared_unless_a_pooler_stands_between(tmp_path: Path, prepared: bool, left: bool) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(url, prepared=prepared)
        with engine.connect() as conn:
            for _ in range(8):
                conn.execute(text("SELECT 1 WHERE :one = 1"), {"one": 1}).all()
            found = conn.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
        engine.dispose()
    assert (found > 0) is left


@pytest.mark.postgres
def test_a_pooler_that_refuses_the_servers_options_is_named(tmp_path: Path) -> None:
    if program() is None:
        pytest.skip("no PgBouncer: install Debian's package pgbouncer")
    with fresh_url("postgresql", tmp_path) as url:
        pooler = PgBouncer(url, connections=2)
        engine = db.open_engine(pooler.url)
        try:
            with pytest.raises(StorageFailed, match=r"options; .*storage\.prepared_statements: false"), db.read(engine):
                pass
            with pytest.raises(OperationalError) as raw:
                engine.connect()
            assert "storage.prepared_statements: false" in explain(raw.value)
        finally:
            engine.dispose()
            pooler.stop()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    engine = db.open_engine(f"sqlite:///{folder / 'digest.db'}")
    with db.write(engine) as conn:
        conn.execute(text("CREATE TABLE t (x TEXT)"))
        beside = sorted(folder.iterdir())
        assert [path.name for path in beside] == ["digest.db", "digest.db-shm", "digest.db-wal"]
        assert [_mode(path) for path in beside] == [0o600] * 3
        assert _mode(folder) == 0o700
    engine.dispose()


def test_who_waits_for_the_lock_gives_up_when_the_process_is_to_end(tmp_path: Path) -> None:
    """SQLite's own wait cannot be ended: half a minute of it was longer than systemd waits before it kills."""
    url = f"sqlite:///{tmp_path / 'one.db'}"
    holder, engine = db.open_engine(url), db.open_engine(url)

    def wait_for_it() -> float:
        began = time.monotonic()
        with pytest.raises(StorageFailed, match="locked"), db.write(engine):
            raise AssertionError("somebody else has the lock")
        return time.monotonic() - began

    with ThreadPoolExecutor(1) as pool:
        with db.write(holder):
            waiting = pool.submit(wait_for_it)
            time.sleep(0.5)
            db.hurry(engine, seconds=0.5)
            assert 0.9 < waiting.result(timeout=10) < 5
            assert wait_for_it() < 2
        with db.write(engine) as conn:
            # The wait of everything else is what it was.
            assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000
    for one in (holder, engine):
        one.dispose()


def test_a_lock_that_is_let_go_of_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    holder, engine = db.open_engine(url), db.open_engine(url)
    db.hurry(engine, seconds=10)

    def write() -> bool:
        with db.write(engine) as conn:
            return conn.in_transaction()

    with ThreadPoolExecutor(1) as pool:
        with db.write(holder):
            waiting = pool.submit(write)
            time.sleep(1)
            assert not waiting.done()
        assert waiting.result(timeout=10)
    for one in (holder, engine):
        one.dispose()


def test_a_database_that_its_owner_opened_to_a_group_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.touch()
    path.chmod(0o660)
    engine = db.open_engine(f"sqlite:///{path}")
    with db.write(engine) as conn:
        conn.execute(text("CREATE TABLE t (x TEXT)"))
    assert _mode(path) == 0o660
    engine.dispose()


@pytest.mark.parametrize("forgets", [True, False])
def test_what_is_forgotten_is_in_no_file_any_more(tmp_path: Path, *, forgets: bool) -> None:
    engine = db.open_engine(f"sqlite:///{tmp_path / 'digest.db'}")
    with db.write(engine) as conn:
        conn.execute(text("CREATE TABLE t (x TEXT)"))
        conn.execute(text("INSERT INTO t VALUES (:x)"), [{"x": f"canary {n}"} for n in range(2_000)])
    with db.write(engine) as conn:
        conn.execute(text("DELETE FROM t WHERE x = 'canary 1234'"))
        if forgets:
            db.leave_no_trace(conn)
    held = [path.name for path in tmp_path.iterdir() if b"canary 1234" in path.read_bytes()]
    assert held == ([] if forgets else ["digest.db-wal"])
    engine.dispose()


@pytest.mark.postgres
def test_who_stands_still_in_a_transaction_holds_up_nobody_for_long(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(f"{url}?options=-c%20idle_in_transaction_session_timeout%3D300")
        with db.write(engine) as conn:
            conn.execute(text("CREATE TABLE one AS SELECT 1 AS id"))
        with pytest.raises(StorageFailed), db.write(engine) as frozen:  # noqa: PT012 - all of it is one story
            frozen.execute(text("UPDATE one SET id = 2"))
            with db.write(engine) as other:
                # Waits for the first one's lock, which that one never gives back itself.
                other.execute(text("UPDATE one SET id = 3"))
            frozen.execute(text("UPDATE one SET id = 4"))
        with db.write(engine) as thinking:
            db.think_long(thinking)
            assert thinking.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
        with db.write(engine) as brief:
            db.be_brief(brief)
            assert brief.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5s"
        with db.read(engine) as conn:
            assert conn.scalar(text("SELECT id FROM one")) == 3
            assert conn.scalar(text("SHOW idle_in_transaction_session_timeout")) == "300ms"
        engine.dispose()


@pytest.mark.postgres
def test_a_host_that_is_gone_is_given_up(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(url)
        with db.read(engine) as conn:
            said = {
                name: conn.scalar(text(f"SHOW {name}"))
                for name in (
                    "tcp_keepalives_idle",
                    "tcp_user_timeout",
                    "idle_in_transaction_session_timeout",
                    "jit",
                    "client_connection_check_interval",
                )
            }
        engine.dispose()
    assert said == {
        "tcp_keepalives_idle": "10",
        "tcp_user_timeout": "25000",
        "idle_in_transaction_session_timeout": "1min",
        "jit": "off",
        "client_connection_check_interval": "5s",
    }


def test_a_process_without_a_free_connection_says_that_it_is_the_database(tmp_path: Path) -> None:
    """And not its provider: whoever asks in the middle of a call takes no other error for the database's."""
    engine = create_engine(f"sqlite:///{tmp_path / 'digest.db'}", pool_size=1, max_overflow=0, pool_timeout=0.05)
    with db.read(engine), pytest.raises(StorageFailed, match="in use"), db.read(engine):
        pass
    engine.dispose()


def test_a_password_in_the_query_of_an_address_is_not_shown() -> None:
    url = make_url("postgresql+psycopg://u:first@host/db?password=second&sslpassword=third&sslmode=require")
    said = db.shown(url)
    assert not any(secret in said for secret in ("first", "second", "third"))
    assert "sslmode=require" in said
