"""The clock: APScheduler's triggers and a sweep every minute. Each job only asks what is due.

A trigger is a good moment to look, never the reason to act: what happens, and that it happens once, is the run
ledger's word (`workflow.due`). So a trigger that fires twice in an autumn night, late or not at all does no harm.
With an engine it does nothing itself: it puts jobs (`workflow.jobs`), one scheduler acts and the others stand by.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from types import FrameType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from digest import __version__
from digest.aside import aside
from digest.failures import Failures
from digest.logs import configure_logs
from digest.model.errors import DigestError, StorageFailed
from digest.model.job import Process, ProcessKind
from digest.model.newsletter import Newsletter
from digest.model.run import REMINDER, Phase
from digest.ports import App
from digest.settings import Settings
from digest.wiring import GRACE_SECONDS, errors_told, open_app
from digest.workflow.belief import doubted
from digest.workflow.clock.alarms import watch
from digest.workflow.clock.due import Swept, sweep
from digest.workflow.clock.housework import Housework, do_housework
from digest.workflow.clock.jobs import offer
from digest.workflow.clock.spoken import say_swept, say_watched
from digest.workflow.clock.stopping import stoppable
from digest.workflow.clock.webhooks import Told, tell
from digest.workflow.readers.imports import carry_imports
from digest.workflow.readers.letters import Posted

SWEEP_EVERY = 60
"""Seconds between two looks at what is due."""
IMPORTS_EVERY = 10
"""Seconds between two looks whether an import of readers waits: somebody watches its bar."""
TELL_EVERY = 15
"""Seconds between two turns of the webhooks."""
TURN_SECONDS = 20.0
"""How long a job waits for the sweep in hand. Then it goes ahead beside it: one long sending holds up no other
newsletter."""

LEASE = "clock"
LEASE_TIME = timedelta(seconds=150)
"""Two sweeps and a half: so long after its last one a scheduler that is cut off is replaced."""

_log = structlog.stdlib.get_logger("digest.scheduler")
T = TypeVar("T")


class Scheduler:
    """A BackgroundScheduler in this process, with its jobs in memory. Several processes may each run one."""

    def __init__(self, app: App) -> None:
        self._stopping = threading.Event()
        self._app = stoppable(app, self._stopping)
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._running = 0
        self._at_housework = 0
        self._sweeps = 0
        self._failures = Failures(self._app)
        self._swept_at: datetime | None = None
        self._paused = ""
        self._acting: bool | None = None
        self._since = app.clock()
        self._scheduler = self._build()

    @property
    def alive(self) -> bool:
        """True while its thread runs."""
        thread = getattr(self._scheduler, "_thread", None)
        return bool(self._scheduler.running) and thread is not None and thread.is_alive()

    @property
    def swept_at(self) -> datetime | None:
        """When the last sweep ended well, None before the first."""
        return self._swept_at

    @property
    def failing_since(self) -> datetime | None:
        """When the first sweep failed after the last that ended well, None where that one was good."""
        return self._failures.since

    @property
    def since(self) -> datetime:
        """When this scheduler was made."""
        return self._since

    @property
    def sweeps(self) -> int:
        """Sweeps that ended well."""
        return self._sweeps

    @property
    def failures(self) -> int:
        """Sweeps that did not; each is in the log."""
        return self._failures.count

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names of the jobs, such as `world/send`, sorted."""
        return tuple(sorted(job.id for job in self._scheduler.get_jobs()))

    def start(self) -> None:
        """Begin, with a first sweep at once: it heals what was missed while no process ran."""
        self._scheduler.start()

    def stop_soon(self) -> None:
        """Begin nothing new from now on. Returns at once, and may be called from a signal handler."""
        self._stopping.set()
        self._app.hurry()

    def stop(self, *, within: float) -> bool:
        """Stop, and wait up to `within` seconds for what is in hand. False where something still runs."""
        self.stop_soon()
        with self._idle:
            self._idle.notify_all()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        until = time.monotonic() + within
        with self._idle:
            while (self._running or self._at_housework) and (left := until - time.monotonic()) > 0:
                self._idle.wait(left)
            ended = not self._running and not self._at_housework
        self._leave()
        if not ended:
            _log.warning("scheduler.still_busy", seconds=within, next="the ledger keeps what is not done yet")
        return ended

    def sweep_now(self) -> Swept | None:
        """What every job does. A failure is logged and counted, and the next sweep tries again."""
        with self._idle:
            # Two triggers of one second do the same work: the second waits, and finds it done.
            self._idle.wait_for(lambda: not self._running or self._stopping.is_set(), timeout=TURN_SECONDS)
            if self._stopping.is_set():
                return None
            self._running += 1
        try:
            return self._sweep_and_tell()
        finally:
            # After its last line in the log: whoever stops the clock waits for that, too.
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _sweep_and_tell(self) -> Swept | None:
        try:
            if not self._acts():
                return None
            swept = self._sweep_and_watch()
        except Exception as error:  # noqa: BLE001 - a defect in one sweep must not end the clock
            self._failures.of_sweep(error)
            return None
        with self._lock:
            self._sweeps += 1
            self._swept_at = self._app.clock()
            # Why the clock is doubted names the minute: it is the same news in the next one.
            why = "doubted" if swept.doubted else swept.paused
            news, self._paused = why != self._paused, why
        self._failures.over(whole=not swept.broken)
        if news and swept.paused:
            # Once, not every minute.
            _log.error("installation.paused", reason=swept.paused, next="digest db adopt, if no other copy sends")
        if news and swept.doubted:
            _log.error("clock.doubted", reason=swept.doubted, next="set the machine's clock (NTP)")
        say_swept(swept, stopping=self._stopping.is_set())
        for one in swept.broken:
            self._failures.note("sweep.part_failed", one.error, part=one.what)
        return swept

    def _sweep_and_watch(self) -> Swept:
        """A sweep, and then a look at what stands wrong: also where the sweep failed, unless it is the database."""
        try:
            swept = self._ask() if self._app.drains else sweep(self._app)
        except StorageFailed:
            raise
        except Exception:
            self._watch(well=False)
            raise
        self._watch()
        return swept

    def _watch(self, *, well: bool = True) -> None:
        found = watch(self._app, well=well)
        say_watched(found)

    def _acts(self) -> bool:
        """True where this scheduler acts: with an engine one of them does, and the others stand by.

        One that does not believe its own clock holds no other back: it gives up the lead, and writes nothing by it.
        """
        if not self._app.drains:
            return True
        if doubted(self._app):
            with self._app.begin() as tx:
                tx.processes.release(LEASE, owner=self._app.owner)
            self._acting = None
            return True
        now = self._app.clock()
        with self._app.begin() as tx:
            acts = tx.processes.lead(
                LEASE, owner=self._app.owner, now=now, until=now + LEASE_TIME, is_gone=self._app.is_gone
            )
            tx.processes.seen(
                Process(
                    owner=self._app.owner,
                    kind=ProcessKind.SCHEDULER,
                    version=__version__,
                    since=self._since,
                    seen_at=now,
                    note="acts" if acts else "stands by",
                )
            )
        with self._lock:
            news, self._acting = acts != self._acting, acts
            if not acts:
                self._sweeps += 1
                self._swept_at = now
        if not acts:
            self._failures.stood_by()
        if news:
            _log.info("scheduler.acts" if acts else "scheduler.stands_by", owner=self._app.owner)
        return acts

    def _ask(self) -> Swept:
        """Put jobs for what is due; what nobody comes for is done here, by the way that needs no queue."""
        offered = offer(self._app)
        for job in offered.put:
            _log.debug("job.put", job=str(job))
        for job in offered.rescued:
            _log.warning("job.rescued", job=str(job), why="its worker gives no sign of life")
        if offered.deserted and not self._stopping.is_set():
            _log.error("queue.deserted", why=offered.deserted, next="digest status; start workers")
            do_housework(self._app)
            return sweep(self._app)
        return Swept(ran=(), sent=(), paused=offered.paused, doubted=offered.doubted)

    def _leave(self) -> None:
        """Give back what this scheduler held, so that another one acts at once."""
        if not self._app.drains:
            return
        try:
            with self._app.begin() as tx:
                tx.processes.left(self._app.owner)
        except DigestError as error:
            _log.warning("scheduler.no_farewell", error=str(error))

    def housework_now(self) -> Housework | None:
        """Letters, forgetting, the archive's index: beside the sweeps, for a reader waits for a letter."""
        # With an engine this is a job of the workers.
        done = None if self._app.drains else self._beside("housework.failed", do_housework)
        if done is not None and done.letters != Posted():
            _log.info("letters", **{name: getattr(done.letters, name) for name in Posted.__slots__})
        return done

    def imports_now(self) -> int:
        """Imports of readers that wait, beside all else: one may take minutes. Returns how many were in hand."""
        carried = self._beside("imports.failed", carry_imports) or ()
        for one in carried:
            _log.info("import.turn", job=one.id, state=one.state, rows=one.rows_done)
        return len(carried)

    def webhooks_now(self) -> Told | None:
        """Tell those who want to be told: beside the sweeps and the housework, for they may be slow."""
        told = self._beside("webhooks.failed", tell)
        if told is not None and (told.sent or told.failed):
            _log.info("webhooks", **{name: getattr(told, name) for name in Told.__slots__})
        return told

    def _beside(self, failed: str, turn: Callable[[App], T]) -> T | None:
        """One turn of something beside the sweeps; a stop waits for it. None where it failed, or none may begin."""
        with self._idle:
            if self._stopping.is_set():
                return None
            self._at_housework += 1
        try:
            return turn(self._app)
        except Exception as error:  # noqa: BLE001 - a defect in one turn must not end the clock
            self._failures.beside(failed, error)
            return None
        finally:
            with self._idle:
                self._at_housework -= 1
                self._idle.notify_all()

    def _build(self) -> Any:
        newsletters = tuple(self._app.newsletters.values())
        scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            # A thread for each job: while one newsletter is being sent for an hour, the others keep their hours.
            executors={"default": ThreadPoolExecutor(len(newsletters) * (len(Phase) + 1) + 4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone=UTC,
            daemon=True,
        )
        # First: one that waited while no clock ran is in hand before the first sweep looks what waits too long.
        scheduler.add_job(
            self.imports_now, IntervalTrigger(seconds=IMPORTS_EVERY, timezone=UTC), id="imports", next_run_time=_now()
        )
        # The thread looks every minute anyhow, so that a machine that slept does not oversleep a trigger.
        scheduler.add_job(
            self.sweep_now, IntervalTrigger(seconds=SWEEP_EVERY, timezone=UTC), id="sweep", next_run_time=_now()
        )
        scheduler.add_job(self.housework_now, IntervalTrigger(seconds=SWEEP_EVERY, timezone=UTC), id="housework")
        scheduler.add_job(self.webhooks_now, IntervalTrigger(seconds=TELL_EVERY, timezone=UTC), id="webhooks")
        for newsletter in newsletters:
            for name, trigger in triggers(newsletter):
                scheduler.add_job(self.sweep_now, trigger, id=name)
        return scheduler


def keep_time(settings: Settings) -> None:
    """`digest scheduler`: the clock alone, until SIGTERM or SIGINT; then what is in hand is finished.

    Raises DigestError where the app cannot be opened.
    """
    configure_logs()
    asked = threading.Event()
    with errors_told(settings), open_app(settings) as app:
        clockwork = Scheduler(replace(app, aside=aside(settings)))

        def stop(_signal: int, _frame: FrameType | None) -> None:
            clockwork.stop_soon()
            asked.set()

        before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            clockwork.start()
            _log.info("keeping.time", jobs=len(clockwork.jobs))
            asked.wait()
        finally:
            clockwork.stop(within=GRACE_SECONDS)
            for sign, handler in before.items():
                signal.signal(sign, handler)
            _log.info("stopped")


def _now() -> datetime:
    # For APScheduler only, which runs by the machine's clock; what is due is judged by the app's.
    return datetime.now(UTC)


def triggers(newsletter: Newsletter) -> Iterator[tuple[str, Any]]:
    """(name, trigger) of every phase of a newsletter, in its own zone. Days by name: numbers begin at Monday here."""
    schedule = newsletter.schedule
    yield (
        f"{newsletter.slug}/{Phase.COLLECT}",
        IntervalTrigger(minutes=schedule.collect_minutes, timezone=UTC),
    )
    phases: tuple[tuple[Phase, time_of_day], ...] = (
        (Phase.COMPOSE, schedule.compose_at),
        (Phase.APPROVE, schedule.approve_at),
        (Phase.SEND, schedule.send_at),
    )
    hours = [(phase.value, at) for phase, at in phases]
    if schedule.remind_at is not None:
        hours.append((REMINDER, schedule.remind_at))
    for name, at in hours:
        yield (
            f"{newsletter.slug}/{name}",
            CronTrigger(
                day_of_week=",".join(schedule.days),
                hour=at.hour,
                minute=at.minute,
                second=at.second,
                timezone=ZoneInfo(newsletter.zone),
            ),
        )
