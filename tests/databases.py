"""A real, migrated database for a test: SQLite always, PostgreSQL where a server is."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from digest.store import db, schema

POSTGRES = "DIGEST_TEST_POSTGRES"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


_migrated: dict[str, str] = {}
"""By kind: a file, or the name of a database, that the migrations have made, and that is copied. Migrating takes longer
than most tests."""


def _sql(statement: str) -> None:
    """On the server, outside of any transaction."""
    admin = db.open_engine(os.environ[POSTGRES])
    try:
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(statement))
    finally:
        admin.dispose()


def _require(kind: str) -> None:
    if kind != "sqlite" and not os.environ.get(POSTGRES):
        pytest.skip(f"no PostgreSQL: install Debian's postgresql, or name a server in {POSTGRES}")


def _on_server(name: str) -> str:
    return os.environ[POSTGRES].rpartition("/")[0] + "/" + name


@contextmanager
def fresh_url(kind: str, folder: Path, *, like: str = "") -> Iterator[str]:
    """The address of an empty database of its own, gone afterwards; on PostgreSQL a copy of the one named `like`."""
    _require(kind)
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'digest.db'}"
        return
    name = f"test_{uuid.uuid4().hex}"
    try:
        _sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
        yield _on_server(name)
    finally:
        _sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def migrated_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database of its own with no row in it, as the migrations make it; gone afterwards."""
    _require(kind)
    if kind not in _migrated:
        _migrated[kind] = _migrate(kind)
    if kind == "sqlite":
        shutil.copy(_migrated[kind], folder / "digest.db")
    with fresh_url(kind, folder, like=_migrated[kind] if kind != "sqlite" else "") as url:
        yield url


@contextmanager
def fresh_engine(kind: str, folder: Path) -> Iterator[Engine]:
    """An engine on a database that the migrations have made."""
    with migrated_url(kind, folder) as url:
        engine = db.open_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()


def forget_migrated() -> None:
    """At the end of a run: what was copied from is gone too."""
    for kind, made in _migrated.items():
        if kind == "sqlite":
            shutil.rmtree(Path(made).parent, ignore_errors=True)
        else:
            with suppress(SQLAlchemyError):  # a server that was stopped keeps nothing
                _sql(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)")
    _migrated.clear()


def _migrate(kind: str) -> str:
    if kind == "sqlite":
        made = str(Path(tempfile.mkdtemp(prefix="digest-migrated-")) / "digest.db")
        url = f"sqlite:///{made}"
    else:
        made = f"test_{uuid.uuid4().hex}"
        _sql(f"CREATE DATABASE {made}")
        url = _on_server(made)
    engine = db.open_engine(url)
    schema.upgrade(engine)
    # The last connection of SQLite takes its log into the file; one to a template would forbid the copying.
    engine.dispose()
    return made
