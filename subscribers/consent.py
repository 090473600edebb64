"""Consent: the append-only record of who agreed to what, when, how, and with which words before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from subscribers.happenings import Happened, note
from subscribers.model import Befell
from subscribers.tables import consents


class Act(StrEnum):
    """What the reader did: asked (not yet confirmed), gave consent, confirmed it, withdrew it."""

    ASKED = "asked"
    GIVEN = "given"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """How an act came about: `method` is a word such as form, import, one_click, page, api, operator.

    `wording_version` names the text that the reader saw; `evidence` is what can be shown for it later.
    """

    method: str
    wording_version: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the record."""

    subscriber_id: int
    list_id: int
    at: datetime
    act: Act
    basis: Basis


_TOLD = {
    Act.ASKED: (Befell.SUBSCRIBED, "pending"),
    Act.GIVEN: (Befell.SUBSCRIBED, "active"),
    Act.CONFIRMED: (Befell.CONFIRMED, "active"),
    Act.WITHDRAWN: (Befell.UNSUBSCRIBED, "ended"),
}
"""What is told of an act, and the state that the subscription is in by it."""


def record(conn: Connection, acts: Sequence[Consent]) -> None:
    """Append the acts. There is no function that changes one; only an erasure removes them.

    Each act is a happening as well, in the same transaction: whoever wants to be told of it will be.
    """
    if not acts:
        return
    conn.execute(
        insert(consents),
        [
            {
                "subscriber_id": act.subscriber_id,
                "list_id": act.list_id,
                "at": act.at,
                "act": act.act.value,
                "method": act.basis.method,
                "wording_version": act.basis.wording_version,
                "evidence": act.basis.evidence,
            }
            for act in acts
        ],
    )
    note(
        conn,
        [
            Happened(
                kind=_TOLD[act.act][0],
                at=act.at,
                subscriber_id=act.subscriber_id,
                list_id=act.list_id,
                detail={"state": _TOLD[act.act][1], "method": act.basis.method},
            )
            for act in acts
        ],
    )


def history(conn: Connection, subscriber_id: int) -> list[Consent]:
    """All acts of one reader, oldest first."""
    rows = conn.execute(select(consents).where(consents.c.subscriber_id == subscriber_id).order_by(consents.c.id))
    return [
        Consent(
            subscriber_id=row.subscriber_id,
            list_id=row.list_id,
            at=row.at,
            act=Act(row.act),
            basis=Basis(method=row.method, wording_version=row.wording_version, evidence=row.evidence),
        )
        for row in rows
    ]
