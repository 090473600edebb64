"""What the clock asks for: pure due(), and sweeps on a real database, each phase once whatever the clock does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from digest.model.edition import Edition, EditionStatus
from digest.model.errors import RenderFailed, Transient
from digest.model.mail import Batch, Receipt, Rendered, Variant
from digest.model.newsletter import Newsletter, Schedule, WhenNobodyApproves
from digest.model.run import Phase, RunKey, RunState
from digest.ports import App, Renderer
from digest.store.tx import Store
from digest.wiring import open_renderer
from digest.workflow.clock.alarms import watch
from digest.workflow.clock.due import due, run, sweep
from digest.workflow.edition.review import approve
from digest.workflow.send.plan import plan
from tests.builders import DAY, EDITION, approve_plainly, edition, newsletter, people
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import MORNING, FakeClock, ScriptedProvider

PHASES = (Phase.COMPOSE, Phase.APPROVE, Phase.SEND)


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    """An instant of the week of the tests, which London reads as it stands."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def names(keys: list[RunKey]) -> list[str]:
    return [str(key) for key in keys]


def key(phase: Phase, day: date = DAY) -> RunKey:
    return RunKey(newsletter="world", date=day, phase=phase)


# --- due: pure ------------------------------------------------------------------------------------------------------


def test_what_is_due_comes_in_the_order_to_do_it() -> None:
    yesterday = [f"world/2026-11-22/{phase}" for phase in PHASES]
    assert names(due(at(4), [newsletter()], [])) == ["world/2026-11-23/collect/04:00", *yesterday]
    assert names(due(at(5, 58), [newsletter()], [])) == [
        "world/2026-11-23/collect/05:30",
        *yesterday,
        "world/2026-11-23/compose",
        "world/2026-11-23/approve",
    ]
    assert names(due(at(6), [newsletter()], []))[-1] == "world/2026-11-23/send"


def test_what_is_done_is_not_due() -> None:
    everything = due(at(6), [newsletter()], [])
    assert due(at(6), [newsletter()], everything) == []
    assert due(at(6), [newsletter()], everything[:-1]) == everything[-1:]


def test_only_days_of_the_newsletter_count() -> None:
    weekdays = newsletter(schedule=Schedule(days=("mon", "tue", "wed", "thu", "fri")))
    asked = due(at(12, day=22), [weekdays], [])  # a Sunday
    assert names(asked) == ["world/2026-11-22/collect/12:00"]
    assert key(Phase.SEND) in due(at(12), [weekdays], [])


def test_only_the_newest_collect_is_due_however_long_the_machine_slept() -> None:
    collects = [found for found in due(at(23, 44), [newsletter()], []) if found.phase is Phase.COLLECT]
    assert [found.slot for found in collects] == ["23:30"]
    slow = newsletter(schedule=Schedule(collect_minutes=90))
    assert due(at(23, 44), [slow], [])[0].slot == "22:30"


def test_the_hour_that_comes_twice_is_collected_twice() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    slots = [
        names(due(first + timedelta(minutes=30 * half), [newsletter()], []))[0].rpartition("/")[2] for half in range(4)
    ]
    assert slots == ["01:30", "01:00+", "01:30+", "02:00"]


def test_the_day_that_a_zone_skips_has_no_edition() -> None:
    apia = newsletter(zone="Pacific/Apia")
    seen = {key.date.day for hour in range(96) for key in due(datetime(2011, 12, 29, hour % 24, tzinfo=UTC)
            + timedelta(days=hour // 24), [apia], []) if key.phase is Phase.SEND and key.date.day >= 29}  # fmt: skip
    assert seen == {29, 31}
    assert not apia.appears(date(2011, 12, 30))
    assert replace(apia, zone="Europe/London").appears(date(2011, 12, 30))


def test_a_day_that_was_missed_is_asked_for_a_while_and_then_let_go() -> None:
    sunday = key(Phase.SEND, date(2026, 11, 22))
    assert sunday in due(at(11, 59), [newsletter()], [])
    assert sunday not in due(at(12, 1), [newsletter()], [])


def test_each_newsletter_has_its_own_clock() -> None:
    tokyo = newsletter(slug="tokyo", zone="Asia/Tokyo")
    asked = due(datetime(2026, 11, 22, 21, 0, tzinfo=UTC), [newsletter(), tokyo], [])
    assert RunKey(newsletter="tokyo", date=DAY, phase=Phase.SEND) in asked
    assert key(Phase.COMPOSE) not in asked


ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago", "Asia/Beirut",
     "America/Havana", "Pacific/Auckland", "Asia/Kathmandu", "UTC"]
)  # fmt: skip
CHANGES = st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 4, 24), date(2026, 9, 6),
                           date(2026, 9, 27), date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1)])  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(ZONES, CHANGES, st.integers(0, 22), st.integers(0, 59), st.integers(1, 50), st.sampled_from([1, 7, 30, 61, 600]))
