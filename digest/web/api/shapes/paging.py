"""Pages of rows, and the cursors that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from digest.ports import App
from digest.web.api.problems import Problem

MOST = 200
"""Rows of a page, at most."""
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page")]
Cursor = Annotated[
    str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before")
]
Row = TypeVar("Row")


class Page(BaseModel, Generic[Row]):
    """Rows, and how to ask for those after them."""

    data: list[Row]
    next_cursor: str | None = Field(description="Ask again with `cursor` set to it; null on the last page")


def cursor_to(place: int | str | None) -> str | None:
    """The cursor of a place in an order; None on the last page."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"1:{place}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str:
    """The place that a cursor names; empty for the beginning. Raises Problem."""
    if cursor is None:
        return ""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("1:"):
        raise Problem(400, "cursor: not one of ours; begin again without it")
    return text[2:]


def number_cursor(app: App, place: int) -> str | None:
    """The cursor of a row whose id is not to be read out of it."""
    return cursor_to(app.asks.numbers.of(place))


def read_number_cursor(app: App, cursor: str | None) -> int:
    """The id that such a cursor names, 0 for the beginning. Raises Problem."""
    number = read_id_cursor(cursor)
    place = app.asks.numbers.reader(number) if number else 0
    if place is None:
        raise Problem(400, "cursor: not one of ours; begin again without it")
    return place


def read_id_cursor(cursor: str | None) -> int:
    """The id that a cursor names, 0 for the beginning. Raises Problem."""
    place = read_cursor(cursor)
    if not place:
        return 0
    if not place.isdecimal() or len(place) > 18:
        raise Problem(400, "cursor: not one of ours; begin again without it")
    return int(place)
