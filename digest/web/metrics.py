"""`/metrics`: the state of editions, deliveries and the clock, read from the ledger when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from digest.model.alarm import AlarmLevel
from digest.model.chore import Chore
from digest.model.delivery import Account, ChunkState, Mailing, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.health import SourceHealth
from digest.model.job import Queue
from digest.model.run import Phase, Run, RunState
from digest.model.throttle import CallResult
from digest.ports import App, Tx
from digest.web.health import Clockwork
from digest.web.kept import Kept
from digest.workflow.clock.turns import known_chores

RECENT_EDITIONS = 14
"""Editions that are counted by status; older ones do not change any more."""
FAILED_DAYS = 7
"""Runs dated within so many days are counted where they stand as failed."""
FRESH = timedelta(seconds=10)
"""Reading the ledger of a million readers takes a while: askers within this time share one reading."""
WAVE_STATES = ("sent", "due", "ahead", "held", "unsent")
REST = 20
"""How many times as long as counting a mailing took nobody counts it again: ten million deliveries take seconds, and
whoever scrapes all day costs a twentieth of a processor."""
KEPT_ACCOUNTS = 100
"""Mailings whose count is kept: one of each newsletter is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the database said at one instant."""

    editions: Mapping[tuple[str, str], int]
    """Editions by (newsletter, status)."""
    accounts: Mapping[str, Account]
    """The account of the newest mailing of each newsletter."""
    alarms: Mapping[AlarmLevel, int]
    """Alarms that stand."""
    runs: tuple[Run, ...]
    """The newest run of each newsletter's phases, and the newest that ended well; newest first."""
    failed: tuple[Run, ...]
    """Runs of late that stand as failed."""
    jobs: tuple[Queue, ...]
    """What waits for workers."""
    every: Mapping[str, int]
    """Seconds between two collections, by newsletter."""
    oldest_due: datetime | None
    """The hour of the readers who have waited longest for a mail that is due."""
    chores: tuple[Chore, ...]
    """What is done again and again, by name."""
    waves: Mapping[str, tuple[tuple[datetime, frozenset[ChunkState]], ...]]
    """The waves of the newest mailing of each newsletter, and how the calls of each stand."""
    sends: Mapping[tuple[str, CallResult], int]
    """Readers by provider and what became of them."""
    sources: Mapping[str, int]
    """Sources by how they are doing."""
    paused: bool


def metrics_page(app: App, clockwork: Clockwork | None) -> APIRouter:
    """`/metrics`, from a registry of its own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(app, clockwork))
    router = APIRouter()

    @router.api_route("/metrics", methods=["GET", "HEAD"])
    def metrics() -> Response:
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return router


class StateCollector(Collector):
    """Reads when asked, and not more often than every `FRESH`."""

    def __init__(self, app: App, clockwork: Clockwork | None) -> None:
        self._app = app
        self._clockwork = clockwork
        self._kept = Kept[Reading](1, fresh=FRESH)
        self._accounts = Kept[Account](KEPT_ACCOUNTS, rest=REST)

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every metric, as it stands."""
        now = self._app.clock()
        reading = self._kept.get("reading", self._read, now=now)
        yield _editions(reading)
        yield from _deliveries(reading)
        yield _sends(reading)
        yield _waves(reading, now)
        yield from _phases(reading)
        yield from _chores(reading)
        yield from _troubles(reading, now)
        if self._clockwork is not None:
            yield from _clock(self._clockwork, now)

    def _read(self) -> Reading:
        now = self._app.clock()
        paused = bool(self._app.paused())
        with self._app.read() as tx:
            newest = _newest(tx)
            accounts = {
                slug: self._accounts.get(mailing.id, partial(tx.ledger.account, mailing.id), now=now)
                for slug, mailing in newest.items()
            }
            return Reading(
                editions=_by_status(tx),
                accounts=accounts,
                alarms=Counter(alarm.trouble.level for alarm in tx.alarms.standing()),
                runs=tx.runs.newest(self._app.newsletters),
                failed=tx.runs.failed((now - timedelta(days=FAILED_DAYS)).date()),
                jobs=tx.jobs.queues(),
                every={slug: 60 * one.schedule.collect_minutes for slug, one in self._app.newsletters.items()},
                oldest_due=_oldest_due(tx, now),
                chores=known_chores(self._app, tx),
                waves={slug: tx.ledger.waves_open(mailing.id) for slug, mailing in newest.items()},
                sends=tx.throttles.counted(),
                sources=_sources(tx.sources.health(self._app.sources).values()),
                paused=paused,
            )


