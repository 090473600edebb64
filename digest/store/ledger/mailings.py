"""Mailings: planned whole, and moved along their table of states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from digest.model.delivery import CANARY_TRANSITIONS, Canary, Mailing, MailingState, PlannedGroup, check_mailing
from digest.model.errors import IllegalTransition, Lost
from digest.store.ledger_rows import mailing_of
from digest.store.partitions import make_room
from digest.store.planning import learn_sizes, write_plan
from digest.store.tables import mailings

# What every sweep asks, written once.
_OF_EDITION = select(mailings).where(
    mailings.c.edition == bindparam("edition"), mailings.c.correction == bindparam("correction")
)
_BY_ID = select(mailings).where(mailings.c.id == bindparam("mailing"))
_IN_STATES = select(mailings).where(mailings.c.state.in_(bindparam("states", expanding=True))).order_by(mailings.c.id)


class Mailings:
    """The part of the port `Ledger` that speaks of a mailing as a whole."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def plan(
        self,
        *,
        edition: str,
        list_slug: str,
        groups: Sequence[PlannedGroup],
        skipped: Mapping[str, Sequence[int]],
        chunk_size: int,
        now: datetime,
        correction: int = 0,
        signed_by: str = "",
    ) -> Mailing:
        """Write the whole mailing in the caller's transaction. Raises Lost where there is one already (P1)."""
        made = write_plan(
            self._conn,
            edition=edition,
            correction=correction,
            list_slug=list_slug,
            groups=groups,
            skipped=skipped,
            chunk_size=chunk_size,
            now=now,
            signed_by=signed_by,
        )
        found = self.mailing_by_id(made)
        assert found is not None, "written in this transaction"  # noqa: S101
        return found

    def make_room(self) -> int:
        """Before a plan, in a transaction of its own: tables for the mailings to come. Returns how many are new."""
        return make_room(self._conn)

    def learn_sizes(self, mailing: Mailing) -> None:
        """After a plan is committed, in a transaction of its own: the database looks at its new rows."""
        learn_sizes(self._conn, mailing.count)

    def mailing(self, edition: str, correction: int = 0) -> Mailing | None:
        """The mailing of an edition, or of one correction of it, or None."""
        row = self._conn.execute(_OF_EDITION, {"edition": edition, "correction": correction}).first()
        return mailing_of(row) if row else None

    def mailings_of(self, editions: Iterable[str]) -> tuple[Mailing, ...]:
        """The mailings of these editions, oldest first."""
        rows = self._conn.execute(
            select(mailings).where(mailings.c.edition.in_(list(editions))).order_by(mailings.c.id)
        )
        return tuple(mailing_of(row) for row in rows)

    def mailing_by_id(self, mailing: int) -> Mailing | None:
        """The mailing, or None."""
        row = self._conn.execute(_BY_ID, {"mailing": mailing}).first()
        return mailing_of(row) if row else None

    def mailings(self, *states: MailingState) -> tuple[Mailing, ...]:
        """Mailings in these states, oldest first."""
        return tuple(mailing_of(row) for row in self._conn.execute(_IN_STATES, {"states": states}))

    def change(self, mailing: int, *, expected: MailingState, to: MailingState, reason: str = "") -> None:
        """Raises Lost where the mailing no longer is `expected`, IllegalTransition where the table forbids it."""
        check_mailing(expected, to)
        changed = self._conn.execute(
            update(mailings)
            .where(mailings.c.id == mailing, mailings.c.state == expected)
            .values(state=to, reason=reason)
        ).rowcount
        if changed != 1:
            raise Lost(f"mailing {mailing} is no longer {expected}: somebody changed it first")

    def explain(self, mailing: int, *, expected: MailingState, reason: str) -> None:
        """Another reason for the state that it is in. Raises Lost where the mailing no longer is `expected`."""
        same = (mailings.c.id == mailing, mailings.c.state == expected)
        if self._conn.execute(update(mailings).where(*same).values(reason=reason)).rowcount != 1:
            raise Lost(f"mailing {mailing} is no longer {expected}: somebody changed it first")

    def judge(self, mailing: int, *, expected: Canary, to: Canary) -> None:
        """The first readers passed, or failed. Raises Lost where somebody judged before."""
        if to not in CANARY_TRANSITIONS[expected]:
            raise IllegalTransition(f"first readers that are {expected} cannot become {to}")
        changed = self._conn.execute(
            update(mailings).where(mailings.c.id == mailing, mailings.c.canary == expected).values(canary=to)
        ).rowcount
        if changed != 1:
            raise Lost(f"the first readers of mailing {mailing} have been judged already")
