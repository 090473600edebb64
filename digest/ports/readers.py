"""Ports of readers: the audience, imports, and the readers' own doings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol, TextIO

from digest.ports.surroundings import Clock
from subscribers.address import EmailAddress
from subscribers.attributes import AttributeType
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
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.paging import Suppression
from subscribers.saved import SavedSegment
from subscribers.segments import Predicate
from subscribers.signup import Applicant, Asker, SignUp
from subscribers.tokens import LinkClaim
from subscribers.transfer import ImportOptions, LineProblem
from subscribers.transfer.jobs import ImportJob


class Audience(Protocol):
    """The only view that digest has of the subscribers package."""

    def ensure_list(self, slug: str, name: str, now: datetime) -> MailList:
        """The list, made (double opt-in, public) where it is not there."""

    def list_of(self, slug: str) -> MailList:
        """Raises NotFound."""

    def candidates(self, list_slug: str, on: date) -> Iterator[Candidate]:
        """Active subscriptions, streamed in id order, each with the gate's verdict. Raises NotFound."""

    def groups(self, list_slug: str, on: date) -> Sequence[AudienceGroup]:
        """The same by what readers have in common: the way to look at a million. Raises NotFound."""

    def blocked(self, list_slug: str, reader: int, on: date) -> Blocked | None:
        """Why this reader does not get the edition of that day, None = gets it. Raises NotFound without the list."""

    def readers_at(self, addresses: Sequence[str]) -> frozenset[int]:
        """Who is behind these addresses; those that nobody has are passed over."""

    def counts(self, list_slug: str) -> Mapping[str, int]:
        """Subscriptions by state. Raises NotFound."""

    def reader_behind(self, claim: LinkClaim) -> tuple[Subscriber, MailList, Subscription] | None:
        """Whom a valid link speaks for; None where it was revoked, or the reader or the list is gone."""

    def unsubscribe(self, subscriber: int, list_id: int, *, now: datetime, basis: Basis) -> bool:
        """At once; True where it changed anything."""

    def suppress(self, subscriber: int, reason: SuppressionReason, *, now: datetime, note: str = "") -> bool:
        """No list mails this reader's address again; True where it is news."""

    def moved_lately(self, subscribers: Collection[int]) -> Mapping[int, datetime]:
        """subscriber -> when their address changed last, for those of whom it did within the last week."""

    def address_then(self, subscriber: int, at: datetime, *, said: str = "") -> str | None:
        """Where a mail of that instant went, if not to the present address; `said` is where a provider says it did."""

    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, int]:
        """address -> subscriber, for those who are readers here; upper and lower case do not count."""

    def leave_all(self, subscriber: int, *, joined_before: datetime, now: datetime, basis: Basis) -> int:
        """The reader leaves every list joined before then. Returns how many."""

    def resubscribe(self, subscriber: int, mail_list: MailList, *, now: datetime, basis: Basis) -> bool:
        """The undo of an unsubscribe by the reader's own hand; True where it changed anything."""

    def left_at(self, subscriber: int, list_id: int) -> datetime | None:
        """When the reader last left the list; None where they never did."""

    def choose(self, subscriber: int, list_id: int, preferences: Preferences, *, now: datetime) -> bool:
        """The reader's own choices; False where there is no live subscription."""

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

    def public_attributes(self) -> tuple[AttributeType, ...]:
        """What was declared about readers as theirs to see and to change, by name."""

    def note_leaving(self, subscriber: int, list_id: int, note: str) -> bool:
        """Why they left, where they said so; False where they have not left."""

    def lists(self, *, public_only: bool = False) -> tuple[MailList, ...]:
        """Every list, by slug."""

    def list_by_id(self, list_id: int) -> MailList | None: ...

    def reader(self, subscriber: int) -> Subscriber | None:
        """None where there is none; a tombstone where they were erased."""

    def subscriptions_of(self, subscriber: int) -> tuple[Subscription, ...]: ...

    def sign_up(
        self, mail_list: MailList, applicant: Applicant, asker: Asker, *, basis: Basis, now: datetime
    ) -> SignUp:
        """Take a sign-up and queue its one letter, within the limits; what is refused writes nothing."""

    def admit(self, address: EmailAddress, asker: Asker, *, now: datetime) -> Admission:
        """Count an ask for a letter to this address, if the limits allow it."""

    def asks_since(self, instant: datetime) -> int:
        """How many letters strangers have caused since then."""

    def send_links(self, mail_list: MailList, address: EmailAddress, asker: Asker, *, now: datetime) -> bool:
        """Queue a letter with a reader's own links, within the limits."""

    def confirm(self, subscriber: int, list_id: int, *, now: datetime, basis: Basis) -> bool:
        """The button in the confirmation mail; True where it changed anything."""

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

    def claim_letters(self, *, owner: str, now: datetime, lease_until: datetime, limit: int) -> list[WaitingLetter]:
        """Letters that are due; commit before the provider is called."""

    def letter_sent(self, letter: int, *, owner: str, now: datetime, message_id: str = "") -> bool:
        """False where `owner` does not hold it any more."""

    def letter_put_back(self, letter: int, *, owner: str, not_before: datetime, note: str = "") -> bool:
        """It was certainly not taken."""

    def letter_doubted(self, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
        """Nobody knows whether it was taken: it is not sent again."""

    def letter_dropped(self, letter: int, *, owner: str, now: datetime, note: str = "") -> bool:
        """It can never be sent."""

    def letter(self, letter: int) -> WaitingLetter | None:
        """The letter, whatever became of it; None once it is forgotten."""

    def suppress_address(self, address: str, reason: SuppressionReason, *, now: datetime, note: str = "") -> bool:
        """No mail of any kind goes to this address again, whoever has it; True where it is news."""

    def ask_change(
        self, subscriber: int, new: EmailAddress, *, erasure_key: bytes, now: datetime
    ) -> AddressChange | None:
        """A wish for another address; None where nothing is to be asked, and the reader must not learn why."""

    def confirm_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the new address; None where it cannot be."""

    def change_of(self, change: int, subscriber: int) -> AddressChange | None:
        """The change with this id, if it is this reader's."""

    def undo_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the old address, within a week; None where it cannot be."""

    def undone_at(self, subscriber: int, *, now: datetime) -> str | None:
        """The earliest address that can still take a change back; None where none can."""

    def everything_about(self, subscriber: int) -> Mapping[str, Any] | None:
        """All that is known of a reader, for their own eyes; None where there is nobody."""

    def erase(self, subscriber: int, *, erasure_key: bytes, now: datetime) -> bool:
        """Forget a reader, here and in what providers told us; False where there is nobody to forget."""

    def erase_address(self, address: EmailAddress, *, erasure_key: bytes, now: datetime) -> bool:
        """The same by address, in whatever upper and lower case. Raises ModelError where several could be meant.

        Of one who is no reader: what is known goes too, but for what suppresses it; no import brings it in, and False.
        """

    def addresses_of(self, subscriber: int) -> frozenset[str]:
        """How texts may spell a reader's address, and those of the last days, in lower case; none for one erased."""

    def tidy(self, now: datetime, *, erasure_key: bytes) -> Mapping[str, int]:
        """Forget what is over: unconfirmed sign-ups after 48 hours, asks, letters, changes. What went, by name."""


class Imports(Protocol):
    """Imports of readers: files that are kept until they are brought in, and rows that say how far they are."""

    def begin(
        self,
        source: BinaryIO,
        *,
        file_name: str,
        mail_list: MailList,
        options: ImportOptions,
        dry_run: bool,
        by: str,
        now: datetime,
    ) -> ImportJob:
        """Keep the file and put its import in the queue. Raises BadDocument for a file that can never be imported."""

    def bring_in(self, job: int, *, by: str, now: datetime) -> ImportJob:
        """Put the file of a rehearsal in the queue, to be brought in. Raises NotFound where it is not kept any more."""

    def go_on(self, job: int, *, now: datetime) -> ImportJob:
        """Put an import that failed or was stopped back in the queue. Raises NotFound where its file is gone."""

    def stop(self, job: int, *, now: datetime) -> bool:
        """Stop it before its next batch. False where it is over."""

    def get(self, job: int) -> ImportJob | None: ...

    def problems(self, job: int) -> tuple[LineProblem, ...]:
        """Why lines were refused, in the order of the file; at most 1,000."""

    def notes(self, job: int) -> tuple[str, ...]:
        """How the file is read: whose export it is, what became of its columns. Nothing once the file is gone."""

    def recent(self, list_id: int | None = None, *, limit: int = 20) -> tuple[ImportJob, ...]:
        """The newest imports, of one list or of all."""

    def left_waiting(self, *, since: datetime, now: datetime) -> tuple[ImportJob, ...]:
        """Imports that wait, or whose importer is dead, since then while none is carried out; the oldest first."""

    def lies_here(self, job: ImportJob) -> bool:
        """Whether its file is in the folder of this process."""

    def carry_out(
        self,
        *,
        owner: str,
        clock: Clock,
        is_gone: Callable[[str], bool],
        pause: Callable[[], bool],
        progress: Callable[[int], None] | None = None,
        but: Collection[int] = (),
    ) -> ImportJob | None:
        """Carry out the oldest import that waits, or on; None where none does whose file lies here.

        It returns when the import is done, failed, stopped, taken over, or when `pause` says yes: then it waits. What
        it raises is written down in the row. `but` names imports to be left alone.
        """

    def clear(self, now: datetime) -> int:
        """Delete files that no import can ask for any more. Returns how many."""

    def strike_out(self, addresses: Collection[str]) -> int:
        """Write over every line of the kept files that holds one of these addresses. Returns how many."""


class Readership(Protocol):
    """Readers as programs see and change them, one at a time or page by page, in the order of their ids."""

    def page(self, *, state: SubscriptionState | None, after: int, limit: int) -> Sequence[Subscriber]:
        """Readers who are not erased; with `state`, who have a subscription in it."""

    def by_joining(
        self,
        list_ids: Collection[int],
        *,
        state: SubscriptionState | None,
        segment: SavedSegment | None = None,
        now: datetime,
        after: int,
        limit: int,
    ) -> Sequence[tuple[Subscriber, Subscription]]:
        """Readers of these lists, each once, in the order of their subscriptions' ids, from the first above `after`."""

    def on_list(
        self, list_id: int, *, state: SubscriptionState | None, after: int, limit: int
    ) -> Sequence[tuple[Subscriber, Subscription]]: ...

    def at(self, address: EmailAddress) -> Subscriber | None:
        """Whoever has this address, upper and lower case aside."""

    def add(self, address: EmailAddress, *, now: datetime) -> Subscriber:
        """A reader on no list, or the one who is there."""

    def change(
        self,
        subscriber: int,
        *,
        now: datetime,
        name: str | None,
        language: str | None,
        timezone: str | None,
        attributes: Mapping[str, AttributeValue | None],
    ) -> bool:
        """None = as it was; an attribute of None goes. False for one who is erased."""

    def attribute_types(self) -> Mapping[str, AttributeType]:
        """Declared attributes, by name."""

    def was_erased(self, address: EmailAddress, *, erasure_key: bytes) -> bool: ...

    def kept_back(self, address: EmailAddress, list_id: int, *, erasure_key: bytes) -> frozenset[SuppressionReason]:
        """Why no mail of this list goes to the address or its domain, but for the reader's own unsubscribe."""

    def enrol(
        self, subscriber: int, list_id: int, *, basis: Basis, now: datetime, preferences: Preferences | None
    ) -> tuple[SubscriptionState | None, bool]:
        """Add somebody who agreed elsewhere: the state now, and whether it changed. Nobody who left is revived."""

    def add_list(self, wanted: MailList) -> MailList | None:
        """A new list; None where one is called so already. Raises ModelError."""

    def change_list(self, mail_list: MailList) -> MailList: ...

    def segments(self, list_id: int) -> Sequence[SavedSegment]: ...

    def segment(self, list_id: int, slug: str) -> SavedSegment | None: ...

    def count(self, segment: SavedSegment, *, now: datetime) -> int: ...

    def count_matching(self, list_id: int, predicate: Predicate, *, now: datetime) -> int:
        """How many subscriptions a segment would hold."""

    def save_segment(self, list_id: int, slug: str, predicate: Predicate, *, now: datetime, name: str) -> SavedSegment:
        """New, or instead of the one called so. Raises ModelError for an impossible slug."""

    def remove_segment(self, list_id: int, slug: str) -> bool:
        """False where there was none."""

    def export_csv(self, list_id: int, target: TextIO, *, segment: SavedSegment | None, now: datetime) -> int:
        """Write a list's readers, or those of a segment. Returns how many."""

    def members(
        self, segment: SavedSegment, *, now: datetime, after: int, limit: int
    ) -> Sequence[tuple[Subscriber, Subscription]]: ...

    def suppressions(
        self, *, list_ids: Collection[int] | None, key: str | None, after: int, limit: int
    ) -> Sequence[Suppression]: ...

    def suppression(self, number: int) -> Suppression | None: ...

    def suppress(
        self, key: str, reason: SuppressionReason, *, list_id: int | None, now: datetime, note: str
    ) -> tuple[Suppression, bool]:
        """Keep mail back from a fold key or `@domain`; True where it is news."""

    def lift(self, found: Suppression) -> bool:
        """Take it back. False where it is gone."""
