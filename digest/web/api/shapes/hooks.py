"""Webhooks and their posts."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, StrictBool

from digest.model.webhook import KINDS
from digest.web.api.shapes.base import Slug, Taken


class WebhookIn(Taken):
    """Where to post, and what."""

    url: str = Field(min_length=8, max_length=2_000)
    kinds: list[Literal[KINDS]] = Field(  # type: ignore[valid-type]  # the names of a tuple
        default_factory=list, max_length=len(KINDS), description="Empty = everything"
    )
    lists: list[Slug] = Field(default_factory=list, max_length=100, description="Empty = all")
    with_address: StrictBool = Field(default=False, description="Posts about a reader hold the e-mail address")


class WebhookChange(Taken):
    """What may be changed of a webhook. What is left out stays as it is."""

    url: str | None = Field(default=None, min_length=8, max_length=2_000)
    kinds: list[Literal[KINDS]] | None = Field(  # type: ignore[valid-type]  # the names of a tuple
        default=None, max_length=len(KINDS), description="Empty = everything"
    )
    lists: list[Slug] | None = Field(default=None, max_length=100, description="Empty = all")
    with_address: StrictBool | None = None
    paused: StrictBool | None = Field(default=None, description="True keeps its posts waiting, false lets them go")


class WebhookOut(BaseModel):
    """A webhook and how it does."""

    id: int
    url: str
    kinds: list[str]
    lists: list[str]
    with_address: bool
    created_by: str
    created_at: dt.datetime
    failures: int = Field(description="Tries in a row that failed")
    failing_since: dt.datetime | None
    paused_at: dt.datetime | None = Field(description="What happens from then on waits")
    disabled_at: dt.datetime | None
    disabled_why: str
    waiting: int
    sent: int
    parked: int


class MadeOut(BaseModel):
    """The id of what was made or changed."""

    id: int


class SecretOut(BaseModel):
    """The secret that signs a webhook's posts."""

    secret: str


class ReplayIn(Taken):
    """Which posts are to be posted again."""

    since: dt.datetime | None = Field(default=None, description="Of what happened from then on; null = all remembered")
    sent_too: StrictBool = Field(default=False, description="Those that were taken as well")
    post: str | None = Field(default=None, max_length=60, description="Only the one with this id, taken or not")


class ReplayOut(BaseModel):
    """How many posts wait to be posted again."""

    posts: int


class PostOut(BaseModel):
    """One post and what became of it."""

    id: str = Field(description="As in the webhook-id header")
    kind: str
    happened_at: dt.datetime
    state: Literal["waiting", "sent", "parked"]
    tries: int
    next_try_at: dt.datetime | None
    done_at: dt.datetime | None
    note: str


class PostsOut(BaseModel):
    """The newest posts of a webhook."""

    data: list[PostOut]
