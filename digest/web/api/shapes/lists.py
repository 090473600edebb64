"""Lists and their segments."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool

from digest.web.api.shapes.base import Slug, Taken
from subscribers.model import SubscriptionState


class ListOut(BaseModel):
    """A list that people subscribe to."""

    slug: str
    name: str
    description: str
    public: bool
    indexed: bool
    opt_in: Literal["single", "double"]
    created_at: dt.datetime
    archived_at: dt.datetime | None = Field(description="Nobody joins it from then on; null = it is open")
    newsletters: list[str]


class CountedList(ListOut):
    """A list with its subscriptions by state."""

    counts: dict[SubscriptionState, int]


class ListIn(Taken):
    """What may be changed of a list. How it lets people in is the operator's (`digest lists set`)."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=2_000)
    public: StrictBool | None = None
    indexed: StrictBool | None = None
    archived: StrictBool | None = Field(default=None, description="True closes it, false opens it again")


class NewListIn(Taken):
    """A list to make. It asks everybody to confirm by mail."""

    slug: Slug
    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=2_000)
    public: StrictBool = Field(default=False, description="Whether it is offered on pages")
    indexed: StrictBool = Field(default=True, description="Whether search engines may keep its archive")


class SlugOut(BaseModel):
    """The slug of what was made."""

    slug: str


Condition = Annotated[
    dict[str, object],
    Field(max_length=4, description='Such as {"all": [{"state": ["active"]}, {"section": "asia"}]}'),
]


class NewSegmentIn(Taken):
    """A segment to keep under a name."""

    slug: Slug
    name: str = Field(default="", max_length=200)
    predicate: Condition


class SegmentIn(Taken):
    """What may be changed of a segment."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    predicate: Condition | None = None


class CountIn(Taken):
    """Who is to be counted."""

    predicate: Condition


class CountOut(BaseModel):
    """How many subscriptions it holds now, whatever their state unless the predicate says."""

    count: int


class SegmentOut(BaseModel):
    """A predicate under a name."""

    slug: str
    name: str
    predicate: dict[str, object] | None = Field(
        description="null = it asks for what belongs to all lists, and the token is bound to some"
    )
    updated_at: dt.datetime


class CountedSegment(SegmentOut):
    """A segment and how many subscriptions it holds now."""

    count: int
