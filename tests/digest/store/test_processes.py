"""Who is at work, and that one of several acts, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model.job import Process, ProcessKind
from digest.store.tx import Store

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def one(owner: str, seen_at: datetime = NOW, note: str = "") -> Process:
    return Process(owner=owner, kind=ProcessKind.WORKER, version="1", since=NOW, seen_at=seen_at, note=note)


def lead(store: Store, owner: str, now: datetime = NOW, gone: frozenset[str] = frozenset()) -> bool:
    with store.begin() as tx:
        return tx.processes.lead(
            "clock", owner=owner, now=now, until=now + timedelta(seconds=150), is_gone=gone.__contains__
        )


def test_the_last_sign_counts(store: Store) -> None:
    with store.begin() as tx:
        tx.processes.seen(one("a"))
        tx.processes.seen(one("b", NOW - timedelta(hours=2)))
        tx.processes.seen(one("a", NOW + timedelta(seconds=5), "drain:1:0"))
    with store.begin() as tx:
        assert tx.processes.recent(NOW) == (one("a", NOW + timedelta(seconds=5), "drain:1:0"),)
        assert tx.processes.forget(NOW - timedelta(hours=1)) == 1
        tx.processes.left("a")
        assert tx.processes.recent(NOW - timedelta(days=1)) == ()


def test_one_acts_and_goes_on_while_it_asks(store: Store) -> None:
    assert lead(store, "a")
    assert not lead(store, "b")
    assert lead(store, "a", NOW + timedelta(seconds=100))
    assert not lead(store, "b", NOW + timedelta(seconds=200))
    assert lead(store, "b", NOW + timedelta(seconds=300))
    assert not lead(store, "a", NOW + timedelta(seconds=301))


def test_one_that_is_gone_or_left_is_replaced_at_once(store: Store) -> None:
    assert lead(store, "a")
    assert lead(store, "b", gone=frozenset({"a"}))
    with store.begin() as tx:
        tx.processes.left("b")
    assert lead(store, "c")


def test_one_whose_clock_was_years_ahead_holds_nobody_back(store: Store) -> None:
    assert lead(store, "a", NOW + timedelta(days=1000))
    assert lead(store, "b")
    assert not lead(store, "a", NOW + timedelta(minutes=2)), "set right, it stands by"


def test_who_gives_it_up_has_a_successor_at_once(store: Store) -> None:
    assert lead(store, "a")
    with store.begin() as tx:
        assert not tx.processes.release("clock", owner="b")
        assert tx.processes.release("clock", owner="a")
    assert lead(store, "b")
