"""Who is shown as at work: by the signs they give, and by what is known of processes of this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model.job import Process, ProcessKind
from digest.store.tx import Store
from digest.workflow.clock.engine import EngineStanding, engine_standing

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def stands(store: Store, *processes: tuple[str, ProcessKind, float], gone: str = "", silent: float = 30) -> list[str]:
    """Those (owner, kind, seconds since its sign) at work, and the silent ones behind them."""
    with store.begin() as tx:
        for owner, kind, ago in processes:
            seen = NOW - timedelta(seconds=ago)
            tx.processes.seen(Process(owner=owner, kind=kind, version="1", since=seen, seen_at=seen, note="waits"))
        found: EngineStanding = engine_standing(
            tx, NOW, silent=timedelta(seconds=silent), is_gone=lambda one: one == gone
        )
    assert found.in_use
    return [one.owner for one in (*found.schedulers, *found.workers)] + [f"silent {one.owner}" for one in found.silent]


def test_a_worker_is_silent_as_soon_as_its_jobs_go_to_others(store: Store) -> None:
    assert stands(store, ("a", ProcessKind.WORKER, 5), ("b", ProcessKind.WORKER, 3), silent=4) == ["b", "silent a"]


def test_a_scheduler_gives_a_sign_every_minute(store: Store) -> None:
    seen = (("a", ProcessKind.SCHEDULER, 61), ("b", ProcessKind.SCHEDULER, 91))
    assert stands(store, *seen, silent=4) == ["a", "silent b"]


def test_a_process_of_this_machine_that_is_gone_is_silent_at_once(store: Store) -> None:
    seen = (("a", ProcessKind.SCHEDULER, 1), ("b", ProcessKind.WORKER, 1))
    assert stands(store, *seen, gone="a") == ["b", "silent a"]


def test_what_was_not_seen_for_an_hour_is_not_shown(store: Store) -> None:
    assert stands(store, ("a", ProcessKind.WORKER, 1), ("b", ProcessKind.WORKER, 3601)) == ["a"]
