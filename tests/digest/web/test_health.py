"""Live, ready and metrics, as a monitor sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from digest.model.delivery import ChunkState, PlannedGroup
from digest.model.edition import EditionStatus
from digest.model.run import Phase, RunKey, RunState
from digest.model.throttle import CallResult
from digest.store.tables import chunks
from tests.digest.web.site import TODAY, Site, edition_of
from tests.fakes import MORNING


@dataclass
class FakeClockwork:
    """A scheduler as the pages see it."""

    alive: bool = True
    swept_at: datetime | None = MORNING - timedelta(seconds=42)
    sweeps: int = 7
    failures: int = 2
    since: datetime = MORNING - timedelta(minutes=11)
    failing_since: datetime | None = None


def _metrics(site: Site) -> Mapping[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    page = site.client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def test_live_asks_nobody_and_ready_asks_the_database(site: Site) -> None:
    assert site.client.get("/health/live").json() == {"status": "live"}
    ready = site.client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "schema": "ok"}}


def test_an_older_schema_is_not_ready(site: Site) -> None:
    with site.store.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    ready = site.client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["schema"].startswith("is at 0000, this version needs ")


def test_a_newer_schema_is_ready(site: Site) -> None:
    # While a newer version takes over, the old pages stay until the new ones are there.
    with site.store.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert site.client.get("/health/ready").status_code == 200


def test_a_broken_database_is_not_ready_and_not_dead(site: Site) -> None:
    with site.store.engine.begin() as conn:
        conn.execute(text("DROP TABLE runs"))
    ready = site.client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"].startswith("cannot be read (")
    assert "runs" not in ready.text
    assert site.client.get("/health/live").status_code == 200


def test_metrics_count_editions_and_deliveries(site: Site) -> None:
    site.publish(edition_of(TODAY - timedelta(days=1)))
    site.publish(edition_of(TODAY, status=EditionStatus.SENDING))
    found = _metrics(site)
    assert found["digest_editions", "world", "sent"] == 1
    assert found["digest_editions", "world", "sending"] == 1
    assert found["digest_editions", "world", "held"] == 0
    assert found["digest_deliveries_planned", "world"] == 1
    assert found["digest_account_adds_up", "world"] == 1
    places = {key[2]: value for key, value in found.items() if key[0] == "digest_deliveries"}
    assert places["skipped"] == 1
    assert sum(places.values()) == 1
    assert not [key for key in found if key[0].startswith(("digest_scheduler", "digest_sweep"))]


def test_metrics_tell_of_the_scheduler_of_this_process(start: Callable[..., Site]) -> None:
    clockwork = FakeClockwork()
    site = start(clockwork=clockwork)
    found = _metrics(site)
    assert found["digest_scheduler_alive",] == 1
    assert found["digest_sweep_age_seconds",] == 42
    assert found["digest_sweeps_total", "done"] == 7
    assert found["digest_sweeps_total", "failed"] == 2
    clockwork.alive, clockwork.swept_at = False, None
    found = _metrics(site)
    assert found["digest_scheduler_alive",] == 0
    assert found["digest_sweep_age_seconds",] == 660, "counted from the start: an alert can fire on it"


def test_a_clock_whose_sweeps_fail_is_not_ready(start: Callable[..., Site]) -> None:
    """The disk is full, or the database locked: reading still works, and nothing is done."""
    clockwork = FakeClockwork(failing_since=MORNING - timedelta(seconds=60))
    site = start(clockwork=clockwork)
    assert site.client.get("/health/ready").json()["checks"]["clock"] == "ok"
    clockwork.failing_since = MORNING - timedelta(seconds=120)
    ready = site.client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["clock"].startswith("its sweeps fail since")
    assert site.client.get("/health/live").status_code == 200


def test_the_last_good_collection_is_not_forgotten_behind_many_failures(site: Site) -> None:
    with site.store.begin() as tx:
        for number in range(60):
            at = MORNING - timedelta(hours=60 - number)
            run = RunKey(newsletter="world", date=at.date(), phase=Phase.COLLECT, slot=f"{at:%H:%M}")
            tx.runs.begin(run, owner="x", now=at, lease_until=at, is_gone=lambda _: False)
            state = RunState.FAILED if number else RunState.DONE
            tx.runs.end(run, owner="x", state=state, note="", now=at)
        assert [run.state for run in tx.runs.newest(["world"])] == [RunState.FAILED, RunState.DONE]
        assert tx.runs.days("world", MORNING.date()) == {MORNING.date()}
        assert tx.runs.between(MORNING - timedelta(hours=2), MORNING)
        assert not tx.runs.between(MORNING, MORNING + timedelta(hours=2))
    found = _metrics(site)
    good = (MORNING - timedelta(hours=60)).timestamp()
    assert found["digest_phase_done_timestamp_seconds", "world", "collect"] == good
    assert found["digest_phases_failed", "world", "collect"] == 59
    assert found["digest_phase_every_seconds", "world", "collect"] == 1800


def test_many_askers_share_one_reading(site: Site) -> None:
    site.publish(edition_of(TODAY))
    assert _metrics(site)["digest_editions", "world", "sent"] == 1
    site.publish(edition_of(TODAY - timedelta(days=1)))
    assert _metrics(site)["digest_editions", "world", "sent"] == 1
    site.clock.wait(11)
    assert _metrics(site)["digest_editions", "world", "sent"] == 2


def test_metrics_count_readers_by_what_became_of_them_in_calls(site: Site) -> None:
    with site.store.begin() as tx:
        tx.throttles.count({("smtp", CallResult.TAKEN): 40, ("smtp", CallResult.IN_DOUBT): 2})
        tx.throttles.count({("smtp", CallResult.TAKEN): 5})
    found = _metrics(site)
    sends = {key[2]: value for key, value in found.items() if key[0] == "digest_sends_total"}
    assert sends == {"taken": 45, "refused": 0, "not_taken": 0, "in_doubt": 2}


def test_metrics_tell_how_far_the_waves_are(site: Site) -> None:
    hours = (MORNING - timedelta(hours=1), MORNING, MORNING + timedelta(hours=3), MORNING + timedelta(hours=5))
    with site.store.begin() as tx:
        groups = [
            PlannedGroup(variant="en", due_at=at, subscribers=[number]) for number, at in enumerate(hours, start=1)
        ]
        made = tx.ledger.plan(
            edition=str(edition_of(TODAY).id), list_slug="world", groups=groups, skipped={}, chunk_size=10,
            now=MORNING - timedelta(hours=2),
        )  # fmt: skip
        first = tx.ledger.chunks(made.id)[0]
        tx.connection.execute(chunks.update().where(chunks.c.id == first.id).values(state=ChunkState.ACCEPTED))
    found = _metrics(site)
    waves = {key[2]: value for key, value in found.items() if key[0] == "digest_waves"}
    assert waves == {"sent": 1, "due": 1, "ahead": 2, "held": 0, "unsent": 0}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ChunkState.HELD, "held"),
        (ChunkState.IN_DOUBT, "held"),
        (ChunkState.ABANDONED, "unsent"),
        (ChunkState.REFUSED, "unsent"),
    ],
)
def test_a_wave_that_nobody_got_is_not_sent(site: Site, state: ChunkState, said: str) -> None:
    with site.store.begin() as tx:
        made = tx.ledger.plan(
            edition=str(edition_of(TODAY).id), list_slug="world",
            groups=[PlannedGroup(variant="en", due_at=MORNING, subscribers=[1, 2])], skipped={}, chunk_size=1,
            now=MORNING - timedelta(hours=2),
        )  # fmt: skip
        first, second = tx.ledger.chunks(made.id)
        tx.connection.execute(chunks.update().values(state=state))
    assert [_metrics(site)["digest_waves", "world", name] for name in ("sent", said)] == [0, 1]
    if said == "unsent":
        with site.store.begin() as tx:
            tx.connection.execute(chunks.update().where(chunks.c.id == second.id).values(state=ChunkState.ACCEPTED))
        site.clock.wait(11)
        assert [_metrics(site)["digest_waves", "world", name] for name in ("sent", said)] == [1, 0], first


def test_metrics_tell_of_chores(site: Site) -> None:
    with site.store.begin() as tx:
        for name, good in (("retention", True), ("aftermath", False), ("suppressions/elsewhere", False)):
            begun = tx.chores.begin(
                name, every=timedelta(hours=1), owner="x", now=MORNING, lease_until=MORNING, is_gone=lambda _: False
            )
            assert begun is not None
            tx.chores.end(begun, good=good, note="", now=MORNING + timedelta(seconds=3))
    found = _metrics(site)
    assert found["digest_chore_failed", "retention"] == 0
    assert ("digest_chore_failed", "suppressions/elsewhere") not in found, "it is configured no more: nobody ends it"
    assert found["digest_chore_failed", "aftermath"] == 1
    assert found["digest_chore_seconds", "aftermath"] == 3
    assert found["digest_chore_done_timestamp_seconds", "retention"] == MORNING.timestamp()
    assert ("digest_chore_done_timestamp_seconds", "aftermath") not in found
