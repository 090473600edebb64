"""Arrivals: what came in after each edition was composed, as it was last looked at. They can always be made anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, select

from digest.model.edition import EditionId
from digest.model.newcomer import Arrivals
from digest.store.codec import from_json, to_json
from digest.store.desk_tables import edition_arrivals
from subscribers.tables import insert_into

KEPT = timedelta(days=3)
"""Nobody adds to an edition that is older."""


class StoredArrivals:
    """The port `ArrivalBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(self, edition: EditionId) -> Arrivals | None:
        """As they were last looked at, or None."""
        content = self._conn.scalar(select(edition_arrivals.c.content).where(edition_arrivals.c.name == str(edition)))
        return from_json(Arrivals, content) if content is not None else None

    def keep(self, edition: EditionId, arrivals: Arrivals) -> None:
        """Remember them in place of what was known; those of editions that nobody changes any more go."""
        statement = insert_into(self._conn, edition_arrivals).values(
            name=str(edition), at=arrivals.at, content=to_json(arrivals)
        )
        changed = {name: statement.excluded[name] for name in ("at", "content")}
        self._conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))
        self._conn.execute(delete(edition_arrivals).where(edition_arrivals.c.at < arrivals.at - KEPT))
