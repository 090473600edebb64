"""The door for providers' webhooks: check the signature, keep the post, answer. What it means is found out later."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.model.errors import BadDocument, Unauthorised
from digest.ports import App
from digest.workflow.feedback.events import receive


def hook_pages(app: App) -> APIRouter:
    """POST /hooks/PROVIDER: 204 kept, 403 not genuine, 404 no such hook is configured."""
    router = APIRouter()

    @router.post("/hooks/{provider}")
    async def hook(provider: str, request: Request) -> Response:
        # The raw bytes, CRLF and all: the signature is over them.
        body = await request.body()
        try:
            await run_in_threadpool(receive, app, provider, dict(request.headers), body)
        except (Unauthorised, BadDocument):
            # A stranger learns nothing from us but that it did not work: some sign inside of the body, which then
            # cannot even be looked at.
            return PlainTextResponse("not accepted\n", status_code=403)
        return Response(status_code=204)

    return router
