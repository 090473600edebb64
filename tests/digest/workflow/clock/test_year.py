"""A simulated year of the clock: crashes anywhere, jumps, two schedulers, readers in twelve zones. Nobody twice, and
whoever has no mail is accounted for and told of.

The clock that tests move jumps through the year from one instant at which something is due to about the next, more or
less late; each step one of two processes sweeps. A process dies
by an exception that nothing catches, when it looks at its clock or in the middle of a provider's call: what it leaves
behind is what kill -9 leaves.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from digest.model.alarm import Alarm, Reminder
from digest.model.delivery import MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.health import Validators
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.newsletter import Doubts, Newsletter, Picking, Schedule, Section
from digest.model.story import Entry, Origin
from digest.ports import App, Reading
from digest.providers.sendgrid_events import SendGridEvents
from digest.render.links import SignedLinks
from digest.store.tx import Store
from digest.wiring import open_renderer
from digest.workflow.clock.alarms import watch
from digest.workflow.clock.due import sweep
from digest.workflow.feedback.events import receive
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.model import OptIn, Preferences
from tests.builders import KEY, app_on, newsletter
from tests.databases import fresh_engine
from tests.fakes import FakeClock
from tests.servers.sendgrid_hooks import HookSigner, event, post

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = (
    "Pacific/Apia", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Paris",
    "Africa/Cairo", "Asia/Tehran", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Kiritimati",
)  # fmt: skip
"""Twelve, with half hours, a half hour of summer time, and both sides of the date line."""
WORDS = tuple(
    f"{first}{second}"
    for first in ("Har", "Bel", "Mon", "Tor", "Vel", "Kas", "Lun", "Ost", "Pra", "Sib", "Wen", "Zor")
    for second in ("wich", "grad", "tena", "mouth", "dova", "by", "stad", "ville", "nik", "mere", "holm", "port")
)
DEEDS = (
    "opens a bridge over its river after nine years of work", "votes to close the last coal mine of the province",
    "counts its dead after a night of storm and flood", "signs a treaty on fishing rights with its neighbour",
    "elects a teacher as mayor by a margin of forty votes", "stops the trains for a day over pay and hours",
    "finds a Roman ship under the foundations of a hospital", "bans heavy lorries from the streets of its centre",
)  # fmt: skip
SIGNER = HookSigner()
RENDERER = open_renderer()
"""One for all lives: it holds no state but its compiled templates."""
MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: what a disk does to a commit is not the matter here."""


class Killed(BaseException):
    """The process is gone: no handler of ours runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A source that reports three happenings of the day that its clock shows, in words of its own."""

    name: str
    clock: FakeClock
    opening: str

    @property
    def origin(self) -> Origin:
        return Origin(source=self.name, outlet=self.name.title(), owner=self.name)

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """What happened yesterday."""
        day = (self.clock.now - timedelta(hours=4)).date()
        return Reading(entries=tuple(self._entry(day, number) for number in range(3)))

    def _entry(self, day: date, number: int) -> Entry:
        place = WORDS[(day.toordinal() * 3 + number) % len(WORDS)]
        deed = DEEDS[(day.toordinal() + number) % len(DEEDS)]
        title = f"{place} {deed}" if self.name == "herald" else f"{self.opening} {place} {deed}"
        return Entry(
            path=f"{self.name}.xml", kind="feed", title=title, url=f"https://{self.name}.example/{day}/{number}",
            paragraphs=(f"{place} {deed}, the council said. {self.opening} {place} since {day:%A}.",),
            published_at=datetime.combine(day, time(1 + number), UTC), section="World", language="en",
        )  # fmt: skip


class Wire:
    """A provider that fails as providers do, dies in the middle of calls, and tells by events whom it took."""

    def __init__(self, chance: random.Random, clock: FakeClock, links: SignedLinks) -> None:
        self.chance, self.clock, self.links = chance, clock, links
        self.taken: Counter[tuple[int, str]] = Counter()
        self.down_until = BEGIN
        self.killing = False
        self._events: list[dict[str, object]] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="wire", batch_size=100, events=True)

    def send(self, batch: Batch) -> Receipt:
        """One of the ways a call can go."""
        if self.clock.now < self.down_until:
            raise Transient("503: down")
        if self.killing:
            self.killing = False
            if self.chance.random() < 0.5:
                self._take(batch)
            raise Killed
        if self.chance.random() < 0.05:
            if self.chance.random() < 0.5:
                self._take(batch)
            raise OutcomeUnknown("no answer")
        self._take(batch)
        return Receipt(message_id="202")

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, batch: Batch) -> None:
        for place, recipient in enumerate(batch.recipients):
            found = self.links.read_delivery_key(recipient.delivery)
            assert found is not None
            self.taken[found[0], recipient.email] += 1
            self._events.append(event(batch, place, "processed", self.clock.now))
            self._events.append(event(batch, place, "delivered", self.clock.now))

    def tell(self, app: App) -> None:
        """Post what has not been posted yet, out of order."""
        told, self._events = self._events, []
        self.chance.shuffle(told)
        if told:
            body = post(told)
            receive(app, "sendgrid", SIGNER.headers(body, self.clock.now), body)


