"""The loop of a worker: Procrastinate fetches jobs and runs each in a thread, until somebody says stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from procrastinate import App as Engine
from procrastinate import JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from digest.jobs.queue import TASK, job_of
from digest.model.job import Job, JobKind

Perform = Callable[[Job], None]
"""Does one job, in a thread. An error marks it failed."""
LANES = (
    ((JobKind.DRAIN,), 0),
    ((JobKind.COLLECT, JobKind.COMPOSE, JobKind.REMIND, JobKind.APPROVE, JobKind.SEND, JobKind.APPROVED,
      JobKind.CHORE), 2),
    ((JobKind.POSTS, JobKind.LETTERS), 2),
)  # fmt: skip
"""Which kinds share how many places (0 = as many as configured): an hour of sending keeps no letter waiting. Together
they are the kinds that this version knows; jobs of others are left for those who know them."""
GLANCE = 0.1
"""Seconds between two looks whether it is to stop or to rest."""
AGAIN_SECONDS = 2.0
"""After the queue was out of reach, or had forgotten this worker, it is asked again."""

# Statements are not prepared: behind a pooler the next one may run on another connection. A server that says nothing
# any more is given up after 25 seconds.
_CONNECTION = {
    "prepare_threshold": None, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}  # fmt: skip
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a worker works."""

    url: str
    """A SQLAlchemy address of PostgreSQL."""
    at_once: int = 4
    """Mailings, or parts of one, that are sent at the same time."""
    listen: bool = True
    """Be woken by the database; a pooler that gives each transaction another connection cannot do that."""
    poll_seconds: float = 5.0
    """How often it looks by itself."""
    silent_seconds: float = 30.0
    """After so long without a sign of life its jobs are given to others; it gives one three times as often."""


def run(
    running: Running,
    perform: Perform,
    *,
    stopping: Callable[[], bool],
    grace: float,
    resting: Callable[[], bool] = lambda: False,
) -> bool:
    """Work until `stopping` says so, but not while `resting` does. False where a job still runs `grace` seconds after.

    A rest begins with what is in hand: that is finished, and nothing new is fetched.
    """
    return asyncio.run(_run(running, perform, stopping, resting, grace))


async def _run(
    running: Running, perform: Perform, stopping: Callable[[], bool], resting: Callable[[], bool], grace: float
) -> bool:
    asyncio.get_running_loop().set_exception_handler(_unheard)
    while True:
        while resting() and not stopping():
            await asyncio.sleep(GLANCE)
        working = asyncio.create_task(_work(running, perform))
        while not (stopping() or resting() or working.done()):
            await asyncio.sleep(GLANCE)
        if not working.done():
            # What is in hand is finished; nothing new is fetched.
            working.cancel()
            while not (stopping() or working.done()):
                await asyncio.sleep(GLANCE)
        if stopping():
            break
        # Procrastinate stops a worker whose row is gone (it was taken for dead) or whose connection broke.
        error = None if working.cancelled() else working.exception()
        if error is not None and not _is_passing(error):
            raise error
        if not resting():
            _log.warning("the queue is out of reach (%s); again in %s s", _name(error), AGAIN_SECONDS)
            await asyncio.sleep(AGAIN_SECONDS)
    done, _ = await asyncio.wait([working], timeout=grace)
    for task in done:
        error = None if task.cancelled() else task.exception()
        if error is not None and not _is_passing(error):
            raise error
    return bool(done)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An error of a task that nobody waits for: Procrastinate notes in one what became of a job."""
    error = context.get("exception")
    if isinstance(error, BaseException) and _is_passing(error):
        # No harm: it was taken for dead and the job is another's, or the queue is asked again. The ledgers know more.
        _log.warning("what became of a job was not noted (%s): another worker has it by now", _name(error))
    else:
        loop.default_exception_handler(context)


def _is_passing(error: BaseException) -> bool:
    """The queue, the database or the network: it is asked again."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_passing(one) for one in error.exceptions)
    return isinstance(error, (ProcrastinateException, psycopg.Error, OSError, asyncio.CancelledError))


def _name(error: BaseException | None) -> str:
    inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
    return type(inner).__name__


async def _work(running: Running, perform: Perform) -> None:
    engine = _engine(running, perform)
    async with engine.open_async(), asyncio.TaskGroup() as lanes:
        for kinds, places in LANES:
            lanes.create_task(_lane(engine, running, [kind.value for kind in kinds], places or running.at_once))


async def _lane(engine: Engine, running: Running, queues: list[str], places: int) -> None:
    await engine.run_worker_async(
        queues=queues,
        concurrency=places,
        listen_notify=running.listen,
        fetch_job_polling_interval=running.poll_seconds,
        # What was done is in the ledgers; only what failed is worth a look.
        delete_jobs="successful",
        install_signal_handlers=False,
        update_heartbeat_interval=running.silent_seconds / 3,
        stalled_worker_timeout=running.silent_seconds,
    )
    # It ends by itself only where something of it failed; its siblings then begin anew with it.
    raise ConnectorException


def _engine(running: Running, perform: Perform) -> Engine:
    address = make_url(running.url)
    # Not the address as a text: SQLAlchemy writes a space in it as a plus, which PostgreSQL's library takes for one.
    parts = address.translate_connect_args(username="user", database="dbname")
    conninfo = make_conninfo(**{**parts, **{name: str(value) for name, value in address.query.items()}})
    connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=len(LANES) + 4, kwargs=_CONNECTION)
    engine = Engine(connector=connector)

    @engine.task(name=TASK, pass_context=True)
    def do(context: JobContext, about: str, place: int) -> None:
        job = job_of(context.job.queue, {"about": about, "place": place})
        if job is None:
            raise ValueError(f"a job of the queue {context.job.queue} is not one of ours")
        perform(job)

    return engine
