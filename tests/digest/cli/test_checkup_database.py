"""What `digest doctor` says of a database that it cannot use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.cli.checkup import checks
from digest.settings import Settings, load_settings

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
