"""Waves: which mailings have something to send by now, and sending it; one that breaks holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from digest.model.delivery import Mailing, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import Lost, StorageFailed
from digest.model.run import Phase, RunKey, RunState
from digest.ports import App, Tx
from digest.workflow.belief import doubted
from digest.workflow.clock.day import MISSED_HOURS
from digest.workflow.hours import send_instant, window_end
from digest.workflow.send.deliver import Drained, drain
from digest.workflow.send.plan import plan

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A part of a sweep that ended in an error nobody foresaw; the other parts went on."""

    what: str
    """A phase, a mailing or a chore, by its name."""
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What a sweep sent of one mailing."""

    mailing: str
    """As people call it."""
    calls: int
    """Provider calls that were made, at least one."""
    taken: int
    """Readers whom they took."""
    problem: str = ""
    """Why it stopped early, empty where it did not."""


def to_send(app: App, tx: Tx, now: datetime) -> tuple[Mailing, ...]:
    """Mailings with something to do by now; also a planned one whose sender died before its first call.

    One of a newsletter that is not configured any more waits for a person: nobody knows its window or its sender.
    """
    return tuple(
        mailing
        for mailing in tx.ledger.mailings(MailingState.PLANNED, MailingState.SENDING)
        if EditionId.parse(mailing.edition).newsletter in app.newsletters
        and ((due_at := tx.ledger.next_due(mailing.id, now=now)) is None or due_at <= now)
    )


def send_waves(app: App, broken: list[Broken]) -> Iterator[Wave]:
    """Waves whose hour has come, and chunks that were put off or left behind by a process that died.

    Yields what a provider was asked to take; `broken` is added to.
    """
    with app.read() as tx:
        running = to_send(app, tx, app.clock())
    for mailing in running:
        if app.stopping() or doubted(app):
            return
        edition = EditionId.parse(mailing.edition)
        sent = kept_apart(
            f"mailing of {mailing.called}",
            partial(drain, app, edition, correction=mailing.correction),
            broken,
        )
        if sent is not None and sent.calls:
            yield _wave(mailing.called, sent)


def begin_approved(app: App, broken: list[Broken]) -> Iterator[Wave]:
    """Plan and send what a person approved late. Yields what a provider was asked to take; `broken` is added to."""
    with app.read() as tx:
        found = approved_late(app, tx)
    for edition in found:
        sent = kept_apart(f"sending of {edition}", partial(_begin, app, edition), broken)
        if sent is not None and sent.calls:
            yield _wave(str(edition), sent)


def _wave(mailing: str, sent: Drained) -> Wave:
    return Wave(mailing=mailing, calls=sent.calls, taken=sent.taken, problem=sent.problem)


def kept_apart(what: str, work: Callable[[], T], broken: list[Broken]) -> T | None:
    """Do a part of a sweep so that its error does not end the others; None where it broke.

    Raises StorageFailed: without the database no part can go on.
    """
    try:
        return work()
    except StorageFailed:
        raise
    except Lost:
        # Two sweeps met on one mailing: the other one goes on with it.
        return None
    except Exception as error:  # noqa: BLE001 - a defect in one newsletter must not stop the others' mail
        broken.append(Broken(what=what, error=error))
        return None


def _begin(app: App, edition: EditionId) -> Drained:
    plan(app, edition)
    return drain(app, edition)


def approved_late(app: App, tx: Tx) -> tuple[EditionId, ...]:
    """Editions that a person approved after the clock had to leave them: they go out within their window."""
    now = app.clock()
    open_now = []
    for newsletter in app.newsletters.values():
        local = now.astimezone(ZoneInfo(newsletter.zone)).date()
        for day in (local - timedelta(days=1), local):
            start = send_instant(newsletter, day)
            end = window_end(newsletter, start) or start + timedelta(hours=MISSED_HOURS)
            if start <= now <= end:
                open_now.append(EditionId(newsletter=newsletter.slug, date=day))
    standings = tx.editions.standings(open_now) if open_now else {}
    approved = [one for one in open_now if one in standings and standings[one][0] is EditionStatus.APPROVED]
    return tuple(one for one in approved if _left(tx, one))


def _left(tx: Tx, edition: EditionId) -> bool:
    """True where the clock has done its part and had to leave it: else the phase itself sends it."""
    left = tx.runs.get(RunKey(newsletter=edition.newsletter, date=edition.date, phase=Phase.SEND))
    held = left is not None and left.state in (RunState.HELD, RunState.SKIPPED)
    return held and tx.ledger.mailing(str(edition)) is None
