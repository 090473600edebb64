"""The ledger: mailings, chunks and deliveries, changed only by conditional updates along their tables.

The unit of claiming is the chunk (one provider call), not the reader: research/delivery measured 350,000 to
900,000 readers a second claimed and accepted that way, against 9,000 with a state per reader. A chunk holds the
deliveries `first_seq..last_seq`, so a split moves no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

from sqlalchemy import Connection, case, exists, func, insert, or_, select, update

from digest.model.delivery import (
    CANARY_TRANSITIONS,
    Account,
    Addressee,
    Canary,
    Chunk,
    ChunkState,
    DeliveryStatus,
    Mailing,
    MailingState,
    PlannedGroup,
    check_chunk,
    check_mailing,
)
from digest.model.errors import IllegalTransition, Lost
from digest.store.accounts import account_of, account_of_canary
from digest.store.bulk import raise_statuses
from digest.store.ledger_rows import below, by_value, chunk_of, mailing_of, owned, within
from digest.store.partitions import make_room
from digest.store.planning import write_plan
from digest.store.tables import chunks, deliveries, mailings
from subscribers import store as readers
from subscribers import suppression
from subscribers.tables import subscribers as people
from subscribers.tables import subscriptions

_GOING = (Canary.NONE, Canary.PASSED)
"""While the first readers are out, or have failed, nobody else's chunk is given."""


