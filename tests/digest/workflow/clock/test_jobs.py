"""What the clock asks workers for, and what becomes of it: without a queue of anybody's, with one that remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from digest.model.delivery import MailingState
from digest.model.job import Job, JobKind, Queue
from digest.model.run import Phase
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.jobs import offer, perform
from digest.workflow.send.plan import plan
from tests.builders import EDITION, approve_plainly, people
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import ScriptedProvider


class Remembered:
    """The port `Jobs` in memory: what was put, in order. It stands for the engine, which has tests of its own."""

    def __init__(self) -> None:
        self.waiting: list[Job] = []
        self.age: timedelta | None = None

    def __call__(self, _conn: Connection) -> Remembered:
        return self

    def put(self, *jobs: Job) -> int:
        new = [job for job in jobs if job not in self.waiting]
        self.waiting += new
        return len(new)

    def standing(self) -> frozenset[Job]:
        return frozenset(self.waiting)

    def rescue(self, silent: timedelta) -> tuple[Job, ...]:
        return ()

    def forget(self, older: timedelta) -> int:
        return 0

    def queues(self) -> tuple[Queue, ...]:
        return (Queue(name="posts", waiting=1, oldest_waiting=self.age),) if self.age else ()

    def take(self) -> Job:
        return self.waiting.pop(0)


@pytest.fixture
def queue() -> Remembered:
    return Remembered()


def at_work(store: Store, queue: Remembered, **changes: object) -> App:
    """The newsroom of the sweep's tests, with an engine."""
    store = Store(store.engine, jobs=queue)
    return replace(newsroom(store, **changes), begin=store.begin, read=store.read, drains=2)  # type: ignore[arg-type]


def work(app: App, queue: Remembered) -> list[str]:
    """Do all jobs there are, as one worker would. Returns their kinds, in order."""
    done = []
    while queue.waiting:
        job = queue.take()
        perform(app, job)
        done.append(job.kind.value)
    return done


def test_a_day_by_jobs_is_the_day_by_the_sweep(store: Store, queue: Remembered) -> None:
    provider = ScriptedProvider()
    app = at_work(store, queue, provider=provider)
    people(store, 25)
    found = offer(app)
    assert [job.kind for job in found.put][:2] == [JobKind.POSTS, JobKind.LETTERS]
    done = work(app, queue)
    # Each phase puts the next one; the plan puts the jobs that send it.
    phases = [kind for kind in done if kind in set(Phase)]
    assert (phases[0], phases[-3:]) == ("collect", ["compose", "approve", "send"])
    assert done.count("drain") == 2
    assert sorted(provider.taken) == sorted(f"reader{n}@example.test" for n in range(1, 26))
    offer(app)
    work(app, queue)
    assert len(provider.taken) == 25


def test_what_stands_is_not_put_again_and_what_is_lost_is(store: Store, queue: Remembered) -> None:
    app = at_work(store, queue)
    first = offer(app).put
    assert first
    assert offer(app).put == ()
    queue.waiting.clear()
    assert offer(app).put == first


def test_the_jobs_of_a_mailing_are_put_with_its_plan(store: Store, queue: Remembered) -> None:
    app = at_work(store, queue)
    people(store, 5)
    approve_plainly(store)
    mailing = plan(app, EDITION)
    assert queue.waiting == [Job(kind=JobKind.DRAIN, about=str(mailing.id), place=place) for place in (0, 1)]


def test_what_a_stop_cuts_short_is_put_back(store: Store, queue: Remembered) -> None:
    app = at_work(store, queue)
    people(store, 5)
    approve_plainly(store)
    plan(app, EDITION)
    job = queue.take()
    perform(replace(app, stopping=lambda: True), job)
    assert job in queue.waiting
    perform(app, job)
    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
    assert mailing is not None
    assert mailing.state in (MailingState.CLOSED, MailingState.SENDING)


@pytest.mark.parametrize(
    "job",
    [
        Job(kind=JobKind.DRAIN, about="4711"),
        Job(kind=JobKind.CHORE, about="nothing/of-ours"),
        Job(kind=JobKind.COMPOSE, about="elsewhere/2026-11-23/compose"),
    ],
)
def test_a_job_about_nothing_here_does_nothing(store: Store, queue: Remembered, job: Job) -> None:
    assert perform(at_work(store, queue), job).startswith("nothing")


def test_a_paused_installation_offers_and_does_nothing_that_sends(store: Store, queue: Remembered) -> None:
    app = replace(at_work(store, queue), paused=lambda: "a copy")
    kinds = {job.kind for job in offer(app).put}
    assert kinds <= {JobKind.POSTS, JobKind.LETTERS, JobKind.COLLECT}
    assert perform(app, Job(kind=JobKind.DRAIN, about="1")) == "nothing: this installation is paused"


def test_a_queue_that_nobody_works_at_is_said(store: Store, queue: Remembered) -> None:
    app = at_work(store, queue)
    queue.age = timedelta(minutes=2)
    assert offer(app).deserted == ""
    queue.age = timedelta(minutes=4)
    assert "240 s" in offer(app).deserted


def test_the_jobs_of_a_sending_that_were_lost_are_put_again(store: Store, queue: Remembered) -> None:
    app = at_work(store, queue)
    people(store, 3)
    approve_plainly(store)
    plan(app, EDITION)
    queue.waiting.clear()
    assert [job.kind for job in offer(app).put].count(JobKind.DRAIN) == 2
    assert not [job for job in offer(replace(app, newsletters={})).put if job.kind is JobKind.DRAIN]
