"""Servers that swallow mail as fast as Python can, each in a process of its own, for `benchmarks.delivery`.

They only count: what arrives is judged by the tests' servers, which are slower than what is measured here.
"""

from __future__ import annotations

import heapq
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

_ROOM = 1 << 18
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Sink:
    """A running server: `port`, and after the `with` block `taken`, the messages or calls that it counted."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken = 0


@contextmanager
def running(kind: str, latency_ms: int = 0) -> Iterator[Sink]:
    """`kind` is `smtp` or `http`; an HTTP call is answered after `latency_ms`."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.delivery_sinks", kind, str(latency_ms)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()))
        try:
            yield sink
        finally:
            process.stdin.close()
            sink.taken = int(process.stdout.readline() or 0)


class _Smtp:
    """One connection: MAIL, RCPT and DATA in any grouping, bodies up to the lone dot."""

    greeting = b"220 sink ESMTP\r\n"

    def __init__(self) -> None:
        self._buffer = b""
        self._in_body = False
        self.taken = 0

    def answer(self, read: bytes) -> bytes:
        """What to say to these bytes; empty where more have to come."""
        self._buffer += read
        said = []
        while True:
            if self._in_body:
                end = self._buffer.find(b"\r\n.\r\n", max(0, len(self._buffer) - len(read) - 4))
                if end < 0:
                    break
                self._buffer = self._buffer[end + 5 :]
                self._in_body = False
                self.taken += 1
                said.append(b"250 taken\r\n")
            line, end_of_line, rest = self._buffer.partition(b"\r\n")
            if not end_of_line:
                break
            self._buffer = rest
            verb = line[:4].upper()
            if verb == b"DATA":
                self._in_body = True
                said.append(b"354 go on\r\n")
            elif verb == b"EHLO":
                said.append(b"250-sink\r\n250-SIZE 50000000\r\n250 PIPELINING\r\n")
            else:
                said.append(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        return b"".join(said)


class _Http:
    """One kept connection: every POST is taken when its body is whole."""

    greeting = b""
    _REPLY = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink\r\nContent-Length: 0\r\n\r\n"

    def __init__(self) -> None:
        self._head = b""
        self._missing = 0
        self.taken = 0

    def answer(self, read: bytes) -> bytes:
        """As `_Smtp.answer`; bodies are not kept."""
        if not self._missing:
            self._head += read
            head, gap, body = self._head.partition(b"\r\n\r\n")
            found = _LENGTH.search(head)
            if not gap or found is None:
                return b""
            self._head, self._missing, read = b"", int(found[1]), body
        self._missing -= len(read)
        if self._missing:
            return b""
        self.taken += 1
        return self._REPLY


def _serve(made: Callable[[], _Smtp | _Http], latency: float) -> int:
    """Until standard input closes. Prints the port, returns how many were taken."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ)
    watch.register(sys.stdin, selectors.EVENT_READ)
    later: list[tuple[float, int, socket.socket, bytes]] = []
    order = count()
    everybody: list[_Smtp | _Http] = []
    while True:
        wait = max(0.0, later[0][0] - time.monotonic()) if later else None
        for key, _ in watch.select(wait):
            if key.fileobj is sys.stdin:
                return sum(one.taken for one in everybody)
            if key.fileobj is listener:
                line, _ = listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                everybody.append(made())
                line.sendall(everybody[-1].greeting)
                watch.register(line, selectors.EVENT_READ, everybody[-1])
                continue
            assert isinstance(key.fileobj, socket.socket)
            try:
                read = key.fileobj.recv(_ROOM)
            except ConnectionError:
                read = b""
            if not read:
                watch.unregister(key.fileobj)
                key.fileobj.close()
            elif reply := key.data.answer(read):
                heapq.heappush(later, (time.monotonic() + latency, next(order), key.fileobj, reply))
        while later and later[0][0] <= time.monotonic():
            _, _, line, reply = heapq.heappop(later)
            if line.fileno() != -1:
                line.sendall(reply)


if __name__ == "__main__":
    print(_serve(_Smtp if sys.argv[1] == "smtp" else _Http, int(sys.argv[2]) / 1000), flush=True)
