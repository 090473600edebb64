"""Is the process alive, and could it do its work: two pages for whoever watches the machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from fastapi import APIRouter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from digest.model.errors import DigestError
from digest.ports import App
from digest.store import schema

FAILS = timedelta(seconds=90)
"""A clock whose sweeps fail for so long does not do its work: the disk is full, the database locked or gone."""


class Clockwork(Protocol):
    """What the pages want to know of the scheduler, where it runs in this process."""

    @property
    def alive(self) -> bool:
        """True while its thread runs."""

    @property
    def swept_at(self) -> datetime | None:
        """When the last sweep ended well."""

    @property
    def since(self) -> datetime:
        """When it was made."""

    @property
    def failing_since(self) -> datetime | None:
        """When the first sweep failed after the last that ended well, None where that one was good."""

    @property
    def sweeps(self) -> int:
        """Sweeps that ended well."""

    @property
    def failures(self) -> int:
        """Sweeps that did not."""


class Readiness:
    """Asks the database; holds a connection pool of its own, so that a busy app cannot make it look gone."""

    def __init__(self, app: App, engine: Engine, clockwork: Clockwork | None = None) -> None:
        self._app = app
        self._clockwork = clockwork
        self._engine = engine

    def checks(self) -> dict[str, str]:
        """`ok` or what is wrong, by name; never what the error said, which may hold an address."""
        return {**self._database(), **self._clock()}

    def _clock(self) -> dict[str, str]:
        """The scheduler of this process. What cannot be written, on a full disk or behind a lock, ends its sweeps."""
        if self._clockwork is None:
            return {}
        if not self._clockwork.alive:
            return {"clock": "is not running"}
        failing = self._clockwork.failing_since
        # A sweep that sends for an hour is no failure: only those count that ended in an error.
        if failing is not None and self._app.clock() - failing > FAILS:
            return {"clock": f"its sweeps fail since {failing:%Y-%m-%d %H:%M} UTC: digest doctor; the log"}
        return {"clock": "ok"}

    def _database(self) -> dict[str, str]:
        try:
            with self._app.read() as tx:
                tx.runs.recent(1)
            current = schema.current(self._engine)
        except (DigestError, SQLAlchemyError) as error:
            return {"database": f"cannot be read ({type(error).__name__})", "schema": "unknown"}
        newest = schema.newest()
        # Ahead of us while a newer version takes over: migrations only add, and these pages work on.
        if current is not None and current >= newest:
            return {"database": "ok", "schema": "ok"}
        return {"database": "ok", "schema": f"is at {current}, this version needs {newest}: start it again to upgrade"}

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()


def health_pages(readiness: Readiness) -> APIRouter:
    """`/health/live` and `/health/ready`."""
    router = APIRouter()

    @router.api_route("/health/live", methods=["GET", "HEAD"])
    def live() -> Response:
        return JSONResponse({"status": "live"})

    @router.api_route("/health/ready", methods=["GET", "HEAD"])
    def ready() -> Response:
        checks = readiness.checks()
        good = all(found == "ok" for found in checks.values())
        return JSONResponse({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503)

    return router
