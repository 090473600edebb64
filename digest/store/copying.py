"""Rows as PostgreSQL's COPY writes them: one text for both databases, by which rows are sent and compared.

Made of what the drivers give, column by column: no type of SQLAlchemy is asked about a value. That takes less than half
of the processor time of rows and parameters, and what SQLite holds is sent as it holds it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, Integer, LargeBinary, String, Table
from sqlalchemy.types import TypeEngine

from subscribers.tables import SlugSet, UtcDateTime

NULL = "\\N"
ROWS = 10_000
"""At once in memory, as long as they are short."""
FIRST = 100
"""Rows read before it is known how long those of a table are."""
MOST = 1 << 24
"""Characters at once in memory: an edition with its candidates has some 200,000."""
SHORT = 1_000
"""Characters of a document up to which its spelling is remembered: thousands of readers have the same attributes."""
MODULUS = 1 << 128
Spell = Callable[[Sequence[Any]], list[str]]
"""Spells the values of one column."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"})


def can_spell(table: Table) -> bool:
    """Whether every column is of a kind that both databases spell alike. Fractions are not."""
    return all(_speller(column.type) is not None for column in table.columns)


def batches(conn: Connection, table: Table) -> Iterator[list[str]]:
    """The rows of a table in SQLite, each as COPY takes it, without the end of its line."""
    driver: Any = conn.connection.driver_connection
    cursor = driver.execute(f"SELECT {_names(table)} FROM {_quoted(table.name)}")  # noqa: S608 - names of our own tables
    spellers = [_speller(column.type) or _texts for column in table.columns]
    many = FIRST
    while rows := cursor.fetchmany(many):
        columns = [spell(values) for spell, values in zip(spellers, zip(*rows, strict=True), strict=True)]
        batch = ["\t".join(row) for row in zip(*columns, strict=True)]
        many = max(1, min(ROWS, MOST * len(batch) // max(1, sum(map(len, batch)))))
        yield batch


def take(conn: Connection, table: Table, rows: Iterator[list[str]]) -> tuple[int, int]:
    """Write them into PostgreSQL. Returns how many there were, and the sum of their hashes."""
    driver: Any = conn.connection.driver_connection
    count = total = 0
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {_quoted(table.name)} ({_names(table)}) FROM STDIN") as copy,
    ):
        for batch in rows:
            copy.write("\n".join(batch) + "\n")
            count += len(batch)
            total += _sum(table, batch)
    return count, total % MODULUS


def summed(conn: Connection, table: Table) -> tuple[int, int]:
    """How many rows a table has, and the sum of their hashes: the same on both databases, in whatever order."""
    count = total = 0
    for batch in batches(conn, table) if conn.dialect.name == "sqlite" else _copied_out(conn, table):
        count += len(batch)
        total += _sum(table, batch)
    return count, total % MODULUS


def _copied_out(conn: Connection, table: Table) -> Iterator[list[str]]:
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor:
        # How an instant is spelt is a matter of the session.
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute("SET LOCAL DateStyle TO 'ISO'")
        # A SELECT, for a table that lies in ranges cannot be copied out by its name.
        out_of = f"COPY (SELECT {_names(table)} FROM {_quoted(table.name)}) TO STDOUT"  # noqa: S608 - as above
        with cursor.copy(out_of) as copy:
            batch: list[str] = []
            size = 0
            for line in copy:
                batch.append(str(line, "utf-8")[:-1])
                size += len(line)
                if len(batch) == ROWS or size >= MOST:
                    yield batch
                    batch, size = [], 0
            if batch:
                yield batch


def _sum(table: Table, lines: list[str]) -> int:
    documents = [place for place, column in enumerate(table.columns) if isinstance(column.type, JSON)]
    if documents:
        lines = [_settled(line, documents) for line in lines]
    blake = hashlib.blake2b
    return sum(int.from_bytes(blake(line.encode(), digest_size=16).digest(), "big") for line in lines)


def _settled(line: str, documents: list[int]) -> str:
    """The line with its documents in one spelling: each database has its own order and its own spaces."""
    values = line.split("\t")
    for place in documents:
        if values[place] not in ("{}", NULL):
            spelt = values[place]
            values[place] = _remembered(spelt) if len(spelt) <= SHORT else _document(spelt)
    return "\t".join(values)


@lru_cache(maxsize=4_096)
def _remembered(spelt: str) -> str:
    return _document(spelt)


def _document(spelt: str) -> str:
    # Of the escapes of COPY a document holds the backslash alone: JSON has its own for all others.
    return json.dumps(plain(json.loads(spelt.replace("\\\\", "\\"))), sort_keys=True)


def plain(value: Any) -> Any:
    """JSON as JSONB gives it back: a whole number is a whole number, however it was written."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _speller(kind: TypeEngine[Any]) -> Spell | None:
    if isinstance(kind, UtcDateTime):
        return _instants
    if isinstance(kind, Boolean):
        return _truths
    if isinstance(kind, Integer):
        return _numbers
    if isinstance(kind, LargeBinary):
        return _bytes
    return _texts if isinstance(kind, (String, SlugSet, JSON, Date)) else None


def _texts(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else str(value).translate(_ESCAPES) for value in values]


def _numbers(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else str(value) for value in values]


def _truths(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else "t" if value else "f" for value in values]


def _bytes(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else "\\\\x" + bytes(value).hex() for value in values]


def _instants(values: Sequence[Any]) -> list[str]:
    return [NULL if value is None else _instant(value) for value in values]


@lru_cache(maxsize=65_536)
def _instant(stored: str) -> str:
    """What SQLite holds, which is UTC without saying so, as PostgreSQL says it."""
    whole, _, fraction = stored.replace("T", " ").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}+00" if fraction else f"{whole}+00"


def _names(table: Table) -> str:
    return ", ".join(_quoted(column.name) for column in table.columns)


def _quoted(name: str) -> str:
    return f'"{name}"'
