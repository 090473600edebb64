"""The `sendgrid` package's client, its connections kept: it tells what was certainly not sent from what is in doubt."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener, getproxies, proxy_bypass

from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from digest.model.errors import OutcomeUnknown, Transient
from digest.providers.addresses import redacted
from digest.providers.answers import Answer
from digest.providers.deadline import ends_after, longest

LIBRARY_LOGGERS = ("python_http_client", "python_http_client.client")
"""At DEBUG they write the API key and every address."""
LONGEST_IDLE = 4.0
"""Seconds that a connection may rest between two calls: a server that closes idle ones earlier is not known."""


class _Payload:
    """A request's body that does not let itself be printed: the package formats each one for a log that is off."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __repr__(self) -> str:
        return f"[{len(self.content)} bytes]"


class _Text:
    """The JSON of a call. The package takes a text for what is not plain `application/json`, and encodes it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def encode(self, _encoding: str) -> _Payload:
        """The bytes that are sent."""
        return _Payload(self._text.encode("ascii"))


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would come back as a GET to elsewhere, and hide what became of the POST."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class _Line:
    """One kept connection to the API; a new one where it has rested too long, or the server has let go of it."""

    def __init__(self, base_url: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self._host = parts.netloc
        self._timeout = timeout
        self._tls = tls
        self._connection: HTTPConnection | None = None
        self._used = 0.0
        self._spent = False
        """Half a request went out by it: nothing can follow."""
        self.socket: socket.socket | None = None
        """What the last call went out by."""
        # Behind a proxy the standard library's own opener does it: a new connection for each call.
        self.behind_proxy = parts.scheme in getproxies() and not proxy_bypass(parts.hostname or "")

    def ask(self, request: Request) -> HTTPResponse:
        """The answer. Raises URLError where the request's last byte was certainly not handed over."""
        connection = self._ready()
        headers = dict(request.header_items()) | {"Host": self._host}
        try:
            try:
                if connection.sock is None:
                    connection.connect()
                # Kept here: the connection forgets its socket where the answer is the last one, before it is read.
                self.socket = connection.sock
            except (OSError, HTTPException) as error:
                raise URLError(error) from error
            try:
                connection.request(request.get_method(), request.selector, request.data, headers)
            except (OSError, HTTPException) as error:
                response = self._early(connection, error)
            else:
                response = connection.getresponse()
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()
        return response

    def _early(self, connection: HTTPConnection, error: Exception) -> HTTPResponse:
        """A no that came while we were still writing: a proxy knows by the headers that a call is too large.

        Raises URLError where none did, or where it is anything else: half a request cannot have been taken.
        """
        self._spent = True
        try:
            response = connection.getresponse()
        except (OSError, HTTPException) as silence:
            raise URLError(error) from silence
        if not 400 <= response.status <= 499:
            raise URLError(error) from error
        return response

    def close(self) -> None:
        """Let go of the connection."""
        self._spent = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ready(self) -> HTTPConnection:
        kept = self._connection
        if kept is not None and (self._spent or time.monotonic() - self._used > LONGEST_IDLE or _is_over(kept)):
            self.close()
        if self._connection is None:
            if self._secure:
                self._connection = HTTPSConnection(self._host, timeout=self._timeout, context=self._tls)
            else:
                self._connection = HTTPConnection(self._host, timeout=self._timeout)
        return self._connection


def _is_over(connection: HTTPConnection) -> bool:
    """True where the server has closed it, or says what nobody asked for."""
    if connection.sock is None:
        return True
    watch = select.poll()
    watch.register(connection.sock, select.POLLIN)
    return bool(watch.poll(0))


class _CarefulClient(Client):  # type: ignore[misc]  # the package has no types
    """The package's client without redirects, on a kept connection. A path segment makes a new one of this class."""

    line: _Line

    def _build_client(self, name: str | None = None) -> _CarefulClient:
        client = _CarefulClient(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )
        client.line = self.line
        return client

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Any:
        body: object = request.data
        if isinstance(body, _Payload):
            request.data = body.content
        if self.line.behind_proxy:
            return super()._make_request(build_opener(_NoRedirect), request, timeout=timeout)
        return self.line.ask(request)


class Wire:
    """One client, for one call at a time. `post` returns what answer came, or raises Transient or OutcomeUnknown."""

    def __init__(self, api_key: str, base_url: str, timeout: float, *, tls: ssl.SSLContext | None = None) -> None:
        """`timeout` in seconds, for every single wait: the package would wait for ever. `deadline` ends the whole.

        `tls` None: the system's certificates.
        """
        self._api = SendGridAPIClient(api_key=api_key, host=base_url)
        headers = self._api.client.request_headers | {"Content-Type": "application/json; charset=utf-8"}
        self._api.client = _CarefulClient(host=base_url, request_headers=headers, version=3, timeout=timeout)
        self._line = self._api.client.line = _Line(base_url, timeout, tls)
        self._base_url = base_url
        self._longest = longest(timeout)

    def post(self, content: str) -> Answer:
        """POST /v3/mail/send with a body of JSON in ASCII.

        A call that ends in a URLError has not handed over its last byte (`sendall` failed before), so it was
        certainly not taken. Whatever fails later comes bare, and leaves a doubt.
        """
        try:
            with ends_after(self._longest, lambda: self._line.socket):
                response = self._api.client.mail.send.post(request_body=_Text(content))
        except HTTPError as error:
            return _answer(error.status_code, error.headers, error.body)
        except URLError as error:
            reason = redacted(str(error.reason))
            raise Transient(
                f"SendGrid at {self._base_url} was not reached: {reason}. It will be tried again."
            ) from error
        except Exception as error:  # after a byte has left, any surprise at all is a doubt and never a retry
            self.close()
            raise OutcomeUnknown(
                f"SendGrid at {self._base_url} did not answer: {type(error).__name__}: {redacted(str(error))}. "
                "Taken or not: only its events can tell."
            ) from error
        return _answer(response.status_code, response.headers, response.body)

    def close(self) -> None:
        """Let go of the connection; the next call opens a new one."""
        self._line.close()


def _answer(status: int, headers: Any, content: bytes | None) -> Answer:
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Answer(status=status, headers=named, content=content or b"")


def quiet_library() -> None:
    """Keep the package's loggers at INFO or above, whatever the root logger says (P10)."""
    for name in LIBRARY_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
