"""Quiet hours also hold for what comes late: calls tried again, waves of a machine that slept, plans made late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from digest.model.delivery import ChunkState
from digest.model.errors import Transient
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import Doubts, Schedule
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.alarms import troubles
from digest.workflow.clock.due import sweep
from digest.workflow.hours import quiet_after, reader_due
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.model import Preferences
from tests.builders import EDITION, app_on, approve_plainly, newsletter, people
from tests.fakes import FakeClock, ScriptedProvider

EVENING = datetime(2026, 11, 23, 21, 0, 30, tzinfo=UTC)
NIGHT = Schedule(quiet_from=time(22), quiet_until=time(7), send_at=time(6), window_hours=16, reader_hours=True)


def evening(store: Store, provider: ScriptedProvider, *, hour: int = 21, **changes: object) -> tuple[App, FakeClock]:
    """Five readers of London at this hour, planned at six in the morning."""
    clock = FakeClock()
    people(store, 5, preferences=Preferences(hour=hour))
    approve_plainly(store)
    schedule = replace(NIGHT, **changes)  # type: ignore[arg-type]  # the caller's business
    app = replace(app_on(store, provider=provider, schedule=schedule), clock=clock, wait=clock.wait)
    plan(app, EDITION)
    send(app, EDITION)
    assert provider.calls == []
    clock.now = EVENING.replace(hour=hour)
    return app, clock


def put_off(_batch: Batch) -> Receipt:
    raise Transient("503: down", retry_after=3600)


def stuck(app: App) -> list[str]:
    with app.read() as tx:
        return [one.key for one in troubles(app, tx, app.clock()) if one.key.endswith("/stuck")]


def test_a_call_that_is_tried_again_waits_for_the_morning(store: Store) -> None:
    provider = ScriptedProvider(script=iter([put_off]))
    app, clock = evening(store, provider)
    send(app, EDITION)
    assert len(provider.calls) == 1
    for minutes in (61, 90, 300, 598):
        clock.now = EVENING + timedelta(minutes=minutes)
        sweep(app)
        assert len(provider.calls) == 1, f"nobody at {clock.now:%H:%M}"
        assert stuck(app) == [], "it waits as it should"
    clock.now = datetime(2026, 11, 24, 7, 0, 30, tzinfo=UTC)
    sweep(app)
    assert sorted(provider.taken) == sorted(f"reader{number}@example.test" for number in range(1, 6))


def test_a_machine_that_slept_over_the_evening_catches_up_in_the_morning(store: Store) -> None:
    provider = ScriptedProvider()
    app, clock = evening(store, provider)
    clock.now = EVENING + timedelta(hours=2)
    assert send(app, EDITION).waiting_until == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert provider.taken == []
    clock.now = datetime(2026, 11, 24, 7, 1, tzinfo=UTC)
    sweep(app)
    assert len(provider.taken) == 5


def test_where_the_window_ends_in_the_night_they_are_held_and_told_of(store: Store) -> None:
    provider = ScriptedProvider()
    app, clock = evening(store, provider, window_hours=4)
    clock.now = EVENING + timedelta(hours=2)
    sweep(app)
    clock.now = EVENING + timedelta(hours=10, minutes=30)
    sweep(app)
    assert provider.taken == []
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        (chunk,) = tx.ledger.chunks(mailing.id)
        assert chunk.state is ChunkState.HELD
        assert f"{EDITION}/uncertain" in {one.key for one in troubles(app, tx, clock.now)}


def test_a_person_who_says_now_is_obeyed(store: Store) -> None:
    provider = ScriptedProvider()
    app, clock = evening(store, provider)
    clock.now = EVENING + timedelta(hours=2)
    send(app, EDITION, everybody_now=True)
    assert len(provider.taken) == 5


def test_who_chose_an_hour_of_the_night_gets_it_then_also_when_it_is_tried_again(store: Store) -> None:
    provider = ScriptedProvider(script=iter([put_off]))
    app, clock = evening(store, provider, hour=23)
    sweep(app)
    clock.now = EVENING.replace(hour=23) + timedelta(minutes=65)
    sweep(app)
    assert len(provider.taken) == 5


def test_parts_of_a_call_keep_their_quiet_hours(store: Store) -> None:
    provider = ScriptedProvider()
    evening(store, provider)
    with store.begin() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        chunk = tx.ledger.claim(mailing.id, owner="x", now=EVENING, lease_until=EVENING + timedelta(minutes=5))
        assert chunk is not None
        first = tx.ledger.cut(chunk, 2)
        one, other = first.first_seq, first.last_seq
        (rest,) = tx.ledger.chunks(mailing.id, ChunkState.READY)
        tx.ledger.carve(
            first,
            [(one, one, ChunkState.ACCEPTED), (other, other, ChunkState.READY)],
            now=EVENING, note="",
        )  # fmt: skip
        parts = tx.ledger.chunks(mailing.id, ChunkState.READY)
    assert {(one.quiet_from, one.quiet_until) for one in (rest, *parts)} == {(first.quiet_from, first.quiet_until)}
    assert first.quiet_from == datetime(2026, 11, 23, 22, tzinfo=UTC)


def test_without_quiet_hours_nothing_waits(store: Store) -> None:
    provider = ScriptedProvider()
    app, clock = evening(store, provider, quiet_from=None, quiet_until=None)
    clock.now = EVENING + timedelta(hours=2)
    sweep(app)
    assert len(provider.taken) == 5


def test_late_zones_are_caught_up_within_their_window_and_held_after_it(store: Store) -> None:
    """The machine was off from before Tokyo's hour until after Kolkata's: the one is too late, the other is not."""
    provider = ScriptedProvider()
    people(store, 2, start=1, timezone="Asia/Tokyo", preferences=Preferences(hour=18))
    people(store, 3, start=11, timezone="Asia/Kolkata", preferences=Preferences(hour=18))
    people(store, 4, start=21, timezone="Europe/London", preferences=Preferences(hour=18))
    approve_plainly(store)
    clock = FakeClock()
    schedule = replace(NIGHT, window_hours=3)
    app = replace(app_on(store, provider=provider, schedule=schedule), clock=clock, wait=clock.wait)
    plan(app, EDITION)
    send(app, EDITION)
    clock.now = datetime(2026, 11, 23, 12, 45, tzinfo=UTC)
    sweep(app)
    assert sorted(provider.taken) == [f"reader{number}@example.test" for number in (11, 12, 13)]
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        account = tx.ledger.account(mailing.id)
    assert (account.held, account.accepted, account.ready, account.adds_up) == (2, 3, 4, True)


ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo")


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23) | st.none(),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    begin=st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    length=st.integers(30, 14 * 60),
)
def test_quiet_hours_are_what_the_reader_s_clock_shows(
    zone: str, hour: int | None, day: date, begin: time, length: int
) -> None:
    end = (datetime.combine(day, begin) + timedelta(minutes=length)).time()
    made = newsletter(schedule=replace(NIGHT, quiet_from=begin, quiet_until=end))
    start = datetime.combine(day, time(6), UTC)
    due = reader_due(made, zone=zone, hour=hour, start=start, now=start)
    quiet = quiet_after(made, zone=zone, after=due)
    assert quiet is not None
    since, until = quiet
    assert due <= since < until
    assert until - since <= timedelta(hours=26)
    local = ZoneInfo(zone)
    step = max(timedelta(minutes=1), (until - since) / 7)
    at = since
    while at < until:
        # The hour of a clock change is read twice or not at all: there an hour more or less is quiet.
        near = [at + timedelta(hours=hours) for hours in (-1, 0, 1)]
        assert any(made.schedule.is_quiet(one.astimezone(local).time()) for one in near)
        at += step


def test_a_call_that_is_scheduled_ahead_does_not_begin_in_the_quiet_hours(store: Store) -> None:
    """At 21:50 a quarter of an hour ahead is night: it goes at once, and cannot be taken back."""
    provider = ScriptedProvider(events=True, recall_ahead=900.0)
    app, clock = evening(store, provider)
    app = replace(app, newsletters={"world": replace(app.newsletters["world"], doubts=Doubts(recall=True))})
    clock.now = EVENING.replace(hour=21, minute=50)
    send(app, EDITION)
    assert [(call.reservation, call.send_at) for call in provider.calls] == [("", None)]
    assert len(provider.taken) == 5
