"""Claims: a chunk is taken, cut to size and looked at, before the first byte of its call goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, not_, or_, select, true, update

from digest.model.delivery import Addressee, Chunk, ChunkState, DeliveryStatus, MailingState
from digest.store.ledger_rows import GOING, awake, by_value, chunk_of, owned, part_of, took_somebody, within
from digest.store.tables import chunks, deliveries, mailings
from subscribers import store as readers
from subscribers import suppression
from subscribers.tables import subscribers as people
from subscribers.tables import subscriptions


def _known_since(instant: datetime) -> ColumnElement[bool]:
    """Chunks of which every call that may have been taken is so young, or is repeated knowingly."""
    return or_(chunks.c.doubts == 0, chunks.c.doubted_at.is_(None), chunks.c.doubted_at > instant)


class Claims:
    """The part of the port `Ledger` that comes before a call."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def claim(
        self,
        mailing: int,
        *,
        owner: str,
        now: datetime,
        lease_until: datetime,
        provider: str = "",
        bound_only: bool = False,
        room: int | None = None,
        known_since: datetime | None = None,
        among: tuple[int, int] | None = None,
    ) -> Chunk | None:
        """Take one ready chunk that is due, or None; a mailing that is not being sent gives none (P6).

        A chunk that another provider may have is passed over: nobody twice by two providers (P1). So is one that may
        have been taken and has more than `room` readers, or whose first such call is older than `known_since`.
        `among` (first_seq, last_seq): only a part of these.
        """
        size = chunks.c.last_seq - chunks.c.first_seq + 1
        more = (
            *([] if room is None else [or_(chunks.c.doubts == 0, size <= room)]),
            *([] if known_since is None else [_known_since(known_since)]),
            *([] if among is None else [chunks.c.first_seq >= among[0], chunks.c.last_seq <= among[1]]),
        )
        candidate = (
            select(chunks.c.id)
            .where(
                chunks.c.mailing_id == mailing,
                chunks.c.state == ChunkState.READY,
                chunks.c.due_at <= now,
                or_(chunks.c.not_before.is_(None), chunks.c.not_before <= now),
                awake(now),
                chunks.c.provider == provider if bound_only else chunks.c.provider.in_(["", provider]),
                *more,
                exists().where(
                    mailings.c.id == mailing,
                    mailings.c.state == MailingState.SENDING,
                    or_(mailings.c.canary.in_(GOING), chunks.c.canary),
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

    def cut(self, chunk: Chunk, readers: int) -> Chunk:
        """A claimed chunk keeps its first `readers`; the others become a ready chunk of their own."""
        last = chunk.first_seq + readers - 1
        if not chunk.first_seq <= last < chunk.last_seq:
            raise ValueError(f"chunk {chunk.id} holds {chunk.size} readers: it cannot be cut at {readers}")
        if chunk.doubts:
            raise ValueError(f"chunk {chunk.id} may have been taken: it is repeated as it was, or not at all")
        self._conn.execute(update(chunks).where(owned(chunk)).values(last_seq=last))
        self._conn.execute(
            insert(chunks).values(
                part_of(chunk, last + 1, chunk.last_seq)
                | {"attempt": 0, "state": ChunkState.READY, "note": "cut from the chunk before"}
            )
        )
        return replace(chunk, last_seq=last)

    def reserve(self, chunk: Chunk, reservation: str, send_at: datetime) -> bool:
        """Remember the name of the call that is about to be made. False: it is no longer ours."""
        changed = self._conn.execute(
            update(chunks).where(owned(chunk)).values(reservation=reservation, send_at=send_at)
        ).rowcount
        return changed == 1

    def may_call(self, chunk: Chunk, *, now: datetime) -> bool:
        """Whether the call of a claimed chunk may begin: its mailing goes on, it still is ours, nobody was heard of.

        A process that was asleep since its claim must not wake up and make the call: its lease may have run out, and
        the chunk may be with another one (P1).
        """
        found = self._conn.scalar(
            select(chunks.c.id)
            .join(mailings, mailings.c.id == chunks.c.mailing_id)
            .where(
                owned(chunk),
                chunks.c.lease_until > now,
                chunks.c.first_event_at.is_(None),
                mailings.c.state == MailingState.SENDING,
            )
        )
        return found is not None

    def refused_since(self, chunk: Chunk) -> datetime | None:
        """When a call with its readers was first refused: the one that it was halved from, or its own. None = never."""
        halved = self._conn.scalar(
            select(func.min(chunks.c.settled_at)).where(
                chunks.c.mailing_id == chunk.mailing,
                chunks.c.state == ChunkState.SPLIT,
                chunks.c.provider == chunk.provider,
                chunks.c.first_seq <= chunk.first_seq,
                chunks.c.last_seq >= chunk.last_seq,
            )
        )
        return min(filter(None, (halved, chunk.refused_at)), default=None)

    def believable(self, chunk: Chunk, *, since: datetime | None) -> bool:
        """Whether a refusal of its only reader is believed: another was taken by a call that began `since`, or later.

        None = ever. Or nobody else waits. As long as nobody was taken, it may be the message or the account, and would
        be the same for everybody; also where it was not before.
        """
        others = and_(chunks.c.mailing_id == chunk.mailing, chunks.c.id != chunk.id)
        taken = exists().where(
            others,
            chunks.c.state == ChunkState.ACCEPTED,
            chunks.c.provider == chunk.provider,
            # Of the same rendering: it may be the message that is refused, and another one is taken.
            chunks.c.variant == chunk.variant,
            true() if since is None else chunks.c.sent_at >= since,
            took_somebody(),
        )
        waiting = exists().where(others, chunks.c.state.in_([ChunkState.READY, ChunkState.SENDING]))
        return bool(self._conn.scalar(select(or_(taken, not_(waiting)))))

    def others_of(self, chunk: Chunk) -> tuple[bool, bool]:
        """(anybody else of its mailing was taken, anybody else waits who was not refused alone yet)."""
        others = and_(chunks.c.mailing_id == chunk.mailing, chunks.c.id != chunk.id)
        taken = exists().where(others, chunks.c.state == ChunkState.ACCEPTED, took_somebody())
        untried = exists().where(
            others, chunks.c.state.in_([ChunkState.READY, ChunkState.SENDING]), chunks.c.refused_at.is_(None)
        )
        found = self._conn.execute(select(taken, untried)).one()
        return bool(found[0]), bool(found[1])

    def recalling(self, chunk: Chunk, *, now: datetime) -> Chunk | None:
        """Before a call in doubt is taken back: no late answer to it counts any more. None: it changed since."""
        row = self._conn.execute(
            update(chunks)
            .where(chunks.c.id == chunk.id, chunks.c.state == ChunkState.IN_DOUBT, chunks.c.attempt == chunk.attempt)
            .values(attempt=chunks.c.attempt + 1)
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
