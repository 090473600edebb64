"""The clock: when the triggers fire, a real BackgroundScheduler on a real database, and how it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest.model.delivery import ChunkState, MailingState
from digest.model.errors import Transient
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import Schedule
from digest.ports import App, Tx
from digest.scheduler import Scheduler, triggers
from digest.store.tx import Store
from digest.workflow.clock.chores import note_backup
from digest.workflow.clock.due import Swept
from digest.workflow.clock.spoken import say_swept
from digest.workflow.clock.stopping import stoppable
from digest.workflow.clock.waves import Wave
from digest.workflow.readers.imports import NOBODY_COMES, import_of
from digest.workflow.send.deliver import send
from digest.workflow.stories.collect import collect
from tests.builders import EDITION, newsletter, people
from tests.databases import fresh_engine
from tests.digest.workflow.clock.test_alarms import Bell
from tests.digest.workflow.clock.test_day import newsroom
from tests.digest.workflow.clock.test_jobs import Remembered
from tests.digest.workflow.readers.test_imports import begin, office
from tests.fakes import FakeClock, ScriptedProvider


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Store(engine)


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a thread of ours."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@contextmanager
def started(app: App) -> Iterator[Scheduler]:
    scheduler = Scheduler(app)
    scheduler.start()
    try:
        yield scheduler
    finally:
        assert scheduler.stop(within=20)


def fires(phase: str, after: datetime, count: int, **changes: object) -> list[str]:
    """The next `count` times of a trigger, UTC."""
    trigger = dict(triggers(newsletter(**changes)))[f"world/{phase}"]
    found: list[datetime] = []
    while len(found) < count:
        fired = trigger.get_next_fire_time(found[-1] if found else None, found[-1] if found else after)
        found.append(fired)
    return [f"{moment.astimezone(UTC):%a %d %b %H:%M}" for moment in found]


def test_phases_fire_at_their_time_in_the_newsletters_zone() -> None:
    monday = datetime(2026, 3, 23, tzinfo=UTC)
    assert fires("send", monday, 1, zone="Asia/Tokyo") == ["Mon 23 Mar 21:00"]
    assert fires("compose", monday, 1) == ["Mon 23 Mar 04:55"]
    # Summer time begins on Sunday 29 March: six o'clock stays six o'clock.
    assert fires("send", datetime(2026, 3, 28, tzinfo=UTC), 2) == ["Sat 28 Mar 06:00", "Sun 29 Mar 05:00"]


def test_a_newsletter_that_reminds_has_a_trigger_for_it() -> None:
    monday = datetime(2026, 3, 23, tzinfo=UTC)
    assert fires("remind", monday, 1, schedule=Schedule(remind_minutes=30)) == ["Mon 23 Mar 05:28"]


def test_days_are_days_by_name() -> None:
    """A number would mean another day: APScheduler's week begins with Monday as 0."""
    mondays = Schedule(days=("mon", "fri"))
    assert fires("send", datetime(2026, 11, 21, tzinfo=UTC), 3, schedule=mondays) == [
        "Mon 23 Nov 06:00",
        "Fri 27 Nov 06:00",
        "Mon 30 Nov 06:00",
    ]


def test_every_newsletter_has_a_job_for_each_phase_and_there_is_one_sweep(store: Store) -> None:
    app = replace(newsroom(store), newsletters={slug: newsletter(slug=slug) for slug in ("world", "science")})
    with started(app) as scheduler:
        assert scheduler.jobs == (
            "housework", "imports", "science/approve", "science/collect", "science/compose", "science/send", "sweep",
            "webhooks", "world/approve", "world/collect", "world/compose", "world/send",
        )  # fmt: skip
        for job in scheduler._scheduler.get_jobs():  # what APScheduler was really told
            assert job.misfire_grace_time is None
            assert job.coalesce is True
            assert job.max_instances == 1


