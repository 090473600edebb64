"""The port `Audience`: the only view that digest has of the subscribers package."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from digest.model.errors import NotFound
from digest.store import db
from digest.store.forgetting import forget_in_feedback
from digest.store.own_data import own_data
from subscribers import audience as mailed
from subscribers import changes, letters, limits, signup, suppression
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers.address import AddressError, EmailAddress, address_from, parse_address
from subscribers.attributes import AttributeType, declared_attributes
from subscribers.changes import AddressChange
from subscribers.consent import Basis
from subscribers.letters import WaitingLetter
from subscribers.limits import Admission
from subscribers.model import (
    AttributeValue,
    AudienceGroup,
    Blocked,
    Candidate,
    LetterKind,
    MailList,
    OptIn,
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.signup import Applicant, Asker, SignUp
from subscribers.store import address_of
from subscribers.tables import is_among, lists, subscribers
from subscribers.tokens import LinkClaim
from subscribers.transfer import erase, jobs, spellings

LETTERS_KEPT = timedelta(days=30)
"""How long a letter that was sent, dropped or doubted is remembered."""
IMPORTS_KEPT = timedelta(days=90)
"""How long an import that came to rest is remembered, with the lines it refused."""

_BATCH = 1_000


class StoredAudience:
    """The port `Audience` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def ensure_list(self, slug: str, name: str, now: datetime) -> MailList:
        """The list, made (double opt-in, public) where it is not there."""
        return readers.ensure_list(self._conn, slug, name, OptIn.DOUBLE, now)

    def list_of(self, slug: str) -> MailList:
        """The list called `slug`. Raises NotFound."""
        found = readers.get_list(self._conn, slug)
        if found is None:
            raise NotFound(f"there is no list {slug!r}; `digest subscribers import FILE.csv --list {slug}` makes it")
        return found

    def candidates(self, list_slug: str, on: date) -> Iterator[Candidate]:
        """Active subscriptions, streamed in id order, each with the gate's verdict. Raises NotFound."""
        db.think_long(self._conn)
        return mailed.candidates(self._conn, self.list_of(list_slug).id, on)

    def groups(self, list_slug: str, on: date) -> Sequence[AudienceGroup]:
        """The same by what readers have in common: the way to look at a million. Raises NotFound."""
        db.think_long(self._conn)
        return mailed.audience_groups(self._conn, self.list_of(list_slug).id, on)

    def blocked(self, list_slug: str, reader: int, on: date) -> Blocked | None:
        """Why this reader does not get the edition of that day, None = gets it. Raises NotFound without the list."""
        return suppression.gate(self._conn, [reader], self.list_of(list_slug).id, on)[reader]

    def readers_at(self, addresses: Sequence[str]) -> frozenset[int]:
        """Who is behind these addresses; those that nobody has are passed over."""
        keys = [address.casefold() for address in addresses]
        found = self._conn.scalars(select(subscribers.c.id).where(subscribers.c.fold_key.in_(keys)))
        return frozenset(found) if keys else frozenset()

    def counts(self, list_slug: str) -> Mapping[str, int]:
        """Subscriptions by state. Raises NotFound."""
        return {state.value: n for state, n in readers.counts_by_state(self._conn, self.list_of(list_slug).id).items()}

    def reader_behind(self, claim: LinkClaim) -> tuple[Subscriber, MailList, Subscription] | None:
        """Whom a valid link speaks for; None where it was revoked, or the reader or the list is gone."""
        reader = readers.reader_behind(self._conn, claim)
        slug = self._conn.scalar(select(lists.c.slug).where(lists.c.id == claim.list_id))
        subscription = readers.get_subscription(self._conn, claim.subscriber_id, claim.list_id)
        if reader is None or slug is None or subscription is None:
            return None
        return reader, self.list_of(slug), subscription

    def unsubscribe(self, subscriber: int, list_id: int, *, now: datetime, basis: Basis) -> bool:
        """At once; True where it changed anything."""
        return memberships.unsubscribe(self._conn, subscriber, list_id, basis, now).changed

    def suppress(self, subscriber: int, reason: SuppressionReason, *, now: datetime, note: str = "") -> bool:
        """No list mails this reader's address again; True where it is news."""
        key = self._conn.scalar(
            select(subscribers.c.fold_key).where(subscribers.c.id == subscriber, subscribers.c.erased_at.is_(None))
        )
        return key is not None and suppression.suppress(self._conn, key, reason, now=now, note=note)

    def moved_lately(self, subscribers: Collection[int]) -> Mapping[int, datetime]:
        """subscriber -> when their address changed last, for those of whom it did within the last week."""
        return changes.moved_lately(self._conn, subscribers)

    def address_then(self, subscriber: int, at: datetime, *, said: str = "") -> str | None:
        """Where a mail of that instant went, if not to the present address; `said` is where a provider says it did."""
        return changes.address_then(self._conn, subscriber, at, said=said)

    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, int]:
        """address -> subscriber, for those who are readers here; upper and lower case do not count."""
        typed: dict[str, list[str]] = {}
        for address in addresses:
            try:
                typed.setdefault(parse_address(address, allow_reserved=True).fold_key, []).append(address)
            except AddressError:
                # Nobody with such an address can be a reader.
                continue
        found: dict[str, int] = {}
        keys = list(typed)
        for start in range(0, len(keys), _BATCH):
            rows = self._conn.execute(
                select(subscribers.c.fold_key, subscribers.c.id).where(
                    is_among(self._conn, subscribers.c.fold_key, keys[start : start + _BATCH]),
                    subscribers.c.erased_at.is_(None),
                )
            )
            found.update({address: row.id for row in rows for address in typed[row.fold_key]})
        return found

    def leave_all(self, subscriber: int, *, joined_before: datetime, now: datetime, basis: Basis) -> int:
        """The reader leaves every list joined before then. Returns how many."""
        on = [
            found.list_id
            for found in readers.subscriptions_of(self._conn, subscriber)
            if found.state is not SubscriptionState.ENDED and found.since < joined_before
        ]
        return sum(self.unsubscribe(subscriber, list_id, now=now, basis=basis) for list_id in on)

    def resubscribe(self, subscriber: int, mail_list: MailList, *, now: datetime, basis: Basis) -> bool:
        """The undo of an unsubscribe by the reader's own hand; True where it changed anything."""
        change = memberships.subscribe(self._conn, subscriber, mail_list, basis, now)
        if change.state is SubscriptionState.PENDING:
            # The signed link came to the reader's own mailbox: that is the confirmation.
            change = memberships.confirm(self._conn, subscriber, mail_list.id, basis, now)
        return change.changed

    def left_at(self, subscriber: int, list_id: int) -> datetime | None:
        """When the reader last left the list; None where they never did."""
        return memberships.left_at(self._conn, subscriber, list_id)

    def choose(self, subscriber: int, list_id: int, preferences: Preferences, *, now: datetime) -> bool:
        """The reader's own choices; False where there is no live subscription."""
        return memberships.choose(self._conn, subscriber, list_id, preferences, now)

    def choose_profile(
        self,
        subscriber: int,
        *,
        language: str,
        timezone: str,
        now: datetime,
        attributes: Mapping[str, AttributeValue | None] | None = None,
    ) -> bool:
        """The reader's own language and zone, empty for the newsletter's own, and attributes; False for one erased."""
        return memberships.choose_profile(
            self._conn, subscriber, language=language, timezone=timezone, now=now, attributes=attributes
        )

    def public_attributes(self) -> tuple[AttributeType, ...]:
        """What was declared about readers as theirs to see and to change, by name."""
        return tuple(one for one in declared_attributes(self._conn).values() if one.public)

    def note_leaving(self, subscriber: int, list_id: int, note: str) -> bool:
        """Why they left, where they said so; False where they have not left."""
        return memberships.note_leaving(self._conn, subscriber, list_id, note)

    def lists(self, *, public_only: bool = False) -> tuple[MailList, ...]:
        """Every list, by slug."""
        return tuple(readers.all_lists(self._conn, public_only=public_only))

    def list_by_id(self, list_id: int) -> MailList | None:
        """The list, or None."""
        return readers.get_list_by_id(self._conn, list_id)

    def reader(self, subscriber: int) -> Subscriber | None:
        """None where there is none; a tombstone where they were erased."""
        return readers.get_subscriber(self._conn, subscriber)

    def subscriptions_of(self, subscriber: int) -> tuple[Subscription, ...]:
        """All of a reader's subscriptions, by list."""
        return tuple(readers.subscriptions_of(self._conn, subscriber))

    def sign_up(
        self, mail_list: MailList, applicant: Applicant, asker: Asker, *, basis: Basis, now: datetime
    ) -> SignUp:
        """Take a sign-up and queue its one letter, within the limits; what is refused writes nothing."""
        return signup.sign_up(self._conn, mail_list, applicant, asker, basis=basis, now=now)

    def admit(self, address: EmailAddress, asker: Asker, *, now: datetime) -> Admission:
        """Count an ask for a letter to this address, if the limits allow it."""
        return limits.admit(self._conn, address.fold_key, asker.client, key=asker.key, limits=asker.limits, now=now)

    def asks_since(self, instant: datetime) -> int:
        """How many letters strangers have caused since then."""
        return limits.asks_since(self._conn, instant)

    def send_links(self, mail_list: MailList, address: EmailAddress, asker: Asker, *, now: datetime) -> bool:
        """Queue a letter with a reader's own links, within the limits."""
        return signup.send_links(self._conn, mail_list, address, asker, now=now)

    def confirm(self, subscriber: int, list_id: int, *, now: datetime, basis: Basis) -> bool:
        """The button in the confirmation mail; True where it changed anything."""
        return memberships.confirm(self._conn, subscriber, list_id, basis, now).changed

    def queue_letter(
        self,
        kind: LetterKind,
        subscriber: int,
        *,
        address: str,
        now: datetime,
        list_id: int | None = None,
        change_id: int | None = None,
        none_since: datetime | None = None,
    ) -> int | None:
        """The letter's id; None where one of this kind was queued for the reader since `none_since`."""
        return letters.queue(
            self._conn,
            kind,
            subscriber,
            address=address,
            now=now,
            list_id=list_id,
            change_id=change_id,
            none_since=none_since,
        )

    def claim_letters(self, *, owner: str, now: datetime, lease_until: datetime, limit: int) -> list[WaitingLetter]:
        """Letters that are due; commit before the provider is called."""
        return letters.claim(self._conn, owner=owner, now=now, lease_until=lease_until, limit=limit)

    def letter_sent(self, letter: int, *, owner: str, now: datetime, message_id: str = "") -> bool:
        """False where `owner` does not hold it any more."""
        return letters.sent(self._conn, letter, owner=owner, now=now, message_id=message_id)

    def letter_put_back(self, letter: int, *, owner: str, not_before: datetime, note: str = "") -> bool:
        """It was certainly not taken."""
        return letters.put_back(self._conn, letter, owner=owner, not_before=not_before, note=note)

    def letter_doubted(self, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
        """Nobody knows whether it was taken: it is not sent again."""
        return letters.doubt(self._conn, letter, owner=owner, now=now, note=note)

    def letter_dropped(self, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
        """It can never be sent."""
        return letters.drop(self._conn, letter, owner=owner, now=now, note=note)

    def letter(self, letter: int) -> WaitingLetter | None:
        """The letter, whatever became of it; None once it is forgotten."""
        return letters.get_letter(self._conn, letter)

    def suppress_address(self, address: str, reason: SuppressionReason, *, now: datetime, note: str = "") -> bool:
        """No mail of any kind goes to this address again, whoever has it; True where it is news."""
        return suppression.suppress(self._conn, address.lower(), reason, now=now, note=note)

    def ask_change(
        self, subscriber: int, new: EmailAddress, *, erasure_key: bytes, now: datetime
    ) -> AddressChange | None:
        """A wish for another address; None where nothing is to be asked, and the reader must not learn why."""
        return changes.ask_change(self._conn, subscriber, new, now, erasure_key=erasure_key)

    def confirm_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the new address; None where it cannot be."""
        return changes.confirm_change(self._conn, change, subscriber, now)

    def change_of(self, change: int, subscriber: int) -> AddressChange | None:
        """The change with this id, if it is this reader's."""
        return changes.get_change(self._conn, change, subscriber)

    def undo_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the old address, within a week; None where it cannot be."""
        return changes.undo_change(self._conn, change, subscriber, now)

    def undone_at(self, subscriber: int, *, now: datetime) -> str | None:
        """The earliest address that can still take a change back; None where none can."""
        return changes.undone_at(self._conn, subscriber, now)

    def everything_about(self, subscriber: int) -> Mapping[str, Any] | None:
        """All that is known of a reader, for their own eyes; None where there is nobody."""
        return own_data(self._conn, subscriber)

    def erase(self, subscriber: int, *, erasure_key: bytes, now: datetime) -> bool:
        """Forget a reader, here and in what providers told us; False where there is nobody to forget."""
        found = readers.get_subscriber(self._conn, subscriber)
        if found is None or found.erased_at is not None:
            return False
        spelt = self.addresses_of(subscriber)
        erase(self._conn, address_of(found), erasure_key=erasure_key, now=now)
        forget_in_feedback(self._conn, subscriber, spelt)
        db.leave_no_trace(self._conn)
        return True

    def erase_address(self, address: EmailAddress, *, erasure_key: bytes, now: datetime) -> bool:
        """The same by address, found as `find_only` does. Raises ModelError where several could be meant.

        Of one who is no reader: what is known goes too, no import brings it in, and False.
        """
        found = readers.find_only(self._conn, address)
        if found is not None:
            return self.erase(found.id, erasure_key=erasure_key, now=now)
        erase(self._conn, address, erasure_key=erasure_key, now=now)
        forget_in_feedback(self._conn, None, spellings(address))
        db.leave_no_trace(self._conn)
        return False

    def addresses_of(self, subscriber: int) -> frozenset[str]:
        """How texts may spell the address of a reader, and those of the last days, in lower case; none if erased."""
        found = readers.get_subscriber(self._conn, subscriber)
        if found is None or found.erased_at is not None:
            return frozenset()
        earlier = changes.earlier_addresses(self._conn, subscriber)
        return spellings(address_of(found), *(address_from(key) for key in earlier))

    def tidy(self, now: datetime, *, erasure_key: bytes) -> Mapping[str, int]:
        """Forget what is over: sign-ups nobody confirmed, asks, letters, changes, imports. What went, by name."""
        return {
            "unconfirmed": signup.forget_unconfirmed(self._conn, now),
            "doubtful letters": letters.doubt_abandoned(self._conn, now),
            "letters": letters.forget_letters(self._conn, now - LETTERS_KEPT),
            "asks": limits.forget_asks(self._conn, now),
            "changes": changes.forget_changes(self._conn, now, erasure_key=erasure_key),
            # The lines that an import refused hold parts of addresses.
            "imports": jobs.forget_jobs(self._conn, now - IMPORTS_KEPT),
        }
