"""The schema of the database: where it stands, and bringing it to where the code is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text
from sqlalchemy.schema import SchemaItem

from digest.model.errors import ConfigError
from digest.store import db
from digest.store.partitions import whole_of
from digest.store.tables import ONLY_ON
from subscribers.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num", String))
_ADVISORY_LOCK = 0x4469_6765_7374
"""Any fixed number: two processes that start together on PostgreSQL upgrade one after the other."""


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@lru_cache(maxsize=1)
def newest() -> str:
    """The revision that this code expects: the number of the newest migration's file, as Alembic has it too.

    Alembic itself is loaded only where there is something to change: at each start that is a tenth of a second.
    """
    numbers = [path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    if not numbers:
        raise ConfigError(f"{_MIGRATIONS}: no migration is there; install the package whole")
    return max(numbers)


def current(engine: Engine) -> str | None:
    """The revision of the database, None for an empty one."""
    with db.read(engine) as conn:
        return _current(conn)


def _current(conn: Connection) -> str | None:
    # Alembic's own table, of one row.
    if not inspect(conn).has_table(_VERSION.name):
        return None
    return conn.execute(select(_VERSION.c.version_num)).scalar_one_or_none()


def upgrade(engine: Engine, *, to: str | None = None) -> bool:
    """Bring the schema to this code's revision (or only `to`), in one transaction. True where anything changed."""
    if current(engine) == newest():
        return False
    from alembic import command
    from alembic.script import ScriptDirectory

    with db.rebuild(engine) as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        found = _current(conn)
        if found == newest():
            return False
        known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
        if found is not None and found not in known:
            raise ConfigError(
                f"the database is at revision {found}, which this version of Digest does not know: upgrade"
            )
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, to or "head")
    return True


def drift(engine: Engine) -> list[str]:
    """How the database differs from the tables in the code; empty = not at all."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with db.read(engine) as conn:
        # The engine's tables are its own: it makes and changes them.
        looked_at = {"compare_type": True, "include_name": _is_ours, "include_object": _is_here(conn)}
        context = MigrationContext.configure(conn, opts=looked_at)
        return [repr(change) for change in compare_metadata(context, metadata)]


def damage(engine: Engine) -> list[str]:
    """What SQLite finds broken in its own file (at most 20 lines); PostgreSQL looks after that by itself."""
    if engine.dialect.name != "sqlite":
        return []
    with db.read(engine) as conn:
        said = conn.execute(text("PRAGMA integrity_check(20)")).scalars().all()
        return [] if said == ["ok"] else [f"integrity: {line}" for line in said]


def is_empty(engine: Engine) -> bool:
    """True where no table of ours is there."""
    return not inspect(engine).has_table("editions")


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # Nor is a part of a table one of the code's: it follows its whole.
    return kind != "table" or (not str(name).startswith("procrastinate_") and whole_of(str(name)) == name)


def _is_here(conn: Connection) -> Callable[..., bool]:
    """Whether a thing of the code belongs to this kind of database."""

    def is_here(thing: SchemaItem, *_: object) -> bool:
        return bool(thing.info.get(ONLY_ON, conn.dialect.name) == conn.dialect.name)

    return is_here
