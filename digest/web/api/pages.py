"""api_pages: every address of the API on one router, and its description."""

from __future__ import annotations

import json
from copy import copy
from functools import cache

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from digest.ports import App
from digest.settings import Settings
from digest.web.api.door import Door
from digest.web.api.editions import archive_pages, edition_pages
from digest.web.api.hooks import hook_api_pages
from digest.web.api.lists import list_pages, subscription_pages
from digest.web.api.openapi import Operation, describe, operations_of
from digest.web.api.readers import reader_pages, suppression_pages
from digest.web.api.segments import segment_pages
from digest.web.api.table import ROOT
from digest.web.clients import Clients
from digest.web.pages import READER_POLICY
from digest.web.reader.library import Library
from digest.web.words import words_for


def api_pages(app: App, library: Library, clients: Clients, settings: Settings) -> APIRouter:
    """The router of everything below /api/v1."""
    door = Door(app, clients, per_minute=settings.api.per_minute)
    base_url = settings.site.base_url
    reader_pages(door)
    list_pages(door)
    subscription_pages(door)
    segment_pages(door)
    suppression_pages(door)
    edition_pages(door)
    archive_pages(door, library, base_url=base_url)
    hook_api_pages(door)
    router = APIRouter()

    @cache
    def described() -> tuple[str, tuple[Operation, ...]]:
        # When somebody asks: it is a third of a second that nobody's first page should wait for.
        document = describe(described_routes, base_url=base_url)
        return json.dumps(document, ensure_ascii=False, indent=1), tuple(operations_of(document))

    @router.api_route(f"{ROOT}/openapi.json", methods=["GET", "HEAD"])
    def openapi() -> Response:
        text, _ = described()
        return Response(text, media_type="application/json", headers={"cache-control": "public, max-age=300"})

    @router.api_route(f"{ROOT}/docs", methods=["GET", "HEAD"])
    def docs() -> Response:
        _, operations = described()
        tags = dict.fromkeys(one.tag for one in operations)
        page = library.pages.fill(
            "api/docs.html.j2",
            words_for("en"),
            groups=[(tag, [one for one in operations if one.tag == tag]) for tag in tags],
            root=f"{base_url.rstrip('/')}{ROOT}",
            openapi=f"{library.pages.prefix}{ROOT}/openapi.json",
        )
        return HTMLResponse(page, headers={"content-security-policy": READER_POLICY, "x-robots-tag": "noindex"})

    # Kept as they are for the description: HEAD is no operation of its own.
    described_routes = [copy(route) for route in door.router.routes]
    for route in door.router.routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods = {*route.methods, "HEAD"}
    router.include_router(door.router)
    return router
