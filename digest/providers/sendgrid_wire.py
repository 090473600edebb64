"""The `sendgrid` package's HTTP client, made careful: it tells what was certainly not sent from what is in doubt."""

from __future__ import annotations

import logging
from http.client import HTTPMessage
from typing import IO, Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from digest.model.errors import OutcomeUnknown, Transient
from digest.providers.addresses import redacted
from digest.providers.answers import Answer

LIBRARY_LOGGERS = ("python_http_client", "python_http_client.client")
"""At DEBUG they write the API key and every address."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would come back as a GET to elsewhere, and hide what became of the POST."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class _CarefulClient(Client):  # type: ignore[misc]  # the package has no types
    """The package's client without redirects. A path segment makes a new client: of this class too."""

    def _build_client(self, name: str | None = None) -> _CarefulClient:
        return _CarefulClient(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Any:
        return super()._make_request(build_opener(_NoRedirect), request, timeout=timeout)


class Wire:
    """One thread's client. `post` returns whatever answer came, or raises Transient or OutcomeUnknown."""

    def __init__(self, api_key: str, base_url: str, timeout: float) -> None:
        """`timeout` in seconds, for every single wait: the package itself would wait for ever."""
        self._api = SendGridAPIClient(api_key=api_key, host=base_url)
        self._api.client = _CarefulClient(
            host=base_url, request_headers=self._api.client.request_headers, version=3, timeout=timeout
        )
        self._base_url = base_url

    def post(self, body: dict[str, Any]) -> Answer:
        """POST /v3/mail/send.

        urllib wraps what fails while it connects and writes in a URLError, and nothing else: a call that ends in
        one has not handed over its last byte (`sendall` failed before), so it was certainly not taken. Whatever
        fails later comes bare, and leaves a doubt.
        """
        try:
            response = self._api.send(body)
        except HTTPError as error:
            return _answer(error.status_code, error.headers, error.body)
        except URLError as error:
            reason = redacted(str(error.reason))
            raise Transient(
                f"SendGrid at {self._base_url} was not reached: {reason}. It will be tried again."
            ) from error
        except Exception as error:  # after a byte has left, any surprise at all is a doubt and never a retry
            raise OutcomeUnknown(
                f"SendGrid at {self._base_url} did not answer: {type(error).__name__}: {redacted(str(error))}. "
                "Taken or not: only its events can tell."
            ) from error
        return _answer(response.status_code, response.headers, response.body)


def _answer(status: int, headers: Any, content: bytes | None) -> Answer:
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Answer(status=status, headers=named, content=content or b"")


def quiet_library() -> None:
    """Keep the package's loggers at INFO or above, whatever the root logger says (P10)."""
    for name in LIBRARY_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
