"""What is loaded after the server listens: the desk, the API and the clock. A reader's first page waits for none of it.

They hold what composes, reads sources and signs people in: more than a second of loading. Whoever asks for the desk or
the API before they are there waits for them, and nobody else does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.ports import App
from digest.settings import Settings

if TYPE_CHECKING:
    from digest.scheduler import Scheduler

BELOW = ("/desk", "/api")
"""Addresses that the late rooms answer."""


class LateRooms:
    """Routers that are made when somebody asks for them, once."""

    def __init__(self, web: FastAPI, make: Callable[[], Iterable[APIRouter]]) -> None:
        self._web = web
        self._make = make
        self._lock = threading.Lock()
        self._opened = False

    @property
    def opened(self) -> bool:
        """True where they are there."""
        return self._opened

    def open(self) -> None:
        """Make them, unless they are there; whoever comes meanwhile waits."""
        with self._lock:
            if not self._opened:
                for router in self._make():
                    self._web.include_router(router)
                self._opened = True


class LateDoor:
    """Opens the late rooms before a request that is for them goes on."""

    def __init__(self, app: ASGIApp, *, rooms: Callable[[], LateRooms]) -> None:
        self._app = app
        self._rooms = rooms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(BELOW) and not self._rooms().opened:
            await run_in_threadpool(self._rooms().open)
        await self._app(scope, receive, send)


class LateClock:
    """The scheduler of this process, from before it is loaded; what `Clockwork` says is so from then on."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._since = app.clock()
        self._lock = threading.Lock()
        self._inner: Scheduler | None = None
        self._stopping = False

    def start(self) -> None:
        """Load it and begin, unless it was stopped before."""
        from digest.aside import aside
        from digest.scheduler import Scheduler

        with self._lock:
            if not self._stopping:
                self._inner = Scheduler(replace(self._app, aside=aside(self._settings)))
                self._inner.start()

    def stop_soon(self) -> None:
        """Begin nothing new from now on. Returns at once, and may be called from a signal handler."""
        self._stopping = True
        self._app.hurry()
        if self._inner is not None:
            self._inner.stop_soon()

    def stop(self, *, within: float) -> bool:
        """As the scheduler's: False where something still runs."""
        self.stop_soon()
        with self._lock:
            return self._inner is None or self._inner.stop(within=within)

    @property
    def alive(self) -> bool:
        """True while its thread runs."""
        return self._inner is not None and self._inner.alive

    @property
    def swept_at(self) -> datetime | None:
        """When the last sweep ended well, None before the first."""
        return self._inner.swept_at if self._inner is not None else None

    @property
    def since(self) -> datetime:
        """When this process began."""
        return self._since

    @property
    def failing_since(self) -> datetime | None:
        """When the first sweep failed after the last that ended well, None where that one was good."""
        return self._inner.failing_since if self._inner is not None else None

    @property
    def sweeps(self) -> int:
        """Sweeps that ended well."""
        return self._inner.sweeps if self._inner is not None else 0

    @property
    def failures(self) -> int:
        """Sweeps that did not."""
        return self._inner.failures if self._inner is not None else 0
