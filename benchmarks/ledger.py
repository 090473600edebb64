"""Planning, claiming, settling and sending a million: `python -m benchmarks.ledger [--readers N] [--kind sqlite]`.

Each database in a process of its own, so that the memory shown is its own. The bare limit is one INSERT ... SELECT of
as many rows into a table of the same shape, on the same database, in the same run.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, text

from digest.model.delivery import ChunkState, MailingState
from digest.model.mail import Batch, Capabilities, Receipt, Variant
from digest.model.newsletter import Schedule
from digest.ports import App
from digest.store import db, schema
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from tests.builders import DAY, EDITION, app_on, approve_plainly
from tests.fakes import FakeClock
from tests.servers.postgres import PostgresMissing, PrivatePostgres

ZONES = (
    "Europe/London", "Europe/Paris", "America/Lima", "America/New_York", "America/Los_Angeles", "Asia/Tokyo",
    "Asia/Kolkata", "Africa/Nairobi", "Africa/Cairo", "Australia/Sydney", "America/Sao_Paulo", "Asia/Shanghai",
)  # fmt: skip
SECTIONS = ("", "|world|", "|asia|")
VARIANTS = tuple(
    Variant(language=language, sections=sections)
    for language in ("en", "fr")
    for sections in ((), ("world",), ("asia",))
)
BARS = {"sqlite": (5.0, 480_000), "postgresql": (6.0, 347_000)}
"""Seconds to plan a million; readers a second claimed and settled, at least."""

T = TypeVar("T")


class Null:
    """Takes everybody at once, and keeps nothing."""

    capabilities = Capabilities(name="null", batch_size=1_000, concurrency=2)

    def send(self, batch: Batch) -> Receipt:
        """Taken."""
        return Receipt(message_id="x")

    def close(self) -> None:
        """Nothing is open."""


def main() -> None:
    """Run each part on each database, every one in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=sorted(BARS))
    parser.add_argument("--part", choices=("plan", "claim", "send"))
    chosen = parser.parse_args()
    if chosen.part:
        with database(chosen.kind) as engine:
            _part(engine, chosen.kind, chosen.part, chosen.readers)
        return
    for kind in [chosen.kind] if chosen.kind else BARS:
        for part in ("plan", "claim", "send"):
            arguments = ["--kind", kind, "--part", part, "--readers", str(chosen.readers)]
            subprocess.run([sys.executable, "-m", "benchmarks.ledger", *arguments], check=True)


