"""Mornings on which the outside fails: feeds frozen, the provider down, the database locked, the disk full.

What the rules say happens: nobody is mailed twice, late by accident or from nothing new; the account holds at every
minute; and the operator is told once, not every minute.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.model.alarm import AlarmLevel
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import Transient
from digest.model.mail import Batch, Receipt
from digest.ports import App
from digest.scheduler import Scheduler
from digest.store import schema
from digest.store.db import open_engine
from digest.store.tx import Store
from digest.web.metrics import _oldest_due
from digest.workflow.clock.alarms import watch
from digest.workflow.clock.due import sweep
from tests.builders import DAY, EDITION, people
from tests.digest.workflow.clock.test_alarms import Bell
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import FakeClock, ScriptedProvider


def at(hour: int, minute: int, day: int = 23) -> datetime:
    """An instant of the tests' days, which London reads as it stands."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def minutes(app: App, clock: FakeClock, until: datetime, *, step: int = 1) -> None:
    """Sweep and watch as the clock does, and ask of the account at every look (P2)."""
    while clock.now < until:
        sweep(app)
        watch(app)
        with app.read() as tx:
            mailing = tx.ledger.mailing(str(EDITION))
            assert mailing is None or tx.ledger.account(mailing.id).adds_up
        clock.now += timedelta(minutes=step)


def test_feeds_that_stand_still_for_a_day_mail_nobody_the_same_again(store: Store) -> None:
    """The sources answer, with what they had the morning before."""
    clock, bell, provider = FakeClock(at(4, 50)), Bell(), ScriptedProvider()
    people(store, 12)
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, bells=(bell,))
    minutes(app, clock, at(6, 10), step=5)
    assert len(provider.taken) == 12
    clock.now = at(4, 50, day=24)
    minutes(app, clock, at(13, 0, day=24), step=5)
    assert len(provider.taken) == 12, "somebody was told yesterday's news once more"
    tomorrow = EditionId(newsletter="world", date=DAY + timedelta(days=1))
    with app.read() as tx:
        found = tx.editions.get(tomorrow)
        assert tx.ledger.mailing(str(tomorrow)) is None
    assert found is not None
    assert found.status in (EditionStatus.HELD, EditionStatus.SKIPPED)
    assert bell.said == [(f"{tomorrow}/{found.status}", False)]


def test_a_provider_that_is_down_from_ten_to_six_until_twenty_to_seven(store: Store) -> None:
    clock, bell, provider = FakeClock(at(4, 50)), Bell(), ScriptedProvider(batch_size=5)
    people(store, 23)

    def down(batch: Batch) -> Receipt:
        if at(5, 50) <= clock.now < at(6, 40):
            raise Transient("503: down")
        provider.take(batch)
        return Receipt(message_id="taken")

    provider.script = iter(lambda: down, None)
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, bells=(bell,))
    minutes(app, clock, at(6, 39))
    assert provider.taken == []
    assert len(provider.calls) < 60, "a provider that is down is not called more than about once a minute"
    minutes(app, clock, at(7, 30))
    assert len(provider.taken) == len(set(provider.taken)) == 23
    assert bell.said == [(f"{EDITION}/stuck", False), (f"{EDITION}/stuck", True)]
    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert tx.ledger.account(mailing.id).delivered + tx.ledger.account(mailing.id).accepted == 23


def test_a_provider_that_is_down_all_morning_is_told_while_it_is_and_is_not_said_to_be_mended(store: Store) -> None:
    clock, bell = FakeClock(at(5, 50)), Bell()

    def down(_batch: Batch) -> Receipt:
        raise Transient("503: down")

    provider = ScriptedProvider(script=iter(lambda: down, None))
    people(store, 3)
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, bells=(bell,))
    minutes(app, clock, at(6, 20))
    assert bell.said == [(f"{EDITION}/stuck", False)]
    with app.read() as tx:
        assert _oldest_due(tx, clock.now) == at(6, 0)
    minutes(app, clock, at(13, 0), step=20)
    assert bell.said == [(f"{EDITION}/stuck", False), (f"{EDITION}/uncertain", False)], "they are held now"
    assert bell.rung[-1].trouble.level is AlarmLevel.CRITICAL, "nobody got it"
    with app.read() as tx:
        assert _oldest_due(tx, clock.now) is None


