"""Form fields, urlencoded or multipart, read with limits before a sync page function is called."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

_MOST_FIELDS = 100
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Nobody types them; PostgreSQL keeps no NUL, and a mail shows none."""


async def _fields_of(request: Request) -> FormData:
    if "content-type" not in request.headers:
        # Some mail programs post the one-click of RFC 8058 without saying what it is.
        return readable(FormData(_pairs(await request.body())))
    return readable(await request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=64 * 1024))


def readable(fields: FormData) -> FormData:
    """The same. Raises HTTPException 400 for halves of characters, which a strange charset can make of a form."""
    texts = (text for pair in fields.multi_items() for text in pair if isinstance(text, str))
    if any("\ud800" <= letter <= "\udfff" for text in texts for letter in text):
        raise HTTPException(400)
    return fields


Fields = Annotated[FormData, Depends(_fields_of)]
"""What a form sent; urlencoded where nothing is said. A body of another kind has no fields; a broken one is 400."""


def _pairs(body: bytes) -> list[tuple[str, UploadFile | str]]:
    try:
        return [*parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)]
    except ValueError as error:
        raise HTTPException(400) from error


def text_of(fields: FormData, name: str) -> str:
    """The last value of a field, without outer blanks and control characters; empty where it is not there."""
    value = fields.get(name)
    return _CONTROLS.sub("", value).strip() if isinstance(value, str) else ""


def texts_of(fields: FormData, name: str) -> tuple[str, ...]:
    """Every value of a field that may come several times."""
    return tuple(value for value in fields.getlist(name) if isinstance(value, str))
