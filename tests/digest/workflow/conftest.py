"""A real store on both databases for every workflow test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.store.tx import Store
from subscribers.tables import metadata
from tests.databases import KINDS, fresh_engine


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("workflow")
    with fresh_engine(request.param, folder) as made:
        yield made


@pytest.fixture
def store(engine: Engine) -> Store:
    with engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    return Store(engine)
