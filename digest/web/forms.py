"""Form fields, urlencoded or multipart, read with limits before a sync page function is called."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request

_MOST_FIELDS = 100


async def _fields_of(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=64 * 1024)


Fields = Annotated[FormData, Depends(_fields_of)]
"""What a form sent. A body of another kind has no fields; a broken one is refused with 400."""


def text_of(fields: FormData, name: str) -> str:
    """The last value of a field, without outer blanks; empty where it is not there."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts_of(fields: FormData, name: str) -> tuple[str, ...]:
    """Every value of a field that may come several times."""
    return tuple(value for value in fields.getlist(name) if isinstance(value, str))
