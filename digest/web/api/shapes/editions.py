"""Editions: what they tell, why, and what became of them."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field


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
