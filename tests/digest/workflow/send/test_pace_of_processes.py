"""Two processes of the machine share one pace: together they are no faster than one may be."""

from __future__ import annotations

import multiprocessing
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.throttle import Rates
from digest.store import db, schema
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from digest.workflow.send.routes import Route
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import KINDS, fresh_engine, fresh_url
from tests.fakes import MORNING

RATES = {"noting": Rates(per_second=20)}
READERS, CALL = 60, 4


@dataclass(frozen=True, kw_only=True)
class Noting:
    """Takes everybody, and notes when, for how many, in a file that all processes append to."""

    file: Path
    concurrency: int = 2

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="noting", batch_size=CALL, concurrency=self.concurrency)

    def send(self, batch: Batch) -> Receipt:
        """A line, written at once."""
        with self.file.open("a", encoding="ascii") as notes:
            notes.write(f"{time.time()} {len(batch.recipients)} {' '.join(r.email for r in batch.recipients)}\n")
        return Receipt(message_id="x")

    def close(self) -> None:
        """Nothing is open."""


def sender(url: str, file: Path, began: float, owner: str) -> None:
    """What each process does; it is morning when the test began."""
    engine = db.open_engine(url)
    app = app_on(Store(engine), provider=Noting(file=file), owner=owner, rates=RATES)
    app = replace(app, clock=lambda: MORNING + timedelta(seconds=time.time() - began), wait=time.sleep)
    send(app, EDITION, resume=False)
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_together_they_keep_the_pace(kind: str, tmp_path: Path) -> None:
    notes = tmp_path / "calls"
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        store = Store(engine)
        approve_plainly(store)
        people(store, READERS)
        app = app_on(store, provider=Noting(file=notes), rates=RATES)
        plan(app, EDITION)
        spawn = multiprocessing.get_context("spawn")
        both = [spawn.Process(target=sender, args=(url, notes, time.time(), owner)) for owner in ("one", "two")]
        for one in both:
            one.start()
        for one in both:
            one.join(90)
        assert [one.exitcode for one in both] == [0, 0]
        assert account(app, EDITION).accepted == READERS
        engine.dispose()
    calls = [line.split() for line in notes.read_text("ascii").splitlines()]
    assert sorted(email for call in calls for email in call[2:]) == sorted(
        f"reader{number}@example.test" for number in range(1, READERS + 1)
    )
    times = sorted(float(call[0]) for call in calls)
    # All but the last call are paid for by then: twenty readers a second, whoever made them. A loaded machine makes a
    # call late but never early, so that one gap may be short where the whole is not.
    assert times[-1] - times[0] >= (READERS - 2 * CALL) / 20 - 0.5


@pytest.mark.postgres
@pytest.mark.parametrize(("rates", "alone"), [({"noting": Rates(per_second=2_000)}, True), ({}, False)])
def test_threads_that_wait_for_a_pace_hold_one_connection(
    rates: dict[str, Rates], alone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming, most, lock = 0, 0, threading.Lock()
    claim = Route.claim

    def counted(self: Route, *given: Any, **named: Any) -> Any:
        nonlocal claiming, most
        with lock:
            claiming += 1
            most = max(most, claiming)
        time.sleep(0.05)
        try:
            return claim(self, *given, **named)
        finally:
            with lock:
                claiming -= 1

    monkeypatch.setattr(Route, "claim", counted)
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)
        approve_plainly(store)
        people(store, READERS)
        app = app_on(store, provider=Noting(file=tmp_path / "calls", concurrency=6), rates=rates)
        plan(app, EDITION)
        send(app, EDITION)
        assert account(app, EDITION).accepted == READERS
    assert (most == 1) is alone