class StoredLedger:
    """The port `Ledger` on a connection."""

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
    ) -> Mailing:
        """Write the whole mailing in the caller's transaction. Raises Lost where there is one already (P1)."""
        made = write_plan(
            self._conn,
            edition=edition,
            list_slug=list_slug,
            groups=groups,
            skipped=skipped,
            chunk_size=chunk_size,
            now=now,
        )
        found = self.mailing_by_id(made)
        assert found is not None, "written in this transaction"  # noqa: S101
        return found

    def make_room(self) -> int:
        """Before a plan, in a transaction of its own: tables for the mailings to come. Returns how many are new."""
        return make_room(self._conn)

    def mailing(self, edition: str) -> Mailing | None:
        """The mailing of an edition, or None."""
        row = self._conn.execute(select(mailings).where(mailings.c.edition == edition)).first()
        return mailing_of(row) if row else None

    def mailing_by_id(self, mailing: int) -> Mailing | None:
        """The mailing, or None."""
        row = self._conn.execute(select(mailings).where(mailings.c.id == mailing)).first()
        return mailing_of(row) if row else None

    def mailings(self, *states: MailingState) -> tuple[Mailing, ...]:
        """Mailings in these states, oldest first."""
        rows = self._conn.execute(select(mailings).where(mailings.c.state.in_(states)).order_by(mailings.c.id))
        return tuple(mailing_of(row) for row in rows)

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

    def claim(
        self,
        mailing: int,
        *,
        owner: str,
        now: datetime,
        lease_until: datetime,
        provider: str = "",
        bound_only: bool = False,
    ) -> Chunk | None:
        """Take one ready chunk that is due, or None; a mailing that is not being sent gives none (P6).

        A chunk that another provider may have is passed over: nobody twice by two providers (P1).
        """
        candidate = (
            select(chunks.c.id)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.READY,
                chunks.c.due_at <= now,
                or_(chunks.c.not_before.is_(None), chunks.c.not_before <= now),
                chunks.c.provider == provider if bound_only else chunks.c.provider.in_(["", provider]),
                exists().where(
                    mailings.c.id == mailing,
                    mailings.c.state == MailingState.SENDING,
                    or_(mailings.c.canary.in_(_GOING), chunks.c.canary),
                ),
            )
            .order_by(chunks.c.due_at, chunks.c.id)
            .limit(1)
            # PostgreSQL only (SQLite has one writer): two workers never wait for the same row.
            .with_for_update(skip_locked=True, of=chunks)
            .scalar_subquery()
        )
        row = self._conn.execute(
            update(chunks)
            .where(chunks.c.id == candidate, chunks.c.state == ChunkState.READY)
            .values(
                state=ChunkState.SENDING,
                attempt=chunks.c.attempt + 1,
                owner=owner,
                lease_until=lease_until,
                sent_at=now,
                note="",
                provider=provider,
                reservation="",
                send_at=None,
            )
            .returning(*chunks.c)
        ).first()
        return chunk_of(row) if row else None

    def addressees(self, chunk: Chunk, *, on: date) -> tuple[Addressee, ...]:
        """Deliveries of the chunk that are still to be made, each with the gate's verdict of now (P3)."""
        slug = self._conn.scalar(select(mailings.c.list).where(mailings.c.id == chunk.mailing))
        mail_list = readers.get_list(self._conn, str(slug))
        # Without its list, nobody of the mailing has a subscription any more.
        list_id = mail_list.id if mail_list else 0
        rows = self._conn.execute(
            select(
                deliveries.c.seq,
                people.c.id,
                people.c.email_key,
                people.c.name,
                people.c.link_version,
                people.c.language,
                subscriptions.c.hour,
                subscriptions.c.tracking_off,
                suppression.blocked_reason(list_id, on).label("blocked"),
            )
            .join(people, people.c.id == deliveries.c.subscriber_id)
            .outerjoin(
                subscriptions, (subscriptions.c.subscriber_id == people.c.id) & (subscriptions.c.list_id == list_id)
            )
            .where(within(chunk), deliveries.c.status == DeliveryStatus.PLANNED)
            .order_by(deliveries.c.seq)
        ).all()
        # Taken apart at once: to ask a row for its columns by name took as long as to make the addressee.
        return tuple(
            Addressee(
                seq=seq, subscriber=subscriber, email=email, name=name, link_version=link_version, language=language,
                hour=hour, blocked=blocked, tracking_off=bool(tracking_off),
            )
            for seq, subscriber, email, name, link_version, language, hour, tracking_off, blocked in rows
        )  # fmt: skip

    def skip(self, mailing: int, reasons: Mapping[int, str]) -> None:
        """Deliveries by seq become skipped(reason), if they were still planned."""
        for reason, seqs in by_value(reasons):
            self._conn.execute(
                update(deliveries)
                .where(
                    deliveries.c.mailing_id == mailing,
                    deliveries.c.seq.in_(seqs),
                    deliveries.c.status == DeliveryStatus.PLANNED,
                )
                .values(status=DeliveryStatus.SKIPPED, note=reason)
            )

    def settle(
        self,
        chunk: Chunk,
        *,
        to: ChunkState,
        now: datetime,
        note: str = "",
        message_id: str = "",
        not_before: datetime | None = None,
    ) -> bool:
        """Change the state of a chunk that this attempt still owns. False: it is no longer ours (lease lost)."""
        check_chunk(ChunkState.SENDING, to)
        changed = self._conn.execute(
            update(chunks)
            .where(owned(chunk))
            .values(
                state=to,
                note=note[:500],
                message_id=message_id,
                not_before=not_before,
                settled_at=now,
                lease_until=None,
                **_SETTLED.get(to, {}),
            )
        ).rowcount
        return changed == 1

    def cut(self, chunk: Chunk, readers: int) -> Chunk:
        """A claimed chunk keeps its first `readers`; the others become a ready chunk of their own."""
        last = chunk.first_seq + readers - 1
        if not chunk.first_seq <= last < chunk.last_seq:
            raise ValueError(f"chunk {chunk.id} holds {chunk.size} readers: it cannot be cut at {readers}")
        self._conn.execute(update(chunks).where(owned(chunk)).values(last_seq=last))
        self._conn.execute(
            insert(chunks).values(
                mailing_id=chunk.mailing,
                variant=chunk.variant,
                due_at=chunk.due_at,
                canary=chunk.canary,
                first_seq=last + 1,
                last_seq=chunk.last_seq,
                state=ChunkState.READY,
                provider=chunk.provider if chunk.doubts else "",
                doubts=chunk.doubts,
                note="cut from the chunk before",
            )
        )
        return replace(chunk, last_seq=last)

    def reserve(self, chunk: Chunk, reservation: str, send_at: datetime) -> bool:
        """Remember the name of the call that is about to be made. False as in settle."""
        changed = self._conn.execute(
            update(chunks).where(owned(chunk)).values(reservation=reservation, send_at=send_at)
        ).rowcount
        return changed == 1

    def recalling(self, chunk: Chunk, *, now: datetime) -> Chunk | None:
        """Before a call in doubt is taken back: no late answer to it counts any more. None: it changed since."""
        row = self._conn.execute(
            update(chunks)
            .where(chunks.c.id == chunk.id, chunks.c.state == ChunkState.IN_DOUBT, chunks.c.attempt == chunk.attempt)
            .values(attempt=chunks.c.attempt + 1)
            .returning(*chunks.c)
        ).first()
        return chunk_of(row) if row else None

    def judge(self, mailing: int, *, expected: Canary, to: Canary) -> None:
        """The first readers passed, or failed. Raises Lost where somebody judged before."""
        if to not in CANARY_TRANSITIONS[expected]:
            raise IllegalTransition(f"first readers that are {expected} cannot become {to}")
        changed = self._conn.execute(
            update(mailings).where(mailings.c.id == mailing, mailings.c.canary == expected).values(canary=to)
        ).rowcount
        if changed != 1:
            raise Lost(f"the first readers of mailing {mailing} have been judged already")

    def release(self, mailing: int, *, now: datetime, note: str) -> int:
        """Chunks that are held or given up become ready and due now. Returns how many."""
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state.in_([ChunkState.HELD, ChunkState.ABANDONED]))
            .values(state=ChunkState.READY, due_at=now, not_before=None, settled_at=now, note=note[:500])
        ).rowcount

    def carve(
        self,
        chunk: Chunk,
        parts: Sequence[tuple[int, int, ChunkState]],
        *,
        now: datetime,
        note: str,
        not_before: datetime | None = None,
    ) -> bool:
        """The chunk becomes split; `parts` (first_seq, last_seq, state) cover it exactly. False as in settle."""
        covered = [seq for first, last, _ in parts for seq in (first, last)]
        if not parts or covered[0] != chunk.first_seq or covered[-1] != chunk.last_seq:
            raise ValueError(f"the parts do not cover chunk {chunk.id}")
        if any(after[0] != before[1] + 1 for before, after in pairwise(parts)):
            raise ValueError(f"the parts of chunk {chunk.id} leave a gap or overlap")
        if not self.settle(chunk, to=ChunkState.SPLIT, now=now, note=note):
            return False
        self._conn.execute(
            insert(chunks),
            [
                {
                    "mailing_id": chunk.mailing,
                    "variant": chunk.variant,
                    "due_at": chunk.due_at,
                    "canary": chunk.canary,
                    "first_seq": first,
                    "last_seq": last,
                    "state": state,
                    "attempt": chunk.attempt,
                    "note": note[:500],
                    "not_before": not_before if state is ChunkState.READY else None,
                    **_standing(chunk, state, now),
                }
                for first, last, state in parts
            ],
        )
        return True

    def mark(self, mailing: int, statuses: Mapping[int, tuple[DeliveryStatus, str]], now: datetime) -> int:
        """Raise deliveries by seq to a status (never lower), each with a note. Returns how many changed."""
        return raise_statuses(self._conn, mailing, statuses, now)

    def mark_range(self, mailing: int, first: int, last: int, status: DeliveryStatus, now: datetime) -> None:
        """Raise deliveries first..last that are not skipped and not higher already to `status`."""
        self._conn.execute(
            update(deliveries)
            .where(
                deliveries.c.mailing_id == mailing,
                deliveries.c.seq >= first,
                deliveries.c.seq <= last,
                below(status),
            )
            .values(status=status, changed_at=now)
        )

    def bring_forward(self, mailing: int, *, now: datetime) -> int:
        """Every ready chunk becomes due now. Returns how many were waiting for their hour."""
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state == ChunkState.READY, chunks.c.due_at > now)
            .values(due_at=now)
        ).rowcount

    def release_late(self, mailing: int, *, now: datetime) -> int:
        """Chunks held for being late become ready and due now. Returns how many."""
        return self._conn.execute(
            update(chunks)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.HELD,
                chunks.c.note.startswith("late:"),
            )
            .values(state=ChunkState.READY, due_at=now, note="")
        ).rowcount

    def stale_claims(self, now: datetime) -> tuple[Chunk, ...]:
        """Chunks in `sending` of any mailing: the caller judges by owner and lease."""
        rows = self._conn.execute(select(chunks).where(chunks.c.state == ChunkState.SENDING).order_by(chunks.c.id))
        return tuple(chunk_of(row) for row in rows)

    def doubt(self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str, free: bool = False) -> bool:
        """Settle a chunk that nobody owns any more, from the state it was read in. False: it changed since.

        `free`: its last call was taken back, so that any provider may be given it unless an earlier one was not.
        """
        check_chunk(chunk.state, to)
        more = _NEW_DOUBT if to is ChunkState.IN_DOUBT else _TAKEN_BACK if free else {}
        changed = self._conn.execute(
            update(chunks)
            .where(chunks.c.id == chunk.id, chunks.c.state == chunk.state, chunks.c.attempt == chunk.attempt)
            .values(state=to, note=note[:500], settled_at=now, lease_until=None, **more)
        ).rowcount
        return changed == 1

    def chunks(self, mailing: int, *states: ChunkState) -> tuple[Chunk, ...]:
        """Chunks of a mailing, in these states (none named = all), in order of seq."""
        query = select(chunks).where(chunks.c.mailing_id == mailing)
        if states:
            query = query.where(chunks.c.state.in_(states))
        return tuple(chunk_of(row) for row in self._conn.execute(query.order_by(chunks.c.first_seq, chunks.c.id)))

    def next_due(self, mailing: int) -> datetime | None:
        """When the earliest ready chunk may go, or None where no chunk is ready."""
        # Two plain columns and not a GREATEST of them: the scalar max differs between the two databases.
        rows = self._conn.execute(
            select(func.min(chunks.c.due_at), chunks.c.not_before)
            .join(mailings, mailings.c.id == chunks.c.mailing_id)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.READY,
                or_(mailings.c.canary.in_(_GOING), chunks.c.canary),
            )
            .group_by(chunks.c.not_before)
        ).all()
        instants = [max(due, not_before or due) for due, not_before in rows if due is not None]
        return min(instants, default=None)

    def account(self, mailing: int, *, now: datetime | None = None) -> Account:
        """Read in one statement: adds up at every instant (P2). With `now`, silent deliveries show as unconfirmed."""
        return account_of(self._conn, mailing, now)

    def canary_account(self, mailing: int) -> Account:
        """The account of the first readers alone."""
        return account_of_canary(self._conn, mailing)

    def waves(self, mailing: int) -> tuple[tuple[datetime, int], ...]:
        """(due_at, readers) of every wave, in order; skipped readers of a planned wave are counted too."""
        rows = self._conn.execute(
            select(chunks.c.due_at, func.sum(chunks.c.last_seq - chunks.c.first_seq + 1))
            .where(chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT)
            .group_by(chunks.c.due_at)
            .order_by(chunks.c.due_at)
        )
        return tuple((due, int(readers_due)) for due, readers_due in rows)


