"""Settling: what became of a chunk and of its readers, after its call or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, case, insert, update

from digest.model.delivery import Chunk, ChunkState, DeliveryStatus, check_chunk
from digest.store.bulk import raise_statuses
from digest.store.ledger_rows import below, owned
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

    def release(self, mailing: int, *, now: datetime, note: str) -> int:
        """Chunks that are held or given up become ready and due now. Returns how many."""
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state.in_([ChunkState.HELD, ChunkState.ABANDONED]))
            .values(state=ChunkState.READY, due_at=now, not_before=None, settled_at=now, note=note[:500])
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

    def bring_forward(self, mailing: int, *, now: datetime) -> int:
        """Every ready chunk becomes due now. Returns how many were waiting for their hour."""
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.mailing_id == mailing, chunks.c.state == ChunkState.READY, chunks.c.due_at > now)
            .values(due_at=now)
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
