"""What readers may do with what we keep of them: move it to another address, have it, and have it erased.

The link in a mail asks for these; a fresh mail to the address confirms them, so that a forwarded mail does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.workflow.readers.erasing import erase_reader
from digest.workflow.readers.subscribe import Reader, behind
from subscribers.address import EmailAddress
from subscribers.changes import AddressChange
from subscribers.limits import Admission
from subscribers.model import LetterKind, Subscriber, SubscriptionState
from subscribers.store import is_revoked
from subscribers.tokens import LinkClaim, Purpose, TokenError

_ENDED = SubscriptionState.ENDED
ASKED_AGAIN_AFTER = timedelta(hours=24)
"""A second wish for the same letter within it is answered by the first one, whose link works as long."""


def ask_move(app: App, token: str, new: EmailAddress, *, client: str) -> Reader:
    """A wish for another address: a letter goes to it, if it may have one. The page says the same in every case."""
    now = app.clock()
    claim = app.links.read(Purpose.PREFERENCES, token)
    reader = behind(app, claim)
    with app.begin() as tx:
        change = (
            tx.audience.ask_change(claim.subscriber_id, new, erasure_key=app.asks.erasure_key, now=now)
            if _admitted(app, tx, new, client)
            else None
        )
        if change is not None:
            tx.audience.queue_letter(
                LetterKind.ADDRESS,
                claim.subscriber_id,
                address=change.new_key,
                list_id=claim.list_id,
                change_id=change.id,
                now=now,
            )
    return reader


def _admitted(app: App, tx: Tx, address: EmailAddress, client: str) -> bool:
    """The limits of sign-ups hold here too: a reader's link must not become a way to mail strangers."""
    return tx.audience.admit(address, app.asks.by(client), now=app.clock()) is Admission.ADMITTED


def moving(app: App, purpose: Purpose, token: str) -> Subscriber:
    """Whom the link of a change of address speaks for; changes nothing (P4). Raises TokenError, TokenOver."""
    return _owner(app, app.links.read(purpose, token, app.clock()))


def move(app: App, token: str) -> AddressChange | None:
    """The button at the new address; the old one is told, and can take it back. None where it cannot be any more."""
    now = app.clock()
    claim = app.links.read(Purpose.CHANGE_ADDRESS, token, now)
    _owner(app, claim)
    with app.begin() as tx:
        change = tx.audience.confirm_change(claim.change_id, claim.subscriber_id, now=now)
        if change is not None and change.changed_at is not None:
            told = tx.audience.queue_letter(
                LetterKind.MOVED,
                claim.subscriber_id,
                address=change.old_key,
                change_id=change.id,
                now=now,
                # The button may be pressed twice; the letter goes once.
                none_since=change.changed_at - timedelta(seconds=1),
            )
            if told is not None:
                tx.log("reader.moved", str(claim.subscriber_id), by="reader", now=now)
    return change


def undo_move(app: App, token: str) -> AddressChange | None:
    """The button at the old address: as it was, and every link made so far is void. None where it is too late."""
    now = app.clock()
    claim = app.links.read(Purpose.UNDO_CHANGE, token, now)
    _owner(app, claim)
    with app.begin() as tx:
        change = tx.audience.undo_change(claim.change_id, claim.subscriber_id, now=now)
        if change is not None:
            tx.log("reader.moved_back", str(claim.subscriber_id), by="reader", now=now)
    return change


def ask_export(app: App, token: str) -> Reader:
    """A letter with the way to one's own data goes to the reader's address, or where `_ask` says."""
    return _ask(app, token, LetterKind.EXPORT)


def ask_erasure(app: App, token: str) -> Reader:
    """A letter that asks once more goes to the reader's address, or where `_ask` says."""
    return _ask(app, token, LetterKind.ERASE)


def _ask(app: App, token: str, kind: LetterKind) -> Reader:
    """While a change of address can be taken back, the letter goes to the address that can.

    Whoever moved an account with a forwarded mail must not read it, or erase it and the undo with it.
    """
    now = app.clock()
    claim = app.links.read(Purpose.PREFERENCES, token)
    reader = behind(app, claim)
    with app.begin() as tx:
        tx.audience.queue_letter(
            kind,
            claim.subscriber_id,
            address=tx.audience.undone_at(claim.subscriber_id, now=now) or reader.subscriber.email_key,
            list_id=claim.list_id,
            now=now,
            none_since=now - ASKED_AGAIN_AFTER,
        )
    return reader


def owner(app: App, purpose: Purpose, token: str) -> Subscriber:
    """Whom a link to export or erase speaks for; changes nothing (P4). Raises TokenError, TokenOver."""
    return _owner(app, app.links.read(purpose, token, app.clock()))


def newsletter_for(app: App, reader: Subscriber) -> Newsletter:
    """The newsletter whose name stands on a page of this reader's: the first that they get, else the first there is."""
    every = list(app.newsletters.values())
    if len(every) > 1:
        with app.read() as tx:
            on = {one.list_id for one in tx.audience.subscriptions_of(reader.id) if one.state is not _ENDED}
            slugs = {one.slug for one in tx.audience.lists() if one.id in on}
        every = [one for one in every if one.list in slugs] or every
    return every[0]


def everything_about(app: App, token: str) -> Mapping[str, Any]:
    """All that we keep about the reader. Raises TokenError, TokenOver."""
    claim = app.links.read(Purpose.EXPORT, token, app.clock())
    _owner(app, claim)
    with app.read() as tx:
        found = tx.audience.everything_about(claim.subscriber_id)
    if found is None:
        raise TokenError
    return found


def erase(app: App, token: str) -> None:
    """Everything about the reader is gone; a keyed hash stays, so that no import brings the address back.

    Pressed again it does nothing.
    """
    claim = app.links.read(Purpose.ERASE, token, app.clock())
    if _owner(app, claim).erased_at is None:
        erase_reader(app, claim.subscriber_id, by="reader")


def _owner(app: App, claim: LinkClaim) -> Subscriber:
    """Whom the link speaks for. One that has revoked itself by its own press is answered when it is pressed again."""
    with app.read() as tx:
        reader = tx.audience.reader(claim.subscriber_id)
        if reader is None or (is_revoked(reader, claim) and not _pressed_already(tx, reader, claim)):
            raise TokenError
    return reader


def _pressed_already(tx: Tx, reader: Subscriber, claim: LinkClaim) -> bool:
    if claim.purpose is Purpose.ERASE:
        return reader.erased_at is not None
    if claim.purpose is Purpose.UNDO_CHANGE and reader.erased_at is None:
        change = tx.audience.change_of(claim.change_id, reader.id)
        return change is not None and change.state == "undone"
    return False
