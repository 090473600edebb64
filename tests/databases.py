"""A real, migrated database for a test: SQLite always, PostgreSQL where a server is."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from digest.store import db, schema

POSTGRES = "DIGEST_TEST_POSTGRES"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@contextmanager
def fresh_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of its own, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'digest.db'}"
        return
    server = os.environ.get(POSTGRES)
    if not server:
        pytest.skip(f"no PostgreSQL: install Debian's postgresql, or name a server in {POSTGRES}")
    name = f"test_{uuid.uuid4().hex}"
    admin = db.open_engine(server)
    try:
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        yield server.rpartition("/")[0] + "/" + name
    finally:
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def fresh_engine(kind: str, folder: Path) -> Iterator[Engine]:
    """An engine on a database that the migrations have made."""
    with fresh_url(kind, folder) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        try:
            yield engine
        finally:
            engine.dispose()