@dataclass
class Operator:
    """The port `Bell`, in memory."""

    name: str = "operator"
    told: list[Alarm] = field(default_factory=list)

    def ring(self, alarm: Alarm) -> None:
        self.told.append(alarm)

    def remind(self, reminder: Reminder) -> None:
        raise Permanent("no newsletter of the year waits for a person")


class DyingClock:
    """The clock of one process, which may die while it looks at it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.dies_in = 0

    def __call__(self) -> datetime:
        if self.dies_in:
            self.dies_in -= 1
            if not self.dies_in:
                raise Killed
        return self.clock.now


def newsletters() -> dict[str, Newsletter]:
    """A daily one at each reader's hour, one on weekdays for everybody at once, and one of the other side of the world
    that wakes nobody: three waves or four, as the clocks of the zones stand."""
    common = {
        "sections": (Section(slug="world", title="World", match=("World",)),),
        "picking": Picking(min_events=2, max_events=3, briefs=0, threshold=-9.0, max_per_country=9),
        "doubts": Doubts(grace_minutes=20, deadline_hours=6),
    }
    weekdays = ("mon", "tue", "wed", "thu", "fri")
    daily = newsletter(schedule=Schedule(collect_minutes=480, reader_hours=True, window_hours=8), **common)
    return {
        "world": daily,
        "trade": newsletter(
            slug="trade", name="Trade", list="trade", zone="America/New_York",
            schedule=Schedule(collect_minutes=480, days=weekdays, reader_hours=False, window_hours=6), **common,
        ),
        "south": newsletter(
            slug="south", name="South", list="south", zone="Pacific/Auckland",
            schedule=Schedule(
                collect_minutes=480, reader_hours=False, window_hours=12, quiet_from=time(23), quiet_until=time(5)
            ),
            **common,
        ),
    }  # fmt: skip


def subscribe_everybody(store: Store) -> dict[str, list[str]]:
    """A reader of each zone on each list."""
    found: dict[str, list[str]] = {}
    with store.begin() as tx:
        for slug in newsletters():
            mail_list = readers.ensure_list(tx.connection, slug, slug.title(), OptIn.SINGLE, BEGIN)
            for number, zone in enumerate(ZONES):
                reader = readers.add_subscriber(
                    tx.connection, parse_address(f"{slug}{number}@example.test", allow_reserved=True), now=BEGIN,
                    name="", language="en", timezone=zone,
                )  # fmt: skip
                memberships.subscribe(
                    tx.connection, reader.id, mail_list, Basis(method="form"), BEGIN,
                    preferences=Preferences(hour=(5 + number) % 12),
                )  # fmt: skip
                found.setdefault(slug, []).append(f"{slug}{number}@example.test")
    return found


class Machine:
    """Two processes on one database, each replaced by a new one when it dies."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.store, self.chance = store, chance
        self.clock = FakeClock(BEGIN)
        self.provider = Wire(chance, self.clock, SignedLinks("https://digest.example", [KEY]))
        self.operator = Operator()
        self.gone: set[str] = set()
        self.deaths = 0
        self.failures = 0
        self._lives = 0
        self.processes = [self._born(), self._born()]

    def _born(self) -> tuple[App, DyingClock]:
        self._lives += 1
        clock = DyingClock(self.clock)
        sources = {
            "herald": Town(name="herald", clock=self.clock, opening="News from"),
            "courier": Town(name="courier", clock=self.clock, opening="As we learn,"),
        }
        app = app_on(
            self.store, provider=self.provider, clock=self.clock, sources=sources, owner=f"life {self._lives}",
            feedback={"sendgrid": SendGridEvents(SIGNER.public_key)}, renderer=RENDERER,
        )  # fmt: skip
        app = replace(
            app, clock=clock, newsletters=newsletters(), bells=(self.operator,), is_gone=self.gone.__contains__
        )
        return app, clock

    def step(self) -> None:
        """One of the two sweeps; it may die of it."""
        place = self.chance.randrange(2)
        app, clock = self.processes[place]
        if self.chance.random() < 0.08:
            clock.dies_in = self.chance.randrange(1, 40)
        self.provider.killing = self.chance.random() < 0.08
        try:
            assert sweep(app).broken == ()
            watch(app)
        except Killed:
            self.deaths += 1
            self.gone.add(app.owner)
            self.processes[place] = self._born()
        self.provider.killing = False
        clock.dies_in = 0
        self.provider.tell(self.processes[0][0])

    def instants(self, end: datetime) -> Iterator[None]:
        """Uneven steps through time, with what befalls clocks and machines."""
        while self.clock.now < end:
            befalls = self.chance.random()
            if befalls < 0.004:
                self.clock.now += timedelta(hours=self.chance.uniform(3, 14))  # the machine slept
            elif befalls < 0.008:
                self.clock.now -= timedelta(minutes=self.chance.uniform(10, 100))  # the clock was set back
            elif befalls < 0.012:
                self.provider.down_until = self.clock.now + timedelta(minutes=self.chance.uniform(20, 500))
            self.clock.now = self._next_due() + timedelta(minutes=self.chance.choice((0.5, 0.5, 3, 20, 80)))
            yield

    def _next_due(self) -> datetime:
        """The next instant at which a phase begins or a wave goes, within two hours."""
        now = self.clock.now
        end = now + timedelta(hours=2)
        with self.store.read() as tx:
            sending = tx.ledger.mailings(MailingState.SENDING)
            waves = [tx.ledger.next_due(mailing.id, now=now) for mailing in sending]
        phases = [
            datetime.combine(now.astimezone(ZoneInfo(one.zone)).date(), at, ZoneInfo(one.zone))
            for one in self.processes[0][0].newsletters.values()
            for at in (one.schedule.compose_at, one.schedule.approve_at, one.schedule.send_at)
        ]
        return min((at for at in (*waves, *phases) if at is not None and now < at < end), default=end)


