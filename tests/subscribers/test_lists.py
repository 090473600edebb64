"""Subscribe, confirm, leave, pause, choose: each once, each safe to do twice, each on the record."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from subscribers import consent
from subscribers.consent import Act
from subscribers.lists import choose, confirm, enrol, pause, subscribe, unsubscribe, unsubscribe_everywhere
from subscribers.model import Frequency, MailList, Preferences, SubscriptionState, SuppressionReason
from subscribers.store import get_subscriber, get_subscription
from subscribers.suppression import reasons_for, suppress
from tests.subscribers.people import FORM, NOW, OPERATOR, PAGE, member, person

LATER = NOW + timedelta(hours=1)


def _state(conn: Connection, subscriber_id: int, mail_list: MailList) -> SubscriptionState | None:
    found = get_subscription(conn, subscriber_id, mail_list.id)
    return None if found is None else found.state


def _acts(conn: Connection, subscriber_id: int) -> list[Act]:
    return [line.act for line in consent.history(conn, subscriber_id)]


def test_double_opt_in_waits_for_the_confirmation(conn: Connection, world: MailList) -> None:
    ana = person(conn)
    assert subscribe(conn, ana, world, FORM, NOW).state is SubscriptionState.PENDING
    assert confirm(conn, ana, world.id, PAGE, LATER).state is SubscriptionState.ACTIVE
    found = get_subscription(conn, ana, world.id)
    assert found is not None
    assert found.since == LATER
    history = consent.history(conn, ana)
    assert [(line.act, line.at, line.basis) for line in history] == [
        (Act.ASKED, NOW, FORM),
        (Act.CONFIRMED, LATER, PAGE),
    ]


def test_single_opt_in_is_active_at_once(conn: Connection, daily: MailList) -> None:
    ana = person(conn)
    wishes = Preferences(sections=("asia",), hour=6)
    change = subscribe(conn, ana, daily, FORM, NOW, preferences=wishes)
    assert (change.state, change.changed) == (SubscriptionState.ACTIVE, True)
    assert _acts(conn, ana) == [Act.GIVEN]
    found = get_subscription(conn, ana, daily.id)
    assert found is not None
    assert found.preferences == wishes


def test_twice_is_once(conn: Connection, world: MailList) -> None:
    ana = person(conn)
    for _ in range(2):
        subscribe(conn, ana, world, FORM, NOW)
    for _ in range(2):
        confirm(conn, ana, world.id, PAGE, NOW)
    first = unsubscribe(conn, ana, world.id, PAGE, NOW)
    again = unsubscribe(conn, ana, world.id, PAGE, LATER)
    assert (first.changed, again.changed) == (True, False)
    assert again.state is SubscriptionState.ENDED
    assert _acts(conn, ana) == [Act.ASKED, Act.CONFIRMED, Act.WITHDRAWN]


def test_steps_without_a_subscription_do_nothing(conn: Connection, world: MailList) -> None:
    ana = person(conn)
    assert confirm(conn, ana, world.id, PAGE, NOW).state is None
    assert unsubscribe(conn, ana, world.id, PAGE, NOW).state is None
    assert not pause(conn, ana, world.id, date(2022, 5, 1), NOW)
    assert subscribe(conn, 4711, world, FORM, NOW).state is None
    assert unsubscribe_everywhere(conn, 4711, PAGE, NOW) == 0


def test_an_old_confirmation_does_not_bring_anybody_back(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    unsubscribe(conn, ana, world.id, PAGE, NOW)
    assert not confirm(conn, ana, world.id, PAGE, LATER).changed
    assert _state(conn, ana, world) is SubscriptionState.ENDED


def test_no_operator_brings_anybody_back(conn: Connection, world: MailList, daily: MailList) -> None:
    ana = member(conn, world)
    unsubscribe_everywhere(conn, ana, PAGE, NOW)
    assert not enrol(conn, ana, world.id, OPERATOR, LATER).changed
    assert _state(conn, ana, world) is SubscriptionState.ENDED
    assert enrol(conn, ana, daily.id, OPERATOR, LATER).state is None


def test_a_reader_may_come_back_by_their_own_hand(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    assert unsubscribe_everywhere(conn, ana, PAGE, NOW) == 1
    suppress(conn, "ana@mail.example", SuppressionReason.COMPLAINT, now=NOW)
    assert subscribe(conn, ana, world, FORM, LATER).state is SubscriptionState.PENDING
    assert len(reasons_for(conn, ["ana@mail.example"], world.id)["ana@mail.example"]) == 2
    assert confirm(conn, ana, world.id, PAGE, LATER).state is SubscriptionState.ACTIVE
    left = reasons_for(conn, ["ana@mail.example"], world.id)
    assert left == {"ana@mail.example": {SuppressionReason.COMPLAINT}}
    found = get_subscription(conn, ana, world.id)
    assert found is not None
    assert found.ended_reason is None


def test_leaving_one_list_leaves_the_other(conn: Connection, world: MailList, daily: MailList) -> None:
    ana = member(conn, world)
    member(conn, daily)
    unsubscribe(conn, ana, world.id, PAGE, NOW, reason="complaint")
    assert _state(conn, ana, daily) is SubscriptionState.ACTIVE
    found = get_subscription(conn, ana, world.id)
    assert found is not None
    assert found.ended_reason == "complaint"
    assert unsubscribe_everywhere(conn, ana, PAGE, NOW) == 1
    assert _state(conn, ana, daily) is SubscriptionState.ENDED


def test_choices_are_kept_and_marked_as_the_readers_own(conn: Connection, world: MailList) -> None:
    ana = member(conn, world)
    wishes = Preferences(
        sections=("asia", "science"),
        frequency=Frequency.WEEKDAYS,
        hour=0,
        text_only=True,
        tracking_off=True,
        paused_until=date(2022, 5, 1),
    )
    assert choose(conn, ana, world.id, wishes, LATER)
    found, reader = get_subscription(conn, ana, world.id), get_subscriber(conn, ana)
    assert found is not None
    assert found.preferences == wishes
    assert reader is not None
    assert reader.chosen_at == LATER
    assert pause(conn, ana, world.id, None, LATER)
    resumed = get_subscription(conn, ana, world.id)
    assert resumed is not None
    assert resumed.preferences.paused_until is None
    assert resumed.preferences.sections == ("asia", "science")


@pytest.mark.parametrize("until", [None, date(2022, 5, 1)])
def test_no_pause_after_leaving(conn: Connection, world: MailList, until: date | None) -> None:
    ana = member(conn, world)
    unsubscribe(conn, ana, world.id, PAGE, NOW)
    assert not pause(conn, ana, world.id, until, LATER)
