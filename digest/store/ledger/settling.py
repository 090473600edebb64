"""Settling: what became of a chunk and of its readers, after its call or without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, and_, case, false, func, insert, null, or_, select, true, update

from digest.model.delivery import Chunk, ChunkState, DeliveryStatus, check_chunk
from digest.model.mail import SECOND
from digest.store.bulk import raise_statuses
from digest.store.ledger_rows import HEARD, below, call_of, owned, part_of, within
from digest.store.tables import chunks, deliveries


class Settling:
    """The part of the port `Ledger` that comes after a call."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def settle(
        self,
        chunk: Chunk,
        *,
        to: ChunkState,
        now: datetime,
        note: str = "",
        message_id: str = "",
        not_before: datetime | None = None,
        disbelieved: bool = False,
    ) -> ChunkState | None:
        """Change the state of a chunk that this attempt still owns. None: it is no longer ours (lease lost).

        A chunk that an event has echoed becomes accepted, whatever this call says: somebody has it (P1).
        `disbelieved`: its only reader was refused, and that is not believed yet. Returns what it became.
        """
        check_chunk(ChunkState.SENDING, to)
        unheard = true() if to is ChunkState.ACCEPTED or to is ChunkState.SPLIT else chunks.c.first_event_at.is_(None)
        changed = self._conn.execute(
            update(chunks)
            .where(owned(chunk), unheard)
            .values(
                state=to,
                note=note[:500],
                message_id=message_id,
                not_before=not_before,
                settled_at=now,
                lease_until=None,
                **_SETTLED.get(to, {}),
                **(_refused_at(now) if disbelieved else {}),
            )
        ).rowcount
        if changed:
            return to
        return ChunkState.ACCEPTED if self._accept_heard(owned(chunk), now, note) else None

    def _accept_heard(self, which: ColumnElement[bool], now: datetime, note: str) -> bool:
        """A chunk that an event has echoed meanwhile is accepted. A statement of its own: it sees what was awaited."""
        changed = self._conn.execute(
            update(chunks)
            .where(which, chunks.c.first_event_at.is_not(None))
            .values(
                state=ChunkState.ACCEPTED, note=f"an event echoed it; {note}"[:500], settled_at=now, lease_until=None
            )
        ).rowcount
        return changed == 1

    def carve(
        self,
        chunk: Chunk,
        parts: Sequence[tuple[int, int, ChunkState]],
        *,
        now: datetime,
        note: str,
        not_before: datetime | None = None,
        told_apart: bool = True,
    ) -> ChunkState | None:
        """The chunk becomes split; `parts` (first_seq, last_seq, state) cover it exactly. Returns as settle.

        An event may have echoed it meanwhile. Where the provider told its readers apart (`told_apart`), a part with a
        reader who was heard of is accepted; else, or where an earlier call of it was in doubt, the whole chunk is.
        """
        covered = [seq for first, last, _ in parts for seq in (first, last)]
        if not parts or covered[0] != chunk.first_seq or covered[-1] != chunk.last_seq:
            raise ValueError(f"the parts do not cover chunk {chunk.id}")
        if any(after[0] != before[1] + 1 for before, after in pairwise(parts)):
            raise ValueError(f"the parts of chunk {chunk.id} leave a gap or overlap")
        # Locked: an event that comes now waits, and finds the parts.
        heard_at = self._conn.execute(select(chunks.c.first_event_at).where(owned(chunk)).with_for_update()).first()
        if heard_at is not None and heard_at[0] is not None and (chunk.doubts or not told_apart):
            return self.settle(chunk, to=ChunkState.ACCEPTED, now=now, note=f"an event echoed it; {note}")
        if self.settle(chunk, to=ChunkState.SPLIT, now=now, note=note) is None:
            return None
        heard = self._heard_of(chunk) if heard_at is not None and heard_at[0] is not None else []
        told = [any(first <= seq <= last for seq in heard) for first, last, _ in parts]
        parts = [
            (first, last, ChunkState.ACCEPTED if known else state)
            for (first, last, state), known in zip(parts, told, strict=True)
        ]
        self._conn.execute(
            insert(chunks),
            [
                part_of(chunk, first, last)
                | {
                    "state": state,
                    "note": note[:500],
                    "not_before": not_before if state is ChunkState.READY else None,
                    "first_event_at": heard_at[0] if known and heard_at is not None else None,
                    **_standing(chunk, state, now),
                }
                for (first, last, state), known in zip(parts, told, strict=True)
            ],
        )
        return ChunkState.SPLIT

    def set_apart(self, chunk: Chunk, *, now: datetime, note: str) -> bool:
        """A chunk in doubt is split: readers of whom a provider has spoken are accepted, the others stay in doubt.

        For providers that take readers one by one. False: it changed since, or nobody was heard of.
        """
        check_chunk(ChunkState.IN_DOUBT, ChunkState.SPLIT)
        heard = set(self._heard_of(chunk))
        same = (chunks.c.id == chunk.id, chunks.c.state == ChunkState.IN_DOUBT, chunks.c.attempt == chunk.attempt)
        if not heard or self._conn.execute(update(chunks).where(*same).values(state=ChunkState.SPLIT)).rowcount != 1:
            return False
        known = [seq in heard for seq in range(chunk.first_seq, chunk.last_seq + 1)]
        borders = [0, *(place for place in range(1, chunk.size) if known[place] != known[place - 1]), chunk.size]
        self._conn.execute(
            insert(chunks),
            [
                part_of(chunk, chunk.first_seq + start, chunk.first_seq + end - 1)
                | call_of(chunk)
                | {
                    "state": ChunkState.ACCEPTED if known[start] else ChunkState.IN_DOUBT,
                    "note": note[:500],
                    "settled_at": chunk.settled_at or now,
                }
                for start, end in pairwise(borders)
            ],
        )
        return True

    def _heard_of(self, chunk: Chunk) -> Sequence[int]:
        """Deliveries of the chunk of which a provider has spoken."""
        return self._conn.scalars(select(deliveries.c.seq).where(within(chunk), deliveries.c.status.in_(HEARD))).all()

    def doubt(
        self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str, free: bool = False, decided: bool = False
    ) -> bool:
        """Settle a chunk that nobody owns any more, from the state it was read in. False: it changed since.

        `free`: its last call was taken back, so that any provider may be given it unless an earlier one was not.
        `decided`: it is repeated although somebody may have it. A chunk that an event has echoed becomes accepted and
        nothing else.
        """
        check_chunk(chunk.state, to)
        more = _NEW_DOUBT if to is ChunkState.IN_DOUBT else _TAKEN_BACK if free else _DECIDED if decided else {}
        same = and_(chunks.c.id == chunk.id, chunks.c.state == chunk.state, chunks.c.attempt == chunk.attempt)
        unheard = true() if to is ChunkState.ACCEPTED else chunks.c.first_event_at.is_(None)
        changed = self._conn.execute(
            update(chunks)
            .where(same, unheard)
            .values(state=to, note=note[:500], settled_at=now, lease_until=None, **more)
        ).rowcount
        return changed == 1 or self._accept_heard(same, now, note)

    def release(
        self, mailing: int, state: ChunkState, *, now: datetime, note: str, providers: Collection[str] = ()
    ) -> int:
        """Chunks that are held, or given up (`state`), become ready and due now. Returns how many.

        `providers` are those that are in use: a chunk that waits for another one would wait for ever, and any may be
        given it.
        """
        check_chunk(state, ChunkState.READY)
        gone = chunks.c.provider.not_in(["", *providers]) if providers else false()
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state == state)
            .values(
                state=ChunkState.READY,
                due_at=now,
                not_before=None,
                **_NO_QUIET,
                settled_at=now,
                note=note[:500],
                **_DECIDED,
                provider=case((gone, ""), else_=chunks.c.provider),
                doubts=case((gone, 0), else_=chunks.c.doubts),
            )
        ).rowcount

    def take_back_refusals(self, mailing: int, *, now: datetime, note: str, not_before: datetime) -> int:
        """Whoever was refused is ready again: it was not the address. Returns how many readers."""
        found = self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state == ChunkState.REFUSED)
            .values(state=ChunkState.READY, not_before=not_before, settled_at=now, note=note[:500], **_NOT_TAKEN)
            .returning(chunks.c.first_seq, chunks.c.last_seq)
        ).all()
        readers = 0
        for first, last in found:
            readers += self._conn.execute(
                update(deliveries)
                .where(
                    deliveries.c.mailing_id == mailing,
                    deliveries.c.seq.between(first, last),
                    deliveries.c.status == DeliveryStatus.DROPPED,
                )
                .values(status=DeliveryStatus.PLANNED, note="", changed_at=now)
            ).rowcount
        return readers

    def count_refusals_anew(self, mailing: int) -> None:
        """Who was refused alone, and not believed, is tried at once, and as often as at first before a person looks."""
        self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.refusals > 0)
            .values(refusals=0, not_before=None)
        )

    def release_late(self, mailing: int, *, now: datetime) -> int:
        """Chunks held for being late become ready and due now. Returns how many."""
        return self._conn.execute(
            update(chunks)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.HELD,
                chunks.c.note.startswith("late:"),
            )
            .values(state=ChunkState.READY, due_at=now, note="", **_NO_QUIET)
        ).rowcount

    def give_second_subject(self, mailing: int) -> int:
        """Chunks of the rest that were never tried get the variant with the second subject. Returns how many."""
        return self._conn.execute(
            update(chunks)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.READY,
                chunks.c.attempt == 0,
                chunks.c.canary.is_(False),
                chunks.c.variant.endswith(f":{SECOND}").is_(False),
            )
            .values(variant=chunks.c.variant + f":{SECOND}")
        ).rowcount

    def bring_forward(self, mailing: int, *, now: datetime) -> int:
        """Every ready chunk becomes due now, its quiet hours or not. Returns how many were waiting for either."""
        return self._conn.execute(
            update(chunks)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.READY,
                or_(chunks.c.due_at > now, chunks.c.quiet_from.is_not(None)),
            )
            .values(due_at=now, **_NO_QUIET)
        ).rowcount

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


