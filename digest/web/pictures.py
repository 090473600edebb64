"""The pictures of the editions: public, and under names that change with their content."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from digest.model.errors import AdapterError, NotFound, Transient
from digest.ports import Pictures

_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_log = structlog.stdlib.get_logger("digest.web")


def picture_pages(pictures: Pictures | None) -> APIRouter:
    """/pictures/NAME. Whoever reads mail in a browser loads them from another site than ours: that is allowed."""
    router = APIRouter()

    @router.api_route("/pictures/{name}", methods=["GET", "HEAD"])
    def picture(name: str) -> Response:
        try:
            content = pictures.get(name) if pictures is not None else None
        except AdapterError as error:
            # The bucket is out of reach, or it is not ours: whoever asks comes again, and nobody on the way keeps this
            # answer. A mistake in the configuration is not over in seconds.
            wait = "5" if isinstance(error, Transient) else "60"
            _log.error("picture.not_read", error=str(error), next="digest doctor --online")
            return Response(status_code=503, headers={"retry-after": wait, "cache-control": "no-store"})
        if content is None:
            raise NotFound("there is no such picture")
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "cross-origin-resource-policy": "cross-origin",
        }
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    return router