def test_each_phase_of_each_day_comes_once_through_a_change_of_the_clock(
    zone: str, change: date, hour: int, minute: int, apart: int, step: int
) -> None:
    """The hour that is not there, the hour that comes twice, at any pace of looking."""
    compose_at = datetime(2026, 1, 1, hour, minute)  # noqa: DTZ001 - a time of day
    send_at = min(compose_at + timedelta(minutes=apart), compose_at.replace(hour=23, minute=59))
    schedule = Schedule(compose_at=compose_at.time(), approve_at=send_at.time(), send_at=send_at.time())
    one = newsletter(zone=zone, schedule=schedule)
    now = datetime.combine(change - timedelta(days=2), time(12), ZoneInfo(zone)).astimezone(UTC)
    end = now + timedelta(days=4)
    began: list[tuple[RunKey, datetime]] = []
    done: set[RunKey] = set(due(now, [one], []))
    while now < end:
        for found in due(now, [one], done):
            done.add(found)
            if found.phase is not Phase.COLLECT:
                began.append((found, now))
        now += timedelta(minutes=step)
    assert len(began) == len({found for found, _ in began})
    for day in (change - timedelta(days=1), change, change + timedelta(days=1)):
        # Each once; in the night that loses an hour the order may change, and each phase does what it needs itself.
        assert sorted(found.phase for found, _ in began if found.date == day) == sorted(PHASES)
    for found, instant in began:
        planned = datetime.combine(found.date, getattr(schedule, f"{found.phase}_at"), ZoneInfo(zone))
        assert timedelta() <= instant - planned.astimezone(UTC) < timedelta(minutes=step)


# --- sweep: on a real database --------------------------------------------------------------------------------------


@dataclass
class Mornings:
    """A newsroom whose clock a test turns."""

    app: App
    clock: FakeClock
    provider: ScriptedProvider

    def states(self) -> dict[str, RunState]:
        """Every phase of the test's day that has a run, the collects apart."""
        with self.app.read() as tx:
            runs = tx.runs.recent(500)
        return {str(one.key.phase): one.state for one in runs if one.key.date == DAY and not one.key.slot}

    def edition(self) -> Edition | None:
        with self.app.read() as tx:
            return tx.editions.get(EDITION)


def mornings(store: Store, now: datetime, *, provider: ScriptedProvider | None = None, **changes: object) -> Mornings:
    """Two sources, five happenings, a clock that shows `now`."""
    clock, provider = FakeClock(now), provider or ScriptedProvider()
    app = replace(newsroom(store, provider=provider, **changes), clock=clock, wait=clock.wait)
    return Mornings(app=app, clock=clock, provider=provider)


def test_a_morning_minute_by_minute_happens_once(store: Store) -> None:
    people(store, 3)
    desk = mornings(store, at(4, 50))
    for _ in range(80):
        sweep(desk.app)
        desk.clock.wait(60)
    assert sorted(desk.provider.taken) == [f"reader{n}@example.test" for n in (1, 2, 3)]
    assert desk.states() == dict.fromkeys(map(str, PHASES), RunState.DONE)
    assert desk.edition().status is EditionStatus.SENT  # type: ignore[union-attr]
    with store.read() as tx:
        runs = tx.runs.recent(500)
    assert all(one.attempt == 1 for one in runs)
    assert [one.key.slot for one in reversed(runs) if one.key.phase is Phase.COLLECT] == [
        "04:30",
        "05:00",
        "05:30",
        "06:00",
    ]


