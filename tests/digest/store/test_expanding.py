"""Old processes go on beside new ones: a migration only adds, so that what an older version says still holds.

A thing that is no longer wanted goes in a later release than the code that used it (docs/how-to/upgrade.md).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Inspector, inspect

from digest.store import db, schema
from tests.databases import KINDS, fresh_url

RELEASED = "0012"
"""From the migration after this one on."""
TABLES = ("procrastinate_",)
"""Others' own."""


def shape(engine: Engine) -> dict[tuple[str, str], tuple[str, bool, bool]]:
    """(table, column) -> its type, whether it may be null, whether it has a value where none is given."""
    found: Inspector = inspect(engine)
    return {
        (table, str(column["name"])): (
            str(column["type"]),
            bool(column["nullable"]),
            column.get("default") is not None or bool(column.get("autoincrement") is True),
        )
        for table in found.get_table_names()
        if not table.startswith(TABLES)
        for column in found.get_columns(table)
    }


def breaks(
    before: dict[tuple[str, str], tuple[str, bool, bool]], after: dict[tuple[str, str], tuple[str, bool, bool]]
) -> list[str]:
    """What an older version would stumble over."""
    found = []
    old_tables = {table for table, _ in before}
    for place, (kind, nullable, given) in before.items():
        name = ".".join(place)
        if place not in after:
            found.append(f"{name} is gone")
            continue
        if after[place][0] != kind:
            found.append(f"{name} was {kind} and is {after[place][0]}")
        if nullable and not after[place][1]:
            found.append(f"{name} must be given now")
        if given and not after[place][2]:
            found.append(f"{name} has no value of its own any more")
    found += [
        f"{'.'.join(place)} is new and must be given"
        for place, (_, nullable, given) in after.items()
        if place not in before and place[0] in old_tables and not nullable and not given
    ]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_migration_only_adds(kind: str, tmp_path: Path) -> None:
    steps = [one.revision for one in ScriptDirectory.from_config(schema._config()).walk_revisions()][::-1]
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine, to=RELEASED)
        before = shape(engine)
        for step in steps[steps.index(RELEASED) + 1 :]:
            schema.upgrade(engine, to=step)
            after = shape(engine)
            assert breaks(before, after) == [], f"migration {step}"
            before = after
        engine.dispose()


def test_what_breaks_an_older_version_is_seen() -> None:
    before = {("a", "kept"): ("TEXT", True, False), ("a", "gone"): ("TEXT", True, False)}
    after = {
        ("a", "kept"): ("INTEGER", False, False),
        ("a", "asked"): ("TEXT", False, False),
        ("a", "filled"): ("TEXT", False, True),
        ("b", "new"): ("TEXT", False, False),
    }
    assert breaks(before, after) == [
        "a.kept was TEXT and is INTEGER",
        "a.kept must be given now",
        "a.gone is gone",
        "a.asked is new and must be given",
    ]
