"""The port `Jobs` where no engine is: nothing is put, nothing stands."""

from __future__ import annotations

from datetime import timedelta

from digest.model.job import Job, Queue


class NoJobs:
    """Whoever finds something due does it."""

    def put(self, *jobs: Job) -> int:
        """Nothing; returns 0."""
        return 0

    def standing(self) -> frozenset[Job]:
        """Nothing."""
        return frozenset()

    def rescue(self, silent: timedelta) -> tuple[Job, ...]:
        """Nothing."""
        return ()

    def forget(self, older: timedelta) -> int:
        """Nothing; returns 0."""
        return 0

    def queues(self) -> tuple[Queue, ...]:
        """Nothing."""
        return ()
