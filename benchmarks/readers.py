"""A million readers: how long they take to come in and to be counted, and how soon the gate answers for a thousand.

`python -m benchmarks.readers [--rows N]`, on SQLite, and on PostgreSQL where DIGEST_TEST_POSTGRES names one or one can
be started.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from digest.store import db, schema
from subscribers import store, suppression
from subscribers.model import MailList, OptIn, SubscriptionState, SuppressionReason
from subscribers.segments import (
    AllOf,
    AnyOf,
    AttributeIs,
    Compare,
    LanguageIs,
    Not,
    Predicate,
    StateIs,
    TakesSection,
)
from subscribers.segmentsql import count_segment
from subscribers.tables import subscribers
from subscribers.transfer import ImportOptions, import_csv
from tests.databases import fresh_url
from tests.servers.postgres import PostgresMissing, PrivatePostgres

NOW = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)
KEY = b"a key for erasures in benchmarks"
SERVER = ("shared_buffers=1GB", "max_wal_size=4GB")
"""Those of `docs/how-to/postgresql-and-workers.md`."""
DOMAINS = (
    "gmail.com",
    "outlook.com",
    "yahoo.fr",
    "gmx.de",
    "proton.me",
    "icloud.com",
    *(f"firm{n}.com" for n in range(2_000)),
)
ACTIVE = StateIs(states=frozenset({SubscriptionState.ACTIVE}))
SEGMENTS: tuple[tuple[str, Predicate], ...] = (
    ("active", ACTIVE),
    ("active, French or Spanish", AllOf(of=(ACTIVE, LanguageIs(languages=frozenset({"fr", "es"}))))),
    ("takes asia", AllOf(of=(ACTIVE, TakesSection(section="asia")))),
    ("plan is gift", AttributeIs(name="plan", compare=Compare.EQUAL, value="gift")),
    (
        "all of it",
        AllOf(
            of=(
                ACTIVE,
                AnyOf(of=(TakesSection(section="asia"), LanguageIs(languages=frozenset({"ar"})))),
                Not(of=AttributeIs(name="plan", compare=Compare.EQUAL, value="gift")),
            )
        ),
    ),
)


def write_file(path: Path, rows: int) -> None:
    """A file as a newsroom has it: wishes in few combinations, names in many, one row in 500 of no use."""
    draw = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name", "language", "timezone", "sections", "frequency", "hour", "state", "plan"])
        for number in range(rows):
            address = f"reader.{number}@{draw.choice(DOMAINS)}" if number % 500 else f"reader {number} at nowhere"
            writer.writerow(
                [
                    address,
                    f"Reader Ñº {number}",
                    draw.choice(("en", "fr", "es", "de", "ar", "")),
                    draw.choice(("Europe/Paris", "America/Lima", "Asia/Tokyo", "")),
                    draw.choice(("", "asia;world", "science")),
                    draw.choice(("daily", "weekdays", "weekly")),
                    draw.choice(("", "6", "7", "18")),
                    "unsubscribed" if number % 50 == 1 else "active",
                    draw.choice(("", "gift", "paid")),
                ]
            )


@contextmanager
def engine_of(kind: str, folder: Path) -> Iterator[Engine]:
    """A fresh, migrated database, opened as the product opens it."""
    with fresh_url(kind, folder) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        yield engine
        engine.dispose()


def bring_in(engine: Engine, path: Path) -> tuple[float, float, str]:
    """Seconds of clock, seconds of this process's processor, and what the report says."""
    with db.write(engine) as conn:
        world = store.ensure_list(conn, "world", "World", OptIn.DOUBLE, NOW)
    began, used = time.perf_counter(), time.process_time()
    with path.open("rb") as source:
        report = import_csv(
            source,
            lambda: db.write(engine),
            world,
            now=NOW,
            erasure_key=KEY,
            options=ImportOptions(consent="a form"),
        )
    said = f"{report.added} added, {report.refused} refused"
    return time.perf_counter() - began, time.process_time() - used, said


def yardstick() -> float:
    """Seconds of processor for a loop that an idle core of 2024 does in about 0.23: what other work costs us."""
    began, sum_ = time.process_time(), 0
    for number in range(5_000_000):
        sum_ += number
    return time.process_time() - began


def count(conn: Connection, world: MailList) -> None:
    """The slowest of three runs for each segment."""
    for words, predicate in SEGMENTS:
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            found = count_segment(conn, world.id, predicate)
            taken.append(time.perf_counter() - began)
        print(f"  segment {words!r}: {found} in {max(taken) * 1e3:.0f} ms (the slowest of 3)", flush=True)


def ask_gate(conn: Connection, world: MailList) -> None:
    """200 questions for 1,000 readers each: half of them neighbours, half spread over the whole list."""
    ids = list(conn.execute(select(subscribers.c.id)).scalars())
    draw = random.Random(8)
    for words, pick in (
        ("neighbours", lambda: ids[(at := draw.randrange(max(1, len(ids) - 1_000))) : at + 1_000]),
        ("spread", lambda: draw.sample(ids, min(1_000, len(ids)))),
    ):
        taken = []
        for _ in range(100):
            batch = pick()
            began = time.perf_counter()
            answers = suppression.gate(conn, batch, world.id, NOW.date())
            taken.append(time.perf_counter() - began)
            assert len(answers) == len(batch)
        quantiles = statistics.quantiles(taken, n=100)
        print(
            f"  gate, 1,000 {words}: median {quantiles[49] * 1e3:.1f} ms, p99 {quantiles[98] * 1e3:.1f} ms", flush=True
        )


def run(kind: str, rows: int, folder: Path) -> None:
    """All three on one database."""
    path = folder / "readers.csv"
    if not path.exists():
        write_file(path, rows)
    with engine_of(kind, folder) as engine:
        wall, processor, said = bring_in(engine, path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  import of {rows:,} rows: {wall:.1f} s, {processor:.1f} s of our processor, peak {peak:.0f} MB; {said}"
        )
        load, slow = os.getloadavg()[0], yardstick()
        print(f"  (load {load:.1f}; five million steps take {slow:.2f} s of processor here and now)", flush=True)
        with db.write(engine) as conn:
            some = conn.execute(select(subscribers.c.fold_key).where(subscribers.c.id % 50 == 7)).scalars().all()
            for key in some:
                suppression.suppress(conn, key, SuppressionReason.HARD_BOUNCE, now=NOW)
        with db.read(engine) as conn:
            world = store.get_list(conn, "world")
            assert world is not None
            count(conn, world)
            ask_gate(conn, world)


def main() -> int:
    """Each database in a process of its own, for its own peak of memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--only", choices=("sqlite", "postgresql"))
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        with tempfile.TemporaryDirectory() as folder:
            run(chosen.only, chosen.rows, Path(folder))
        return 0
    again = [sys.executable, "-m", "benchmarks.readers", "--child", "--rows", str(chosen.rows), "--only"]
    if chosen.only != "postgresql":
        print(f"SQLite, {chosen.rows:,} readers", flush=True)
        subprocess.run([*again, "sqlite"], check=True)
    if chosen.only == "sqlite":
        return 0
    try:
        server = None if os.environ.get("DIGEST_TEST_POSTGRES") else PrivatePostgres(settings=SERVER)
    except PostgresMissing as missing:
        print(f"no PostgreSQL: {missing}")
        return 0
    try:
        environment = {**os.environ, **({"DIGEST_TEST_POSTGRES": server.url} if server else {})}
        print(f"PostgreSQL, {chosen.rows:,} readers", flush=True)
        subprocess.run([*again, "postgresql"], check=True, env=environment)
    finally:
        if server:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
