"""Whatever people, readers, providers and the configuration do to one mailing, in whatever order: nobody twice (P1).

Seeded histories of everything that can be asked for while an edition and its corrections go out: stops, releases,
readers who leave or are erased, another list or other providers in the configuration, a newsletter taken out,
senders that die, events. After each step every account adds up (P2); who left is not mailed (P3); at the end nobody
waits, nobody was mailed twice but by a person's release of what may have been taken, and nobody is called mailed who
was not.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.model.delivery import ChunkState, MailingState
from digest.model.errors import DigestError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.newsletter import CanaryRule, Newsletter, OnDoubt
from digest.ports import App
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tables import chunks, deliveries
from digest.store.tx import Store
from digest.workflow.clock.due import sweep
from digest.workflow.edition.archive import correct
from digest.workflow.feedback.events import apply_posts, receive
from digest.workflow.send.corrections import mail_correction
from digest.workflow.send.deliver import drain, send
from digest.workflow.send.mailing import abandon, mailing_of, pause, release, resume, stop
from digest.workflow.send.plan import plan
from subscribers.consent import Basis
from subscribers.tables import subscribers
from tests.builders import EDITION, KEY, app_on, approve_plainly, newsletter, people
from tests.databases import KINDS, fresh_engine
from tests.fakes import FakeClock
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()
READERS, STEPS = 40, 45
LIVELY = (71, 145, 150)
"""Histories with several corrections and releases in them; `make soak` goes through two hundred."""
WORDS = ("Lima", "Durban")
"""What corrections say: the same words again are the same correction."""


class Killed(BaseException):
    """The process is gone: no handler of ours runs."""


@dataclass
class Whimsical:
    """A provider that answers calls in every way there is, until it is told to behave."""

    name: str
    batch_size: int
    whole: bool
    chance: random.Random
    taken: Counter[tuple[str, str]]
    """(edition or the words of a correction, address) -> messages, by all providers."""
    left: set[str]
    """Addresses that may not be mailed now."""
    calls: list[Batch] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    """Runs at the start of each call."""
    behaves: bool = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name=self.name, batch_size=self.batch_size, events=True, whole=self.whole, concurrency=1)

    def send(self, batch: Batch) -> Receipt:
        """One of the ways a call can go."""
        self.calls.append(batch)
        self.before()
        everybody = [one.delivery for one in batch.recipients]
        roll = 0.0 if self.behaves else self.chance.random()
        if roll < 0.6:
            self._take(batch, everybody)
            return Receipt(message_id="call")
        if roll < 0.7:
            raise Transient("later", retry_after=self.chance.choice([None, 1, 120]))
        if roll < 0.78:
            raise self.chance.choice([Permanent("400"), Permanent("413"), Unauthorised("401")])
        if roll < 0.9:
            self._take(batch, everybody if self.chance.random() < 0.5 else [])
            raise self.chance.choice([OutcomeUnknown("silence"), Killed(), ValueError("a defect")])
        fates = {
            key: self.chance.choice(("taken", "taken", "taken", "refused", "left", "unknown")) for key in everybody
        }
        by = {
            fate: [key for key in everybody if fates[key] == fate] for fate in ("taken", "refused", "left", "unknown")
        }
        self._take(batch, by["taken"] + [key for key in by["unknown"] if self.chance.random() < 0.5])
        refused = dict.fromkeys(by["refused"], "no")
        return Receipt(refused=refused, not_sent=frozenset(by["left"]), unknown=frozenset(by["unknown"]))

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, batch: Batch, keys: list[str]) -> None:
        for one in batch.recipients:
            if one.delivery in keys:
                assert one.email not in self.left, f"{one.email} has left"
                self.taken[said_in(batch), one.email] += 1


def said_in(batch: Batch) -> str:
    """What a reader of this call is told: the edition, or the words of a correction."""
    return next((words for words in WORDS if words in batch.rendered.text), str(EDITION))


class History:
    """One edition, and what befalls it."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.chance = store, random.Random(seed)
        self.clock = FakeClock()
        self.taken: Counter[tuple[str, str]] = Counter()
        self.left: set[str] = set()
        self.whole = self.chance.random() < 0.5
        self.providers = {
            name: Whimsical(name, size, self.whole, self.chance, self.taken, self.left)
            for name, size in (("one", 10), ("two", 3))
        }
        self.newsletter: Newsletter = newsletter(
            on_doubt=self.chance.choice([OnDoubt.HOLD, OnDoubt.SKIP]),
            providers=self.chance.choice([("one",), ("one", "two")]),
            canary=CanaryRule(share=self.chance.choice([0.0, 0.2]), at_least=3, wait_minutes=2),
        )
        self.configured = True
        self.processes, self.dead = 0, set[str]()
        self.corrections: dict[int, str] = {0: str(EDITION)}
        """The mailings, by the number of the correction, and what they say."""
        self.excused: set[tuple[str, str]] = set()
        """Whoever a person has released who may have it."""
        approve_plainly(store)
        people(store, READERS)
        plan(self.app(), EDITION)

    def app(self) -> App:
        """A process that has just started."""
        self.processes += 1
        made = app_on(
            self.store, provider=self.providers["one"], providers=self.providers, clock=self.clock,
            owner=f"process {self.processes}", gone=frozenset(self.dead),
            feedback={"sendgrid": SendGridEvents(SIGNER.public_key)},
        )  # fmt: skip
        here = self.newsletter if self.configured else newsletter(slug="other")
        return replace(made, newsletters={here.slug: here})

    def step(self) -> None:
        """Something happens; what is refused in words is as good."""
        app, which = self.app(), self.chance.choice([*self.corrections])
        try:
            self.chance.choice(_STEPS)(self, app, which)
        except Killed:
            self.dead.add(app.owner)
        except DigestError:
            pass
        for provider in self.providers.values():
            provider.before = lambda: None
        self.check()

    def check(self) -> None:
        """Every account adds up."""
        with self.store.read() as tx:
            for one in tx.ledger.mailings(*MailingState):
                assert tx.ledger.account(one.id).adds_up

    def send(self, app: App, which: int) -> None:
        send(app, EDITION, late=self.chance.random() < 0.3, correction=which)

    def send_and_stop(self, app: App, which: int) -> None:
        def before() -> None:
            if self.chance.random() < 0.3:
                stop(self.app(), EDITION, by="Ann", reason="in the middle", correction=which)

        for provider in self.providers.values():
            provider.before = before
        send(app, EDITION, correction=which)

    def drain(self, app: App, which: int) -> None:
        drain(app, EDITION, correction=which)

    def sweep(self, app: App, which: int) -> None:
        for broken in sweep(app).broken:
            raise broken.error

    def stop(self, app: App, which: int) -> None:
        stop(app, EDITION, by="Ann", reason="wait", correction=which)

    def pause(self, app: App, which: int) -> None:
        pause(app, EDITION, by="Ann", reason="wait", correction=which)

    def resume(self, app: App, which: int) -> None:
        resume(app, EDITION, by="Ann", correction=which)

    def abandon(self, app: App, which: int) -> None:
        abandon(app, EDITION, by="Ann", reason="enough", correction=which)

    def release(self, app: App, which: int) -> None:
        given_up = self.chance.random() < 0.5
        found = mailing_of(app, EDITION, correction=which)
        with self.store.read() as tx:
            for one in tx.ledger.chunks(found.id, ChunkState.ABANDONED if given_up else ChunkState.HELD):
                emails = tx.connection.scalars(
                    select(subscribers.c.email_key)
                    .join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
                    .where(deliveries.c.mailing_id == found.id, deliveries.c.seq.between(one.first_seq, one.last_seq))
                )
                self.excused |= {(self.corrections[which], email) for email in emails if one.doubts}
        release(app, EDITION, by="Ann", given_up=given_up, correction=which)

    def reader(self, app: App, which: int) -> None:
        """Somebody leaves, is erased, or comes back."""
        email = f"reader{self.chance.randint(1, READERS)}@example.test"
        with app.begin() as tx:
            known = tx.audience.subscribers_at([email])
            mail_list = tx.audience.list_of("world")
            does = self.chance.choice(["leaves", "is erased", "is back"])
            for reader in known.values():
                if does == "is back":
                    basis = Basis(method="form")
                    tx.audience.resubscribe(reader, mail_list, now=self.clock(), basis=basis)
                    self.left.discard(email)
                    continue
                self.left.add(email)
                if does == "leaves":
                    tx.audience.unsubscribe(reader, mail_list.id, now=self.clock(), basis=Basis(method="form"))
                else:
                    tx.audience.erase(reader, erasure_key=KEY, now=self.clock())

    def correct(self, app: App, which: int) -> None:
        words = self.chance.choice(WORDS)
        note = correct(app, EDITION, words, by="Ann")
        mail_correction(app, EDITION, note.id, by="Ann")
        self.corrections[note.id] = words

    def configure(self, app: App, which: int) -> None:
        """Another list, other providers; the newsletter is taken out, and put back."""
        if not self.configured or self.chance.random() < 0.3:
            self.configured = not self.configured
            return
        self.newsletter = replace(
            self.newsletter,
            list=self.chance.choice(["world", "globe"]),
            providers=self.chance.choice([("one",), ("two",), ("two", "one")]),
        )

    def wait(self, app: App, which: int) -> None:
        self.clock.now += timedelta(minutes=self.chance.choice([1, 5, 15, 60, 400]))

    def tell(self, app: App, which: int) -> None:
        """Providers tell of some whom they took."""
        told = [
            event(batch, place, self.chance.choice(["processed", "delivered", "deferred"]), self.clock())
            for provider in self.providers.values()
            for batch in provider.calls
            for place, one in enumerate(batch.recipients)
            if self.taken[said_in(batch), one.email] and self.chance.random() < 0.3
        ]
        if told:
            body = post(told)
            receive(app, "sendgrid", SIGNER.headers(body, self.clock()), body)
            apply_posts(app)

    def end(self) -> None:
        """All is well again, and a day passes."""
        self.configured = True
        self.newsletter = replace(self.newsletter, providers=("one", "two"), canary=CanaryRule())
        for provider in self.providers.values():
            provider.behaves = True
        for _ in range(6):
            self.clock.now += timedelta(hours=3)
            for which in self.corrections:
                send(self.app(), EDITION, late=True, correction=which)
        self.check()
        with self.store.read() as tx:
            for one in tx.ledger.mailings(*MailingState):
                found = tx.ledger.account(one.id)
                assert (found.ready, found.sending, found.in_doubt) == (0, 0, 0), found
        assert {one for one, count in self.taken.items() if count > 1} <= self.excused

    def called_mailed(self) -> set[str]:
        """The addresses of all who are said to have the edition, as far as they are kept."""
        with self.store.read() as tx:
            found = tx.connection.scalars(
                select(subscribers.c.email_key)
                .join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
                .join(
                    chunks,
                    (chunks.c.mailing_id == deliveries.c.mailing_id)
                    & deliveries.c.seq.between(chunks.c.first_seq, chunks.c.last_seq),
                )
                .where(
                    deliveries.c.mailing_id == mailing_of(self.app(), EDITION).id,
                    chunks.c.state == ChunkState.ACCEPTED,
                    deliveries.c.status.in_(["planned", "processed", "deferred", "delivered"]),
                    subscribers.c.erased_at.is_(None),
                )
            )
            return set(found)


_STEPS: tuple[Callable[[History, App, int], None], ...] = (
    *(History.send, History.send, History.send_and_stop, History.drain, History.sweep, History.wait, History.wait),
    *(History.stop, History.pause, History.resume, History.abandon, History.release, History.release),
    *(History.reader, History.reader, History.correct, History.configure, History.configure, History.tell),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", LIVELY)
def test_whatever_happens_nobody_is_mailed_twice_and_nobody_forgotten(kind: str, seed: int, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        go_through(Store(engine), seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_many_histories(seed: int, tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        go_through(Store(engine), seed)


def go_through(store: Store, seed: int) -> None:
    """One history, from its plan to the evening."""
    history = History(store, seed)
    for _ in range(STEPS):
        history.step()
    history.end()
    if not history.whole:
        # Where a call is taken whole, one reader heard of speaks for all: this provider takes them one by one as well.
        assert {(str(EDITION), email) for email in history.called_mailed()} <= history.taken.keys()
