"""How fast a provider is called: whatever the order of calls, no span of time holds more than its length allows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.throttle import BARRED, LONGEST_REST, PROBE, Rates, Throttle

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@given(st.floats(0.5, 200), st.lists(st.tuples(st.integers(1, 50), st.floats(0, 5)), min_size=1, max_size=60))
def test_a_span_of_time_holds_what_its_length_allows_and_one_call_more(
    rate: float, tries: list[tuple[int, float]]
) -> None:
    rates, throttle, now = Rates(per_second=rate), Throttle.fresh("x", NOW), NOW
    calls: list[tuple[datetime, int]] = []
    for readers, pause in tries:
        now += timedelta(seconds=pause)
        if throttle.free_at(rates, now) is None:
            throttle = throttle.charged(rates, readers, now)
            calls.append((now, readers))
    for place, (begin, _) in enumerate(calls):
        for end, (until, last) in enumerate(calls[place:], place):
            given_out = sum(readers for _, readers in calls[place : end + 1])
            assert given_out <= rate * (until - begin).total_seconds() + last + 0.01


@given(st.floats(0.1, 1000), st.integers(1, 10_000))
def test_what_it_says_is_when_it_is_free(rate: float, readers: int) -> None:
    rates = Rates(per_minute=rate)
    throttle = Throttle.fresh("x", NOW).charged(rates, readers, NOW)
    free_at = throttle.free_at(rates, NOW)
    assert free_at is not None
    assert throttle.free_at(rates, free_at) is None
    assert throttle.free_at(rates, free_at - timedelta(seconds=0.01)) is not None or readers / rate * 60 < 0.02


def test_the_narrowest_limit_holds() -> None:
    assert Rates(per_second=10, per_minute=60, per_hour=36_000).per_second_of_all == 1
    assert Rates(per_second=10, per_minute=60).largest_call(1_000) == 10
    assert Rates(per_second=0.5).largest_call(1_000) == 1
    assert Rates().per_second_of_all is None
    assert not Rates().paced


def test_a_day_has_a_ceiling_and_the_next_day_begins_anew() -> None:
    rates = Rates(per_day=100)
    throttle = Throttle.fresh("x", NOW).charged(rates, 60, NOW)
    assert throttle.room(rates, NOW) == 40
    throttle = throttle.charged(rates, 40, NOW)
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert throttle.free_at(rates, NOW) == midnight
    assert throttle.free_at(rates, midnight) is None
    assert throttle.room(rates, midnight) == 100


def test_a_new_sender_is_warmed_up_day_by_day() -> None:
    rates = Rates(per_day=9_000, warm_up=(50, 100, 500), warm_up_from=date(2026, 11, 23))
    days = [date(2026, 11, day) for day in (20, 23, 24, 25, 26)]
    assert [rates.ceiling(day) for day in days] == [50, 50, 100, 500, 9_000]
    assert Rates(warm_up=(50,), warm_up_from=date(2026, 11, 23)).ceiling(date(2026, 11, 24)) is None


def test_the_breaker_opens_asks_once_and_closes() -> None:
    rates = Rates(breaker_failures=3, breaker_seconds=30)
    throttle = Throttle.fresh("x", NOW)
    for _ in range(2):
        throttle = throttle.failed(rates, NOW, "503")
    assert throttle.free_at(rates, NOW) is None
    throttle = throttle.failed(rates, NOW, "503")
    opens = NOW + timedelta(seconds=30)
    assert throttle.free_at(rates, NOW) == opens
    assert throttle.failing(rates)
    # Half open: the first call asks, the others wait for what becomes of it.
    assert throttle.free_at(rates, opens) is None
    asking = throttle.charged(rates, 1, opens)
    assert asking.free_at(rates, opens) == opens + PROBE
    again = asking.failed(rates, opens, "503")
    assert again.free_at(rates, opens) == opens + timedelta(seconds=60)
    back = asking.answered(rates)
    assert back.free_at(rates, opens) is None
    assert back.failures == 0


def test_one_success_forgets_the_failures_before() -> None:
    rates = Rates(breaker_failures=3)
    throttle = Throttle.fresh("x", NOW)
    for _ in range(20):
        throttle = throttle.failed(rates, NOW, "503").failed(rates, NOW, "503").answered(rates)
    assert throttle.free_at(rates, NOW) is None


def test_a_rest_is_never_longer_than_a_quarter_of_an_hour() -> None:
    rates, throttle = Rates(breaker_failures=1), Throttle.fresh("x", NOW)
    for _ in range(2_000):
        throttle = throttle.failed(rates, NOW, "503")
    assert throttle.free_at(rates, NOW) == NOW + LONGEST_REST


def test_what_it_asked_to_wait_stands_when_another_call_is_answered() -> None:
    rates, until = Rates(), NOW + timedelta(seconds=40)
    throttle = Throttle.fresh("x", NOW).asked_to_wait(until, "429")
    assert not throttle.failing(rates)
    assert throttle.answered(rates).free_at(rates, NOW) == until
    assert throttle.asked_to_wait(NOW, "429").free_at(rates, NOW) == until


def test_a_provider_that_refuses_our_key_is_left_in_peace_until_a_person_says_so() -> None:
    rates = Rates()
    throttle = Throttle.fresh("x", NOW).barred(rates, NOW, "401")
    assert throttle.failing(rates)
    assert throttle.free_at(rates, NOW) == NOW + BARRED
    assert throttle.forgiven().free_at(rates, NOW) is None


@pytest.mark.parametrize("back", [1, 3_600])
def test_a_clock_that_goes_back_gives_nothing_away(back: int) -> None:
    rates = Rates(per_second=1)
    throttle = Throttle.fresh("x", NOW).charged(rates, 10, NOW)
    before = throttle.free_at(rates, NOW)
    assert before is not None
    earlier = NOW - timedelta(seconds=back)
    waiting = throttle.free_at(rates, earlier)
    assert waiting is not None
    assert (waiting - earlier) >= timedelta(seconds=10)


def test_a_clock_that_was_an_hour_ahead_for_a_moment_stalls_nobody() -> None:
    rates = Rates(per_second=20)
    ahead = Throttle.fresh("x", NOW).charged(rates, 10, NOW + timedelta(hours=1))
    assert ahead.free_at(rates, NOW) == NOW + timedelta(seconds=0.5, microseconds=1)
    paid = ahead.charged(rates, 10, NOW)
    assert paid.free_at(rates, NOW + timedelta(seconds=2)) is None


def test_hosts_whose_clocks_differ_by_seconds_are_no_faster_than_one_may_be() -> None:
    rates, throttle, calls = Rates(per_second=10), Throttle.fresh("x", NOW), 0
    for tick in range(600):
        # Two hosts, one of them nine seconds ahead, ask in turn, ten times in a second.
        now = NOW + timedelta(seconds=tick / 10) + timedelta(seconds=9 * (tick % 2))
        if throttle.free_at(rates, now) is None:
            throttle, calls = throttle.charged(rates, 10, now), calls + 1
    assert calls <= 60 + 9 + 1


def test_a_clock_that_was_a_day_ahead_gives_no_day_twice() -> None:
    rates = Rates(warm_up=(30, 60, 90), warm_up_from=NOW.date())
    throttle = Throttle.fresh("x", NOW).charged(rates, 30, NOW)
    ahead = throttle.charged(rates, 60, NOW + timedelta(days=1))
    assert ahead.room(rates, NOW) == 0
    assert ahead.charged(rates, 0, NOW).room(rates, NOW + timedelta(days=1)) == 60


def test_a_day_that_another_host_has_begun_a_second_early_is_not_begun_anew() -> None:
    rates, midnight = Rates(per_day=30), datetime(2026, 11, 24, tzinfo=UTC)
    early = Throttle.fresh("x", midnight).charged(rates, 30, midnight + timedelta(seconds=1))
    late = early.charged(rates, 0, midnight - timedelta(seconds=1))
    assert late.room(rates, midnight + timedelta(seconds=1)) == 0


def test_nobody_is_told_to_wait_for_years_by_a_clock_that_was_wrong() -> None:
    rates = Rates()
    for told in (
        Throttle.fresh("x", NOW).barred(rates, NOW + timedelta(days=1_000), "401"),
        Throttle.fresh("x", NOW).asked_to_wait(NOW + timedelta(days=2), "429"),
    ):
        assert told.free_at(rates, NOW) is None
