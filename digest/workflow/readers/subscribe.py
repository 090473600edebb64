"""What a reader asks for through a signed link: leave, come back, choose. Each is safe to do twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from subscribers.address import address_from
from subscribers.attributes import AttributeType
from subscribers.consent import Basis
from subscribers.model import (
    AttributeValue,
    Frequency,
    LetterKind,
    MailList,
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.store import is_revoked
from subscribers.tokens import LinkClaim, Purpose, TokenError

UNDO_WITHIN = timedelta(days=7)
"""How long the link of a mail brings back who left: a forwarded one must not do so years later."""

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
    undo_until: datetime | None = None
    """Until when the link of a mail brings back who has left; None where they have not, or by no hand of theirs."""
    kept_back: bool = False
    """Whether no mail of this list goes to the address: it bounced, complained, or is kept back."""
    only_out: bool = False
    """Whether the link was revoked, as after the undo of a change of address: it still unsubscribes, and no more."""

    def may_undo(self, now: datetime) -> bool:
        """Whether an unsubscribe can still be undone by the link of a mail."""
        return not self.only_out and not self.kept_back and self.undo_until is not None and now < self.undo_until


def reader_of(app: App, purpose: Purpose, token: str) -> Reader:
    """Whom the token speaks for; changes nothing (P4). Raises TokenError, the same for every cause."""
    claim = app.links.read(purpose, token)
    return behind(app, claim)


def unsubscribe(app: App, token: str, *, method: str) -> Reader:
    """The reader leaves the list, at once (P3). `method` is one_click or page. Raises TokenError."""
    now = app.clock()
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    reader = behind(app, claim)
    with app.begin() as tx:
        left = tx.audience.unsubscribe(
            claim.subscriber_id, claim.list_id, now=now, basis=Basis(method=method, wording_version=WORDING)
        )
        if left and reader.newsletter is not None and reader.newsletter.goodbye:
            # At most one in a day, however often they come back and leave.
            tx.audience.queue_letter(
                LetterKind.GOODBYE,
                claim.subscriber_id,
                address=reader.subscriber.email_key,
                list_id=claim.list_id,
                now=now,
                none_since=now - timedelta(days=1),
            )
    return behind(app, claim)


def resubscribe(app: App, token: str) -> Reader:
    """The undo on the page that follows an unsubscribe; nothing where its time is over. Raises TokenError."""
    now = app.clock()
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    with app.begin() as tx:
        reader = behind_in(tx, app, claim)
        if reader.may_undo(now):
            tx.audience.resubscribe(
                claim.subscriber_id, reader.mail_list, now=now, basis=Basis(method="page", wording_version=WORDING)
            )
    return behind(app, claim)


def instead(app: App, token: str, *, weeks: int = 0) -> Reader:
    """Rather than leaving: a pause of so many weeks, or with 0 Mondays only. Undoes an unsubscribe.

    Nothing where they have left, and that cannot be undone any more, or the link was revoked. Raises TokenError.
    """
    now = app.clock()
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    reader = behind(app, claim)
    basis = Basis(method="page", wording_version=WORDING)
    zone = ZoneInfo(reader.newsletter.zone if reader.newsletter else "UTC")
    until = now.astimezone(zone).date() + timedelta(weeks=weeks) if weeks else None
    with app.begin() as tx:
        reader = behind_in(tx, app, claim)
        if reader.only_out:
            return reader
        if reader.subscription.state is SubscriptionState.ENDED:
            if not reader.may_undo(now):
                return reader
            tx.audience.resubscribe(claim.subscriber_id, reader.mail_list, now=now, basis=basis)
        before = behind_in(tx, app, claim).subscription.preferences
        wanted = replace(before, paused_until=until) if weeks else replace(before, frequency=Frequency.WEEKLY)
        tx.audience.choose(claim.subscriber_id, claim.list_id, wanted, now=now)
    return behind(app, claim)


def say_why(app: App, token: str, note: str) -> Reader:
    """Why the reader left, in their words or ours; nothing where they have not left. Raises TokenError."""
    claim = app.links.read(Purpose.UNSUBSCRIBE, token)
    with app.begin() as tx:
        if not behind_in(tx, app, claim).only_out:
            tx.audience.note_leaving(claim.subscriber_id, claim.list_id, note)
    return behind(app, claim)


def public_attributes(app: App) -> tuple[AttributeType, ...]:
    """What was declared about readers as theirs to see and to change."""
    with app.read() as tx:
        return tx.audience.public_attributes()


def choose(
    app: App,
    token: str,
    preferences: Preferences,
    *,
    language: str | None = None,
    timezone: str | None = None,
    attributes: Mapping[str, AttributeValue | None] | None = None,
) -> Reader:
    """The reader's own choices for this list, and their language and zone (None = as they were). Raises TokenError.

    Of `attributes` only those are changed that are the reader's to change; None takes one away.
    """
    now = app.clock()
    claim = app.links.read(Purpose.PREFERENCES, token)
    before = behind(app, claim).subscriber
    with app.begin() as tx:
        tx.audience.choose(claim.subscriber_id, claim.list_id, preferences, now=now)
        tx.audience.choose_profile(
            claim.subscriber_id,
            language=before.language if language is None else language,
            timezone=before.timezone if timezone is None else timezone,
            attributes=_own(tx, attributes or {}),
            now=now,
        )
    return behind(app, claim)


def _own(tx: Tx, attributes: Mapping[str, AttributeValue | None]) -> Mapping[str, AttributeValue | None]:
    """Those that are declared as the reader's; a declaration may be taken back while the form is open."""
    public = {one.name for one in tx.audience.public_attributes()}
    return {name: value for name, value in attributes.items() if name in public}


def behind(app: App, claim: LinkClaim) -> Reader:
    """Whom a claim speaks for, as they are now. Raises TokenError where it was revoked or somebody is gone."""
    with app.read() as tx:
        return behind_in(tx, app, claim)


def behind_in(tx: Tx, app: App, claim: LinkClaim) -> Reader:
    """The same within a transaction that is open already."""
    found = tx.audience.reader_behind(claim)
    if found is None:
        raise TokenError
    subscriber, mail_list, subscription = found
    newsletter = next((one for one in app.newsletters.values() if one.list == mail_list.slug), None)
    left = None
    if subscription.state is SubscriptionState.ENDED:
        left = tx.audience.left_at(subscriber.id, mail_list.id)
    address = address_from(subscriber.email_key)
    return Reader(
        subscriber=subscriber,
        mail_list=mail_list,
        subscription=subscription,
        newsletter=newsletter,
        undo_until=None if left is None else left + UNDO_WITHIN,
        kept_back=bool(tx.readership.kept_back(address, mail_list.id, erasure_key=app.asks.erasure_key)),
        only_out=is_revoked(subscriber, claim),
    )
