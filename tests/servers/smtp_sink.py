"""A real SMTP server on loopback that keeps what it took, and fails by script: also after the final dot."""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self


class Fault(StrEnum):
    """What goes wrong with one message."""

    NONE = "none"
    MAIL_LATER = "451 at MAIL"
    MAIL_CLOSING = "421 at MAIL, and the connection closes"
    DATA_LATER = "452 after the final dot"
    DATA_REFUSED = "554 after the final dot"
    DROP_BEFORE_DATA = "the connection drops at DATA"
    RESET_IN_BODY = "reset after the first line of the message"
    RESET_AFTER_DOT = "reset after the final dot, not taken"
    TAKEN_RESET = "taken, then reset after the final dot"
    TAKEN_HANG = "taken, then no reply"
    TAKEN_GARBAGE = "taken, then a reply that is none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One message that the server took: the envelope and the bytes as they came, dots undone."""

    sender: str
    reader: str
    content: bytes
    connection: int
    secure: bool
    user: str


class SmtpSink:
    """`with SmtpSink(...) as sink:` then `sink.port` and `sink.taken`."""

    def __init__(
        self,
        *,
        faults: Iterable[Fault] = (),
        replies: Mapping[str, str] | None = None,
        pipelining: bool = True,
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_at_once: bool = False,
        login_reply: str = "535 5.7.8 Authentication credentials invalid",
        sender_reply: str = "",
        greetings: Iterable[str] = (),
        opens_for_nobody: bool = False,
    ) -> None:
        """`faults`: one for each MAIL command, then none. `replies`: RCPT replies by address.

        `users` makes login a duty. `sender_reply`: the answer to every MAIL. `greetings`: one for each connection,
        then 220. `tls` alone offers STARTTLS. `opens_for_nobody`: DATA is opened without a reader, and then refused.
        """
        self._faults = iter(faults)
        self._greetings = iter(greetings)
        self.replies = dict(replies or {})
        self.pipelining = pipelining
        self.users = users
        self.tls = tls
        self.tls_at_once = tls_at_once
        self.login_reply = login_reply
        self.sender_reply = sender_reply
        self.opens_for_nobody = opens_for_nobody
        self.taken: list[Taken] = []
        self.connections = 0
        self.commands: list[str] = []
        self.complaints: list[str] = []
        """Lines that SMTP does not allow: empty at the end of every test."""
        self.before_final: Callable[[], object] = lambda: None
        """Runs when a message is there whole, before its final dot is answered."""
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        owner = self

        class Session(_Session):
            sink = owner

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def server_bind(self) -> None:
                # A small buffer: whoever writes on into a closed connection notices it soon.
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
                super().server_bind()

        self._server = Server(("127.0.0.1", 0), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

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

    def greeting(self) -> str:
        with self.lock:
            return next(self._greetings, "220 sink.example ESMTP")

    def next_fault(self) -> Fault:
        with self.lock:
            return next(self._faults, Fault.NONE)


class _Gone(Exception):
    """The connection is over."""


class _Session(socketserver.StreamRequestHandler):
    sink: SmtpSink
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with self.sink.lock:
            self.sink.connections += 1
            self._number = self.sink.connections
        self._secure, self._user = False, ""
        self._fault, self._sender, self._reader = Fault.NONE, "", ""
        try:
            if self.sink.tls_at_once:
                self._wrap()
            self._greet()
            while True:
                self._obey(self._line())
        except (_Gone, OSError):
            return

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            self.rfile.close()
            self.connection.close()

    def _greet(self) -> None:
        greeting = self.sink.greeting()
        self._say(greeting)
        if not greeting.startswith("220"):
            raise _Gone

    def _obey(self, line: str) -> None:
        verb = line[:4].upper().strip()
        with self.sink.lock:
            self.sink.commands.append(line)
        match verb:
            case "EHLO":
                self._ehlo()
            case "STAR":
                self._say("220 2.0.0 ready")
                self._wrap()
            case "AUTH":
                self._login(line)
            case "MAIL":
                self._mail(line)
            case "RCPT":
                self._rcpt(line)
            case "DATA":
                self._data()
            case "RSET":
                self._sender = self._reader = ""
                self._say("250 2.0.0 reset")
            case "QUIT":
                self._say("221 2.0.0 bye")
                raise _Gone
            case _:
                self._say("502 5.5.2 what?")

    def _ehlo(self) -> None:
        offers = ["sink.example", "SIZE 50000000"]
        if self.sink.pipelining:
            offers.append("PIPELINING")
        if self.sink.tls is not None and not self._secure:
            offers.append("STARTTLS")
        if self.sink.users is not None:
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _login(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        if (self.sink.users or {}).get(user) == password:
            self._user = user
            self._say("235 2.7.0 welcome")
        else:
            self._say(self.sink.login_reply)

    def _mail(self, line: str) -> None:
        self._fault = self.sink.next_fault()
        if self.sink.users is not None and not self._user:
            self._say("530 5.7.0 Authentication required")
        elif self.sink.sender_reply:
            self._say(self.sink.sender_reply)
        elif self._sender:
            self._say("503 5.5.1 nested MAIL command")
        elif self._fault is Fault.MAIL_LATER:
            self._say("451 4.3.0 try again later")
        elif self._fault is Fault.MAIL_CLOSING:
            self._say("421 4.3.2 closing")
            raise _Gone
        else:
            self._sender = line[len("MAIL FROM:<") :].split(">")[0]
            self._say("250 2.1.0 ok")

    def _rcpt(self, line: str) -> None:
        reader = line[len("RCPT TO:<") :].split(">")[0]
        reply = self.sink.replies.get(reader, "250 2.1.5 ok")
        if not self._sender:
            reply = "503 5.5.1 MAIL first"
        elif reply.startswith("25"):
            self._reader = reader
        self._say(reply)

    def _data(self) -> None:
        if self._fault is Fault.DROP_BEFORE_DATA:
            self._reset()
        if not self._reader:
            if self.sink.opens_for_nobody:
                self._say("354 go ahead")
                self._content()
            self._say("554 5.5.1 no valid recipients")
            return
        self._say("354 go ahead")
        if self._fault is Fault.RESET_IN_BODY:
            self.rfile.readline()
            self._reset()
        content = self._content()
        self._end(content)
        self._sender = self._reader = ""

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Gone
            if not line.endswith(b"\r\n") or len(line) > 1000:
                self.sink.complaints.append(repr(line[:100]))
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _end(self, content: bytes) -> None:
        fault = self._fault
        if fault in (Fault.NONE, Fault.TAKEN_RESET, Fault.TAKEN_HANG, Fault.TAKEN_GARBAGE):
            with self.sink.lock:
                self.sink.taken.append(
                    Taken(
                        sender=self._sender,
                        reader=self._reader,
                        content=content,
                        connection=self._number,
                        secure=self._secure,
                        user=self._user,
                    )
                )
        self.sink.before_final()
        if fault in (Fault.TAKEN_RESET, Fault.RESET_AFTER_DOT):
            self._reset()
        if fault is Fault.TAKEN_HANG:
            self.sink.stopped.wait(30)
            self._reset()
        words = {
            Fault.DATA_LATER: "452 4.3.1 no room now",
            Fault.DATA_REFUSED: f"554 5.7.1 <{self._reader}>: looks like spam",
            Fault.TAKEN_GARBAGE: "what?",
        }
        self._say(words.get(fault, "250 2.0.0 taken"))

    def _line(self) -> str:
        line = self.rfile.readline()
        if not line.endswith(b"\r\n"):
            raise _Gone
        return line.decode("ascii").rstrip("\r\n")

    def _say(self, words: str) -> None:
        self.connection.sendall(words.encode("ascii") + b"\r\n")

    def _wrap(self) -> None:
        assert self.sink.tls is not None
        self.connection = self.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self._secure = True

    def _reset(self) -> None:
        """Close so that the other side sees ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        raise _Gone
