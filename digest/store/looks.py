"""Looks: what the desk set of each newsletter's appearance, every change of it kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, func, insert, select

from digest.model.look import Look, LookChange
from digest.store.codec import from_json, to_json
from subscribers.tables import BigKey, JsonObject, UtcDateTime, metadata

looks = Table(
    "looks",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("newsletter", String(64), nullable=False),
    Column("look", JsonObject, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "newsletter", "id"),
    sqlite_autoincrement=True,
)


class StoredLooks:
    """The port `Looks` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def newest(self) -> dict[str, LookChange]:
        """The look that counts, by newsletter; those that were never set are not there."""
        last = select(func.max(looks.c.id)).group_by(looks.c.newsletter)
        rows = self._conn.execute(select(looks).where(looks.c.id.in_(last)))
        return {
            row.newsletter: LookChange(
                id=row.id, newsletter=row.newsletter, look=from_json(Look, row.look), by=row.by, at=row.at
            )
            for row in rows
        }

    def put(self, newsletter: str, look: Look, *, by: str, now: datetime) -> None:
        """It counts from now on."""
        self._conn.execute(insert(looks).values(newsletter=newsletter, look=to_json(look), by=by, at=now))

    def take_back(self, newsletter: str, change: int) -> bool:
        """The one before counts again. False where this is not the newest any more."""
        newest = select(func.max(looks.c.id)).where(looks.c.newsletter == newsletter).scalar_subquery()
        gone = delete(looks).where(looks.c.id == change, looks.c.newsletter == newsletter, looks.c.id == newest)
        return self._conn.execute(gone).rowcount == 1
