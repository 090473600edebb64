"""Ranges of mailings on PostgreSQL: deliveries and feedback lie in tables of their own that can be dropped whole.

A range holds the rows of the mailings from one id to another, in two tables beside each other. Old rows then go by
dropping two tables in place of deleting millions of rows, which the database would have to vacuum. What no range holds
lies in the tables `_rest`: nothing is ever refused for want of a range. SQLite has no such thing, and needs none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from digest.store.tables import deliveries, feedback, mailing_statistics, mailings

PARTED = (deliveries, feedback)
"""The tables that lie in ranges."""
REST = "_rest"
"""Ends the name of the table for what no range holds."""
MOST_MAILINGS = 32
"""In one range: a newsroom of one mailing a day has a range a month."""
MOST_ROWS = 20_000_000
"""About so many deliveries in one range: a mailing to ten million readers waits for one other to be let go of."""
LARGE = 100_000
"""Deliveries of a mailing that waits for its range to be dropped; a smaller one goes at its own time, row by row."""
_LOCK = 0x4469_6765_7376
"""Any fixed number: two processes make ranges one after the other."""
_PATIENCE = "500ms"
"""A new range waits for whoever reads deliveries, and others would queue behind it: stop means within a second (P6)."""
_BOUND = re.compile(r"FOR VALUES FROM \((MINVALUE|'\d+')\) TO \('(\d+)'\)")
_PART = re.compile(rf"^({'|'.join(table.name for table in PARTED)})(_past|{REST}|_from_\d+)$")
_PARTS = text("""
SELECT part.relname AS name, pg_get_expr(part.relpartbound, part.oid) AS bound
FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
WHERE inhparent = to_regclass(:name)
""")


_LATE = text("""
DELETE FROM feedback WHERE id IN (
  SELECT feedback.id FROM mailing_statistics JOIN feedback USING (mailing_id)
  WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.mailing_id = mailing_statistics.mailing_id)
  LIMIT :limit
)
""")
"""Where nothing lies in ranges: the chunks of a mailing go last, and what comes after them is late."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Range:
    """Mailings whose rows lie in tables of their own."""

    first: int
    """The first mailing; 0 = whatever was there before there were ranges."""
    end: int
    """The first mailing after it."""
    name: str
    """What the names of its tables end with."""


def whole_of(name: str) -> str:
    """The table of the code that a table of the database is a part of, or the name itself."""
    return _PART.sub(r"\1", name)


def ranges(conn: Connection) -> list[Range]:
    """The ranges, lowest first; none on SQLite."""
    if conn.dialect.name != "postgresql":
        return []
    found = []
    for row in conn.execute(_PARTS, {"name": deliveries.name}):
        bound = _BOUND.fullmatch(row.bound)
        if bound is None:
            continue
        first = 0 if bound[1] == "MINVALUE" else int(bound[1].strip("'"))
        name = row.name.removeprefix(deliveries.name)
        found.append(Range(first=first, end=int(bound[2]), name=name))
    return sorted(found)


def make_room(conn: Connection, *, through: int = 0) -> int:
    """Make the ranges of the next mailings, or up to the mailing `through`. Returns how many are new.

    In a short transaction of its own, for it holds off whoever reads deliveries; raises an error of the database
    where somebody reads them for long. Nothing waits for it: what comes too soon lies in the rest.
    """
    if not _is_parted(conn) or _has_room(conn, through):
        return 0
    conn.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": _PATIENCE})
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    made = 0
    while not _has_room(conn, through):
        # What came too soon keeps its place: a range over it would have to move it.
        first = max(_end(conn), _greatest_of_rest(conn) + 1)
        if not through:
            # Numbers that were skipped (see `skip_ids`) never come: no range is made for them.
            first = max(first, _given(conn) + 1)
        _make(conn, first, max(first + _width(conn), through + 1))
        made += 1
    return made


