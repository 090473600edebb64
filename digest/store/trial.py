"""Trial: what an admin has confirmed of this installation. It lies in the database, and moves with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, select

from digest.model.trial import Trial, TrialMark, TrialStep
from subscribers.tables import UtcDateTime, insert_into, metadata, one_of

trial_steps = Table(
    "trial_steps",
    metadata,
    Column("step", String(10), primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    one_of("step", TrialStep),
)


class StoredTrial:
    """The port `TrialBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def read(self) -> Trial:
        """How far it is."""
        rows = self._conn.execute(select(trial_steps))
        return Trial(marks={TrialStep(row.step): TrialMark(by=row.by, at=row.at, detail=row.detail) for row in rows})

    def mark(self, step: TrialStep, *, by: str, now: datetime, detail: str = "") -> None:
        """A step is taken; taken again, it is the newer one."""
        values = {"by": by, "at": now, "detail": detail}
        statement = insert_into(self._conn, trial_steps).values(step=step, **values)
        self._conn.execute(statement.on_conflict_do_update(index_elements=["step"], set_=values))
