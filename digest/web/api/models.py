"""The shapes of requests and answers; what is not in them is refused, or never told."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from digest.model.api_token import Scope
from digest.model.webhook import KINDS
from digest.web.api.problems import Problem
from subscribers.model import Frequency, SubscriptionState, SuppressionReason

LARGEST_ID = 2**63 - 1
MOST = 200
"""Rows of a page, at most."""

SlugPath = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80, description="A slug")]
IdPath = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A number")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page")]
Cursor = Annotated[
    str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before")
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Value = StrictStr | StrictBool | StrictInt | StrictFloat
Row = TypeVar("Row")


class Taken(BaseModel):
    """Of what a request holds, nothing is passed over in silence."""

    model_config = ConfigDict(extra="forbid")


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


def read_id_cursor(cursor: str | None) -> int:
    """The id that a cursor names, 0 for the beginning. Raises Problem."""
    place = read_cursor(cursor)
    if not place:
        return 0
    if not place.isdecimal() or len(place) > 18:
        raise Problem(400, "cursor: not one of ours; begin again without it")
    return int(place)


class TokenOut(BaseModel):
    """What the token that asks may do."""

    name: str
    scopes: list[Scope]
    lists: list[str] = Field(description="Lists it is bound to; empty = all")
    expires_at: dt.datetime | None


class PreferencesIn(Taken):
    """A reader's choices for a list. What is left out is the default, not what it was."""

    sections: list[Slug] = Field(default_factory=list, max_length=50, description="Empty = all")
    frequency: Frequency = Frequency.DAILY
    hour: Annotated[StrictInt, Field(ge=0, le=23)] | None = Field(
        default=None, description="In the reader's own zone; null = the newsletter's"
    )
    text_only: StrictBool = False
    tracking_off: StrictBool = False
    paused_until: dt.date | None = None


class PreferencesOut(BaseModel):
    """A reader's choices for a list."""

    sections: list[str]
    frequency: Frequency
    hour: int | None
    text_only: bool
    tracking_off: bool
    paused_until: dt.date | None


class SubscriptionOut(BaseModel):
    """A reader on a list."""

    list: str
    state: SubscriptionState
    since: dt.datetime
    ended_reason: str | None
    preferences: PreferencesOut


class ReaderRow(BaseModel):
    """A reader in a list."""

    id: int
    email: str
    name: str
    language: str = Field(description="Empty = the newsletter's own")
    timezone: str = Field(description="Empty = the newsletter's own")
    attributes: dict[str, Value]
    created_at: dt.datetime
    updated_at: dt.datetime


class ReaderOut(ReaderRow):
    """A reader with the subscriptions that the token can see."""

    subscriptions: list[SubscriptionOut]


class SubscribedReader(ReaderRow):
    """A reader of a list, with the subscription to it."""

    subscription: SubscriptionOut


Attributes = Annotated[
    dict[Annotated[str, Field(max_length=40)], Value | None],
    Field(max_length=100, description="Added to those there are; null takes one away"),
]


class ProfileIn(Taken):
    """What is known of a reader besides the address. What is left out stays as it is."""

    name: str | None = Field(default=None, max_length=200)
    language: str | None = Field(default=None, max_length=35, description="Such as fr; empty = the newsletter's own")
    timezone: str | None = Field(default=None, max_length=64, description="Such as Europe/Paris")
    attributes: Attributes = Field(default_factory=dict)


class ReaderIn(ProfileIn):
    """A reader to add, or to change where the address is known."""

    email: str = Field(min_length=3, max_length=320)


class PutOut(BaseModel):
    """What came of it. No answer to a POST holds anything personal."""

    id: int
    created: bool


class SignUpIn(ReaderIn):
    """A sign-up that a form or a shop of yours took."""

    preferences: PreferencesIn | None = None
    wording: str = Field(default="", max_length=40, description="Which version of your words the reader saw")
    evidence: str = Field(default="", max_length=500, description="What can be shown of their consent later")


class SignUpOut(BaseModel):
    """What came of a sign-up."""

    subscriber: int | None = Field(description="Null where nobody was added")
    outcome: Literal[
        "confirm", "welcome", "links", "suppressed", "limited_address", "limited_client", "limited_ceiling"
    ] = Field(description="The letter that was queued (confirm, welcome, links), or why there is none")


class EnrolmentIn(ReaderIn):
    """Somebody who agreed elsewhere."""

    preferences: PreferencesIn | None = None
    wording: str = Field(default="", max_length=40)
    evidence: str = Field(min_length=1, max_length=500, description="How this person agreed")


class EnrolmentOut(BaseModel):
    """What came of an enrolment. Nobody who left is revived."""

    subscriber: int
    state: SubscriptionState | None
    changed: bool


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


class SuppressionOut(BaseModel):
    """An address or a domain that gets no mail."""

    id: int
    who: str = Field(description="The address in lower case, or @domain")
    list: str | None = Field(description="Null = from no list")
    reason: SuppressionReason
    since: dt.datetime
    note: str


class SuppressionIn(Taken):
    """Whom to keep mail back from."""

    who: str = Field(min_length=3, max_length=320, description="An address, or @domain")
    list: Slug | None = Field(default=None, description="On this list only; null = on all")
    note: str = Field(default="", max_length=500)


class SuppressedOut(BaseModel):
    """What came of it."""

    id: int
    new: bool


class Erased(BaseModel):
    """Something is gone."""

    id: int


class EditionRow(BaseModel):
    """An edition in a list."""

    edition: str
    newsletter: str
    day: dt.date
    status: str
    version: int
    subject: str


class ToldOut(BaseModel):
    """A story as an edition tells it."""

    section: str
    headline: str
    blurb: str
    url: str
    outlet: str
    outlets: int = Field(description="Independent outlets that report it; 0 = not said")
    published_at: dt.datetime | None
    language: str
    related: list[str] = Field(description="Addresses of related items")


class EditionOut(EditionRow):
    """One edition and what it tells."""

    preheader: str
    language: str
    composed_at: dt.datetime
    approved_by: str
    approved_at: dt.datetime | None
    reason: str
    view_url: str
    stories: list[ToldOut]


class PartOut(BaseModel):
    """One part of a score."""

    name: str
    value: float
    why: str


class PickOut(BaseModel):
    """A candidate, chosen or not, and why."""

    event: str
    headline: str
    rank: int = Field(description="1 = the lead; 0 = not picked")
    score: float
    why: str
    left_out: str
    section: str
    outlets: list[str]
    parts: list[PartOut]
    pinned: bool
    excluded: bool


class PicksOut(BaseModel):
    """Every candidate of an edition, the best first."""

    edition: str
    version: int
    picks: list[PickOut]


class AccountOut(BaseModel):
    """Every planned reader in exactly one place."""

    edition: str
    state: str
    planned: int
    numbers: dict[str, int]
    skipped: dict[str, int]


class ArchivedOut(BaseModel):
    """An edition that was sent, as everybody may read it."""

    edition: str
    newsletter: str
    day: dt.date
    subject: str
    summary: str
    language: str
    url: str
    published_at: dt.datetime
    content_html: str
    content_text: str
    corrections: list[str]


class WebhookIn(Taken):
    """Where to post, and what."""

    url: str = Field(min_length=8, max_length=2_000)
    kinds: list[Literal[KINDS]] = Field(  # type: ignore[valid-type]  # the names of a tuple
        default_factory=list, max_length=len(KINDS), description="Empty = everything"
    )
    lists: list[Slug] = Field(default_factory=list, max_length=100, description="Empty = all")
    with_address: StrictBool = Field(default=False, description="Posts about a reader hold the e-mail address")


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
