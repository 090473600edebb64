"""Before the lock somebody is told, once, that an edition waits for a person and what happens if nobody comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from digest.model.job import JobKind
from digest.model.newsletter import Schedule, WhenNobodyApproves
from digest.model.run import REMINDER, Phase, RunKey, RunState
from digest.ports import App
from digest.settings.newsletters import REMIND_MINUTES, ScheduleSettings
from digest.store.tx import Store
from digest.workflow.clock.due import due, sweep
from digest.workflow.clock.jobs import job_of_run
from digest.workflow.edition.review import approve
from tests.builders import DAY, EDITION, newsletter
from tests.digest.workflow.clock.test_alarms import Bell, watched
from tests.fakes import FakeClock

KEY = RunKey(newsletter="world", date=DAY, phase=Phase.APPROVE, slot=REMINDER)
REMINDS = Schedule(remind_minutes=30)
COMPOSED = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
HOUR = datetime(2026, 11, 23, 5, 28, tzinfo=UTC)


def waiting(store: Store, bell: Bell, **changes: object) -> tuple[App, FakeClock]:
    """A newsroom that has composed today's edition, and waits."""
    clock = FakeClock(COMPOSED)
    changes = {"when_nobody_approves": WhenNobodyApproves.HOLD, "schedule": REMINDS, **changes}
    app = watched(store, clock, bell, **changes)
    sweep(app)
    assert bell.reminded == []
    return app, clock


def reminded(store: Store) -> tuple[RunState, str]:
    with store.read() as tx:
        run = tx.runs.get(KEY)
    assert run is not None
    return run.state, run.note


def test_it_is_due_at_its_hour_between_composing_and_the_lock() -> None:
    one = newsletter(schedule=REMINDS)
    assert KEY not in due(HOUR - timedelta(minutes=1), [one], [])
    phases = [(found.phase, found.slot) for found in due(datetime(2026, 11, 23, 6, tzinfo=UTC), [one], [])]
    today = phases[-4:]
    assert today == [(Phase.COMPOSE, ""), (Phase.APPROVE, REMINDER), (Phase.APPROVE, ""), (Phase.SEND, "")]
    assert KEY not in due(HOUR, [newsletter()], []), "nobody asked to be reminded"
    assert RunKey.parse(str(KEY)) == KEY


def test_it_is_never_before_composing() -> None:
    assert Schedule(remind_minutes=600).remind_at == time(4, 55)
    assert Schedule(compose_at=time(0, 0), approve_at=time(0, 5), remind_minutes=30).remind_at == time(0, 0)


def test_by_itself_only_where_nobody_is_mailed_without_a_person() -> None:
    for rule in WhenNobodyApproves:
        expected = REMIND_MINUTES if rule is WhenNobodyApproves.HOLD else 0
        assert ScheduleSettings().reminder(rule) == expected
        assert ScheduleSettings(remind_minutes=45).reminder(rule) == 45
    assert ScheduleSettings(remind_minutes=0).reminder(WhenNobodyApproves.HOLD) == 0


def test_who_is_waited_for_is_told_once(store: Store) -> None:
    bell = Bell()
    app, clock = waiting(store, bell)
    clock.now = HOUR
    for process in ("one", "another"):
        sweep(replace(app, owner=process))
        clock.now += timedelta(minutes=1)
    (told,) = bell.reminded
    assert (told.edition, told.held, told.by) == (str(EDITION), True, "05:58 (Europe/London)")
    assert told.url.endswith(f"/desk/e/{EDITION}")
    assert told.stories > 0
    assert reminded(store)[0] is RunState.DONE
    assert bell.rung == [], "a notice is no alarm"


@pytest.mark.parametrize(
    ("rule", "by"), [(WhenNobodyApproves.SEND, "06:00"), (WhenNobodyApproves.SEND_IF_CHECKS_PASS, "06:00")]
)
def test_it_says_what_the_rule_will_do(store: Store, rule: WhenNobodyApproves, by: str) -> None:
    bell = Bell()
    app, clock = waiting(store, bell, when_nobody_approves=rule)
    clock.now = HOUR
    sweep(app)
    (told,) = bell.reminded
    assert (told.blockers, told.held, told.by) == (0, False, f"{by} (Europe/London)")


def test_who_has_decided_is_not_reminded(store: Store) -> None:
    bell = Bell()
    app, clock = waiting(store, bell)
    approve(app, EDITION, by="ada")
    clock.now = HOUR
    sweep(app)
    assert bell.reminded == []
    assert reminded(store) == (RunState.SKIPPED, "nobody is waited for: it is approved")


def test_a_way_that_fails_is_tried_again_until_the_lock_and_not_after(store: Store) -> None:
    bell = Bell(failing=True)
    app, clock = waiting(store, bell)
    clock.now = HOUR
    sweep(app)
    assert reminded(store)[0] is RunState.FAILED
    bell.failing = False
    clock.now += timedelta(minutes=1)
    sweep(app)
    assert len(bell.reminded) == 1
    with store.read() as tx:
        assert KEY not in [run.key for run in tx.runs.newest(["world"])], "a reminder is no approval"


def test_a_machine_that_slept_past_the_lock_reminds_nobody(store: Store) -> None:
    bell = Bell()
    app, clock = waiting(store, bell)
    clock.now = HOUR + timedelta(hours=1)
    sweep(app)
    assert bell.reminded == []
    assert reminded(store)[0] is RunState.SKIPPED


def test_one_way_that_works_is_enough(store: Store) -> None:
    bell, broken = Bell(), Bell(failing=True)
    app, clock = waiting(store, bell)
    clock.now = HOUR
    sweep(replace(app, bells=(broken, bell)))
    state, note = reminded(store)
    assert (state, len(bell.reminded)) == (RunState.DONE, 1)
    assert "does not answer" in note


def test_its_job_has_a_queue_of_its_own() -> None:
    assert job_of_run(KEY).kind is JobKind.REMIND
    assert job_of_run(replace(KEY, slot="")).kind is JobKind.APPROVE
