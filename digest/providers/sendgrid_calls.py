"""SendGrid's other calls, which mail nobody: batch ids, cancelling, suppression lists, looking a message up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from digest.model.errors import Permanent, Transient
from digest.providers.addresses import redacted
from digest.providers.answers import Answer, question_failure

_MEND = "provider.sendgrid.api_key, its rights, and provider.sendgrid.base_url"
_SEGMENT = re.compile(r"[A-Za-z0-9_./%-]+")


class SendGridCalls:
    """Asks the v3 API. Nothing here mails anybody, so whatever got no answer may be asked again.

    A client is made for each call: these are rare, and the package's own is not made for several threads.
    """

    def __init__(self, *, api_key: str, base_url: str, timeout: float) -> None:
        """`timeout` in seconds for every single wait; the package itself would wait for ever."""
        self._api_key = api_key
        self._base_url = base_url
        self._timeout = timeout

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, missing: Any = None) -> Any:
        """The JSON at `path` below /v3. Where there is none (404) and `missing` is given, that.

        Raises Transient, Permanent or Unauthorised.
        """
        return self._ask(path, lambda client: client.get(query_params=dict(query or {})), missing)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that a POST to `path` below /v3 is answered with. Raises Transient, Permanent or Unauthorised."""
        return self._ask(path, lambda client: client.post(request_body=dict(body) if body else None), None)

    def _ask(self, path: str, call: Callable[[Any], Any], missing: Any) -> Any:
        if not _SEGMENT.fullmatch(path):
            raise Permanent(f"SendGrid: {path!r} is no path that can be asked")
        api = SendGridAPIClient(api_key=self._api_key, host=self._base_url)
        api.client.timeout = self._timeout
        try:
            response = call(api.client._(path))
        except HTTPError as error:
            answer = _answer(error.status_code, error.headers, error.body)
            if answer.status == 404 and missing is not None:
                return missing
            raise question_failure("SendGrid", answer, mend=_MEND) from error
        except Exception as error:
            # Whatever the library lets through: nobody was mailed, so it is only ever a reason to ask again.
            reason = f"{type(error).__name__}: {redacted(str(error))}"[:300]
            raise Transient(
                f"SendGrid at {self._base_url} did not answer: {reason}. It will be asked again."
            ) from error
        answer = _answer(response.status_code, response.headers, response.body)
        if not 200 <= answer.status <= 299:
            raise question_failure("SendGrid", answer, mend=_MEND)
        return answer.json()


def _answer(status: int, headers: Any, content: bytes | None) -> Answer:
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Answer(status=status, headers=named, content=content or b"")
