"""A real HTTP server on loopback whose every path is a function of the test."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Answer:
    """What a path answers. `body` may be endless; then there is no Content-Length."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[], Iterator[bytes]] = b""


@dataclass(slots=True)
class Asked:
    """A request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str]


class Site:
    """A running server: set `answers`, read `asked`. Every path that is not set answers 404."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the test reads `asked`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Nothing: clients that hang up are a part of these tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.root = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def paths(self) -> list[str]:
        """Paths asked for so far, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = Asked(handler.path, {name.lower(): value for name, value in handler.headers.items()})
        self.asked.append(asked)
        answer = self.answers.get(handler.path, Answer(status=404))
        if not isinstance(answer, Answer):
            answer = answer(asked)
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if isinstance(answer.body, bytes):
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        for chunk in (answer.body,) if isinstance(answer.body, bytes) else answer.body():
            handler.wfile.write(chunk)


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site for the time of a test."""
    site = Site(context)
    try:
        yield site
    finally:
        site.close()
