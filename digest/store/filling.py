"""Filling a range at once on PostgreSQL: the rows of a large plan are written beside it, and then take its place.

An index that is kept row by row takes longer than the rows: a million rows with both keys took 8.4 s, and 4.4 s where
the keys were made afterwards. So where the range of a new mailing holds no row yet, a table without keys is written,
gets its keys, and becomes the range in one short moment at the end of the plan. Where anything is in the way the rows
are written as always.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from digest.store.partitions import Range, ranges
from digest.store.tables import deliveries

WORTH = 50_000
"""Rows from which it pays."""
TRIES = 10
_PATIENCE = "500ms"
"""Who reads deliveries waits for it, and it for them: never for longer than this at a time (P6)."""
_MEMORY = "256MB"
"""Of the server, while it sorts the keys."""
_COLUMNS = "mailing_id, seq, subscriber_id, status, note"


class Filling:
    """`table` is where the rows of the mailing are to be written; `end` brings them to their place."""

    def __init__(self, conn: Connection, mailing: int, count: int, *, worth: int = WORTH, tries: int = TRIES) -> None:
        self._conn, self._mailing, self._tries = conn, mailing, tries
        self._place = _empty_range(conn, mailing) if count >= worth else None
        self.table = deliveries.name
        if self._place is not None:
            self.table = f"{deliveries.name}_of_{mailing}"
            bounds = f"CHECK (mailing_id >= {self._place.first:d} AND mailing_id < {self._place.end:d})"
            self._do(f'CREATE TABLE "{self.table}" (LIKE {deliveries.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)')
            # With it, nothing has to be read again when it becomes the range.
            self._do(f'ALTER TABLE "{self.table}" ADD CONSTRAINT bounds {bounds}')

    def end(self) -> None:
        """After the last row."""
        if self._place is None:
            return
        self._do(f"SET LOCAL maintenance_work_mem = '{_MEMORY}'")
        self._do(f'ALTER TABLE "{self.table}" ADD PRIMARY KEY (mailing_id, seq)')
        self._do(f'ALTER TABLE "{self.table}" ADD UNIQUE (subscriber_id, mailing_id)')
        if any(self._takes_place(self._place) for _ in range(self._tries)):
            return
        self._do(f'INSERT INTO {deliveries.name} ({_COLUMNS}) SELECT {_COLUMNS} FROM "{self.table}"')  # noqa: S608
        self._do(f'DROP TABLE "{self.table}"')

    def _takes_place(self, place: Range) -> bool:
        """False where somebody was in the way, or wrote into the range meanwhile."""
        name = f"{deliveries.name}{place.name}"
        try:
            with self._conn.begin_nested():
                self._do(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
                self._do(f"LOCK TABLE ONLY {deliveries.name} IN ACCESS EXCLUSIVE MODE")
                if _empty_range(self._conn, self._mailing) != place:
                    return False
                self._do(f'ALTER TABLE {deliveries.name} DETACH PARTITION "{name}"')
                self._do(f'DROP TABLE "{name}"')
                self._do(f'ALTER TABLE "{self.table}" RENAME TO "{name}"')
                self._do(
                    f'ALTER TABLE {deliveries.name} ATTACH PARTITION "{name}" '
                    f"FOR VALUES FROM ({place.first:d}) TO ({place.end:d})"
                )
                self._do(f'ALTER TABLE "{name}" DROP CONSTRAINT bounds')
                self._do("SET LOCAL lock_timeout TO DEFAULT")
        except DBAPIError:
            # Let those go on who waited behind us.
            self._do("SELECT pg_sleep(0.5)")
            return False
        return True

    def _do(self, statement: str) -> None:
        # Every name in it is one of our own tables.
        self._conn.execute(text(statement))


def _empty_range(conn: Connection, mailing: int) -> Range | None:
    """The range of a mailing, where it holds no row; None on SQLite too."""
    found = next((one for one in ranges(conn) if one.first <= mailing < one.end), None)
    if found is None:
        return None
    some = text(f'SELECT 1 FROM "{deliveries.name}{found.name}" LIMIT 1')  # noqa: S608 - a name of our own
    return None if conn.execute(some).first() else found
