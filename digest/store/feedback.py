"""Feedback as it came (posts) and as it was understood (events)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)

from digest.model.delivery import Chunk, ChunkState, DeliveryStatus
from digest.model.feedback import FeedbackKind
from digest.ports import Heard
from digest.store.bulk import insert_new
from digest.store.engagement import note_openings
from digest.store.ledger_rows import HEARD, within
from digest.store.tables import chunks, deliveries, feedback, hook_posts
from subscribers.tables import UtcDateTime, is_among

_BATCH = 1_000
ASKED = 200
"""Calls whose readers are counted to learn how many are never heard of. Of a mailing to ten million, all would be read
for every call in doubt, by every sender."""
_COLUMNS = ("event_key", "provider", "kind", "at", "received_at", "mailing_id", "seq", "detail", "url", "machine")
_OPENINGS = (FeedbackKind.OPENED.value, FeedbackKind.CLICKED.value)
_PROVED = (ChunkState.IN_DOUBT, ChunkState.HELD, ChunkState.READY, ChunkState.ABANDONED)
"""States that an echoed event turns into accepted: the provider has it, whatever we believed."""
_TRIED = text("tries > 0")
"""The words of the partial index: with a parameter for the nought PostgreSQL would read the whole table."""


class StoredFeedback:
    """The port `FeedbackBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def keep_post(self, provider: str, body: bytes, now: datetime) -> None:
        """Store a verified post whole; it is applied later."""
        self._conn.execute(insert(hook_posts).values(provider=provider, body=body, received_at=now))

    def waiting_posts(self, limit: int, most_bytes: int, now: datetime) -> tuple[tuple[int, str, bytes], ...]:
        """(id, provider, body) of the oldest posts that are not applied yet; nobody else gets them meanwhile.

        At most `limit`, and no more than `most_bytes` of bodies together, but at least one where any waits. Those that
        failed are left out until their next try.
        """
        rows = self._conn.execute(
            select(hook_posts.c.id, func.length(hook_posts.c.body).label("size"))
            .where(hook_posts.c.applied_at.is_(None), or_(hook_posts.c.try_at.is_(None), hook_posts.c.try_at <= now))
            .order_by(hook_posts.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        chosen: list[int] = []
        left = most_bytes
        for row in rows:
            left -= row.size
            if chosen and left < 0:
                break
            chosen.append(row.id)
        found = self._conn.execute(
            select(hook_posts.c.id, hook_posts.c.provider, hook_posts.c.body)
            .where(is_among(self._conn, hook_posts.c.id, chosen))
            .order_by(hook_posts.c.id)
        )
        return tuple((row.id, row.provider, row.body) for row in found)

    def posts_done(self, posts: Mapping[int, str], *, now: datetime) -> None:
        """Posts by id have been applied, or could not be read (then the note says why)."""
        by_note: dict[str, list[int]] = {}
        for post, note in posts.items():
            by_note.setdefault(note[:500], []).append(post)
        for note, members in by_note.items():
            self._conn.execute(
                update(hook_posts)
                .where(is_among(self._conn, hook_posts.c.id, members))
                .values(applied_at=now, note=note, tries=0, try_at=None)
            )

    def post_failed(self, post: int, note: str, *, now: datetime, waits: Sequence[timedelta]) -> int:
        """A post could not be applied: it is tried again after the next of these waits, then it is set aside.

        `note` says why, in ASCII. Returns how often it has failed now; nought where somebody else has applied it.
        """
        mine = and_(hook_posts.c.id == post, hook_posts.c.applied_at.is_(None))
        tries = self._conn.scalar(
            update(hook_posts).where(mine).values(tries=hook_posts.c.tries + 1).returning(hook_posts.c.tries)
        )
        if tries is None:
            return 0
        left = waits[tries - 1 :]
        next_step = {"try_at": now + left[0]} if left else {"applied_at": now, "try_at": None}
        self._conn.execute(update(hook_posts).where(hook_posts.c.id == post).values(note=note[:500], **next_step))
        return int(tries)

    def posts_set_aside(self, since: datetime) -> tuple[int, str]:
        """How many posts were set aside since then, and why the newest of them was."""
        rows = self._conn.execute(
            select(hook_posts.c.provider, hook_posts.c.note, func.count().over().label("found"))
            .where(_TRIED, hook_posts.c.applied_at >= since)
            .order_by(hook_posts.c.id.desc())
            .limit(1)
        )
        return next(((row.found, f"{row.provider}: {row.note}") for row in rows), (0, ""))

    def posts_again(self) -> int:
        """Posts that failed or were set aside wait as if they had just come. Returns how many."""
        return self._conn.execute(
            update(hook_posts).where(_TRIED).values(tries=0, try_at=None, applied_at=None)
        ).rowcount

    def record(self, heard: Sequence[Heard], now: datetime) -> int:
        """Keep events that are not known yet, whatever id they come under. Returns how many were new."""
        rows = {}
        for one in heard:
            found = one.feedback
            key = _event_key(one)
            rows[key] = (
                key,
                found.provider,
                found.kind.value,
                found.at,
                now,
                one.mailing,
                one.seq,
                found.detail,
                found.url,
                found.machine,
            )
        # Repeats too: that a reader opened it then is noted once, however often it is said.
        note_openings(
            self._conn, [dict(zip(_COLUMNS, row, strict=True)) for row in rows.values() if row[2] in _OPENINGS]
        )
        return insert_new(self._conn, feedback, _COLUMNS, list(rows.values()))

    def echo(self, mailing: int, seqs: Sequence[int], now: datetime, *, whole: Collection[str] | None = None) -> int:
        """Chunks that hold these deliveries have been heard of; those in doubt are accepted. Returns how many were.

        `whole` are the providers that take a call whole or not at all, None = all. With any other one word of one
        reader says nothing of the others, and only a chunk of one reader is accepted by it.
        """
        named = self._chunks_of(mailing, seqs, chunks.c.first_event_at.is_(None))
        if not named:
            return 0
        # This first: it waits for whoever is settling one of them now, and only then is to be seen what they became.
        # The other way round a call that was given back in that instant stayed ready, and was made again.
        self._conn.execute(
            update(chunks)
            .where(
                chunks.c.id.in_(named),
                chunks.c.first_event_at.is_(None),
                or_(chunks.c.state == ChunkState.ACCEPTED, _speaks_for_all(whole)),
            )
            .values(first_event_at=now)
        )
        return self._accept(named, now, "an event echoed it", whole)

    def prove(self, mailing: int, seqs: Sequence[int], now: datetime, *, whole: Collection[str] | None = None) -> int:
        """The same for word from a source that speaks of some readers only: others' silence still says nothing."""
        named = self._chunks_of(mailing, seqs, chunks.c.state.in_(_PROVED))
        return self._accept(named, now, "a message of it was found", whole) if named else 0

    def _chunks_of(self, mailing: int, seqs: Sequence[int], which: ColumnElement[bool]) -> set[int]:
        """Chunks that hold these deliveries, among those of a kind."""
        rows = self._conn.execute(
            select(chunks.c.id, chunks.c.first_seq, chunks.c.last_seq).where(
                chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT, which
            )
        )
        places = sorted(seqs)
        # The first of them that is not below the chunk: it is in it, or none is.
        return {
            row.id
            for row in rows
            if (place := bisect_left(places, row.first_seq)) < len(places) and places[place] <= row.last_seq
        }

    def _accept(self, named: set[int], now: datetime, note: str, whole: Collection[str] | None) -> int:
        return self._conn.execute(
            update(chunks)
            .where(chunks.c.id.in_(named), chunks.c.state.in_(_PROVED), _speaks_for_all(whole))
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

    def is_heard(self, chunk: Chunk) -> bool:
        """True where a provider has spoken of a reader of this chunk, or of the chunk as a whole."""
        spoken = select(deliveries.c.seq).where(within(chunk), deliveries.c.status.in_(HEARD)).limit(1)
        return chunk.first_event_at is not None or self._conn.scalar(spoken) is not None

    def silent_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(accepted chunks sent in [since, instant] without any event, those with one): the watermark.

        Of one provider only, where it is named: another's webhook says nothing about this one. Chunks of which nobody
        was to be mailed any more are left out.
        """
        # All of it skipped or refused: there was no call, and nothing will ever be heard.
        somebody = exists().where(
            deliveries.c.mailing_id == chunks.c.mailing_id,
            deliveries.c.seq >= chunks.c.first_seq,
            deliveries.c.seq <= chunks.c.last_seq,
            deliveries.c.status == DeliveryStatus.PLANNED,
        )
        row = self._conn.execute(
            select(
                func.count().filter(chunks.c.first_event_at.is_(None)),
                func.count().filter(chunks.c.first_event_at.is_not(None)),
            ).where(*_answered(instant, since, provider), or_(chunks.c.first_event_at.is_not(None), somebody))
        ).one()
        return int(row[0]), int(row[1])

    def slowest_before(self, instant: datetime, since: datetime, provider: str = "") -> timedelta:
        """The longest time from the call of such a chunk to the first event about it; nought where there is none."""
        began = func.coalesce(chunks.c.send_at, chunks.c.sent_at)
        rows = self._conn.execute(
            select(chunks.c.first_event_at, type_coerce(began, UtcDateTime())).where(
                *_answered(instant, since, provider), chunks.c.first_event_at.is_not(None)
            )
        )
        return max((heard - call for heard, call in rows), default=timedelta(0))

    def heard_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(deliveries of the latest such chunks that an event was heard of, all of them); no skipped or refused."""
        heard = deliveries.c.status.in_(HEARD)
        # The latest of them, which had the least time: they say what a share is silent, and more would say no more.
        latest = (
            select(chunks.c.mailing_id, chunks.c.first_seq, chunks.c.last_seq)
            .where(*_answered(instant, since, provider))
            .order_by(chunks.c.sent_at.desc(), chunks.c.id.desc())
            .limit(ASKED)
            .subquery()
        )
        row = self._conn.execute(
            select(func.count().filter(heard), func.count())
            .select_from(latest)
            .join(
                deliveries,
                (deliveries.c.mailing_id == latest.c.mailing_id)
                & (deliveries.c.seq >= latest.c.first_seq)
                & (deliveries.c.seq <= latest.c.last_seq),
            )
            .where(or_(heard, deliveries.c.status == DeliveryStatus.PLANNED))
        ).one()
        return int(row[0]), int(row[1])


def _speaks_for_all(whole: Collection[str] | None) -> ColumnElement[bool]:
    """Chunks of which word of one reader proves the whole call."""
    if whole is None:
        return true()
    return or_(chunks.c.provider.in_(whole), chunks.c.first_seq == chunks.c.last_seq)


def _answered(instant: datetime, since: datetime, provider: str) -> list[ColumnElement[bool]]:
    found = [chunks.c.state == ChunkState.ACCEPTED, chunks.c.sent_at >= since, chunks.c.sent_at <= instant]
    if provider:
        # Chunks of an older version do not say whose they are: they count, and can only make us wait longer.
        found.append(chunks.c.provider.in_(["", provider]))
    return found


def _event_key(one: Heard) -> str:
    """A repeat may come under a new event id (users of SendGrid report it): what happened, to whom, when is the key."""
    found = one.feedback
    said = f"{found.provider}|{one.mailing}|{one.seq}|{found.kind.value}|{int(found.at.timestamp())}|{found.url}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:40]
