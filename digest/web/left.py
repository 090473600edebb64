"""Imports that were given to these pages and that no clock sees: they are brought in here, after a while."""

from __future__ import annotations

import threading

import structlog

from digest.ports import App
from digest.workflow.clock.stopping import stoppable
from digest.workflow.readers.imports import carry_left_imports

EVERY = 10.0
"""Seconds between two looks."""
_log = structlog.stdlib.get_logger("digest.web")


class LeftImports:
    """A thread of a server of pages without a clock. A stop waits for the batch in hand, and the rest waits."""

    def __init__(self, app: App, *, every: float = EVERY) -> None:
        self._stopping = threading.Event()
        self._app = stoppable(app, self._stopping)
        self._every = every
        self._thread = threading.Thread(target=self._look, name="imports", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop_soon(self) -> None:
        """Begin nothing new, and wait for nobody who holds the database. May be called from a signal handler."""
        self._stopping.set()
        self._app.hurry()

    def stop(self, *, within: float) -> None:
        """Return when what is in hand is recorded, or after so many seconds."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within)

    def _look(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                carried = carry_left_imports(self._app)
            except Exception as error:  # noqa: BLE001 - a defect in one turn must not end the next
                _log.error("imports.failed", error=type(error).__name__, exc_info=error)
                continue
            for one in carried:
                _log.info("import.turn", job=one.id, state=one.state, rows=one.rows_done)