def drop_oldest(conn: Connection) -> int:
    """Drop the lowest range of whose mailings only the accounts are kept. Returns how many deliveries went, 0 = none.

    Those of its smaller mailings went before, row by row. Of a range that holds nothing any more it says 1.
    Raises an error of the database where somebody reads or writes deliveries for long: it is tried again later.
    """
    last = conn.scalar(select(func.max(mailings.c.id))) or 0
    for found in ranges(conn):
        if found.end > last + 1 or not _is_let_go(conn, found):
            continue
        rows = _waiting(conn, found)
        conn.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": _PATIENCE})
        for table in PARTED:
            # The name is one that `_make` or a migration gave.
            conn.execute(text(f'DROP TABLE "{table.name}{found.name}"'))
        return max(1, rows)
    return 0


def forget_late(conn: Connection, limit: int) -> int:
    """Events that came after the rows of their mailing, or its range, had gone. Returns how many went.

    In a range they go with it.
    """
    found = ranges(conn)
    if not found:
        return conn.execute(_LATE, {"limit": limit}).rowcount
    rest = f"{feedback.name}{REST}"
    late = text(
        f"DELETE FROM {rest} WHERE (mailing_id, event_key) IN "  # noqa: S608 - names of our own tables
        f"(SELECT mailing_id, event_key FROM {rest} WHERE mailing_id < :lowest LIMIT :limit)"
    )
    return conn.execute(late, {"lowest": found[0].first, "limit": limit}).rowcount


def goes_with_its_range(conn: Connection, mailing: int, count: int) -> bool:
    """True for a mailing too large to be deleted row by row: it goes when its range is dropped."""
    return count >= LARGE and any(0 < found.first <= mailing < found.end for found in ranges(conn))


def _waiting(conn: Connection, found: Range) -> int:
    """Deliveries that wait for this range to be dropped (see `goes_with_its_range`)."""
    if not found.first:
        return 0
    large = (mailings.c.id >= found.first, mailings.c.id < found.end, mailings.c.count >= LARGE)
    return conn.scalar(select(func.coalesce(func.sum(mailings.c.count), 0)).where(*large)) or 0


def _is_parted(conn: Connection) -> bool:
    """Whether it is PostgreSQL, and of a version that has ranges: a backup may be of an older one."""
    if conn.dialect.name != "postgresql":
        return False
    return conn.scalar(text("SELECT to_regclass(:rest)"), {"rest": f"{deliveries.name}{REST}"}) is not None


def _has_room(conn: Connection, through: int) -> bool:
    # A whole range ahead: before it is used up, this is asked many times.
    return _end(conn) >= max(through + 1, _given(conn) + _width(conn))


def _given(conn: Connection) -> int:
    """The greatest number that a mailing has, or that was given or skipped (see `installation.skip_ids`)."""
    given = func.pg_sequence_last_value(text(f"'{mailings.name}_id_seq'::regclass"))
    return conn.scalar(select(func.greatest(func.max(mailings.c.id), given))) or 0


def _end(conn: Connection) -> int:
    return max((found.end for found in ranges(conn)), default=_given(conn) + 1)


def _width(conn: Connection) -> int:
    """How many mailings a range holds, by the size of the latest."""
    latest = select(mailings.c.count).order_by(mailings.c.id.desc()).limit(8).subquery()
    average = conn.scalar(select(func.avg(latest.c.count))) or 0
    return max(1, min(MOST_MAILINGS, int(MOST_ROWS // max(1, average))))


def _greatest_of_rest(conn: Connection) -> int:
    return max(
        conn.scalar(text(f'SELECT coalesce(max(mailing_id), 0) FROM "{table.name}{REST}"')) or 0  # noqa: S608
        for table in PARTED
    )


def _make(conn: Connection, first: int, end: int) -> None:
    for table in PARTED:
        name = f"{table.name}_from_{first}"
        # Made beside and then attached: to make it in place would hold off every reader of the table too.
        for statement in (
            f'CREATE TABLE "{name}" (LIKE "{table.name}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            f'ALTER TABLE "{table.name}" ATTACH PARTITION "{name}" FOR VALUES FROM ({first:d}) TO ({end:d})',
        ):
            conn.execute(text(statement))


def _is_let_go(conn: Connection, found: Range) -> bool:
    """Whether every mailing of it is only remembered by its account."""
    kept = select(mailing_statistics.c.mailing_id).where(mailing_statistics.c.mailing_id == mailings.c.id)
    standing = select(mailings.c.id).where(mailings.c.id >= found.first, mailings.c.id < found.end, ~kept.exists())
    return conn.execute(standing.limit(1)).first() is None
