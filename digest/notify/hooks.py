"""HookDoor: the way out to those who want to be told: signed as Standard Webhooks says, never into our own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore
import httpx

from digest import __version__
from digest.model.errors import AdapterError, DigestError, Permanent, Transient

MOST_READ = 16_384
"""Bytes of an answer that are read at most; what it says does not matter, only that it came."""
_LATER = frozenset({408, 409, 425, 429})

Open = Callable[[], httpx.BaseTransport]
"""A transport for one post, which connects only where it may (T5)."""
Check = Callable[[str, int], None]
"""Raises Permanent for a host and port that are never asked."""


class Signer:
    """The port `HookDoor`. `key` makes the endpoints' secrets; `trusted` holds the operator's own host:port pairs."""

    def __init__(
        self,
        *,
        key: bytes,
        open_transport: Open,
        check_host: Check,
        trusted: Collection[str] = (),
        timeout: float = 10.0,
    ) -> None:
        self._key = key
        self._open = open_transport
        self._check_host = check_host
        self._trusted = frozenset(pair.lower() for pair in trusted)
        self._timeout = timeout

    def check(self, url: str) -> None:
        """Raises DigestError for an address that would never be posted to."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
        except ValueError as error:
            raise DigestError(f"that is no address of the web: {error}") from error
        if (
            parts.scheme not in ("http", "https")
            or not host
            or not url.isascii()
            or not url.isprintable()
            or " " in url
        ):
            raise DigestError("a webhook is posted to an https address, such as https://hooks.example/digest")
        if parts.username is not None or parts.fragment:
            raise DigestError("an address with a name, a password or a # in it is not posted to; a path may be secret")
        if parts.scheme != "https" and f"{host}:{port}".lower() not in self._trusted:
            raise DigestError(f"{host}: only https is posted to; `webhooks.trusted` names what is yours")
        try:
            self._check_host(host, port)
        except AdapterError as error:
            raise DigestError(f"{error}; `webhooks.trusted` names what is yours") from error

    def secret(self, salt: bytes, generation: int) -> str:
        """whsec_ and base64 of 32 bytes, made of our key: what lies in the database signs nothing."""
        made = hmac.digest(self._key, b"%b\0%d" % (salt, generation), "sha256")
        return "whsec_" + base64.b64encode(made).decode()

    def post(self, url: str, body: bytes, *, key: str, secrets: Sequence[str], now: datetime) -> None:
        """One try. Raises Transient or Permanent, naming no address; `raw` of a Permanent is the status."""
        try:
            self.check(url)
        except DigestError as error:
            raise Permanent("the address is one that is not posted to any more; look at `webhooks.trusted`") from error
        headers = {
            "content-type": "application/json",
            "user-agent": f"digest/{__version__}",
            "connection": "close",
            **signed(key, body, secrets, now),
        }
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        request = httpx.Request("POST", url, content=body, headers=headers, extensions={"timeout": timeout})
        try:
            with self._open() as transport, closing(transport.handle_request(request)) as response:
                status, wait = response.status_code, response.headers.get("retry-after", "")
                self._read(response)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpx.HTTPError) as error:
            raise Transient(f"no answer ({type(error).__name__})") from error
        if 200 <= status < 300:
            return
        if status in _LATER or status >= 500:
            raise Transient(f"answered {status}", retry_after=_seconds(wait, now))
        # A redirect is not followed: where it leads to was never checked, and the post is not for it.
        raise Permanent(f"answered {status}", raw=str(status), retry_after=_seconds(wait, now))

    def _read(self, response: httpx.Response) -> None:
        taken = 0
        for chunk in response.iter_raw():
            taken += len(chunk)
            if taken >= MOST_READ:
                break


def signed(key: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0: a signature by each secret, parted by spaces."""
    seconds = str(int(now.timestamp()))
    content = b".".join((key.encode(), seconds.encode(), body))
    made = [
        "v1," + base64.b64encode(
            hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
        ).decode()
        for secret in secrets
    ]  # fmt: skip
    return {"webhook-id": key, "webhook-timestamp": seconds, "webhook-signature": " ".join(made)}


def _seconds(text: str, now: datetime) -> float | None:
    if text.isdecimal() and len(text) < 8:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds()) if text else None
    except (ValueError, TypeError):
        return None
