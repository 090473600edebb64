"""Time of every screen of the desk with a large house: `python -m benchmarks.desk --readers 1000000`.

400 editions of 300 kept candidates each, the audience and one sent mailing; each screen asked for 30 times.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from sqlalchemy import insert, text

from digest.logs import configure_logs
from digest.model.edition import EditionId, EditionStatus
from digest.model.person import Role
from digest.store import schema
from digest.store.codec import to_json
from digest.store.db import open_engine
from digest.store.tables import edition_versions, editions
from digest.store.tx import Store
from tests import builders
from tests.digest.editorial.test_edits import scored
from tests.digest.web.desk_site import DESK, DeskSite, desk

CANDIDATES = 300
"""Kept with an edition, of the thousands that a day has."""
DAYS = 400
TIMES = 30
PAGES = {
    "today": "/desk", "stories": DESK, "text": f"{DESK}/text", "preview": f"{DESK}/preview/frame?view=desktop",
    "checks": f"{DESK}/checks", "send": f"{DESK}/send", "report": f"{DESK}/report", "editions": "/desk/editions",
    "log": "/desk/log", "people": "/desk/people", "state": f"{DESK}/state", "audience": "/desk/audience",
    "list": "/desk/audience/lists/world", "sources": "/desk/sources", "look": "/desk/look", "system": "/desk/system",
    "me": "/desk/me", "compared": f"/desk/editions?a={builders.EDITION}&b=world/{builders.DAY - timedelta(days=1)}",
}  # fmt: skip


def main() -> None:
    """Build the house, ask, print p50 and p95 in milliseconds, by the clock and of the processor."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readers", type=int, default=1_000_000)
    readers = options.parse_args().readers
    configure_logs(open("/dev/null", "w"))  # noqa: SIM115 - for the life of the process
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))
        schema.upgrade(store.engine)
        with desk(store, folder) as place:
            _fill(place, store, readers)
            _ask(place)
        store.close()


def _fill(place: DeskSite, store: Store, readers: int) -> None:
    kept = place.edition.scored
    more = tuple(
        scored(f"c{n}", f"A candidate of number {n} that somebody might tell", "world", 1.0 - n / 1000, why="2 outlets")
        for n in range(CANDIDATES - len(kept))
    )
    full = replace(place.edition, version=2, scored=(*kept, *more))
    with store.begin() as tx:
        tx.editions.put(full, expected_version=1)
        conn = tx.connection
        for number in range(1, DAYS):
            day = replace(
                full, id=EditionId(newsletter="world", date=builders.DAY - timedelta(days=number)), version=1,
                status=EditionStatus.SENT,
            )  # fmt: skip
            row = {"name": str(day.id), "version": 1, "content": to_json(day)}
            facts = {"newsletter": "world", "date": day.id.date, "status": day.status}
            conn.execute(insert(editions).values(**row, **facts))
            conn.execute(insert(edition_versions).values(**row))
            if number < 30:
                tx.ledger.plan(
                    edition=str(day.id), list_slug="world", groups=(), skipped={"paused": [1]}, chunk_size=10,
                    now=place.site.clock(),
                )  # fmt: skip
        conn.execute(
            text(
                "WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < :last) "
                "INSERT INTO subscribers (id, email, email_key, fold_key, domain, attributes, created_at, updated_at) "
                "SELECT x, 'r' || x || '@e.test', 'r' || x || '@e.test', 'r' || x || '@e.test', 'e.test', '{}', "
                "'2026-01-01', '2026-01-01' FROM n"
            ),
            {"last": 1000 + readers},
        )
        conn.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, list_id, state, since) "
                "SELECT id, 1, 'active', '2026-01-01' FROM subscribers WHERE id >= 1000"
            )
        )


def _ask(place: DeskSite) -> None:
    # As `digest serve` does when it begins.
    place.site.web.state.warm()
    place.site.settled()
    with place.enter(Role.ADMIN) as client:
        for name, path in PAGES.items():
            taken, worked = [], []
            for _ in range(TIMES):
                # As an editor asks: what is kept for half a minute or a minute is counted anew now and then.
                place.site.clock.now += timedelta(seconds=5)
                began, work = time.perf_counter(), time.process_time()
                assert client.get(path).status_code == 200, name
                taken.append((time.perf_counter() - began) * 1000)
                # Both ends of the wire: what a page costs on a machine that has nothing else to do.
                worked.append((time.process_time() - work) * 1000)
            every, cpu = quantiles(taken, n=20), quantiles(worked, n=20)
            print(
                f"{name:10} p50 {every[9]:6.0f} ms   p95 {every[18]:6.0f} ms   "
                f"processor p50 {cpu[9]:5.0f} ms   p95 {cpu[18]:5.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
