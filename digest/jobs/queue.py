"""The port `Jobs` on Procrastinate's tables, within the caller's own transaction.

A job is put in the transaction of what it is about: both are there, or neither. Procrastinate's statements are used
as they stand, on our connection; what it has no statement for (ages, what stands) is read from its two tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import procrastinate.sql
from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job as Row
from procrastinate.manager import JobManager
from sqlalchemy import Connection, text

from digest.model.errors import StorageFailed
from digest.model.job import Job, JobKind, Queue

TASK = "digest.job"
"""The name of the one task: the queue says which kind of job it is."""
_STANDING = text(
    "SELECT queue_name, args FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = :task"
)
_QUEUES = text("""
SELECT job.queue_name AS name, job.status::text AS status, count(*) AS number,
       extract(epoch FROM now() - min(latest.at)) AS seconds
FROM procrastinate_jobs job
JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events WHERE job_id = job.id) latest ON true
WHERE job.status IN ('todo', 'doing', 'failed')
GROUP BY job.queue_name, job.status
ORDER BY job.queue_name
""")
_FORGET = text("""
DELETE FROM procrastinate_jobs job
WHERE job.status IN ('failed', 'aborted', 'cancelled') AND job.task_name = :task AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events said
    WHERE said.job_id = job.id AND said.at > now() - :older * interval '1 second'
)
""")
_connector = SyncPsycopgConnector()
# Never opened: every statement goes over the connection of a transaction of ours.
_manager = JobManager(_connector)


class ProcrastinateJobs:
    """The port `Jobs` on a connection to PostgreSQL."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def put(self, *jobs: Job) -> int:
        """Ask for these, unless the same is waiting already. Returns how many are new."""
        return sum(self._put(job) for job in jobs)

    def _put(self, job: Job) -> bool:
        row = Row(
            id=None,
            queue=job.kind.value,
            lock=None,
            queueing_lock=str(job),
            task_name=TASK,
            task_kwargs={"about": job.about, "place": job.place},
            priority=_PRIORITY.get(job.kind, 0),
        )
        try:
            # A savepoint: that the same is waiting already must not undo what the job is about.
            with self._conn.begin_nested():
                _manager.defer_job(row, connection=self._driver())
        except AlreadyEnqueued:
            return False
        except ConnectorException as error:
            raise StorageFailed(f"the job {job} cannot be put: {error.__cause__}") from None
        return True

    def standing(self) -> frozenset[Job]:
        """What waits or is being done."""
        rows = self._conn.execute(_STANDING, {"task": TASK})
        return frozenset(job for row in rows if (job := job_of(row.queue_name, row.args)) is not None)

    def rescue(self, silent: timedelta) -> tuple[Job, ...]:
        """Jobs of workers that gave no sign of life for so long wait again. Returns them."""
        stalled = self._all(
            "select_stalled_jobs_by_heartbeat",
            queue=None,
            task_name=TASK,
            seconds_since_heartbeat=silent.total_seconds(),
        )
        return tuple(
            job
            for row in stalled
            if (job := job_of(row["queue_name"], row["args"])) is not None and self._rescue_one(row["id"])
        )

    def _rescue_one(self, job_id: int) -> bool:
        again = {"retry_at": None, "new_priority": None, "new_queue_name": None, "new_lock": None}
        try:
            with self._conn.begin_nested():
                self._all("retry_job", job_id=job_id, **again)
        except UniqueViolation:
            # The same waits already: this one has nothing left to do.
            with self._conn.begin_nested():
                self._all("finish_job", job_id=job_id, status="failed", delete_job=True)
        except ConnectorException:
            # It ended, or somebody else rescued it, in this instant.
            return False
        return True

    def forget(self, older: timedelta) -> int:
        """Failed jobs of longer ago go. Returns how many."""
        return self._conn.execute(_FORGET, {"task": TASK, "older": older.total_seconds()}).rowcount

    def queues(self) -> tuple[Queue, ...]:
        """Every queue that holds anything, by name; other versions' too."""
        found: dict[str, dict[str, tuple[int, timedelta]]] = {}
        for row in self._conn.execute(_QUEUES):
            age = timedelta(seconds=max(0.0, float(row.seconds or 0)))
            found.setdefault(row.name, {})[row.status] = (row.number, age)
        return tuple(_queue(name, states) for name, states in found.items())

    def _all(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        statement = procrastinate.sql.queries[query]
        return _connector.execute_query_all_with_connection(self._driver(), statement, **arguments)

    def _driver(self) -> Any:
        return self._conn.connection.driver_connection


_PRIORITY = {JobKind.POSTS: 20, JobKind.LETTERS: 20, JobKind.DRAIN: 10}
"""Small things before large ones, and readers before chores; a higher number comes first."""


def job_of(queue: str, args: Mapping[str, Any]) -> Job | None:
    """The job that a row is, None where another version put it."""
    try:
        return Job(kind=JobKind(queue), about=str(args["about"]), place=int(args["place"]))
    except (ValueError, KeyError, TypeError):
        return None


def _queue(name: str, states: Mapping[str, tuple[int, timedelta]]) -> Queue:
    waiting, oldest_waiting = states.get("todo", (0, None))
    running, oldest_running = states.get("doing", (0, None))
    return Queue(
        name=name,
        waiting=waiting,
        running=running,
        failed=states.get("failed", (0, None))[0],
        oldest_waiting=oldest_waiting,
        oldest_running=oldest_running,
    )
