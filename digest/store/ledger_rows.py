"""Rows of the ledger: conditions that its updates share, and rows as the domain knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Row, and_, exists, or_

from digest.model.delivery import Canary, Chunk, ChunkState, DeliveryStatus, Mailing, MailingState
from digest.store.tables import chunks, deliveries

V = TypeVar("V")

GOING = (Canary.NONE, Canary.PASSED)
"""While the first readers are out, or have failed, nobody else's chunk is given."""
HEARD = (
    DeliveryStatus.PROCESSED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.BOUNCED,
    DeliveryStatus.COMPLAINED,
)
"""What only a provider can have told: it has, or had, this reader's message."""
NOT_TAKEN = (DeliveryStatus.SKIPPED, DeliveryStatus.DROPPED)
"""Of an accepted chunk: nobody's call was made for these, or it was refused."""


def took_somebody() -> ColumnElement[bool]:
    """Chunks with a reader whom the provider took: not those of which everybody had left, or was refused."""
    return exists().where(
        deliveries.c.mailing_id == chunks.c.mailing_id,
        deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq),
        deliveries.c.status.not_in(NOT_TAKEN),
    )


def owned(chunk: Chunk) -> ColumnElement[bool]:
    """The chunk, as long as this attempt of this owner holds it."""
    return and_(
        chunks.c.id == chunk.id,
        chunks.c.state == ChunkState.SENDING,
        chunks.c.attempt == chunk.attempt,
        chunks.c.owner == chunk.owner,
    )


def part_of(chunk: Chunk, first: int, last: int) -> dict[str, object]:
    """What a part of a chunk takes over from it, whatever becomes of the part."""
    return {
        "mailing_id": chunk.mailing,
        "variant": chunk.variant,
        "due_at": chunk.due_at,
        "quiet_from": chunk.quiet_from,
        "quiet_until": chunk.quiet_until,
        "canary": chunk.canary,
        "first_seq": first,
        "last_seq": last,
        "attempt": chunk.attempt,
    }


def call_of(chunk: Chunk) -> dict[str, object]:
    """What a part of a chunk takes over that its call may have reached."""
    return {
        "sent_at": chunk.sent_at,
        "provider": chunk.provider,
        "doubts": chunk.doubts,
        "doubted_at": chunk.doubted_at,
        "reservation": chunk.reservation,
        "send_at": chunk.send_at,
    }


def awake(now: datetime) -> ColumnElement[bool]:
    """Chunks whose readers are not in their quiet hours."""
    return or_(chunks.c.quiet_from.is_(None), chunks.c.quiet_from > now, chunks.c.quiet_until <= now)


def within(chunk: Chunk) -> ColumnElement[bool]:
    """The deliveries of a chunk."""
    return and_(
        deliveries.c.mailing_id == chunk.mailing,
        deliveries.c.seq >= chunk.first_seq,
        deliveries.c.seq <= chunk.last_seq,
    )


def below(status: DeliveryStatus) -> ColumnElement[bool]:
    """Only knowledge of a lower rank is overwritten: repeats and disorder of events change nothing."""
    return deliveries.c.status.in_([one for one in DeliveryStatus if one.rank < status.rank])


def by_value(found: Mapping[int, V]) -> Iterator[tuple[V, list[int]]]:
    """Keys that share a value, a thousand at a time."""
    groups: dict[V, list[int]] = {}
    for seq in sorted(found):
        groups.setdefault(found[seq], []).append(seq)
    for value, members in groups.items():
        for start in range(0, len(members), 1000):
            yield value, members[start : start + 1000]


def mailing_of(row: Row[tuple[object, ...]]) -> Mailing:
    """A row of mailings as the domain knows it."""
    found = row._mapping
    return Mailing(
        id=found["id"],
        edition=found["edition"],
        list=found["list"],
        state=MailingState(found["state"]),
        planned_at=found["planned_at"],
        count=found["count"],
        plan_sha256=found["plan_sha256"],
        reason=found["reason"],
        canary=Canary(found["canary"]),
        correction=found["correction"],
        signed_by=found["signed_by"],
    )


def chunk_of(row: Row[tuple[object, ...]]) -> Chunk:
    """A row of chunks as the domain knows it."""
    found = row._mapping
    return Chunk(
        id=found["id"],
        mailing=found["mailing_id"],
        variant=found["variant"],
        due_at=found["due_at"],
        first_seq=found["first_seq"],
        last_seq=found["last_seq"],
        state=ChunkState(found["state"]),
        attempt=found["attempt"],
        owner=found["owner"],
        lease_until=found["lease_until"],
        not_before=found["not_before"],
        quiet_from=found["quiet_from"],
        quiet_until=found["quiet_until"],
        sent_at=found["sent_at"],
        settled_at=found["settled_at"],
        first_event_at=found["first_event_at"],
        canary=found["canary"],
        note=found["note"],
        provider=found["provider"],
        doubts=found["doubts"],
        doubted_at=found["doubted_at"],
        reservation=found["reservation"],
        send_at=found["send_at"],
        refusals=found["refusals"],
        refused_at=found["refused_at"],
    )
