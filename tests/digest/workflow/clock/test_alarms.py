"""The operator is told once what stands wrong and once when it is over; a monitor hears of each edition that is out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from digest.model.alarm import Alarm, AlarmLevel, News, Reminder, Trouble
from digest.model.delivery import MailingState
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import Picking, Schedule, WhenNobodyApproves
from digest.ports import App
from digest.store.alarms import CALM
from digest.store.tx import Store
from digest.workflow.clock.aftermath import note_missed
from digest.workflow.clock.alarms import OVERDUE, cry, watch
from digest.workflow.clock.chores import note_backup
from digest.workflow.clock.due import sweep
from digest.workflow.readers.signup import Ask, sign_up
from digest.workflow.send.mailing import abandon
from digest.workflow.send.plan import plan
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers import suppression
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.limits import AskLimits
from subscribers.model import OptIn, Preferences, SuppressionReason
from subscribers.signup import SignUp
from tests.builders import EDITION, approve_plainly, newsletter, people
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import MORNING, FakeClock, ScriptedProvider


@dataclass
class Bell:
    """Rings in memory, or fails as it is told to."""

    name: str = "bell"
    rung: list[Alarm] = field(default_factory=list)
    reminded: list[Reminder] = field(default_factory=list)
    failing: bool = False

    def ring(self, alarm: Alarm) -> None:
        if self.failing:
            raise Transient("the bell's relay does not answer")
        self.rung.append(alarm)

    def remind(self, reminder: Reminder) -> None:
        if self.failing:
            raise Transient("the bell's relay does not answer")
        self.reminded.append(reminder)

    @property
    def said(self) -> list[tuple[str, bool]]:
        """(key, is it over) of each ring, but for the sources that the newsroom of the tests lacks."""
        return [
            (alarm.trouble.key, alarm.over_at is not None) for alarm in self.rung if "source" not in alarm.trouble.key
        ]


@dataclass
class Monitor:
    """Hears of editions."""

    heard: list[str] = field(default_factory=list)
    failing: bool = False

    def beat(self, edition: str) -> None:
        if self.failing:
            raise Permanent("answered 404")
        self.heard.append(edition)


def watched(store: Store, clock: FakeClock, bell: Bell, **changes: object) -> App:
    """A newsroom whose operator can be reached."""
    people(store, 3)
    app = newsroom(store, provider=ScriptedProvider(), **changes)
    return replace(app, clock=clock, wait=clock.wait, bells=(bell,))


def test_a_held_edition_is_told_once_and_is_not_said_to_be_over_when_its_day_is(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell, when_nobody_approves=WhenNobodyApproves.HOLD)
    for _ in range(5):
        sweep(app)
        watch(app)
        clock.now += timedelta(minutes=1)
    assert bell.said == [(f"{EDITION}/held", False)]
    assert bell.rung[0].trouble.next_step
    clock.now += timedelta(days=2)
    for _ in range(3):
        watch(app)
        clock.now += timedelta(minutes=1)
    assert (f"{EDITION}/held", True) not in bell.said, "nobody got it: nothing was mended"
    with store.read() as tx:
        assert f"{EDITION}/held" not in [alarm.trouble.key for alarm in tx.alarms.standing()]


def test_a_backup_that_fails_every_night_is_told_once_and_is_over_when_one_succeeds(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    for good in (True, False, False, True):
        with store.begin() as tx:
            note_backup(tx, good=good, note="" if good else "No space left on device", owner="me", now=clock.now)
        for _ in range(2):
            watch(app)
            clock.now += timedelta(minutes=1)
    assert bell.said == [("backup", False), ("backup", True)]
    assert bell.rung[0].trouble.why == "No space left on device"


def test_days_on_which_the_machine_was_off_are_told_once(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    sweep(app)
    watch(app)
    clock.now += timedelta(days=5)
    for _ in range(3):
        sweep(app)
        watch(app)
        clock.now += timedelta(minutes=1)
    told = [alarm.trouble for alarm in bell.rung if "/missed/" in alarm.trouble.key]
    # 23 November was sent, 27 and 28 are what `due` itself looks at.
    assert [trouble.why for trouble in told] == ["2026-11-24, 2026-11-25, 2026-11-26"]
    clock.now += timedelta(days=2)
    sweep(app)
    watch(app)
    assert len([key for key, _ in bell.said if "/missed/" in key]) == 1, "a day that is lost is not mended"


def test_a_new_installation_has_missed_nothing(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    assert note_missed(app) == 0
    sweep(app)
    assert note_missed(app) == 0


def test_an_edition_that_never_began_is_told(store: Store) -> None:
    clock, bell = FakeClock(MORNING - timedelta(hours=2)), Bell()
    app = watched(store, clock, bell)
    sweep(app)
    # Nobody sweeps any more, as if every other process hung.
    clock.now = MORNING + OVERDUE - timedelta(minutes=1)
    watch(app)
    assert (f"{EDITION}/late", False) not in bell.said
    clock.now += timedelta(minutes=2)
    watch(app)
    watch(app)
    assert bell.said.count((f"{EDITION}/late", False)) == 1


def test_what_gets_worse_is_told_once_more_and_stands_with_its_last_words(store: Store) -> None:
    """P7: held is reported. One reader in doubt was told of, and twenty who were held hours later never."""
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell, schedule=Schedule(reader_hours=True, window_hours=6))
    people(store, 20, start=10, timezone="America/New_York")
    app = replace(app, provider=ScriptedProvider(script=iter([_no_answer]), batch_size=1, events=True))
    uncertain = f"{EDITION}/uncertain"
    sweep(app)
    watch(app)
    assert bell.said == [(uncertain, False)]
    first, *_ = [alarm for alarm in bell.rung if alarm.trouble.key == uncertain]
    assert "up to 1 readers" in first.trouble.what
    clock.now += timedelta(hours=13)
    for _ in range(3):
        sweep(app)
        found = watch(app)
        clock.now += timedelta(minutes=1)
    assert found.worse == ()
    assert bell.said == [(uncertain, False), (uncertain, False)], "once when it begins, once when it got worse"
    again = [alarm for alarm in bell.rung if alarm.trouble.key == uncertain][-1]
    assert (first.news, again.news) == (News.BEGUN, News.WORSE)
    assert (again.id, again.since) == (first.id, first.since), "the same trouble, and not another one"
    assert "up to 21 readers" in again.trouble.what
    with store.read() as tx:
        (standing,) = [one for one in tx.alarms.standing() if one.trouble.key == uncertain]
    assert "up to 21 readers" in standing.trouble.what, "what `digest status` and the desk say"


def _no_answer(_batch: Batch) -> Receipt:
    raise OutcomeUnknown("no answer after the last byte")


def _unsure(readers: int, level: AlarmLevel = AlarmLevel.WARNING) -> Trouble:
    what = f"{EDITION}: up to {readers:,} readers are uncertain or held"
    return Trouble(key=f"{EDITION}/uncertain", level=level, what=what, size=readers)


def _stands(store: Store, trouble: Trouble, clock: FakeClock) -> bool:
    with store.begin() as tx:
        return tx.alarms.freshen(trouble, now=clock.now)


def _tells(store: Store, clock: FakeClock) -> list[News]:
    """What would be told now, and is."""
    with store.begin() as tx:
        waiting = tx.alarms.to_tell(clock.now)
        for alarm in waiting:
            assert tx.alarms.claim(alarm, now=clock.now)
            tx.alarms.told(alarm, now=clock.now)
    clock.now += timedelta(minutes=1)
    return [alarm.news for alarm in waiting]


def test_worse_is_twice_as_many_as_were_told_or_critical_and_nothing_is_told_by_the_minute(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        assert tx.alarms.begin(_unsure(10), now=clock.now)
    assert _tells(store, clock) == [News.BEGUN]
    for size, told in ((11, []), (19, []), (20, [News.WORSE]), (5, []), (39, []), (40, [News.WORSE])):
        _stands(store, _unsure(size), clock)
        assert _tells(store, clock) == told, size
        with store.read() as tx:
            (standing,) = tx.alarms.standing()
        assert standing.trouble.what == _unsure(size).what
    _stands(store, _unsure(40, AlarmLevel.CRITICAL), clock)
    assert _tells(store, clock) == [News.WORSE]
    _stands(store, _unsure(40), clock)
    assert _tells(store, clock) == [], "it got better"
    with store.read() as tx:
        (standing,) = tx.alarms.standing()
    assert standing.trouble.level is AlarmLevel.WARNING
    with store.begin() as tx:
        assert tx.alarms.end([f"{EDITION}/uncertain"], now=clock.now)
    assert _tells(store, clock) == [News.OVER]


def test_what_comes_and_goes_is_not_told_by_the_minute(store: Store) -> None:
    """A provider that leaves one call in fifty unanswered: each is settled a minute later, and the next one begins."""
    clock = FakeClock()
    told: list[News] = []
    for _ in range(20):
        with store.begin() as tx:
            tx.alarms.begin(_unsure(10), now=clock.now)
        told += _tells(store, clock)
        with store.begin() as tx:
            assert tx.alarms.end([f"{EDITION}/uncertain"], now=clock.now) == 1
        told += _tells(store, clock)
    assert told == [News.BEGUN, News.OVER, News.BEGUN]
    # Meanwhile it may get worse: that is told at once.
    with store.begin() as tx:
        assert tx.alarms.begin(_unsure(500_000), now=clock.now)
    assert _tells(store, clock) == [News.WORSE]
    with store.begin() as tx:
        assert tx.alarms.end([f"{EDITION}/uncertain"], now=clock.now) == 1
        assert tx.alarms.standing() == ()
    clock.now += CALM - timedelta(minutes=1)
    assert _tells(store, clock) == []
    assert _tells(store, clock) == [News.OVER]
    # What begins long after is news, and so is its end.
    clock.now += CALM
    with store.begin() as tx:
        assert tx.alarms.begin(_unsure(10), now=clock.now)
    assert _tells(store, clock) == [News.BEGUN]
    with store.begin() as tx:
        tx.alarms.end([f"{EDITION}/uncertain"], now=clock.now)
    assert _tells(store, clock) == [News.OVER]


def test_what_begins_anew_while_its_end_is_being_told_is_told(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        tx.alarms.begin(_unsure(1), now=clock.now)
    assert _tells(store, clock) == [News.BEGUN]
    with store.begin() as tx:
        tx.alarms.end([f"{EDITION}/uncertain"], now=clock.now)
        (waiting,) = tx.alarms.to_tell(clock.now)
        assert tx.alarms.claim(waiting, now=clock.now)
    with store.begin() as tx:
        assert tx.alarms.begin(_unsure(1), now=clock.now)
    with store.begin() as tx:
        tx.alarms.told(waiting, now=clock.now)
    assert _tells(store, clock) == [News.BEGUN]


def test_who_is_uncertain_stays_so_while_a_mailing_is_paused(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    app = replace(app, provider=ScriptedProvider(script=iter([_no_answer]), batch_size=1, events=True))
    sweep(app)
    watch(app)
    uncertain, paused = f"{EDITION}/uncertain", f"{EDITION}/paused"
    assert bell.said == [(uncertain, False)]
    with store.begin() as tx:
        (mailing,) = tx.ledger.mailings(MailingState.SENDING)
        tx.ledger.change(mailing.id, expected=MailingState.SENDING, to=MailingState.PAUSED, reason="by ann")
    for _ in range(2):
        clock.now += timedelta(minutes=1)
        watch(app)
    assert bell.said == [(uncertain, False), (paused, False)], "nobody of them was settled"
    with store.begin() as tx:
        tx.ledger.change(mailing.id, expected=MailingState.PAUSED, to=MailingState.SENDING)
    clock.now += timedelta(minutes=1)
    watch(app)
    assert bell.said == [(uncertain, False), (paused, False), (paused, True)]


def test_what_grows_while_it_is_being_told_is_told_as_well(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        tx.alarms.begin(_unsure(1), now=clock.now)
        (waiting,) = tx.alarms.to_tell(clock.now)
        assert tx.alarms.claim(waiting, now=clock.now)
    assert _stands(store, _unsure(500_000), clock)
    with store.begin() as tx:
        tx.alarms.told(waiting, now=clock.now)
    assert _tells(store, clock) == [News.WORSE]
    assert _tells(store, clock) == []


def test_what_grows_while_one_scheduler_tells_it_is_not_begun_by_the_other_too(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        tx.alarms.begin(_unsure(1), now=clock.now)
        (waiting,) = tx.alarms.to_tell(clock.now)
        assert tx.alarms.claim(waiting, now=clock.now)
    clock.now += timedelta(seconds=5)
    assert _stands(store, _unsure(500_000), clock)
    with store.read() as tx:
        assert tx.alarms.to_tell(clock.now) == (), "the first one is at it"
    with store.begin() as tx:
        tx.alarms.told(waiting, now=clock.now)
    assert _tells(store, clock) == [News.WORSE]


def test_what_got_worse_is_tried_at_once_where_nobody_was_reached_for_long(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        tx.alarms.begin(_unsure(1), now=clock.now)
    for _ in range(6):
        clock.now += timedelta(hours=2)
        with store.begin() as tx:
            (waiting,) = tx.alarms.to_tell(clock.now)
            assert tx.alarms.claim(waiting, now=clock.now)
    clock.now += timedelta(minutes=2)
    with store.read() as tx:
        assert tx.alarms.to_tell(clock.now) == ()
    assert _stands(store, _unsure(500_000), clock)
    assert _tells(store, clock) == [News.BEGUN]


def test_what_grew_before_anybody_could_be_told_is_told_once(store: Store) -> None:
    clock = FakeClock()
    with store.begin() as tx:
        tx.alarms.begin(_unsure(1), now=clock.now)
    assert _stands(store, _unsure(500_000), clock)
    assert _tells(store, clock) == [News.BEGUN]
    assert _tells(store, clock) == []


def test_a_thin_day_is_told_and_nobody_is_mailed(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell, picking=Picking(min_events=50))
    sweep(app)
    watch(app)
    (told,) = [alarm for alarm in bell.rung if alarm.trouble.key.startswith(str(EDITION))]
    assert "50" in told.trouble.why


def test_the_ceiling_of_sign_ups_is_told_while_it_holds(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    app = replace(app, asks=replace(app.asks, limits=AskLimits(in_all=3)))
    for number in range(4):
        address = parse_address(f"a{number}@news.example.org")
        found = sign_up(app, Ask(newsletter="world", address=address), client=f"198.18.0.{number}")
    assert found is SignUp.LIMITED_CEILING
    watch(app)
    assert bell.said == [("signups", False)]
    clock.wait(3601)
    watch(app)
    assert bell.said == [("signups", False), ("signups", True)]


def test_who_cannot_be_reached_is_tried_again_and_less_often(store: Store) -> None:
    clock, bell = FakeClock(), Bell(failing=True)
    app = replace(watched(store, clock, bell), paused=lambda: "a copy")
    tries = 0
    for _ in range(60):
        tries += bool(watch(app).unreachable)
        clock.now += timedelta(minutes=1)
    assert 4 <= tries <= 8, "1, 2, 4, 8, … minutes apart"
    bell.failing = False
    clock.now += timedelta(hours=1)
    watch(app)
    assert ("installation", False) in bell.said


def test_what_a_wrong_clock_put_off_is_told_when_it_is_set(store: Store) -> None:
    clock, bell = FakeClock(), Bell(failing=True)
    app = replace(watched(store, clock, bell), paused=lambda: "a copy")
    watch(app)
    clock.now += timedelta(days=1000)
    # Nobody could doubt it: nothing had begun here yet.
    watch(app)
    clock.now -= timedelta(days=1000)
    bell.failing = False
    watch(app)
    assert bell.said == [("installation", False)]


def test_one_way_that_works_is_enough(store: Store) -> None:
    clock, broken, sound = FakeClock(), Bell(failing=True), Bell()
    app = replace(watched(store, clock, sound), bells=(broken, sound), paused=lambda: "a copy")
    assert watch(app).unreachable == ("bell: the bell's relay does not answer",)
    clock.now += timedelta(hours=2)
    assert watch(app).unreachable == ()
    assert sound.said == [("installation", False)]


def test_what_was_over_before_anybody_could_be_told_is_not_told(store: Store) -> None:
    clock, bell = FakeClock(), Bell(failing=True)
    app = watched(store, clock, bell)
    watch(replace(app, paused=lambda: "a copy"))
    bell.failing = False
    clock.now += timedelta(hours=2)
    watch(app)
    assert ("installation", False) not in bell.said
    assert ("installation", True) not in bell.said


def test_two_schedulers_tell_once(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = replace(watched(store, clock, bell), paused=lambda: "a copy")
    again: Callable[[], object] = lambda: watch(app)  # noqa: E731 - what the other scheduler does, in the middle
    original = bell.ring

    def ring(alarm: Alarm) -> None:
        original(alarm)
        again()

    nested = replace(app, bells=(_Ring(ring),))
    watch(nested)
    assert bell.said == [("installation", False)]


@dataclass
class _Ring:
    ring: Callable[[Alarm], None]
    name: str = "nested"

    def remind(self, reminder: Reminder) -> None:
        raise Permanent("nobody is reminded here")


def test_every_edition_that_is_out_beats_once(store: Store) -> None:
    clock, bell, monitor = FakeClock(), Bell(), Monitor()
    app = replace(watched(store, clock, bell), monitor=monitor)
    watch(app)
    assert monitor.heard == []
    for _ in range(3):
        sweep(app)
        watch(app)
        clock.now += timedelta(minutes=1)
    assert monitor.heard == [str(EDITION)]


def test_a_beat_comes_when_the_last_wave_is_out_and_not_with_the_first_call(store: Store) -> None:
    clock, monitor = FakeClock(), Monitor()
    app = watched(store, clock, Bell(), schedule=Schedule(reader_hours=True, window_hours=6))
    app = replace(app, monitor=monitor)
    with store.begin() as tx:
        mail_list = readers.ensure_list(tx.connection, "world", "World", OptIn.SINGLE, MORNING)
        late = readers.add_subscriber(
            tx.connection, parse_address("late@example.test", allow_reserved=True), now=MORNING, name="",
            language="en", timezone="America/New_York",
        )  # fmt: skip
        memberships.subscribe(tx.connection, late.id, mail_list, Basis(method="form"), MORNING)
    sweep(app)
    watch(app)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert tx.ledger.account(mailing.id).accepted == 3, "the first wave is out"
    assert monitor.heard == []
    clock.now += timedelta(hours=5)
    sweep(app)
    watch(app)
    assert monitor.heard == [str(EDITION)]


def test_a_newsletter_has_a_monitor_of_its_own_beside_the_one_for_all(store: Store) -> None:
    clock, everybody, own, others = FakeClock(), Monitor(), Monitor(failing=True), Monitor()
    app = watched(store, clock, Bell())
    app = replace(app, monitor=everybody, monitors={"world": own, "trade": others})
    sweep(app)
    assert watch(app).unreachable == ("heartbeat: answered 404",)
    own.failing = False
    for _ in range(2):
        watch(app)
    assert (everybody.heard, own.heard, others.heard) == ([str(EDITION)], [str(EDITION)], [])


def test_a_day_without_an_edition_beats_at_its_hour_and_only_where_all_is_well(store: Store) -> None:
    clock, monitor = FakeClock(MORNING - timedelta(hours=1)), Monitor()
    app = watched(store, clock, Bell(), schedule=Schedule(days=("tue",)))
    app = replace(app, monitor=monitor)
    for _ in range(2):
        sweep(app)
        watch(app)
    assert monitor.heard == [], "it is not six yet"
    clock.now = MORNING
    watch(app, well=False)
    watch(replace(app, paused=lambda: "a copy"))
    assert monitor.heard == []
    for _ in range(2):
        watch(app)
    assert monitor.heard == [str(EDITION)], "that Monday has none, and that is well"


def test_an_edition_that_is_held_does_not_beat(store: Store) -> None:
    clock, monitor = FakeClock(), Monitor()
    app = replace(watched(store, clock, Bell(), when_nobody_approves=WhenNobodyApproves.HOLD), monitor=monitor)
    sweep(app)
    watch(app)
    assert monitor.heard == []


def test_an_edition_that_nobody_got_does_not_beat_when_it_is_given_up(store: Store) -> None:
    clock, monitor = FakeClock(), Monitor()

    def down(_batch: Batch) -> Receipt:
        raise Transient("503: down")

    provider = ScriptedProvider(script=iter(lambda: down, None))
    app = replace(watched(store, clock, Bell()), monitor=monitor, provider=provider)
    for _ in range(16):
        sweep(app)
        watch(app)
        clock.now += timedelta(minutes=30)
    abandon(app, EDITION, by="me", reason="the provider was down")
    watch(app)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
    assert mailing is not None
    assert (mailing.state, provider.taken, monitor.heard) == (MailingState.CLOSED, [], [])


def _quiet(store: Store, clock: FakeClock, preferences: Preferences, monitor: Monitor, *, trial: bool = False) -> App:
    """A newsroom with three readers who want their mail so, and a monitor."""
    people(store, 3, preferences=preferences)
    app = newsroom(store, provider=ScriptedProvider())
    return replace(app, clock=clock, wait=clock.wait, monitor=monitor, trial=trial)


def test_a_beat_says_that_somebody_was_mailed_and_not_that_the_machine_went_through_it(store: Store) -> None:
    """In trial mode sixty readers were skipped, the edition was `sent`, and the monitor was green every day."""
    clock, monitor = FakeClock(), Monitor()
    app = _quiet(store, clock, Preferences(), monitor, trial=True)
    for _ in range(3):
        sweep(app)
        watch(app)
        clock.now += timedelta(minutes=1)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert (mailing.state, tx.ledger.account(mailing.id).skipped) == (MailingState.CLOSED, {"trial mode": 3})
    assert monitor.heard == []


def test_who_was_suppressed_after_the_plan_is_nobody_who_got_it(store: Store) -> None:
    clock, monitor = FakeClock(MORNING - timedelta(minutes=1)), Monitor()
    app = replace(watched(store, clock, Bell()), monitor=monitor)
    sweep(app)
    plan(replace(app, clock=lambda: MORNING), EDITION)
    with store.begin() as tx:
        for number in range(1, 4):
            address = parse_address(f"reader{number}@example.test", allow_reserved=True)
            suppression.suppress(tx.connection, address.fold_key, SuppressionReason.MANUAL, now=MORNING)
    clock.now = MORNING
    for _ in range(2):
        sweep(app)
        watch(app)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert (mailing.state, tx.ledger.account(mailing.id).skipped) == (MailingState.CLOSED, {"suppressed": 3})
    assert monitor.heard == []


def test_a_day_on_which_nobody_wants_mail_beats(store: Store) -> None:
    clock, monitor = FakeClock(), Monitor()
    app = _quiet(store, clock, Preferences(paused_until=MORNING.date() + timedelta(days=9)), monitor)
    sweep(app)
    watch(app)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert tx.ledger.account(mailing.id).skipped == {"paused": 3}
    assert monitor.heard == [str(EDITION)]


def test_a_beat_that_failed_is_tried_again(store: Store) -> None:
    clock, monitor = FakeClock(), Monitor(failing=True)
    app = replace(watched(store, clock, Bell()), monitor=monitor)
    sweep(app)
    assert watch(app).unreachable == ("heartbeat: answered 404",)
    monitor.failing = False
    watch(app)
    assert monitor.heard == [str(EDITION)]


class Defect:
    """A way to the operator with a fault of its own, such as an address that no library takes."""

    name = "defect"

    def ring(self, alarm: Alarm) -> None:
        raise UnicodeError("label empty or too long: canary@example.test")

    def remind(self, reminder: Reminder) -> None:
        raise UnicodeError("label empty or too long: canary@example.test")

    def beat(self, edition: str) -> None:
        raise ValueError("https://monitor.example/hush")


def test_a_defect_of_one_way_silences_neither_the_other_nor_the_clock(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell, when_nobody_approves=WhenNobodyApproves.HOLD)
    app = replace(app, bells=(Defect(), bell), monitor=Defect())
    sweep(app)
    found = watch(app)
    assert bell.said == [(f"{EDITION}/held", False)]
    assert [line.partition(";")[0] for line in found.unreachable] == ["defect: UnicodeError"]
    assert cry(app, replace(bell.rung[0], id=0))


def test_a_monitor_with_a_defect_does_not_end_the_clock(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = replace(watched(store, clock, bell), monitor=Defect())
    sweep(app)
    (line,) = watch(app).unreachable
    assert line.startswith("heartbeat: ValueError")
    assert "hush" not in line


def test_a_mailing_of_a_newsletter_that_is_gone_is_told_and_stops_no_other(store: Store) -> None:
    clock, bell = FakeClock(), Bell()
    app = watched(store, clock, bell)
    approve_plainly(store)
    plan(app, EDITION)
    other = newsletter(slug="other")
    app = replace(app, newsletters={"other": other})
    assert sweep(app).broken == ()
    watch(app)
    assert (f"{EDITION}/orphan", False) in bell.said