_NO_QUIET: dict[str, object] = {"quiet_from": None, "quiet_until": None}
"""A person says that it goes now: that counts for more."""
_NEW_DOUBT: dict[str, object] = {
    "doubts": chunks.c.doubts + 1,
    "doubted_at": func.coalesce(chunks.c.doubted_at, chunks.c.sent_at),
}
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
    "doubted_at": case((chunks.c.doubts > 1, chunks.c.doubted_at), else_=null()),
}
_DECIDED: dict[str, object] = {"doubted_at": None}
"""A rule or a person repeats it, whoever may have it: its next call counts as a first one."""
_SETTLED = {ChunkState.READY: _NOT_TAKEN, ChunkState.IN_DOUBT: _NEW_DOUBT}


def _refused_at(now: datetime) -> dict[str, object]:
    return {"refusals": chunks.c.refusals + 1, "refused_at": func.coalesce(chunks.c.refused_at, now)}


def _standing(chunk: Chunk, state: ChunkState, now: datetime) -> dict[str, object]:
    """What a part of a chunk keeps of it: a part that is ready was certainly not taken by this call."""
    call = call_of(chunk)
    if state is ChunkState.READY:
        bound = chunk.provider if chunk.doubts else ""
        return call | {"settled_at": None, "sent_at": None, "reservation": "", "send_at": None, "provider": bound}
    if state is ChunkState.IN_DOUBT:
        return call | {
            "settled_at": now,
            "doubts": chunk.doubts + 1,
            "doubted_at": chunk.doubted_at or chunk.sent_at,
        }
    return call | {"settled_at": now}
