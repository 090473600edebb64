"""Every Protocol on one page, and App, the bundle of them that a workflow function is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, Protocol, TextIO, runtime_checkable

from digest.model.added_source import AddedSource, SourceChange
from digest.model.alarm import Alarm, Trouble
from digest.model.api_token import ApiToken
from digest.model.change import Change, Decision, Edit, SecondAsked, Waiver
from digest.model.chore import Chore
from digest.model.correction import Correction
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
from digest.model.door import LetterEnd, Passkey, PersonLetter, Step, StepKind
from digest.model.edition import Edition, EditionId, EditionStatus, ListedEdition, Telling
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.health import NO_VALIDATORS, SourceHealth, Validators
from digest.model.identity import Identity, Vouching
from digest.model.job import Job, Process, Queue
from digest.model.letter import Letter
from digest.model.mail import Batch, Capabilities, Receipt, Rendered, Variant
from digest.model.newsletter import Newsletter
from digest.model.person import LinkKind, Person, Session
from digest.model.report import Clicked, LogLine, Slow, TomorrowNote
from digest.model.report import Heard as HeardOf
from digest.model.run import Run, RunKey, RunState
from digest.model.story import Entry, Origin, Story
from digest.model.throttle import Rates, Throttle
from digest.model.trial import Trial, TrialStep
from digest.model.webhook import Endpoint, Post, PostState
from subscribers.address import EmailAddress
from subscribers.attributes import AttributeType
from subscribers.changes import AddressChange
from subscribers.consent import Basis
from subscribers.letters import LetterKind, WaitingLetter
from subscribers.limits import Admission, AskLimits
from subscribers.model import (
    AttributeValue,
    AudienceGroup,
    Candidate,
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
from subscribers.tokens import LinkClaim, Purpose
from subscribers.transfer import ImportOptions, LineProblem
from subscribers.transfer.jobs import ImportJob

Clock = Callable[[], datetime]
"""Returns the current instant, aware, UTC. A workflow function calls it once."""


class Progress(Protocol):
    """Where long work tells how far it is. Calls are cheap and may come from any thread."""

    def start(self, task: str, total: int | None) -> None:
        """Begin `task`; `total` is its number of steps, None where nobody knows."""

    def advance(self, task: str, steps: int = 1) -> None:
        """`steps` more of `task` are done."""

    def finish(self, task: str, summary: str) -> None:
        """`task` is over; `summary` is one line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A document or a source that could not be read, and why."""

    source: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look at a source brought: entries, and what could not be read."""

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...] = ()
    unchanged: bool = False
    """True where the other side said that nothing is new (HTTP 304)."""
    validators: Validators = NO_VALIDATORS
    """What to pass to the next look, once the entries of this one are safely stored."""


class Fetched(Protocol):
    """An answer from the web."""

    @property
    def url(self) -> str:
        """Where it was found in the end, after redirects."""

    @property
    def content(self) -> bytes: ...


class Fetches(Protocol):
    """The one door to the web, for those who need no more of it than this."""

    def get(self, url: str, *, accept: str) -> Fetched:
        """Fetch a public address. Raises Transient or Permanent, naming it. Thread-safe."""


class Pictures(Protocol):
    """The pictures that we keep and serve."""

    def put(self, name: str, content: bytes) -> None:
        """Keep it under the name that its content gave it; safe to repeat."""

    def get(self, name: str) -> bytes | None:
        """Its bytes, or None where there is none of this name."""


class Source(Protocol):
    """Where stories come in. `read` raises AdapterError where the whole source fails."""

    @property
    def origin(self) -> Origin: ...

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """Look once; `validators` are those of the last reading. Thread-safe with regard to other sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one collection."""

    seconds: float = 240.0
    """Whoever has not been asked by then waits for the next collection."""
    pages: int = 150
    """Article pages fetched at most, over all sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how many days rows are kept."""

    stories_days: int = 400
    """An edition keeps what it tells of a story for ever."""
    posts_days: int = 30
    """What providers posted, as it came."""
    log_days: int = 730
    """Who did what, and the runs."""
    deliveries_days: int = 400
    """Who got which edition; after that only the numbers."""
    webhooks_days: int = 30
    """What happened and was told to webhooks, or could not be."""
    step_rows: int = 20_000
    """Rows that go in one transaction."""


class Pages(Protocol):
    """Where the whole article is looked up that an entry only announces."""

    def wanted(self, source: str, words: int) -> bool:
        """True where this source's entries of so many words shall be completed from their pages."""

    def read(self, url: str) -> Entry:
        """The article at `url`. Raises Transient, Permanent or BadDocument."""


