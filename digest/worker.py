"""A worker: takes jobs from the engine's queue and does them, until it is asked to stop.

Any number may run, on any number of machines. What each did is in the ledgers, not in the queue.
"""

from __future__ import annotations

import threading
from datetime import datetime

import structlog

from digest import __version__
from digest.jobs.runner import Running, run
from digest.model.errors import ConfigError, DigestError
from digest.model.job import Job, Process, ProcessKind
from digest.ports import App
from digest.settings import Settings
from digest.workflow.belief import look_at_clock
from digest.workflow.clock.jobs import GIVEN_BACK, perform
from digest.workflow.clock.stopping import stoppable

GRACE_SECONDS = 20.0
"""How long what is in hand may take after a stop was asked for; supervisors kill after 25 or more."""
_log = structlog.stdlib.get_logger("digest.worker")


def running(settings: Settings) -> Running:
    """How a worker of this configuration works. Raises ConfigError where there is no engine."""
    if settings.engine == "none":
        raise ConfigError("engine is none: the scheduler does the work itself; set engine: procrastinate for workers")
    return Running(
        url=settings.storage.url,
        at_once=settings.workers.mailings,
        listen=settings.workers.listen,
        poll_seconds=settings.workers.poll_seconds,
        silent_seconds=settings.workers.silent_seconds,
    )


class Worker:
    """One process of workers. `run` returns after `stop_soon`."""

    def __init__(self, app: App, how: Running) -> None:
        self._stopping = threading.Event()
        self._app = stoppable(app, self._stopping)
        self._how = how
        self._doubts = threading.Event()
        self._lock = threading.Lock()
        self._in_hand: dict[Job, int] = {}
        self._since: datetime = app.clock()

    def stop_soon(self) -> None:
        """Begin nothing new. What is in hand is finished and recorded, and the rest put back for the others."""
        self._stopping.set()
        self._app.hurry()

    def run(self) -> bool:
        """Work until somebody says stop. False where something still ran when its grace was over."""
        signs = threading.Thread(target=self._give_signs, name="signs", daemon=True)
        signs.start()
        _log.info("worker.started", owner=self._app.owner, version=__version__, drains=self._how.at_once)
        try:
            ended = run(
                self._how,
                self._perform,
                stopping=self._stopping.is_set,
                resting=self._doubts.is_set,
                grace=GRACE_SECONDS,
            )
        finally:
            self._stopping.set()
            signs.join()
            self._leave()
        if not ended:
            _log.warning("worker.still_busy", seconds=GRACE_SECONDS, next="the ledger keeps what is not done yet")
        _log.info("worker.stopped", owner=self._app.owner)
        return ended

    def _perform(self, job: Job) -> None:
        with self._lock:
            self._in_hand[job] = self._in_hand.get(job, 0) + 1
        try:
            said = perform(self._app, job)
        except DigestError as error:
            _log.error("job.failed", job=str(job), error=str(error))
            raise
        except Exception as error:
            _log.error("job.failed", job=str(job), error=type(error).__name__, exc_info=error)
            raise
        finally:
            with self._lock:
                self._in_hand[job] -= 1
                if not self._in_hand[job]:
                    del self._in_hand[job]
        if said == GIVEN_BACK:
            # At once: the next job would be taken and given back as well.
            self._doubts.set()
        _log.info("job.done", job=str(job), said=said)

    def _give_signs(self) -> None:
        """Say that it lives, and give the jobs of those who do not to others.

        A thread and no job: a rescue that waits in the queue would be stuck with it. The scheduler does the same.
        """
        while True:
            try:
                with self._app.begin() as tx:
                    tx.processes.seen(self._process())
                    rescued = tx.jobs.rescue(self._app.silent)
                for job in rescued:
                    _log.warning("job.rescued", job=str(job), why="its worker gives no sign of life")
                self._look_at_clock()
            except DigestError as error:
                _log.warning("worker.no_sign", error=str(error))
            if self._stopping.wait(self._how.silent_seconds / 3):
                return

    def _look_at_clock(self) -> None:
        """While its clock is not believed it takes no jobs: they wait for another, or for the scheduler."""
        before = self._doubts.is_set()
        why = look_at_clock(self._app, before=before)
        if why and not before:
            _log.error("worker.clock_wrong", why=why, next="set the clock (NTP), and it goes on by itself")
        if why:
            self._doubts.set()
        elif before:
            self._doubts.clear()
            _log.info("worker.clock_right")

    def _process(self) -> Process:
        idle = "takes no jobs: its clock is not believed" if self._doubts.is_set() else "waits"
        with self._lock:
            note = ", ".join(str(job) for job in sorted(self._in_hand)) or idle
        return Process(
            owner=self._app.owner,
            kind=ProcessKind.WORKER,
            version=__version__,
            since=self._since,
            seen_at=self._app.clock(),
            note=note,
        )

    def _leave(self) -> None:
        try:
            with self._app.begin() as tx:
                tx.processes.left(self._app.owner)
        except DigestError as error:
            _log.warning("worker.no_farewell", error=str(error))
