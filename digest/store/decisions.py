"""Decisions about an edition, and who was asked to confirm one: the half of the port `Editions` that approvers use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from digest.model.change import Decision, SecondAsked
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import Lost
from digest.store.desk_tables import edition_decisions, seconds_asked
from subscribers.tables import insert_into

_DECISION = ("version", "was", "was_reason", "became", "by", "at")


class StoredDecisions:
    """Approvals, holds and skips on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def decide(self, edition: EditionId, decision: Decision) -> None:
        """Remember an approval, a hold or a skip."""
        values = {name: getattr(decision, name) for name in _DECISION}
        self._conn.execute(insert(edition_decisions).values(name=str(edition), **values))

    def decision(self, edition: EditionId) -> Decision | None:
        """The newest that was not taken back, or None."""
        row = self._conn.execute(
            select(*(edition_decisions.c[name] for name in _DECISION))
            .where(edition_decisions.c.name == str(edition), edition_decisions.c.undone_at.is_(None))
            .order_by(edition_decisions.c.id.desc())
            .limit(1)
        ).first()
        if row is None:
            return None
        found = dict(row._mapping)
        return Decision(**{**found, "was": EditionStatus(found["was"]), "became": EditionStatus(found["became"])})

    def undecide(self, edition: EditionId, decision: Decision, *, by: str, now: datetime) -> None:
        """It was taken back. Raises Lost where somebody else did so first."""
        changed = self._conn.execute(
            update(edition_decisions)
            .where(
                edition_decisions.c.name == str(edition),
                edition_decisions.c.at == decision.at,
                edition_decisions.c.by == decision.by,
                edition_decisions.c.became == decision.became,
                edition_decisions.c.undone_at.is_(None),
            )
            .values(undone_by=by, undone_at=now)
        ).rowcount
        if not changed:
            raise Lost(f"that decision about {edition} was taken back already; read it again")

    def ask_second(self, edition: EditionId, asked: SecondAsked) -> None:
        """Somebody waits for a second person; whoever asked first for this version stays the first."""
        statement = insert_into(self._conn, seconds_asked).values(
            name=str(edition), version=asked.version, person_id=asked.person, by=asked.by, at=asked.at
        )
        self._conn.execute(statement.on_conflict_do_nothing())

    def unask_second(self, edition: EditionId, version: int) -> bool:
        """Nobody waits for a second person for this version any more. False where nobody did."""
        gone = self._conn.execute(
            delete(seconds_asked).where(seconds_asked.c.name == str(edition), seconds_asked.c.version == version)
        )
        return gone.rowcount == 1

    def second_asked(self, edition: EditionId, version: int) -> SecondAsked | None:
        """Who asked for a second person for this version, or None."""
        return self._asked(seconds_asked.c.name == str(edition), seconds_asked.c.version == version)

    def last_second_asked(self, edition: EditionId) -> SecondAsked | None:
        """The same for the newest version that somebody asked for."""
        return self._asked(seconds_asked.c.name == str(edition))

    def _asked(self, *which: ColumnElement[bool]) -> SecondAsked | None:
        wanted = select(seconds_asked).where(*which).order_by(seconds_asked.c.version.desc()).limit(1)
        found = self._conn.execute(wanted).first()
        if found is None:
            return None
        return SecondAsked(version=found.version, person=found.person_id, by=found.by, at=found.at)