class Provider(Protocol):
    """Where mail goes out.

    `send` is called with no transaction open. It returns a Receipt, or raises: Transient (nobody taken, try
    later), Permanent (nobody taken, this call will never be: halve it), Unauthorised (nobody taken, pause),
    OutcomeUnknown (somebody may have been taken: in doubt).
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def send(self, batch: Batch) -> Receipt: ...

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""


@runtime_checkable
class Recalling(Protocol):
    """What a provider with `Capabilities.recall_ahead` can do besides: take back a call that is not due yet.

    A call in doubt that was taken back before its time is certainly not delivered: it may be sent again at once,
    under a new reservation. Both are called with no transaction open.
    """

    def reserve(self) -> str:
        """A name for one later call, which goes with it as `Batch.reservation`. Nobody is mailed by it.

        It is stored before the call. Raises Transient, Permanent or Unauthorised; also where its own outcome is
        unknown (a name that was made and never used harms nobody): then Transient.
        """

    def cancel(self, reservation: str) -> None:
        """Whatever was or will be sent under this name is not delivered. Safe to repeat.

        It returns only when the provider has confirmed it. Raises AdapterError otherwise: the call stays in doubt.
        """


class Renderer(Protocol):
    """Edition to mail: pure, same input, same output."""

    def render(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> Rendered:
        """One variant. A block that breaks the compile is left out and named in `left_out`."""

    def page(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> str:
        """The web archive page: no personal token, no tracker, no script."""


class LetterWriter(Protocol):
    """Writes single letters: pure, same input, same output."""

    def write(
        self, letter: Letter, newsletter: Newsletter, *, latest: Edition | None = None, view_url: str = ""
    ) -> Rendered:
        """Both parts, without slots. Raises RenderFailed, naming the value that may not stand in it."""


class Links(Protocol):
    """Builds and reads the addresses that stand in a mail; each signed link does one thing for one person (P5)."""

    def unsubscribe(self, subscriber: int, list_id: int, version: int) -> str:
        """The address of the page with the button, and of the one-click POST (RFC 8058)."""

    def preferences(self, subscriber: int, list_id: int, version: int) -> str: ...

    def ending(self, purpose: Purpose, subscriber: int, about: int, version: int, until: datetime) -> str:
        """The address of a page that asks for one press and works until then; `about` is a list, a change, or 0."""

    def subscribe(self, newsletter: str) -> str:
        """The page with the form."""

    def letter_key(self, letter: int) -> str:
        """Names a single letter to its provider: opaque, the same for every try."""

    def read_letter_key(self, key: str) -> int | None:
        """The letter's id, or None where the key is not ours."""

    def stamp(self, now: datetime) -> str:
        """When a form was made, signed."""

    def read_stamp(self, stamp: str) -> datetime | None:
        """When the form was made, or None where we did not make it."""

    def read(self, purpose: Purpose, token: str, now: datetime | None = None) -> LinkClaim:
        """What a token claims; `now` for the purposes that end. Raises TokenError, the same for every cause."""

    def view(self, edition: EditionId) -> str:
        """The web archive page: no personal token, so that forwarding is harmless."""

    def delivery_key(self, mailing: int, seq: int) -> str:
        """base32(mailing, seq, 64-bit MAC): opaque, the same for every try of this delivery."""

    def read_delivery_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""

    def track_key(self, mailing: int, seq: int) -> str:
        """Whose opens and clicks are counted: as `delivery_key`, and worth nothing in its place."""

    def read_track_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""

    def tracked_link(self, edition: EditionId, number: int, who: str) -> str:
        """The address that counts a click of `who` (a track key) and leads to link `number` of the edition."""

    def is_link(self, edition: EditionId, number: int, mac: str) -> bool:
        """True where the end of a tracked address was made here for this link."""

    def pixel(self, who: str) -> str:
        """The address of the picture that counts an open of `who` (a track key)."""


class Summariser(Protocol):
    """Writes a short text of an event's reports. What it says is checked before anybody sees it."""

    def summarise(self, reports: Sequence[str], *, language: str, limit: int) -> str:
        """At most `limit` characters. Raises Transient or Permanent."""

    def close(self) -> None:
        """Let go of connections."""


