"""Times, counts and places as the desk writes them, in the newsletter's zone and the person's language."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from digest.model.change import Decision
from digest.model.delivery import MailingState
from digest.model.edition import EditionStatus
from digest.model.person import Person
from digest.render.words import Words
from digest.web.desk.sentences import said
from digest.workflow.edition.desk import Standing, Void
from digest.workflow.edition.holding import reason_mark


def number(words: Words, count: float) -> str:
    """A count with its thousands parted."""
    return format_decimal(count, locale=words.language)


def clock(instant: datetime, zone: str) -> str:
    """Hour and minute in a zone, such as 06:00."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M}"


def age(words: Words, since: datetime, now: datetime) -> str:
    """How long ago, in one unit: 3 hr, 2 days."""
    return lasting(words, now - since)


def lasting(words: Words, time: timedelta) -> str:
    """A length of time in one unit; none is less than nothing."""
    return format_timedelta(max(time, timedelta()), locale=words.language, format="short", threshold=1.2)


def status_words(words: Words, status: EditionStatus | None) -> str:
    """The status of an edition in plain words."""
    said = {
        None: words.say("Not composed yet"),
        EditionStatus.DRAFT: words.say("Draft"),
        EditionStatus.READY: words.say("Waiting for approval"),
        EditionStatus.APPROVED: words.say("Approved"),
        EditionStatus.HELD: words.say("Held"),
        EditionStatus.SENDING: words.say("Going out"),
        EditionStatus.SENT: words.say("Sent"),
        EditionStatus.STOPPED: words.say("Stopped"),
        EditionStatus.SKIPPED: words.say("Skipped"),
        EditionStatus.CANCELLED: words.say("Cancelled"),
    }
    return said[status]


def shown_status(standing: Standing) -> EditionStatus | None:
    """The status that a page shows: of an edition whose mailing was stopped, or was opened again, that of the mailing.

    It is stopped, not only approved, where nobody was called yet; and goes out, or stopped, where the rest that was
    given up is sent to after all.
    """
    edition, mailing = standing.edition, standing.mailing
    if edition is None:
        return None
    if mailing is not None and edition.status in (EditionStatus.APPROVED, EditionStatus.SENT):
        if mailing.state is MailingState.STOPPED:
            return EditionStatus.STOPPED
        if mailing.state is MailingState.SENDING and edition.status is EditionStatus.SENT:
            return EditionStatus.SENDING
    return edition.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The top of every page of an edition: what it is, where it stands, how long there is."""

    name: str
    edition: str
    path: str
    """Of the edition's pages, below the site's prefix."""
    day: str
    status: str
    pill: str
    """The status that is shown, by which its colour is chosen."""
    status_words: str
    version: int
    zone: str
    approve_at: str
    send_at: str
    deadline: str
    """The next instant that decides something, ISO 8601; empty where there is none."""
    deadline_words: str
    now: str
    """The server's instant, ISO 8601: time is counted from it, whatever the reader's computer says."""
    left: str
    """Until then, in words: for browsers without script."""
    changeable: bool
    last_change: str
    undoable: bool
    reason: str = ""
    """Why it is held."""
    decided: str = ""
    """What was decided and by whom, where it can be taken back."""
    mark: str = ""
    """Another one once it stands otherwise: by this a page hears that it is over."""
    seen: str = ""
    """The mark of why it is held: who decides has seen this reason."""
    void: str = ""
    """Whose approval a change made void."""


def head(words: Words, standing: Standing, *, now: datetime, undoable: bool) -> Head:
    """The head of the edition as it stands."""
    edition = standing.edition
    zone = standing.newsletter.zone
    deadline, said = _deadline(words, standing, now)
    status = shown_status(standing)
    waiting = edition is not None and edition.status in (
        EditionStatus.DRAFT,
        EditionStatus.READY,
        EditionStatus.HELD,
        EditionStatus.APPROVED,
    )
    return Head(
        name=standing.newsletter.name,
        edition=str(standing.id),
        path=f"/desk/e/{standing.id}",
        day=words.full_date(standing.id.date),
        status=edition.status.value if edition else "none",
        pill=status.value if status else "none",
        status_words=status_words(words, status),
        version=edition.version if edition else 0,
        zone=zone,
        approve_at=clock(standing.approve_at, zone),
        send_at=clock(standing.send_at, zone),
        deadline=deadline.isoformat() if deadline else "",
        deadline_words=said,
        now=now.isoformat(),
        left=_left(words, deadline, now) if deadline else "",
        changeable=waiting and standing.mailing is None,
        last_change=_last(words, standing),
        undoable=undoable,
        reason=edition.reason if edition is not None and status is EditionStatus.HELD else "",
        decided=decided_words(words, standing.decision),
        mark=mark_of(standing),
        seen=reason_mark(edition) if edition is not None else "",
        void=_void(words, standing.void),
    )


def mark_of(standing: Standing) -> str:
    """What stands on the pages of an edition besides its words, in short: another one whenever that is another."""
    edition, mailing = standing.edition, standing.mailing
    asked = standing.second.by if standing.second else ""
    stands = (edition.version, edition.status.value, edition.reason, edition.approved_by) if edition else ()
    told = (*stands, mailing.state.value if mailing else "", standing.decision is None, asked)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def decided_words(words: Words, decision: Decision | None) -> str:
    """What was decided and by whom; empty where nothing was."""
    if decision is None:
        return ""
    said = {
        EditionStatus.APPROVED: words.say("Approved by %(name)s.", name=decision.by),
        EditionStatus.HELD: words.say("Held by %(name)s.", name=decision.by),
        EditionStatus.SKIPPED: words.say("Skipped by %(name)s.", name=decision.by),
    }
    return said.get(decision.became, "")


def _void(words: Words, void: Void | None) -> str:
    if void is None:
        return ""
    return words.say(
        "%(name)s had approved it. That is void: %(other)s changed it since.",
        name=void.approved_by, other=void.changed_by,
    )  # fmt: skip


def _deadline(words: Words, standing: Standing, now: datetime) -> tuple[datetime | None, str]:
    if standing.mailing is not None:
        # It goes out, or has: no hour decides anything any more.
        return None, ""
    status = standing.edition.status if standing.edition else None
    if status is EditionStatus.READY and now < standing.approve_at:
        return standing.approve_at, words.say("until the rule decides")
    if status in (EditionStatus.READY, EditionStatus.APPROVED, EditionStatus.HELD, None) and now < standing.send_at:
        return standing.send_at, words.say("until the hour of sending")
    return None, ""


def _left(words: Words, deadline: datetime, now: datetime) -> str:
    minutes = int((deadline - now).total_seconds() // 60)
    if minutes >= 60:
        return words.say("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)
    return words.say("%(minutes)s min", minutes=minutes)


def _last(words: Words, standing: Standing) -> str:
    if not standing.edits or standing.edition is None or standing.edits[0].version != standing.edition.version:
        return ""
    return words.say(
        "%(name)s: %(what)s", name=standing.edits[0].by, what=said(words.language, standing.edits[0].words)
    )


def shown_name(person: Person) -> str:
    """How somebody is called on a page."""
    return person.name or person.email
