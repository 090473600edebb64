"""What a person can do with a mailing: look at its account, pause, stop, release what is held, give up the rest."""

from __future__ import annotations

from digest.model.delivery import Account, ChunkState, Mailing, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import NotFound
from digest.ports import App, Tx
from digest.workflow.review import require


def mailing_of(app: App, edition: EditionId) -> Mailing:
    """The mailing of an edition; NotFound where it has none yet."""
    with app.read() as tx:
        return _mailing(tx, edition)


def account(app: App, edition: EditionId) -> Account:
    """Who got it, and who did not and why, as it stands now (P2)."""
    with app.read() as tx:
        return tx.ledger.account(_mailing(tx, edition).id, now=app.clock())


def stop(app: App, edition: EditionId, *, by: str, reason: str) -> Mailing:
    """No new call from now on (P6); what is in flight is accounted for when it answers."""
    return _halt(app, edition, MailingState.STOPPED, by=by, reason=reason)


def pause(app: App, edition: EditionId, *, by: str, reason: str) -> Mailing:
    """As stop, for a while: `digest send` goes on with it."""
    return _halt(app, edition, MailingState.PAUSED, by=by, reason=reason)


def release(app: App, edition: EditionId, *, by: str) -> int:
    """What is held or given up is sent with the next `send`: a person says so. Returns how many chunks.

    Whoever of a held chunk has got the message already gets it a second time, with the same Message-ID.
    """
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition)
        found = tx.ledger.chunks(mailing.id, ChunkState.HELD, ChunkState.ABANDONED)
        released = sum(tx.ledger.doubt(one, to=ChunkState.READY, now=now, note=f"released by {by}") for one in found)
        tx.log("mailing.released", str(edition), by=by, now=now, detail=f"{released} chunks")
    return released


def abandon(app: App, edition: EditionId, *, by: str, reason: str) -> int:
    """Nobody else gets it: what is ready, held or in doubt is given up, and the report names them. Returns chunks."""
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition)
        found = tx.ledger.chunks(mailing.id, ChunkState.READY, ChunkState.HELD, ChunkState.IN_DOUBT)
        given_up = sum(tx.ledger.doubt(one, to=ChunkState.ABANDONED, now=now, note=f"{by}: {reason}") for one in found)
        tx.log("mailing.abandoned", str(edition), by=by, now=now, detail=reason)
    return given_up


def _mailing(tx: Tx, edition: EditionId) -> Mailing:
    found = tx.ledger.mailing(str(edition))
    if found is None:
        raise NotFound(f"{edition} has no mailing yet; `digest send {edition}` plans and sends it once it is approved")
    return found


def _halt(app: App, edition: EditionId, to: MailingState, *, by: str, reason: str) -> Mailing:
    now = app.clock()
    with app.begin() as tx:
        mailing = _mailing(tx, edition)
        if mailing.state in (to, MailingState.STOPPED, MailingState.CLOSED):
            return mailing
        tx.ledger.change(mailing.id, expected=mailing.state, to=to, reason=reason)
        found = require(tx, edition)
        if to is MailingState.STOPPED and found.status is EditionStatus.SENDING:
            tx.editions.change(found.to(EditionStatus.STOPPED, reason=reason), expected=found.status)
        tx.log(f"mailing.{to.value}", str(edition), by=by, now=now, detail=reason)
    return mailing_of(app, edition)