class Stories(Protocol):
    """What has been collected."""

    def add(self, stories: Iterable[Story]) -> int:
        """Store those not known yet; known ones keep their first_seen. Returns how many are new."""

    def between(self, sources: Sequence[str], start: datetime, end: datetime) -> tuple[Story, ...]:
        """Stories of these sources (empty = all) published in [start, end), oldest first, then by id."""

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that are stored."""

    def get(self, ids: Iterable[str]) -> Mapping[str, Story]:
        """The stories by id, those that are stored."""


class Sources(Protocol):
    """How the sources have been doing."""

    def health(self, sources: Iterable[str]) -> Mapping[str, SourceHealth]:
        """By slug, every source that was asked for: one nobody has looked at yet with its defaults."""

    def put(self, found: Iterable[SourceHealth]) -> None:
        """Remember these, each in place of what was known of it."""

    def changes(self) -> tuple[SourceChange, ...]:
        """What the desk left different from the configuration, by slug."""

    def put_change(self, change: SourceChange) -> None:
        """Remember it, in place of what was changed about this source before."""


class Editions(Protocol):
    """Editions, their frozen renderings, and who did what."""

    def get(self, edition: EditionId) -> Edition | None:
        """The newest version, or None."""

    def standing(self, edition: EditionId) -> tuple[EditionStatus, str] | None:
        """Status and reason, without reading the edition itself; None where it is not there."""

    def put(self, edition: Edition, *, expected_version: int, expected: EditionStatus | None = None) -> None:
        """Store a new version; `expected_version` is the one it follows (0 = none). Raises Lost.

        With `expected`, only if it still has that status too.
        """

    def lock(self, edition: EditionId) -> None:
        """Keep other writers from this edition until the end of the transaction."""

    def version(self, edition: EditionId, version: int) -> Edition | None:
        """One version as it was stored, or None."""

    def put_edit(self, edition: EditionId, edit: Edit, change: Change | None) -> None:
        """Remember what an editor did; `change` is None for an undo."""

    def edits(self, edition: EditionId) -> tuple[Edit, ...]:
        """What editors did to it, newest first."""

    def waive(self, edition: EditionId, waiver: Waiver) -> None:
        """Let a warning stand; again: the newer reason counts."""

    def unwaive(self, edition: EditionId, finding: str) -> bool:
        """The warning counts again. True where it was waived."""

    def waivers(self, edition: EditionId) -> tuple[Waiver, ...]: ...

    def decide(self, edition: EditionId, decision: Decision) -> None:
        """Remember an approval, a hold or a skip."""

    def decision(self, edition: EditionId) -> Decision | None:
        """The newest that was not taken back, or None."""

    def undecide(self, edition: EditionId, decision: Decision, *, by: str, now: datetime) -> None:
        """It was taken back. Raises Lost where somebody else did so first."""

    def ask_second(self, edition: EditionId, asked: SecondAsked) -> None:
        """Somebody waits for a second person; whoever asked first for this version stays the first."""

    def second_asked(self, edition: EditionId, version: int) -> SecondAsked | None:
        """Who asked for a second person for this version, or None."""

    def change(self, edition: Edition, *, expected: EditionStatus) -> None:
        """Store status, reason and approval of `edition`, only if it still has `expected`. Raises Lost."""

    def freeze(self, edition: Edition, rendered: Sequence[Rendered]) -> None:
        """Keep the exact bytes of every variant of this version."""

    def frozen(self, edition: EditionId, variant: str) -> Rendered | None:
        """The frozen rendering of the newest version, by variant key."""

    def frozen_variants(self, edition: EditionId) -> tuple[str, ...]: ...

    def before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """Editions of this newsletter dated before `day` that were sent (or began to), newest first."""

    def last_before(self, newsletter: str, day: date) -> EditionId | None:
        """The newest of these, by name."""

    def shown_before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """The same editions with what readers saw of them, and none of their candidates."""

    def told_before(self, newsletter: str, day: date, limit: int) -> tuple[Telling, ...]:
        """What those editions told, the newest edition first; `limit` counts editions."""

    def recent(self, limit: int) -> tuple[Edition, ...]:
        """Newest editions of all newsletters, newest first."""

    def listed(self, newsletters: Collection[str], limit: int, *, before: date | None) -> tuple[ListedEdition, ...]:
        """Newest editions of these newsletters, dated before `before`, by name, without what they hold."""

    def page(
        self, newsletters: Collection[str], *, among: Collection[EditionStatus], after: EditionId | None, limit: int
    ) -> tuple[ListedEdition, ...]:
        """Editions of these newsletters that stand so (empty = in any way), the newest first, those after `after`."""


class ArchiveBook(Protocol):
    """What readers may look up of the editions that are out."""

    def shown(self, newsletters: Collection[str], *, before: date, limit: int) -> tuple[Edition, ...]:
        """Editions that are offered to everybody, dated before `before`, newest first."""

    def names(self, newsletters: Collection[str], *, limit: int) -> tuple[EditionId, ...]:
        """The names of such editions alone, newest first."""

    def unindexed(self, limit: int) -> tuple[Edition, ...]:
        """Editions that are out and whose words are not kept, or those of another version."""

    def index(self, edition: Edition, words: Collection[str]) -> None:
        """Keep the words by which this version is found."""

    def search(
        self, terms: Sequence[str], newsletters: Collection[str], *, before: date, limit: int
    ) -> tuple[Edition, ...]:
        """Shown editions that hold a word beginning with each of `terms` (folded), newest first."""

    def correct(self, edition: EditionId, correction: Correction) -> None:
        """Put a note on top of the edition's page."""

    def corrections(self, names: Collection[EditionId]) -> Mapping[EditionId, tuple[Correction, ...]]:
        """The notes on each of these editions that has any, newest first."""


