"""The migrations make exactly the tables that the code describes."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from digest.model.errors import ConfigError
from digest.store import db, schema
from tests.databases import KINDS, fresh_url


def test_migrated_schema_equals_the_tables_in_the_code(engine: Engine) -> None:
    assert schema.drift(engine) == []


def test_the_newest_revision_is_alembics_head(engine: Engine) -> None:
    (head,) = ScriptDirectory.from_config(schema._config()).get_heads()
    with db.read(engine) as conn:
        assert (
            schema.newest() == head == schema.current(engine) == MigrationContext.configure(conn).get_current_revision()
        )


def test_drift_is_seen(tmp_path: Path) -> None:
    engine = db.open_engine(f"sqlite:///{tmp_path / 'drift.db'}")
    schema.upgrade(engine)
    with db.write(engine) as conn:
        conn.execute(text("ALTER TABLE stories ADD COLUMN stray TEXT"))
    assert any("stray" in change for change in schema.drift(engine))
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_upgrade_twice_changes_nothing(kind: str, tmp_path: Path) -> None:
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        assert schema.is_empty(engine)
        assert schema.upgrade(engine)
        assert not schema.upgrade(engine)
        assert not schema.is_empty(engine)
        engine.dispose()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    engine = db.open_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    schema.upgrade(engine)
    with db.write(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999"):
        schema.upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not an address"),
        ("mysql://host/db", "not supported"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:////proc/nowhere/digest.db", "cannot be made"),
    ],
)
def test_impossible_addresses_are_explained(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        db.open_engine(url)


def test_the_password_of_a_database_is_not_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        db.open_engine("what://ann:hunter2@host/db")
    assert "hunter2" not in str(caught.value)
