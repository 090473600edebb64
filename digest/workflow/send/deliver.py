"""Deliver: claim a chunk, commit, call the provider, record, commit. No transaction is open across the network.

A claim is committed before the first byte goes out, so that a crash leaves a name behind and not a gap. An answer
that never came is *in doubt*: it is not tried again by a timer (P1). See docs/why/delivery.md.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from structlog.contextvars import bound_contextvars

from digest.model.delivery import Account, ChunkState, Mailing, MailingState
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import Lost, NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.workflow.edition.review import require
from digest.workflow.hours import window_begin
from digest.workflow.newsletters import newsletter_of
from digest.workflow.send.canary import judge
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import close_if_settled, mailing_of, resume_in
from digest.workflow.send.sender import Sender
from digest.workflow.standing import require_sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one `send` found and left."""

    mailing: Mailing
    account: Account
    calls: int
    """Provider calls made this time; 0 = there was nothing left to do."""
    waiting_until: datetime | None
    """When the next wave is due, or None where no reader waits."""
    problem: str = ""
    """Why it stopped early, empty where it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one `drain` did."""

    calls: int
    """Provider calls that it made."""
    taken: int
    """Readers whom they took."""
    problem: str = ""
    """Why it stopped early, empty where it did not."""


def send(
    app: App,
    edition: EditionId,
    *,
    everybody_now: bool = False,
    late: bool = False,
    resume: bool = True,
    correction: int = 0,
) -> Sent:
    """Send what is due of a planned mailing. Safe to run twice, and by several processes at once.

    `everybody_now` brings every waiting wave forward; `late` lets waves go whose window is over. A paused or stopped
    mailing goes on where a person asks (`resume`), and stays as it is where the clock does. With `correction` it is
    that correction's mailing, and not the edition's own.
    """
    sender = _sent(app, edition, correction, everybody_now=everybody_now, late=late, resume=resume)
    return _close(app, edition, sender, correction)


def drain(app: App, edition: EditionId, *, correction: int = 0) -> Drained:
    """Send what is due as `send` does where the clock asks, beside others who do the same.

    Nobody is counted before the last call is settled: an account reads every row, and many ask at once.
    """
    sender = _sent(app, edition, correction, resume=False)
    now = app.clock()
    with app.begin() as tx:
        mailing = mailing_in(tx, edition, correction)
        if mailing.state is not MailingState.CLOSED and not tx.ledger.under_way(mailing.id):
            close_if_settled(app, tx, mailing, now=now)
        waits = sender.waiting_until(tx, now) is not None
    paused = mailing.reason if mailing.state is MailingState.PAUSED else ""
    put_off = f"put off: {sender.put_off}" if sender.put_off and waits else ""
    return Drained(calls=sender.calls, taken=sender.taken, problem=sender.problem or paused or put_off)


def _sent(
    app: App, edition: EditionId, correction: int, *, resume: bool, everybody_now: bool = False, late: bool = False
) -> Sender:
    require_sender(app)
    newsletter = newsletter_of(app, edition.newsletter)
    recover(app)
    now = app.clock()
    with app.begin() as tx:
        mailing = tx.ledger.mailing(str(edition), correction)
        if mailing is None:
            raise NotFound(f"{edition} has no mailing yet; approve and plan it first")
        _start(app, tx, newsletter, mailing, require(tx, edition), resume=resume, now=now)
        if everybody_now:
            tx.ledger.bring_forward(mailing.id, now=now)
        if late:
            tx.ledger.release_late(mailing.id, now=now)
        else:
            hold_late(tx, newsletter, mailing, now)
        judge(app, tx, newsletter, mailing_in(tx, edition, correction), now)
    sender = Sender(app, newsletter, edition, mailing)
    with bound_contextvars(edition=str(edition), mailing=mailing.id):
        sender.run()
    return sender


def mailing_in(tx: Tx, edition: EditionId, correction: int = 0) -> Mailing:
    """The mailing as it stands in this transaction. Raises NotFound."""
    found = tx.ledger.mailing(str(edition), correction)
    if found is None:
        raise NotFound(f"{edition}: its mailing is gone from the database")
    return found


def hold_late(tx: Tx, newsletter: Newsletter, mailing: Mailing, now: datetime) -> int:
    """Waves whose window is over are held and shown, never sent by accident (P7). Returns how many chunks."""
    latest = window_begin(newsletter, now)
    if latest is None:
        return 0
    held = 0
    for chunk in tx.ledger.overdue(mailing.id, before=latest):
        end = chunk.due_at + (now - latest)
        note = f"late: it was due {chunk.due_at:%Y-%m-%d %H:%M} UTC, its window ended {end:%Y-%m-%d %H:%M} UTC"
        if chunk.doubts:
            # Somebody may have it: `send --late` does not repeat it, a person's release does.
            note = f"its outcome is unknown, and {note}"
        held += tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note=note)
    return held


def _start(
    app: App, tx: Tx, newsletter: Newsletter, mailing: Mailing, edition: Edition, *, resume: bool, now: datetime
) -> None:
    if mailing.state is MailingState.PLANNED:
        try:
            tx.ledger.change(mailing.id, expected=MailingState.PLANNED, to=MailingState.SENDING)
        except Lost:
            # Another sender of the same mailing began it, or a person stopped it, in this instant.
            return
        tx.log("mailing.started", mailing.edition, by=app.owner, now=now)
        if not mailing.correction and edition.status is EditionStatus.APPROVED:
            tx.editions.change(edition.to(EditionStatus.SENDING), expected=edition.status)
    elif resume:
        with suppress(Lost):
            # Lost: another sender resumed it in this instant, which is as good.
            resume_in(app, tx, newsletter, mailing, edition, by=app.owner, now=now)


def _close(app: App, edition: EditionId, sender: Sender, correction: int) -> Sent:
    now = app.clock()
    with app.begin() as tx:
        found = close_if_settled(app, tx, mailing_in(tx, edition, correction), now=now)
        waiting = sender.waiting_until(tx, now)
    mailing = mailing_of(app, edition, correction=correction)
    paused = mailing.reason if mailing.state is MailingState.PAUSED else ""
    put_off = f"put off: {sender.put_off}" if sender.put_off and found.ready else ""
    return Sent(
        mailing=mailing,
        account=found,
        calls=sender.calls,
        waiting_until=waiting,
        problem=sender.problem or paused or put_off,
    )
