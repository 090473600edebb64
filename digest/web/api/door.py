"""The door of the API: who asks, may they, how often, and has the same been asked before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digest.model.api_token import ApiToken
from digest.model.errors import Unauthorised
from digest.ports import App
from digest.web.api.problems import Problem, problem_of
from digest.web.api.rates import Buckets, Taken
from digest.web.api.table import BY_ADDRESS, ROOT, Entry
from digest.web.clients import Clients
from digest.workflow.readers.readership import Unfit
from digest.workflow.staff.tokens import recognise

REFUSALS_PER_MINUTE = 60
"""Requests without a good token that one client may make in a minute; then it is told to wait, unread."""
AT_WORK = timedelta(minutes=2)
"""A request under an Idempotency-Key that has not ended after so long died: the next one takes its place."""
KEPT_TAGS = frozenset({"lists", "segments", "editions", "archive"})
"""What may be kept by the caller and asked for again by its ETag; of readers nothing is kept on the way."""
_BEARER = re.compile(r"bearer +([!-~]{1,200})", re.IGNORECASE)
_KEY = re.compile(r"[!-~]{1,200}")

_log = structlog.stdlib.get_logger("digest.web")
Page = TypeVar("Page", bound=Callable[..., Any])


def _token_of(request: Request) -> ApiToken:
    token: ApiToken = request.state.token
    return token


Caller = Annotated[ApiToken, Depends(_token_of)]
"""The token that asks. The door has looked at it already."""


class Door:
    """Makes the routes of the table, and lets requests through to them."""

    def __init__(self, app: App, clients: Clients, *, per_minute: int) -> None:
        self.app = app
        self.router = APIRouter()
        self._clients = clients
        self._rates = Buckets(per_minute)
        self._refusals = Buckets(REFUSALS_PER_MINUTE)
        self._route = _route_through(self)

    def on(self, method: str, path: str, *, status: int = 200, **more: Any) -> Callable[[Page], Page]:
        """Serve an address of the table by this function. An address that is not in the table is a KeyError."""
        entry = BY_ADDRESS[method, path]

        def register(page: Page) -> Page:
            self.router.add_api_route(
                f"{ROOT}{path}", page, methods=[method], status_code=status, summary=entry.says, tags=[entry.tag],
                operation_id=page.__name__, route_class_override=self._route, **more,
            )  # fmt: skip
            return page

        return register

    async def enter(self, entry: Entry, request: Request, answer: Answer, known: frozenset[str]) -> Response:
        """Let one request through, or say why not. Every answer but a 401 says how often the token may still ask.

        `known` are the names that may stand behind the question mark.
        """
        said: dict[str, str] = {}
        try:
            token, taken = await run_in_threadpool(self._admit, request)
            said = self._rate_headers(taken)
            if not taken.allowed:
                raise Problem(429, "this token asks too often; wait", retry_after=str(max(1, taken.wait)))
            _check_scopes(entry, token)
            _check_query(request, known)
            request.state.token = token
            response = await self._once(request, token, answer)
            if entry.method == "GET" and entry.tag in KEPT_TAGS and response.status_code == 200:
                response = _unless_unchanged(request, response)
        except Exception as error:
            found = problem_of(error)
            if found is None:
                raise
            if found.status_code >= 500:
                _log.error("api.failed", page=entry.path, error=type(error).__name__)
            response = found
        for name, value in said.items():
            response.headers[name] = value
        return response

    def _admit(self, request: Request) -> tuple[ApiToken, Taken]:
        now, client = self.app.clock(), self._clients.of(request)
        match = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
        try:
            if match is None:
                raise Unauthorised("there is no token: send `Authorization: Bearer dgt_…`")
            token = recognise(self.app, match[1])
        except Unauthorised as error:
            refused = self._refusals.take(client, now)
            if not refused.allowed:
                raise Problem(
                    429, "too many requests without a good token; wait", retry_after=str(max(1, refused.wait))
                ) from None
            raise Problem(401, str(error), www_authenticate="Bearer") from None
        return token, self._rates.take(token.id, now)

    def _rate_headers(self, taken: Taken) -> dict[str, str]:
        return {
            "ratelimit-policy": f'"token";q={self._rates.per_minute};w=60',
            "ratelimit": f'"token";r={taken.left};t={taken.wait}',
        }

    async def _once(self, request: Request, token: ApiToken, answer: Answer) -> Response:
        """A POST with an Idempotency-Key is done once; whoever asks again gets the first answer."""
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or key is None:
            return await answer(request)
        if not _KEY.fullmatch(key):
            raise Problem(400, "Idempotency-Key: use 1 to 200 visible ASCII characters, such as a UUID")
        key_hash = hashlib.sha256(key.encode()).digest()
        body = await request.body()
        asked = hashlib.sha256(b"\n".join((str(request.url.path).encode(), request.url.query.encode(), body))).digest()
        first = await run_in_threadpool(self._first_answer, token, key_hash, asked)
        if first is not None:
            return first
        try:
            response = await answer(request)
        except Exception:
            # Whatever it was, it was no answer: the same key may be tried again. The error goes on its way.
            await run_in_threadpool(self._forget, token, key_hash)
            raise
        if response.status_code < 300:
            await run_in_threadpool(self._keep, token, key_hash, response)
        else:
            await run_in_threadpool(self._forget, token, key_hash)
        return response

    def _first_answer(self, token: ApiToken, key_hash: bytes, asked: bytes) -> Response | None:
        now = self.app.clock()
        with self.app.begin() as tx:
            found = tx.tokens.reserve(token.id, key_hash, asked, now=now, stale=now - AT_WORK)
        if found is None:
            return None
        if not found.same:
            raise Problem(422, "this Idempotency-Key was used for another request; choose a new one")
        if found.status is None:
            raise Problem(409, "the first request with this Idempotency-Key is still at work; wait", retry_after="2")
        headers = {"idempotency-replayed": "true"} | ({"location": found.location} if found.location else {})
        return Response(found.body, found.status, media_type="application/json", headers=headers)

    def _keep(self, token: ApiToken, key_hash: bytes, response: Response) -> None:
        body = bytes(response.body).decode()
        with self.app.begin() as tx:
            tx.tokens.answered(
                token.id, key_hash, status=response.status_code, body=body,
                location=response.headers.get("location", ""),
            )  # fmt: skip

    def _forget(self, token: ApiToken, key_hash: bytes) -> None:
        with self.app.begin() as tx:
            tx.tokens.forget(token.id, key_hash)


Answer = Callable[[Request], Coroutine[Any, Any, Response]]


def _route_through(door: Door) -> type[APIRoute]:
    class ApiRoute(APIRoute):
        """A route behind the door: nothing of a request is read before it is known who asks."""

        def get_route_handler(self) -> Answer:
            """The page, with the door before it."""
            answer = super().get_route_handler()
            # HEAD is GET whose body the server leaves out.
            (method,) = (self.methods or {"GET"}) - {"HEAD"}
            entry = BY_ADDRESS[method, self.path.removeprefix(ROOT)]
            known = frozenset(one.alias for one in self.dependant.query_params)

            async def through(request: Request) -> Response:
                return await door.enter(entry, request, answer, known)

            return through

    return ApiRoute


def _check_scopes(entry: Entry, token: ApiToken) -> None:
    lacking = [scope.value for scope in entry.scopes if scope not in token.scopes]
    if lacking:
        raise Problem(403, f"this token lacks the scope {', '.join(lacking)}")
    if entry.whole and token.lists:
        raise Problem(403, "this concerns every list, and the token is bound to some of them")


def _check_query(request: Request, known: frozenset[str]) -> None:
    """Nothing behind the question mark is passed over in silence: a misspelt `state` would be an answer about all."""
    for name in request.query_params:
        if name not in known:
            use = f"use {', '.join(sorted(known))}" if known else "there are none here"
            raise Unfit(name[:60], f"there is no such parameter; {use}")
        if len(request.query_params.getlist(name)) > 1:
            raise Unfit(name, "it is there more than once")


def _unless_unchanged(request: Request, response: Response) -> Response:
    """The answer with its ETag, or 304 where the caller has it already."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "Authorization"}
    asked = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in asked or "*" in asked:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
