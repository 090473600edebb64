"""The one door to the web: polite, bounded in time and size, and unable to reach anything that is not public."""

from __future__ import annotations

import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore
import httpx

from digest.model.errors import AdapterError, Permanent, Transient
from digest.sources.guard import Guard
from digest.sources.inflate import ACCEPTED, Inflate
from digest.sources.pace import Pace
from digest.sources.robots import MAX_BYTES as ROBOTS_BYTES
from digest.sources.robots import Rules, read_robots
from digest.sources.wire import CheckedTransport, Deadline

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, */*;q=0.8"
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.I)
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ROBOTS_SECONDS = 86_400.0
_LONGEST_WAIT = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "anything new?" with; both are sent back word for word."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one fetch; times in seconds, sizes in bytes after decompression."""

    connect_s: float = 5.0
    read_s: float = 10.0
    request_s: float = 20.0
    """All redirects of one try together."""
    source_s: float = 45.0
    """All tries together, waits included."""
    max_bytes: int = 5_000_000
    redirects: int = 5
    retries: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer. `unchanged` means 304: there is no content and all is well."""

    url: str
    """Where it was found in the end, after redirects."""
    content: bytes
    charset: str | None
    validators: Validators
    unchanged: bool = False
    moved_to: str | None = None
    """The new address, where every redirect on the way said that it is for good."""


class Fetcher:
    """Fetches public http and https addresses. One for the whole program; safe to use from many threads.

    `user_agent` names the program and a contact, `digest/0.1 (+https://…)`; its first word is the robots.txt name.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
        robots: bool = True,
        ssl_context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._user_agent = user_agent
        self._guard = guard or Guard()
        self._limits = limits or Limits()
        self._pace = pace or Pace()
        self._robots = robots
        self._ssl_context = ssl_context
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rules: dict[str, tuple[float, Rules]] = {}

    def get(self, url: str, *, validators: Validators | None = None, accept: str = ACCEPT) -> Fetched:
        """Fetch `url`, trying again after a passing failure.

        Raises Transient (with `retry_after` where the server named a time) or Permanent; messages name the address.
        """
        whole = Deadline(self._limits.source_s, monotonic=self._monotonic)
        for attempt in range(self._limits.retries + 1):
            try:
                return self._follow(url, validators or Validators(), accept, whole)
            except Transient as error:
                wait = (
                    error.retry_after if error.retry_after is not None else 0.5 * 2**attempt * random.uniform(0.5, 1.5)
                )
                if attempt == self._limits.retries or wait >= min(10.0, whole.left):
                    raise
                self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _follow(self, url: str, validators: Validators, accept: str, whole: Deadline) -> Fetched:
        """One try: the address and its redirects, each checked as if it were the first."""
        deadline = Deadline(min(self._limits.request_s, whole.left), monotonic=self._monotonic)
        here = _address(url, url)
        moved_for_good = True
        for hop in range(self._limits.redirects + 1):
            self._ask_leave(here, whole)
            headers = self._headers(accept, validators if hop == 0 else Validators())
            with closing(self._send(here, headers, deadline)) as response:
                if response.status_code not in _REDIRECTS:
                    content, unchanged = self._content(
                        here, response, deadline, asked=hop == 0 and validators != Validators()
                    )
                    return Fetched(
                        url=str(here),
                        content=content,
                        charset=_charset(response),
                        validators=_validators(response, validators if unchanged else Validators()),
                        unchanged=unchanged,
                        moved_to=str(here) if hop and moved_for_good else None,
                    )
                moved_for_good = moved_for_good and response.status_code in (301, 308)
                target = response.headers.get("location", "")
            here = _address(target, url, base=here)
        raise Permanent(f"{url}: more than {self._limits.redirects} redirects; check the address")

    def _headers(self, accept: str, validators: Validators) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, "Accept": accept, "Accept-Encoding": ACCEPTED, "Connection": "close"}
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    def _ask_leave(self, url: httpx.URL, whole: Deadline) -> None:
        """Wait for the host's turn and obey its robots.txt. Fetching robots.txt and the page is one visit."""
        self._guard.check_host(url.host, _port(url))
        rules = self._robots_of(url, whole) if self._robots else Rules()
        if not rules.allows(str(url)):
            raise Permanent(f"{url}: its robots.txt does not allow it; ask the publisher, or leave this source out")
        self._pace.wait(f"{url.host}:{_port(url)}", at_least=rules.delay, patience=whole.left)

    def _robots_of(self, url: httpx.URL, whole: Deadline) -> Rules:
        place = f"{url.scheme}://{url.netloc.decode('ascii')}"
        with self._lock:
            known = self._rules.get(place)
        if known is not None and known[0] > self._monotonic():
            return known[1]
        rules = self._read_robots(httpx.URL(f"{place}/robots.txt"), whole)
        with self._lock:
            self._rules[place] = (self._monotonic() + _ROBOTS_SECONDS, rules)
        return rules

    def _read_robots(self, url: httpx.URL, whole: Deadline) -> Rules:
        """Rules of one host: 4xx means that it has none, a server error that we may not go on now (RFC 9309)."""
        deadline = Deadline(min(self._limits.request_s, whole.left), monotonic=self._monotonic)
        here = url
        for _ in range(self._limits.redirects + 1):
            self._guard.check_host(here.host, _port(here))
            with closing(self._send(here, self._headers("text/plain", Validators()), deadline)) as response:
                status = response.status_code
                if status in _REDIRECTS:
                    target = response.headers.get("location", "")
                elif status == HTTPStatus.OK:
                    text = self._read_capped(here, response, deadline, ROBOTS_BYTES).decode("utf-8", "replace")
                    return read_robots(text, agent=re.split(r"[/\s]", self._user_agent, maxsplit=1)[0])
                elif status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
                    raise Transient(
                        f"{here}: answered {status}, so the site may not be read now",
                        retry_after=_retry_after(response),
                    )
                else:
                    return Rules()
            here = _address(target, str(url), base=here)
        return Rules()

    def _read_capped(self, url: httpx.URL, response: httpx.Response, deadline: Deadline, limit: int) -> bytes:
        """The beginning of a body: what lies beyond `limit` is left unread, without complaint."""
        inflate = Inflate(response.headers.get("content-encoding", ""), limit=8 * limit, place=str(url))
        content = bytearray()
        for chunk in _chunks(response, str(url)):
            content += inflate.feed(chunk)
            if len(content) >= limit or not deadline.left:
                break
        return bytes(content[:limit])

    def _send(self, url: httpx.URL, headers: dict[str, str], deadline: Deadline) -> httpx.Response:
        """The response with its body still unread. Must be closed."""
        timeout = {
            "connect": self._limits.connect_s,
            "read": self._limits.read_s,
            "write": self._limits.read_s,
            "pool": 1.0,
        }
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})
        transport = CheckedTransport(guard=self._guard, deadline=deadline, ssl_context=self._tls())
        try:
            return transport.handle_request(request)
        except Exception as error:
            raise _translated(str(url), error) from error

    def _tls(self) -> ssl.SSLContext:
        """Built once, on first use: reading the certificates takes some 20 ms."""
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = httpx.create_ssl_context(trust_env=False)
            return self._ssl_context

    def _content(
        self, url: httpx.URL, response: httpx.Response, deadline: Deadline, *, asked: bool
    ) -> tuple[bytes, bool]:
        """(content, unchanged) of a final answer, or the error that its status stands for."""
        status = response.status_code
        if status == HTTPStatus.NOT_MODIFIED and asked:
            return b"", True
        if status != HTTPStatus.OK:
            said = _phrase(status)
            if status in _TRANSIENT:
                raise Transient(f"{url}: answered {said}", retry_after=_retry_after(response))
            raise Permanent(f"{url}: answered {said}; check the address")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limits.max_bytes:
            raise Permanent(f"{url}: {int(length):,} bytes; at most {self._limits.max_bytes:,} are read")
        inflate = Inflate(response.headers.get("content-encoding", ""), limit=self._limits.max_bytes, place=str(url))
        content = bytearray()
        for chunk in _chunks(response, str(url)):
            content += inflate.feed(chunk)
            if not deadline.left:
                raise Transient(f"{url}: took longer than {self._limits.request_s:.0f} s")
        if not inflate.complete:
            raise Transient(f"{url}: its compressed body broke off")
        return bytes(content), False


def _chunks(response: httpx.Response, place: str) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except Exception as error:
        raise _translated(place, error) from error


def _translated(place: str, error: Exception) -> Exception:
    """An error of the wire as one of our tree; anything else as it is."""
    if isinstance(error, AdapterError):
        return error
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Permanent(f"{place}: its certificate is not valid ({cause.verify_message}); check the address")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.TimeoutException):
        return Transient(f"{place}: no answer in time")
    if isinstance(error, (httpcore.NetworkError, httpcore.ProtocolError)):
        return Transient(f"{place}: the connection failed ({error or type(error).__name__})")
    return error


def _address(target: str, asked: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """`target` as an http(s) URL with a host and without credentials; Permanent names the address that was asked."""
    try:
        url = base.join(target) if base is not None else httpx.URL(target)
        usable = url.scheme in ("http", "https") and bool(url.host)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Permanent(f"{asked}: leads to {target[:200]!r}, which is no address ({error})") from error
    if not target or not usable:
        raise Permanent(f"{asked}: leads to {target[:200]!r}; only http and https addresses are fetched")
    if url.userinfo:
        raise Permanent(f"{asked.split('//')[0]}//…@{url.host}: addresses with a password are not fetched")
    return url.copy_with(fragment=None)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _charset(response: httpx.Response) -> str | None:
    found = _CHARSET.search(response.headers.get("content-type", ""))
    return found[1] if found else None


def _validators(response: httpx.Response, before: Validators) -> Validators:
    return Validators(
        etag=(response.headers.get("etag") or before.etag or "")[:500] or None,
        last_modified=(response.headers.get("last-modified") or before.last_modified or "")[:100] or None,
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks us to wait, at most a day. A date is measured against the server's own clock."""
    written = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", written):
        return min(float(written), _LONGEST_WAIT)
    try:
        then, now = parsedate_to_datetime(written), parsedate_to_datetime(response.headers.get("date", ""))
        return min(max(0.0, (then - now).total_seconds()), _LONGEST_WAIT)
    except (ValueError, TypeError):
        return None
