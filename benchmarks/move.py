"""A newsroom from SQLite to PostgreSQL: `python -m benchmarks.move [--readers N] [--editions E] [--documents D]`.

Readers and planned mailings are made by statements, editions with three hundred candidates, three versions and two
renderings of 60 KB each by the store; then everything is copied and compared. Also says how many bytes a
row takes on PostgreSQL with its indexes, which `benchmarks.simulate` counts with.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, text

from benchmarks.ledger import database, fill
from digest.model.edition import EditionId
from digest.model.mail import Variant
from digest.store import db, installation
from digest.store.moving import move
from digest.store.tx import Store
from tests import builders
from tests.digest.editorial.edition.test_edits import scored

CANDIDATES, VERSIONS, HTML = 300, 3, 60_000
"""Kept with an edition, of the thousands of its day; changes of an editor; characters of a mail."""
SIZED = ("subscribers", "subscriptions", "deliveries", "feedback")


def main() -> None:
    """Fill, move, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--editions", type=int, default=2, help="Mailings with a row for each reader.")
    parser.add_argument("--documents", type=int, default=100, help="Editions as their editors left them.")
    chosen = parser.parse_args()
    now = datetime(2026, 11, 22, 6, tzinfo=UTC)
    with database("sqlite") as source, database("postgresql") as made:
        fill(source, chosen.readers)
        installation.recognise(source, now)
        with db.write(source) as conn:
            for number in range(1, chosen.editions + 1):
                conn.execute(
                    text(
                        "INSERT INTO mailings (id, edition, list, state, planned_at, count, plan_sha256) "
                        "VALUES (:id, :name, 'world', 'closed', '2026-11-01 06:00:00', :count, '')"
                    ),
                    {"id": number, "name": f"world/{number}", "count": chosen.readers},
                )
                conn.execute(
                    text(
                        "INSERT INTO deliveries (mailing_id, seq, subscriber_id, status) "
                        "SELECT :id, id - 1, id, 'delivered' FROM subscribers"
                    ),
                    {"id": number},
                )
            conn.execute(
                text(
                    "INSERT INTO feedback (event_key, provider, kind, at, received_at, mailing_id, seq) "
                    "SELECT printf('%040d', seq), 'sendgrid', 'delivered', '2026-11-01 06:00:00', "
                    "'2026-11-01 06:00:00', mailing_id, seq FROM deliveries WHERE mailing_id = 1"
                )
            )
        _write_editions(source, chosen.documents)
        began, used = time.perf_counter(), time.process_time()
        moved = move(source, made, now=now)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        rows = sum(one.rows for one in moved)
        began = time.perf_counter()
        assert not any(one.copied for one in move(source, made, now=now))
        again = time.perf_counter() - began
        print(f"moved and compared    {rows:>12,} rows in {seconds:.1f} s, {rows / seconds:,.0f}/s; "
              f"{cpu / rows * 1e6:.1f} µs of our processor a row")  # fmt: skip
        print(f"compared once more    {again:.1f} s")
        print(f"memory                {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        with db.read(made) as conn:
            for name in SIZED:
                # With the ranges that a table lies in; a plain table is no tree.
                size = conn.scalar(
                    text(
                        "SELECT pg_total_relation_size(CAST(:name AS regclass)) + coalesce(sum(pg_total_relation_size("
                        "relid)), 0) FROM pg_partition_tree(CAST(:name AS regclass)) WHERE isleaf"
                    ),
                    {"name": name},
                )
                count = next(one.rows for one in moved if one.table == name)
                print(f"{name:<21} {size / max(1, count):>12.0f} bytes a row, indexes and all")


def _write_editions(source: Engine, many: int) -> None:
    """Each edition with its candidates, the versions before it, and what was mailed of it."""
    candidates = tuple(
        scored(f"c{n}", f"A candidate of number {n} that somebody might tell", "world", 1.0 - n / 1000, why="2 outlets")
        for n in range(CANDIDATES)
    )
    store = Store(source)
    for number in range(many):
        name = EditionId(newsletter="old", date=date(2026, 1, 1) + timedelta(days=number))
        made = replace(builders.edition(), id=name, scored=candidates, version=0)
        with store.begin() as tx:
            for version in range(VERSIONS):
                made = replace(made, version=version + 1)
                tx.editions.put(made, expected_version=version)
            page = "".join(hashlib.sha256(f"{number}/{part}".encode()).hexdigest() for part in range(1_000))[:HTML]
            frozen = [replace(builders.frozen(Variant(language=one)), html=page) for one in ("en", "fr")]
            tx.editions.freeze(made, frozen)


if __name__ == "__main__":
    main()
