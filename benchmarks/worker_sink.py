"""The workers of `benchmarks.workers`: real ones, but that their provider only writes down who was mailed.

`python -m benchmarks.worker_sink URL FOLDER AT_ONCE` works until it is asked to stop. A call is one line of a file of
its process: whoever is mailed twice stands there twice, for this provider would mail twice if it were asked to.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from digest.jobs.queue import ProcrastinateJobs
from digest.jobs.runner import Running
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.newsletter import Doubts, Schedule
from digest.ports import App
from digest.store import db
from digest.store.tx import Store
from digest.wiring.identity import is_gone, owner_name, utc_now
from digest.worker import Worker
from tests.builders import app_on

TOLD = 10
"""Of so many readers one is told of by an event."""
SILENT = 3.0
"""Seconds after which a worker that says nothing is given up."""
THREADS = 2
"""Calls in flight for each part of a mailing."""


class Journal:
    """Takes everybody at once, and writes down whom: `ids of readers | some delivery keys`, a line for a call."""

    capabilities = Capabilities(name="journal", batch_size=1_000, concurrency=THREADS, events=True)

    def __init__(self, folder: Path | None = None) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = -1 if folder is None else os.open(folder / f"{os.getpid()}.calls", flags, 0o600)

    def send(self, batch: Batch) -> Receipt:
        """Taken. A line without its end was cut short by a kill: nobody of it was mailed."""
        ids = ",".join([one.email.partition("@")[0][1:] for one in batch.recipients])
        keys = ",".join([one.delivery for one in batch.recipients[::TOLD]])
        os.write(self._file, f"{ids}|{keys}\n".encode())
        return Receipt(message_id=batch.chunk)

    def close(self) -> None:
        """The file ends with its process."""


def calls(folder: Path, told: dict[Path, int]) -> Iterator[tuple[list[str], list[str]]]:
    """The calls (ids, keys) that were made since `told`, which remembers how far each file was read."""
    for path in folder.glob("*.calls"):
        with path.open("rb") as file:
            file.seek(told.get(path, 0))
            for line in file:
                if not line.endswith(b"\n"):
                    break
                told[path] = told.get(path, 0) + len(line)
                ids, _, keys = line.decode().strip().partition("|")
                yield ids.split(","), keys.split(",")


def open_app(engine: Engine, provider: Journal, *, drains: int) -> App:
    """The newsroom on the machine's clock: doubts are settled by events after six seconds."""
    store = Store(engine, jobs=ProcrastinateJobs)
    app = app_on(store, provider=provider, schedule=Schedule(window_hours=0), doubts=Doubts(grace_minutes=0.1))
    return replace(
        app, clock=utc_now, wait=time.sleep, owner=owner_name(), is_gone=is_gone, drains=drains,
        silent=timedelta(seconds=SILENT),
    )  # fmt: skip


class _Claims:
    """How long the statements that claim a chunk took, and how many of them there were."""

    def __init__(self, engine: Engine) -> None:
        self.seconds, self.count = 0.0, 0
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "SKIP LOCKED" in statement:
            conn.info["began"] = time.perf_counter()

    def _after(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "SKIP LOCKED" in statement:
            self.seconds += time.perf_counter() - conn.info.pop("began")
            self.count += 1


def main() -> None:
    """Work; at the end say what it took, beside the calls."""
    url, folder, at_once = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    engine = db.open_engine(url)
    claims = _Claims(engine)
    app = open_app(engine, Journal(folder), drains=0)
    worker = Worker(app, Running(url=url, at_once=at_once, poll_seconds=0.5, silent_seconds=SILENT))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop_soon())
    began = time.process_time()
    worker.run()
    said = {
        "cpu": time.process_time() - began,
        "claim_seconds": claims.seconds,
        "claims": claims.count,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    (folder / f"{os.getpid()}.json").write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main()
