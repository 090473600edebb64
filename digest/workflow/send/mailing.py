"""What a person can do with a mailing: pause, stop, go on, release what is held, give up the rest.

Every one is safe to repeat, is written in the log, and is one transaction against whatever a running sender does.
"""

from __future__ import annotations

from datetime import datetime

from digest.model.delivery import Account, Canary, ChunkState, Mailing, MailingState
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import Lost, NotFound
from digest.model.newsletter import Newsletter
from digest.model.webhook import EDITION_SENT
from digest.ports import App, Tx
from digest.workflow.edition.review import require
from digest.workflow.newsletters import newsletter_of
from digest.workflow.send.canary import choose_subject
from digest.workflow.send.outcomes import GIVEN_UP, is_given_up
from digest.workflow.send.refusals import HARDLY_THEM, take_back
from digest.workflow.send.routes import Route, forgive

_TRIES = 5
"""How often an action begins anew where a sender was faster."""


def mailing_of(app: App, edition: EditionId, *, correction: int = 0) -> Mailing:
    """The mailing of an edition, or of a correction of it; NotFound where it has none yet."""
    with app.read() as tx:
        return _mailing(tx, edition, correction)


def account(app: App, edition: EditionId, *, correction: int = 0) -> Account:
    """Who got it, and who did not and why, as it stands now (P2)."""
    with app.read() as tx:
        return tx.ledger.account(_mailing(tx, edition, correction).id, now=app.clock())


def corrections_under_way(app: App, edition: EditionId) -> tuple[Mailing, ...]:
    """Mailings of corrections of this edition of which something is left to be sent or decided, oldest first."""
    with app.read() as tx:
        found = tx.ledger.mailings_of([str(edition)])
    return tuple(one for one in found if one.correction and one.state is not MailingState.CLOSED)


def stop(app: App, edition: EditionId, *, by: str, reason: str, correction: int = 0) -> Mailing:
    """No new call from now on (P6); what is in flight is accounted for when it answers."""
    if reason.startswith(GIVEN_UP):
        # These words at the head of a reason mean that the rest was given up, which nobody says by stopping.
        reason = f"stopped, {reason}"
    return _halt(app, edition, MailingState.STOPPED, by=by, reason=reason, correction=correction)


def pause(app: App, edition: EditionId, *, by: str, reason: str, correction: int = 0) -> Mailing:
    """As stop, for a while. A stopped mailing stays stopped."""
    return _halt(app, edition, MailingState.PAUSED, by=by, reason=reason, correction=correction)


def resume(app: App, edition: EditionId, *, by: str, correction: int = 0) -> Mailing:
    """Go on with those who do not have it yet: the clock does with its next sweep, `digest send` at once.

    Providers that were left in peace are asked again, and first readers that failed hold nobody back any more: a
    person says so. A mailing that is being sent, or is closed, stays as it is.
    """
    newsletter = newsletter_of(app, edition.newsletter)
    now = app.clock()
    with app.begin() as tx:
        found = _mailing(tx, edition, correction)
        resume_in(app, tx, newsletter, found, require(tx, edition), by=by, now=now)
    return mailing_of(app, edition, correction=correction)


def resume_in(
    app: App, tx: Tx, newsletter: Newsletter, mailing: Mailing, edition: Edition, *, by: str, now: datetime
) -> None:
    """`resume` in the caller's transaction."""
    if mailing.state not in (MailingState.PAUSED, MailingState.STOPPED):
        return
    if HARDLY_THEM in mailing.reason:
        # A sender that died meanwhile may have left some.
        take_back(tx, mailing.id, now)
    tx.ledger.change(mailing.id, expected=mailing.state, to=MailingState.SENDING)
    # Else whoever was refused too often would pause it again with the first call, before anybody else is tried.
    tx.ledger.count_refusals_anew(mailing.id)
    if mailing.canary is Canary.FAILED:
        tx.ledger.judge(mailing.id, expected=Canary.FAILED, to=Canary.PASSED)
        choose_subject(app, tx, mailing, now)
        tx.log("canary.overruled", mailing.edition, by=by, now=now, detail=mailing.reason)
    forgive(app, tx, newsletter, now)
    if not mailing.correction and edition.status in (EditionStatus.APPROVED, EditionStatus.STOPPED):
        tx.editions.change(edition.to(EditionStatus.SENDING), expected=edition.status)
    tx.log("mailing.resumed", mailing.edition, by=by, now=now, detail=f"it was {mailing.state}")


def release(app: App, edition: EditionId, *, by: str, correction: int = 0, given_up: bool = False) -> int:
    """What is held is sent with the next `send`, or with `given_up` what was given up: a person says so.

    Never both at once: whoever lets one held call go does not mean the fifty thousand of whom it was said that they
    get nothing any more. Returns how many chunks. Whoever of a chunk has got the message already gets it a second time,
    with the same Message-ID. A mailing that was closed is opened again by it, and waits for `resume` or `send`.
    """
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition, correction)
        # What waits for a provider that is not configured any more may be given to any.
        in_use = [name for name, _ in Route(app, newsletter_of(app, edition.newsletter)).legs]
        state = ChunkState.ABANDONED if given_up else ChunkState.HELD
        released = tx.ledger.release(mailing.id, state, now=now, note=f"released by {by}", providers=in_use)
        if released:
            reason = f"opened again by {by}"
            if mailing.state is MailingState.CLOSED:
                tx.ledger.change(mailing.id, expected=mailing.state, to=MailingState.PAUSED, reason=reason)
            elif is_given_up(mailing):
                tx.ledger.explain(mailing.id, expected=mailing.state, reason=reason)
            event = "mailing.taken_up" if given_up else "mailing.released"
            tx.log(event, str(edition), by=by, now=now, detail=f"{released} chunks")
    return released


