"""Taking everything that is remembered from SQLite to PostgreSQL: compared row by row, and safe to begin again.

The source is only read, in one snapshot. Each table is copied in one transaction and compared with its source by count
and by a sum over the hashes of its rows, which no order changes. What was begun and not ended goes on with the first
table that differs. What was moved is paused until it is adopted: the original may still be at work (P7).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Table, delete, func, insert, inspect, literal, select, text
from sqlalchemy.exc import DBAPIError

from digest.model.errors import ConfigError, StorageFailed
from digest.store import copying, db, installation, schema
from digest.store.partitions import PARTED, make_room, whole_of
from digest.store.tables import installation as installations
from digest.store.tables import leases, mailings, processes
from subscribers.tables import metadata

MOVED = "this database was moved here from the installation {id}: the original may still be at work"
_STAYS = (installations, processes, leases)
"""Tables about a place and its processes: each database has its own."""
_ELSEWHERE = "name an empty database, nothing is overwritten"
_LOCK = 0x4469_6765_6D76
"""Any fixed number: two moves to one database do not write at the same time."""
_ROWS = 10_000
_MODULUS = 1 << 128
Told = Callable[["Moved"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One table, as it is on both sides."""

    table: str
    rows: int
    sum: str
    """Sum of the rows' BLAKE2b hashes modulo 2^128, hexadecimal."""
    copied: bool
    """False where it was there already."""


def move(source: Engine, target: Engine, *, now: datetime, told: Told = lambda _: None) -> tuple[Moved, ...]:
    """Copy everything and compare it; `told` hears of each table. Safe to repeat, and to begin again.

    Raises ConfigError where the target is no PostgreSQL or holds something else, StorageFailed where a table differs.
    """
    if target.dialect.name != "postgresql":
        raise ConfigError("--to names no PostgreSQL database; give postgresql+psycopg://…")
    if source.dialect.name != "sqlite":
        raise ConfigError("storage.url names PostgreSQL already: pg_dump and pg_restore take it to another server")
    if schema.current(source) != schema.newest():
        raise ConfigError("the source is of an older version: `digest db upgrade` first")
    with db.read(source) as out:
        origin = installation.read(out)
    try:
        target.connect().close()
    except DBAPIError as error:
        raise StorageFailed(f"the database {_named(target)}: {db.words_of(error)}; mend --to") from None
    with _alone(target):
        try:
            _begin(target, MOVED.format(id=origin.id if origin else "without a name"), now)
        except DBAPIError as error:
            raise StorageFailed(f"the database {_named(target)}: {db.words_of(error)}; mend --to") from None
        with db.read(source) as out:
            done = tuple(_tables(out, target, told))
            with db.write(target) as into:
                for table in _moved_tables():
                    _continue_keys(out, into, table)
        return done


@contextmanager
def _alone(target: Engine) -> Iterator[None]:
    """No other move writes there meanwhile. Raises ConfigError where one does.

    In a transaction of its own, which stands still: behind a pooler nothing of a connection's lasts longer than one.
    """
    with db.write(target) as conn:
        db.think_long(conn)
        if not conn.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            raise ConfigError(f"another `digest db move` to {_named(target)} is at work: wait until it has ended")
        yield


def _moved_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table not in _STAYS]


def _begin(target: Engine, reason: str, now: datetime) -> None:
    """Make the tables, and mark the database as the goal of this move before a row is in it."""
    there = {whole_of(name) for name in inspect(target).get_table_names()}
    if not there <= {*metadata.tables, "alembic_version"}:
        raise ConfigError(f"{_named(target)} holds tables of something else: {_ELSEWHERE}")
    with db.read(target) as conn:
        # Before anything is changed: whoever works with it may be of an older version.
        if _in_use(conn, there, reason):
            raise ConfigError(f"{_named(target)} is in use already: {_ELSEWHERE}")
    schema.upgrade(target)
    with db.write(target) as conn:
        # A process that begins to work with this database at the same time waits here, or is seen.
        conn.exec_driver_sql("LOCK TABLE installation IN EXCLUSIVE MODE")
        found = installation.read(conn)
        if found is not None and found.paused == reason:
            return
        if found is not None:
            raise ConfigError(f"{_named(target)} is in use already: {_ELSEWHERE}")
        conn.execute(
            insert(installations).values(
                one=1, id=secrets.token_hex(16), place=installation.place_of(conn), since=now, paused=reason
            )
        )


def _in_use(conn: Connection, there: Collection[str], reason: str) -> bool:
    """Whether it holds anything that is not of this move. Columns that an older version lacks are not read."""
    paused: str | None = None
    if installations.name in there:
        paused = conn.scalar(select(installations.c.paused))
    if paused is not None:
        return paused != reason
    mine = [table for table in _moved_tables() if table.name in there]
    return any(conn.execute(select(literal(1)).select_from(table).limit(1)).first() for table in mine)


def _named(target: Engine) -> str:
    return db.shown(target.url)