def test_an_import_that_waited_for_a_clock_is_begun_at_once_and_is_no_alarm(store: Store, tmp_path: Path) -> None:
    clock, bell = FakeClock(), Bell()
    app = replace(office(store, tmp_path), clock=clock, bells=(bell,))
    job = begin(app).id
    clock.now += 2 * NOBODY_COMES
    with started(app) as scheduler:
        until(lambda: scheduler.sweeps > 0 and import_of(app, job).job.state == "done", seconds=9)
        scheduler.sweep_now()
    assert [alarm.trouble.key for alarm in bell.rung if alarm.trouble.key.startswith("import/")] == []


def test_a_start_after_six_does_the_morning_at_once_and_once(store: Store) -> None:
    people(store, 25)
    provider = ScriptedProvider(batch_size=10)
    app = newsroom(store, provider=provider)
    collect(app, app.newsletters["world"])
    with started(app) as one, started(replace(app, owner="another process")) as other:
        until(lambda: one.sweeps >= 1 and other.sweeps >= 1)
        assert one.alive
        assert one.swept_at == app.clock()
        one.sweep_now()
        other.sweep_now()
    assert not one.alive
    assert len(provider.taken) == len(set(provider.taken)) == 25


def test_triggers_of_one_second_take_turns(store: Store) -> None:
    """Four jobs at once are one collection after the other, not four half ones."""
    people(store, 5)
    provider = ScriptedProvider()
    scheduler = Scheduler(newsroom(store, provider=provider))
    threads = [threading.Thread(target=scheduler.sweep_now) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (scheduler.sweeps, scheduler.failures) == (4, 0)
    assert len(provider.taken) == 5
    with store.read() as tx:
        assert all(run.attempt == 1 for run in tx.runs.recent(100))


def test_a_defect_is_counted_and_the_clock_goes_on(store: Store) -> None:
    broken = True
    app = newsroom(store)

    @contextmanager
    def read() -> Iterator[Tx]:
        if broken:
            raise RuntimeError("the disk is gone")
        with app.read() as tx:
            yield tx

    with started(replace(app, read=read)) as scheduler:
        until(lambda: scheduler.failures >= 1)
        assert scheduler.alive
        assert scheduler.swept_at is None
        broken = False
        assert scheduler.sweep_now() is not None
        assert scheduler.swept_at is not None


def test_a_stop_ends_a_sending_after_the_call_in_hand(store: Store) -> None:
    """Nothing is left in doubt, the rest waits, and the next process sends exactly the rest."""
    people(store, 50)
    provider = ScriptedProvider(batch_size=10)
    in_call, go_on = threading.Event(), threading.Event()

    def before() -> None:
        if len(provider.calls) == 2:
            in_call.set()
            assert go_on.wait(20)

    provider.before = before
    app = newsroom(store, provider=provider)
    scheduler = Scheduler(app)
    scheduler.start()
    assert in_call.wait(30)
    scheduler.stop_soon()
    assert scheduler.stop(within=0.1) is False
    go_on.set()
    assert scheduler.stop(within=20)
    assert len(provider.taken) == 20
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert mailing.state is MailingState.SENDING
        states = [chunk.state for chunk in tx.ledger.chunks(mailing.id, *ChunkState)]
        assert sorted(states) == [ChunkState.ACCEPTED] * 2 + [ChunkState.READY] * 3
    send(app, EDITION)
    assert len(provider.taken) == len(set(provider.taken)) == 50


def test_a_stop_ends_a_waiting_at_once(store: Store) -> None:
    people(store, 1)

    def later(_batch: Batch) -> Receipt:
        raise Transient("busy", retry_after=30)

    provider = ScriptedProvider(script=iter([later]))
    app = newsroom(store, provider=provider)
    scheduler = Scheduler(app)
    scheduler.start()
    until(lambda: len(provider.calls) == 1)
    begun = time.monotonic()
    assert scheduler.stop(within=14)
    assert time.monotonic() - begun < 15, "the provider asked for thirty seconds"
    assert (scheduler.failures, provider.taken) == (0, [])


def test_nothing_new_begins_in_an_app_that_is_stopping(store: Store) -> None:
    people(store, 3)
    provider = ScriptedProvider()
    stopping = threading.Event()
    stopping.set()
    app = stoppable(newsroom(store, provider=provider), stopping)
    with app.begin() as tx:
        mail_list = tx.audience.list_of("world")
        tx.log("a.test", "world", by="test", now=app.clock())
        assert tx.ledger.mailings(MailingState.SENDING) == ()
    assert mail_list.slug == "world"
    assert Scheduler(app).stop(within=0)
    with store.read() as tx:
        assert tx.runs.recent(10) == ()


def test_the_log_says_when_an_alarm_begins_and_when_it_is_over(store: Store) -> None:
    paused = ["a copy"]
    scheduler = Scheduler(replace(newsroom(store), paused=lambda: paused[0]))
    with capture_logs() as lines:
        for _ in range(3):
            scheduler.sweep_now()
        paused[0] = ""
        scheduler.sweep_now()
    found = [line["event"] for line in lines if line.get("alarm") == "installation"]
    assert found == ["alarm.begun", "alarm.over"]
    (critical,) = [line for line in lines if line.get("alarm") == "installation" and line["event"] == "alarm.begun"]
    assert critical["log_level"] == "error", "whoever looks for errors finds what keeps readers from their mail"


def test_the_log_says_that_waves_are_sent_only_where_somebody_was_taken() -> None:
    sent = Wave(mailing=str(EDITION), calls=2, taken=40, problem="")
    refused = Wave(mailing=str(EDITION), calls=1, taken=0, problem="put off: 421: try later")
    with capture_logs() as lines:
        say_swept(Swept(ran=(), sent=(sent, refused)), stopping=False)
    assert lines == [
        {"event": "waves.sent", "log_level": "info", "edition": str(EDITION), "calls": 2, "readers": 40, "why": ""},
        {
            "event": "waves.put_off", "log_level": "warning", "edition": str(EDITION), "calls": 1, "readers": 0,
            "why": "put off: 421: try later",
        },
    ]  # fmt: skip


def test_an_alarm_that_can_wait_is_a_warning_in_the_log(store: Store) -> None:
    with store.begin() as tx:
        note_backup(tx, good=False, note="No space left on device", owner="me", now=FakeClock().now)
    scheduler = Scheduler(newsroom(store))
    with capture_logs() as lines:
        scheduler.sweep_now()
    (line,) = [line for line in lines if line.get("alarm") == "backup"]
    assert (line["event"], line["log_level"]) == ("alarm.begun", "warning")


def test_who_doubts_its_own_clock_holds_nobody_back(store: Store) -> None:
    """With an engine one acts. One whose clock is three years ahead gives that up, and takes it from nobody."""
    people(store, 1)
    queued = Store(store.engine, jobs=Remembered())
    clock, wrong = FakeClock(), FakeClock()
    app = replace(newsroom(store), begin=queued.begin, read=queued.read, drains=1, clock=clock, owner="well")
    ahead: list[timedelta] = [timedelta()]
    well = Scheduler(app)
    other = Scheduler(replace(app, clock=wrong, owner="wrong", ask_time=lambda: ahead[0]))
    assert other.sweep_now() is not None
    assert well.sweep_now() is None, "it stands by"
    ahead[0] = timedelta(days=1000)
    wrong.now += ahead[0]
    with capture_logs() as lines:
        for _ in range(3):
            found = other.sweep_now()
            assert found is not None
            assert found.doubted
            assert well.sweep_now() is not None, "it acts at once"
            clock.now += timedelta(minutes=1)
            wrong.now += timedelta(minutes=1)
    assert [line["event"] for line in lines].count("clock.doubted") == 1, "once, not every minute"
    with store.read() as tx:
        assert [one.owner for one in tx.processes.recent(clock.now + timedelta(days=1))] == []
