"""Writing a plan: a mailing, its chunks and a row for each reader, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from digest.model.delivery import Canary, ChunkState, DeliveryStatus, MailingState, PlannedGroup
from digest.model.errors import Lost
from digest.store.tables import chunks, deliveries, mailings
from subscribers.tables import insert_into

_ROWS = 5_000
"""Rows of one insert; bounds the memory of a plan."""


def write_plan(
    conn: Connection,
    *,
    edition: str,
    list_slug: str,
    groups: Sequence[PlannedGroup],
    skipped: Mapping[str, Sequence[int]],
    chunk_size: int,
    now: datetime,
) -> int:
    """Returns the mailing's id. Raises Lost where the edition has a mailing already (P1)."""
    count = sum(len(group.subscribers) for group in groups) + sum(len(ids) for ids in skipped.values())
    made = conn.execute(
        insert_into(conn, mailings)
        .values(
            edition=edition,
            list=list_slug,
            state=MailingState.PLANNED,
            planned_at=now,
            count=count,
            plan_sha256=_plan_hash(groups, skipped),
            canary=Canary.OUT if any(group.canary for group in groups) else Canary.NONE,
        )
        .on_conflict_do_nothing()
        .returning(mailings.c.id)
    ).scalar()
    if made is None:
        raise Lost(f"edition {edition} has been planned already; see `digest status {edition}`")
    seq = 0
    for group in groups:
        _write(conn, made, seq, group.subscribers, DeliveryStatus.PLANNED, "")
        conn.execute(insert(chunks), list(_chunk_rows(made, group, seq, chunk_size)))
        seq += len(group.subscribers)
    for reason, ids in sorted(skipped.items()):
        _write(conn, made, seq, ids, DeliveryStatus.SKIPPED, reason)
        seq += len(ids)
    return int(made)


def _write(conn: Connection, mailing: int, first: int, ids: Sequence[int], status: DeliveryStatus, note: str) -> None:
    for start in range(0, len(ids), _ROWS):
        rows = [
            {
                "mailing_id": mailing,
                "seq": first + start + offset,
                "subscriber_id": subscriber,
                "status": status,
                "note": note,
            }
            for offset, subscriber in enumerate(ids[start : start + _ROWS])
        ]
        conn.execute(insert(deliveries), rows)


def _plan_hash(groups: Sequence[PlannedGroup], skipped: Mapping[str, Sequence[int]]) -> str:
    digest = hashlib.sha256()
    for group in groups:
        digest.update(f"{group.variant}\n{group.due_at.isoformat()}\n".encode())
        digest.update(",".join(map(str, group.subscribers)).encode())
    for reason, ids in sorted(skipped.items()):
        digest.update(f"\nskipped {reason}\n".encode())
        digest.update(",".join(map(str, ids)).encode())
    return digest.hexdigest()


def _chunk_rows(mailing: int, group: PlannedGroup, first: int, size: int) -> Iterator[dict[str, object]]:
    end = first + len(group.subscribers)
    for start in range(first, end, size):
        yield {
            "mailing_id": mailing,
            "variant": group.variant,
            "due_at": group.due_at,
            "first_seq": start,
            "last_seq": min(start + size, end) - 1,
            "state": ChunkState.READY,
            "canary": group.canary,
        }
