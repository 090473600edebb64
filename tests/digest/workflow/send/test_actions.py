"""Stop, pause, resume, release, abandon, against senders that are running at that moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from digest.model.delivery import ChunkState, MailingState
from digest.model.edition import EditionStatus
from digest.model.errors import AdapterError, Lost, OutcomeUnknown, Permanent, StorageFailed, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.throttle import Rates
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.send.deliver import Sent, send
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import abandon, account, pause, release, resume, stop
from digest.workflow.send.outcomes import give_back
from digest.workflow.send.sender import LEASE
from tests.builders import EDITION
from tests.digest.workflow.mailings import counts, everybody_once, logged, mailing, raises, ready
from tests.fakes import ScriptedProvider

SLOWEST_STOP = 1.0
"""Seconds after which no new call may start (P6)."""
READERS = 400


@dataclass
class Slow:
    """A provider with a latency, on the machine's own clock; remembers when each call began."""

    seconds: float = 0.05
    began: list[float] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(name="slow", batch_size=5, concurrency=4))

    def send(self, batch: Batch) -> Receipt:
        """Takes everybody, after a while."""
        self.began.append(time.monotonic())
        time.sleep(self.seconds)
        self.taken.extend(recipient.email for recipient in batch.recipients)
        return Receipt(message_id="x")

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class OneByOne(Slow):
    """A relay: a call of a hundred readers, mailed one after the other, takes ten seconds."""

    seconds: float = 0.1
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(name="slow", batch_size=100, concurrency=4, whole=False)
    )

    def send(self, batch: Batch) -> Receipt:
        """All of them, whatever anybody asks meanwhile."""
        return self.send_while(batch, lambda: True)

    def send_while(self, batch: Batch, go_on: Callable[[], bool], **_: object) -> Receipt:
        """Asks before each reader but the first."""
        for place, recipient in enumerate(batch.recipients):
            if place and not go_on():
                left = frozenset(one.delivery for one in batch.recipients[place:])
                return Receipt(not_sent=left, note="stopped", retry_after=0.0)
            self.began.append(time.monotonic())
            time.sleep(self.seconds)
            self.taken.append(recipient.email)
        return Receipt()


def live(store: Store, provider: Slow, readers: int) -> App:
    """A planned mailing on the machine's own clock."""
    app = ready(store, ScriptedProvider(batch_size=provider.capabilities.batch_size), readers=readers)
    began = time.monotonic()
    start = app.clock()
    return replace(
        app,
        provider=provider,
        clock=lambda: datetime.fromtimestamp(start.timestamp() + time.monotonic() - began, UTC),
        wait=time.sleep,
    )


def running(app: App, provider: Slow, calls: int) -> tuple[threading.Thread, list[Sent]]:
    """A sender in a thread of its own, which has begun so many calls."""
    done: list[Sent] = []
    thread = threading.Thread(target=lambda: done.append(send(app, EDITION, resume=False)))
    thread.start()
    deadline = time.monotonic() + 20
    while len(provider.began) < calls and time.monotonic() < deadline:
        time.sleep(0.002)
    return thread, done


@pytest.mark.parametrize(("action", "kind"), [(stop, Slow), (pause, Slow), (stop, OneByOne)])
def test_after_a_stop_nobody_is_mailed_after_a_second(
    store: Store, action: Callable[..., object], kind: type[Slow]
) -> None:
    # Two seconds of calls, or ten: a busy machine may need one to ask for the stop.
    provider = kind(seconds=0.1)
    app = live(store, provider, READERS)
    thread, done = running(app, provider, 6)
    asked = time.monotonic()
    action(app, EDITION, by="ann", reason="a wrong headline")
    returned = time.monotonic()
    thread.join(20)
    late = max(provider.began) - returned
    print(f"{action.__name__}: answered after {returned - asked:.3f} s, last call began {late:+.3f} s after that")
    # From the answer on, which a busy machine may give late: what a person is told has then happened.
    assert late < SLOWEST_STOP
    assert done[0].mailing.state in (MailingState.STOPPED, MailingState.PAUSED)
    found = account(app, EDITION)
    # The account is right: what was in flight is recorded, the others wait.
    assert found.adds_up
    assert found.sending == 0
    assert found.accepted == len(provider.taken) < READERS
    assert found.ready == READERS - len(provider.taken)
    resume(app, EDITION, by="ann")
    provider.seconds = 0.0
    send(app, EDITION)
    assert sorted(provider.taken) == sorted({*provider.taken})
    assert len(provider.taken) == READERS


