"""A phase happens once, whoever asks and however often."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

from digest.model.run import Phase, RunKey, RunState
from digest.store.tx import Store

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
KEY = RunKey(newsletter="world", date=date(2026, 11, 22), phase=Phase.COMPOSE)


def begin(store: Store, owner: str = "one", *, at: datetime = NOW, gone: bool = False) -> bool:
    with store.begin() as tx:
        return tx.runs.begin(
            KEY, owner=owner, now=at, lease_until=at + timedelta(minutes=5), is_gone=lambda _owner: gone
        )


def end(store: Store, state: RunState, owner: str = "one") -> None:
    with store.begin() as tx:
        tx.runs.end(KEY, owner=owner, state=state, note="noted", now=NOW)


def test_the_first_gets_it_and_the_second_does_not(store: Store) -> None:
    assert begin(store, "one")
    assert not begin(store, "two")


def test_done_stays_done(store: Store) -> None:
    begin(store)
    end(store, RunState.DONE)
    assert not begin(store, "two", at=NOW + timedelta(days=1), gone=True)
    with store.read() as tx:
        assert tx.runs.done(["world"], NOW.date()) == {KEY}


def test_a_failed_run_may_be_tried_again(store: Store) -> None:
    begin(store)
    end(store, RunState.FAILED)
    assert begin(store, "two")
    with store.read() as tx:
        found = tx.runs.get(KEY)
    assert found is not None
    assert (found.attempt, found.owner, found.state) == (2, "two", RunState.RUNNING)


def test_a_run_whose_owner_died_is_taken_over_at_once(store: Store) -> None:
    begin(store)
    assert begin(store, "two", gone=True)


def test_a_run_whose_lease_ran_out_is_taken_over(store: Store) -> None:
    begin(store)
    assert not begin(store, "two", at=NOW + timedelta(minutes=4))
    assert begin(store, "two", at=NOW + timedelta(minutes=6))


def test_a_lease_by_a_clock_that_was_years_ahead_is_over(store: Store) -> None:
    assert begin(store, at=NOW + timedelta(days=1000))
    assert begin(store, "two")
    assert not begin(store, "three", at=NOW - timedelta(minutes=9)), "two clocks that are a little apart"


def test_the_old_owner_has_no_say_any_more(store: Store) -> None:
    begin(store, "one")
    begin(store, "two", gone=True)
    end(store, RunState.DONE, owner="one")
    with store.read() as tx:
        found = tx.runs.get(KEY)
    assert found is not None
    assert found.state is RunState.RUNNING


def test_of_many_at_once_one_wins(store: Store) -> None:
    won: list[bool] = []
    threads = [threading.Thread(target=lambda n=n: won.append(begin(store, f"owner {n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]
