"""A real HTTP server that receives webhooks, and misbehaves as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One post as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class HookReceiver:
    """What it was sent, and how it answers: `answers` are used up first, then 200."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    """drop: no answer; hang: none for long; endless: a body without an end; garbage: no HTTP."""
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it receives."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def pair(self) -> str:
        """host:port, to be trusted."""
        return f"127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        """webhook-id of each post, in the order they came."""
        return [one.headers["webhook-id"] for one in self.got]


@contextmanager
def receiving() -> Iterator[HookReceiver]:
    """A receiver on a free port of 127.0.0.1."""
    state, lock = HookReceiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            with lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                state.got.append(Got(path=self.path, headers=headers, body=body))
                status = state.answers.pop(0) if state.answers else 200
            self.close_connection = True
            if state.fault == "drop":
                return
            if state.fault == "hang":
                state.released.wait(30)
                return
            if state.fault == "garbage":
                self.wfile.write(b"\x00\x01 not http\r\n\r\n")
                return
            self.send_response(status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            if state.fault != "endless":
                self.send_header("content-length", "0")
            self.end_headers()
            try:
                while state.fault == "endless" and not state.released.is_set():
                    self.wfile.write(b"x" * 4096)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
