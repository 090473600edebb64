"""The store on both databases, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from digest.store.tx import Store
from subscribers.tables import metadata
from tests.databases import KINDS, fresh_engine


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path_factory.mktemp("store")) as made:
        yield made


@pytest.fixture
def store(engine: Engine) -> Store:
    with engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    return Store(engine)
