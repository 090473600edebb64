"""Signing up on our page: a stranger asks, the mailbox confirms, and a welcome with the latest edition goes out.

The welcome is a letter, not a delivery of the edition: nobody is planned into a mailing that is under way, so the
edition that it shows is never counted and never sent to that reader a second time by the ledger (P1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.model.errors import NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.workflow.readers.subscribe import WORDING, Reader, behind
from subscribers.address import EmailAddress
from subscribers.consent import Basis
from subscribers.model import LetterKind, MailList, OptIn, Preferences, SubscriptionState, SuppressionReason
from subscribers.signup import Applicant, SignUp
from subscribers.tokens import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody sent from the form, read and found in order."""

    newsletter: str
    address: EmailAddress
    language: str = ""
    timezone: str = ""
    sections: tuple[str, ...] = ()
    page: str = ""
    """Which of our pages it came from: evidence of the consent."""


def sign_up(app: App, ask: Ask, *, client: str) -> SignUp:
    """Take the ask and queue its one letter, within the limits. What came of it is not for the stranger's eyes.

    Raises NotFound where no such newsletter is offered.
    """
    now = app.clock()
    newsletter = app.newsletters.get(ask.newsletter)
    if newsletter is None:
        raise NotFound(f"there is no newsletter {ask.newsletter!r}")
    basis = Basis(method="form", wording_version=WORDING, evidence=ask.page)
    applicant = Applicant(
        address=ask.address,
        language=ask.language,
        timezone=ask.timezone,
        preferences=Preferences(sections=ask.sections) if ask.sections else None,
    )
    with app.begin() as tx:
        mail_list = offered_list(tx, newsletter, app)
        rule = rule_for(app, tx, ask.address, mail_list)
        found = tx.audience.sign_up(rule, applicant, app.asks.by(client), basis=basis, now=now)
        if found is SignUp.LIMITED_CEILING:
            # Over the ceiling for all: either we are used against strangers, or it is a very good day.
            tx.log(
                "signups.ceiling", newsletter.slug, by=app.owner, now=now, detail=f"{app.asks.limits.in_all} an hour"
            )
    return found


def rule_for(app: App, tx: Tx, address: EmailAddress, mail_list: MailList) -> MailList:
    """The list as it holds for this address: double opt-in for whoever said no before.

    A stranger can type any address: who left this list or all of them, was erased, or has yet to confirm is asked by
    mail even where the list asks nobody else.
    """
    if mail_list.opt_in is OptIn.SINGLE and _must_confirm(app, tx, address, mail_list):
        return replace(mail_list, opt_in=OptIn.DOUBLE)
    return mail_list


def _must_confirm(app: App, tx: Tx, address: EmailAddress, mail_list: MailList) -> bool:
    if tx.readership.was_erased(address, erasure_key=app.asks.erasure_key):
        return True
    reader = tx.readership.at(address)
    on = {one.list_id: one.state for one in tx.audience.subscriptions_of(reader.id)} if reader else {}
    if on.get(mail_list.id) in (SubscriptionState.ENDED, SubscriptionState.PENDING):
        return True
    own = tx.readership.suppressions(list_ids=None, key=address.fold_key, after=0, limit=1_000)
    return any(one.reason is SuppressionReason.UNSUBSCRIBED and one.list_id in (None, mail_list.id) for one in own)


def offered_list(tx: Tx, newsletter: Newsletter, app: App) -> MailList:
    """The list behind a newsletter, made where it is not there. Raises NotFound for a private or archived one."""
    mail_list = tx.audience.ensure_list(newsletter.list, newsletter.name, app.clock())
    if not mail_list.public or mail_list.archived_at is not None:
        raise NotFound(f"{newsletter.slug} is not offered to everybody")
    return mail_list


def confirming(app: App, token: str) -> Reader:
    """Whom the link of a confirmation letter speaks for; changes nothing (P4). Raises TokenError, TokenOver."""
    return behind(app, app.links.read(Purpose.CONFIRM, token, app.clock()))


def confirm(app: App, token: str) -> Reader:
    """The button of the confirmation page. Safe to press twice; an old link does not bring back who left since."""
    now = app.clock()
    claim = app.links.read(Purpose.CONFIRM, token, now)
    reader = behind(app, claim)
    with app.begin() as tx:
        basis = Basis(method="page", wording_version=WORDING, evidence="confirmation letter")
        if tx.audience.confirm(claim.subscriber_id, claim.list_id, now=now, basis=basis):
            tx.audience.queue_letter(
                LetterKind.WELCOME,
                claim.subscriber_id,
                address=reader.subscriber.email_key,
                list_id=claim.list_id,
                now=now,
            )
    return behind(app, claim)
