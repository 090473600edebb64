"""The bundle that a workflow function is given, and the transaction it opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from digest.model.added_source import AddedSource
from digest.model.identity import Vouching
from digest.model.newsletter import Newsletter
from digest.model.reader_number import ReaderNumbers
from digest.model.run import RunKey
from digest.model.throttle import Rates
from digest.ports.clockwork import Alarms, Bell, Chores, Jobs, Monitor, Processes, Retention, Runs
from digest.ports.delivery import FeedbackBook, FeedbackReader, Ledger, Lookup, Mailbox, SuppressionFeed, TrackingBook
from digest.ports.editions import ArchiveBook, ArrivalBook, Editions, Looks, Reports
from digest.ports.journal import Journal
from digest.ports.mail import LetterWriter, Links, Provider, Renderer, Summariser, Throttles
from digest.ports.people import DeviceBook, DoorBook, House, People, Tokens, TrialBook
from digest.ports.readers import Audience, Imports, Readership
from digest.ports.sources import Fetches, Keep, Limits, Pages, Pictures, Source, Sources, Stories
from digest.ports.surroundings import Clock, Progress
from digest.ports.webhooks import HookDoor, Webhooks
from subscribers.limits import AskLimits
from subscribers.signup import Asker


class Tx(Protocol):
    """A unit of work: all of it, or nothing."""

    @property
    def stories(self) -> Stories: ...
    @property
    def sources(self) -> Sources: ...
    @property
    def editions(self) -> Editions: ...
    @property
    def arrivals(self) -> ArrivalBook: ...
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
    def devices(self) -> DeviceBook: ...
    @property
    def trial(self) -> TrialBook: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def looks(self) -> Looks: ...
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

    def by(self, client: str) -> Asker:
        """A stranger who asks, counted under these limits."""
        return Asker(client=client, limits=self.limits, key=self.key, erasure_key=self.erasure_key)

    @property
    def numbers(self) -> ReaderNumbers:
        """How readers are known to whoever may see some lists only: under the key that stays the longest."""
        return ReaderNumbers(self.erasure_key)


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
    limits: Limits = field(default_factory=Limits)
    keep: Keep = field(default_factory=Keep)
    bells: Sequence[Bell] = ()
    """Ways to reach the operator; one that works is enough."""
    monitor: Monitor | None = None
    """Hears of the editions of every newsletter."""
    monitors: Mapping[str, Monitor] = field(default_factory=dict)
    """Those of one newsletter each, by its slug; beside the one for all."""
    paused: Callable[[], str] = lambda: ""
    """Why this installation may not send (a copy, a restored backup), empty where it may."""
    vouched_at: Callable[[], datetime | None] = lambda: None
    """When a person said that the clock is right; None where nobody did."""
    ask_time: Callable[[], timedelta | None] = lambda: None
    """How far our clock is ahead of those of the sources' servers; None where none of them answers, or there is none.
    It is asked on the network."""
    hurry: Callable[[], None] = lambda: None
    """The process is to end: nobody waits long for the database's lock from now on. For signal handlers."""
    ask_domain: Callable[[], Sequence[str]] = lambda: ()
    """What the DNS says against the domains that mail comes from, in a sentence each; empty = nothing. It is asked on
    the network."""
    trial: bool = False
    """True where mail leaves this machine: a new installation then mails its own people until it is confirmed."""
    seeds: tuple[str, ...] = ()
    """Addresses of our own that tests go to."""
    house: House | None = None
    """Who else says who somebody is; None = nobody."""
    vouching: Vouching = field(default_factory=Vouching)
    """Whom of those we let in."""
    aside: Callable[[App, RunKey], bool] | None = None
    """Does a phase in a process of its own, which takes its memory with it; False where somebody else has the phase.
    None = phases are done in this one."""
    providers: Mapping[str, Provider] = field(default_factory=dict)
    """Those that newsletters name, by kind; `provider` is the one for all others."""
    rates: Mapping[str, Rates] = field(default_factory=dict)
    """How much each provider is given; not named = as fast as it answers."""
    journal: Journal | None = None
    """Of calls that go from reader to reader; None = whoever is killed in one leaves all of it in doubt."""
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
