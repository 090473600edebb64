"""`/metrics`: the state of editions, deliveries and the clock, read from the ledger when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from digest.model.delivery import Account, Mailing, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.ports import App, Tx
from digest.web.health import Clockwork
from digest.web.kept import Kept

RECENT_EDITIONS = 14
"""Editions that are counted by status; older ones do not change any more."""
FRESH = timedelta(seconds=10)
"""Reading the ledger of a million readers takes a while: askers within this time share one reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the database said at one instant."""

    editions: Mapping[tuple[str, str], int]
    """Editions by (newsletter, status)."""
    accounts: Mapping[str, Account]
    """The account of the newest mailing of each newsletter."""


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

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every metric, as it stands."""
        now = self._app.clock()
        reading = self._kept.get("reading", self._read, now=now)
        yield _editions(reading)
        yield from _deliveries(reading)
        if self._clockwork is not None:
            yield from _clock(self._clockwork, now)

    def _read(self) -> Reading:
        with self._app.read() as tx:
            return Reading(editions=_by_status(tx), accounts=_newest_accounts(tx))


def _by_status(tx: Tx) -> Mapping[tuple[str, str], int]:
    return Counter((edition.id.newsletter, edition.status.value) for edition in tx.editions.recent(RECENT_EDITIONS))


def _newest_accounts(tx: Tx) -> Mapping[str, Account]:
    newest: dict[str, Mailing] = {}
    for mailing in tx.ledger.mailings(*MailingState):  # oldest first
        newest[EditionId.parse(mailing.edition).newsletter] = mailing
    return {slug: tx.ledger.account(mailing.id) for slug, mailing in newest.items()}


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
    if clockwork.swept_at is not None:
        age = GaugeMetricFamily("digest_sweep_age_seconds", "Seconds since the last sweep that ended well.")
        age.add_metric((), (now - clockwork.swept_at).total_seconds())
        yield age
