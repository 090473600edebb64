"""The connection under `fetch`: a transport for httpx that connects only to checked addresses, against one deadline."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator

import httpcore
import httpx

from digest.sources.guard import Guard

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Deadline:
    """An instant on the monotonic clock after which nothing is waited for any more."""

    def __init__(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, 0 where it has passed."""
        return max(0.0, self._end - self._monotonic())

    def extend(self, seconds: float) -> None:
        """Give back what was spent waiting for ourselves."""
        self._end += seconds

    def bound(self, timeout: float | None) -> float:
        """`timeout`, but no longer than is left. Raises httpcore.ReadTimeout where nothing is left."""
        left = self.left
        if left <= 0.0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A stream each of whose steps ends at the deadline, so that a server that drips bytes gains nothing."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.bound(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.bound(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """`server_hostname` is the name of the URL, never the address that was dialled: the certificate is its."""
        bounded = self._deadline.bound(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, bounded), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Looks a host up once, has every address checked, and dials what was checked: a second answer is never asked."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._guard.addresses(host, port, timeout=self._deadline.bound(timeout))
        failure: Exception | None = None
        for address in addresses[:4]:
            try:
                stream = self._inner.connect_tcp(
                    address, port, self._deadline.bound(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response, pool: httpcore.ConnectionPool) -> None:
        self._response = response
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
        self._pool.close()


class CheckedTransport(httpx.BaseTransport):
    """One request, one connection, no proxy, no cookies. Lets errors of httpcore and of the guard through."""

    def __init__(self, *, guard: Guard, deadline: Deadline, ssl_context: ssl.SSLContext) -> None:
        self._guard = guard
        self._deadline = deadline
        self._ssl_context = ssl_context

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the response must be closed, which closes the connection."""
        pool = httpcore.ConnectionPool(
            ssl_context=self._ssl_context,
            network_backend=_CheckedBackend(self._guard, self._deadline),
            max_connections=1,
        )
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.read(), extensions=request.extensions
        )
        try:
            response = pool.handle_request(asked)
        except BaseException:
            pool.close()
            raise
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response, pool), request=request)
