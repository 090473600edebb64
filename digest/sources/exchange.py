"""Small exchanges with a service that the operator named: GET and POST through the same guard as everything fetched."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import httpcore
import httpx

from digest.model.errors import Permanent, Transient
from digest.sources.answers import body_of, port_of, status_line, translated, without_query
from digest.sources.guard import Guard
from digest.sources.wire import CheckedTransport, Deadline

SECONDS = 10.0
"""One exchange, from the look-up to the last byte."""
MAX_BYTES = 1_000_000


class Exchange:
    """Over https, to addresses of the open internet; `trusted` "host:port" pairs may be anywhere, and plain http.

    Redirects are not followed: what is posted there may be a secret.
    """

    def __init__(self, *, user_agent: str, trusted: Collection[str] = ()) -> None:
        self._user_agent = user_agent
        self._trusted = frozenset(pair.lower() for pair in trusted)
        self._guard = Guard(trusted=trusted)
        self._tls = httpx.create_ssl_context(trust_env=False)

    def __call__(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """The body of a good answer. Raises Transient and Permanent; messages name the address without its query."""
        target = httpx.URL(url)
        place = without_query(url)
        if target.scheme != "https" and f"{target.host}:{port_of(target)}" not in self._trusted:
            raise Permanent(f"{place}: only https is asked; name host:port in fetching.trusted if it is yours")
        sent = {"user-agent": self._user_agent, "accept": "application/json", "connection": "close", **(headers or {})}
        request = httpx.Request("GET" if form is None else "POST", target, headers=sent, data=form)
        deadline = Deadline(SECONDS)
        try:
            response = CheckedTransport(guard=self._guard, deadline=deadline, ssl_context=self._tls).handle_request(
                request
            )
            try:
                body = b""
                for part in body_of(response, place):
                    body += part
                    if len(body) > MAX_BYTES:
                        raise Permanent(f"{place}: more than {MAX_BYTES:,} bytes")
            finally:
                response.close()
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise translated(place, error) from error
        if response.status_code != 200:
            kind = Transient if response.status_code >= 500 else Permanent
            raise kind(f"{place}: answered {status_line(response)}")
        return body