def test_a_machine_that_slept_through_the_morning_sends_within_the_window(store: Store) -> None:
    people(store, 2)
    desk = mornings(store, at(11, 30))
    sweep(desk.app)
    assert len(desk.provider.taken) == 2
    assert sweep(desk.app).sent == ()
    assert len(desk.provider.taken) == 2


def test_past_the_window_nothing_is_composed_and_nobody_mailed(store: Store) -> None:
    """P7."""
    people(store, 2)
    desk = mornings(store, at(4))
    sweep(desk.app)
    desk.clock.now = at(12, 1)
    sweep(desk.app)
    assert desk.provider.calls == []
    assert desk.edition() is None
    assert desk.states() == dict.fromkeys(map(str, PHASES), RunState.SKIPPED)
    with store.read() as tx:
        found = tx.runs.get(key(Phase.SEND))
    assert found is not None
    assert found.note.startswith("late: ")
    desk.clock.wait(3600)
    assert [str(one[0]) for one in sweep(desk.app).ran] == ["world/2026-11-23/collect/13:00"]


def test_a_new_place_knows_nothing_of_the_mornings_before_it(store: Store) -> None:
    people(store, 1)
    desk = mornings(store, at(12, 1))
    for _ in range(2):
        assert {key.phase for key, _, _ in sweep(desk.app).ran} <= {Phase.COLLECT}
        desk.clock.wait(60)
    watch(desk.app)
    with store.read() as tx:
        assert [run.key.phase for run in tx.runs.recent(10)] == [Phase.COLLECT]
        assert [one for one in tx.alarms.standing() if "late" in one.trouble.key] == []
    desk.clock.now = at(6, 1, day=24)
    ran = {key.phase for key, _, _ in sweep(desk.app).ran}
    assert {Phase.COMPOSE, Phase.APPROVE, Phase.SEND} <= ran, "from then on it has a clock"


def test_an_edition_that_was_ready_when_the_machine_fell_asleep_is_held(store: Store) -> None:
    people(store, 2)
    desk = mornings(store, at(5))
    sweep(desk.app)
    assert desk.states() == {"compose": RunState.DONE}
    desk.clock.now = at(12, 1)
    sweep(desk.app)
    assert desk.provider.calls == []
    found = desk.edition()
    assert found is not None
    assert found.status is EditionStatus.HELD
    assert "late" in found.reason
    assert desk.states()["approve"] is RunState.HELD


def test_a_newsletter_without_a_window_still_begins_nothing_in_the_evening(store: Store) -> None:
    people(store, 1)
    schedule = replace(newsletter().schedule, window_hours=0)
    desk = mornings(store, at(18, 1), schedule=schedule)
    sweep(desk.app)
    assert desk.provider.calls == []


