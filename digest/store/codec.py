"""Dataclasses <-> JSON documents: the one place where stored content is written and read."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
# Building an adapter walks the whole type (milliseconds): each is built once.


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found


def to_json(value: object) -> Any:
    """A JSON-ready document of a frozen dataclass; instants as ISO 8601."""
    return _adapter(type(value)).dump_python(value, mode="json")


def from_json(kind: type[T], document: object) -> T:
    """The dataclass that `to_json` wrote. Raises pydantic.ValidationError on a document of another shape."""
    found: T = _adapter(kind).validate_python(document, strict=False)
    return found
