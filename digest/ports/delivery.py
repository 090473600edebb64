"""Ports of the account: the ledger, and what providers say afterwards."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from digest.model.delivery import (
    Account,
    Addressee,
    Canary,
    Chunk,
    ChunkState,
    DeliveryStatus,
    Mailing,
    MailingState,
    PlannedGroup,
)
from digest.model.edition import Edition, EditionId
from digest.model.feedback import Feedback, FeedbackKind


class Ledger(Protocol):
    """Mailings, chunks and deliveries: the account of who gets what (P1, P2)."""

    def make_room(self) -> int:
        """Before a plan, in a transaction of its own: tables for the mailings to come. Returns how many are new."""

    def plan(
        self,
        *,
        edition: str,
        list_slug: str,
        groups: Sequence[PlannedGroup],
        skipped: Mapping[str, Sequence[int]],
        chunk_size: int,
        now: datetime,
        correction: int = 0,
        signed_by: str = "",
    ) -> Mailing:
        """Write the whole mailing of an edition, or of a correction of it, in the caller's transaction.

        `signed_by` names the secret key that its delivery keys are made with, for as long as it is sent.
        `skipped` maps a reason to the readers who may not be mailed: they are planned too, so that everybody
        is accounted for (P2). Raises Lost where it has a mailing already (P1).
        """

    def learn_sizes(self, mailing: Mailing) -> None:
        """After a plan is committed, in a transaction of its own: the database looks at its new rows."""

    def mailing(self, edition: str, correction: int = 0) -> Mailing | None:
        """The mailing of an edition, or of one correction of it, or None."""

    def mailings_of(self, editions: Iterable[str]) -> tuple[Mailing, ...]:
        """The mailings of these editions, oldest first."""

    def mailing_by_id(self, mailing: int) -> Mailing | None: ...

    def mailings(self, *states: MailingState) -> tuple[Mailing, ...]: ...

    def change(self, mailing: int, *, expected: MailingState, to: MailingState, reason: str = "") -> None:
        """Raises Lost where the mailing no longer is `expected`."""

    def explain(self, mailing: int, *, expected: MailingState, reason: str) -> None:
        """Another reason for the state that it is in. Raises Lost where the mailing no longer is `expected`."""

    def claim(
        self, mailing: int, *, owner: str, now: datetime, lease_until: datetime, provider: str = "",
        bound_only: bool = False, room: int | None = None, known_since: datetime | None = None,
        among: tuple[int, int] | None = None,
    ) -> Chunk | None:  # fmt: skip
        """Take one ready chunk that is due for a call of `provider`, or None. Nobody else can have it meanwhile.

        A chunk that another provider may have is passed over (P1); `bound_only` takes those only that this one may
        have. One that may have been taken is passed over as well where it has more than `room` readers, or where its
        first such call is older than `known_since`. `among` (first_seq, last_seq): only a part of these. While the
        first readers are out, nobody else's chunk is given.
        """

    def cut(self, chunk: Chunk, readers: int) -> Chunk:
        """A claimed chunk keeps its first `readers`; the others become a ready chunk of their own.

        Raises ValueError for one that may have been taken: it is repeated as it was, under its own key.
        """

    def refused_since(self, chunk: Chunk) -> datetime | None:
        """When a call with its readers was first refused: the one that it was halved from, or its own. None = never."""

    def believable(self, chunk: Chunk, *, since: datetime | None) -> bool:
        """Whether a refusal of its only reader is believed: others of its variant were taken by a call since then.

        `since` None = ever. Or nobody else waits.
        """

    def refused_in_a_row(self, mailing: int) -> dict[str, int]:
        """Readers in refused chunks of which the call began after the last that took anybody, by variant."""

    def nearly_all_refused(self, mailing: int, *, for_each: int) -> bool:
        """Whether two readers or more of a variant were refused, and so many for each one whom a provider took.

        Or anybody at all, where nobody of the whole mailing was taken.
        """

    def take_back_refusals(self, mailing: int, *, now: datetime, note: str, not_before: datetime) -> int:
        """Whoever was refused is ready again: it was not the address. Returns how many readers."""

    def count_refusals_anew(self, mailing: int) -> None:
        """Who was refused alone, and not believed, is tried at once, and as often as at first before a person looks."""

    def others_of(self, chunk: Chunk) -> tuple[bool, bool]:
        """(anybody else of its mailing was taken, anybody else waits who was not refused alone yet)."""

    def reserve(self, chunk: Chunk, reservation: str, send_at: datetime) -> bool:
        """Remember the name of the call that is about to be made. False: it is no longer ours."""

    def may_call(self, chunk: Chunk, *, now: datetime) -> bool:
        """Whether the call of a claimed chunk may begin: its mailing goes on, it still is ours, nobody was heard of."""

    def recalling(self, chunk: Chunk, *, now: datetime) -> Chunk | None:
        """Before a call in doubt is taken back: no late answer to it counts any more. None: it changed since."""

    def judge(self, mailing: int, *, expected: Canary, to: Canary) -> None:
        """The first readers passed, or failed. Raises Lost where somebody judged before."""

    def release(
        self, mailing: int, state: ChunkState, *, now: datetime, note: str, providers: Collection[str] = ()
    ) -> int:
        """Chunks that are held, or given up (`state`), become ready and due now. Returns how many.

        `providers` are those that are in use: a chunk that waits for another one would wait for ever, and any may be
        given it.
        """

    def addressees(self, chunk: Chunk, *, on: date) -> tuple[Addressee, ...]:
        """Deliveries of the chunk that are still to be made, each with the gate's verdict of now."""

    def skip(self, mailing: int, reasons: Mapping[int, str]) -> None:
        """Deliveries by seq become skipped(reason), if they were still planned."""

    def settle(
        self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str = "", message_id: str = "",
        not_before: datetime | None = None, disbelieved: bool = False,
    ) -> ChunkState | None:  # fmt: skip
        """Change the state of a chunk that this attempt still owns. None: it is no longer ours (lease lost).

        A chunk that an event has echoed becomes accepted, whatever this call says: somebody has it (P1).
        `disbelieved`: its only reader was refused, and that is not believed yet. Returns what it became.
        """

    def carve(
        self, chunk: Chunk, parts: Sequence[tuple[int, int, ChunkState]], *, now: datetime, note: str,
        not_before: datetime | None = None, told_apart: bool = True,
    ) -> ChunkState | None:  # fmt: skip
        """The chunk becomes split; `parts` (first_seq, last_seq, state) cover it exactly. Returns as settle.

        An event may have echoed it meanwhile. Where the provider told its readers apart (`told_apart`), a part with a
        reader who was heard of is accepted; else, or where an earlier call of it was in doubt, the whole chunk is.
        """

    def mark(self, mailing: int, statuses: Mapping[int, tuple[DeliveryStatus, str]], now: datetime) -> int:
        """Raise deliveries by seq to a status (never lower), each with a note. Returns how many changed."""

    def mark_range(self, mailing: int, first: int, last: int, status: DeliveryStatus, now: datetime) -> None:
        """Raise deliveries first..last that are not skipped and not higher already to `status`."""

    def bring_forward(self, mailing: int, *, now: datetime) -> int:
        """Every ready chunk becomes due now. Returns how many were waiting for their hour."""

    def give_second_subject(self, mailing: int) -> int:
        """Chunks of the rest that were never tried get the variant with the second subject. Returns how many."""

    def release_late(self, mailing: int, *, now: datetime) -> int:
        """Chunks held for being late become ready. Returns how many."""

    def stale_claims(self, now: datetime) -> tuple[Chunk, ...]:
        """Chunks in `sending` of any mailing: the caller judges by owner and lease."""

    def doubt(
        self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str, free: bool = False, decided: bool = False
    ) -> bool:
        """Settle a chunk that nobody owns any more: sending -> in_doubt, in_doubt -> ready | held | accepted.

        `free`: it is certain that no provider has it, so that any of them may be given it; `decided`: it is repeated
        although somebody may have it. A chunk that an event has echoed becomes accepted and nothing else.
        """

    def set_apart(self, chunk: Chunk, *, now: datetime, note: str) -> bool:
        """A chunk in doubt is split: readers of whom a provider has spoken are accepted, the others stay in doubt.

        For providers that take readers one by one. False: it changed since, or nobody was heard of.
        """

    def chunk(self, chunk: int) -> Chunk | None:
        """The chunk as it stands now, or None."""

    def under_way(self, mailing: int) -> bool:
        """Whether a chunk is ready, in a call, in doubt or held: what an account would say, without reading rows."""

    def waiting(self, mailing: int) -> int:
        """Readers in chunks that are ready."""

    def chunks(self, mailing: int, *states: ChunkState) -> tuple[Chunk, ...]: ...

    def has(self, mailing: int, *states: ChunkState) -> bool:
        """Whether a chunk of the mailing is in one of these states; of ten million readers none is read."""

    def anybody_taken(self, mailing: int) -> bool:
        """Whether a provider took anybody at all: not where everybody had left, or was refused."""

    def all_skipped_for(self, mailing: int, reasons: Collection[str]) -> bool:
        """Whether there are readers in the plan, and each was left out for one of these reasons."""

    def doubtful(self, mailings: Collection[int]) -> tuple[Chunk, ...]:
        """Chunks of these mailings that are in doubt, or ready to be repeated after a doubt; in order of seq."""

    def overdue(self, mailing: int, *, before: datetime) -> tuple[Chunk, ...]:
        """Ready chunks that were due before this instant, in order of seq."""

    def next_due(self, mailing: int, *, now: datetime) -> datetime | None:
        """When the earliest ready chunk may go, or None where no chunk is ready; not in its readers' quiet hours."""

    def waiting_since(self, mailing: int, *, now: datetime) -> datetime | None:
        """Since when the first of those waits who should have it by now, or None; however often it was tried."""

    def account(self, mailing: int, *, now: datetime | None = None) -> Account:
        """Read in one statement: adds up at every instant. With `now`, silent deliveries show as unconfirmed."""

    def canary_account(self, mailing: int) -> Account:
        """The account of the first readers alone."""

    def received(self, mailing: int) -> array[int]:
        """Readers who have it, as far as anybody knows: taken by the provider, and not come back."""

    def reach(self, mailing: int) -> array[int]:
        """Readers who have it, may have it, or can still get it: not who was left out, or came back."""

    def given_second(self, mailing: int) -> array[int]:
        """Readers whose calls are of the second subject, whatever became of them."""

    def due_for(self, reader: int, mail_list: str) -> tuple[str, datetime] | None:
        """The edition that a mailing to this list still keeps ready for the reader, and its hour; None = none does."""

    def variant_given(self, mailing: int, reader: int) -> str:
        """The key of the variant that this reader is planned or was sent; empty for whoever is left out or given up."""

    def waits_in(self, mailing: int, reader: int) -> Chunk | None:
        """The chunk in which this reader still waits to be sent to; None for whoever waits for nothing."""

    def waves(self, mailing: int) -> tuple[tuple[datetime, int], ...]:
        """(due_at, readers) of every wave, in order."""

    def waves_open(self, mailing: int) -> tuple[tuple[datetime, frozenset[ChunkState]], ...]:
        """Every wave by its hour, in order, and the states in which its calls stand."""


