"""Many rows to the database at once: by the quickest way in that each database has, or as one JSON array.

`put_rows` writes rows that nobody else can have (new ids): COPY on PostgreSQL, one prepared statement on SQLite.
`BulkRows` are rows that may meet others: they travel as one JSON array, and the database takes it apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    cast,
    func,
    literal,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from subscribers.copying import copy_in


class BulkRows:
    """Rows of plain JSON values as a FROM clause. `cell(n, column)` is the n-th value in that column's type."""

    def __init__(self, conn: Connection, rows: Sequence[Sequence[Any]]) -> None:
        self._is_postgresql = conn.dialect.name == "postgresql"
        array = literal(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), Text)
        self.table: FromClause
        if self._is_postgresql:
            self.table = func.jsonb_array_elements(cast(array, JSONB)).table_valued("value", name="rows")
        else:
            self.table = func.json_each(array).table_valued("value", name="rows")

    def cell(self, number: int, column: Column[Any] | None = None) -> ColumnElement[Any]:
        """SQL for one value of the row; text where no column is named."""
        value = self.table.c.value
        if not self._is_postgresql:
            return func.json_extract(value, literal_column(f"'$[{number}]'"))
        if column is not None and isinstance(column.type, JSON):
            return value.op("->")(literal_column(str(number)))
        text: ColumnElement[Any] = value.op("->>")(literal_column(str(number)))
        return text if column is None else cast(text, column.type)


_NULL = "\x02"
"""NULL in COPY's text form: no cell holds a control character."""

Cell = str | int | None
"""What a row of `put_rows` may hold; JSON and slugs as the text that is stored."""


def reserve_ids(conn: Connection, table: Table, number: int) -> list[int]:
    """That many ids of the table that are nobody's and will be nobody else's.

    On SQLite the caller is the only writer until it commits (BEGIN IMMEDIATE).
    """
    if conn.dialect.name == "postgresql":
        # One row of text: thousands of rows would cost both sides more than the ids themselves. The sequence is looked
        # up once (MATERIALIZED), not for every id.
        sequence = text(
            "WITH it AS MATERIALIZED (SELECT CAST(pg_get_serial_sequence(:name, 'id') AS regclass) AS sequence)"
            " SELECT string_agg(CAST(nextval(it.sequence) AS text), ',') FROM it, generate_series(1, :number)"
        )
        found = conn.execute(sequence, {"name": table.name, "number": number}).scalar_one()
        return [int(one) for one in found.split(",")]
    last = conn.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    first = (last.scalar_one_or_none() or 0) + 1
    return list(range(first, first + number))


def put_rows(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    constants: Mapping[str, Any],
) -> None:
    """Insert the rows; `constants` are columns that are the same in all. Raises IntegrityError on a conflict."""
    names = [*columns, *constants]
    same = tuple(_encoded(conn, table.c[name], value) for name, value in constants.items())
    quoted = ", ".join(conn.dialect.identifier_preparer.quote(name) for name in names)
    if conn.dialect.name != "postgresql":
        places = ", ".join("?" * len(names))
        conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({quoted}) VALUES ({places})",  # noqa: S608 - our own names
            [row + same for row in rows],
        )
        return
    copy_in(conn, f"COPY {table.name} ({quoted}) FROM STDIN (NULL '{_NULL}')", _copied(rows, same))


def _copied(rows: Sequence[tuple[Cell, ...]], same: tuple[Cell, ...]) -> str:
    """The rows in COPY's text form; what reached a row has no control character in it."""
    tail = "".join(f"\t{_NULL if value is None else value}" for value in same) + "\n"
    # Twenty million cells in a large import: no call for each of them.
    lines = "".join(
        [
            "\t".join([cell if cell.__class__ is str else _NULL if cell is None else str(cell) for cell in row]) + tail
            for row in rows
        ]
    )
    return lines.replace("\\", "\\\\") if "\\" in lines else lines


def _encoded(conn: Connection, column: Column[Any], value: Any) -> Cell:
    encode = column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    found = encode(value) if encode is not None else value
    return found.isoformat() if isinstance(found, date) else found
