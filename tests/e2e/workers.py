"""Newsrooms on PostgreSQL with workers in processes of their own: what the proofs about them share."""

from __future__ import annotations

import email
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from email import policy
from pathlib import Path
from typing import Any

import yaml

from digest.model.delivery import Account
from digest.model.edition import EditionId
from digest.settings import load_settings
from digest.store.db import open_engine
from digest.store.tx import Store
from digest.wiring import open_app
from digest.workflow.edition.compose import compose
from digest.workflow.edition.review import approve
from digest.workflow.send.plan import plan
from digest.workflow.stories.collect import collect
from tests.e2e.conftest import ROOT, Newsroom
from tests.e2e.test_kill import write_readers

EDITION = EditionId(newsletter="world", date=date(2022, 4, 8))
PATIENCE = 240.0
"""Seconds after which a proof gives up: far above what a loaded machine takes."""


def until(true: Callable[[], bool], what: str, *, within: float = PATIENCE) -> None:
    """Wait for other processes."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.1)


@dataclass
class Workroom:
    """A newsroom whose database is PostgreSQL, and the processes that a test started in it."""

    newsroom: Newsroom
    url: str
    prepared: bool = True
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process that works until it is stopped; its log is kept in the folder."""
        log = self.newsroom.folder / f"{arguments[0]}-{len(self.running)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "digest", *arguments, "--config", str(self.newsroom.config)],
                cwd=self.newsroom.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")},
            )
        self.running.append(process)
        return process

    def logs(self) -> str:
        """What all of them said."""
        return "\n".join(path.read_text("utf-8") for path in sorted(self.newsroom.folder.glob("*.log")))

    def account(self) -> Account:
        """Who got it, at this instant; read in this process, for starting one takes longer than sending."""
        engine = open_engine(self.url, prepared=self.prepared)
        try:
            with Store(engine).read() as tx:
                mailing = tx.ledger.mailing(str(EDITION))
                assert mailing is not None
                return tx.ledger.account(mailing.id)
        finally:
            engine.dispose()

    def status(self) -> dict[str, Any]:
        """What `digest status` says of the engine."""
        found: dict[str, Any] = json.loads(self.newsroom.run("status", "--json"))["engine"]
        return found

    def count(self) -> int:
        """Messages in the outbox."""
        return sum(1 for _ in self.newsroom.outbox.iterdir()) if self.newsroom.outbox.is_dir() else 0

    def messages(self) -> Counter[str]:
        """How many messages each reader has."""
        found: Counter[str] = Counter()
        for path in self.newsroom.outbox.iterdir():
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            found[message["To"].addresses[0].addr_spec] += 1
        return found

    def plan(self) -> int:
        """Approve and plan the sample day from a process that sends nothing: its jobs wait for workers."""
        with within(self.newsroom.folder), open_app(load_settings(self.newsroom.config)) as app:
            collect(app, app.newsletters["world"])
            compose(app, EDITION)
            approve(app, EDITION, by="an editor")
            return plan(app, EDITION).count

    def end(self) -> None:
        """Kill whatever still runs."""
        for process in self.running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Relative paths of a configuration count from the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def furnish(
    folder: Path,
    url: str,
    *,
    readers: int,
    per_second: int | None = None,
    prepared: bool = True,
    **workers: object,
) -> Workroom:
    """The sample newsletter on this database, with its stories and so many readers; `prepared` as in `open_engine`."""
    said = yaml.safe_load((ROOT / "samples" / "config.yaml").read_text("utf-8"))
    for source in said["sources"]:
        source["path"] = str(ROOT / "samples" / source["path"])
    said["storage"] = {"url": url, "prepared_statements": prepared}
    said["engine"] = "procrastinate"
    if per_second:
        # Slow enough that there is a middle to be killed in.
        said["provider"]["outbox"]["rates"] = {"per_second": per_second}
    said["workers"] = {"silent_seconds": 3, "poll_seconds": 0.5, **workers}
    said["newsletters"][0]["schedule"]["reader_hours"] = False
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(said), "utf-8")
    room = Workroom(newsroom=Newsroom(folder=folder, config=config), url=url, prepared=prepared)
    write_readers(folder / "readers.csv", readers)
    room.newsroom.run("subscribers", "import", str(folder / "readers.csv"), "--list", "world", "--consent", "a form")
    return room
