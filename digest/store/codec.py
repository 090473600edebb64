"""Dataclasses <-> JSON documents: the one place where stored content is written and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

from digest.model.errors import RenderFailed

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


def to_whole_json(value: object) -> Any:
    """As `to_json`, of what is to be mailed. Raises RenderFailed where a text of it holds half a character.

    JSON may spell one (`\\ud800`), and neither a mail nor PostgreSQL can hold it.
    """
    document = to_json(value)
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        place, half = next(_halves(document, ""))
        raise RenderFailed(
            place, f"holds half a character (U+{ord(half):04X}), which no mail can carry; write that text anew"
        ) from None
    return document


def _halves(document: object, place: str) -> Iterator[tuple[str, str]]:
    """(where it stands, the half character) for each of them."""
    if isinstance(document, str):
        yield from ((place or "text", letter) for letter in document if "\ud800" <= letter <= "\udfff")
    elif isinstance(document, Mapping):
        for name, value in document.items():
            here = f"{place}.{name}".lstrip(".")
            yield from _halves(name, f"the name of a field in {place or 'it'}")
            yield from _halves(value, here)
    elif isinstance(document, list | tuple):
        for number, value in enumerate(document):
            yield from _halves(value, f"{place}.{number}".lstrip("."))
