"""The port `Chores`: the row that lets one process at a time do a chore, and no sooner than it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, select, update

from digest.model.chore import CLOCKS_APART, Chore
from digest.store.tables import chores
from subscribers.tables import insert_into


class StoredChores:
    """The port `Chores` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def begin(
        self,
        name: str,
        *,
        every: timedelta,
        owner: str,
        now: datetime,
        lease_until: datetime,
        is_gone: Callable[[str], bool],
    ) -> Chore | None:
        """The chore as it begins, for exactly one caller; None where it is not due or somebody else has it."""
        row = {"name": name, "turn": 1, "owner": owner, "lease_until": lease_until, "began_at": now}
        statement = insert_into(self._conn, chores).values(row).on_conflict_do_nothing()
        if self._conn.execute(statement.returning(chores.c.name)).first() is not None:
            return self.get(name)
        found = self._conn.execute(select(chores).where(chores.c.name == name)).one()
        if found.ended_at is None:
            far = found.began_at > now + CLOCKS_APART
            free = found.lease_until < now or far or is_gone(found.owner)
        else:
            free = _chore(found).due(now, every)
        if not free:
            return None
        taken = self._conn.execute(
            update(chores)
            .where(chores.c.name == name, chores.c.turn == found.turn)
            .values(turn=found.turn + 1, owner=owner, lease_until=lease_until, began_at=now, ended_at=None)
        )
        return self.get(name) if taken.rowcount == 1 else None

    def end(self, chore: Chore, *, good: bool, note: str, now: datetime) -> None:
        """Say how this turn went; a turn that was taken over meanwhile says nothing any more."""
        ended = {"ended_at": now, "note": note[:2000]} | ({"good_at": chore.began_at} if good else {})
        self._conn.execute(
            update(chores).where(chores.c.name == chore.name, chores.c.turn == chore.turn).values(**ended)
        )

    def get(self, name: str) -> Chore | None:
        """The chore, or None where it has never begun."""
        row = self._conn.execute(select(chores).where(chores.c.name == name)).first()
        return _chore(row) if row else None

    def recent(self) -> tuple[Chore, ...]:
        """All of them, by name."""
        return tuple(_chore(row) for row in self._conn.execute(select(chores).order_by(chores.c.name)))


def _chore(row: Row[tuple[object, ...]]) -> Chore:
    found = row._mapping
    return Chore(
        name=found["name"],
        turn=found["turn"],
        began_at=found["began_at"],
        ended_at=found["ended_at"],
        good_at=found["good_at"],
        note=found["note"],
    )
