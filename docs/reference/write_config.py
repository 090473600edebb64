"""Writes docs/reference/config.md from the settings themselves: `python docs/reference/write_config.py`."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from digest.settings import ENV_PREFIX, Settings

PAGE = Path(__file__).with_name("config.md")
_HEAD = f"""\
# The configuration

Written from the settings themselves by `docs/reference/write_config.py`; a test holds it up to date.

One file, `config.yaml` unless `--config` says otherwise, read once when a command begins. An unknown key or a bad
value ends the command with exit code 2, and names the key, its line and the nearest valid name.

**Environment.** Any key can be set from the environment, which wins over the file: `{ENV_PREFIX}SITE__BASE_URL` is
`site.base_url`. Secrets (marked *secret*) are refused in the file: set their variable, or the same with `_FILE` to name
a file that holds the secret.

**Paths.** `path` of a source is relative to the configuration file. Working files (database, outbox, `var_dir`) are
relative to the folder that the command runs in.

**Times** stand in quotes, such as `"06:00"`: YAML reads 6:00 as a number.
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_sections(Settings, ""))


def keys(model: type[BaseModel] = Settings, place: str = "") -> Iterator[str]:
    """Every key there is, such as `provider.smtp.host`."""
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            yield f"{place}{name}"
        else:
            yield from keys(inner, f"{place}{name}.")


def _sections(model: type[BaseModel], place: str) -> Iterator[str]:
    own = [(name, field) for name, field in model.model_fields.items() if _model_in(field.annotation) is None]
    inner = [(name, field) for name, field in model.model_fields.items() if _model_in(field.annotation) is not None]
    if own:
        yield f"\n## {'`' + place.rstrip('.') + '`' if place else 'At the top'}\n\n"
        if place:
            yield f"{(model.__doc__ or '').strip()}\n\n"
        yield "| key | takes | default | meaning |\n|---|---|---|---|\n"
        for name, field in own:
            yield f"| `{place}{name}` | {_takes(field)} | {_default(field)} | {_meaning(field)} |\n"
    for name, field in inner:
        if (found := _model_in(field.annotation)) is not None:
            yield from _sections(found, f"{place}{name}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)


def _meaning(field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"{field!r} has no docstring: say what it means")
    return " ".join(field.description.split()).replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.default
    if isinstance(value, SecretStr) or value in ("", None, (), {}):
        return "none"
    if isinstance(value, time):
        return f'`"{value:%H:%M}"`'
    if isinstance(value, tuple):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _takes(field: FieldInfo) -> str:
    return _type(field.annotation) + "".join(_bounds(field))


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _type(next(inner for inner in get_args(annotation) if inner is not type(None)))
    if origin is Literal:
        return " \\| ".join(f"`{value}`" for value in get_args(annotation))
    if origin is dict:
        return "text by " + _type(get_args(annotation)[0])
    if origin is tuple:
        return f"list of {_type(get_args(annotation)[0])}"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " \\| ".join(f"`{value}`" for value in annotation)
    names = {bool: "true \\| false", int: "whole number", float: "number", str: "text", Path: "path", time: "time"}
    return "*secret*" if annotation is SecretStr else names.get(annotation, "text")


def _bounds(field: FieldInfo) -> Iterator[str]:
    limits = {type(one).__name__: one for one in field.metadata}
    low = getattr(limits.get("Ge"), "ge", getattr(limits.get("Gt"), "gt", None))
    high = getattr(limits.get("Le"), "le", None)
    if low is not None and high is not None:
        yield f", {low:g} to {high:g}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(re.sub(r"\n{3,}", "\n\n", page()), "utf-8")


if __name__ == "__main__":
    main()
