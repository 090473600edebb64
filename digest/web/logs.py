"""The log of requests: which page, how it went and how long it took; never which address."""

from __future__ import annotations

import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

_log = structlog.stdlib.get_logger("digest.web")


class AccessLog:
    """One line for a request: which page, not which address, so that no token can stand in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Made here, never taken from a header: a stranger's words do not stand in our log.
        bind_contextvars(request=secrets.token_hex(6))
        begun = time.perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            milliseconds = round((time.perf_counter() - begun) * 1000, 1)
            # The pattern of the page (`/u/{token}`). What no page took is not written: it may be a broken link.
            page = getattr(scope.get("route"), "path", "-")
            _log.info("request", method=scope["method"], page=page, status=status, ms=milliseconds)
