"""A real HTTP server on loopback that speaks `/v3/mail/send`, keeps what it took, and fails by script."""

from __future__ import annotations

import json
import random
import socket
import ssl
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.servers.sendgrid_account import SendGridAccount
from tests.servers.sendgrid_rules import problems

KEY = "SG.loopback-only.not-a-secret"


class Fault(StrEnum):
    """How a call ends. The `TAKEN_…` ones keep the mail first: only the answer is lost."""

    NONE = "none"
    TOO_MANY = "429"
    ERROR = "500"
    UNAVAILABLE = "503"
    HANG = "hang"
    RESET_BEFORE_BODY = "reset before the body is read"
    RESET_AFTER_BODY = "reset after the body is read"
    TAKEN_ERROR = "taken, then 500"
    TAKEN_HANG = "taken, then hang"
    TAKEN_RESET = "taken, then reset"
    TAKEN_GARBAGE = "taken, then an answer that is no HTTP"


FAULTS = tuple(Fault)[1:]
TAKING = frozenset({Fault.NONE, Fault.TAKEN_ERROR, Fault.TAKEN_HANG, Fault.TAKEN_RESET, Fault.TAKEN_GARBAGE})
_RESETS = (Fault.RESET_BEFORE_BODY, Fault.RESET_AFTER_BODY, Fault.TAKEN_RESET)


def seeded(seed: int, share: float, kinds: tuple[Fault, ...] = FAULTS) -> Iterator[Fault]:
    """Endless: each call is faulty with probability `share`. The same seed gives the same faults."""
    dice = random.Random(seed)
    while True:
        yield dice.choice(kinds) if dice.random() < share else Fault.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One reader's mail as SendGrid would write it: substituted."""

    email: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    custom_args: dict[str, str]
    message_id: str


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        # A small buffer: whoever writes on into a closed connection notices it soon.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        super().server_bind()


class SendGridServer:
    """`with SendGridServer(...) as server:` then `server.url`, `server.taken`, `server.bodies`."""

    def __init__(
        self,
        *,
        faults: Iterable[Fault] = (),
        refuse: Iterable[str] = (),
        headers: dict[str, str] | None = None,
        status: int | None = None,
        tls: ssl.SSLContext | None = None,
        on: str = "127.0.0.1",
    ) -> None:
        """`faults` one per call, then none. `refuse`: addresses that make a 400. `headers` go with a 429.

        `status`: answer every call with it, take nothing. `tls`: speak nothing else.
        `on`: the address to listen on.
        """
        self.lines: list[socket.socket] = []
        """Every connection there was, in order."""
        self._faults = iter(faults)
        self._refuse = {address.lower() for address in refuse}
        self.extra_headers = headers or {}
        self.account = SendGridAccount()
        self.status = status
        self.answers_after = 0.0
        """Seconds between having read a mail and saying so."""
        self.taken: list[Taken] = []
        self.bodies: list[dict[str, Any]] = []
        """Every body that was read whole, taken or not."""
        self.script: list[Fault] = []
        """The faults played so far, one per call."""
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            server_side = owner

        self._server = _Server((on, 0), Handler)
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self._server.server_address[0]!s}:{self._server.server_address[1]}"

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
        with self._lock:
            fault = next(self._faults, Fault.NONE)
            self.script.append(fault)
            return fault

    def judge(self, body: dict[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a body, refused addresses included."""
        with self._lock:
            self.bodies.append(body)
        found = problems(body)
        for place, person in enumerate(body.get("personalizations", ())):
            email = person["to"][0]["email"] if person.get("to") else ""
            if email.lower() in self._refuse:
                found.append((f"personalizations.{place}.to.0.email", f"{email} does not contain a valid address."))
        return found

    def take(self, body: dict[str, Any]) -> str:
        """Keep the mail of every reader in the call; returns the message id."""
        parts = {part["type"]: part["value"] for part in body["content"]}
        with self._lock:
            message_id = f"call-{len(self.script)}"
            for person in body["personalizations"]:
                table = person.get("substitutions", {})
                self.taken.append(
                    Taken(
                        email=person["to"][0]["email"],
                        subject=substituted(body["subject"], table),
                        text=substituted(parts.get("text/plain", ""), table),
                        html=substituted(parts.get("text/html", ""), table),
                        # The documentation leaves open whether these are merged with the root's: here they are not.
                        headers=person.get("headers") or body.get("headers", {}),
                        custom_args=person.get("custom_args", {}),
                        message_id=message_id,
                    )
                )
        return message_id


class _Handler(BaseHTTPRequestHandler):
    """One connection, as SendGrid's front would keep it."""

    server_side: SendGridServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server_side.lines.append(self.connection)

    def do_POST(self) -> None:
        if self.path != "/v3/mail/send" and self.server_side.status is None:
            self._account("POST")
            return
        fault = self.server_side.next_fault()
        if fault is Fault.RESET_BEFORE_BODY:
            self._reset()
            return
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server_side.status is not None:
            self._answer(self.server_side.status, [("", "as told")], {"Location": "/elsewhere"})
        elif self.headers["Authorization"] != f"Bearer {KEY}":
            self._answer(401, [("", "authorization required")])
        else:
            self._mail_send(fault, raw)

    def do_GET(self) -> None:
        self._account("GET")

    def _account(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self._answer(401, [("", "authorization required")])
            return
        status, told = self.server_side.account.answer(method, self.path, raw)
        self._send(status, json.dumps(told).encode(), self.server_side.extra_headers if status == 429 else {})

    def _mail_send(self, fault: Fault, raw: bytes) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            self._answer(400, [("", "Bad Request")])
            return
        found = self.server_side.judge(body)
        if found and fault in TAKING:
            self._answer(400, found)
            return
        sandbox = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable", False)
        message_id = self.server_side.take(body) if fault in TAKING and not sandbox else ""
        self.server_side.stopped.wait(self.server_side.answers_after)
        self._end(fault, message_id, 200 if sandbox else 202)

    def _end(self, fault: Fault, message_id: str, status: int) -> None:
        if fault in _RESETS:
            self._reset()
        elif fault in (Fault.HANG, Fault.TAKEN_HANG):
            self.server_side.stopped.wait(30)
            self._reset()
        elif fault is Fault.TAKEN_GARBAGE:
            self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
            self.close_connection = True
        elif fault is Fault.TOO_MANY:
            self._answer(429, [("", "too many requests")], self.server_side.extra_headers)
        elif fault in (Fault.ERROR, Fault.TAKEN_ERROR):
            self._answer(500, [("", "internal server error")])
        elif fault is Fault.UNAVAILABLE:
            self._answer(503, [("", "service unavailable")])
        else:
            self._answer(status, [], {"X-Message-Id": message_id})

    def _answer(self, status: int, errors: list[tuple[str, str]], headers: dict[str, str] | None = None) -> None:
        told = {"errors": [{"message": message, "field": field or None, "help": None} for field, message in errors]}
        self._send(status, json.dumps(told).encode() if errors else b"", headers or {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
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


def substituted(text: str, table: dict[str, str]) -> str:
    """As the documentation describes it: every tag, wherever it stands. The order is nobody's promise."""
    for tag in sorted(table):
        text = text.replace(tag, table[tag])
    return text
