"""GET /c/TOKEN and /o/TOKEN.gif: where tracked links lead on, and the picture of one pixel."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.model.hit import Hit
from digest.ports import App
from digest.workflow.feedback.tracking import clicked, opened

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""The smallest GIF there is, transparent."""
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
_PURPOSES = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def tracking_pages(app: App) -> APIRouter:
    """Neither sets a cookie; both answer 404, as for any address that never was, where the token is not whole.

    Of all that a GET may be asked for, these alone write something down: that it came (P4).
    """
    router = APIRouter()

    @router.api_route("/c/{token}", methods=["GET", "HEAD"])
    def click(token: str, request: Request) -> Response:
        return RedirectResponse(clicked(app, token, _hit(request, click=True)), status_code=302, headers=_HEADERS)

    @router.api_route("/o/{token}.gif", methods=["GET", "HEAD"])
    def pixel(token: str, request: Request) -> Response:
        opened(app, token, _hit(request, click=False))
        # Mail programs show it from anywhere; every other answer of ours is for our own pages only.
        anywhere = {"cross-origin-resource-policy": "cross-origin"}
        return Response(PIXEL, media_type="image/gif", headers={**_HEADERS, **anywhere})

    return router


def _hit(request: Request, *, click: bool) -> Hit:
    return Hit(
        method=request.method,
        agent=request.headers.get("user-agent", "")[:500],
        purpose=" ".join(request.headers.get(name, "")[:100] for name in _PURPOSES),
        click=click,
    )
