"""Devices: the browsers that people of the desk signed in with, and the letters that tell of a new one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from digest.model.door import DEVICE_LIFE, Notice
from digest.store.door_tables import person_devices, person_notices
from subscribers.tables import insert_into

NOTICES_KEPT = timedelta(days=1)
"""A letter that could not be sent for so long tells nobody anything any more."""


class StoredDevices:
    """The port `DeviceBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def seen(self, person: int, token_hash: bytes, *, now: datetime) -> bool:
        """This browser has signed in as them. False where it never had before."""
        mine = (person_devices.c.person_id == person) & (person_devices.c.token_hash == token_hash)
        if self._conn.execute(update(person_devices).where(mine).values(seen_at=now)).rowcount:
            return True
        row = {"person_id": person, "token_hash": token_hash, "seen_at": now}
        self._conn.execute(insert_into(self._conn, person_devices).values(row).on_conflict_do_nothing())
        return False

    def forget(self, person: int) -> None:
        """Every browser is new to them again."""
        self._conn.execute(delete(person_devices).where(person_devices.c.person_id == person))

    def queue(self, notice: Notice, *, not_before: datetime) -> None:
        """They are to be told."""
        self._conn.execute(
            insert(person_notices).values(
                person_id=notice.person, browser=notice.browser, at=notice.at, not_before=not_before,
                attempt=notice.attempt,
            )
        )  # fmt: skip

    def claim(self, *, now: datetime) -> Notice | None:
        """The next one that is due, taken out for good: who claims it and dies leaves it unsent."""
        table = person_notices
        due = (
            select(table.c.id)
            .where(table.c.not_before <= now)
            .order_by(table.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._conn.execute(delete(table).where(table.c.id == due.scalar_subquery()).returning(table)).first()
        if row is None:
            return None
        return Notice(id=row.id, person=row.person_id, browser=row.browser, at=row.at, attempt=row.attempt + 1)

    def tidy(self, now: datetime) -> dict[str, int]:
        """Forget what is over. What went, by name."""
        over = {
            "devices": delete(person_devices).where(person_devices.c.seen_at <= now - DEVICE_LIFE),
            "notices": delete(person_notices).where(person_notices.c.at <= now - NOTICES_KEPT),
        }
        return {name: self._conn.execute(statement).rowcount for name, statement in over.items()}
