"""Writing a plan: a mailing, its chunks and a row for each reader, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, text, update

from digest.model.delivery import Canary, ChunkState, DeliveryStatus, MailingState, PlannedGroup
from digest.model.errors import Lost
from digest.store.filling import Filling
from digest.store.tables import chunks, mailings
from subscribers.copying import copy_in
from subscribers.tables import insert_into

_ROWS = 50_000
"""Rows of one insert; bounds the memory of a plan."""
_SQLITE_CACHE = 65_536
"""KB. The key of readers is met in as many passes as there are groups: a plan of a million took a fifth longer with the
2 MB that SQLite keeps by itself."""
_INSERT = text(
    # One statement for fifty thousand rows, and no Python for any of them: half the time of an executemany.
    "INSERT INTO deliveries (mailing_id, seq, subscriber_id, status, note) "
    "SELECT :mailing, :first + key, value, :status, :note FROM json_each('[' || :ids || ']')"
)
_COPY = 'COPY "{table}" (mailing_id, seq, subscriber_id, status, note) FROM STDIN'
_LARGE = 10_000
"""Rows that change what PostgreSQL should believe of its tables."""


def write_plan(
    conn: Connection,
    *,
    edition: str,
    correction: int,
    list_slug: str,
    groups: Sequence[PlannedGroup],
    skipped: Mapping[str, Sequence[int]],
    chunk_size: int,
    now: datetime,
    signed_by: str = "",
) -> int:
    """Returns the mailing's id. Raises Lost where the edition has a mailing already (P1)."""
    count = sum(len(group.subscribers) for group in groups) + sum(len(ids) for ids in skipped.values())
    made = conn.execute(
        insert_into(conn, mailings)
        .values(
            edition=edition,
            correction=correction,
            list=list_slug,
            state=MailingState.PLANNED,
            planned_at=now,
            count=count,
            plan_sha256="",
            signed_by=signed_by,
            canary=Canary.OUT if any(group.canary for group in groups) else Canary.NONE,
        )
        .on_conflict_do_nothing()
        .returning(mailings.c.id)
    ).scalar()
    if made is None:
        raise Lost(f"edition {edition} has been planned already; see `digest status {edition}`")
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(f"PRAGMA cache_size = -{_SQLITE_CACHE}")
    filling = Filling(conn, made, count)
    seq, digest = 0, hashlib.sha256()
    for group in groups:
        digest.update(f"{group.variant}\n{group.due_at.isoformat()}\n".encode())
        for ids in _write(conn, filling.table, made, seq, group.subscribers, DeliveryStatus.PLANNED, ""):
            digest.update(ids.encode())
        conn.execute(insert(chunks), list(_chunk_rows(made, group, seq, chunk_size)))
        seq += len(group.subscribers)
    for reason, readers in sorted(skipped.items()):
        digest.update(f"\nskipped {reason}\n".encode())
        for ids in _write(conn, filling.table, made, seq, readers, DeliveryStatus.SKIPPED, reason):
            digest.update(ids.encode())
        seq += len(readers)
    conn.execute(update(mailings).where(mailings.c.id == made).values(plan_sha256=digest.hexdigest()))
    filling.end()
    if conn.dialect.name == "sqlite":
        # The driver's own default again: this connection goes on to serve others.
        conn.exec_driver_sql("PRAGMA cache_size = -2000")
    return int(made)


def learn_sizes(conn: Connection, count: int) -> None:
    """After a plan of so many rows is committed: PostgreSQL learns of them, or it plans as for the tables of before.

    It looks by itself about once a minute, and then for a while at what else has changed. SQLite plans without.
    """
    if conn.dialect.name == "postgresql" and count >= _LARGE:
        conn.exec_driver_sql("ANALYZE deliveries, chunks")


def _write(
    conn: Connection, table: str, mailing: int, first: int, readers: Sequence[int], status: DeliveryStatus, note: str
) -> Iterator[str]:
    """Write a row for each reader; yields the ids as they were written, for the hash."""
    for start in range(0, len(readers), _ROWS):
        part = readers[start : start + _ROWS]
        ids = ",".join(map(str, part))
        if conn.dialect.name == "postgresql":
            tail = f"\t{status.value}\t{_copied(note)}\n"
            lines = "".join([f"{mailing}\t{seq}\t{one}{tail}" for seq, one in enumerate(part, first + start)])
            copy_in(conn, _COPY.format(table=table), lines)
        else:
            conn.execute(
                _INSERT,
                {"mailing": mailing, "first": first + start, "status": status.value, "note": note, "ids": ids},
            )
        # A comma after each part: the hash does not depend on how many rows one statement writes.
        yield ids + ","


def _copied(words: str) -> str:
    """Text as COPY's text form holds it."""
    return words.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


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
            "quiet_from": group.quiet[0] if group.quiet else None,
            "quiet_until": group.quiet[1] if group.quiet else None,
        }