class FeedbackReader(Protocol):
    """Reads what one provider's webhook posts: the signature first, then the events."""

    @property
    def name(self) -> str:
        """The provider's name, as in the path of the hook."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the raw post is the provider's own and fresh. Header names are lower case."""

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The events of a post. Raises BadDocument where it holds none that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event, and the delivery that its key names."""

    mailing: int
    seq: int
    feedback: Feedback


class Mailbox(Protocol):
    """Where bounces come in as mail."""

    def take(self, keep: Callable[[Sequence[bytes]], None], *, limit: int) -> int:
        """Give up to `limit` new mails to `keep`, and mark them as read once it has returned. Returns how many.

        A mail is given whole, or its first 128 KB. What `keep` raises goes through, and nothing is marked then: a mail
        may be given twice, and never not at all. Raises Transient, Permanent or Unauthorised.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An address that a provider mails no more, and why, in our words."""

    email: str
    kind: FeedbackKind
    """BOUNCED_HARD, COMPLAINED or UNSUBSCRIBED."""
    at: datetime
    detail: str = ""
    """The provider's reason, without any address."""


class SuppressionFeed(Protocol):
    """The lists that a provider keeps of whom it mails no more."""

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """Everybody on them, or those added since then, page by page in no order; a repeat is harmless.

        Each page is a call. Raises Transient, Permanent or Unauthorised, also in the middle.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One delivery of a call in doubt, about which the provider is asked."""

    delivery: str
    """Delivery key."""
    email: str
    sent_at: datetime


