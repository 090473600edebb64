"""A real HTTP server on loopback that fails by script; what it takes and answers is a subclass's own."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.servers.sendgrid_api import TAKING, Fault, Taken

_RESETS = (Fault.RESET_BEFORE_BODY, Fault.RESET_AFTER_BODY, Fault.TAKEN_RESET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that was read whole. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the other side would answer if nothing went wrong on the way."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def server_bind(self) -> None:
        # A small buffer: whoever writes on into a closed connection notices it soon.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        super().server_bind()


class HttpDoor:
    """`with Subclass(...) as server:` then `server.url`, `server.taken`, `server.requests`."""

    def __init__(
        self,
        *,
        faults: Iterable[Fault] = (),
        refuse: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
        reply: Reply | None = None,
    ) -> None:
        """`faults` one per call, then none. `refuse`: addresses never taken. `headers` go with a 429.

        `reply`: answer every call with it, take nothing.
        """
        self._faults = iter(faults)
        self.refuse = {address.lower() for address in refuse}
        self.extra_headers = dict(headers or {})
        self.reply = reply
        self.taken: list[Taken] = []
        self.requests: list[Request] = []
        """Every request that was read whole, taken or not."""
        self.connections = 0
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            door = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def serve(self, request: Request, *, taking: bool) -> Reply:
        """Judge a request, keep its mail if `taking`, and say what to answer. The lock is held."""
        raise AssertionError("a subclass answers")

    def answer_to(self, request: Request) -> Reply:
        """What a GET is answered. The lock is held."""
        return Reply(status=200, body="nobody should come here")

    def too_many(self) -> Reply:
        """What "too many calls" looks like here."""
        return Reply(status=429, body={"message": "too many requests"}, headers=self.extra_headers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_fault(self) -> Fault:
        with self.lock:
            return next(self._faults, Fault.NONE)


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept open as the real front would keep it."""

    door: HttpDoor
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """An answer leaves as one packet."""

    def setup(self) -> None:
        super().setup()
        with self.door.lock:
            self.door.connections += 1

    def do_POST(self) -> None:
        fault = self.door.next_fault()
        if fault is Fault.RESET_BEFORE_BODY:
            self._reset()
            return
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        request = Request(
            path=self.path, headers={name.lower(): value for name, value in self.headers.items()}, raw=raw
        )
        with self.door.lock:
            self.door.requests.append(request)
            reply = self.door.reply or self.door.serve(request, taking=fault in TAKING)
        self._end(fault, reply)

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.door.lock:
            request = Request(path=self.path, headers=headers, raw=b"")
            self.door.requests.append(request)
            reply = self.door.reply or self.door.answer_to(request)
        self._answer(reply)

    def _end(self, fault: Fault, reply: Reply) -> None:
        if fault in _RESETS:
            self._reset()
        elif fault in (Fault.HANG, Fault.TAKEN_HANG):
            self.door.stopped.wait(30)
            self._reset()
        elif fault is Fault.TAKEN_GARBAGE:
            self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
            self.close_connection = True
        elif fault is Fault.TOO_MANY:
            self._answer(self.door.too_many())
        elif fault in (Fault.ERROR, Fault.TAKEN_ERROR):
            self._answer(Reply(status=500, body={"message": "internal server error"}))
        elif fault is Fault.UNAVAILABLE:
            self._answer(Reply(status=503, body={"message": "service unavailable"}))
        else:
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        body = json.dumps(reply.body).encode() if reply.body is not None else b""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close so that the other side sees ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *_: object) -> None:
        """Quiet."""