def _tables(out: Connection, target: Engine, told: Told) -> Iterator[Moved]:
    emptied = False
    for table in _moved_tables():
        found = None if emptied else _the_same(out, target, table)
        if found is None and not emptied:
            # Rows of later tables point at this one's: they go first, and are all written anew.
            _empty_from(target, table)
            emptied = True
        copied = found is None
        count, total = found or _written(out, target, table)
        moved = Moved(table=table.name, rows=count, sum=f"{total:032x}", copied=copied)
        told(moved)
        yield moved


def _the_same(out: Connection, target: Engine, table: Table) -> tuple[int, int] | None:
    """Count and sum where both sides have the same rows, else None."""
    counted = select(func.count()).select_from(table)
    with db.read(target) as conn:
        if out.scalar(counted) != conn.scalar(counted):
            return None
        found = _summed(out, table)
        return found if _summed(conn, table) == found else None


def _written(out: Connection, target: Engine, table: Table) -> tuple[int, int]:
    if table in PARTED:
        with db.write(target) as into:
            make_room(into, through=into.scalar(select(func.max(mailings.c.id))) or 0)
    with db.write(target) as into:
        try:
            found = _copy(out, into, table)
        except into.dialect.loaded_dbapi.Error as error:
            # The first line only: what follows repeats the row, with the address in it (P10).
            said = str(error).partition("\n")[0]
            raise StorageFailed(f"{table.name} cannot be written: {said}; mend it in the source") from None
        if _summed(into, table) != found:
            raise StorageFailed(f"{table.name}: what was written differs from what was read; nothing of it stays")
    return found


def _empty_from(target: Engine, first: Table) -> None:
    tables = _moved_tables()
    with db.write(target) as conn:
        for table in reversed(tables[tables.index(first) :]):
            conn.execute(delete(table))


def _copy(out: Connection, into: Connection, table: Table) -> tuple[int, int]:
    """Write every row; returns how many, and the sum of what was read."""
    if copying.can_spell(table):
        return copying.take(into, table, copying.batches(out, table))
    driver: Any = into.connection.driver_connection
    binds = [column.type.dialect_impl(into.dialect).bind_processor(into.dialect) for column in table.columns]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    hashed = _hasher(table)
    count = total = 0
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in _rows(out, table):
            count += 1
            total += hashed(row)
            copy.write_row([bind(value) if bind and value is not None else value
                            for bind, value in zip(binds, row, strict=True)])  # fmt: skip
    return count, total % _MODULUS


def _rows(conn: Connection, table: Table) -> Iterable[Sequence[Any]]:
    return conn.execution_options(stream_results=True, yield_per=_ROWS).execute(select(table))


def _summed(conn: Connection, table: Table) -> tuple[int, int]:
    """How many rows, and the sum of their hashes: the same on both databases, in whatever order they come."""
    if copying.can_spell(table):
        return copying.summed(conn, table)
    hashed = _hasher(table)
    count = total = 0
    for row in _rows(conn, table):
        count += 1
        total += hashed(row)
    return count, total % _MODULUS


def _hasher(table: Table) -> Callable[[Sequence[Any]], int]:
    ways = [(place, way) for place, column in enumerate(table.columns) if (way := _way(column.type)) is not None]

    def hashed(row: Sequence[Any]) -> int:
        values = list(row)
        for place, way in ways:
            values[place] = way(values[place])
        said = repr(values).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(said, digest_size=16).digest(), "big")

    return hashed


def _way(kind: Any) -> Callable[[Any], Any] | None:
    """How a value is written for the hash, None for as Python shows it."""
    python = _python_type(kind)
    if isinstance(kind, JSON):
        return lambda value: json.dumps(copying.plain(value), sort_keys=True)
    if python is datetime:
        return lambda value: value.astimezone(UTC).isoformat() if value is not None else None
    if python is date:
        return lambda value: value.isoformat() if value is not None else None
    if python in (int, str, bytes, bool):
        return None
    return _any_way


def _python_type(kind: Any) -> type | None:
    try:
        return kind.python_type  # type: ignore[no-any-return]
    except NotImplementedError:
        # SQLAlchemy's answer for a type that has none of its own in Python.
        return None


def _any_way(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else value


def _continue_keys(out: Connection, into: Connection, table: Table) -> None:
    """The next key follows the greatest one that ever was: an id must not come back for somebody else."""
    for column in table.primary_key:
        place = {"table": f'"{table.name}"', "column": column.name}
        sequence = into.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), place)
        if sequence is None:
            continue
        greatest = int(into.scalar(select(func.max(column))) or 0)
        if out.dialect.name == "sqlite" and inspect(out).has_table("sqlite_sequence"):
            known = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
            greatest = max(greatest, int(out.scalar(known, {"name": table.name}) or 0))
        into.execute(text("SELECT setval(:sequence, :next, false)"), {"sequence": sequence, "next": greatest + 1})
