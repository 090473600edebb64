"""How PostgreSQL is opened for a pooler; who may read the files of SQLite, and what is left in them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.store import db
from tests.databases import fresh_url


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
