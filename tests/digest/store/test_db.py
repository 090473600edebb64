"""How PostgreSQL is opened for a pooler."""

from __future__ import annotations

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
