"""The sheet: what a template sets, texts already clean, links already safe, our own words already said."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model.edition import Edition, EditionSection
from digest.model.mail import Variant

ALWAYS_KEPT = frozenset({"lead", "briefs", "missed"})
"""Sections that every reader gets, whatever they chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text with the language and the direction it needs where they are not the sheet's own."""

    text: str
    lang: str = ""
    dir: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedLine:
    """A related item: `label` says its kind and stands only before the first of that kind."""

    label: str
    headline: Line
    url: str
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture from our own host; `alt` says what is seen."""

    url: str
    alt: str
    credit: str
    width: int
    """CSS pixels, half of the file's."""
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One story as it stands on the sheet; `number` counts from 1 through the edition."""

    number: int
    kicker: str
    headline: Line
    url: str
    blurb: Line
    outlet: str
    meta: tuple[str, ...]
    """What follows the outlet's name: reading time of two minutes or more, how many report it, the day."""
    related: tuple[RelatedLine, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBlock:
    """A block of any kind. `place` names it to an editor."""

    kind: str
    place: str
    pieces: tuple[Piece, ...] = ()
    paragraphs: tuple[Line, ...] = ()
    """The text of a note, a quote, a number or a picture's caption."""
    signed: str = ""
    """Who wrote a note, or said a quote."""
    number: str = ""
    url: str = ""
    outlet: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSection:
    """A section with its title (empty for the top of the mail) and its blocks."""

    slug: str
    title: Line
    blocks: tuple[SheetBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything a template sets, in reading order."""

    lang: str
    dir: str
    start: str
    """Side where a line begins, `left` or `right`."""
    end: str
    dot: str
    """What stands between facts on one line."""
    colon: str
    """What stands behind a label before what it names."""
    name: str
    tagline: Line
    day: str
    subject: str
    preheader: str
    tally: str
    """How many stories from how many outlets, and how long they take to read."""
    sections: tuple[SheetSection, ...]
    image: Picture | None
    """The lead's picture, or the first there is: what a link to the page is shown with."""
    logo: Picture | None
    """Stands in place of the name; its `alt` is the name."""
    publisher: str
    postal_address: tuple[str, ...]
    warnings: tuple[str, ...]


def sections_for(edition: Edition, variant: Variant) -> tuple[EditionSection, ...]:
    """The sections that a variant shows: all of them where it names none; the lead and the briefs always."""
    if not variant.sections:
        return edition.sections
    chosen = ALWAYS_KEPT | set(variant.sections)
    return tuple(section for section in edition.sections if section.slug in chosen)