@contextmanager
def database(kind: str) -> Iterator[Engine]:
    """An empty database of its own, at today's schema."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            engine = db.open_engine(f"sqlite:///{Path(folder) / 'digest.db'}")
            schema.upgrade(engine)
            yield engine
            engine.dispose()
            return
        try:
            server = PrivatePostgres()
        except PostgresMissing as missing:
            print(f"{kind}: {missing}")
            return
        try:
            engine = db.open_engine(server.url)
            schema.upgrade(engine)
            yield engine
            engine.dispose()
        finally:
            server.stop()


def _part(engine: Engine, kind: str, part: str, readers: int) -> None:
    store = Store(engine)
    fill(engine, readers)
    approve_plainly(store, *VARIANTS)
    app = app_on(store, provider=Null(), schedule=Schedule(window_hours=0))
    print(f"-- {kind}, {readers:,} readers, {len(ZONES)} zones, {len(VARIANTS)} variants: {part}", flush=True)
    if part == "plan":
        _plan(app, engine, kind, readers)
    elif part == "claim":
        plan(app, EDITION)
        _claim(app, kind)
    else:
        plan(app, EDITION)
        _send(app, readers)


def fill(engine: Engine, readers: int) -> None:
    """So many active readers of the list `world`, by one statement, and fresh statistics."""
    zones = " ".join(f"WHEN {place} THEN '{zone}'" for place, zone in enumerate(ZONES))
    sections = " ".join(f"WHEN {place} THEN '{chosen}'" for place, chosen in enumerate(SECTIONS))
    counted = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :readers)"
        if engine.dialect.name == "sqlite"
        else "WITH n(i) AS (SELECT generate_series(1, :readers))"
    )
    now = "2026-11-01 06:00:00" + ("" if engine.dialect.name == "sqlite" else "+00")
    with db.write(engine) as conn:
        conn.execute(
            text(
                "INSERT INTO lists (id, slug, name, public, opt_in, created_at) "
                f"VALUES (1, 'world', 'World', true, 'single', '{now}')"
            )
        )
        conn.execute(
            text(
                f"INSERT INTO subscribers (id, email, email_key, fold_key, domain, name, language, timezone, "
                f"attributes, created_at, updated_at) {counted} "
                "SELECT i, 'r' || i || '@readers.example', 'r' || i || '@readers.example', "
                "'r' || i || '@readers.example', 'readers.example', 'Reader ' || i, "
                f"CASE i % 2 WHEN 0 THEN 'en' ELSE 'fr' END, CASE i % {len(ZONES)} {zones} END, "
                f"'{{}}', '{now}', '{now}' FROM n"
            ),
            {"readers": readers},
        )
        conn.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, list_id, state, since, sections) "
                f"SELECT id, 1, 'active', '{now}', CASE id / 2 % {len(SECTIONS)} {sections} END FROM subscribers"
            )
        )
        # One in fifty is on the suppression list.
        conn.execute(
            text(
                "INSERT INTO suppressions (email_key, reason, since, note) "
                f"SELECT fold_key, 'hard_bounce', '{now}', '' FROM subscribers WHERE id % 50 = 0"
            )
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))


def _plan(app: App, engine: Engine, kind: str, readers: int) -> None:
    before = _rss()
    cpu = time.process_time()
    seconds, mailing = _timed(lambda: plan(app, EDITION))
    cpu = time.process_time() - cpu
    bar = BARS[kind][0] * readers / 1_000_000
    with app.read() as tx:
        found, waves = tx.ledger.account(mailing.id), tx.ledger.waves(mailing.id)
        calls = len(tx.ledger.chunks(mailing.id))
    assert found.adds_up
    assert found.planned == readers
    bare, _ = _timed(lambda: _bare(engine))
    _print(
        "plan", f"{seconds:.2f} s", f"<= {bar:.1f} s", f"{len(waves)} waves, {calls} chunks, {readers / seconds:,.0f}/s"
    )
    _print("… processor of this process", f"{cpu:.2f} s", "", "the database's own is in it on SQLite only")
    _print("the bare INSERT ... SELECT", f"{bare:.2f} s", "", f"the plan is {seconds / bare:.1f} x")
    _print("memory", f"{_rss():.0f} MB", "< 300 MB", f"{before:.0f} MB before")


def _bare(engine: Engine) -> None:
    """As many rows into a table of the same shape and keys: what the database itself needs."""
    with db.write(engine) as conn:
        _bare_table(conn)
        conn.execute(
            text(
                "INSERT INTO bare SELECT 1, row_number() OVER (ORDER BY s.timezone, s.language, u.sections, s.id) - 1, "
                "s.id, 'planned', '' FROM subscriptions u JOIN subscribers s ON s.id = u.subscriber_id "
                "WHERE u.list_id = 1 AND u.state = 'active'"
            )
        )


def _bare_table(conn: Connection) -> None:
    tail = " WITHOUT ROWID" if conn.dialect.name == "sqlite" else ""
    conn.execute(
        text(
            "CREATE TABLE bare (mailing_id BIGINT NOT NULL, seq BIGINT NOT NULL, subscriber_id BIGINT NOT NULL, "
            "status VARCHAR(10) NOT NULL, note TEXT NOT NULL, PRIMARY KEY (mailing_id, seq), "
            f"UNIQUE (subscriber_id, mailing_id)){tail}"
        )
    )


def _claim(app: App, kind: str) -> None:
    """Claim a chunk, read the readers of it, settle it: what the ledger costs around a provider's call."""
    now = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(days=3)
    with app.begin() as tx:
        found = tx.ledger.mailing(str(EDITION))
        assert found is not None
        tx.ledger.change(found.id, expected=MailingState.PLANNED, to=MailingState.SENDING)
    cpu, gate = time.process_time(), 0.0
    began, read, handled = time.perf_counter(), 0.0, 0
    while True:
        with app.begin() as tx:
            chunk = tx.ledger.claim(found.id, owner="bench", now=now, lease_until=now + timedelta(minutes=5))
            if chunk is None:
                break
            start, used = time.perf_counter(), time.process_time()
            tx.ledger.addressees(chunk, on=DAY)
            read, gate = read + time.perf_counter() - start, gate + time.process_time() - used
        with app.begin() as tx:
            assert tx.ledger.settle(chunk, to=ChunkState.ACCEPTED, now=now, message_id="x")
        handled += chunk.size
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu - gate
    _print(
        "… processor of this process",
        f"{cpu / handled * 1e6:.2f} µs",
        "",
        f"a reader; the gate {gate / handled * 1e6:.2f} µs more",
    )
    _print("claim and settle", f"{handled / (seconds - read):,.0f}/s", f">= {BARS[kind][1]:,}/s", "readers, by chunk")
    _print(
        "… with the gate asked again", f"{handled / seconds:,.0f}/s", "", "suppression and choices of each reader (P3)"
    )


def _send(app: App, readers: int) -> None:
    """The whole sender against a provider that takes all at once; memory has to stay flat."""
    assert isinstance(app.clock, FakeClock)
    marks = [_rss()]
    app.clock.wait(3 * 86_400)
    seconds, sent = _timed(lambda: send(app, EDITION, late=True))
    marks.append(_rss())
    taken = sent.account.accepted
    assert sent.account.adds_up
    _print("send to a null provider", f"{taken / seconds:,.0f}/s", "", f"{taken:,} readers, links and greetings made")
    _print("memory", f"{marks[-1]:.0f} MB", "< 300 MB", f"{marks[0]:.0f} MB before the send")


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def _rss() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print(name: str, value: str, bar: str, note: str) -> None:
    print(f"{name:32} {value:>14}   {bar:14} {note}", flush=True)


if __name__ == "__main__":
    main()
