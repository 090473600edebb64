"""CORS: scripts of sites that the operator names may call the API from a browser, nobody else's, without cookies."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.web.api.problems import is_api

_METHODS = "GET, HEAD, POST, PATCH, DELETE"
_HEADERS = "authorization, content-type, idempotency-key, if-none-match"
_SHOWN = "etag, location, ratelimit, ratelimit-policy, retry-after, idempotency-replayed"


class Cors:
    """Adds the headers for the API alone. `allowed` are origins such as https://news.example."""

    def __init__(self, app: ASGIApp, *, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin", "") if scope["type"] == "http" else ""
        if origin not in self._allowed or not is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = {
                "access-control-allow-origin": origin,
                "access-control-allow-methods": _METHODS,
                "access-control-allow-headers": _HEADERS,
                "access-control-max-age": "600",
                "vary": "Origin",
            }
            await Response(status_code=204, headers=headers)(scope, receive, send)
            return

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = origin
                headers["access-control-expose-headers"] = _SHOWN
                headers["cross-origin-resource-policy"] = "cross-origin"
                headers.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_with_origin)
