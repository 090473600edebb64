"""The API's description of itself: OpenAPI 3.1, made of the routes and the table, and a page that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from digest import __version__
from digest.web.api.problems import MEDIA_TYPE
from digest.web.api.table import BY_ADDRESS, ROOT, Entry

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}
_SAYS = {
    400: "The request cannot be read",
    401: "There is no token, or one that works no more",
    403: "The token lacks a scope, or is bound to lists",
    404: "There is nothing here that this token can see",
    409: "A rule forbids it, or somebody else was faster",
    413: "The body is larger than 1 MB",
    422: "A value cannot be taken; the errors name it",
    429: "Too many requests; Retry-After says when",
    503: "The database does not answer; Retry-After says when",
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the first answer, for a day",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


def describe(routes: Sequence[BaseRoute], *, base_url: str) -> dict[str, Any]:
    """The OpenAPI document."""
    document = get_openapi(
        title="Digest",
        version=f"v1, Digest {__version__}",
        summary="Readers, lists, segments, editions and webhooks, for programs.",
        routes=routes,
        servers=[{"url": base_url.rstrip("/")}],
    )
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "dgt_…"}}
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, BY_ADDRESS[method.upper(), path.removeprefix(ROOT)])
    return document


def _complete(operation: dict[str, Any], entry: Entry) -> None:
    operation["security"] = [{"token": []}]
    for answer in operation["responses"].values():
        answer["description"] = "Done"
    operation["x-scopes"] = [scope.value for scope in entry.scopes]
    if entry.scopes:
        operation["description"] = "Scopes: " + ", ".join(f"`{scope}`" for scope in entry.scopes) + "."
    if entry.method == "POST":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
        if entry.path == "/subscribers":
            operation["responses"]["201"] = {**operation["responses"]["200"], "description": "Added"}
        if entry.path == "/suppressions":
            operation["responses"]["201"] = {**operation["responses"]["200"], "description": "News"}
    refusals = [400, 401, 403, *([404] if entry.missing else []), *([409, 413] if entry.writes else []), 422, 429, 503]
    for status in refusals:
        operation["responses"][str(status)] = {
            "description": _SAYS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One address, for the page."""

    method: str
    path: str
    summary: str
    scopes: str
    tag: str
    fields: tuple[tuple[str, str, str], ...]
    """(where and name, kind, what it says) of what may be sent."""
    answers: tuple[tuple[str, str], ...]
    """(status, what it says) of what may come back."""


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """The operations of a document, in its order."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            yield Operation(
                method=method.upper(),
                path=path.removeprefix(ROOT),
                summary=found["summary"],
                scopes=", ".join(found["x-scopes"]) or "any token",
                tag=found["tags"][0],
                fields=tuple(_fields(document, found)),
                answers=tuple((status, answer["description"]) for status, answer in sorted(found["responses"].items())),
            )


def _fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for one in operation.get("parameters", ()):
        yield f"{one['in']}: {one['name']}", _kind(document, one["schema"]), one.get("description", "")
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = _resolved(document, content["application/json"]["schema"])
        required = schema.get("required", ())
        for name, inner in schema.get("properties", {}).items():
            mark = " (required)" if name in required else ""
            yield f"body: {name}{mark}", _kind(document, inner), inner.get("description", "")


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(document, one) for one in schema["anyOf"]))
    schema = _resolved(document, schema)
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "value"))
    return f"{kind} of {_kind(document, schema['items'])}" if kind == "array" and "items" in schema else kind


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
