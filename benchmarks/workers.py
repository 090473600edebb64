"""Workers beside each other on PostgreSQL: `python -m benchmarks.workers [--readers N] [--workers 1,2,4]`.

Real workers with a real queue drain one mailing to a sink that writes down who was mailed, and nothing else: what is
measured is the ledger. With `--kill-every S` there is a second turn, in which a worker is killed (SIGKILL) every so
many seconds and replaced. At the end nobody may stand in the sink's book twice, nor be missing there who is taken.
`--on URL` uses a database of this benchmark's that is there already, or an empty one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.ledger import VARIANTS, fill
from benchmarks.worker_sink import THREADS, Journal, calls, open_app
from digest.logs import configure_logs
from digest.model.delivery import Account, Mailing
from digest.model.feedback import Feedback, FeedbackKind
from digest.ports import App, Heard
from digest.store import db, schema
from digest.store.tx import Store
from digest.wiring.app import install_queue
from digest.workflow.feedback.events import apply
from digest.workflow.send.doubts import recover
from digest.workflow.send.plan import drain_jobs, plan
from tests.builders import EDITION, approve_plainly
from tests.servers.postgres import PrivatePostgres

AT_ONCE = 2
"""Parts of a mailing that one worker sends at the same time."""
_READY = text(
    # The mailing as it was planned: so that one plan serves every turn.
    "UPDATE chunks SET state = 'ready', attempt = 0, owner = '', lease_until = NULL, sent_at = NULL, "
    "settled_at = NULL, first_event_at = NULL, message_id = '', note = '', provider = '', doubts = 0, "
    "due_at = now() - interval '1 hour'"
)
_WAITING = text(
    "SELECT coalesce(wait_event_type, 'none') AS what, count(*) AS number FROM pg_stat_activity "
    "WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() GROUP BY 1"
)


@dataclass
class Turn:
    """One run of workers, as it was."""

    seconds: float
    sent: int
    """Readers who stand in the book."""
    double: int
    listed: int
    """Readers who stand in the book, with those of before the time was taken."""
    account: Account
    said: list[dict[str, float]] = field(default_factory=list)
    """What each worker said at its end; a killed one says nothing."""
    waits: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    server: float = 0.0
    """Seconds of processor that the database took, where it runs on this machine."""

    @property
    def speed(self) -> float:
        """Readers a second."""
        return self.sent / self.seconds


@contextmanager
def database(on: str | None) -> Iterator[str]:
    """The address of a database on a private server, or of the one that is named, which may be in use already."""
    if on:
        yield on
        return
    # A tenth of what a machine with ten million readers would have.
    server = PrivatePostgres(settings=("shared_buffers=1GB", "max_wal_size=4GB"))
    try:
        yield server.url
    finally:
        server.stop()


def prepare(url: str, readers: int) -> Mailing:
    """So many readers and a mailing to them, as far as they are not there yet."""
    engine = db.open_engine(url)
    schema.upgrade(engine)
    store = Store(engine)
    install_queue(store)
    with store.read() as tx:
        known, filled = tx.ledger.mailing(str(EDITION)), tx.audience.lists()
    if known is not None:
        return known
    if not filled:
        began = time.perf_counter()
        fill(engine, readers)
        print(f"{readers:,} readers made in {time.perf_counter() - began:.0f} s", flush=True)
    approve_plainly(store, *VARIANTS)
    began, used = time.perf_counter(), time.process_time()
    mailing = plan(open_app(engine, Journal(), drains=0), EDITION)
    seconds = time.perf_counter() - began
    print(
        f"planned in {seconds:.1f} s, {seconds / readers * 1e6:.1f} µs a reader, "
        f"{(time.process_time() - used) / readers * 1e6:.1f} µs of it our processor; "
        f"memory of the planner {_memory(os.getpid()):.0f} MB",
        flush=True,
    )
    engine.dispose()
    return mailing


class Room:
    """The workers of one turn, their book, and what a clock and a provider do meanwhile."""

    def __init__(self, url: str, mailing: Mailing, folder: Path, number: int) -> None:
        self._url, self._mailing, self._folder, self._number = url, mailing, folder, number
        self._engine = db.open_engine(url)
        self._app = open_app(self._engine, Journal(), drains=AT_ONCE * number)
        self._running: list[subprocess.Popen[bytes]] = []
        self._told: dict[Path, int] = {}
        # How many mails each reader has; the ids are those that `fill` gave.
        self._seen = bytearray(mailing.count + 1)
        self._waits: Counter[str] = Counter()
        self._over = threading.Event()
        self._telling = False

    def turn(self, *, kill_every: float | None = None, minutes: float = 60, seed: int = 0) -> Turn:
        """From the first call to the last, or for so long."""
        self._reset()
        chance, kills = random.Random(seed), 0
        for _ in range(self._number):
            self._start()
        self._telling = kill_every is not None
        used = self._server_seconds()
        looking = threading.Thread(target=self._look, daemon=True)
        looking.start()
        # A worker's first look at the queue is not what is measured.
        while not self._read():
            time.sleep(0.02)
        began = struck = last = time.perf_counter()
        first = sum(self._seen)
        asked = 0.0
        while (now := time.perf_counter()) - last < 60:
            if self._read():
                last = time.perf_counter()
            if self._is_done() or now - began > 60 * minutes:
                break
            if kill_every and now - struck >= kill_every:
                self._kill(chance)
                kills, struck = kills + 1, now
            if now - asked >= 1:
                # What the scheduler does each minute.
                self._offer()
                asked = now
            time.sleep(0.05)
        seconds, used = last - began, self._server_seconds() - used
        self._over.set()
        looking.join()
        said = self._end()
        self._read()
        with self._app.read() as tx:
            account = tx.ledger.account(self._mailing.id)
        sent, double = sum(self._seen) - first, len(self._seen) - self._seen.count(0) - self._seen.count(1)
        self._engine.dispose()
        return Turn(
            seconds=seconds,
            sent=sent,
            double=double,
            listed=len(self._seen) - self._seen.count(0),
            account=account,
            said=said,
            waits=self._waits,
            kills=kills,
            server=used,
        )

    def _reset(self) -> None:
        with db.write(self._engine) as conn:
            conn.execute(_READY)
            conn.execute(text("UPDATE mailings SET state = 'sending', reason = '' WHERE id = :id"), self._key)
            if conn.execute(text("DELETE FROM feedback")).rowcount:
                conn.execute(text("UPDATE deliveries SET status = 'planned' WHERE status = 'delivered'"))
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE chunks"))
            conn.execute(text("CHECKPOINT"))
        self._offer()

    @property
    def _key(self) -> dict[str, int]:
        return {"id": self._mailing.id}

    def _start(self) -> None:
        command = [sys.executable, "-m", "benchmarks.worker_sink", self._url, str(self._folder), str(AT_ONCE)]
        with (self._folder / "log").open("ab") as log:
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log))

    def _kill(self, chance: random.Random) -> None:
        struck = self._running.pop(chance.randrange(len(self._running)))
        struck.kill()
        struck.wait()
        self._start()

    def _offer(self) -> None:
        recover(self._app)
        with self._app.begin() as tx:
            tx.jobs.rescue(timedelta(seconds=3))
            if tx.ledger.next_due(self._mailing.id, now=self._app.clock()) is not None:
                standing = tx.jobs.standing()
                tx.jobs.put(*(job for job in drain_jobs(self._app, self._mailing.id) if job not in standing))

    def _read(self) -> int:
        """What is new in the book, which the provider tells us of as well."""
        new, keys = 0, []
        for ids, told in calls(self._folder, self._told):
            for one in ids:
                self._seen[int(one)] += 1
            new += len(ids)
            keys += told
        if keys and self._telling:
            _tell(self._app, keys)
        return new

    def _is_done(self) -> bool:
        with self._app.read() as tx:
            mailing = tx.ledger.mailing_by_id(self._mailing.id)
            left = tx.connection.scalar(  # type: ignore[attr-defined]  # the store's own
                text("SELECT count(*) FROM chunks WHERE state IN ('ready', 'sending', 'in_doubt')")
            )
        assert mailing is not None
        return not left

    def _look(self) -> None:
        """What the server's processes wait for, twenty times a second."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            while not self._over.wait(0.05):
                for what, number in conn.execute(_WAITING):
                    self._waits[what] += number

    def _server_seconds(self) -> float:
        """Of all its processes; 0 where it is on another machine."""
        with db.read(self._engine) as conn:
            backend = _stat(conn.scalar(text("SELECT pg_backend_pid()")))
        if backend is None:
            return 0.0
        postmaster = int(backend[1])
        found = [_stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()]
        ticks = sum(int(one[11]) + int(one[12]) for one in found if one and int(one[1]) == postmaster)
        gone = _stat(postmaster)
        # And those that have ended.
        ticks += int(gone[13]) + int(gone[14]) if gone else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def _end(self) -> list[dict[str, float]]:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(600)
        return [json.loads(path.read_text("utf-8")) for path in self._folder.glob("*.json")]


