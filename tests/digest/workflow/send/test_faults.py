"""A provider that fails in every way it can, senders that die, events late, repeated and shuffled: nobody twice.

Seeded, on SQLite, with a clock that only tests move. A sender dies by an exception that nothing catches, in the middle
of a call, before or after the provider took it: what it leaves behind is exactly what kill -9 leaves. Processes take
turns, the clock of every other one four minutes ahead; people stop the mailing in the middle and let it go on.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.model.delivery import Chunk, ChunkState
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.newsletter import Doubts
from digest.ports import App
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tx import Store
from digest.workflow.feedback.events import apply_posts, receive
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account, resume, stop
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, crowd
from tests.databases import fresh_engine
from tests.fakes import FakeClock
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()
FAULTY = 0.23
"""Share of calls that go wrong, as in the research's trial."""


AHEAD = timedelta(minutes=4)
"""So much further is every other process's clock."""


class Killed(BaseException):
    """The process is gone: no handler of ours runs."""


class Faulty:
    """Takes calls, or not, and answers, or not; remembers who was taken, and tells it later by events."""

    def __init__(self, seed: int, clock: FakeClock, bad: frozenset[str]) -> None:
        self.chance = random.Random(seed)
        self.together = seed % 2 == 1
        """All events of a call are late by the same time, and not each by its own."""
        self.clock = clock
        self.bad = bad
        self.taken: Counter[str] = Counter()
        self.kills = 0
        self.doubtful = 0
        self.looks = 0
        self.look: Callable[[], object] = lambda: None
        """Runs before and in the middle of each call: the account has to add up there too (P2)."""
        self.tell: Callable[[list[dict[str, object]]], None] = lambda told: None
        """Posts events at once, while the call that they are about is under way."""
        self._events: list[tuple[datetime, dict[str, object]]] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="faulty", batch_size=100, events=True)

    def send(self, batch: Batch) -> Receipt:
        """One of the ways a call can go."""
        self.looks += 1
        self.look()
        if any(recipient.email in self.bad for recipient in batch.recipients):
            raise Permanent("400: a bad address")
        if self.kills and self.chance.random() < 0.15:
            self.kills -= 1
            if self.chance.random() < 0.5:
                self._take(batch)
            raise Killed
        if self.chance.random() < FAULTY:
            match self.chance.randrange(6):
                case 0:
                    raise Transient("429", retry_after=self.chance.choice([None, 2.0, 7.0]))
                case 1:
                    raise Transient("the connection was refused")
                case 2:
                    self.doubtful += 1
                    raise OutcomeUnknown("503 after the last byte")
                case 3:
                    self._take(batch)
                    self.doubtful += 1
                    raise OutcomeUnknown("no answer")
                case 4 if self.chance.random() < 0.3:
                    # It takes the call, tells so, and then says that it did not.
                    self._take(batch)
                    now = self.clock()
                    self.tell([event(batch, 0, "processed", now)])
                    raise self.chance.choice([Transient("429"), Permanent("413")])
                case 4:
                    # Its events are faster than its answer, which never comes.
                    self._take(batch)
                    self.doubtful += 1
                    now = self.clock()
                    self.tell([event(batch, place, "processed", now) for place in range(len(batch.recipients))])
                    raise OutcomeUnknown("no answer, but events")
                case _:
                    self._take(batch)
                    self.doubtful += 1
                    raise OutcomeUnknown("reset after the last byte")
        self._take(batch)
        return Receipt(message_id="202")

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, batch: Batch) -> None:
        now = self.clock()
        late = self.chance.uniform(1, 2_000)
        for place, recipient in enumerate(batch.recipients):
            self.taken[recipient.email] += 1
            # Every call is told of, some a good while later than the grace.
            due = now + timedelta(seconds=late if self.together else self.chance.uniform(1, 2_000))
            self._events.append((due, event(batch, place, "processed", now)))
            if self.chance.random() < 0.2:
                again = event(batch, place, "processed", now, sg_event_id=f"again {self.chance.random()}")
                self._events.append((due + timedelta(seconds=5), again))
            self._events.append((due + timedelta(seconds=60), event(batch, place, "delivered", now)))
        self.look()

    def due_events(self) -> list[dict[str, object]]:
        """Events whose time has come, in no order."""
        now = self.clock()
        ready = [one for due, one in self._events if due <= now]
        self._events = [(due, one) for due, one in self._events if due > now]
        self.chance.shuffle(ready)
        return ready

    @property
    def silent(self) -> bool:
        """True where nothing more will be told."""
        return not self._events


