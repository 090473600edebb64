"""What an HTTP answer says, and what goes wrong on the wire, in our words."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore
import httpx

from digest.model.errors import AdapterError, Permanent, Transient
from digest.model.health import Validators

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524})
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.I)
_LONGEST_WAIT = 86_400.0


def web_address(target: str, *, asked: str, base: httpx.URL | None = None) -> httpx.URL:
    """`target` (relative to `base`) as an http(s) URL with a host and no password; Permanent names what was asked."""
    place, there = without_query(asked), without_query(target)[:200]
    try:
        url = base.join(target) if base is not None else httpx.URL(target)
        usable = bool(target) and url.scheme in ("http", "https") and bool(url.host)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Permanent(f"{place}: leads to {there!r}, which is no address ({error})") from error
    if usable and url.userinfo:
        raise Permanent(f"{url.scheme}://…@{url.host}: addresses with a password are not fetched")
    if not usable:
        raise Permanent(f"{place}: leads to {there!r}; only http and https addresses are fetched")
    return url.copy_with(fragment=None)


def without_query(address: str) -> str:
    """An address as errors and logs may show it: its query may hold a key, what stands before "@" a password."""
    bare = re.split(r"[?#]", address, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//…@", bare)


def port_of(url: httpx.URL) -> int:
    """The port that `url` means."""
    return url.port or (443 if url.scheme == "https" else 80)


def status_line(response: httpx.Response) -> str:
    """Such as "404 Not Found"."""
    try:
        return f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return str(response.status_code)


def charset_of(response: httpx.Response) -> str | None:
    """The charset that the Content-Type header names."""
    found = _CHARSET.search(response.headers.get("content-type", ""))
    return found[1] if found else None


def validators_of(response: httpx.Response, *, before: Validators) -> Validators:
    """What to ask with next time; what the answer does not say stays as it was `before`."""
    return Validators(
        etag=(response.headers.get("etag") or before.etag or "")[:500] or None,
        last_modified=(response.headers.get("last-modified") or before.last_modified or "")[:100] or None,
    )


def wait_of(response: httpx.Response) -> float | None:
    """Seconds that the server asks us to wait, at most a day. A date is measured against the server's own clock."""
    written = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", written):
        return min(float(written), _LONGEST_WAIT)
    try:
        then, now = parsedate_to_datetime(written), parsedate_to_datetime(response.headers.get("date", ""))
        return min(max(0.0, (then - now).total_seconds()), _LONGEST_WAIT)
    except (ValueError, TypeError):
        return None


def body_of(response: httpx.Response, place: str) -> Iterator[bytes]:
    """The chunks of a body as they come, still compressed; errors of the wire as ours, naming `place`."""
    try:
        yield from response.iter_raw()
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise translated(place, error) from error


def translated(place: str, error: Exception) -> AdapterError:
    """An error of the wire as one of our tree: Permanent for a certificate that is not valid, else Transient."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Permanent(f"{place}: its certificate is not valid ({cause.verify_message}); check the address")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.TimeoutException):
        return Transient(f"{place}: no answer in time")
    return Transient(f"{place}: the connection failed ({error or type(error).__name__})")
