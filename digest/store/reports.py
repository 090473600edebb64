"""Reports: what came back after a mailing, counted, and the log of who did what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, case, delete, func, insert, literal, or_, select, type_coerce

from digest.model.delivery import ChunkState, DeliveryStatus
from digest.model.feedback import FeedbackKind
from digest.model.mail import SECOND
from digest.model.report import Clicked, Heard, LogLine, Slow, SubjectTried, TomorrowNote, ZoneProgress
from digest.store.desk_tables import desk_notes
from digest.store.tables import chunks, deliveries, feedback, log
from subscribers.tables import UtcDateTime, subscribers

_PLACES = {
    ChunkState.READY: "waiting",
    ChunkState.SENDING: "waiting",
    ChunkState.ACCEPTED: "sent",
    ChunkState.HELD: "held",
    ChunkState.IN_DOUBT: "in_doubt",
}
"""Where the readers of a chunk are in its progress."""


class StoredReports:
    """The port `Reports` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def heard(self, mailing: int) -> tuple[Heard, ...]:
        """What came back, by kind, people and machines apart."""
        rows = self._conn.execute(
            select(
                feedback.c.kind,
                feedback.c.machine,
                func.count().label("events"),
                func.count(feedback.c.seq.distinct()).label("readers"),
            )
            .where(feedback.c.mailing_id == mailing)
            .group_by(feedback.c.kind, feedback.c.machine)
            .order_by(feedback.c.kind, feedback.c.machine)
        )
        return tuple(
            Heard(kind=FeedbackKind(row.kind), machine=row.machine, events=row.events, readers=row.readers)
            for row in rows
        )

    def clicked(self, mailing: int, limit: int) -> tuple[Clicked, ...]:
        """The links that most people pressed, machines left out."""
        readers = func.count(feedback.c.seq.distinct())
        rows = self._conn.execute(
            select(feedback.c.url, readers.label("readers"))
            .where(
                feedback.c.mailing_id == mailing,
                feedback.c.kind == FeedbackKind.CLICKED,
                feedback.c.machine.is_(False),
                feedback.c.url != "",
            )
            .group_by(feedback.c.url)
            .order_by(readers.desc(), feedback.c.url)
            .limit(limit)
        )
        return tuple(Clicked(url=row.url, readers=row.readers) for row in rows)

    def subjects(self, mailing: int) -> tuple[SubjectTried, ...]:
        """How two subjects did, the first one first; empty where there was one."""
        second = case((chunks.c.variant.endswith(f":{SECOND}"), 1), else_=0).label("second")
        alive = (chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT)
        # Whoever was given up or refused gets neither.
        never = chunks.c.state.in_((ChunkState.ABANDONED, ChunkState.REFUSED))
        size = case((never, 0), else_=chunks.c.last_seq - chunks.c.first_seq + 1)
        given = self._conn.execute(select(second, func.sum(size)).where(*alive).group_by(second)).all()
        if not any(row[0] for row in given):
            return ()
        # Only those whose clicks are counted are compared.
        tried = (*alive, chunks.c.canary, chunks.c.variant.contains(":tracked"))
        within = deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq)
        readers = _by_first(
            self._conn.execute(
                select(second, func.count())
                .join(deliveries, (deliveries.c.mailing_id == chunks.c.mailing_id) & within)
                .where(*tried, deliveries.c.status != DeliveryStatus.SKIPPED)
                .group_by(second)
            ).all()
        )
        pressed = feedback.c.seq.between(chunks.c.first_seq, chunks.c.last_seq)
        clicked = _by_first(
            self._conn.execute(
                select(second, func.count(feedback.c.seq.distinct()))
                .join(feedback, (feedback.c.mailing_id == chunks.c.mailing_id) & pressed)
                .where(*tried, feedback.c.kind == FeedbackKind.CLICKED, feedback.c.machine.is_(False))
                .group_by(second)
            ).all()
        )
        sums = {row[0]: int(row[1]) for row in given}
        return tuple(
            SubjectTried(
                second=bool(which), readers=readers.get(which, 0), clicked=clicked.get(which, 0),
                given=sums.get(which, 0),
            )
            for which in (0, 1)
        )  # fmt: skip

    def slowest(self, mailing: int, limit: int) -> tuple[Slow, ...]:
        """The domains that were served last, with how many of their readers had to wait for another try."""
        readers = func.count(case((feedback.c.kind == FeedbackKind.DELIVERED, feedback.c.seq)).distinct())
        put_off = func.count(case((feedback.c.kind == FeedbackKind.DEFERRED, feedback.c.seq)).distinct())
        last = func.max(case((feedback.c.kind == FeedbackKind.DELIVERED, feedback.c.at)))
        rows = self._conn.execute(
            select(
                subscribers.c.domain, readers.label("readers"), put_off.label("put_off"),
                type_coerce(last, UtcDateTime()).label("last"),
            )
            .select_from(feedback)
            .join(
                deliveries,
                (deliveries.c.mailing_id == feedback.c.mailing_id) & (deliveries.c.seq == feedback.c.seq),
            )
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(
                feedback.c.mailing_id == mailing,
                feedback.c.kind.in_((FeedbackKind.DELIVERED, FeedbackKind.DEFERRED)),
                subscribers.c.domain != "",
            )
            .group_by(subscribers.c.domain)
            .having(last.is_not(None))
            .order_by(last.desc(), subscribers.c.domain)
            .limit(limit)
        )  # fmt: skip
        return tuple(Slow(domain=row.domain, readers=row.readers, put_off=row.put_off, last=row.last) for row in rows)

    def zones(self, mailing: int, own: str) -> tuple[ZoneProgress, ...]:
        """How far it is by zone and hour, in the order of the hours; `own` is the zone of readers who named none."""
        zone = case((func.coalesce(subscribers.c.timezone, "") == "", literal(own)), else_=subscribers.c.timezone)
        place = case(
            (deliveries.c.status == DeliveryStatus.SKIPPED, literal("left_out")),
            *((chunks.c.state == state, literal(place)) for state, place in _PLACES.items()),
            else_=literal("left_out"),
        )
        within = deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq)
        rows = self._conn.execute(
            select(chunks.c.due_at, zone.label("zone"), place.label("place"), func.count().label("many"))
            .select_from(chunks)
            .join(deliveries, (deliveries.c.mailing_id == chunks.c.mailing_id) & within)
            .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(chunks.c.mailing_id == mailing, chunks.c.state != ChunkState.SPLIT)
            .group_by(chunks.c.due_at, "zone", "place")
        )
        found: defaultdict[tuple[datetime, str], dict[str, int]] = defaultdict(
            lambda: {"sent": 0, "waiting": 0, "held": 0, "in_doubt": 0, "left_out": 0}
        )
        for row in rows:
            found[row.due_at, row.zone][row.place] += row.many
        return tuple(ZoneProgress(zone=zone, due_at=due, **found[due, zone]) for due, zone in sorted(found))

    def calls(self, mailing: int) -> tuple[tuple[datetime, datetime, datetime], ...]:
        """(due_at, first call, last call) of every wave that was begun, in order."""
        first, last = func.min(chunks.c.sent_at), func.max(chunks.c.sent_at)
        rows = self._conn.execute(
            select(chunks.c.due_at, type_coerce(first, UtcDateTime()), type_coerce(last, UtcDateTime()))
            .where(chunks.c.mailing_id == mailing, chunks.c.sent_at.is_not(None))
            .group_by(chunks.c.due_at)
            .order_by(chunks.c.due_at)
        )
        return tuple((due, begun, done) for due, begun, done in rows)

    def reasons(self, mailing: int, limit: int) -> tuple[tuple[str, int], ...]:
        """What was said most often with bounces, refusals and complaints."""
        many = func.count()
        kinds = (
            FeedbackKind.BOUNCED_HARD,
            FeedbackKind.BOUNCED_SOFT,
            FeedbackKind.REJECTED,
            FeedbackKind.COMPLAINED,
        )
        rows = self._conn.execute(
            select(feedback.c.detail, many.label("many"))
            .where(feedback.c.mailing_id == mailing, feedback.c.kind.in_(kinds), feedback.c.detail != "")
            .group_by(feedback.c.detail)
            .order_by(many.desc(), feedback.c.detail)
            .limit(limit)
        )
        return tuple((row.detail, row.many) for row in rows)

    def log(self, *, before: int | None, limit: int, newsletters: tuple[str, ...] | None = None) -> tuple[LogLine, ...]:
        """Newest first, older than the line `before`; of these newsletters' editions only, unless None."""
        wanted = select(log).order_by(log.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(log.c.id < before)
        if newsletters is not None:
            wanted = wanted.where(or_(*(log.c.subject.startswith(f"{slug}/", autoescape=True) for slug in newsletters)))
        rows = self._conn.execute(wanted).mappings()
        return tuple(LogLine(**row) for row in rows)

    def lines_since(self, since: datetime, *events: str, about: str) -> tuple[LogLine, ...]:
        """Lines of these kinds since then, newest first; `about` = their thing, or ends in `/`: what is below."""
        meant = log.c.subject.startswith(about, autoescape=True) if about.endswith("/") else log.c.subject == about
        wanted = select(log).where(log.c.at >= since, log.c.event.in_(events), meant).order_by(log.c.id.desc())
        return tuple(LogLine(**row) for row in self._conn.execute(wanted).mappings())

    def last_line(self, event: str) -> LogLine | None:
        """The newest line of the log of this kind."""
        row = self._conn.execute(select(log).where(log.c.event == event).order_by(log.c.id.desc()).limit(1)).first()
        return LogLine(**row._mapping) if row else None

    def note(self, note: TomorrowNote) -> None:
        """Keep a note to whoever makes the next edition."""
        values = {name: getattr(note, name) for name in ("newsletter", "edition", "text", "by", "at")}
        self._conn.execute(insert(desk_notes).values(values))

    def take_note_back(self, newsletter: str, note: int) -> bool:
        """False where it is gone already."""
        wanted = delete(desk_notes).where(desk_notes.c.id == note, desk_notes.c.newsletter == newsletter)
        return self._conn.execute(wanted).rowcount == 1

    def notes(self, newsletter: str, limit: int) -> tuple[TomorrowNote, ...]:
        """Newest first."""
        columns = (desk_notes.c[name] for name in ("id", "newsletter", "edition", "text", "by", "at"))
        rows = self._conn.execute(
            select(*columns).where(desk_notes.c.newsletter == newsletter).order_by(desk_notes.c.id.desc()).limit(limit)
        )
        return tuple(TomorrowNote(**row._mapping) for row in rows)


def _by_first(rows: Sequence[Row[tuple[int, int]]]) -> dict[int, int]:
    return {row[0]: row[1] for row in rows}
