"""Workers as processes on a real PostgreSQL: killed, frozen and woken; everybody has exactly one message."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import fresh_url
from tests.e2e.conftest import ROOT, Newsroom
from tests.e2e.workers import Workroom, furnish, until

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh_url("postgresql", tmp_path) as address:
        yield address


def everybody(readers: int) -> Counter[str]:
    return Counter({f"r{number}@readers.example": 1 for number in range(readers)})


def settled(room: Workroom, readers: int) -> bool:
    return room.count() >= readers and room.account().delivered == readers


def prove(room: Workroom, *, readers: int, kills: int, freezes: int, seed: int) -> None:
    """Two workers and two schedulers; workers are killed and replaced, or frozen past what is believed of them."""
    chance = random.Random(seed)
    assert room.plan() == readers
    schedulers = [room.start("serve", "--port", "0") for _ in range(2)]
    workers = [room.start("worker") for _ in range(2)]
    until(lambda: room.count() > 0, "the first message")
    step = readers // (kills + freezes + 2)
    hits = ["kill"] * kills + ["freeze"] * freezes
    chance.shuffle(hits)
    frozen = []
    in_the_middle = 0
    for number, hit in enumerate(hits, start=1):
        until(lambda at=number * step: room.count() >= at, f"{number * step} messages")  # type: ignore[misc]
        struck = workers.pop(chance.randrange(len(workers)))
        if hit == "kill":
            struck.kill()
            struck.wait()
        else:
            struck.send_signal(signal.SIGSTOP)
            frozen.append(struck)
        account = room.account()
        assert account.adds_up
        assert account.planned == readers
        in_the_middle += account.delivered < readers
        workers.append(room.start("worker"))
    # One of the clocks dies as well: the other one acts.
    schedulers[0].kill()
    schedulers[0].wait()
    # Past what is believed of a worker that says nothing; then they wake up in the middle of what they did.
    time.sleep(4 if frozen else 0)
    for process in frozen:
        process.send_signal(signal.SIGCONT)
    until(lambda: settled(room, readers), "everybody has it")
    assert room.messages() == everybody(readers), room.logs()
    assert in_the_middle > 0, "everything was sent before anybody could be struck"


def test_two_workers_killed_and_one_frozen_while_they_send(tmp_path: Path, url: str) -> None:
    room = furnish(tmp_path, url, readers=240, per_second=12)
    try:
        prove(room, readers=240, kills=2, freezes=1, seed=20261122)
    finally:
        room.end()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_workers_killed_and_frozen_again_and_again(tmp_path: Path, url: str, seed: int) -> None:
    room = furnish(tmp_path, url, readers=6_000, per_second=40)
    try:
        prove(room, readers=6_000, kills=12, freezes=4, seed=seed)
    finally:
        room.end()


def test_a_plain_kill_hands_over_and_status_shows_who_is_left(tmp_path: Path, url: str) -> None:
    room = furnish(tmp_path, url, readers=160, per_second=10)
    try:
        assert room.plan() == 160
        first = room.start("worker")
        until(lambda: room.count() > 20, "the first messages")
        first.terminate()
        assert first.wait(timeout=60) == 0
        account = room.account()
        # Nothing was left in a call, and nothing in doubt: what was in hand was finished.
        assert (account.sending, account.in_doubt) == (0, 0)
        assert account.ready > 0
        status = room.status()
        assert status["workers"] == []
        assert [(one["queue"], one["waiting"] > 0, one["running"]) for one in status["queues"]] == [("drain", True, 0)]
        room.start("worker")
        until(lambda: settled(room, 160), "everybody has it")
        assert room.messages() == everybody(160)
    finally:
        room.end()


def test_workers_without_an_engine_and_an_engine_without_postgresql_are_explained(tmp_path: Path) -> None:
    newsroom = Newsroom(folder=tmp_path, config=ROOT / "samples" / "config.yaml")
    newsroom.run("worker", code=2)
    config = tmp_path / "config.yaml"
    config.write_text("engine: procrastinate\n" + newsroom.config.read_text("utf-8"), "utf-8")
    process = Newsroom(folder=tmp_path, config=config).start("worker")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "engine: procrastinate keeps its queue in PostgreSQL, and storage.url is sqlite" in said
