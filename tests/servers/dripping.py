"""A server that takes a request and drips its answer, a byte at a time, so that no single wait is long."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType


class Dripping:
    """`with Dripping() as server`: `server.url`; `finished` is set once an answer has gone out whole."""

    def __init__(self, *, every: float = 0.1, answer: bytes | None = None) -> None:
        """`every` in seconds. `answer` None: a status line and a header, a minute long in all."""
        self._every = every
        self._answer = answer or b"HTTP/1.1 202 Accepted\r\nX-Pad: " + b"y" * 600
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._leaving = threading.Event()
        self.finished = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Dripping:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(10)
                said = b""
                while b"\r\n\r\n" not in said:
                    said += connection.recv(65_536)
                for place in range(len(self._answer)):
                    if self._leaving.wait(self._every):
                        return
                    connection.sendall(self._answer[place : place + 1])
                self.finished.set()
