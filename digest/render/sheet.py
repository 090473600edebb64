"""The sheet: an edition laid out for one variant, texts cleaned and our own words said. Templates only set it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from digest.model.edition import (
    Block,
    BriefsBlock,
    Edition,
    EditionSection,
    LeadBlock,
    NoteBlock,
    StoryBlock,
    Told,
)
from digest.model.event import Related, RelatedKind
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.render.typeset import direction, one_line, paragraphs, safe_url, words
from digest.render.words import Words, direction_of, words_for

LONGEST_HEADLINE = 200
LONGEST_BLURB = 600
LONGEST_LABEL = 60
MOST_RELATED = 3
_READING_SPEED = 220
"""Words a minute."""
ALWAYS_KEPT = frozenset({"lead", "briefs"})
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
    """A picture from our own host. Width and height are left to the file; `alt` says what is seen."""

    url: str
    alt: str
    credit: str


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
    """What follows the outlet's name: reading time of two minutes or more, how many report it."""
    related: tuple[RelatedLine, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBlock:
    """A block of any kind. `place` names it to an editor."""

    kind: str
    place: str
    pieces: tuple[Piece, ...] = ()
    paragraphs: tuple[Line, ...] = ()
    signed: str = ""


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
    name: str
    tagline: str
    day: str
    subject: str
    preheader: str
    tally: str
    """How many stories from how many outlets, and how long they take to read."""
    sections: tuple[SheetSection, ...]
    publisher: str
    postal_address: tuple[str, ...]
    warnings: tuple[str, ...]


def sections_for(edition: Edition, variant: Variant) -> tuple[EditionSection, ...]:
    """The sections that a variant shows: all of them where it names none; the lead and the briefs always."""
    if not variant.sections:
        return edition.sections
    chosen = ALWAYS_KEPT | set(variant.sections)
    return tuple(section for section in edition.sections if section.slug in chosen)


def lay_out(edition: Edition, newsletter: Newsletter, variant: Variant, *, picture_host: str = "") -> Sheet:
    """The edition's sheet. Pictures are shown only from addresses that start with `picture_host`."""
    speech = words_for(variant.language, edition.language)
    layout = _Layout(edition, newsletter, speech, picture_host)
    sections = tuple(layout.section(section) for section in sections_for(edition, variant) if section.blocks)
    return Sheet(
        lang=speech.language,
        dir=speech.direction,
        start="left" if speech.direction == "ltr" else "right",
        end="right" if speech.direction == "ltr" else "left",
        dot=_dot(speech),
        name=one_line(newsletter.name, LONGEST_HEADLINE),
        tagline=one_line(newsletter.tagline, LONGEST_HEADLINE),
        day=speech.full_date(edition.id.date),
        subject=one_line(edition.subject, LONGEST_HEADLINE),
        preheader=one_line(edition.preheader, LONGEST_HEADLINE),
        tally=_tally(sections, speech),
        sections=sections,
        publisher=one_line(newsletter.publisher, LONGEST_HEADLINE),
        postal_address=tuple(line for line in map(one_line, newsletter.postal_address.splitlines()) if line),
        warnings=tuple(layout.warnings),
    )


class _Layout:
    """Lays out block after block; remembers the number of the next story and what to warn of."""

    def __init__(self, edition: Edition, newsletter: Newsletter, speech: Words, picture_host: str) -> None:
        self.warnings: list[str] = []
        self._edition = edition
        self._speech = speech
        self._zone = ZoneInfo(newsletter.zone)
        self._newsletter = newsletter
        self._picture_host = picture_host
        self._number = 0

    def section(self, section: EditionSection) -> SheetSection:
        if section.slug == "lead":
            title = Line(text="")
        elif section.slug == "briefs":
            title = Line(text=self._speech.say("In brief"))
        else:
            title = self._line(section.title, self._newsletter.language, LONGEST_LABEL)
        return SheetSection(
            slug=section.slug, title=title, blocks=tuple(self._block(block, section) for block in section.blocks)
        )

    def _block(self, block: Block, section: EditionSection) -> SheetBlock:
        match block:
            case LeadBlock(told=told) | StoryBlock(told=told):
                return SheetBlock(kind=block.kind, place=place(block), pieces=(self._piece(told, section),))
            case BriefsBlock(told=several):
                pieces = tuple(self._piece(told, section) for told in several)
                return SheetBlock(kind=block.kind, place=place(block), pieces=pieces)
            case NoteBlock(text=text, signed=signed):
                lines = tuple(self._line(part, self._newsletter.language) for part in paragraphs(text))
                return SheetBlock(
                    kind=block.kind, place=place(block), paragraphs=lines, signed=one_line(signed, LONGEST_LABEL)
                )

    def _piece(self, told: Told, section: EditionSection) -> Piece:
        self._number += 1
        kicker = one_line(told.kicker, LONGEST_LABEL)
        if len(told.headline) > LONGEST_HEADLINE:
            self.warnings.append(f"the headline {one_line(told.headline, 40)!r} was cut to {LONGEST_HEADLINE} letters")
        return Piece(
            number=self._number,
            kicker="" if kicker.casefold() == section.title.casefold() else kicker,
            headline=self._line(told.headline, told.language, LONGEST_HEADLINE),
            url=self._url(told.url, told.headline),
            blurb=self._line(told.blurb, told.language, LONGEST_BLURB),
            outlet=one_line(told.outlet, LONGEST_LABEL),
            meta=self._meta(told, leads=section.slug == "lead"),
            related=self._related(told),
            picture=self._picture(told),
        )

    def _line(self, text: str, language: str, limit: int = 0) -> Line:
        """Language and direction are said only where they differ: attributes are bytes, and bytes are clipped."""
        line = one_line(text, limit)
        tag = language if language != "und" else ""
        way = direction(line) or direction_of(tag or self._speech.language)
        return Line(
            text=line,
            lang=tag if tag and tag != self._speech.language else "",
            dir=way if way != self._speech.direction else "",
        )

    def _url(self, url: str, headline: str) -> str:
        if not url:
            return ""
        safe = safe_url(url)
        if safe is None:
            self.warnings.append(f"the link of {one_line(headline, 60)!r} is not a safe http address: it was dropped")
        return safe or ""

    def _meta(self, told: Told, *, leads: bool) -> tuple[str, ...]:
        meta = []
        if told.minutes > 1:  # one minute says nothing: every summary takes one
            meta.append(self._speech.count("%(count)s min", "%(count)s min", told.minutes))
        if told.outlets > 1:
            meta.append(self._reported(told.outlets, leads=leads))
        return tuple(meta)

    def _reported(self, outlets: int, *, leads: bool) -> str:
        if leads:  # where there is room, and a reason why it leads
            return self._speech.count("Reported by %(count)s outlet", "Reported by %(count)s outlets", outlets)
        return self._speech.count("%(count)s outlet", "%(count)s outlets", outlets)

    def _related(self, told: Told) -> tuple[RelatedLine, ...]:
        lines: list[RelatedLine] = []
        shown = [(related, url) for related in told.related if (url := self._url(related.url, related.headline))]
        previous = ""
        for related, url in shown[:MOST_RELATED]:
            label = self._label(related)
            lines.append(
                RelatedLine(
                    label="" if label == previous else label,
                    headline=self._line(related.headline, told.language, LONGEST_HEADLINE),
                    url=url,
                    outlet=one_line(related.outlet, LONGEST_LABEL),
                )
            )
            previous = label
        return tuple(lines)

    def _label(self, related: Related) -> str:
        say = self._speech.say
        match related.kind:
            case RelatedKind.OTHER_REPORT:
                return say("Also reported")
            case RelatedKind.BACKGROUND:
                return say("Background")
            case RelatedKind.EXPLAINER:
                return say("Explainer")
            case RelatedKind.EARLIER:
                if related.published_at is None:
                    return say("Earlier")
                return say("Earlier, %(day)s", day=self._day(related.published_at.astimezone(self._zone).date()))

    def _day(self, day: date) -> str:
        """A weekday names one day only within the last six."""
        recent = 0 <= (self._edition.id.date - day).days < 7
        return self._speech.weekday(day) if recent else self._speech.day_and_month(day)

    def _picture(self, told: Told) -> Picture | None:
        url = safe_url(told.image_url) if told.image_url else None
        if url is None or not self._picture_host or not url.startswith(self._picture_host):
            return None
        if not told.image_alt:
            self.warnings.append(
                f"the picture of {one_line(told.headline, 60)!r} has no words for those who cannot see it"
            )
        return Picture(
            url=url, alt=one_line(told.image_alt, LONGEST_HEADLINE), credit=one_line(told.image_credit, LONGEST_LABEL)
        )


def place(block: Block) -> str:
    """The name by which an editor finds a block."""
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            return f"{block.kind} {one_line(told.headline, 80)!r}"
        case BriefsBlock(told=several):
            return f"briefs ({len(several)} stories)"
        case NoteBlock(signed=signed):
            return f"note signed {signed!r}" if signed else "note"


def _tally(sections: tuple[SheetSection, ...], speech: Words) -> str:
    pieces = [piece for section in sections for block in section.blocks for piece in block.pieces]
    outlets = {piece.outlet for piece in pieces} | {line.outlet for piece in pieces for line in piece.related}
    read = sum(words(piece.headline.text) + words(piece.blurb.text) for piece in pieces)
    parts = [
        speech.count("%(count)s story", "%(count)s stories", len(pieces)),
        speech.count("%(count)s outlet", "%(count)s outlets", len(outlets - {""})),
        speech.count("%(count)s min read", "%(count)s min read", max(1, round(read / _READING_SPEED))),
    ]
    # A part breaks as a whole or not at all: "13" alone at the end of a line says nothing.
    return _dot(speech).join(part.replace(" ", "\u00a0") for part in parts)


def _dot(speech: Words) -> str:
    """In a right-to-left line a mark keeps a Latin name from drawing the number behind it to its own side."""
    return " · " if speech.direction == "ltr" else "\u200f · "