class Room:
    """A SQLite database that can be locked or filled, and a clock on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "digest.db"
        self.engine = open_engine(f"sqlite:///{self.path}")
        self.most_pages = 2**30
        event.listen(self.engine, "checkout", self._limit)
        schema.upgrade(self.engine)
        self.store = Store(self.engine)
        people(self.store, 12)
        self.clock, self.bell, self.provider = FakeClock(at(6, 0)), Bell(), ScriptedProvider(batch_size=5)
        app = newsroom(self.store, provider=self.provider)
        self.app = replace(app, clock=self.clock, wait=self.clock.wait, bells=(self.bell,))
        self.scheduler = Scheduler(self.app)

    def _limit(self, connection: sqlite3.Connection, *_: object) -> None:
        # Nobody waits half a minute in a test; and the disk has as much room as the test says.
        connection.execute("PRAGMA busy_timeout=50")
        connection.execute(f"PRAGMA max_page_count={self.most_pages}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else writes, and does not end."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not one page more."""
        with closing(sqlite3.connect(self.path)) as other:
            (self.most_pages,) = other.execute("PRAGMA page_count").fetchone()
        yield
        self.most_pages = 2**30

    def sweeps(self, count: int) -> None:
        for _ in range(count):
            self.scheduler.sweep_now()
            self.clock.now += timedelta(minutes=1)

    @property
    def told(self) -> list[tuple[str, bool]]:
        return self.bell.said


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.store.close()


def test_a_database_that_is_locked_mails_nobody_and_is_told_once(room: Room) -> None:
    with room.locked():
        room.sweeps(5)
        assert room.scheduler.failures == 5
        assert room.provider.calls == []
        assert room.told == [("clock", False)]
    (alarm,) = room.bell.rung
    assert "locked" in alarm.trouble.why
    room.sweeps(2)
    assert room.told == [("clock", False), ("clock", True)]
    assert len(room.provider.taken) == len(set(room.provider.taken)) == 12
    with room.locked():
        room.sweeps(2)
    assert room.told[2:] == [("clock", False)], "it went well in between: that is another trouble"
    assert room.bell.rung[2].since > room.bell.rung[0].since


def test_a_full_disk_mails_nobody_from_half_of_the_news_and_is_told_once(room: Room) -> None:
    """What fits still fits, such as the alarm; the stories do not. So the edition is thin, and held."""
    with room.full():
        room.sweeps(5)
        assert room.provider.calls == []
        began = [key for key, over in room.told if not over]
        assert len(began) == len(set(began)) >= 1
        assert any("full" in alarm.trouble.why for alarm in room.bell.rung)
    room.sweeps(3)
    with room.app.read() as tx:
        standing = tx.editions.standing(EDITION)
    mailed = len(room.provider.taken)
    assert mailed == len(set(room.provider.taken))
    if mailed != 12:
        assert standing is not None
        assert (mailed, standing[0], room.told.count((f"{EDITION}/held", False))) == (0, EditionStatus.HELD, 1)


def test_a_lock_in_the_middle_of_a_sending_leaves_a_doubt_and_no_second_mail(room: Room) -> None:
    """The provider took the call, and nobody could write that down."""
    with closing(sqlite3.connect(room.path, isolation_level=None, check_same_thread=False)) as other:

        def lock() -> None:
            if len(room.provider.calls) == 2:
                other.execute("BEGIN IMMEDIATE")

        room.provider.before = lock
        room.sweeps(1)
        assert room.scheduler.failures == 1
        other.execute("ROLLBACK")
        room.provider.before = lambda: None
        for _ in range(60):
            room.sweeps(1)
            with room.app.read() as tx:
                mailing = tx.ledger.mailing(str(EDITION))
                assert mailing is not None
                account = tx.ledger.account(mailing.id)
            assert account.adds_up
    assert len(room.provider.taken) == len(set(room.provider.taken)) == 12
    assert account.in_doubt + account.held == 5
    assert room.told.count((f"{EDITION}/uncertain", False)) == 1