class Ledger(Protocol):
    """Mailings, chunks and deliveries: the account of who gets what (P1, P2)."""

    def plan(
        self,
        *,
        edition: str,
        list_slug: str,
        groups: Sequence[PlannedGroup],
        skipped: Mapping[str, Sequence[int]],
        chunk_size: int,
        now: datetime,
    ) -> Mailing:
        """Write the whole mailing in the caller's transaction.

        `skipped` maps a reason to the readers who may not be mailed: they are planned too, so that everybody
        is accounted for (P2). Raises Lost where this edition has a mailing already (P1).
        """

    def mailing(self, edition: str) -> Mailing | None: ...

    def mailing_by_id(self, mailing: int) -> Mailing | None: ...

    def mailings(self, *states: MailingState) -> tuple[Mailing, ...]: ...

    def change(self, mailing: int, *, expected: MailingState, to: MailingState, reason: str = "") -> None:
        """Raises Lost where the mailing no longer is `expected`."""

    def claim(
        self, mailing: int, *, owner: str, now: datetime, lease_until: datetime, provider: str = "",
        bound_only: bool = False,
    ) -> Chunk | None:  # fmt: skip
        """Take one ready chunk that is due for a call of `provider`, or None. Nobody else can have it meanwhile.

        A chunk that another provider may have is passed over (P1); `bound_only` takes those only that this one may
        have. While the first readers are out, nobody else's chunk is given.
        """

    def cut(self, chunk: Chunk, readers: int) -> Chunk:
        """A claimed chunk keeps its first `readers`; the others become a ready chunk of their own."""

    def reserve(self, chunk: Chunk, reservation: str, send_at: datetime) -> bool:
        """Remember the name of the call that is about to be made. False as in settle."""

    def recalling(self, chunk: Chunk, *, now: datetime) -> Chunk | None:
        """Before a call in doubt is taken back: no late answer to it counts any more. None: it changed since."""

    def judge(self, mailing: int, *, expected: Canary, to: Canary) -> None:
        """The first readers passed, or failed. Raises Lost where somebody judged before."""

    def release(self, mailing: int, *, now: datetime, note: str) -> int:
        """Chunks that are held or given up become ready and due now. Returns how many."""

    def addressees(self, chunk: Chunk, *, on: date) -> tuple[Addressee, ...]:
        """Deliveries of the chunk that are still to be made, each with the gate's verdict of now."""

    def skip(self, mailing: int, reasons: Mapping[int, str]) -> None:
        """Deliveries by seq become skipped(reason), if they were still planned."""

    def settle(
        self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str = "", message_id: str = "",
        not_before: datetime | None = None,
    ) -> bool:  # fmt: skip
        """Change the state of a chunk that this attempt still owns. False: it is no longer ours (lease lost)."""

    def carve(self, chunk: Chunk, parts: Sequence[tuple[int, int, ChunkState]], *, now: datetime, note: str,
              not_before: datetime | None = None) -> bool:  # fmt: skip
        """The chunk becomes split; `parts` (first_seq, last_seq, state) cover it exactly. False as in settle."""

    def mark(self, mailing: int, statuses: Mapping[int, tuple[DeliveryStatus, str]], now: datetime) -> int:
        """Raise deliveries by seq to a status (never lower), each with a note. Returns how many changed."""

    def mark_range(self, mailing: int, first: int, last: int, status: DeliveryStatus, now: datetime) -> None:
        """Raise deliveries first..last that are not skipped and not higher already to `status`."""

    def bring_forward(self, mailing: int, *, now: datetime) -> int:
        """Every ready chunk becomes due now. Returns how many were waiting for their hour."""

    def release_late(self, mailing: int, *, now: datetime) -> int:
        """Chunks held for being late become ready. Returns how many."""

    def stale_claims(self, now: datetime) -> tuple[Chunk, ...]:
        """Chunks in `sending` of any mailing: the caller judges by owner and lease."""

    def doubt(self, chunk: Chunk, *, to: ChunkState, now: datetime, note: str, free: bool = False) -> bool:
        """Settle a chunk that nobody owns any more: sending -> in_doubt, in_doubt -> ready | held | accepted.

        `free`: it is certain that no provider has it, so that any of them may be given it.
        """

    def chunks(self, mailing: int, *states: ChunkState) -> tuple[Chunk, ...]: ...

    def next_due(self, mailing: int) -> datetime | None:
        """When the earliest ready chunk may go, or None where no chunk is ready."""

    def account(self, mailing: int, *, now: datetime | None = None) -> Account:
        """Read in one statement: adds up at every instant. With `now`, silent deliveries show as unconfirmed."""

    def canary_account(self, mailing: int) -> Account:
        """The account of the first readers alone."""

    def waves(self, mailing: int) -> tuple[tuple[datetime, int], ...]:
        """(due_at, readers) of every wave, in order."""


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

    def waiting_posts(self, limit: int, most_bytes: int) -> tuple[tuple[int, str, bytes], ...]:
        """(id, provider, body) of the oldest posts that are not applied yet; nobody else gets them meanwhile.

        At most `limit`, and no more than `most_bytes` of bodies together, but at least one where any waits.
        """

    def posts_done(self, posts: Mapping[int, str], *, now: datetime) -> None:
        """Posts by id have been applied, or could not be read (then the note says why)."""

    def record(self, heard: Sequence[Heard], now: datetime) -> int:
        """Keep events that are not known yet, whatever id they come under. Returns how many were new."""

    def echo(self, mailing: int, seqs: Sequence[int], now: datetime) -> int:
        """Chunks that hold these deliveries have been heard of; those in doubt are accepted. Returns how many were."""

    def prove(self, mailing: int, seqs: Sequence[int], now: datetime) -> int:
        """The same for word from a source that speaks of some readers only: others' silence still says nothing."""

    def subscribers(self, mailing: int, seqs: Sequence[int]) -> Mapping[int, int]:
        """seq -> subscriber."""

    def soft_bounces(self, subscriber: int, since: datetime) -> int:
        """How many mailings bounced softly for this reader since then."""

    def silent_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(accepted chunks sent in [since, instant] without any event, those with one): the watermark.

        Of one provider only, where it is named: another's webhook says nothing about this one.
        """

    def heard_before(self, instant: datetime, since: datetime, provider: str = "") -> tuple[int, int]:
        """(deliveries of such chunks that an event was heard of, all of them), skipped and refused ones left out."""


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


class Runs(Protocol):
    """What makes a phase happen once."""

    def begin(
        self, key: RunKey, *, owner: str, now: datetime, lease_until: datetime, is_gone: Callable[[str], bool]
    ) -> bool:
        """True for exactly one caller; a run whose owner is gone or whose lease ran out may be taken over."""

    def end(self, key: RunKey, *, owner: str, state: RunState, note: str, now: datetime) -> None: ...

    def get(self, key: RunKey) -> Run | None: ...

    def failed(self, since: date) -> tuple[Run, ...]:
        """Runs dated from `since` on that stand as failed, oldest first."""

    def began(self, newsletter: str, before: datetime) -> bool:
        """True where any phase of this newsletter began before then: there was a clock at work."""

    def done(self, newsletter: str, since: date) -> frozenset[RunKey]:
        """Keys that need nothing more, from `since` on."""

    def recent(self, limit: int) -> tuple[Run, ...]: ...


class Jobs(Protocol):
    """The engine's queue, within the caller's transaction. Without an engine nothing is ever in it.

    The queue is a hint and never the reason to act: a job that is lost, done twice or late does no harm.
    """

    def put(self, *jobs: Job) -> int:
        """Ask for these, unless the same is waiting already. Returns how many are new."""

    def standing(self) -> frozenset[Job]:
        """What waits or is being done."""

    def rescue(self, silent: timedelta) -> tuple[Job, ...]:
        """Jobs of workers that gave no sign of life for so long wait again. Returns them."""

    def forget(self, older: timedelta) -> int:
        """Failed jobs of longer ago go. Returns how many."""

    def queues(self) -> tuple[Queue, ...]:
        """Every queue that holds anything, by name; other versions' too."""