def test_sweeps_at_the_same_moment_do_each_phase_once(store: Store) -> None:
    """On a fresh database: whoever finds a phase in other hands must not run ahead of it, and compose from nothing."""
    people(store, 40)
    desks = [mornings(store, MORNING, provider=ScriptedProvider(batch_size=4)) for _ in range(4)]
    together = threading.Barrier(len(desks))
    failures: list[Exception] = []

    def one(number: int, desk: Mornings) -> None:
        together.wait()
        try:
            sweep(replace(desk.app, owner=f"process {number}"))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below: a thread has no other way
            failures.append(error)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(desks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Whoever did not get a phase looks again a minute later, as the scheduler does.
    for _ in range(4):
        for desk in desks:
            desk.clock.wait(60)
            sweep(desk.app)
    assert failures == []
    taken = [email for desk in desks for email in desk.provider.taken]
    assert len(taken) == len(set(taken)) == 40
    with store.read() as tx:
        runs = tx.runs.recent(500)
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        account = tx.ledger.account(mailing.id)
    assert account.adds_up
    assert account.settled
    states = {one.key.phase: one.state for one in runs if one.key.date == DAY}
    assert {states[phase] for phase in PHASES} == {RunState.DONE}


class Broken:
    """A renderer that fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self._real: Renderer = open_renderer()

    def render(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> Rendered:
        if not self.mended:
            raise RenderFailed("block 1", "cannot be compiled")
        return self._real.render(edition, newsletter, variant, view_url=view_url)

    def page(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> str:
        return self._real.page(edition, newsletter, variant, view_url=view_url)


def test_a_phase_that_failed_is_tried_again_and_says_why(store: Store) -> None:
    people(store, 1)
    broken = Broken()
    desk = mornings(store, MORNING)
    desk.app = replace(desk.app, renderer=broken)
    sweep(desk.app)
    assert desk.states()["approve"] is RunState.FAILED
    assert desk.provider.calls == []
    with store.read() as tx:
        assert "cannot be compiled" in tx.runs.get(key(Phase.APPROVE)).note  # type: ignore[union-attr]
    broken.mended = True
    desk.clock.wait(60)
    sweep(desk.app)
    assert desk.states() == dict.fromkeys(map(str, PHASES), RunState.DONE)
    assert desk.provider.taken == ["reader1@example.test"]


def test_a_defect_is_passed_on_and_the_run_is_free_again(store: Store) -> None:
    desk = mornings(store, MORNING)

    class Defect(RuntimeError):
        """Not one of ours."""

    def fail() -> Iterator[None]:
        raise Defect

    broken = replace(desk.app, sources={"alpha": _Source(fail)})  # type: ignore[dict-item]  # it only ever raises
    with pytest.raises(Defect):
        run(broken, replace(key(Phase.COLLECT), slot="06:00"))
    with store.read() as tx:
        found = tx.runs.get(replace(key(Phase.COLLECT), slot="06:00"))
    assert found is not None
    assert (found.state, found.note) == (RunState.FAILED, "Defect")
    assert run(desk.app, replace(key(Phase.COLLECT), slot="06:00")) is not None


@dataclass
class _Source:
    fail: object

    def __getattr__(self, name: str) -> object:
        return self.fail()  # type: ignore[operator]


def test_a_run_whose_process_died_is_taken_over_and_one_that_lives_is_not(store: Store) -> None:
    desk = mornings(store, MORNING)
    with store.begin() as tx:
        assert tx.runs.begin(
            key(Phase.COMPOSE), owner="other", now=MORNING, lease_until=MORNING + timedelta(minutes=15),
            is_gone=lambda _: False,
        )  # fmt: skip
    assert run(desk.app, key(Phase.COMPOSE)) is None
    assert run(replace(desk.app, is_gone=lambda owner: owner == "other"), key(Phase.COMPOSE)) is not None
    with store.read() as tx:
        assert tx.runs.get(key(Phase.COMPOSE)).attempt == 2  # type: ignore[union-attr]


def test_nobody_approves_and_the_rule_is_to_hold(store: Store) -> None:
    people(store, 1)
    desk = mornings(store, MORNING, when_nobody_approves=WhenNobodyApproves.HOLD)
    for _ in range(3):
        sweep(desk.app)
        desk.clock.wait(60)
    assert desk.provider.calls == []
    assert desk.edition().status is EditionStatus.HELD  # type: ignore[union-attr]


def test_an_approval_after_the_rule_held_it_sends_within_the_window(store: Store) -> None:
    people(store, 3)
    desk = mornings(store, MORNING, when_nobody_approves=WhenNobodyApproves.HOLD)
    sweep(desk.app)
    assert desk.provider.taken == []
    desk.clock.wait(600)
    approve(desk.app, EDITION, by="ann")
    assert [wave.mailing for wave in sweep(desk.app).sent] == [str(EDITION)]
    assert len(desk.provider.taken) == 3
    sweep(desk.app)
    assert len(desk.provider.taken) == 3


def test_an_approval_past_the_window_sends_nothing_by_itself(store: Store) -> None:
    people(store, 3)
    desk = mornings(store, MORNING, when_nobody_approves=WhenNobodyApproves.HOLD)
    sweep(desk.app)
    desk.clock.wait(7 * 3600)
    approve(desk.app, EDITION, by="ann")
    sweep(desk.app)
    assert desk.provider.taken == []


def after_a_week_of(store: Store, readers: int, now: datetime, **changes: object) -> Mornings:
    """A newsroom whose editions of three days went to so many; today's is approved, a minute before six."""
    people(store, readers)
    desk = mornings(store, now, **changes)
    for back in (3, 2, 1):
        before = replace(edition(EditionStatus.SENT), id=replace(EDITION, date=DAY - timedelta(days=back)))
        with store.begin() as tx:
            tx.editions.put(before, expected_version=0)
            tx.ledger.plan(
                edition=str(before.id), list_slug="world", groups=(), skipped={"paused": range(1, readers + 1)},
                chunk_size=10, now=now,
            )  # fmt: skip
    sweep(desk.app)
    return desk


@pytest.mark.parametrize("joined", [0, 45])
def test_a_list_that_jumps_between_approval_and_sending_is_held_and_told_once(store: Store, joined: int) -> None:
    """An import at the last minute, into the wrong list: the check of the approval has not seen it."""
    desk = after_a_week_of(store, 30, at(5, 59))
    assert desk.edition().approved_by == "autopilot"  # type: ignore[union-attr]
    people(store, joined, start=1000)
    desk.clock.now = at(6)
    sweep(desk.app)
    if not joined:
        assert len(desk.provider.taken) == 30
        return
    told = [watch(desk.app).begun, watch(desk.app).begun]
    held = desk.edition()
    assert held is not None
    assert (held.status, desk.provider.calls, told) == (EditionStatus.HELD, [], [1, 0])
    assert "75 readers, +150% against the median of a week" in held.reason
    desk.clock.wait(600)
    approve(desk.app, EDITION, by="ann", despite_blockers=True)
    sweep(desk.app)
    assert len(desk.provider.taken) == 75


def test_a_list_that_is_empty_at_six_is_held(store: Store) -> None:
    desk = after_a_week_of(store, 30, at(5, 59))
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE subscriptions SET state = 'ended'"))
    desk.clock.now = at(6)
    sweep(desk.app)
    held = desk.edition()
    assert held is not None
    assert held.status is EditionStatus.HELD
    assert "has no readers" in held.reason


@pytest.mark.parametrize("rule", ["a person approved", "the rule is to send"])
def test_who_decided_for_more_readers_is_believed(store: Store, rule: str) -> None:
    send_anyway = rule == "the rule is to send"
    changes = {"when_nobody_approves": WhenNobodyApproves.SEND} if send_anyway else {}
    desk = after_a_week_of(store, 30, at(5, 59) if send_anyway else at(5, 30), **changes)
    if not send_anyway:
        approve(desk.app, EDITION, by="ann")
    people(store, 45, start=1000)
    desk.clock.now = at(6)
    sweep(desk.app)
    assert len(desk.provider.taken) == 75


def test_each_reader_gets_it_at_their_own_hour(store: Store) -> None:
    people(store, 2)
    people(store, 2, start=3, timezone="America/New_York")
    schedule = replace(newsletter().schedule, reader_hours=True)
    desk = mornings(store, MORNING, schedule=schedule)
    sweep(desk.app)
    assert len(desk.provider.taken) == 2
    desk.clock.now = at(10, 59)
    assert sweep(desk.app).sent == ()
    desk.clock.now = at(11, 0)
    assert [wave.mailing for wave in sweep(desk.app).sent] == [str(EDITION)]
    assert sorted(desk.provider.taken)[2:] == ["reader3@example.test", "reader4@example.test"]
    assert desk.edition().status is EditionStatus.SENT  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        # Spring: 02:30 does not exist, it is 03:30 in summer time. Autumn: 02:30 comes twice, the first counts.
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 23, 30, tzinfo=UTC)),
    ],
)
def test_the_nights_when_the_clock_changes(store: Store, zone: str, day: date, first: datetime) -> None:
    """A send at 02:30, looked for every ten minutes all night: once, and at the right instant."""
    people(store, 1)
    schedule = Schedule(compose_at=time(1, 40), approve_at=time(2, 30), send_at=time(2, 30), reader_hours=False)
    desk = mornings(store, first - timedelta(hours=2), schedule=schedule, zone=zone)
    sent_at = []
    for _ in range(30):
        before = len(desk.provider.taken)
        sweep(_with_fresh_stories(desk))
        if len(desk.provider.taken) > before:
            sent_at.append(desk.clock.now)
        desk.clock.wait(600)
    assert sent_at == [first]
    assert desk.provider.taken == ["reader1@example.test"]


