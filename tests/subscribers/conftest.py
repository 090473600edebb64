"""A real database for every test of the readers: SQLite always, PostgreSQL where one is named."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

import subscribers.letter_tables  # noqa: F401 - joins the metadata
from subscribers.model import MailList, OptIn
from subscribers.store import ensure_list
from subscribers.tables import metadata
from tests.subscribers.people import NOW, empty


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = _sqlite(tmp_path_factory.mktemp("readers"))
        yield made
        made.dispose()
        return
    url = os.environ.get("DIGEST_TEST_POSTGRES")
    if not url:
        pytest.skip("DIGEST_TEST_POSTGRES names no PostgreSQL server")
    schema = f"test_{uuid.uuid4().hex}"
    # jit: as the product has it (digest/store/db.py); a question with a thousand keys is compiled for seconds else.
    made = create_engine(url, connect_args={"options": f"-csearch_path={schema} -cjit=off"})
    with made.begin() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
        metadata.create_all(conn)
    yield made
    with made.begin() as conn:
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    made.dispose()


def _sqlite(folder: Path) -> Engine:
    made = create_engine(f"sqlite:///{folder / 'readers.sqlite'}")
    metadata.create_all(made)
    return made


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """An open transaction on an empty database, rolled back after the test."""
    with engine.connect() as connection:
        empty(connection)
        yield connection
        connection.rollback()


@pytest.fixture
def world(conn: Connection) -> MailList:
    """A double opt-in list."""
    return ensure_list(conn, "world", "World", OptIn.DOUBLE, NOW)


@pytest.fixture
def daily(conn: Connection) -> MailList:
    """A single opt-in list."""
    return ensure_list(conn, "daily", "Daily", OptIn.SINGLE, NOW)
