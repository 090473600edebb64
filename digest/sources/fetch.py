"""The one door to the web: polite, bounded in time and size, and unable to reach anything that is not public."""

from __future__ import annotations

import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus

import httpcore
import httpx

from digest.model.errors import Disallowed, NotAsked, Permanent, Transient
from digest.model.health import Validators
from digest.sources.answers import (
    REDIRECTS,
    TRANSIENT,
    body_of,
    charset_of,
    port_of,
    status_line,
    translated,
    validators_of,
    wait_of,
    web_address,
    without_query,
)
from digest.sources.guard import Guard
from digest.sources.inflate import ACCEPTED, Inflate, unpacked
from digest.sources.pace import Pace
from digest.sources.robots import MAX_BYTES as ROBOTS_BYTES
from digest.sources.robots import Rules, read_robots
from digest.sources.wire import CheckedTransport, Deadline

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, */*;q=0.8"
_ROBOTS_SECONDS = 86_400.0
_SHORT_WAIT = 10.0
"""A longer Retry-After is left to the next collect, in seconds."""

__all__ = ["Fetched", "Fetcher", "Limits", "Validators"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one fetch; times in seconds, sizes in bytes after decompression."""

    connect_s: float = 5.0
    read_s: float = 10.0
    request_s: float = 20.0
    """One answer, from the look-up of the host to the last byte; a redirect begins anew."""
    source_s: float = 45.0
    """All tries with their redirects together; the wait for the host's turn, which is ours, does not count."""
    queue_s: float = 120.0
    """Longest wait for a host's turn; whoever would wait longer is not asked this time."""
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
        heard: Callable[[Mapping[str, str]], None] = lambda _: None,
    ) -> None:
        """`heard` is shown the headers of every answer."""
        self._user_agent = user_agent
        self._guard = guard or Guard()
        self._limits = limits or Limits()
        self._pace = pace or Pace()
        self._robots = robots
        self._ssl_context = ssl_context
        self._sleep = sleep
        self._monotonic = monotonic
        self._heard = heard
        self._lock = threading.Lock()
        self._rules: dict[str, tuple[float, Rules]] = {}
        self._asking: dict[str, Future[Rules]] = {}

    def get(self, url: str, *, validators: Validators | None = None, accept: str = ACCEPT) -> Fetched:
        """Fetch `url`, trying again after a passing failure.

        Raises Transient (with `retry_after` where the server named a time) or Permanent; messages name the address,
        without its query, which may hold a key.
        """
        whole = Deadline(self._limits.source_s, monotonic=self._monotonic)
        attempt = 0
        while True:
            try:
                return self._follow(url, validators or Validators(), accept, whole)
            except NotAsked:
                raise
            except Transient as error:
                wait = error.retry_after
                if wait is None:
                    wait = 0.5 * 2**attempt * random.uniform(0.5, 1.5)
                if attempt >= self._limits.retries or wait >= min(_SHORT_WAIT, whole.left):
                    raise
            attempt += 1
            self._sleep(wait)

    def _follow(self, url: str, validators: Validators, accept: str, whole: Deadline) -> Fetched:
        """One try: the address and its redirects, each checked as if it were the first."""
        here = web_address(url, asked=url)
        for_good = True
        for hop in range(self._limits.redirects + 1):
            self._ask_leave(here, whole)
            # Begun after the wait for the host's turn, which is ours and not the server's slowness.
            deadline = Deadline(min(self._limits.request_s, whole.left), monotonic=self._monotonic)
            headers = self._headers(accept, validators if hop == 0 else Validators())
            with closing(self._send(here, headers, deadline)) as response:
                if response.status_code not in REDIRECTS:
                    moved = str(here) if hop and for_good else None
                    return self._fetched(here, response, deadline, validators if hop == 0 else Validators(), moved)
                for_good = for_good and response.status_code in (301, 308)
                target = response.headers.get("location", "")
            here = web_address(target, asked=url, base=here)
        raise Permanent(f"{without_query(url)}: more than {self._limits.redirects} redirects; check the address")

    def _fetched(
        self, url: httpx.URL, response: httpx.Response, deadline: Deadline, sent: Validators, moved: str | None
    ) -> Fetched:
        """The final answer, or the error that its status stands for. `sent` are the validators that it answers."""
        unchanged = response.status_code == HTTPStatus.NOT_MODIFIED and sent != Validators()
        return Fetched(
            url=str(url),
            content=b"" if unchanged else self._content(url, response, deadline),
            charset=charset_of(response),
            validators=validators_of(response, before=sent if unchanged else Validators()),
            unchanged=unchanged,
            moved_to=moved,
        )

    def _headers(self, accept: str, validators: Validators) -> dict[str, str]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": accept,
            "Accept-Encoding": ACCEPTED,
            "Connection": "close",
        }
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    def _ask_leave(self, url: httpx.URL, whole: Deadline) -> None:
        """Obey the host's robots.txt and wait for its turn; robots.txt is fetched in a turn of its own."""
        self._guard.check_host(url.host, port_of(url))
        rules = self._rules_of(url, whole) if self._robots else Rules()
        if not rules.allows(str(url)):
            place = without_query(str(url))
            raise Disallowed(f"{place}: its robots.txt does not allow it; ask the publisher, or leave this source out")
        self._take_turn(url, whole, at_least=rules.delay)

    def _take_turn(self, url: httpx.URL, whole: Deadline, *, at_least: float = 0.0) -> None:
        """One request to one host at a time, whatever its port or scheme."""
        whole.extend(self._pace.wait(url.host.lower(), at_least=at_least, patience=self._limits.queue_s))

    def _rules_of(self, url: httpx.URL, whole: Deadline) -> Rules:
        """What the host's robots.txt says to us, kept for a day. Who comes meanwhile waits for that answer."""
        host = f"{url.scheme}://{url.netloc.decode('ascii')}"
        with self._lock:
            known = self._rules.get(host)
            if known is not None and known[0] > self._monotonic():
                return known[1]
            asked = self._asking.get(host)
            mine = asked or self._asking.setdefault(host, Future())
        if asked is None:
            self._answer_robots(host, mine, whole)
            return mine.result()
        began = self._monotonic()
        try:
            return asked.result()
        except (Transient, Permanent) as error:
            raise type(error)(str(error), retry_after=error.retry_after) from error
        finally:
            whole.extend(self._monotonic() - began)

    def _answer_robots(self, host: str, asking: Future[Rules], whole: Deadline) -> None:
        """Fetch it for all who wait; an error is theirs too, and is not remembered."""
        try:
            rules = self._read_robots(httpx.URL(f"{host}/robots.txt"), whole)
        except BaseException as error:  # noqa: BLE001  # whatever it is, nobody may be left waiting for ever
            with self._lock:
                del self._asking[host]
            asking.set_exception(error)
            return
        with self._lock:
            self._rules[host] = (self._monotonic() + _ROBOTS_SECONDS, rules)
            del self._asking[host]
        asking.set_result(rules)

    def _read_robots(self, url: httpx.URL, whole: Deadline) -> Rules:
        """Rules of one host: 4xx means that it has none, a server error that we may not go on now (RFC 9309)."""
        here = url
        for _ in range(self._limits.redirects + 1):
            self._take_turn(here, whole)
            deadline = Deadline(min(self._limits.request_s, whole.left), monotonic=self._monotonic)
            with closing(self._send(here, self._headers("text/plain", Validators()), deadline)) as response:
                status = response.status_code
                if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise Transient(
                        f"{here}: answered {status_line(response)}, so the site may not be read now",
                        retry_after=wait_of(response),
                    )
                if status == HTTPStatus.OK:
                    text = self._beginning(here, response, deadline).decode("utf-8", "replace")
                    return read_robots(text, agent=re.split(r"[/\s]", self._user_agent, maxsplit=1)[0])
                if status not in REDIRECTS:
                    return Rules()
                target = response.headers.get("location", "")
            here = web_address(target, asked=str(url), base=here)
        return Rules()

    def _beginning(self, url: httpx.URL, response: httpx.Response, deadline: Deadline) -> bytes:
        """The beginning of a robots.txt: what lies beyond the cap is left unread, without complaint."""
        inflate = Inflate(response.headers.get("content-encoding", ""), limit=8 * ROBOTS_BYTES, place=str(url))
        content = bytearray()
        for chunk in body_of(response, str(url)):
            content += inflate.feed(chunk)
            if len(content) >= ROBOTS_BYTES or not deadline.left:
                break
        return bytes(content[:ROBOTS_BYTES])

    def _send(self, url: httpx.URL, headers: dict[str, str], deadline: Deadline) -> httpx.Response:
        """The response with its body still unread. Must be closed."""
        limits = self._limits
        timeout = {"connect": limits.connect_s, "read": limits.read_s, "write": limits.read_s, "pool": 1.0}
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})
        transport = CheckedTransport(guard=self._guard, deadline=deadline, ssl_context=self._tls())
        try:
            response = transport.handle_request(request)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise translated(without_query(str(url)), error) from error
        self._heard(response.headers)
        return response

    def _tls(self) -> ssl.SSLContext:
        """Built once, on first use: reading the certificates takes some 20 ms."""
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = httpx.create_ssl_context(trust_env=False)
            return self._ssl_context

    def _content(self, url: httpx.URL, response: httpx.Response, deadline: Deadline) -> bytes:
        """The body of an answer that is a success, decompressed under the cap."""
        place = without_query(str(url))
        if response.status_code != HTTPStatus.OK:
            if response.status_code in TRANSIENT:
                raise Transient(f"{place}: answered {status_line(response)}", retry_after=wait_of(response))
            raise Permanent(f"{place}: answered {status_line(response)}; check the address")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limits.max_bytes:
            raise Permanent(f"{place}: {int(length):,} bytes; at most {self._limits.max_bytes:,} are read")
        inflate = Inflate(response.headers.get("content-encoding", ""), limit=self._limits.max_bytes, place=place)
        content = bytearray()
        for chunk in body_of(response, place):
            content += inflate.feed(chunk)
            if not deadline.left:
                raise Transient(f"{place}: took longer than {self._limits.request_s:.0f} s")
        if not inflate.complete:
            raise Transient(f"{place}: its compressed body broke off")
        return unpacked(bytes(content), limit=self._limits.max_bytes, place=place)
