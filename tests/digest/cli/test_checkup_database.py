"""What `digest doctor` says of a database that it cannot use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.cli.checkup import PATIENCE, checks, note_checks
from digest.settings import Settings, load_settings
from digest.store import schema
from digest.store.db import BUSY_SECONDS, open_engine

SAMPLE = Path(__file__).parents[3] / "samples" / "config.yaml"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DIGEST_STORAGE__URL", f"sqlite:///{tmp_path / 'digest.db'}")
    monkeypatch.setenv("DIGEST_VAR_DIR", str(tmp_path))
    return load_settings(SAMPLE)


def test_a_newer_database_is_a_failure(settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "digest.db")) as there:
        there.execute("CREATE TABLE alembic_version (version_num TEXT)")
        there.execute("INSERT INTO alembic_version VALUES ('0999')")
        there.commit()
    (found,) = (one for one in checks(settings, online=False) if one.what == "database")
    assert found.level == "fail"
    assert "a newer version was here" in found.fix


def test_what_is_wrong_with_the_database_is_said_once(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "digest.db").write_bytes(b"no database" * 400)
    failed = [one.what for one in checks(settings, online=False) if one.level == "fail"]
    assert failed == ["database"]


def test_a_file_that_somebody_holds_alone_is_waited_for_once(settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "digest.db", isolation_level=None)) as holder:
        holder.execute("CREATE TABLE held (x)")
        holder.execute("BEGIN EXCLUSIVE")
        found = list(checks(settings, online=False))
        note_checks(settings, found)
    assert [one.what for one in found if one.level == "fail"] == ["database"]
    assert "locked" in next(one.found for one in found if one.what == "database")


def test_a_file_that_is_locked_for_writing_is_a_failure(settings: Settings, tmp_path: Path) -> None:
    """The ordinary "database is locked": whoever reads sees all well, and nothing is sent."""
    engine = open_engine(f"sqlite:///{tmp_path / 'digest.db'}")
    schema.upgrade(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "digest.db", isolation_level=None)) as holder:
        assert [one for one in checks(settings, online=False) if one.what == "writing"] == []
        holder.execute("BEGIN IMMEDIATE")
        found = {one.what: one for one in checks(settings, online=False)}
        note_checks(settings, list(found.values()))
    assert found["database"].level == "ok"
    assert found["writing"].level == "fail"
    assert "database is locked" in found["writing"].found
    assert "digest doctor" not in found["writing"].found, "it is the doctor who says so"
    assert "fuser" in found["writing"].fix


def test_the_doctor_waits_for_less_long_than_a_writer(tmp_path: Path) -> None:
    waits = []
    for patience in (PATIENCE, BUSY_SECONDS):
        engine = open_engine(f"sqlite:///{tmp_path / 'digest.db'}", patience=patience)
        with engine.connect() as conn:
            waits.append(conn.exec_driver_sql("PRAGMA busy_timeout").scalar())
        engine.dispose()
    assert waits == [3_000, 30_000]