def _with_fresh_stories(desk: Mornings) -> App:
    """The sources of `newsroom` report of one November morning; here they report of now."""
    moved = desk.clock.now - MORNING
    sources = {
        slug: replace(
            source,
            entries=tuple(
                replace(entry, published_at=entry.published_at + moved)
                for entry in source.entries  # type: ignore[attr-defined]
            ),
        )
        for slug, source in desk.app.sources.items()
    }
    return replace(desk.app, sources=sources)  # type: ignore[arg-type]


# --- calendars ------------------------------------------------------------------------------------------------------


def test_days_without_an_edition_and_extra_days() -> None:
    closed = newsletter(schedule=Schedule(days=("mon",), skip_dates=frozenset({DAY}), extra_dates=frozenset()))
    assert key(Phase.SEND) not in due(at(7), [closed], [])
    sunday = DAY - timedelta(days=1)
    extra = newsletter(schedule=Schedule(days=("mon",), extra_dates=frozenset({sunday})))
    assert key(Phase.SEND, sunday) in due(at(7, day=22), [extra], [])
    both = newsletter(schedule=Schedule(skip_dates=frozenset({DAY}), extra_dates=frozenset({DAY})))
    assert key(Phase.SEND) in due(at(7), [both], []), "an extra edition wins over a holiday"


