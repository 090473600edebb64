"""What every request passes before a page sees it: headers on each answer, a cap on bodies, our own origin only.

Plain ASGI, one class for one rule. The order is `create_web`'s: headers outermost, so that a refusal has them too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1_000_000
"""Bytes of a request's body, at most."""

BASE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
"""Content-Security-Policy of every answer that does not bring a narrower one of its own."""

_FROM_ANYWHERE = re.compile(r"/u/[^/]+|/hooks/[^/]+|/subscribe/[^/]+(?:/embed)?|/api/v1/.*")
"""Mail programs post to /u/ (RFC 8058), and its page asks again for what is not one-click; providers post to /hooks/,
and a signature says who they are; a form on another site posts to /subscribe/, where nothing is known of who posts;
the API reads no cookie, only the token that its caller adds by hand."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_log = structlog.stdlib.get_logger("digest.web")

Refuse = Callable[[Request, int], Response]
"""The answer to what is refused. It may look into the database, so it is made beside the loop."""


def security_headers(base_url: str) -> Mapping[str, str]:
    """The headers of every answer."""
    headers = {
        "content-security-policy": BASE_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    if base_url.startswith("https:"):
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


class AnswerHeaders:
    """Adds headers that an answer does not have itself."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if "frame-ancestors http" in headers["content-security-policy"]:
                    # The older header knows no list of sites, and would forbid them all.
                    del headers["x-frame-options"]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Failures:
    """A defect becomes a page of ours and a line in the log: no trace for the reader, none lost for us."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            # Here and not in Starlette's own catch, which stands outside of everything that adds headers.
            _log.error("request.failed", error=type(error).__name__, exc_info=error)
            await self._refuse(Request(scope, receive), 500)(scope, receive, send)


class BodyCap:
    """Refuses a body of more than `LARGEST_BODY` bytes, announced or not, without keeping it."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > LARGEST_BODY:
            refusal = await run_in_threadpool(self._refuse, Request(scope, receive), 413)
            await refusal(scope, receive, send)
            return
        taken = 0

        async def receive_capped() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_capped, send)


class OwnOrigin:
    """Unsafe methods only from our own pages; no token in forms is needed, and no cookie (T10)."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse, base_url: str) -> None:
        self._app = app
        self._refuse = refuse
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE and not _FROM_ANYWHERE.fullmatch(scope["path"]):
            request = Request(scope, receive)
            if not from_own_page(request, self._base_url):
                refusal = await run_in_threadpool(self._refuse, request, 403)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def from_own_page(request: Request, base_url: str) -> bool:
    """True where the browser says that one of our pages sent this; a request that says nothing is not believed."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    base = urlsplit(base_url)
    # The address by which the browser knows us: the Host it asked for, or what a proxy in front is called.
    hosts = {request.headers.get("host", "").lower(), base.netloc.lower()}
    # A proxy in front speaks https where we do not.
    schemes = {request.url.scheme, base.scheme}
    came = urlsplit(origin or "")
    origin_is_ours = came.netloc.lower() in hosts and came.scheme.lower() in schemes and origin is not None
    if site in (None, "none"):
        return origin_is_ours
    return site == "same-origin" and (origin is None or origin_is_ours)