class Processes(Protocol):
    """Who is at work, and which of several acts."""

    def seen(self, process: Process) -> None:
        """It lives."""

    def left(self, owner: str) -> None:
        """It ended, and gives back what it held."""

    def recent(self, since: datetime) -> tuple[Process, ...]:
        """Those seen since then, by kind and owner."""

    def forget(self, before: datetime) -> int:
        """Those not seen since then go. Returns how many."""

    def lead(self, name: str, *, owner: str, now: datetime, until: datetime, is_gone: Callable[[str], bool]) -> bool:
        """True for the one process that holds `name`, from now on until then; it may ask again to go on."""


class Chores(Protocol):
    """What makes a chore happen in one process at a time, and no sooner than it is due."""

    def begin(
        self,
        name: str,
        *,
        every: timedelta,
        owner: str,
        now: datetime,
        lease_until: datetime,
        is_gone: Callable[[str], bool],
    ) -> Chore | None:
        """The chore as it begins, for exactly one caller; None where it is not due or somebody else has it."""

    def end(self, chore: Chore, *, good: bool, note: str, now: datetime) -> None:
        """Say how this turn went; a turn that was taken over meanwhile says nothing any more."""

    def get(self, name: str) -> Chore | None: ...

    def recent(self) -> tuple[Chore, ...]:
        """All of them, by name."""


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

    def subscribers_at(self, addresses: Collection[str]) -> Mapping[str, int]:
        """address -> subscriber, for those who are readers here; upper and lower case do not count."""

    def leave_all(self, subscriber: int, *, joined_before: datetime, now: datetime, basis: Basis) -> int:
        """The reader leaves every list joined before then. Returns how many."""

    def resubscribe(self, subscriber: int, mail_list: MailList, *, now: datetime, basis: Basis) -> bool:
        """The undo of an unsubscribe by the reader's own hand; True where it changed anything."""

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

    def ask_change(self, subscriber: int, new: EmailAddress, *, now: datetime) -> AddressChange | None:
        """A wish for another address; None where nothing is to be asked, and the reader must not learn why."""

    def confirm_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the new address; None where it cannot be."""

    def undo_change(self, change: int, subscriber: int, *, now: datetime) -> AddressChange | None:
        """The button at the old address, within a week; None where it cannot be."""

    def everything_about(self, subscriber: int) -> Mapping[str, Any] | None:
        """All that is known of a reader, for their own eyes; None where there is nobody."""

    def erase(self, subscriber: int, *, erasure_key: bytes, now: datetime) -> bool:
        """Forget a reader, here and in what providers told us; False where there is nobody to forget."""

    def tidy(self, now: datetime) -> Mapping[str, int]:
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


class People(Protocol):
    """Who works at the desk, their sessions and one-time links."""

    def add(self, person: Person) -> Person:
        """A new person; the id is the database's. Raises Lost where the address is taken."""

    def get(self, person: int) -> Person | None: ...

    def by_email(self, email: str) -> Person | None: ...

    def everybody(self) -> tuple[Person, ...]:
        """All of them, those who left last."""

    def change(self, person: Person) -> None:
        """Store name, roles, newsletters, language and whether they left."""

    def password_of(self, person: int) -> str:
        """The hash, or empty."""

    def set_password(self, person: int, password_hash: str) -> None: ...

    def totp_of(self, person: int) -> tuple[str, str]:
        """(key of the code generator, key that was shown and not confirmed yet), each empty where there is none."""

    def set_totp(self, person: int, *, key: str, pending: str) -> None: ...

    def by_subject(self, subject: str) -> Person | None:
        """Whom another house knows by this name, or None."""

    def link_subject(self, person: int, subject: str) -> bool:
        """Another house knows them by this name. False where it knows them by another one already."""

    def unlink_subject(self, person: int) -> None: ...

    def use_step(self, person: int, step: int) -> bool:
        """A code of this half minute is used. False where it, or a later one, was used already."""

    def open_session(self, person: int, token_hash: bytes, *, browser: str, now: datetime) -> Session: ...

    def session(self, token_hash: bytes) -> tuple[Person, Session] | None:
        """Whose session it is, however old; None where there is none."""

    def sessions(self, person: int) -> tuple[Session, ...]: ...

    def seen(self, session: int, *, now: datetime, proved: bool = False) -> None: ...

    def end_sessions(self, person: int, *, only: int | None = None, but: int | None = None) -> int:
        """End one, all, or all but one of somebody's sessions. Returns how many."""

    def put_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """A new one-time link; older ones of this kind work no more."""

    def add_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """One more one-time link, beside older ones."""

    def forget_links(self, person: int, *kinds: LinkKind) -> None: ...

    def link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """Whose link it is, where it still works for this browser. Uses nothing up."""

    def use_link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """The same, and it works no more."""

    def try_once(self, key: bytes, *, burst: int, every: float, now: datetime) -> int:
        """Take one try of `burst`, which come back one `every` so many seconds. 0, or the seconds to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the first request under an Idempotency-Key came to."""

    same: bool
    """False where that key was used for another request."""
    status: int | None
    """None = it is still at work."""
    body: str
    location: str


