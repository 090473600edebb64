"""Readers, their subscriptions and choices, suppressions, and the token that asks."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt

from digest.model.api_token import Scope
from digest.web.api.shapes.base import Slug, Taken, Value
from subscribers.model import Frequency, SubscriptionState, SuppressionReason


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
    """A reader in a list. All but id and address is null for a token that is bound to lists: it belongs to all."""

    id: int = Field(description="For a token that is bound to lists a number of its own, 2^52 or more")
    email: str
    name: str | None = None
    language: str | None = Field(default=None, description="Empty = the newsletter's own")
    timezone: str | None = Field(default=None, description="Empty = the newsletter's own")
    attributes: dict[str, Value] | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


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
        "confirm", "welcome", "links", "suppressed", "limited_address", "limited_client", "limited_ceiling", "none"
    ] = Field(
        description="The letter that was queued (confirm, welcome, links), or why there is none; "
        "`none` for a token that is bound to lists, which is not told why"
    )


class EnrolmentIn(ReaderIn):
    """Somebody who agreed elsewhere."""

    preferences: PreferencesIn | None = None
    wording: str = Field(default="", max_length=40)
    evidence: str = Field(min_length=1, max_length=500, description="How this person agreed")


class EnrolmentOut(BaseModel):
    """What came of an enrolment. Nobody who left is revived."""

    subscriber: int
    state: SubscriptionState
    changed: bool
    why: str = Field(description="Why nothing changed; empty where it did")


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
