"""Back-off and silence: who is left in peace, for how long, and who has become quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.model.health import HISTORY_DAYS, LONGEST_REST, NO_VALIDATORS, SourceHealth, Validators

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NEW = SourceHealth(source="coast")


def after_days(counts: list[int]) -> SourceHealth:
    """The health after a look a day, each with so many new stories."""
    health = NEW
    for day, count in enumerate(counts):
        health = health.succeeded(NOW + timedelta(days=day), new=count, validators=NO_VALIDATORS)
    return health


def test_the_first_failure_costs_nothing_and_further_ones_double_the_rest() -> None:
    health, rests = NEW, []
    for _ in range(12):
        health = health.failed(NOW, error="503")
        rests.append((health.next_attempt or NOW) - NOW)
    minutes = [rest.total_seconds() / 60 for rest in rests]
    assert minutes[:6] == [0, 15, 30, 60, 120, 240]
    assert rests[-1] == LONGEST_REST
    assert not health.is_due(NOW)
    assert health.is_due(NOW + LONGEST_REST)
    assert "failed 12 times in a row: 503; asked again after 2026-11-02 00:00 UTC" in health.trouble


def test_a_server_that_names_a_time_is_obeyed_at_once() -> None:
    health = NEW.failed(NOW, error="429", retry_after=7200)
    assert health.next_attempt == NOW + timedelta(hours=2)


def test_a_folder_is_never_left_in_peace() -> None:
    health = NEW
    for _ in range(5):
        health = health.failed(NOW, error="missing", remote=False)
    assert health.is_due(NOW)


def test_a_success_forgets_the_failures_and_keeps_the_validators() -> None:
    validators = Validators(etag='"1"', url="https://a.example/feed")
    health = NEW.failed(NOW, error="x").failed(NOW, error="x").succeeded(NOW, new=2, validators=validators)
    assert (health.failures, health.next_attempt, health.last_error, health.trouble) == (0, None, "", "")
    assert health.validators == validators
    assert health.per_day == {NOW.date(): 2}


def test_a_daily_source_is_silent_after_two_days_a_weekly_one_after_two_weeks() -> None:
    daily = after_days([5] * 10 + [0, 0])
    assert daily.silent_for is None
    daily = after_days([5] * 10 + [0, 0, 0])
    assert daily.silent_for == timedelta(days=3)
    assert "nothing new for 3 days; usually 3.8 a day" in daily.trouble
    weekly = [1, 0, 0, 0, 0, 0, 0] * 3
    assert after_days([*weekly, 0, 0, 0, 0]).silent_for is None
    assert after_days([*weekly, *[0] * 9]).silent_for is not None


def test_a_failing_source_and_a_source_hardly_known_are_not_silent() -> None:
    assert after_days([5, 5, 0, 0, 0, 0]).silent_for is None
    assert after_days([5] * 5 + [0] * 5).failed(NOW, error="x").silent_for is None


@given(st.lists(st.integers(0, 9), max_size=80))
def test_the_history_is_bounded_and_exact(counts: list[int]) -> None:
    health = after_days(counts)
    assert len(health.per_day) <= HISTORY_DAYS
    assert sum(health.per_day.values()) == sum(counts[-HISTORY_DAYS:]) or not counts[-HISTORY_DAYS:]