class Tokens(Protocol):
    """Tokens of the API, and the answers to requests that may come twice."""

    def add(self, token: ApiToken, token_hash: bytes) -> ApiToken:
        """A new token; the id is the database's. Raises Lost where the name is taken."""

    def everything(self) -> tuple[ApiToken, ...]:
        """All of them, revoked ones too, by name."""

    def by_name(self, name: str) -> ApiToken | None: ...

    def by_prefix(self, prefix: str) -> tuple[ApiToken, bytes] | None:
        """The token with this beginning, and its hash to compare with."""

    def used(self, token: int, *, now: datetime) -> None: ...

    def revoke(self, token: int, *, now: datetime) -> bool:
        """It works no more. False where it was revoked already."""

    def reserve(
        self, token: int, key_hash: bytes, request_hash: bytes, *, now: datetime, stale: datetime
    ) -> Answered | None:
        """None: this request is the first under its key, and is to be done. Otherwise what the first one came to.

        A first one that began before `stale` and never ended died: its place is taken over.
        """

    def answered(self, token: int, key_hash: bytes, *, status: int, body: str, location: str) -> None:
        """Keep the answer for whoever asks again."""

    def forget(self, token: int, key_hash: bytes) -> None:
        """The request came to nothing and may be made again under its key."""

    def forget_answers(self, before: datetime, limit: int) -> int:
        """Let go of answers from before then. Returns how many went."""


class Readership(Protocol):
    """Readers as programs see and change them, one at a time or page by page, in the order of their ids."""

    def page(
        self, *, list_ids: Collection[int] | None, state: SubscriptionState | None, after: int, limit: int
    ) -> Sequence[Subscriber]:
        """Readers who are not erased; with `list_ids`, who have a subscription to one of these."""

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

    def may_have_letters(self, address: EmailAddress) -> bool:
        """False where the address is suppressed on all lists, but by the reader's own unsubscribe."""

    def enrol(
        self, subscriber: int, list_id: int, *, basis: Basis, now: datetime, preferences: Preferences | None
    ) -> tuple[SubscriptionState | None, bool]:
        """Add somebody who agreed elsewhere: the state now, and whether it changed. Nobody who left is revived."""

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


class Webhooks(Protocol):
    """Who wants to be told what, what happened, and what became of each post."""

    def add(self, endpoint: Endpoint) -> Endpoint:
        """A new endpoint; the id is the database's."""

    def get(self, endpoint: int) -> Endpoint | None: ...

    def everything(self) -> tuple[Endpoint, ...]:
        """All endpoints, by id."""

    def change(self, endpoint: Endpoint) -> None:
        """Store what may be changed of it: kinds, lists, with_address, generation, failures, disabled."""

    def remove(self, endpoint: int) -> bool:
        """It and its posts go. False where there was none."""

    def note(self, kind: str, *, list_slug: str | None, detail: Mapping[str, object], now: datetime) -> None:
        """Something happened that no reader's own row tells. In the same transaction as what it is about."""

    def share(self, limit: int, *, now: datetime) -> int:
        """Give each waiting happening to every endpoint that wants it. Returns how many happenings were shared out."""

    def claim(self, endpoint: int, *, owner: str, now: datetime, lease_until: datetime, limit: int) -> tuple[Post, ...]:
        """Posts that are due, oldest first; nobody else gets them until then. Commit before anything is posted."""

    def settle(self, post: Post, *, owner: str, state: PostState, try_at: datetime, now: datetime, note: str) -> bool:
        """What a try came to. False where `owner` does not hold it any more."""

    def put_back(self, posts: Sequence[Post], *, owner: str) -> None:
        """Posts that were claimed and not tried are free again."""

    def put_off(self, endpoint: int, *, until: datetime) -> None:
        """Whatever waits for it waits until then."""

    def park(self, endpoint: int, *, now: datetime, note: str) -> int:
        """Whatever waits for it is given up, until a replay. How many."""

    def posts(self, endpoint: int, state: PostState | None, *, limit: int) -> tuple[Post, ...]:
        """The newest posts of an endpoint."""

    def counts(self, endpoint: int) -> Mapping[PostState, int]:
        """Its posts by state, those still remembered."""

    def replay(self, endpoint: int, *, since: datetime | None, all_of_them: bool, now: datetime) -> int:
        """Parked posts, or with `all_of_them` those that were taken too, wait to be posted again at once. How many."""

    def parked_since(self, since: datetime) -> Mapping[int, int]:
        """Posts parked since then, by endpoint, where there are any."""

    def forget_happenings(self, before: datetime, limit: int) -> int:
        """Let go of what happened before then, with its posts. Returns how many went."""


class HookDoor(Protocol):
    """The way out to endpoints: only to addresses of the open internet, unless the operator trusts them."""

    def check(self, url: str) -> None:
        """Raises DigestError for an address that would never be posted to."""

    def secret(self, salt: bytes, generation: int) -> str:
        """The secret of an endpoint, as Standard Webhooks writes it: whsec_ and base64."""

    def post(self, url: str, body: bytes, *, key: str, secrets: Sequence[str], now: datetime) -> None:
        """One try. Raises Transient, Permanent or OutcomeUnknown, naming no address."""