_NEW_DOUBT: dict[str, object] = {"doubts": chunks.c.doubts + 1}
_NOT_TAKEN: dict[str, object] = {
    "provider": case((chunks.c.doubts > 0, chunks.c.provider), else_=""),
    "reservation": "",
    "send_at": None,
}
"""What stands in a chunk that this call certainly did not reach: any provider may be given it, unless an earlier
call of it had no answer."""
_TAKEN_BACK: dict[str, object] = _NOT_TAKEN | {
    "provider": case((chunks.c.doubts > 1, chunks.c.provider), else_=""),
    "doubts": chunks.c.doubts - 1,
}
_SETTLED = {ChunkState.READY: _NOT_TAKEN, ChunkState.IN_DOUBT: _NEW_DOUBT}


def _standing(chunk: Chunk, state: ChunkState, now: datetime) -> dict[str, object]:
    """What a part of a chunk keeps of it: a part that is ready was certainly not taken by this call."""
    if state is ChunkState.READY:
        bound = {"provider": chunk.provider if chunk.doubts else "", "doubts": chunk.doubts}
        return {"settled_at": None, "sent_at": None, "reservation": "", "send_at": None, **bound}
    return {
        "settled_at": now,
        "sent_at": chunk.sent_at,
        "provider": chunk.provider,
        "doubts": chunk.doubts + (state is ChunkState.IN_DOUBT),
        "reservation": chunk.reservation,
        "send_at": chunk.send_at,
    }
