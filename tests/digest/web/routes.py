"""Every route of a web application, those of included routers too."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute


def routes_of(web: FastAPI) -> list[APIRoute]:
    """All of them, in order; with those that are made when somebody asks for them."""
    web.state.rooms.open()
    return list(_routes(web.routes))


def _routes(routes: object) -> Iterator[APIRoute]:
    for route in routes:  # type: ignore[attr-defined]  # a list of routes, or of included routers
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _routes(route.original_router.routes)
