"""A clock that is wrong composes, sends and deletes nothing, and is told once; where nobody can be asked mail goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from digest.model.edition import EditionId
from digest.model.errors import Paused
from digest.model.job import Job, JobKind
from digest.model.newsletter import Schedule
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.belief import doubted, look_at_clock
from digest.workflow.clock.alarms import watch
from digest.workflow.clock.day import run_day
from digest.workflow.clock.due import sweep
from digest.workflow.clock.housework import do_housework
from digest.workflow.clock.jobs import GIVEN_BACK, offer, perform
from digest.workflow.readers.letters import Posted, send_letters
from subscribers.model import LetterKind
from tests.builders import EDITION, people
from tests.digest.workflow.clock.test_alarms import Bell
from tests.digest.workflow.clock.test_day import newsroom
from tests.digest.workflow.clock.test_jobs import Remembered, at_work
from tests.digest.workflow.readers.test_letters import queue, state
from tests.fakes import MORNING, FakeClock, ScriptedProvider

YEARS = timedelta(days=3 * 365)


@dataclass
class Others:
    """What the servers of the sources say, and how often they were asked."""

    ahead: timedelta | None = None
    asked: int = 0

    def __call__(self) -> timedelta | None:
        self.asked += 1
        return self.ahead


def house(store: Store, others: Others) -> tuple[App, FakeClock, Bell, ScriptedProvider]:
    """A newsroom with a clock that has gone right for a morning."""
    people(store, 3)
    clock, bell, provider = FakeClock(MORNING - timedelta(hours=1)), Bell(), ScriptedProvider()
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, bells=(bell,), ask_time=others)
    sweep(app)
    watch(app)
    return app, clock, bell, provider


@pytest.mark.parametrize("said", [YEARS, None], ids=["told", "nobody to ask"])
@pytest.mark.parametrize("off", [YEARS, -YEARS], ids=["ahead", "behind"])
def test_a_clock_that_is_years_off_does_nothing_and_is_told_once(
    store: Store, said: timedelta | None, off: timedelta
) -> None:
    others = Others(ahead=said)
    app, clock, bell, provider = house(store, others)
    clock.now += off
    for _ in range(3):
        swept = sweep(app)
        assert (swept.ran, swept.sent, swept.chores) == ((), (), ())
        assert "by this clock it is" in swept.doubted
        watch(app)
        assert do_housework(app).forgotten == {}
        clock.now += timedelta(minutes=1)
    assert bell.said == [("clock-wrong", False)]
    clock.now = MORNING
    others.ahead = timedelta()
    assert sweep(app).doubted == ""
    watch(app)
    assert bell.said == [("clock-wrong", False), ("clock-wrong", True)]
    with store.read() as tx:
        assert tx.ledger.mailing(str(EDITION)) is not None, "the morning goes on as if nothing had been"
    assert provider.calls


def test_a_clock_that_goes_sends_where_nobody_can_be_asked(store: Store) -> None:
    app, clock, _, provider = house(store, Others())
    for _ in range(8):
        clock.now += timedelta(minutes=30)
        assert sweep(app).doubted == ""
    assert len(provider.taken) == 3
    clock.now -= timedelta(minutes=100)
    assert doubted(app) == "", "it was set right by a little"


@pytest.mark.parametrize("seldom", [False, True], ids=["alone", "beside one that collects once a day"])
@pytest.mark.parametrize(
    ("ahead", "starts", "hours"),
    [(timedelta(hours=-8), -1.5, 0), (timedelta(hours=2, minutes=50), -2.8, 2.9), (timedelta(hours=20), -20, 20)],
    ids=["a power cut without a clock that runs on", "a jump to the hour of sending", "most of a day"],
)
def test_a_clock_that_left_a_trace_sends_nothing_by_a_jump(
    store: Store, ahead: timedelta, starts: float, hours: float, seldom: bool
) -> None:
    """The trace is fresh, and yet it is another hour: the sources say so before anything is composed."""
    people(store, 3)
    others = Others(ahead=timedelta())
    clock, provider = FakeClock(MORNING + timedelta(hours=starts)), ScriptedProvider()
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, ask_time=others)
    if seldom:
        world = app.newsletters["world"]
        weekly = replace(world, slug="weekly", schedule=Schedule(days=("sun",), collect_minutes=1440))
        app = replace(app, newsletters={"world": world, "weekly": weekly})
    sweep(app)
    others.ahead = ahead
    clock.now += timedelta(hours=hours)
    for _ in range(100):
        assert sweep(app).doubted
        clock.now += timedelta(minutes=1)
    assert provider.calls == []
    with store.read() as tx:
        assert tx.editions.get(EDITION) is None, "nothing stale waits for the true hour"


@pytest.mark.parametrize("off", [YEARS, -YEARS], ids=["ahead", "behind"])
def test_of_two_clocks_the_wrong_one_is_told_once_and_is_over_when_it_is_set(store: Store, off: timedelta) -> None:
    well, clock, bell, _ = house(store, Others(ahead=timedelta()))
    others, wrong = Others(ahead=off), FakeClock(clock.now + off)
    other = replace(well, clock=wrong, wait=wrong.wait, owner="other", ask_time=others)

    def look(times: int) -> None:
        for _ in range(times):
            for app in (well, other):
                sweep(app)
                watch(app)
            clock.now += timedelta(minutes=1)
            wrong.now += timedelta(minutes=1)

    look(10)
    assert bell.said == [("clock-wrong", False)]
    assert abs(bell.rung[0].since - clock.now) < timedelta(hours=1), "told by the true time"
    wrong.now, others.ahead = clock.now, timedelta()
    look(3)
    assert bell.said == [("clock-wrong", False), ("clock-wrong", True)]
    wrong.now, others.ahead = clock.now + off, off
    look(2)
    del bell.rung[:]
    # Its machine is taken away. The alarm had come back, so its end is told once it stays away.
    for _ in range(15):
        watch(well)
        clock.now += timedelta(minutes=1)
    assert bell.said == []
    for _ in range(15):
        watch(well)
        clock.now += timedelta(minutes=1)
    assert bell.said == [("clock-wrong", True)]


def test_a_newsletter_with_another_name_has_the_clock_it_had(store: Store) -> None:
    app, clock, _, _ = house(store, Others())
    clock.now += timedelta(minutes=5)
    globe = replace(app.newsletters["world"], slug="globe")
    assert doubted(replace(app, newsletters={"globe": globe})) == ""


@pytest.mark.parametrize(
    ("off", "said", "believed"),
    [
        (timedelta(days=5), timedelta(minutes=2), True),
        (timedelta(days=5), timedelta(days=5), False),
        (timedelta(days=5), None, True),
        (YEARS, timedelta(seconds=1), True),
        (YEARS, None, False),
    ],
)
def test_after_a_time_without_power_the_sources_say_what_time_it_is(
    store: Store, off: timedelta, said: timedelta | None, believed: bool
) -> None:
    app, clock, _, _ = house(store, Others(ahead=said))
    clock.now += off
    assert (doubted(app) == "") is believed


def test_a_person_says_that_the_clock_is_right(store: Store) -> None:
    app, clock, _, _ = house(store, Others())
    clock.now += YEARS
    said: datetime = clock.now
    assert doubted(app)
    assert doubted(replace(app, vouched_at=lambda: said)) == ""
    assert doubted(replace(app, vouched_at=lambda: MORNING))


def test_a_new_place_has_no_clock_to_doubt(store: Store) -> None:
    app = newsroom(store, provider=ScriptedProvider())
    assert doubted(app) == ""


def test_a_day_by_hand_asks_what_time_it_is_as_well(store: Store) -> None:
    """A `digest run` in a crontab has no other guard: two days ahead it made and sent the edition of another day."""
    people(store, 3)
    provider, others = ScriptedProvider(), Others(ahead=timedelta(days=2))
    clock = FakeClock(MORNING + timedelta(days=2))
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, ask_time=others)
    edition = EditionId(newsletter="world", date=clock.now.date())
    with pytest.raises(Paused, match=r"2 days ahead of .*; nothing is collected, composed or sent.*digest db adopt"):
        run_day(app, edition)
    with store.read() as tx:
        assert tx.editions.get(edition) is None
    assert provider.taken == []
    clock.now, others.ahead = MORNING, timedelta()
    assert run_day(app, EDITION).sent is not None
    assert len(provider.taken) == 3


def test_letters_wait_for_a_clock_that_is_right(store: Store) -> None:
    """They were asked for by the right one: by the wrong one they came too late, and would be dropped."""
    others = Others(ahead=YEARS)
    app, clock, _, provider = house(store, others)
    queue(store, LetterKind.LINKS, 2)
    before = len(provider.calls)
    clock.now += YEARS
    assert do_housework(app).letters == Posted()
    assert send_letters(app) == Posted(), "nor from the reader's page"
    assert state(store) == [("waiting", "")] * 2
    clock.now, others.ahead = MORNING, timedelta()
    assert do_housework(app).letters.sent == 2
    assert len(provider.calls) == before + 2


def test_workers_do_nothing_by_it_either(store: Store) -> None:
    app, clock, _, _ = house(store, Others())
    clock.now += YEARS
    assert offer(app).put == ()
    assert offer(app).doubted
    assert "not believed" in perform(app, Job(kind=JobKind.SEND, about=f"world/{clock.now:%Y-%m-%d}/send"))


def test_what_a_worker_with_a_wrong_clock_took_is_done_by_another(store: Store) -> None:
    people(store, 3)
    jobs, others, provider = Remembered(), Others(ahead=timedelta(hours=5)), ScriptedProvider()
    clock, bell = FakeClock(MORNING - timedelta(hours=1)), Bell()
    wrong = FakeClock(clock.now + timedelta(hours=5))
    well = replace(
        at_work(store, jobs, provider=provider), clock=clock, wait=clock.wait, bells=(bell,), ask_time=timedelta
    )
    bad = replace(well, clock=wrong, wait=wrong.wait, owner="bad", ask_time=others)
    for _ in range(90):
        offer(well)
        for job in list(jobs.waiting):
            # It is quick, and always there first.
            assert perform(bad, jobs.take()) == GIVEN_BACK
            assert job in jobs.waiting
        assert look_at_clock(bad, before=True)
        while jobs.waiting:
            perform(well, jobs.take())
        watch(well)
        clock.now += timedelta(minutes=1)
        wrong.now += timedelta(minutes=1)
    assert len(provider.taken) == 3
    assert bell.said == [("clock-wrong", False)], "told by the one that keeps watch"
    assert bell.rung[0].trouble.why.startswith("bad: by this clock")
    wrong.now, others.ahead = clock.now, timedelta()
    assert look_at_clock(bad, before=True) == ""
    watch(well)
    assert bell.said == [("clock-wrong", False), ("clock-wrong", True)], "over at once"


def test_a_jump_while_a_mailing_is_sent_brings_no_wave_forward(store: Store) -> None:
    people(store, 12)
    people(store, 5, start=100, timezone="America/Los_Angeles")
    people(store, 5, start=200, timezone="America/Sao_Paulo")
    others, jump = Others(ahead=timedelta()), timedelta(hours=9)
    clock, provider = FakeClock(MORNING - timedelta(hours=1)), ScriptedProvider(batch_size=5)
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait, ask_time=others)
    world = app.newsletters["world"]
    schedule = replace(world.schedule, reader_hours=True, window_hours=12)
    app = replace(app, newsletters={"world": replace(world, schedule=schedule)})
    sweep(app)
    clock.now = MORNING

    def leap() -> None:
        if not others.ahead:
            clock.now += jump
            others.ahead = jump

    provider.before = leap
    assert sweep(app).doubted
    assert provider.taken
    assert all(int(reader.removeprefix("reader").partition("@")[0]) < 100 for reader in provider.taken)
    provider.before = lambda: None
    clock.now -= jump
    others.ahead = timedelta()
    sweep(app)
    assert len(provider.taken) == 12, "and it goes on by the right clock"
