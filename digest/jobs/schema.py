"""Procrastinate's own tables: installed by it, in our database, when the engine is first used.

They are Procrastinate's and not ours: it brings their statements and their changes. Which version of them stands is
written on its table as a comment, so that the changes of a later one are made here and once. The reasons are in
docs/decisions/0005-queue-tables.md.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from digest.model.errors import ConfigError

PREFIX = "procrastinate_"
"""What the names of its tables begin with."""
_LOCK = 0x4469_6765_7375
"""Any fixed number: two processes that start together install one after the other."""
_SAID = "schema of procrastinate "


def install(conn: Connection) -> bool:
    """Make the tables, or bring them to this version, in the caller's transaction. True where anything changed.

    Raises ConfigError where they are somebody else's.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    here = _numbers(version("procrastinate"))
    there = conn.scalar(text("SELECT to_regclass('procrastinate_jobs')"))
    if there is None:
        _execute(conn, SchemaManager.get_schema())
        _mark(conn)
        return True
    said = conn.scalar(text("SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')")) or ""
    if not said.startswith(_SAID):
        raise ConfigError(
            "the database holds tables of Procrastinate that Digest did not make: give Digest a database of its own"
        )
    found = _numbers(said.removeprefix(_SAID))
    if found == here:
        return False
    # An older process beside a newer one finds the newer tables: its statements are still in them, for Procrastinate
    # drops what it replaced one minor version later.
    if found > here:
        return False
    for path in pending(found):
        _execute(conn, path.read_text("utf-8"))
    _mark(conn)
    return True


def pending(after: tuple[int, ...]) -> list[Path]:
    """Procrastinate's changes that came after that version of it, in order."""
    folder = Path(SchemaManager.get_migrations_path())
    named = sorted(path for path in folder.iterdir() if path.suffix == ".sql")
    return [path for path in named if _numbers(path.name.partition("_")[0]) > after]


def _mark(conn: Connection) -> None:
    # The version is our own library's, not anybody's input.
    _execute(conn, f"COMMENT ON TABLE procrastinate_jobs IS '{_SAID}{version('procrastinate')}'")


def _execute(conn: Connection, statements: str) -> None:
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor:
        # Without parameters: many statements in one text.
        cursor.execute(statements)


def _numbers(said: str) -> tuple[int, ...]:
    return tuple(int(part) for part in said.split(".")[:3] if part.isdigit())
