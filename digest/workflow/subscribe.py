"""What a reader asks for through a signed link: leave, come back, choose. Each is safe to do twice."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model.newsletter import Newsletter
from digest.ports import App
from subscribers.consent import Basis
from subscribers.model import MailList, Preferences, Subscriber, Subscription
from subscribers.tokens import LinkClaim, Purpose, TokenError

WORDING = "2026-11"
"""Version of the sentences that a reader sees beside a button; recorded with every consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a link speaks for, as they are now."""

    subscriber: Subscriber
    mail_list: MailList
    subscription: Subscription
    newsletter: Newsletter | None
    """The newsletter that goes to this list, where there is one."""


def reader_of(app: App, purpose: Purpose, token: str) -> Reader:
    """Whom the token speaks for; changes nothing (P4). Raises TokenError, the same for every cause."""
    claim = app.links.read(purpose, token)
    return _behind(app, claim)


def unsubscribe(app: App, token: str, *, method: str) -> Reader:
    """The reader leaves the list, at once (P3). `method` is one_click or page. Raises TokenError."""
    now = app.clock()
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    _behind(app, claim)
    with app.begin() as tx:
        tx.audience.unsubscribe(
            claim.subscriber_id, claim.list_id, now=now, basis=Basis(method=method, wording_version=WORDING)
        )
    return _behind(app, claim)


def resubscribe(app: App, token: str) -> Reader:
    """The undo on the page that follows an unsubscribe. Raises TokenError."""
    now = app.clock()
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    reader = _behind(app, claim)
    with app.begin() as tx:
        tx.audience.resubscribe(
            claim.subscriber_id, reader.mail_list, now=now, basis=Basis(method="page", wording_version=WORDING)
        )
    return _behind(app, claim)


def choose(app: App, token: str, preferences: Preferences) -> Reader:
    """The reader's own choices for this list. Raises TokenError."""
    now = app.clock()
    claim = app.links.read(Purpose.PREFERENCES, token)
    _behind(app, claim)
    with app.begin() as tx:
        tx.audience.choose(claim.subscriber_id, claim.list_id, preferences, now=now)
    return _behind(app, claim)


def _behind(app: App, claim: LinkClaim) -> Reader:
    with app.read() as tx:
        found = tx.audience.reader_behind(claim)
    if found is None:
        raise TokenError
    subscriber, mail_list, subscription = found
    newsletter = next((one for one in app.newsletters.values() if one.list == mail_list.slug), None)
    return Reader(subscriber=subscriber, mail_list=mail_list, subscription=subscription, newsletter=newsletter)
