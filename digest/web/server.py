"""`digest serve`: the web pages, and the clock if wanted, until somebody says stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from digest.logs import configure_logs
from digest.model.errors import DigestError
from digest.settings import Settings
from digest.web.app import create_web
from digest.web.later import LateClock
from digest.web.left import LeftImports
from digest.wiring import GRACE_SECONDS, errors_told, open_app

_log = structlog.stdlib.get_logger("digest.serve")


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 8025, scheduler: bool = True) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in hand and return.

    Raises DigestError where the port cannot be had; nothing is sent before it is ours.
    """
    configure_logs()
    with errors_told(settings), listening(host, port) as listener, open_app(settings) as app:
        clockwork = LateClock(app, settings) if scheduler else None
        # A clock brings imports in, too; one on another machine may not see the files that are given to these pages.
        beside: LateClock | LeftImports = clockwork or LeftImports(app)
        web = create_web(app, settings, clockwork=clockwork, later=True)
        stopping = beside.stop_soon

        def begin() -> None:
            # The clock first: it heals what was missed while no process ran.
            beside.start()
            # Whoever is told to stop at once loads nothing more.
            if not server.should_exit:
                web.state.rooms.open()
                web.state.warm()

        server = _Server(_config(web), stopping, begin)
        _log.info("serving", url=_url(listener), scheduler=scheduler)
        try:
            server.run(sockets=[listener])
        finally:
            server.opened()
            beside.stop(within=GRACE_SECONDS)
            _log.info("stopped")
        if server.failed is not None:
            raise server.failed


def _config(web: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # We use neither the client's address nor a forwarded host, so nobody can forge them (T30).
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
    )


class _Server(uvicorn.Server):
    """Begins the rest of the house once it serves, and stops the clock first.

    It returns after a signal, where uvicorn would send it to the process once more.
    """

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None], begin: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._begin = begin
        self._beginning = threading.Thread(target=self._begin_or_end, name="begin", daemon=True)
        self.failed: BaseException | None = None
        """Why the rest could not begin: the server ends then."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """From now on it serves; the rest of the house begins beside it."""
        await super().startup(sockets)
        if self.started:
            self._beginning.start()

    def opened(self) -> None:
        """Wait until the rest has begun, where it was asked to."""
        if self._beginning.ident is not None:
            self._beginning.join()

    def _begin_or_end(self) -> None:
        try:
            self._begin()
        except BaseException as error:  # noqa: BLE001 - raised again where the server has ended
            self.failed = error
            self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._stopping()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours until the server has ended; then as they were."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The port, taken before anything else is opened. Raises DigestError where somebody else has it."""
    with contextlib.ExitStack() as stack:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            # With the protocol named: asyncio sets TCP_NODELAY only then, and without it each answer takes 40 ms more.
            listener = stack.enter_context(socket.socket(family, kind, protocol or socket.IPPROTO_TCP))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            raise DigestError(
                f"{host}:{port} cannot be listened on: {error.strerror or error}; choose another with --host and --port"
            ) from error
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
