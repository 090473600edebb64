"""How the sources have been doing: one row each, kept between processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date

from sqlalchemy import Connection, select

from digest.model.added_source import AddedSource, SourceChange
from digest.model.health import SourceHealth, Validators
from digest.store.codec import from_json, to_json
from digest.store.desk_tables import source_changes
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

    def changes(self) -> tuple[SourceChange, ...]:
        """What the desk left different from the configuration, by slug."""
        rows = self._conn.execute(select(source_changes).order_by(source_changes.c.source))
        return tuple(
            SourceChange(
                source=row.source,
                off=row.off,
                by=row.by,
                at=row.at,
                added=from_json(AddedSource, row.added) if row.added else None,
            )
            for row in rows
        )

    def put_change(self, change: SourceChange) -> None:
        """Remember it, in place of what was changed about this source before."""
        row = {name: getattr(change, name) for name in ("source", "off", "by", "at")}
        row["added"] = to_json(change.added) if change.added is not None else {}
        statement = insert_into(self._conn, source_changes).values(row)
        changed = {name: statement.excluded[name] for name in row if name != "source"}
        self._conn.execute(statement.on_conflict_do_update(index_elements=["source"], set_=changed))