def test_pause_and_resume_in_the_middle_of_two_senders(store: Store) -> None:
    provider = Slow(seconds=0.005)
    app = live(store, provider, 120)
    other = replace(app, owner="other")
    threads = [running(one, provider, 1)[0] for one in (app, other)]
    for _ in range(6):
        for action in (
            lambda: pause(app, EDITION, by="ann", reason="x"),
            lambda: resume(other, EDITION, by="bob"),
            lambda: stop(other, EDITION, by="bob", reason="y"),
            lambda: resume(app, EDITION, by="ann"),
        ):
            try:
                action()
            except Lost:
                # Told to the person as "somebody was faster; look again".
                continue
            assert account(app, EDITION).adds_up
    for thread in threads:
        thread.join(30)
    send(app, EDITION)
    assert sorted(provider.taken) == sorted({*provider.taken})
    assert len(provider.taken) == 120
    assert mailing(app).state is MailingState.CLOSED


def test_abandon_in_the_middle_of_a_send(store: Store) -> None:
    provider = Slow()
    app = live(store, provider, 200)
    thread, _ = running(app, provider, 4)
    abandon(app, EDITION, by="ann", reason="overtaken by events")
    thread.join(20)
    found = account(app, EDITION)
    assert found.adds_up
    assert found.ready == found.sending == found.in_doubt == 0
    assert found.accepted == len(provider.taken)
    assert found.skipped == {"abandoned": 200 - len(provider.taken)}
    assert mailing(app).state is MailingState.CLOSED


def test_a_claim_that_is_cut_in_this_instant_is_given_up_too(store: Store) -> None:
    """Its rest is a row that nobody had seen when everybody was given up."""
    app = ready(store, ScriptedProvider(batch_size=100), readers=250)
    found = mailing(app)
    with store.begin() as tx:
        tx.ledger.change(found.id, expected=MailingState.PLANNED, to=MailingState.SENDING)
    thread = threading.Thread(target=abandon, args=(app, EDITION), kwargs={"by": "ann", "reason": "overtaken"})
    with store.begin() as tx:
        now = app.clock()
        chunk = tx.ledger.claim(found.id, owner="two", now=now, lease_until=now + LEASE, provider="scripted")
        assert chunk is not None
        chunk = tx.ledger.cut(chunk, 4)
        thread.start()
        if store.engine.dialect.name == "postgresql":
            until_somebody_waits_for_a_row(store)
    thread.join(20)
    assert counts(app) == {"sending": 4, "abandoned": 246}
    with store.read() as tx:
        assert not tx.ledger.may_call(chunk, now=app.clock()), "whoever claimed it makes no call"
    give_back(replace(app, owner="two"), chunk, "stopped before its call", None, at_once=True)
    send(app, EDITION, resume=False)
    assert counts(app) == {"abandoned": 250}
    assert mailing(app).state is MailingState.CLOSED


def until_somebody_waits_for_a_row(store: Store) -> None:
    deadline = time.monotonic() + 20
    with store.engine.connect() as conn:
        while conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) == 0:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)


@pytest.mark.parametrize("error", [Transient("429"), Permanent("413")], ids=["429", "413"])
def test_what_comes_back_after_all_was_given_up_is_given_up_too(store: Store, error: AdapterError) -> None:
    provider = ScriptedProvider(script=iter([raises(error)]))
    app = ready(store, provider)

    def given_up() -> None:
        abandon(app, EDITION, by="ann", reason="overtaken by events")

    provider.before = given_up
    send(app, EDITION)
    assert len(provider.calls) == 1
    assert counts(app) == {"abandoned": 25}
    assert mailing(app).state is MailingState.CLOSED
    # And a person can still change her mind.
    provider.before = lambda: None
    assert release(app, EDITION, by="ann", given_up=True) > 0
    send(app, EDITION)
    assert everybody_once(25, provider)


def test_whoever_releases_what_is_held_does_not_mail_those_who_were_given_up(store: Store) -> None:
    provider = ScriptedProvider(script=iter([raises(OutcomeUnknown("reset"))]), batch_size=10)
    app = ready(store, provider)
    provider.before = lambda: stop(app, EDITION, by="ann", reason="wait") and None  # type: ignore[func-returns-value]
    send(app, EDITION)
    recover(app)
    assert counts(app) == {"held": 10, "ready": 15}
    with store.begin() as tx:
        for chunk in tx.ledger.chunks(mailing(app).id, ChunkState.READY):
            tx.ledger.doubt(chunk, to=ChunkState.ABANDONED, now=app.clock(), note="given up")
    assert release(app, EDITION, by="ann") == 1
    assert counts(app) == {"ready": 10, "abandoned": 15}
    assert release(app, EDITION, by="ann") == 0
    assert release(app, EDITION, by="ann", given_up=True) == 2
    assert counts(app) == {"ready": 25}


