"""Signing up on a page: what is written down, and which one letter goes out; a stranger sees no difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, not_, select, update

from subscribers import letters, lists, store
from subscribers.address import EmailAddress
from subscribers.changes import moved_from
from subscribers.consent import Act, Basis
from subscribers.letter_tables import address_changes
from subscribers.letter_tables import letters as letter_table
from subscribers.limits import Admission, AskLimits, admit
from subscribers.model import LetterKind, MailList, OptIn, Preferences, Subscriber, SubscriptionState
from subscribers.suppression import is_address_suppressed
from subscribers.tables import consents, engagements, former_addresses, subscribers, subscriptions

CONFIRM_WITHIN = timedelta(hours=48)
"""How long an unconfirmed sign-up is kept."""

FORGOTTEN_AT_ONCE = 1_000
"""How many unconfirmed sign-ups one call deletes."""


class SignUp(StrEnum):
    """What came of a sign-up. For counting and for alarms: the page that is shown says the same for all."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    LINKS = "links"
    SUPPRESSED = "suppressed"
    LIMITED_ADDRESS = "limited_address"
    LIMITED_CLIENT = "limited_client"
    LIMITED_CEILING = "limited_ceiling"


_LIMITED = {
    Admission.ADDRESS: SignUp.LIMITED_ADDRESS,
    Admission.CLIENT: SignUp.LIMITED_CLIENT,
    Admission.CEILING: SignUp.LIMITED_CEILING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What somebody typed into the form; language and zone may be empty, preferences None."""

    address: EmailAddress
    language: str = ""
    timezone: str = ""
    preferences: Preferences | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks (a client's address), how often they may, and the secret key under which both are counted.

    `erasure_key` finds what stayed of erased addresses.
    """

    client: str
    limits: AskLimits
    key: bytes
    erasure_key: bytes


def sign_up(
    conn: Connection, mail_list: MailList, applicant: Applicant, asker: Asker, *, basis: Basis, now: datetime
) -> SignUp:
    """Take a sign-up and queue its one letter, all within the caller's write transaction.

    New: pending (or active, on a single opt-in list) and a letter to confirm (to welcome). Active already: a letter
    with their own links. Suppressed or over a limit: nothing at all is written. A reader whose address differs only
    in upper and lower case is taken to be the same person, and the letter goes to the address that we know. An address
    that a reader moved away from and can go back to is that reader's: nobody new is written down there.
    """
    if is_address_suppressed(conn, applicant.address, mail_list.id, erasure_key=asker.erasure_key):
        return SignUp.SUPPRESSED
    fold_key = applicant.address.fold_key
    admission = admit(conn, fold_key, asker.client, key=asker.key, limits=asker.limits, now=now)
    if admission is not Admission.ADMITTED:
        return _LIMITED[admission]
    reader = store.find_alike(conn, applicant.address)
    if reader is None and moved_from(conn, [fold_key], now):
        return SignUp.SUPPRESSED
    if reader is None:
        reader = store.add_subscriber(
            conn, applicant.address, now=now, language=applicant.language, timezone=applicant.timezone
        )
    kind = _join(conn, mail_list, reader, applicant, basis, now)
    letters.queue(conn, LetterKind(kind.value), reader.id, address=reader.email_key, list_id=mail_list.id, now=now)
    return kind


def send_links(conn: Connection, mail_list: MailList, address: EmailAddress, asker: Asker, *, now: datetime) -> bool:
    """Somebody asks for the link to their preferences: a letter, if the address is on this list. True if queued.

    It counts against the same limits as a sign-up. The page says the same in every case.
    """
    if is_address_suppressed(conn, address, erasure_key=asker.erasure_key):
        return False
    admission = admit(conn, address.fold_key, asker.client, key=asker.key, limits=asker.limits, now=now)
    reader = store.find_alike(conn, address)
    if admission is not Admission.ADMITTED or reader is None:
        return False
    subscription = store.get_subscription(conn, reader.id, mail_list.id)
    if subscription is None or subscription.state is not SubscriptionState.ACTIVE:
        return False
    letters.queue(conn, LetterKind.LINKS, reader.id, address=reader.email_key, list_id=mail_list.id, now=now)
    return True


def forget_unconfirmed(conn: Connection, now: datetime, *, limit: int = FORGOTTEN_AT_ONCE) -> int:
    """Delete sign-ups that nobody confirmed within 48 hours, with the reader if nothing else is known of them.

    Who had left before and asked again is one who left, as before. Returns how many; call again while it is `limit`.
    """
    over = conn.execute(
        select(subscriptions.c.id, subscriptions.c.subscriber_id, subscriptions.c.list_id)
        .where(
            subscriptions.c.state == SubscriptionState.PENDING.value,
            subscriptions.c.since <= now - CONFIRM_WITHIN,
        )
        .order_by(subscriptions.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not over:
        return 0
    ids = [row.id for row in over]
    earlier = exists().where(
        consents.c.subscriber_id == subscriptions.c.subscriber_id,
        consents.c.list_id == subscriptions.c.list_id,
        consents.c.act != Act.ASKED.value,
    )
    conn.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(ids), earlier)
        .values(state=SubscriptionState.ENDED.value, since=now, ended_reason="unsubscribed")
    )
    gone = conn.execute(
        delete(subscriptions)
        .where(subscriptions.c.id.in_(ids), subscriptions.c.state == SubscriptionState.PENDING.value)
        .returning(subscriptions.c.subscriber_id, subscriptions.c.list_id)
    ).all()
    for subscriber_id, list_id in gone:
        _forget_ask(conn, subscriber_id, list_id)
    return len(over)


def _join(
    conn: Connection, mail_list: MailList, reader: Subscriber, applicant: Applicant, basis: Basis, now: datetime
) -> SignUp:
    held = store.get_subscription(conn, reader.id, mail_list.id)
    if held is not None and held.state is SubscriptionState.ACTIVE:
        return SignUp.LINKS
    lists.subscribe(conn, reader.id, mail_list, basis, now, preferences=applicant.preferences)
    return SignUp.WELCOME if mail_list.opt_in is OptIn.SINGLE else SignUp.CONFIRM


def _forget_ask(conn: Connection, subscriber_id: int, list_id: int) -> None:
    """Nothing of an unconfirmed wish stays; nor does the reader, if no list ever had them."""
    conn.execute(delete(consents).where(consents.c.subscriber_id == subscriber_id, consents.c.list_id == list_id))
    conn.execute(
        delete(letter_table).where(letter_table.c.subscriber_id == subscriber_id, letter_table.c.list_id == list_id)
    )
    if conn.execute(select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id).limit(1)).first():
        return
    for table in (letter_table, address_changes, engagements, consents, former_addresses):
        conn.execute(delete(table).where(table.c.subscriber_id == subscriber_id))
    conn.execute(
        delete(subscribers).where(
            subscribers.c.id == subscriber_id,
            subscribers.c.erased_at.is_(None),
            not_(exists().where(subscriptions.c.subscriber_id == subscriber_id)),
        )
    )
