"""Feedback as it came (posts) and as it was understood (events)."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from digest.model.delivery import ChunkState, DeliveryStatus
from digest.model.feedback import FeedbackKind
from digest.ports import Heard
from digest.store.engagement import note_openings
from digest.store.tables import chunks, deliveries, feedback, hook_posts
from subscribers.tables import insert_into

_BATCH = 1_000
_PROVED = (ChunkState.IN_DOUBT, ChunkState.HELD, ChunkState.READY, ChunkState.ABANDONED)
"""States that an echoed event turns into accepted: the provider has it, whatever we believed."""


class StoredFeedback:
    """The port `FeedbackBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def keep_post(self, provider: str, body: bytes, now: datetime) -> None:
        """Store a verified post whole; it is applied later."""
        self._conn.execute(insert(hook_posts).values(provider=provider, body=body, received_at=now))

    def waiting_posts(self, limit: int) -> tuple[tuple[int, str, bytes], ...]:
        """(id, provider, body) of the oldest posts that are not applied yet; nobody else gets them meanwhile."""
        rows = self._conn.execute(
            select(hook_posts.c.id, hook_posts.c.provider, hook_posts.c.body)
            .where(hook_posts.c.applied_at.is_(None))
            .order_by(hook_posts.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return tuple((row.id, row.provider, row.body) for row in rows)

    def post_done(self, post: int, *, now: datetime, note: str = "") -> None:
        """A post has been applied, or could not be read (then `note` says why)."""
        self._conn.execute(update(hook_posts).where(hook_posts.c.id == post).values(applied_at=now, note=note[:500]))

    def record(self, heard: Sequence[Heard], now: datetime) -> int:
        """Keep events that are not known yet, whatever id they come under. Returns how many were new."""
        rows = {
            key: {
                "event_key": key,
                "provider": one.feedback.provider,
                "kind": one.feedback.kind,
                "at": one.feedback.at,
                "received_at": now,
                "mailing_id": one.mailing,
                "seq": one.seq,
                "detail": one.feedback.detail,
                "url": one.feedback.url,
                "machine": one.feedback.machine,
            }
            for one in heard
            if (key := _event_key(one))
        }
        new, keys = 0, list(rows)
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            known = set(self._conn.scalars(select(feedback.c.event_key).where(feedback.c.event_key.in_(part))))
            fresh = [rows[key] for key in part if key not in known]
            if fresh:
                new += len(fresh)
                self._conn.execute(insert_into(self._conn, feedback).on_conflict_do_nothing(), fresh)
                note_openings(self._conn, fresh)
        return new

    def echo(self, mailing: int, seqs: Sequence[int], now: datetime) -> int:
        """Chunks that hold these deliveries have been heard of; those in doubt are accepted. Returns how many were."""
        named = self._chunks_of(mailing, seqs, chunks.c.first_event_at.is_(None))
        if not named:
            return 0
        settled = self._accept(named, now, "an event echoed it")
        self._conn.execute(update(chunks).where(chunks.c.id.in_(named)).values(first_event_at=now))
        return settled

    def prove(self, mailing: int, seqs: Sequence[int], now: datetime) -> int:
        """The same for word from a source that speaks of some readers only: others' silence still says nothing."""
        named = self._chunks_of(mailing, seqs, chunks.c.state.in_(_PROVED))
        return self._accept(named, now, "a message of it was found") if named else 0

    def _chunks_of(self, mailing: int, seqs: Sequence[int], which: ColumnElement[bool]) -> set[int]:
        """Chunks that hold these deliveries, among those of a kind."""
        rows = self._conn.execute(
            select(chunks.c.id, chunks.c.first_seq, chunks.c.last_seq)
            .where(chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT, which)
            .order_by(chunks.c.first_seq)
        ).all()
        starts = [row.first_seq for row in rows]
        named = set()
        for seq in seqs:
            place = bisect_right(starts, seq) - 1
            if place >= 0 and seq <= rows[place].last_seq:
                named.add(rows[place].id)
        return named

    def _accept(self, named: set[int], now: datetime, note: str) -> int:
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.id.in_(named), chunks.c.state.in_(_PROVED))
            .values(state=ChunkState.ACCEPTED, settled_at=now, note=note)
        ).rowcount

    def subscribers(self, mailing: int, seqs: Sequence[int]) -> Mapping[int, int]:
        """seq -> subscriber."""
        found: dict[int, int] = {}
        for start in range(0, len(seqs), _BATCH):
            rows = self._conn.execute(
                select(deliveries.c.seq, deliveries.c.subscriber_id).where(
                    deliveries.c.mailing_id == mailing, deliveries.c.seq.in_(seqs[start : start + _BATCH])
                )
            )
            found.update({row.seq: row.subscriber_id for row in rows})
        return found

    def soft_bounces(self, subscriber: int, since: datetime) -> int:
        """How many mailings bounced softly for this reader since then."""
        return (
            self._conn.scalar(
                select(func.count(feedback.c.mailing_id.distinct()))
                .join(
                    deliveries,
                    (deliveries.c.mailing_id == feedback.c.mailing_id) & (deliveries.c.seq == feedback.c.seq),
                )
                .where(
                    deliveries.c.subscriber_id == subscriber,
                    feedback.c.kind == FeedbackKind.BOUNCED_SOFT,
                    feedback.c.at >= since,
                )
            )
            or 0
        )

    def silent_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(accepted chunks sent in [since, instant] without any event, those with one): the watermark.

        Of one provider only, where it is named: another's webhook says nothing about this one.
        """
        row = self._conn.execute(
            select(
                func.count().filter(chunks.c.first_event_at.is_(None)),
                func.count().filter(chunks.c.first_event_at.is_not(None)),
            ).where(*_answered(instant, since, provider))
        ).one()
        return int(row[0]), int(row[1])

    def heard_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(deliveries of such chunks that an event was heard of, all of them), skipped and refused ones left out."""
        heard = deliveries.c.status.in_(_HEARD)
        row = self._conn.execute(
            select(func.count().filter(heard), func.count())
            .select_from(chunks)
            .join(
                deliveries,
                (deliveries.c.mailing_id == chunks.c.mailing_id)
                & (deliveries.c.seq >= chunks.c.first_seq)
                & (deliveries.c.seq <= chunks.c.last_seq),
            )
            .where(
                *_answered(instant, since, provider),
                or_(heard, deliveries.c.status == DeliveryStatus.PLANNED),
            )
        ).one()
        return int(row[0]), int(row[1])


_HEARD = (
    DeliveryStatus.PROCESSED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.BOUNCED,
    DeliveryStatus.COMPLAINED,
)


def _answered(instant: datetime, since: datetime, provider: str) -> list[ColumnElement[bool]]:
    found = [chunks.c.state == ChunkState.ACCEPTED, chunks.c.sent_at >= since, chunks.c.sent_at <= instant]
    if provider:
        # Chunks of an older version do not say whose they are: they count, and can only make us wait longer.
        found.append(chunks.c.provider.in_(["", provider]))
    return found


def _event_key(one: Heard) -> str:
    """A repeat may come under a new event id (users of SendGrid report it): what happened, to whom, when is the key."""
    found = one.feedback
    said = f"{found.provider}|{one.mailing}|{one.seq}|{found.kind}|{int(found.at.timestamp())}|{found.url}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:40]