class Lookup(Protocol):
    """Asks the provider what it knows of one message: the last resort for a call in doubt."""

    @property
    def per_turn(self) -> int:
        """Questions that it answers in a minute, at most."""

    def find(self, missed: Missed) -> Feedback | None:
        """What it shows of this message; None proves nothing: it may not be shown yet, or not any more.

        Raises Transient, Permanent or Unauthorised.
        """


class FeedbackBook(Protocol):
    """Posts as they came, and events as they were understood."""

    def keep_post(self, provider: str, body: bytes, now: datetime) -> None:
        """Store a verified post whole; it is applied later."""

    def waiting_posts(self, limit: int, most_bytes: int, now: datetime) -> tuple[tuple[int, str, bytes], ...]:
        """(id, provider, body) of the oldest posts that are not applied yet; nobody else gets them meanwhile.

        At most `limit`, and no more than `most_bytes` of bodies together, but at least one where any waits. Those that
        failed are left out until their next try.
        """

    def posts_done(self, posts: Mapping[int, str], *, now: datetime) -> None:
        """Posts by id have been applied, or could not be read (then the note says why)."""

    def post_failed(self, post: int, note: str, *, now: datetime, waits: Sequence[timedelta]) -> int:
        """A post could not be applied: it is tried again after the next of these waits, then it is set aside.

        `note` says why, in ASCII. Returns how often it has failed now; nought where somebody else has applied it.
        """

    def posts_set_aside(self, since: datetime) -> tuple[int, str]:
        """How many posts were set aside since then, and why the newest of them was."""

    def posts_again(self) -> int:
        """Posts that failed or were set aside wait as if they had just come. Returns how many."""

    def record(self, heard: Sequence[Heard], now: datetime) -> int:
        """Keep events that are not known yet, whatever id they come under. Returns how many were new."""

    def echo(self, mailing: int, seqs: Sequence[int], now: datetime, *, whole: Collection[str] | None = None) -> int:
        """Chunks that hold these deliveries have been heard of; those in doubt are accepted. Returns how many were.

        `whole` are the providers that take a call whole or not at all, None = all. With any other one word of one
        reader says nothing of the others, and only a chunk of one reader is accepted by it.
        """

    def prove(self, mailing: int, seqs: Sequence[int], now: datetime, *, whole: Collection[str] | None = None) -> int:
        """The same for word from a source that speaks of some readers only: others' silence still says nothing."""

    def subscribers(self, mailing: int, seqs: Sequence[int]) -> Mapping[int, int]:
        """seq -> subscriber."""

    def soft_bounces(self, subscriber: int, since: datetime) -> int:
        """How many mailings bounced softly for this reader since then."""

    def is_heard(self, chunk: Chunk) -> bool:
        """True where a provider has spoken of a reader of this chunk, or of the chunk as a whole."""

    def silent_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(accepted chunks sent in [since, instant] without any event, those with one): the watermark.

        Of one provider only, where it is named: another's webhook says nothing about this one. Chunks of which nobody
        was to be mailed any more are left out.
        """

    def slowest_before(self, instant: datetime, since: datetime, provider: str = "") -> timedelta:
        """The longest time from the call of such a chunk to the first event about it; nought where there is none."""

    def heard_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(deliveries of the latest such chunks that an event was heard of, all of them); no skipped or refused."""


class TrackingBook(Protocol):
    """Which links an edition has, and what opens and clicks were counted."""

    def keep_links(self, edition: Edition, links: Sequence[str]) -> None:
        """The addresses that tracked links of this version lead to, by place. What is there already stays."""

    def link(self, edition: EditionId, number: int) -> str | None:
        """The address of that number in the newest version that has any."""

    def is_off(self, mailing: int, seq: int) -> bool:
        """True where this reader wants no tracking now, or is gone."""

    def sent_at(self, mailing: int, seqs: Sequence[int]) -> Mapping[int, datetime]:
        """When the call with each of these deliveries began, by seq."""

    def clicks(
        self, mailing: int, seqs: Sequence[int], since: datetime
    ) -> Mapping[int, Sequence[tuple[datetime, str]]]:
        """(instant, address) of the clicks that are recorded since then, by seq."""

    def mark_machine(self, mailing: int, seq: int, since: datetime, rule: str) -> None:
        """Clicks of this delivery since then, believed to be a person's so far, are a machine's by this rule."""

    def counts(self, mailing: int) -> Mapping[FeedbackKind, Mapping[str, int]]:
        """Readers who opened and clicked: by kind, those of no machine under "", the others under its rule."""
