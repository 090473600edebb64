"""What all senders know of each provider, in one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.model.throttle import CallResult, Throttle
from digest.store import db
from digest.store.tables import sends, throttles
from subscribers.tables import insert_into


class StoredThrottles:
    """The port `Throttles` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def get(self, provider: str, now: datetime, *, lock: bool = False) -> Throttle:
        """As it stands; `lock` keeps other senders from it until the end of the transaction."""
        fresh = Throttle.fresh(provider, now)
        query = select(throttles).where(throttles.c.provider == provider)
        if lock:
            db.wait_for_turn(self._conn, provider)
            db.be_brief(self._conn)
            # On SQLite a write transaction is the only one, and FOR UPDATE is left out of the statement.
            query = query.with_for_update()
        row = self._conn.execute(query).first()
        if lock and row is None:
            values = {name: getattr(fresh, name) for name in Throttle.__slots__}
            # There is always a row to lock: two senders that both found none would both begin at nothing.
            self._conn.execute(insert_into(self._conn, throttles).values(**values).on_conflict_do_nothing())
            row = self._conn.execute(query).first()
        return Throttle(**row._mapping) if row else fresh

    def put(self, throttle: Throttle) -> None:
        """Remember it; only what was read with `lock`."""
        values = {name: getattr(throttle, name) for name in Throttle.__slots__ if name != "provider"}
        self._conn.execute(update(throttles).where(throttles.c.provider == throttle.provider).values(**values))

    def count(self, sent: Mapping[tuple[str, CallResult], int]) -> None:
        """So many readers more. In one order always: two who count at once wait for each other, and not for ever."""
        db.be_brief(self._conn)
        for (provider, result), readers in sorted(sent.items()):
            row = insert_into(self._conn, sends).values(provider=provider, result=result, readers=readers)
            more = {"readers": sends.c.readers + row.excluded.readers}
            self._conn.execute(row.on_conflict_do_update(index_elements=["provider", "result"], set_=more))

    def counted(self) -> Mapping[tuple[str, CallResult], int]:
        """All of them since the beginning."""
        rows = self._conn.execute(select(sends).order_by(sends.c.provider, sends.c.result))
        return {(row.provider, CallResult(row.result)): row.readers for row in rows}