def abandon(app: App, edition: EditionId, *, by: str, reason: str, correction: int = 0) -> int:
    """Nobody else gets it: what is ready, held or in doubt is given up, and the report names them. Returns chunks.

    Calls in flight are accounted for when they answer. The mailing stops meanwhile, so that what comes back untaken is
    given up as well and not sent again.
    """
    _stop_for_good(app, edition, reason, correction)
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition, correction)
        given_up = 0
        # Twice: a claim that was waited for the first time has cut its chunk, and its rest is there now.
        for _ in range(2):
            for one in tx.ledger.chunks(mailing.id, ChunkState.READY, ChunkState.HELD, ChunkState.IN_DOUBT):
                given_up += tx.ledger.doubt(one, to=ChunkState.ABANDONED, now=now, note=f"{by}: {reason}")
        flying = tx.ledger.chunks(mailing.id, ChunkState.SENDING)
        if given_up or flying:
            tx.log("mailing.abandoned", str(edition), by=by, now=now, detail=reason)
        close_if_settled(app, tx, mailing, now=now)
    return given_up


def _stop_for_good(app: App, edition: EditionId, reason: str, correction: int) -> None:
    """Before anything is given up, and committed: no claim begins any more.

    One that is under way in this instant makes no call, or is in one: what it brings back is given up then.
    """
    for attempt in range(_TRIES):
        try:
            with app.begin() as tx:
                mailing = _mailing(tx, edition, correction)
                if mailing.state in (MailingState.SENDING, MailingState.PAUSED):
                    _change(tx, mailing, MailingState.STOPPED, reason=GIVEN_UP + reason)
                elif mailing.state is MailingState.STOPPED:
                    tx.ledger.explain(mailing.id, expected=mailing.state, reason=GIVEN_UP + reason)
            return
        except Lost:
            # A sender closed it, or somebody resumed it, in this instant.
            if attempt == _TRIES - 1:
                raise


def close_if_settled(app: App, tx: Tx, mailing: Mailing, *, now: datetime) -> Account:
    """Close a mailing of which nothing is left to be sent or decided. Returns its account."""
    found = tx.ledger.account(mailing.id)
    if not found.settled or mailing.state in (MailingState.CLOSED, MailingState.PLANNED):
        return found
    try:
        tx.ledger.change(mailing.id, expected=mailing.state, to=MailingState.CLOSED, reason=mailing.reason)
        edition = require(tx, EditionId.parse(mailing.edition))
        if not mailing.correction and edition.status in (EditionStatus.SENDING, EditionStatus.STOPPED):
            tx.editions.change(edition.to(EditionStatus.SENT, reason=edition.reason), expected=edition.status)
            _tell_sent(app, tx, edition, mailing, found, now)
        tx.log("mailing.closed", mailing.edition, by=app.owner, now=now)
    except Lost:
        # Another sender of the same mailing closed it in this instant: that is as good.
        pass
    return found


def _tell_sent(app: App, tx: Tx, edition: Edition, mailing: Mailing, account: Account, now: datetime) -> None:
    """For whoever wants to be told: in the transaction that makes it true."""
    numbers = {"planned": account.planned, "skipped": sum(account.skipped.values()), "rejected": account.rejected}
    told = {
        "edition": str(edition.id),
        "newsletter": edition.id.newsletter,
        "day": edition.id.date.isoformat(),
        "subject": edition.subject,
        "url": app.links.view(edition.id),
        "account": numbers,
    }
    tx.webhooks.note(EDITION_SENT, list_slug=mailing.list, detail=told, now=now)


def _mailing(tx: Tx, edition: EditionId, correction: int = 0) -> Mailing:
    found = tx.ledger.mailing(str(edition), correction)
    if found is None and correction:
        raise NotFound(f"{edition}: its correction {correction} has not been mailed; approve it at the desk")
    if found is None:
        require(tx, edition)
        raise NotFound(f"{edition} has no mailing yet; `digest send {edition}` plans and sends it once it is approved")
    return found


def _halt(app: App, edition: EditionId, to: MailingState, *, by: str, reason: str, correction: int = 0) -> Mailing:
    for attempt in range(_TRIES):
        try:
            return _halt_once(app, edition, to, by=by, reason=reason, correction=correction)
        except Lost:
            # A sender began or closed it in this instant: stop what is there now.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("every try returns or raises")


def _halt_once(app: App, edition: EditionId, to: MailingState, *, by: str, reason: str, correction: int) -> Mailing:
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition, correction)
        if mailing.state in (to, MailingState.STOPPED, MailingState.CLOSED):
            return mailing
        _change(tx, mailing, to, reason=reason)
        tx.log(f"mailing.{to.value}", str(edition), by=by, now=now, detail=reason)
    return mailing_of(app, edition, correction=correction)


def _change(tx: Tx, mailing: Mailing, to: MailingState, *, reason: str) -> None:
    tx.ledger.change(mailing.id, expected=mailing.state, to=to, reason=reason)
    found = require(tx, EditionId.parse(mailing.edition))
    if not mailing.correction and to is MailingState.STOPPED and found.status is EditionStatus.SENDING:
        tx.editions.change(found.to(EditionStatus.STOPPED, reason=reason), expected=found.status)