def _by_status(tx: Tx) -> Mapping[tuple[str, str], int]:
    return Counter((edition.id.newsletter, edition.status.value) for edition in tx.editions.recent(RECENT_EDITIONS))


def _newest(tx: Tx) -> Mapping[str, Mailing]:
    """The newest mailing of every newsletter, corrections aside."""
    newest: dict[str, Mailing] = {}
    for mailing in tx.ledger.mailings(*MailingState):  # oldest first
        if not mailing.correction:
            newest[EditionId.parse(mailing.edition).newsletter] = mailing
    return newest


def _oldest_due(tx: Tx, now: datetime) -> datetime | None:
    going = tx.ledger.mailings(MailingState.PLANNED, MailingState.SENDING)
    since = (tx.ledger.waiting_since(mailing.id, now=now) for mailing in going)
    return min((at for at in since if at is not None), default=None)


def _sources(health: Iterable[SourceHealth]) -> Mapping[str, int]:
    states = Counter("failing" if one.failures else "silent" if one.silent_for else "ok" for one in health)
    return {state: states[state] for state in ("ok", "failing", "silent")}


def _phases(reading: Reading) -> Iterable[Metric]:
    """How long the newest run of each phase took, and when one ended well for the last time."""
    took = GaugeMetricFamily(
        "digest_phase_seconds", "How long the newest run of a phase took.", labels=("newsletter", "phase")
    )
    well = GaugeMetricFamily(
        "digest_phase_done_timestamp_seconds",
        "When a phase ended well for the last time, seconds since 1970.",
        labels=("newsletter", "phase"),
    )
    failed = GaugeMetricFamily(
        "digest_phases_failed",
        f"Runs of the last {FAILED_DAYS} days that stand as failed.",
        labels=("newsletter", "phase"),
    )
    every = GaugeMetricFamily(
        "digest_phase_every_seconds", "How often a phase that has no hour comes.", labels=("newsletter", "phase")
    )
    for slug, seconds in sorted(reading.every.items()):
        every.add_metric((slug, Phase.COLLECT.value), seconds)
    newest: dict[tuple[str, str], Run] = {}
    done: dict[tuple[str, str], Run] = {}
    wrong = Counter((run.key.newsletter, run.key.phase.value) for run in reading.failed)
    for run in reading.runs:  # newest first
        key = (run.key.newsletter, run.key.phase.value)
        newest.setdefault(key, run)
        if run.state is RunState.DONE:
            done.setdefault(key, run)
    for key, run in sorted(newest.items()):
        failed.add_metric(key, wrong[key])
        if run.finished_at is not None:
            took.add_metric(key, (run.finished_at - run.started_at).total_seconds())
        if key in done and (finished := done[key].finished_at) is not None:
            well.add_metric(key, finished.timestamp())
    return took, well, failed, every


def _chores(reading: Reading) -> Iterable[Metric]:
    """The same of what comes by no newsletter: bounces, suppression lists, look-ups, retention, backups."""
    took = GaugeMetricFamily("digest_chore_seconds", "How long the newest turn of a chore took.", labels=("chore",))
    well = GaugeMetricFamily(
        "digest_chore_done_timestamp_seconds",
        "When the last turn of a chore began that ended well, seconds since 1970.",
        labels=("chore",),
    )
    failed = GaugeMetricFamily("digest_chore_failed", "1 where the last turn of a chore failed.", labels=("chore",))
    for one in reading.chores:
        failed.add_metric((one.name,), one.failed)
        if one.ended_at is not None:
            took.add_metric((one.name,), (one.ended_at - one.began_at).total_seconds())
        if one.good_at is not None:
            well.add_metric((one.name,), one.good_at.timestamp())
    return took, well, failed


def _sends(reading: Reading) -> Metric:
    metric = CounterMetricFamily(
        "digest_sends", "Readers in calls, by what became of them there.", labels=("provider", "result")
    )
    for provider in sorted({name for name, _ in reading.sends}):
        for result in CallResult:
            metric.add_metric((provider, result.value), reading.sends.get((provider, result), 0))
    return metric


def _waves(reading: Reading, now: datetime) -> Metric:
    metric = GaugeMetricFamily(
        "digest_waves",
        "Waves of the newest mailing: sent, under way, to come, held or in doubt, given up or refused.",
        labels=("newsletter", "state"),
    )
    for slug, waves in sorted(reading.waves.items()):
        states = Counter(_wave_state(at, calls, now) for at, calls in waves)
        for state in WAVE_STATES:
            metric.add_metric((slug, state), states[state])
    return metric


