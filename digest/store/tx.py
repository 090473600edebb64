"""The unit of work: one connection, seen through the port of each noun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select

from digest.ports import Jobs
from digest.store import db
from digest.store.alarms import StoredAlarms
from digest.store.archive import StoredArchive
from digest.store.arrivals import StoredArrivals
from digest.store.audience import StoredAudience
from digest.store.chores import StoredChores
from digest.store.devices import StoredDevices
from digest.store.door import StoredDoor
from digest.store.editions import StoredEditions
from digest.store.feedback import StoredFeedback
from digest.store.ledger import StoredLedger
from digest.store.looks import StoredLooks
from digest.store.no_jobs import NoJobs
from digest.store.people import StoredPeople
from digest.store.processes import StoredProcesses
from digest.store.readership import StoredReadership
from digest.store.reports import StoredReports
from digest.store.retention import StoredRetention
from digest.store.runs import StoredRuns
from digest.store.sources import StoredSources
from digest.store.stories import StoredStories
from digest.store.tables import log
from digest.store.throttles import StoredThrottles
from digest.store.tokens import StoredTokens
from digest.store.tracking import StoredTracking
from digest.store.trial import StoredTrial
from digest.store.webhooks import StoredWebhooks


class StoredTx:
    """The port `Tx` on a connection."""

    def __init__(self, conn: Connection, jobs: Jobs | None = None) -> None:
        self.connection = conn
        """For the subscribers package's own functions (import, export), which take a connection."""
        self.stories = StoredStories(conn)
        self.sources = StoredSources(conn)
        self.editions = StoredEditions(conn)
        self.arrivals = StoredArrivals(conn)
        self.archive = StoredArchive(conn)
        self.ledger = StoredLedger(conn)
        self.feedback = StoredFeedback(conn)
        self.tracking = StoredTracking(conn)
        self.runs = StoredRuns(conn)
        self.chores = StoredChores(conn)
        self.jobs: Jobs = jobs or NoJobs()
        self.processes = StoredProcesses(conn)
        self.audience = StoredAudience(conn)
        self.people = StoredPeople(conn)
        self.door = StoredDoor(conn)
        self.devices = StoredDevices(conn)
        self.trial = StoredTrial(conn)
        self.reports = StoredReports(conn)
        self.tokens = StoredTokens(conn)
        self.looks = StoredLooks(conn)
        self.readership = StoredReadership(conn)
        self.webhooks = StoredWebhooks(conn)
        self.throttles = StoredThrottles(conn)
        self.alarms = StoredAlarms(conn)
        self.retention = StoredRetention(conn)

    def log(self, event: str, subject: str, *, by: str, now: datetime, detail: str = "") -> None:
        """Who did what to which thing, append-only."""
        self.connection.execute(insert(log).values(at=now, event=event, subject=subject, by=by, detail=detail[:2000]))

    def last_logged(self, event: str) -> datetime | None:
        """When this kind of event was logged last, or None."""
        found: datetime | None = self.connection.scalar(select(func.max(log.c.at)).where(log.c.event == event))
        return found


class Store:
    """Opens transactions on one engine. `jobs` makes the queue of a connection, where there is one."""

    def __init__(self, engine: Engine, *, jobs: Callable[[Connection], Jobs] | None = None) -> None:
        self.engine = engine
        self._jobs = jobs

    @contextmanager
    def begin(self) -> Iterator[StoredTx]:
        """A write transaction: committed on a clean exit, rolled back otherwise."""
        with db.write(self.engine) as conn:
            yield StoredTx(conn, self._jobs(conn) if self._jobs else None)

    @contextmanager
    def read(self) -> Iterator[StoredTx]:
        """One consistent view of everything."""
        with db.read(self.engine) as conn:
            yield StoredTx(conn, self._jobs(conn) if self._jobs else None)

    def hurry(self) -> None:
        """The process is to end: nobody waits long for a lock any more. May be called from a signal handler."""
        db.hurry(self.engine)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