def test_the_clock_does_not_resume_what_a_person_stopped(store: Store) -> None:
    provider = ScriptedProvider()
    app = ready(store, provider)
    for action in (stop, pause):
        action(app, EDITION, by="ann", reason="x")
        assert send(app, EDITION, resume=False).calls == 0
    assert counts(app) == {"ready": 25}
    assert mailing(app).state is MailingState.STOPPED
    resume(app, EDITION, by="ann")
    send(app, EDITION, resume=False)
    assert everybody_once(25, provider)


def test_what_was_done_is_in_the_record_once(store: Store) -> None:
    app = ready(store, ScriptedProvider())
    for _ in range(3):
        pause(app, EDITION, by="ann", reason="x")
    for _ in range(3):
        stop(app, EDITION, by="ann", reason="y")
    for _ in range(3):
        resume(app, EDITION, by="ann")
    for _ in range(3):
        abandon(app, EDITION, by="ann", reason="z")
    for _ in range(3):
        release(app, EDITION, by="ann", given_up=True)
    events = ("mailing.paused", "mailing.stopped", "mailing.resumed", "mailing.abandoned", "mailing.taken_up")
    assert logged(store, *events) == list(events)


def test_the_edition_says_where_its_mailing_stands(store: Store) -> None:
    app = ready(store, ScriptedProvider())

    def status() -> EditionStatus:
        with store.read() as tx:
            found = tx.editions.get(EDITION)
        assert found is not None
        return found.status

    pause(app, EDITION, by="ann", reason="x")
    resume(app, EDITION, by="ann")
    assert status() is EditionStatus.SENDING
    stop(app, EDITION, by="ann", reason="y")
    assert status() is EditionStatus.STOPPED
    send(app, EDITION)
    assert status() is EditionStatus.SENT


def test_a_reason_in_ones_own_words_gives_nobody_up(store: Store) -> None:
    """The head of a reason marks what was given up: a person who stops with the same words means to stop."""
    app = ready(store, ScriptedProvider())
    stopped = stop(app, EDITION, by="Ann", reason="given up: the lead is wrong")
    assert stopped.reason == "stopped, given up: the lead is wrong"
    before = account(app, EDITION).ready
    recover(app)
    assert account(app, EDITION).ready == before > 0


def cut_off(app: App, away: threading.Event) -> App:
    """The same, without its database while it is `away`."""

    def reached(way: Callable[[], Any]) -> Callable[[], Any]:
        def ask() -> Any:
            if away.is_set():
                raise StorageFailed("the database is out of reach")
            return way()

        return ask

    return replace(app, read=reached(app.read), begin=reached(app.begin))


def test_a_database_that_is_away_in_a_call_is_no_fault_of_the_provider(store: Store) -> None:
    """Connections used up, a server started again: the call goes on, and its answer waits."""
    # One thread: another one, which only looks for work, would end for a database that it cannot ask.
    alone = Capabilities(name="slow", batch_size=100, concurrency=1, whole=False)
    provider = OneByOne(seconds=0.6, capabilities=alone)
    app = live(store, provider, 4)
    away = threading.Event()

    thread, _ = running(cut_off(app, away), provider, 1)
    away.set()
    until = time.monotonic() + 30
    while len(provider.taken) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    away.clear()
    thread.join(60)
    found = account(app, EDITION)
    assert (found.delivered + found.accepted, found.held, found.in_doubt) == (4, 0, 0)
    assert mailing(app).state is MailingState.CLOSED, "nobody has to resume it"


@pytest.mark.parametrize("daily", [None, 1_000])
@pytest.mark.parametrize("error", [Transient("429", retry_after=1.0), Permanent("400"), Unauthorised("401")])
def test_who_was_certainly_not_taken_is_not_in_doubt_for_a_database_that_is_away(
    store: Store, error: AdapterError, daily: int | None
) -> None:
    away = threading.Event()

    def answer(_: Batch) -> Receipt:
        away.set()
        threading.Timer(0.7, away.clear).start()
        raise error

    provider = ScriptedProvider(script=iter([answer]), batch_size=10)
    app = ready(store, provider, 10, rates={"scripted": Rates(per_day=daily)} if daily else {})
    send(cut_off(app, away), EDITION)
    found = account(app, EDITION)
    assert (found.sending, found.in_doubt, found.held) == (0, 0, 0)
    assert found.ready + found.accepted == 10