def _tell(app: App, keys: list[str]) -> None:
    now = app.clock()
    heard = []
    for key in keys:
        where = app.links.read_delivery_key(key)
        assert where is not None
        told = Feedback(provider="journal", event_id=key, kind=FeedbackKind.DELIVERED, at=now, delivery=key)
        heard.append(Heard(mailing=where[0], seq=where[1], feedback=told))
    with app.begin() as tx:
        apply(app, tx, heard, now)


def _stat(pid: int | None) -> list[str] | None:
    """The fields of a process from its state on; None where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _memory(pid: int) -> float:
    """The most that a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _show(name: str, turn: Turn, one: float | None) -> None:
    found, said = turn.account, turn.said
    times = f"   {turn.speed / one:.2f} x" if one else ""
    print(f"{name:<22} {turn.sent:>10,} readers in {turn.seconds:6.1f} s   {turn.speed:>8,.0f}/s{times}")
    if not turn.kills:
        claims, claiming = sum(one["claims"] for one in said), sum(one["claim_seconds"] for one in said)
        share = claiming / (AT_ONCE * THREADS * len(said) * turn.seconds)
        active = sum(turn.waits.values()) or 1
        locks, latches = turn.waits["Lock"] / active, turn.waits["LWLock"] / active
        cpu = sum(one["cpu"] for one in said) / turn.sent
        print(f"    a claim {claiming / max(1, claims) * 1e3:.2f} ms, {share:.1%} of the senders' time")
        print(f"    of the time in the server waiting for locks {locks:.1%}, for latches {latches:.1%}")
        server = turn.server / turn.sent
        print(f"    {cpu * 1e6:.0f} µs of the workers' processor a reader, {server * 1e6:.0f} µs of the database's")
    print(f"    memory {max((one['mb'] for one in said), default=0):.0f} MB; load {os.getloadavg()[0]:.1f}")
    print(
        f"    {turn.double} double; the account {'adds up' if found.adds_up else 'DOES NOT ADD UP'}: {found.planned:,} "
        f"planned, {found.delivered + found.accepted:,} taken, {sum(found.skipped.values()):,} skipped",
        flush=True,
    )
    assert found.adds_up
    assert not turn.double
    assert turn.listed == found.delivered + found.accepted, "who is taken stands in the book"


def main() -> None:
    """Plan once; a turn for each number of workers, or one undisturbed and one with kills."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--readers", type=int, default=200_000)
    options.add_argument("--workers", default="1,2,4")
    options.add_argument("--kill-every", type=float, help="Seconds.")
    options.add_argument("--minutes", type=float, default=60, help="No turn takes longer.")
    options.add_argument("--undisturbed", type=float, help="Minutes: no turn without kills takes longer.")
    options.add_argument("--on", help="A server's address.")
    asked = options.parse_args()
    configure_logs(open(os.devnull, "w"))  # noqa: SIM115 - for the life of the process
    with database(asked.on) as url:
        mailing = prepare(url, asked.readers)
        one = None
        for number in map(int, asked.workers.split(",")):
            for kill_every in [None, asked.kill_every] if asked.kill_every else [None]:
                minutes = asked.minutes if kill_every else asked.undisturbed or asked.minutes
                with tempfile.TemporaryDirectory() as folder:
                    turn = Room(url, mailing, Path(folder), number).turn(kill_every=kill_every, minutes=minutes)
                name = f"{number} workers" + (f", {turn.kills} kills" if kill_every else "")
                _show(name, turn, one)
                one = one or turn.speed


if __name__ == "__main__":
    main()