class DoorBook(Protocol):
    """What stands at the desk's door: letters with a sign-in link, passkeys, first halves of steps that take two."""

    def queue_letter(self, person: int, *, browser_hash: bytes, now: datetime) -> None:
        """A sign-in link is to be mailed."""

    def claim_letter(self, *, now: datetime) -> PersonLetter | None:
        """The next one that is due, claimed for good: who claims it and dies leaves it unsent."""

    def put_letter_back(self, letter: int, *, not_before: datetime, note: str) -> None:
        """It was certainly not sent: once more, later."""

    def settle_letter(self, letter: int, end: LetterEnd, *, now: datetime, note: str) -> None: ...

    def begin_step(self, key_hash: bytes, step: Step, *, now: datetime) -> None:
        """Keep the first half of a step; the one that this key began before is gone."""

    def step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The first half that was begun under this key; it stays."""

    def end_step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The same, and it is gone: of two second halves at once, one finds it."""

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep it; the id is the database's. Raises Lost where this authenticator is somebody's already."""

    def passkey(self, credential_id: bytes) -> Passkey | None: ...

    def passkeys_of(self, person: int) -> tuple[Passkey, ...]: ...

    def count_passkey(self, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
        """It was used. False where it has counted on since it was read."""

    def name_passkey(self, person: int, passkey: int, name: str) -> bool:
        """Call one of somebody's by this name. False where it is none of theirs."""

    def remove_passkeys(self, person: int, *, only: int | None = None) -> int:
        """Forget one, or all of somebody's. Returns how many."""

    def tidy(self, now: datetime) -> Mapping[str, int]:
        """Forget what is over: links, sessions, steps, letters, tries. What went, by name."""


