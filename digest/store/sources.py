"""How the sources have been doing: one row each, kept between processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date

from sqlalchemy import Connection, select

from digest.model.health import SourceHealth, Validators
from digest.store.codec import from_json, to_json
from digest.store.tables import source_health
from subscribers.tables import insert_into

_COLUMNS = tuple(field.name for field in fields(SourceHealth))


class StoredSources:
    """The port `Sources` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def health(self, sources: Iterable[str]) -> Mapping[str, SourceHealth]:
        """By slug, every source that was asked for: one nobody has looked at yet with its defaults."""
        wanted = list(sources)
        rows = self._conn.execute(select(source_health).where(source_health.c.source.in_(wanted))).mappings()
        known = {
            row["source"]: SourceHealth(
                **{
                    **row,
                    "validators": from_json(Validators, row["validators"]),
                    "per_day": {date.fromisoformat(day): int(count) for day, count in row["per_day"].items()},
                }
            )
            for row in rows
        }
        return {slug: known.get(slug) or SourceHealth(source=slug) for slug in wanted}

    def put(self, found: Iterable[SourceHealth]) -> None:
        """Remember these, each in place of what was known of it."""
        # Sorted: two collections at a time lock the rows in the same order.
        for health in sorted(found, key=lambda health: health.source):
            row = {name: getattr(health, name) for name in _COLUMNS}
            row["validators"] = to_json(health.validators)
            row["per_day"] = {day.isoformat(): count for day, count in sorted(health.per_day.items())}
            statement = insert_into(self._conn, source_health).values(row)
            changed = {name: statement.excluded[name] for name in _COLUMNS if name != "source"}
            self._conn.execute(statement.on_conflict_do_update(index_elements=["source"], set_=changed))
