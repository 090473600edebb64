"""The life of a subscription as a table, and the wishes a reader may have."""

from datetime import date, timedelta

import pytest

from subscribers.model import (
    TRANSITIONS,
    Frequency,
    ModelError,
    Preferences,
    Step,
    SubscriptionState,
    moves,
    next_state,
    plain_text,
    wanted_on,
)
from tests.subscribers.people import FRIDAY, MONDAY, SATURDAY


def test_every_state_has_an_answer_to_every_step() -> None:
    for state in SubscriptionState:
        for step in Step:
            assert (state, step) in TRANSITIONS


def test_only_the_readers_own_hand_brings_back_one_who_left() -> None:
    reviving = {step for step in Step if next_state(SubscriptionState.ENDED, step) is not SubscriptionState.ENDED}
    assert reviving == {Step.JOIN, Step.ASK}


def test_nobody_but_the_reader_answers_a_confirmation() -> None:
    answers = {step for step in Step if next_state(SubscriptionState.PENDING, step) is SubscriptionState.ACTIVE}
    assert answers == {Step.CONFIRM, Step.JOIN}


def test_steps_that_create_nothing() -> None:
    assert next_state(None, Step.CONFIRM) is None
    assert next_state(None, Step.LEAVE) is None


def test_moves_names_the_changes_only() -> None:
    assert moves(Step.LEAVE) == {
        SubscriptionState.PENDING: SubscriptionState.ENDED,
        SubscriptionState.ACTIVE: SubscriptionState.ENDED,
    }
    assert moves(Step.ENROL) == {}


def test_frequencies_on_days_of_the_week() -> None:
    week = [MONDAY + timedelta(days=n) for n in range(7)]
    assert [wanted_on(Frequency.DAILY, day) for day in week] == [True] * 7
    assert [wanted_on(Frequency.WEEKDAYS, day) for day in week] == [True] * 5 + [False] * 2
    assert [wanted_on(Frequency.WEEKLY, day) for day in week] == [True] + [False] * 6
    assert FRIDAY.weekday() == 4
    assert SATURDAY.weekday() == 5


@pytest.mark.parametrize("hour", [-1, 24])
def test_refuses_an_hour_no_clock_has(hour: int) -> None:
    with pytest.raises(ModelError, match="between 0 and 23"):
        Preferences(hour=hour)


@pytest.mark.parametrize("section", ["World", "a b", "", "a--b", "-a", "a|b", "a%"])
def test_refuses_a_section_that_is_no_slug(section: str) -> None:
    with pytest.raises(ModelError, match="slug"):
        Preferences(sections=("asia", section))


def test_plain_text() -> None:
    assert plain_text("  سارة O’Brien 李雷 ") == "سارة O’Brien 李雷"
    for nasty in ("a\nb", "a\x00", "a\x85", "a\u202eb", "a\u2028", "a\ud800"):
        with pytest.raises(ModelError):
            plain_text(nasty)


def test_pauses_are_dates() -> None:
    assert Preferences(paused_until=date(2022, 5, 1)).paused_until == date(2022, 5, 1)
