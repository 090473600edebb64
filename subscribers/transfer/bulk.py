"""Many rows to the database in one statement: they travel as one JSON array, and the database takes it apart.

Against one bound parameter set per row this halves the time on SQLite and takes a round trip per row off
PostgreSQL; a million readers come in by it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, FromClause, Text, cast, func, literal, literal_column
from sqlalchemy.dialects.postgresql import JSONB


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
