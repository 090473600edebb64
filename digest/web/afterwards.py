"""Work that is done after the answer, so that neither its words nor its time say what came of it (T15)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

MOST_WAITING = 10_000
"""Pieces of work that may wait; beyond it a page says that we are busy."""

_log = structlog.stdlib.get_logger("digest.web")


class Afterwards:
    """One thread that does what pages leave to it, in order. What fails is logged, and nothing else is held up."""

    def __init__(self, name: str = "afterwards") -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Pieces of work that are not done yet."""
        return self._waiting

    def do(self, work: Callable[[], object]) -> bool:
        """Leave it for later; False where too much waits already, or the process is about to end."""
        with self._lock:
            if self._closed or self._waiting >= MOST_WAITING:
                return False
            self._waiting += 1
            self._pool.submit(self._run, work)
        return True

    def close(self) -> None:
        """Do what waits, and then no more."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True)

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whoever asked has their answer; the log is all that is left
            _log.error("afterwards.failed", error=type(error).__name__, exc_info=error)
        finally:
            with self._lock:
                self._waiting -= 1
