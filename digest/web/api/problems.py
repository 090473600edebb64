"""Problems: every refusal of the API as application/problem+json (RFC 9457), the same shape everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.model.errors import AdapterError, DigestError, Lost, NotFound, StorageFailed
from digest.web.api.table import ROOT
from digest.workflow.readers.readership import NotWanted, Unfit
from subscribers.model import SubscribersError

MEDIA_TYPE = "application/problem+json"
_LONGEST = 500

Refuse = Callable[[Request, int], Response]


class Problem(Exception):
    """A refusal by the door or a page of the API."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer. `errors` name the fields that cannot be taken; what was sent is never repeated."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail[:_LONGEST]
    if errors:
        body["errors"] = [dict(one) for one in errors]
    return Response(json.dumps(body, ensure_ascii=False), status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def problem_of(error: Exception) -> Response | None:
    """The answer to what a page raised; None for a defect."""
    match error:
        case Problem(status=status, headers=headers):
            return problem(status, str(error), headers=headers)
        case RequestValidationError():
            return problem(422, "the request cannot be taken", errors=[_field(one) for one in error.errors()[:20]])
        case HTTPException():
            return problem(error.status_code, headers=error.headers)
        case Unfit(place=place, reason=reason):
            return problem(422, "the request cannot be taken", errors=[{"field": place, "reason": reason[:_LONGEST]}])
        case NotWanted() | Lost():
            return problem(409, str(error))
        case NotFound():
            return problem(404, "there is nothing here that this token can see")
        case StorageFailed():
            return problem(503, "the database does not answer; try again", headers={"retry-after": "5"})
        case AdapterError():
            return problem(502, str(error))
        case DigestError() | SubscribersError():
            return problem(422, str(error))
    return None


def is_api(path: str) -> bool:
    """True where an answer is to be one of the API's."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def either(page: Refuse) -> Refuse:
    """Refuse with a page for people, and with a problem for programs."""

    def refuse(request: Request, status: int) -> Response:
        return problem(status) if is_api(request.url.path) else page(request, status)

    return refuse


def _field(error: Mapping[str, object]) -> Mapping[str, str]:
    place = error.get("loc")
    # Without its head (body, query, path) it is the field's own name; what was sent is never repeated.
    named = [str(part)[:60] for part in place] if isinstance(place, (list, tuple)) else []
    if error.get("type") == "json_invalid":
        # What stands behind the head is where in the text it breaks off, and no field's name.
        named = named[:1]
    return {"field": ".".join(named[1:] or named), "reason": str(error.get("msg", ""))[:_LONGEST]}
