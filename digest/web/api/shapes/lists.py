"""Lists and their segments."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, StrictBool

from digest.web.api.shapes.base import Taken
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


class SegmentOut(BaseModel):
    """A predicate under a name."""

    slug: str
    name: str
    predicate: dict[str, object]
    updated_at: dt.datetime


class CountedSegment(SegmentOut):
    """A segment and how many subscriptions it holds now."""

    count: int
