"""HTTP over kept connections, made careful: it tells what was certainly not sent from what is in doubt."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import httpcore
import httpx

from digest.model.errors import OutcomeUnknown, Transient
from digest.providers.addresses import redacted
from digest.providers.answers import Answer
from digest.providers.deadline import ends_after, longest

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
_LONGEST_ANSWER = 2_000_000
"""Bytes of an answer that are read; 500 readers' results need a tenth of it."""


class _Body:
    """A request's body that knows whether its last byte has been handed over.

    The transport asks for the next piece only after it has written the one before: where it has asked for one
    after the last, the kernel holds the whole body. Before that, nobody can have read a complete request.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        self.handed_over = True


@dataclass(slots=True, kw_only=True)
class _Kept:
    """A client of one connection, and the stream that it goes out by."""

    client: httpx.Client
    stream: httpcore.NetworkStream | None = None

    def note(self, event: str, said: Mapping[str, object]) -> None:
        """httpcore tells here of each step of a call; of a connection that was made, its stream."""
        if event in _CONNECTED and isinstance(found := said.get("return_value"), httpcore.NetworkStream):
            self.stream = found

    def socket(self) -> socket.socket | None:
        """The socket, where one was opened."""
        found = self.stream.get_extra_info("socket") if self.stream is not None else None
        return found if isinstance(found, socket.socket) else None


class Poster:
    """One provider's HTTP client. `post` returns whatever answer came, or raises Transient or OutcomeUnknown.

    Thread-safe. No redirects (a redirected POST hides what became of it) and no retries.

    Each call has a connection to itself. A pool that threads share asks now and then whether a connection is idle and
    can be read, and closes it as given up by the server; between the two questions another thread may have sent on it
    and been answered (httpcore 1.0). What was taken was then called a doubt.
    """

    def __init__(self, who: str, base_url: str, *, timeout: float, connections: int) -> None:
        """`who` names the provider in messages. `timeout` in seconds, for every single wait; `deadline` ends the whole.

        `connections` are kept.
        """
        self._who = who
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._connections = connections
        self._lock = Lock()
        self._idle: list[_Kept] = []
        self._closings = 0
        self._tls: ssl.SSLContext | None = None

    def post(self, path: str, *, headers: Mapping[str, str], content: bytes) -> Answer:
        """POST `content` to `path` below the base URL."""
        body = _Body(content)
        sizes = {"Content-Length": str(len(content)), "Accept": "application/json"}
        try:
            with (
                self._connection() as kept,
                ends_after(longest(self._timeout), kept.socket),
                kept.client.stream(
                    "POST",
                    f"{self._base_url}{path}",
                    headers={**headers, **sizes},
                    content=body,
                    extensions={"trace": kept.note},
                ) as response,
            ):
                answer = Answer(status=response.status_code, headers=response.headers, content=_read(response))
        except Exception as error:
            raise self._lost(error, body) from error
        if not body.handed_over and not 400 <= answer.status <= 499:
            # An answer to half a request: it cannot have been taken, whatever it says.
            raise Transient(f"{self._who} at {self._base_url} answered {answer.status} before it had read the call.")
        return answer

    def get(self, path: str, *, headers: Mapping[str, str]) -> Answer:
        """GET `path` below the base URL. Raises Transient where no answer comes: nobody is mailed by it."""
        try:
            with (
                self._connection() as kept,
                ends_after(longest(self._timeout), kept.socket),
                kept.client.stream(
                    "GET", f"{self._base_url}{path}", headers=dict(headers), extensions={"trace": kept.note}
                ) as response,
            ):
                return Answer(status=response.status_code, headers=response.headers, content=_read(response))
        except Exception as error:
            reason = f"{type(error).__name__}: {redacted(str(error))}"[:300]
            raise Transient(f"{self._who} at {self._base_url} did not answer: {reason}. Asked again later.") from error

    def close(self) -> None:
        """Let go of the kept connections. The next `post` opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closings += 1
        for one in idle:
            one.client.close()

    @contextmanager
    def _connection(self) -> Iterator[_Kept]:
        """A client of one connection for one call, kept for the next one unless we were closed meanwhile."""
        with self._lock:
            one = self._idle.pop() if self._idle else self._opened()
            closings = self._closings
        try:
            yield one
        finally:
            with self._lock:
                kept = closings == self._closings and len(self._idle) < self._connections
                if kept:
                    self._idle.append(one)
            if not kept:
                one.client.close()

    def _opened(self) -> _Kept:
        # Reading the list of authorities takes 20 ms: once for all of them.
        self._tls = self._tls or httpx.create_ssl_context()
        only = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        return _Kept(client=httpx.Client(timeout=self._timeout, limits=only, follow_redirects=False, verify=self._tls))

    def _lost(self, error: Exception, body: _Body) -> Transient | OutcomeUnknown:
        reason = f"{type(error).__name__}: {redacted(str(error))}"[:300]
        if not body.handed_over:
            return Transient(f"{self._who} at {self._base_url} was not reached: {reason}. It will be tried again.")
        return OutcomeUnknown(
            f"{self._who} at {self._base_url} did not answer: {reason}. Taken or not: only its events can tell."
        )


def _read(response: httpx.Response) -> bytes:
    """The answer's body, as far as anybody would want to read it."""
    pieces, size = [], 0
    for piece in response.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > _LONGEST_ANSWER:
            break
    return b"".join(pieces)[:_LONGEST_ANSWER]
