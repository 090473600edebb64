"""A range that is filled at once: a large plan's rows take the place of an empty range, or are written as always."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text

from digest.model.errors import StorageFailed
from digest.store import db, partitions, schema
from digest.store.filling import Filling
from digest.store.tables import deliveries
from tests.databases import fresh_engine

pytestmark = pytest.mark.postgres
KEYS = text(
    "SELECT count(*) FROM pg_index WHERE indrelid = 'deliveries_from_1'::regclass AND indisunique AND indisvalid"
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine("postgresql", tmp_path) as made:
        yield made


def fill(conn: Connection, mailing: int, *, tries: int = 1) -> str:
    """Three rows of a mailing, as a plan writes them; returns the table that they were written into."""
    filling = Filling(conn, mailing, 3, worth=3, tries=tries)
    write(conn, filling.table, mailing)
    filling.end()
    return filling.table


def write(conn: Connection, table: str, mailing: int) -> None:
    rows = f"INSERT INTO {table} (mailing_id, seq, subscriber_id, status) SELECT {mailing}, n, n, 'planned'"
    conn.execute(text(f"{rows} FROM generate_series(0, 2) AS n"))


def rows(conn: Connection) -> dict[int, int]:
    counted = select(deliveries.c.mailing_id, func.count()).group_by(deliveries.c.mailing_id)
    return {mailing: count for mailing, count in conn.execute(counted)}  # noqa: C416 - rows are no pairs to mypy


def test_rows_take_the_place_of_an_empty_range_with_their_keys(engine: Engine) -> None:
    with db.write(engine) as conn:
        before = partitions.ranges(conn)
        assert fill(conn, 1) == "deliveries_of_1"
    with db.write(engine) as conn:
        assert [(one.first, one.end, one.name) for one in partitions.ranges(conn)] == [
            (one.first, one.end, one.name) for one in before
        ]
        assert conn.scalar(KEYS) == 2
        # The next mailing of that range finds rows in it: its own are written beside them.
        assert fill(conn, 2) == "deliveries"
        assert rows(conn) == {1: 3, 2: 3}
        assert conn.scalar(text("SELECT count(*) FROM deliveries_from_1")) == 6
    assert schema.drift(engine) == []
    for again in ({"seq": 0, "subscriber_id": 9}, {"seq": 9, "subscriber_id": 0}):
        with pytest.raises(StorageFailed, match="duplicate key"), db.write(engine) as conn:
            conn.execute(insert(deliveries).values(mailing_id=1, status="planned", **again))


def test_a_plan_that_is_taken_back_leaves_the_range_as_it_was(engine: Engine) -> None:
    with engine.connect() as conn:
        fill(conn, 1)
        conn.rollback()
    with db.read(engine) as conn:
        assert rows(conn) == {}
        assert conn.scalar(KEYS) == 2
        assert conn.scalar(text("SELECT to_regclass('deliveries_of_1')")) is None


def test_few_rows_and_rows_of_no_range_are_written_as_always(engine: Engine) -> None:
    with db.write(engine) as conn:
        assert Filling(conn, 1, 2, worth=3).table == "deliveries"
        assert fill(conn, 4_000) == "deliveries"
        assert rows(conn) == {4_000: 3}


def test_somebody_who_reads_deliveries_for_long_is_not_in_the_way(engine: Engine) -> None:
    with engine.connect() as reader:
        reader.execute(select(func.count()).select_from(deliveries))
        with db.write(engine) as conn:
            assert fill(conn, 1, tries=2) == "deliveries_of_1"
            assert conn.scalar(text("SELECT to_regclass('deliveries_of_1')")) is None
            assert conn.scalar(text("SHOW lock_timeout")) == "0"
        reader.rollback()
    with db.read(engine) as conn:
        assert rows(conn) == {1: 3}
        assert conn.scalar(text("SELECT count(*) FROM deliveries_from_1")) == 3


def test_what_another_plan_wrote_meanwhile_is_kept(engine: Engine) -> None:
    with db.write(engine) as conn:
        filling = Filling(conn, 1, 3, worth=3, tries=2)
        write(conn, filling.table, 1)
        # It is there before ours takes its place.
        other = threading.Thread(target=_plan_another, args=(engine,))
        other.start()
        other.join()
        filling.end()
    with db.read(engine) as conn:
        assert rows(conn) == {1: 3, 2: 3}


def _plan_another(engine: Engine) -> None:
    with db.write(engine) as conn:
        write(conn, "deliveries", 2)