def readers(store: Store, count: int) -> frozenset[str]:
    """So many active readers; three of them have addresses that the provider refuses."""
    addresses = crowd(store, count)
    return frozenset(addresses[place] for place in (5, count // 2, count - 1))


def lives(store: Store, provider: Faulty, clock: FakeClock) -> Iterator[App]:
    """One process after another, each knowing that those before it are gone; every other one has a clock ahead."""
    gone: set[str] = set()
    number = 0
    while True:
        number += 1
        app = app_on(
            store,
            provider=provider,
            clock=clock,
            owner=f"life {number}",
            gone=frozenset(gone),
            feedback={"sendgrid": SendGridEvents(SIGNER.public_key)},
            doubts=Doubts(grace_minutes=10, deadline_hours=6),
        )
        yield app if number % 2 else replace(app, clock=lambda: clock() + AHEAD)
        gone.add(f"life {number}")


def prove(folder: Path, *, seed: int, count: int, kills: int, looking: float = 1.0) -> tuple[Faulty, App]:
    """A whole mailing through all of it, until nothing more happens.

    `looking` is the share of calls in whose middle the account is read: of 20,000 readers that takes most of the time.
    """
    with fresh_engine("sqlite", folder) as engine:
        store = Store(engine)
        clock = FakeClock()
        approve_plainly(store)
        provider = Faulty(seed, clock, readers(store, count))
        provider.kills = kills
        processes = lives(store, provider, clock)
        app = next(processes)
        plan(app, EDITION)

        looks = random.Random(seed)

        def look() -> None:
            if looks.random() >= looking:
                return
            found = account(app, EDITION)
            assert found.adds_up, found
            assert found.planned == count
            assert heard_and_not_settled(app) == []

        def tell(told: list[dict[str, object]]) -> None:
            for start in range(0, len(told), 1_000):
                body = post(told[start : start + 1_000])
                receive(app, "sendgrid", SIGNER.headers(body, clock()), body)
            apply_posts(app)

        provider.look, provider.tell = look, tell
        for _ in range(400):
            try:
                send(app, EDITION)
            except Killed:
                app = next(processes)
            if provider.chance.random() < 0.05:
                stop(app, EDITION, by="ann", reason="a wrong headline")
                send(app, EDITION, resume=False)
                resume(app, EDITION, by="ann")
            tell(provider.due_events())
            look()
            found = account(app, EDITION)
            if provider.silent and not (found.ready or found.sending or found.in_doubt):
                break
            # Once all has been told, only deadlines are waited for.
            clock.wait(900 if provider.silent else 60)
        found = account(app, EDITION)
        twice = [email for email, times in provider.taken.items() if times > 1]
        assert twice == []
        # Whoever is not taken is named: a refused address, or held for a person.
        assert found.rejected == len(provider.bad)
        assert found.delivered == len(provider.taken)
        assert found.delivered + found.rejected + found.held == count
        assert found.ready == found.sending == found.in_doubt == 0
        assert provider.doubtful > 0
        assert provider.looks > count // 100
        return provider, app


def heard_and_not_settled(app: App) -> list[Chunk]:
    """Chunks of which an event has spoken and that could be sent again all the same: there must never be any."""
    open_states = (ChunkState.READY, ChunkState.HELD, ChunkState.ABANDONED, ChunkState.REFUSED)
    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        return [one for one in tx.ledger.chunks(mailing.id, *open_states) if one.first_event_at is not None]


@pytest.mark.parametrize("seed", range(4))
def test_nobody_twice_nobody_lost(seed: int, tmp_path: Path) -> None:
    prove(tmp_path, seed=seed, count=2_000, kills=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100))
def test_nobody_twice_nobody_lost_a_hundred_times(seed: int, tmp_path: Path) -> None:
    prove(tmp_path, seed=seed, count=20_000, kills=3, looking=0.1)
