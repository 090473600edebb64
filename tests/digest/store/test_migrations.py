"""A database of the first release, with something in every table, comes up to today with all of it still there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, Table, func, insert, select
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Float, Integer, LargeBinary

from digest.store import db, schema
from digest.store.partitions import whole_of
from digest.store.tx import StoredTx
from tests.databases import KINDS, fresh_url

FIRST = "0001"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
WORDS = {
    # What a check lets through, where any text will not do.
    ("sends", "result"): "taken",
    ("editions", "status"): "sent",
    ("mailings", "state"): "sending",
    ("chunks", "state"): "accepted",
    ("deliveries", "status"): "delivered",
    ("feedback", "kind"): "delivered",
    ("runs", "state"): "done",
    ("runs", "phase"): "send",
    ("lists", "opt_in"): "double",
    ("subscriptions", "state"): "active",
    ("subscriptions", "frequency"): "daily",
    ("consents", "act"): "given",
    ("suppressions", "reason"): "complaint",
    ("attribute_types", "kind"): "text",
    ("alarms", "level"): "warning",
    ("processes", "kind"): "worker",
    ("trial_steps", "step"): "domain",
    ("address_changes", "state"): "asked",
    ("door_steps", "kind"): "passkey",
    ("imports", "state"): "waiting",
    ("person_letters", "state"): "waiting",
    ("person_links", "kind"): "invite",
    ("webhook_posts", "state"): "waiting",
    ("letters", "kind"): "confirm",
    ("letters", "state"): "waiting",
}


def tables_of(conn: Connection) -> list[Table]:
    """Every table as it stands in the database, not as the code knows it; those that others point at come first.

    Not the ranges of a partitioned table: their rows are the whole's.
    """
    found = MetaData()
    found.reflect(conn)
    return [
        table for table in found.sorted_tables if table.name != "alembic_version" and whole_of(table.name) == table.name
    ]


def value_for(table: Table, name: str) -> object:
    """Something that the column takes; a foreign key points at the row of the other table."""
    column = table.columns[name]
    if (table.name, name) in WORDS:
        return WORDS[table.name, name]
    for key in column.foreign_keys:
        return value_for(key.column.table, key.column.name)
    match column.type:
        case Boolean():
            return True
        case JSON():
            return {"kept": "yes"}
        case DateTime():
            return NOW if column.type.timezone else NOW.replace(tzinfo=None)
        case Date():
            return date(2026, 11, 22)
        case Integer():
            return 1
        case Float():
            return 1.5
        case LargeBinary():
            return b"kept"
        case _:
            return "x"


def rows_of(conn: Connection, columns: dict[str, list[str]], there: list[Table]) -> dict[str, list[tuple[object, ...]]]:
    """What stands in these columns of these tables, which are among those that are there."""
    tables = {table.name: table for table in there}
    return {
        name: [tuple(row) for row in conn.execute(select(*(tables[name].columns[one] for one in wanted)))]
        for name, wanted in columns.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_filled_database_of_the_first_release_comes_up_to_today(kind: str, tmp_path: Path) -> None:
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        assert schema.upgrade(engine, to=FIRST)
        assert schema.current(engine) == FIRST
        with db.write(engine) as conn:
            for table in tables_of(conn):
                conn.execute(insert(table).values({name: value_for(table, name) for name in table.columns.keys()}))  # noqa: SIM118
        with db.read(engine) as conn:
            tables = tables_of(conn)
            columns = {table.name: list(table.columns.keys()) for table in tables}
            before = rows_of(conn, columns, tables)
        assert len(before) > 15
        assert all(len(rows) == 1 for rows in before.values())
        assert schema.upgrade(engine)
        assert schema.current(engine) == schema.newest()
        assert schema.drift(engine) == []
        with db.read(engine) as conn:
            assert rows_of(conn, columns, tables_of(conn)) == before
            # It was at work before there was a trial: it mails everybody, as it did.
            assert StoredTx(conn).trial.read().over
        engine.dispose()


def revisions() -> list[str]:
    """Every release of the schema, oldest first."""
    scripts = Path(schema.__file__).parent / "migrations" / "versions"
    return sorted(path.name.partition("_")[0] for path in scripts.glob("[0-9]*_*.py"))


def fill(conn: Connection, tables: list[Table]) -> None:
    """A row for every table that has none."""
    for table in tables:
        if conn.execute(select(func.count()).select_from(table)).scalar_one() == 0:
            conn.execute(insert(table).values({name: value_for(table, name) for name in table.columns.keys()}))  # noqa: SIM118


@pytest.mark.parametrize("kind", KINDS)
def test_every_migration_keeps_what_a_filled_database_holds(kind: str, tmp_path: Path) -> None:
    """Step by step: before each one there is a row in every table that is there by then."""
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        steps = revisions()
        assert steps[0] == FIRST
        # To ask a database for its tables takes longer than a migration: once in each step.
        tables: list[Table] = []
        for revision in steps:
            with db.read(engine) as conn:
                columns = {table.name: list(table.columns.keys()) for table in tables}
                before = rows_of(conn, columns, tables)
            assert schema.upgrade(engine, to=revision)
            assert schema.current(engine) == revision
            with db.write(engine) as conn:
                tables = tables_of(conn)
                assert rows_of(conn, columns, tables) == before, f"{revision} lost or changed something"
                fill(conn, tables)
        assert schema.drift(engine) == []
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_database_begins_with_a_trial(kind: str, tmp_path: Path) -> None:
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        with db.read(engine) as conn:
            assert not StoredTx(conn).trial.read().over
        engine.dispose()
