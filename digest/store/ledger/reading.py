"""Reading: where chunks stand, who is next, and the account; nothing is changed here."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from digest.model.delivery import Account, Chunk, ChunkState, DeliveryStatus, MailingState
from digest.model.mail import Variant
from digest.store.accounts import account_of, account_of_canary
from digest.store.ledger_rows import GOING, NOT_TAKEN, chunk_of, took_somebody
from digest.store.tables import chunks, deliveries, mailings

_HAVE_IT = (
    DeliveryStatus.PLANNED,
    DeliveryStatus.PROCESSED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.COMPLAINED,
)

_WITHIN = deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq)
"""A delivery of this chunk."""
_NOT_SENT = (ChunkState.ABANDONED, ChunkState.REFUSED)
"""Whoever stands here, and of whom nothing else is known, has nothing of it."""
_UNDER_WAY = (ChunkState.READY, ChunkState.SENDING, ChunkState.IN_DOUBT, ChunkState.HELD)

# What every sweep asks is written once: half of the time of such a question is SQLAlchemy writing it.
_OF_IT = chunks.c.mailing_id == bindparam("mailing")
_WAITING = select(func.coalesce(func.sum(chunks.c.last_seq - chunks.c.first_seq + 1), 0)).where(
    _OF_IT, chunks.c.state == ChunkState.READY
)
_ANY_UNDER_WAY = select(chunks.c.id).where(_OF_IT, chunks.c.state.in_(_UNDER_WAY)).limit(1)
_MAY_GO = or_(mailings.c.canary.in_(GOING), chunks.c.canary)
# Two plain columns and not a GREATEST of them: the scalar max differs between the two databases.
_NEXT_DUE = (
    select(func.min(chunks.c.due_at), chunks.c.not_before, chunks.c.quiet_from, chunks.c.quiet_until)
    .join(mailings, mailings.c.id == chunks.c.mailing_id)
    .where(_OF_IT, chunks.c.state == ChunkState.READY, _MAY_GO)
    .group_by(chunks.c.not_before, chunks.c.quiet_from, chunks.c.quiet_until)
)
_WAITING_SINCE = (
    select(func.min(chunks.c.due_at), chunks.c.quiet_from, chunks.c.quiet_until)
    .join(mailings, mailings.c.id == chunks.c.mailing_id)
    .where(
        _OF_IT,
        chunks.c.state.in_((ChunkState.READY, ChunkState.SENDING)),
        chunks.c.due_at <= bindparam("now", type_=chunks.c.due_at.type),
        _MAY_GO,
    )
    .group_by(chunks.c.quiet_from, chunks.c.quiet_until)
)
_DOUBTFUL = (
    select(chunks)
    .where(
        chunks.c.mailing_id.in_(bindparam("mailings", expanding=True)),
        chunks.c.state.in_((ChunkState.READY, ChunkState.IN_DOUBT)),
        or_(
            chunks.c.state == ChunkState.IN_DOUBT,
            and_(chunks.c.state == ChunkState.READY, chunks.c.doubted_at.is_not(None)),
        ),
    )
    .order_by(chunks.c.first_seq, chunks.c.id)
)
_OVERDUE = (
    select(chunks)
    .where(
        _OF_IT, chunks.c.state == ChunkState.READY, chunks.c.due_at < bindparam("before", type_=chunks.c.due_at.type)
    )
    .order_by(chunks.c.first_seq, chunks.c.id)
)
_CLAIMED = select(chunks).where(chunks.c.state == ChunkState.SENDING).order_by(chunks.c.id)
_REFUSED_VARIANTS = (
    select(chunks.c.variant).distinct().where(_OF_IT, chunks.c.state == ChunkState.REFUSED).order_by(chunks.c.variant)
)


class Reading:
    """The part of the port `Ledger` that only looks."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def chunk(self, chunk: int) -> Chunk | None:
        """The chunk as it stands now, or None."""
        row = self._conn.execute(select(chunks).where(chunks.c.id == chunk)).first()
        return chunk_of(row) if row else None

    def waiting(self, mailing: int) -> int:
        """Readers in chunks that are ready."""
        return int(self._conn.scalar(_WAITING, {"mailing": mailing}) or 0)

    def under_way(self, mailing: int) -> bool:
        """Whether a chunk is ready, in a call, in doubt or held: what an account would say, without reading rows."""
        return self._conn.scalar(_ANY_UNDER_WAY, {"mailing": mailing}) is not None

    def refused_in_a_row(self, mailing: int) -> dict[str, int]:
        """Readers in refused chunks of which the call began after the last that took anybody, by variant."""
        found: dict[str, int] = {}
        for variant in self._refused_variants(mailing):
            of_it = (chunks.c.mailing_id == mailing, chunks.c.variant == variant)
            last = self._conn.scalar(
                select(chunks.c.sent_at)
                .where(*of_it, chunks.c.state == ChunkState.ACCEPTED, took_somebody())
                .order_by(chunks.c.sent_at.desc())
                .limit(1)
            )
            size = select(func.coalesce(func.sum(chunks.c.last_seq - chunks.c.first_seq + 1), 0))
            since = size.where(*of_it, chunks.c.state == ChunkState.REFUSED)
            found[variant] = int(
                self._conn.scalar(since if last is None else since.where(chunks.c.sent_at > last)) or 0
            )
        return found

    def _refused_variants(self, mailing: int) -> Sequence[str]:
        return self._conn.scalars(_REFUSED_VARIANTS, {"mailing": mailing}).all()

    def nearly_all_refused(self, mailing: int, *, for_each: int) -> bool:
        """Whether two readers or more of a variant were refused, and so many for each one whom a provider took.

        Or anybody at all, where nobody of the whole mailing was taken.
        """
        refused = self._refused_variants(mailing)
        if refused and not self.anybody_taken(mailing):
            return True
        return any(self._nearly_all(mailing, variant, for_each) for variant in refused)

    def anybody_taken(self, mailing: int) -> bool:
        """Whether a provider took anybody at all: not where everybody had left, or was refused."""
        of_it = (chunks.c.mailing_id == mailing, chunks.c.state == ChunkState.ACCEPTED, took_somebody())
        return self._conn.scalar(select(chunks.c.id).where(*of_it).limit(1)) is not None

    def _nearly_all(self, mailing: int, variant: str, for_each: int) -> bool:
        readers = (
            select(deliveries.c.seq)
            .select_from(chunks)
            .join(
                deliveries,
                (deliveries.c.mailing_id == chunks.c.mailing_id)
                & deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq),
            )
            .where(chunks.c.mailing_id == mailing, chunks.c.variant == variant)
        )
        gone = readers.where(
            chunks.c.state == ChunkState.REFUSED, deliveries.c.status == DeliveryStatus.DROPPED
        ).subquery()
        refused = self._conn.scalar(select(func.count()).select_from(gone)) or 0
        if refused <= 1:
            # One is an address as likely as anything else.
            return False
        # No further than it matters: of a million who were taken, not all are counted.
        taken = (
            readers.where(chunks.c.state == ChunkState.ACCEPTED, deliveries.c.status.not_in(NOT_TAKEN))
            .limit(refused // for_each + 1)
            .subquery()
        )
        return refused >= for_each * int(self._conn.scalar(select(func.count()).select_from(taken)) or 0)

    def chunks(self, mailing: int, *states: ChunkState) -> tuple[Chunk, ...]:
        """Chunks of a mailing, in these states (none named = all), in order of seq."""
        query = select(chunks).where(chunks.c.mailing_id == mailing)
        if states:
            query = query.where(chunks.c.state.in_(states))
        return tuple(chunk_of(row) for row in self._conn.execute(query.order_by(chunks.c.first_seq, chunks.c.id)))

    def has(self, mailing: int, *states: ChunkState) -> bool:
        """Whether a chunk of the mailing is in one of these states; of ten million readers none is read."""
        found = select(chunks.c.id).where(chunks.c.mailing_id == mailing, chunks.c.state.in_(states)).limit(1)
        return self._conn.scalar(found) is not None

    def all_skipped_for(self, mailing: int, reasons: Collection[str]) -> bool:
        """Whether there are readers in the plan, and each was left out for one of these reasons."""
        of_it = select(deliveries.c.seq).where(deliveries.c.mailing_id == mailing)
        if self._conn.scalar(of_it.limit(1)) is None:
            return False
        other = or_(deliveries.c.status != DeliveryStatus.SKIPPED, deliveries.c.note.not_in(reasons))
        return self._conn.scalar(of_it.where(other).limit(1)) is None

    def doubtful(self, mailings: Collection[int]) -> tuple[Chunk, ...]:
        """Chunks of these mailings that are in doubt, or ready to be repeated after a doubt; in order of seq."""
        return tuple(chunk_of(row) for row in self._conn.execute(_DOUBTFUL, {"mailings": list(mailings)}))

    def overdue(self, mailing: int, *, before: datetime) -> tuple[Chunk, ...]:
        """Ready chunks that were due before this instant, in order of seq."""
        rows = self._conn.execute(_OVERDUE, {"mailing": mailing, "before": before})
        return tuple(chunk_of(row) for row in rows)

    def stale_claims(self, now: datetime) -> tuple[Chunk, ...]:
        """Chunks in `sending` of any mailing: the caller judges by owner and lease."""
        return tuple(chunk_of(row) for row in self._conn.execute(_CLAIMED))

    def next_due(self, mailing: int, *, now: datetime) -> datetime | None:
        """When the earliest ready chunk may go, or None where no chunk is ready; not in its readers' quiet hours."""
        rows = self._conn.execute(_NEXT_DUE, {"mailing": mailing}).all()
        instants = []
        for due, not_before, quiet_from, quiet_until in rows:
            at = max(due, not_before or due)
            asleep = quiet_from is not None and quiet_from <= max(at, now) < quiet_until
            instants.append(quiet_until if asleep else at)
        return min(instants, default=None)

    def waiting_since(self, mailing: int, *, now: datetime) -> datetime | None:
        """Since when the first of those waits who should have it by now, or None; however often it was tried.

        Whose quiet hours it is waits as they should.
        """
        rows = self._conn.execute(_WAITING_SINCE, {"mailing": mailing, "now": now}).all()
        since = []
        for due, quiet_from, quiet_until in rows:
            quiet = quiet_from is not None and quiet_from <= now and due < quiet_until
            if not quiet:
                since.append(due)
            elif now >= quiet_until:
                since.append(quiet_until)
        return min(since, default=None)

    def account(self, mailing: int, *, now: datetime | None = None) -> Account:
        """Read in one statement: adds up at every instant (P2). With `now`, silent deliveries show as unconfirmed."""
        return account_of(self._conn, mailing, now)

    def canary_account(self, mailing: int) -> Account:
        """The account of the first readers alone."""
        return account_of_canary(self._conn, mailing)

    def received(self, mailing: int) -> array[int]:
        """Readers who have it, as far as anybody knows: taken by the provider, and not come back."""
        return self._readers(mailing, chunks.c.state == ChunkState.ACCEPTED, deliveries.c.status.in_(_HAVE_IT))

    def reach(self, mailing: int) -> array[int]:
        """Readers who have it, may have it, or can still get it: planned, in a call, in doubt, held, given up, refused.

        A person can take up what was given up, and a refusal can be taken back. Not who was left out, or came back.
        """
        return self._readers(
            mailing,
            chunks.c.state != ChunkState.SPLIT,
            or_(deliveries.c.status.in_(_HAVE_IT), chunks.c.state == ChunkState.REFUSED),
            deliveries.c.status != DeliveryStatus.SKIPPED,
        )

    def given_second(self, mailing: int) -> array[int]:
        """Readers whose calls are of the second subject, whatever became of them."""
        keys = self._conn.scalars(select(chunks.c.variant).where(chunks.c.mailing_id == mailing).distinct())
        second = [key for key in keys if Variant.parse(key).other]
        if not second:
            return array("q")
        return self._readers(mailing, chunks.c.variant.in_(second), chunks.c.state != ChunkState.SPLIT)

    def _readers(self, mailing: int, *conditions: ColumnElement[bool]) -> array[int]:
        """Readers of the deliveries of a mailing of which these are so, each with its chunk."""
        rows = self._conn.scalars(
            select(deliveries.c.subscriber_id)
            .select_from(chunks)
            .join(deliveries, (deliveries.c.mailing_id == chunks.c.mailing_id) & _WITHIN)
            .where(chunks.c.mailing_id == mailing, *conditions)
        )
        return array("q", rows)

    def due_for(self, reader: int, mail_list: str) -> tuple[str, datetime] | None:
        """The edition that a mailing to this list still keeps ready for the reader, and its hour; None = none does."""
        row = self._conn.execute(
            select(mailings.c.edition, chunks.c.due_at)
            .select_from(mailings)
            .join(deliveries, deliveries.c.mailing_id == mailings.c.id)
            .join(chunks, (chunks.c.mailing_id == mailings.c.id) & _WITHIN)
            .where(
                mailings.c.list == mail_list,
                mailings.c.state.in_((MailingState.PLANNED, MailingState.SENDING)),
                mailings.c.correction == 0,
                deliveries.c.subscriber_id == reader,
                deliveries.c.status == DeliveryStatus.PLANNED,
                chunks.c.state == ChunkState.READY,
            )
            .order_by(chunks.c.due_at)
            .limit(1)
        ).first()
        return None if row is None else (row.edition, row.due_at)

    def variant_given(self, mailing: int, reader: int) -> str:
        """The key of the variant that this reader is planned or was sent; empty for whoever is left out or given up."""
        found = self._conn.scalar(
            select(chunks.c.variant)
            .select_from(deliveries)
            .join(chunks, (chunks.c.mailing_id == deliveries.c.mailing_id) & _WITHIN)
            .where(
                deliveries.c.subscriber_id == reader,
                deliveries.c.mailing_id == mailing,
                deliveries.c.status != DeliveryStatus.SKIPPED,
                chunks.c.state != ChunkState.SPLIT,
                or_(chunks.c.state.not_in(_NOT_SENT), deliveries.c.status != DeliveryStatus.PLANNED),
            )
        )
        return found or ""

    def waits_in(self, mailing: int, reader: int) -> Chunk | None:
        """The chunk in which this reader still waits to be sent to; None for whoever waits for nothing."""
        row = self._conn.execute(
            select(*chunks.c)
            .select_from(deliveries)
            .join(chunks, (chunks.c.mailing_id == deliveries.c.mailing_id) & _WITHIN)
            .where(
                deliveries.c.subscriber_id == reader,
                deliveries.c.mailing_id == mailing,
                deliveries.c.status == DeliveryStatus.PLANNED,
                chunks.c.state.in_((ChunkState.READY, ChunkState.HELD)),
            )
        ).first()
        return chunk_of(row) if row else None

    def waves(self, mailing: int) -> tuple[tuple[datetime, int], ...]:
        """(due_at, readers) of every wave, in order; skipped readers of a planned wave are counted too."""
        rows = self._conn.execute(
            select(chunks.c.due_at, func.sum(chunks.c.last_seq - chunks.c.first_seq + 1))
            .where(chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT)
            .group_by(chunks.c.due_at)
            .order_by(chunks.c.due_at)
        )
        return tuple((due, int(readers_due)) for due, readers_due in rows)

    def waves_open(self, mailing: int) -> tuple[tuple[datetime, frozenset[ChunkState]], ...]:
        """Every wave by its hour, in order, and the states in which its calls stand."""
        rows = self._conn.execute(
            select(chunks.c.due_at, chunks.c.state)
            .where(chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT)
            .distinct()
            .order_by(chunks.c.due_at)
        )
        found: dict[datetime, set[ChunkState]] = {}
        for due, state in rows:
            found.setdefault(due, set()).add(ChunkState(state))
        return tuple((due, frozenset(states)) for due, states in found.items())
