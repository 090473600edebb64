"""create_web: every page in one place, and what each request passes on its way to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from digest.model.errors import NotFound
from digest.ports import App
from digest.settings import Settings
from digest.web.afterwards import Afterwards
from digest.web.api.cors import Cors
from digest.web.api.problems import either, is_api, problem_of
from digest.web.api.table import methods_at
from digest.web.assets import Assets
from digest.web.clients import Clients
from digest.web.guards import AnswerHeaders, BodyCap, Failures, OwnOrigin, Refuse, security_headers
from digest.web.health import Clockwork, Readiness, health_pages
from digest.web.hooks import hook_pages
from digest.web.later import LateDoor, LateRooms
from digest.web.logs import AccessLog
from digest.web.metrics import metrics_page
from digest.web.pages import Pages
from digest.web.pictures import picture_pages
from digest.web.reader.archive import archive_pages
from digest.web.reader.feeds import feed_pages
from digest.web.reader.front import front_pages
from digest.web.reader.library import Library
from digest.web.reader.ownership import ownership_pages
from digest.web.reader.preferences import preference_pages
from digest.web.reader.subscribe import subscribe_pages
from digest.web.reader.unsubscribe import unsubscribe_pages
from digest.web.tracking import tracking_pages
from digest.wiring import open_database, picture_host, templates_dir
from subscribers.tokens import TokenError


def create_web(app: App, settings: Settings, *, clockwork: Clockwork | None = None, later: bool = False) -> FastAPI:
    """The web application. `clockwork` is the scheduler of this process, where there is one, for /metrics.

    With `later` the desk and the API are loaded by `web.state.rooms.open()`, or for whoever asks for them first.
    """
    base_url = settings.site.base_url
    pages = Pages(templates_dir(), base_url)
    library = Library(app, pages, picture_host=picture_host(base_url))
    clients, afterwards = Clients(settings.site.trusted_proxies), Afterwards()
    readiness = Readiness(app, open_database(settings), clockwork)

    @asynccontextmanager
    async def until_shutdown(_web: FastAPI) -> AsyncIterator[None]:
        yield
        for leave in web.state.leaves:
            leave.close()
        readiness.close()

    web = FastAPI(
        title="Digest",
        lifespan=until_shutdown,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=_middleware(settings, pages, lambda: rooms),
    )
    # What pages leave to be done: to the end, before the process ends.
    web.state.leaves = (afterwards,)

    def late() -> Iterator[APIRouter]:
        from digest.web.api.pages import api_pages
        from digest.web.desk.pages import desk_pages

        desk = desk_pages(app, pages, settings, afterwards)
        yield desk.router
        yield api_pages(app, library, clients, settings)
        web.state.leaves = (afterwards, desk.beside)
        web.state.lost = desk.lost
        # For the server, once it serves.
        web.state.warm = desk.warm

    rooms = web.state.rooms = LateRooms(web, late)
    _say_errors(web, pages)
    for router in (
        front_pages(library),
        archive_pages(library),
        feed_pages(library, base_url=base_url),
        subscribe_pages(library, clients, afterwards, embed_on=settings.site.embed_on),
        unsubscribe_pages(app, pages, base_url),
        preference_pages(app, pages, clients, afterwards),
        ownership_pages(app, pages, afterwards),
        picture_pages(app.pictures),
        hook_pages(app),
        tracking_pages(app),
        health_pages(readiness),
        metrics_page(app, clockwork),
        _static_files(pages.assets),
    ):
        web.include_router(router)
    if not later:
        rooms.open()
    return web


def trusted_hosts(settings: Settings) -> list[str]:
    """Host names that we answer to (T30); the port does not count."""
    own = urlsplit(settings.site.base_url).hostname or "localhost"
    return [own, "127.0.0.1", "localhost", *settings.site.trusted_hosts]


def _middleware(settings: Settings, pages: Pages, rooms: Callable[[], LateRooms]) -> list[Middleware]:
    """From the outside to the inside."""
    base_url, refuse, failed = settings.site.base_url, either(_refusal(pages)), either(pages.refusal)
    return [
        Middleware(AccessLog),
        Middleware(AnswerHeaders, headers=security_headers(base_url)),
        Middleware(Failures, refuse=failed),
        Middleware(TrustedHostMiddleware, allowed_hosts=trusted_hosts(settings), www_redirect=False),
        Middleware(BodyCap, refuse=refuse),
        Middleware(OwnOrigin, refuse=refuse, base_url=base_url),
        Middleware(Cors, allowed=settings.api.cors_on),
        Middleware(LateDoor, rooms=rooms),
    ]


def _say_errors(web: FastAPI, pages: Pages) -> None:
    def missing(request: Request, _error: Exception) -> Response:
        return either(pages.refusal)(request, 404)

    def refused(request: Request, error: Exception) -> Response:
        if is_api(request.url.path):
            answer = problem_of(error) or either(pages.refusal)(request, 404)
            if answer.status_code == 405:
                # Each method is a route of its own: the first of them knows of itself only.
                methods = ", ".join(methods_at(request.url.path)) or "GET, HEAD, OPTIONS"
                if request.method == "OPTIONS":
                    return Response(status_code=204, headers={"allow": methods})
                answer.headers["allow"] = methods
            return answer
        status = error.status_code if isinstance(error, HTTPException) else 404
        page = _refusal(pages)(request, status)
        if status == 405:
            # As above: the first route of an address knows its own method only.
            page.headers["allow"] = ", ".join(sorted(_taken_at(request))) or "GET, HEAD"
        return page

    # One page for a token that is wrong, old or damaged, and for an address that never was (T13).
    web.add_exception_handler(TokenError, missing)
    web.add_exception_handler(NotFound, missing)
    web.add_exception_handler(RequestValidationError, missing)
    web.add_exception_handler(HTTPException, refused)


def _refusal(pages: Pages) -> Refuse:
    """The page of an error: readers' words, but the desk's at the desk. Who works there came by no link in a mail."""

    def refuse(request: Request, status: int) -> Response:
        page = None
        if is_desk(request.url.path):
            # Refused before it came to the door that opens them.
            request.app.state.rooms.open()
            page = request.app.state.lost(request, status)
        return page or pages.refusal(request, status)

    return refuse


def is_desk(path: str) -> bool:
    """True for addresses of the desk, also for those that never were."""
    return path == "/desk" or path.startswith("/desk/")


def _taken_at(request: Request) -> set[str]:
    """The methods that an address takes."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return found


def _static_files(assets: Assets) -> APIRouter:
    router = APIRouter()

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    def static_file(name: str) -> Response:
        asset = assets.get(name)
        if asset is None:
            raise NotFound("no such file")
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    return router