def live(folder: Path, *, days: int, seed: int) -> Machine:
    """So many days, and the account of every one of them."""
    with fresh_engine("sqlite", folder) as engine:
        store = Store(engine)
        machine = Machine(store, random.Random(seed))
        people = subscribe_everybody(store)
        end = BEGIN + timedelta(days=days)
        for _ in machine.instants(end):
            machine.step()
        # Two more days in peace: what was left behind is settled or shown.
        machine.provider.down_until = BEGIN
        machine.chance = random.Random(1)
        while machine.clock.now < end + timedelta(days=2):
            machine.clock.now += timedelta(minutes=60)
            for app, _ in machine.processes:
                assert sweep(app).broken == ()
                watch(app)
            machine.provider.tell(machine.processes[0][0])
        settle_accounts(machine, people, end)
        return machine


def settle_accounts(machine: Machine, people: dict[str, list[str]], end: datetime) -> None:
    """Every edition of every newsletter: each reader once, or a reason, and the operator told of it."""
    assert [key for key, times in machine.provider.taken.items() if times > 1] == [], "somebody was mailed twice"
    told = {alarm.trouble.key for alarm in machine.operator.told}
    out = 0
    for newsletter_ in newsletters().values():
        local = ZoneInfo(newsletter_.zone)
        day = (BEGIN + timedelta(days=1)).astimezone(local).date()
        while day < (end - timedelta(days=1)).astimezone(local).date():
            edition = EditionId(newsletter=newsletter_.slug, date=day)
            if newsletter_.schedule.appears(day):
                out += settle_one(machine, edition, people[newsletter_.slug], told)
            day += timedelta(days=1)
    assert out > 0


def settle_one(machine: Machine, edition: EditionId, people: list[str], told: set[str]) -> bool:
    """True where the edition is out."""
    with machine.store.read() as tx:
        found = tx.editions.get(edition)
        mailing = tx.ledger.mailing(str(edition))
        if mailing is None:
            assert found is None or found.status in (EditionStatus.HELD, EditionStatus.SKIPPED, EditionStatus.DRAFT)
            assert any(key.startswith(f"{edition}/") for key in told), f"{edition} is not out, and nobody was told"
            return False
        account = tx.ledger.account(mailing.id)
    assert account.adds_up
    assert account.planned == len(people)
    taken = sum(machine.provider.taken[mailing.id, email] for email in people)
    assert account.delivered == taken, f"{edition}: {account} but {taken} were taken"
    missing = account.planned - taken
    if missing:
        given_up = account.skipped.get("abandoned", 0)
        assert account.held + account.in_doubt + given_up == missing, f"{edition}: {account}"
        assert any(key.startswith(f"{edition}/") for key in told), f"{edition}: {missing} without mail, nobody was told"
    else:
        assert mailing.state is MailingState.CLOSED
    return True


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, or an ordinary one."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)


def test_five_days_with_crashes_and_jumps(place: Path) -> None:
    machine = live(place, days=5, seed=7)
    assert machine.deaths > 1, "nobody died: nothing was shown"


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_a_year_with_crashes_and_jumps(seed: int, place: Path) -> None:
    machine = live(place, days=365, seed=seed)
    assert machine.deaths > 100