class House(Protocol):
    """Another house that says who somebody is: an OpenID provider."""

    def address(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser is sent to say who it is. Raises AdapterError."""

    def identity(self, code: str, *, redirect: str, verifier: str, nonce: str) -> Identity:
        """Who somebody is, for the code that they came back with. Raises AdapterError; Permanent = not believed."""


class TrialBook(Protocol):
    """What an admin has confirmed of a new installation."""

    def read(self) -> Trial: ...

    def mark(self, step: TrialStep, *, by: str, now: datetime, detail: str = "") -> None:
        """A step is taken; taken again, it is the newer one."""


class Throttles(Protocol):
    """What all senders know of each provider: how much it was given, and until when it is left in peace."""

    def get(self, provider: str, now: datetime, *, lock: bool = False) -> Throttle:
        """As it stands; `lock` keeps other senders from it until the end of the transaction."""

    def put(self, throttle: Throttle) -> None:
        """Remember it; only what was read with `lock`."""


class Alarms(Protocol):
    """Troubles, and what the operator was told of them."""

    def standing(self) -> tuple[Alarm, ...]:
        """Alarms whose trouble is not over, oldest first."""

    def begin(self, trouble: Trouble, *, now: datetime) -> bool:
        """A trouble that is not known to stand becomes an alarm. False where it stands already."""

    def end(self, keys: Collection[str], *, now: datetime) -> int:
        """These troubles are over. Returns how many stood."""

    def to_tell(self, now: datetime) -> tuple[Alarm, ...]:
        """Alarms to be told as begun, or as over, whose time for a try has come; oldest first."""

    def claim(self, alarm: Alarm, *, now: datetime) -> bool:
        """Take one try at telling it: True for one caller; tries come later and later."""

    def told(self, alarm: Alarm, *, now: datetime) -> None:
        """Somebody was told that it began, or where it is over, that it is."""

    def beat(self, edition: str, now: datetime) -> bool:
        """This edition's heartbeat is sent. False where it was already."""

    def beaten(self, editions: Collection[str]) -> frozenset[str]:
        """Those of these editions whose heartbeat was sent."""


class Retention(Protocol):
    """Forgetting, a step at a time: each call lets about `limit` rows go and returns how many, 0 = none left."""

    def forget_stories(self, before: datetime, limit: int) -> int:
        """Stories published before then."""

    def forget_posts(self, before: datetime, limit: int) -> int:
        """Raw posts of providers that were applied before then."""

    def forget_log(self, before: datetime, limit: int) -> int:
        """Lines of the log, runs, and alarms that are over, from before then."""

    def to_compact(self, before: datetime) -> int | None:
        """The oldest closed mailing planned before then whose rows are still there, or None."""

    def compact(self, mailing: int, now: datetime, limit: int) -> int:
        """Keep the account of a mailing as numbers, and let some of its rows go."""


class Bell(Protocol):
    """One way to reach the operator: a mail by another path than the readers' mail, a webhook."""

    @property
    def name(self) -> str: ...

    def ring(self, alarm: Alarm) -> None:
        """Tell that it began, or where `over_at` is set, that it is over. Raises Transient or Permanent."""


class Monitor(Protocol):
    """A service that expects a sign of life and calls somebody when none comes."""

    def beat(self, edition: str) -> None:
        """An edition is on its way. Raises Transient or Permanent."""


class Reports(Protocol):
    """What came back after a mailing, counted, and the log of who did what."""

    def heard(self, mailing: int) -> tuple[HeardOf, ...]:
        """What came back, by kind, people and machines apart."""

    def clicked(self, mailing: int, limit: int) -> tuple[Clicked, ...]:
        """The links that most people pressed, machines left out."""

    def slowest(self, mailing: int, limit: int) -> tuple[Slow, ...]:
        """The domains that were served last, with how many of their readers had to wait for another try."""

    def calls(self, mailing: int) -> tuple[tuple[datetime, datetime, datetime], ...]:
        """(due_at, first call, last call) of every wave that was begun, in order."""

    def reasons(self, mailing: int, limit: int) -> tuple[tuple[str, int], ...]:
        """What was said most often with bounces, refusals and complaints."""

    def log(self, *, before: int | None, limit: int, newsletters: tuple[str, ...] | None = None) -> tuple[LogLine, ...]:
        """Newest first, older than the line `before`; of these newsletters' editions only, unless None."""

    def note(self, note: TomorrowNote) -> None: ...

    def notes(self, newsletter: str, limit: int) -> tuple[TomorrowNote, ...]: ...


class Tx(Protocol):
    """A unit of work: all of it, or nothing."""

    @property
    def stories(self) -> Stories: ...
    @property
    def sources(self) -> Sources: ...
    @property
    def editions(self) -> Editions: ...
    @property
    def archive(self) -> ArchiveBook: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def feedback(self) -> FeedbackBook: ...
    @property
    def tracking(self) -> TrackingBook: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def chores(self) -> Chores: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def audience(self) -> Audience: ...
    @property
    def people(self) -> People: ...
    @property
    def door(self) -> DoorBook: ...
    @property
    def trial(self) -> TrialBook: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def readership(self) -> Readership: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def throttles(self) -> Throttles: ...
    @property
    def alarms(self) -> Alarms: ...
    @property
    def retention(self) -> Retention: ...

    def log(self, event: str, subject: str, *, by: str, now: datetime, detail: str = "") -> None:
        """Who did what to which thing, append-only."""

    def last_logged(self, event: str) -> datetime | None:
        """When this kind of event was logged last, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How often chores are done; a span of zero = never by the clock."""

    bounces: timedelta = timedelta(minutes=5)
    suppressions: timedelta = timedelta(hours=24)
    """What was added since the last time is asked for."""
    all_suppressions: timedelta = timedelta(days=7)
    """The whole lists are asked for: readers who came here later may stand on them."""
    lookups: timedelta = timedelta(minutes=1)
    retention: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """How strangers' asks are counted, and under which key an erased address is remembered."""

    limits: AskLimits = field(default_factory=AskLimits)
    key: bytes = b"no key was given"
    """Addresses and clients are counted as keyed hashes."""
    erasure_key: bytes = b"no key was given"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything a workflow function may use."""

    clock: Clock
    begin: Callable[[], AbstractContextManager[Tx]]
    """A write transaction: committed on a clean exit, rolled back otherwise."""
    read: Callable[[], AbstractContextManager[Tx]]
    """A consistent read, never waiting for a writer on SQLite (WAL)."""
    sources: Mapping[str, Source]
    provider: Provider
    feedback: Mapping[str, FeedbackReader]
    """Readers of webhook posts, by the provider's name."""
    renderer: Renderer
    links: Links
    newsletters: Mapping[str, Newsletter]
    progress: Progress
    wait: Callable[[float], None]
    """Sleep for so many seconds (a clock's other half, so that tests need not); may return early when stopping."""
    stopping: Callable[[], bool]
    """True once this process is about to end: finish what is in hand, begin nothing new."""
    owner: str
    """Name of this process, as written on claims."""
    is_gone: Callable[[str], bool]
    """True where an owner certainly lives no more (same machine, no such process)."""
    list_domain: str
    """Domain of List-ID and Message-ID."""
    help_url: str
    unsubscribe_mailto: str
    open_source: Callable[[AddedSource], Source] | None = None
    """Opens what the desk added to the sources; None where nothing can be added."""
    fetch: Fetches | None = None
    """None where nothing is fetched besides the sources: no pictures, no test of links."""
    pictures: Pictures | None = None
    """None where no pictures are kept."""
    pages: Pages | None = None
    """None = entries are taken as they are."""
    limits: Limits = Limits()
    keep: Keep = Keep()
    bells: Sequence[Bell] = ()
    """Ways to reach the operator; one that works is enough."""
    monitor: Monitor | None = None
    paused: Callable[[], str] = lambda: ""
    """Why this installation may not send (a copy, a restored backup), empty where it may."""
    trial: bool = False
    """True where mail leaves this machine: a new installation then mails its own people until it is confirmed."""
    seeds: tuple[str, ...] = ()
    """Addresses of our own that tests go to."""
    house: House | None = None
    """Who else says who somebody is; None = nobody."""
    vouching: Vouching = field(default_factory=Vouching)
    """Whom of those we let in."""
    providers: Mapping[str, Provider] = field(default_factory=dict)
    """Those that newsletters name, by kind; `provider` is the one for all others."""
    rates: Mapping[str, Rates] = field(default_factory=dict)
    """How much each provider is given; not named = as fast as it answers."""
    mailbox: Mailbox | None = None
    """None = no bounces are read from a mailbox."""
    suppressions: Mapping[str, SuppressionFeed] = field(default_factory=dict)
    """Providers' own lists, by the provider's name."""
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    """Who can be asked about a message, by the provider's name."""
    rounds: Rounds = Rounds()
    letters: LetterWriter | None = None
    """None where no single letters are written: they wait."""
    asks: Asks = field(default_factory=Asks)
    imports: Imports | None = None
    """None where no imports go on in the background."""
    hooks: HookDoor | None = None
    """None = nothing is posted to webhooks: what happened waits."""
    summariser: Summariser | None = None
    """None = every blurb is made of the story's own sentences."""
    drains: int = 0
    """How many jobs share the sending of one mailing; 0 = no engine, and whoever plans a mailing sends it."""
    silent: timedelta = timedelta(seconds=30)
    """After so long without a sign of life a worker's jobs are given to others."""
