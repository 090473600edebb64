"""The gate: one rule, written for people and for the database, and never two answers."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, insert, update

from subscribers.audience import candidates
from subscribers.consent import Basis
from subscribers.lists import unsubscribe
from subscribers.model import (
    Blocked,
    Frequency,
    MailList,
    OptIn,
    Preferences,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.store import ensure_list
from subscribers.suppression import Standing, gate, lift, may_receive, reasons_for, suppress, suppress_domain
from subscribers.tables import subscribers, subscriptions
from tests.subscribers.people import FRIDAY, MONDAY, NOW, SATURDAY, empty, member, person


def _ask(conn: Connection, subscriber_id: int, mail_list: MailList, on: date = FRIDAY) -> Blocked | None:
    return gate(conn, [subscriber_id], mail_list.id, on)[subscriber_id]


def test_an_active_reader_may_receive(conn: Connection, world: MailList) -> None:
    assert _ask(conn, member(conn, world), world) is None


def test_strangers_and_readers_of_another_list_may_not(conn: Connection, world: MailList, daily: MailList) -> None:
    assert _ask(conn, 4711, world) is Blocked.UNSUBSCRIBED
    assert _ask(conn, person(conn), world) is Blocked.UNSUBSCRIBED
    assert _ask(conn, member(conn, daily), world) is Blocked.UNSUBSCRIBED


def test_an_unsubscribe_counts_at_once(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    unsubscribe(conn, ana, world.id, Basis(method="one_click"), NOW)
    assert _ask(conn, ana, world) is Blocked.UNSUBSCRIBED


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_a_suppression_holds_until_it_is_lifted(conn: Connection, world: MailList, reason: SuppressionReason) -> None:
    ana = member(conn, world)
    assert suppress(conn, "ana@mail.example", reason, now=NOW)
    assert not suppress(conn, "ana@mail.example", reason, now=NOW)
    assert _ask(conn, ana, world) is Blocked.SUPPRESSED
    assert lift(conn, "ana@mail.example", reason)
    assert not lift(conn, "ana@mail.example", reason)
    assert _ask(conn, ana, world) is None


def test_lifting_one_reason_leaves_the_other(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    suppress(conn, "ana@mail.example", SuppressionReason.COMPLAINT, now=NOW)
    suppress(conn, "ana@mail.example", SuppressionReason.MANUAL, now=NOW)
    assert reasons_for(conn, ["ana@mail.example"], world.id) == {
        "ana@mail.example": {SuppressionReason.COMPLAINT, SuppressionReason.MANUAL}
    }
    lift(conn, "ana@mail.example", SuppressionReason.MANUAL)
    assert _ask(conn, ana, world) is Blocked.SUPPRESSED


def test_a_suppression_of_one_list_leaves_the_other_list(conn: Connection, world: MailList, daily: MailList) -> None:
    ana = member(conn, world)
    assert member(conn, daily) == ana
    suppress(conn, "ana@mail.example", SuppressionReason.MANUAL, now=NOW, list_id=world.id)
    assert not suppress(conn, "ana@mail.example", SuppressionReason.MANUAL, now=NOW, list_id=world.id)
    assert suppress(conn, "ana@mail.example", SuppressionReason.MANUAL, now=NOW, list_id=daily.id)
    lift(conn, "ana@mail.example", SuppressionReason.MANUAL, list_id=daily.id)
    assert _ask(conn, ana, world) is Blocked.SUPPRESSED
    assert _ask(conn, ana, daily) is None


def test_upper_and_lower_case_do_not_slip_past_a_suppression(conn: Connection, world: MailList) -> None:
    loud = member(conn, world, "ANA@mail.example")
    suppress(conn, "ana@mail.example", SuppressionReason.COMPLAINT, now=NOW)
    assert _ask(conn, loud, world) is Blocked.SUPPRESSED


def test_a_domain_is_suppressed_whole_and_alone(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    ben = member(conn, world, "ben@sub.mail.example")
    suppress_domain(conn, "mail.example", now=NOW)
    assert _ask(conn, ana, world) is Blocked.SUPPRESSED
    assert _ask(conn, ben, world) is None


def test_a_pause_ends_on_the_morning_of_its_day(conn: Connection, world: MailList) -> None:
    ana = member(conn, world, preferences=Preferences(paused_until=SATURDAY))
    assert _ask(conn, ana, world, FRIDAY) is Blocked.PAUSED
    assert _ask(conn, ana, world, SATURDAY) is None


def test_frequency(conn: Connection, world: MailList) -> None:
    weekly = member(conn, world, preferences=Preferences(frequency=Frequency.WEEKLY))
    weekdays = member(conn, world, "b@mail.example", Preferences(frequency=Frequency.WEEKDAYS))
    assert gate(conn, [weekly, weekdays], world.id, MONDAY) == {weekly: None, weekdays: None}
    assert gate(conn, [weekly, weekdays], world.id, FRIDAY) == {weekly: Blocked.NOT_TODAY, weekdays: None}
    assert gate(conn, [weekly, weekdays], world.id, SATURDAY) == dict.fromkeys([weekly, weekdays], Blocked.NOT_TODAY)


def test_a_thousand_readers_are_one_query(conn: Connection, world: MailList) -> None:
    ids = [member(conn, world, f"r{n}@mail.example") for n in range(3)]
    asked: list[str] = []
    listen = lambda *args: asked.append(args[2])  # noqa: E731
    event.listen(conn, "before_cursor_execute", listen)
    answers = gate(conn, [*ids, *range(10**6, 10**6 + 997)], world.id, FRIDAY)
    event.remove(conn, "before_cursor_execute", listen)
    assert len(asked) == 1
    assert len(answers) == 1_000
    assert [answers[n] for n in ids] == [None] * 3
    with pytest.raises(ValueError, match="at most 1,000"):
        gate(conn, range(1_001), world.id, FRIDAY)
    assert gate(conn, [], world.id, FRIDAY) == {}


@pytest.mark.parametrize(
    ("standing", "answer"),
    [
        (Standing(state=SubscriptionState.ACTIVE), None),
        (Standing(state=None), Blocked.UNSUBSCRIBED),
        (Standing(state=SubscriptionState.ENDED, suppressed=True), Blocked.UNSUBSCRIBED),
        (Standing(state=SubscriptionState.PENDING, suppressed=True), Blocked.PENDING),
        (Standing(state=SubscriptionState.ACTIVE, suppressed=True, paused_until=SATURDAY), Blocked.SUPPRESSED),
        (
            Standing(state=SubscriptionState.ACTIVE, paused_until=SATURDAY, frequency=Frequency.WEEKLY),
            Blocked.PAUSED,
        ),
        (Standing(state=SubscriptionState.ACTIVE, paused_until=FRIDAY), None),
        (Standing(state=SubscriptionState.ACTIVE, frequency=Frequency.WEEKLY), Blocked.NOT_TODAY),
        (Standing(state=SubscriptionState.ACTIVE, erased=True), Blocked.ERASED),
    ],
)
def test_the_first_reason_is_the_answer(standing: Standing, answer: Blocked | None) -> None:
    assert may_receive(standing, FRIDAY) is answer


_days = st.integers(-3, 10).map(lambda n: FRIDAY + timedelta(days=n))
_standings = st.builds(
    Standing,
    state=st.none() | st.sampled_from(SubscriptionState),
    erased=st.booleans(),
    suppressed=st.booleans(),
    paused_until=st.none() | _days,
    frequency=st.sampled_from(Frequency),
)


@settings(max_examples=40, deadline=None)
@given(standings=st.lists(_standings, min_size=1, max_size=12), on=_days)
def test_the_database_answers_as_the_rule_does(engine: Engine, standings: list[Standing], on: date) -> None:
    with engine.connect() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        ids = [_stand(conn, world, n, standing) for n, standing in enumerate(standings)]
        expected = {n: may_receive(standing, on) for n, standing in zip(ids, standings, strict=True)}
        assert gate(conn, ids, world.id, on) == expected
        streamed = {c.subscriber_id: c.blocked for c in candidates(conn, world.id, on)}
        active = [n for n, s in zip(ids, standings, strict=True) if s.state is SubscriptionState.ACTIVE]
        assert streamed == {n: expected[n] for n in active}
        conn.rollback()


def _stand(conn: Connection, world: MailList, number: int, standing: Standing) -> int:
    """A stored reader with exactly these facts, odd ones included."""
    email = f"r{number}@mail.example"
    subscriber_id = person(conn, email)
    if standing.suppressed:
        suppress(conn, email, SuppressionReason.COMPLAINT, now=NOW)
    if standing.erased:
        conn.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(erased_at=NOW))
    if standing.state is not None:
        conn.execute(
            insert(subscriptions).values(
                subscriber_id=subscriber_id,
                list_id=world.id,
                state=standing.state.value,
                since=NOW,
                frequency=standing.frequency.value,
                paused_until=standing.paused_until,
                sections=(),
            )
        )
    return subscriber_id
