"""The port `Processes`: who is at work, and the row by which one of several acts and the others stand by.

A row and no advisory lock: it can be looked at, it ends by itself when its holder is cut off, and it works through a
pooler that gives every transaction another connection.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from digest.model.chore import ended
from digest.model.job import Process, ProcessKind
from digest.store.tables import leases, processes
from subscribers.tables import insert_into


class StoredProcesses:
    """The port `Processes` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def seen(self, process: Process) -> None:
        """It lives."""
        row = {
            "kind": process.kind.value,
            "version": process.version,
            "since": process.since,
            "seen_at": process.seen_at,
            "note": process.note[:500],
        }
        statement = insert_into(self._conn, processes).values(owner=process.owner, **row)
        self._conn.execute(statement.on_conflict_do_update(index_elements=[processes.c.owner], set_=row))

    def left(self, owner: str) -> None:
        """It ended, and gives back what it held."""
        self._conn.execute(delete(processes).where(processes.c.owner == owner))
        self._conn.execute(delete(leases).where(leases.c.owner == owner))

    def recent(self, since: datetime) -> tuple[Process, ...]:
        """Those seen since then, by kind and owner."""
        rows = self._conn.execute(
            select(processes).where(processes.c.seen_at >= since).order_by(processes.c.kind, processes.c.owner)
        )
        return tuple(
            Process(
                owner=row.owner,
                kind=ProcessKind(row.kind),
                version=row.version,
                since=row.since,
                seen_at=row.seen_at,
                note=row.note,
            )
            for row in rows
        )

    def forget(self, before: datetime) -> int:
        """Those not seen since then go. Returns how many."""
        return self._conn.execute(delete(processes).where(processes.c.seen_at < before)).rowcount

    def lead(self, name: str, *, owner: str, now: datetime, until: datetime, is_gone: Callable[[str], bool]) -> bool:
        """True for the one process that holds `name`, from now on until then; it may ask again to go on.

        What was written by a clock that was far ahead holds nothing.
        """
        statement = insert_into(self._conn, leases).values(name=name, owner=owner, until=until)
        if self._conn.execute(statement.on_conflict_do_nothing().returning(leases.c.name)).first() is not None:
            return True
        found = self._conn.execute(select(leases).where(leases.c.name == name)).first()
        if found is None:
            return False
        if not (found.owner == owner or ended(found.until, now, until) or is_gone(found.owner)):
            return False
        # The row as it was seen: of two who saw it end, one changes it.
        taken = self._conn.execute(
            update(leases)
            .where(leases.c.name == name, leases.c.owner == found.owner, leases.c.until == found.until)
            .values(owner=owner, until=until)
        )
        return taken.rowcount == 1

    def release(self, name: str, *, owner: str) -> bool:
        """Give it up, so that another one has it at once. False where `owner` did not hold it."""
        return self._conn.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner)).rowcount == 1