def _wave_state(due: datetime, calls: frozenset[ChunkState], now: datetime) -> str:
    """One of `WAVE_STATES`: while somebody waits that, then what a person should look at, then what became of it."""
    if calls & {ChunkState.READY, ChunkState.SENDING}:
        return "due" if due <= now else "ahead"
    if calls & {ChunkState.HELD, ChunkState.IN_DOUBT}:
        return "held"
    return "sent" if ChunkState.ACCEPTED in calls else "unsent"


def _troubles(reading: Reading, now: datetime) -> Iterable[Metric]:
    alarms = GaugeMetricFamily("digest_alarms", "Alarms that stand, by level.", labels=("level",))
    for level in AlarmLevel:
        alarms.add_metric((level.value,), reading.alarms.get(level, 0))
    sources = GaugeMetricFamily("digest_sources", "Sources by how they are doing.", labels=("state",))
    for state, count in reading.sources.items():
        sources.add_metric((state,), count)
    queue = GaugeMetricFamily("digest_queue_oldest_seconds", "How long the readers wait who wait longest; 0 = nobody.")
    late = (now - reading.oldest_due).total_seconds() if reading.oldest_due is not None else 0.0
    queue.add_metric((), max(0.0, late))
    paused = GaugeMetricFamily("digest_paused", "1 where this installation sends nothing: a copy, a restored backup.")
    paused.add_metric((), reading.paused)
    waiting = GaugeMetricFamily("digest_jobs_waiting", "Jobs that wait for a worker.", labels=("queue",))
    oldest = GaugeMetricFamily(
        "digest_jobs_oldest_seconds", "How long the job waits that waits longest.", labels=("queue",)
    )
    for one in reading.jobs:
        waiting.add_metric((one.name,), one.waiting)
        oldest.add_metric((one.name,), one.oldest_waiting.total_seconds() if one.oldest_waiting else 0.0)
    return alarms, sources, queue, paused, waiting, oldest


def _editions(reading: Reading) -> Metric:
    metric = GaugeMetricFamily(
        "digest_editions",
        f"Editions by status, of the newest {RECENT_EDITIONS}.",
        labels=("newsletter", "status"),
    )
    for slug in sorted({slug for slug, _ in reading.editions}):
        for status in EditionStatus:
            metric.add_metric((slug, status.value), reading.editions.get((slug, status.value), 0))
    return metric


def _deliveries(reading: Reading) -> Iterable[Metric]:
    places = GaugeMetricFamily(
        "digest_deliveries",
        "Readers of the newest mailing by the place where their delivery stands; the places add up to `planned`.",
        labels=("newsletter", "place"),
    )
    planned = GaugeMetricFamily("digest_deliveries_planned", "Readers of the newest mailing.", labels=("newsletter",))
    adds_up = GaugeMetricFamily(
        "digest_account_adds_up", "1 where everybody planned is accounted for, 0 is a defect.", labels=("newsletter",)
    )
    for slug, account in sorted(reading.accounts.items()):
        for place, count in _places(account).items():
            places.add_metric((slug, place), count)
        planned.add_metric((slug,), account.planned)
        adds_up.add_metric((slug,), account.adds_up)
    return places, planned, adds_up


def _places(account: Account) -> Mapping[str, int]:
    return {
        "ready": account.ready,
        "sending": account.sending,
        "accepted": account.accepted,
        "delivered": account.delivered,
        "bounced": account.bounced,
        "complained": account.complained,
        "rejected": account.rejected,
        "skipped": sum(account.skipped.values()),
        "in_doubt": account.in_doubt,
        "held": account.held,
        "unconfirmed": account.unconfirmed,
        "lost": account.lost,
    }


def _clock(clockwork: Clockwork, now: datetime) -> Iterable[Metric]:
    alive = GaugeMetricFamily("digest_scheduler_alive", "1 while the scheduler of this process runs.")
    alive.add_metric((), clockwork.alive)
    yield alive
    sweeps = CounterMetricFamily("digest_sweeps", "Sweeps of this process, by how they ended.", labels=("result",))
    sweeps.add_metric(("done",), clockwork.sweeps)
    sweeps.add_metric(("failed",), clockwork.failures)
    yield sweeps
    age = GaugeMetricFamily(
        "digest_sweep_age_seconds", "Seconds since the last sweep that ended well, or since the start before the first."
    )
    age.add_metric((), (now - (clockwork.swept_at or clockwork.since)).total_seconds())
    yield age