def test_a_sending_that_died_before_its_first_call_is_taken_up_by_the_next_sweep(store: Store) -> None:
    """Planned, and nobody began: a person approved it late, or sent it by hand, and the process was killed."""
    people(store, 3)
    desk = mornings(store, at(6, 10))
    approve_plainly(store)
    with store.begin() as tx:
        for phase in PHASES:
            tx.runs.begin(key(phase), owner="dead", now=at(6), lease_until=at(6), is_gone=lambda _: False)
            tx.runs.end(key(phase), owner="dead", state=RunState.HELD, note="nobody approved", now=at(6))
    plan(desk.app, EDITION)
    sweep(desk.app)
    assert len(desk.provider.taken) == 3


class Poisoned(Broken):
    """Breaks for one newsletter, and not as it should."""

    def render(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> Rendered:
        if newsletter.slug == "a-broken":
            raise RuntimeError("a defect")
        return self._real.render(edition, newsletter, variant, view_url=view_url)


def test_a_defect_in_one_newsletter_stops_no_other(store: Store) -> None:
    people(store, 2)
    desk = mornings(store, at(6))
    world = desk.app.newsletters["world"]
    broken = replace(world, slug="a-broken", name="Broken")
    app = replace(desk.app, newsletters={broken.slug: broken, "world": world}, renderer=Poisoned())
    swept = sweep(app)
    assert [(one.what.partition("/")[0], type(one.error)) for one in swept.broken] == [("a-broken", RuntimeError)]
    assert len(desk.provider.taken) == 2
    with store.read() as tx:
        assert [str(one.key).partition("/")[0] for one in tx.runs.failed(DAY)] == ["a-broken"]


def test_a_sweep_says_what_was_taken_and_not_only_that_it_was_tried(store: Store) -> None:
    people(store, 3)

    def down(_batch: Batch) -> Receipt:
        raise Transient("421: try later")

    clock, provider = FakeClock(), ScriptedProvider(script=iter(lambda: down, None))
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait)
    sweep(app)
    clock.now += timedelta(minutes=30)
    (put_off,) = sweep(app).sent
    assert (put_off.mailing, put_off.taken) == (str(EDITION), 0)
    assert put_off.calls
    assert "421: try later" in put_off.problem
    provider.script = iter(())
    clock.now += timedelta(minutes=30)
    (sent,) = sweep(app).sent
    assert (sent.mailing, sent.taken, sent.problem) == (str(EDITION), 3, "")
