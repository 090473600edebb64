"""Writing a plan: a mailing, its chunks and a row for each reader, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, text, update

from digest.model.delivery import Canary, ChunkState, DeliveryStatus, MailingState, PlannedGroup
from digest.model.errors import Lost
from digest.store.tables import chunks, mailings
from subscribers.tables import insert_into

_ROWS = 50_000
"""Rows of one insert; bounds the memory of a plan."""
_INSERT = {
    # One statement for fifty thousand rows, and no Python for any of them: half the time of an executemany.
    "sqlite": text(
        "INSERT INTO deliveries (mailing_id, seq, subscriber_id, status, note) "
        "SELECT :mailing, :first + key, value, :status, :note FROM json_each('[' || :ids || ']')"
    ),
    "postgresql": text(
        "INSERT INTO deliveries (mailing_id, seq, subscriber_id, status, note) "
        "SELECT :mailing, :first + place - 1, id, :status, :note "
        "FROM unnest(CAST('{' || :ids || '}' AS bigint[])) WITH ORDINALITY AS found (id, place)"
    ),
}


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
            plan_sha256="",
            canary=Canary.OUT if any(group.canary for group in groups) else Canary.NONE,
        )
        .on_conflict_do_nothing()
        .returning(mailings.c.id)
    ).scalar()
    if made is None:
        raise Lost(f"edition {edition} has been planned already; see `digest status {edition}`")
    seq, digest = 0, hashlib.sha256()
    for group in groups:
        digest.update(f"{group.variant}\n{group.due_at.isoformat()}\n".encode())
        for ids in _write(conn, made, seq, group.subscribers, DeliveryStatus.PLANNED, ""):
            digest.update(ids.encode())
        conn.execute(insert(chunks), list(_chunk_rows(made, group, seq, chunk_size)))
        seq += len(group.subscribers)
    for reason, readers in sorted(skipped.items()):
        digest.update(f"\nskipped {reason}\n".encode())
        for ids in _write(conn, made, seq, readers, DeliveryStatus.SKIPPED, reason):
            digest.update(ids.encode())
        seq += len(readers)
    conn.execute(update(mailings).where(mailings.c.id == made).values(plan_sha256=digest.hexdigest()))
    return int(made)


def _write(
    conn: Connection, mailing: int, first: int, readers: Sequence[int], status: DeliveryStatus, note: str
) -> Iterator[str]:
    """Write a row for each reader; yields the ids as they were written, for the hash."""
    for start in range(0, len(readers), _ROWS):
        ids = ",".join(map(str, readers[start : start + _ROWS]))
        conn.execute(
            _INSERT[conn.dialect.name],
            {"mailing": mailing, "first": first + start, "status": status.value, "note": note, "ids": ids},
        )
        # A comma after each part: the hash does not depend on how many rows one statement writes.
        yield ids + ","


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
