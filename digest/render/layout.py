"""Lays an edition out for one variant: texts cleaned, links made safe, our own words said in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from digest.model.edition import (
    Block,
    BriefsBlock,
    Edition,
    EditionSection,
    LeadBlock,
    MissedBlock,
    NoteBlock,
    NumberBlock,
    PictureBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)
from digest.model.event import Related, RelatedKind
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.model.picture import KeptPicture
from digest.render.sheet import Line, Picture, Piece, RelatedLine, Sheet, SheetBlock, SheetSection, sections_for
from digest.render.typeset import direction, one_line, paragraphs, safe_url, typographic, words
from digest.render.words import Words, direction_of, quotation_marks, words_for

LONGEST_HEADLINE = 200
LONGEST_BLURB = 600
LONGEST_LABEL = 60
MOST_RELATED = 3
_READING_SPEED = 220
"""Words a minute."""
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_FIELDS = re.compile(r"\{.*\}|\[.*\]")
"""Words for a picture that are no words but the fields of a record."""
_KEPT_NAME = re.compile(r"[0-9a-f]{40}\.(?:jpg|png)")


def blank(newsletter: Newsletter, speech: Words, *, picture_host: str = "") -> Sheet:
    """The sheet of a mail without an edition: the newsletter's own name, look and imprint."""
    left_to_right = speech.direction == "ltr"
    return Sheet(
        lang=speech.language,
        dir=speech.direction,
        start="left" if left_to_right else "right",
        end="right" if left_to_right else "left",
        dot=_dot(speech),
        colon="\u00a0: " if speech.language.partition("-")[0] == "fr" else ": ",
        name=one_line(newsletter.name, LONGEST_HEADLINE),
        tagline=_said(newsletter.tagline_in, newsletter, speech, LONGEST_HEADLINE),
        day="",
        subject="",
        preheader="",
        tally="",
        sections=(),
        image=None,
        logo=kept_picture(newsletter.theme.logo, picture_host, alt=one_line(newsletter.name, LONGEST_HEADLINE)),
        publisher=one_line(newsletter.publisher, LONGEST_HEADLINE),
        postal_address=tuple(line for line in map(one_line, newsletter.postal_address.splitlines()) if line),
        warnings=(),
    )


def lay_out(edition: Edition, newsletter: Newsletter, variant: Variant, *, picture_host: str = "") -> Sheet:
    """The edition's sheet. Pictures are shown only from our own store, which is at `picture_host`."""
    speech = words_for(variant.language, edition.language)
    layout = _Layout(edition, newsletter, speech, picture_host)
    laid_out = (layout.section(section) for section in sections_for(edition, variant))
    sections = tuple(section for section in laid_out if section.blocks)
    return replace(
        blank(newsletter, speech, picture_host=picture_host),
        day=speech.full_date(edition.id.date),
        subject=typographic(one_line(edition.subject, LONGEST_HEADLINE)),
        preheader=typographic(one_line(edition.preheader, LONGEST_HEADLINE)),
        tally=_tally(sections, speech),
        sections=sections,
        image=next(_pictures(sections), None),
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
        elif section.slug == "missed":
            title = Line(text=self._speech.say("In case you missed it"))
        else:
            title = self._title(section)
        blocks = (self._block(block, section) for block in section.blocks)
        return SheetSection(slug=section.slug, title=title, blocks=tuple(filter(self._says_something, blocks)))

    def _title(self, section: EditionSection) -> Line:
        """In the reader's language where the newsletter has it, unless an editor gave this edition's another title."""
        known = next((one for one in self._newsletter.sections if one.slug == section.slug), None)
        if known is None or known.title != section.title:
            return self._line(section.title, self._newsletter.language, LONGEST_LABEL)
        return _said(known.title_in, self._newsletter, self._speech, LONGEST_LABEL)

    def _says_something(self, block: SheetBlock) -> bool:
        if block.kind == "picture" and block.picture is None:
            self.warnings.append(f"{block.place} is not among our pictures: the block was left out")
            return False
        return block.kind not in ("briefs", "missed") or bool(block.pieces)

    def _block(self, block: Block, section: EditionSection) -> SheetBlock:
        match block:
            case LeadBlock(told=told) | StoryBlock(told=told):
                return SheetBlock(kind=block.kind, place=place(block), pieces=(self._piece(told, section),))
            case BriefsBlock(told=several):
                pieces = tuple(_brief(self._piece(told, section)) for told in several)
                return SheetBlock(kind=block.kind, place=place(block), pieces=pieces)
            case MissedBlock(told=several):
                return SheetBlock(kind=block.kind, place=place(block), pieces=tuple(map(self._missed, several)))
            case NoteBlock(text=text, signed=signed):
                lines = tuple(self._line(part, self._newsletter.language) for part in paragraphs(text))
                return SheetBlock(
                    kind=block.kind, place=place(block), paragraphs=lines, signed=one_line(signed, LONGEST_LABEL)
                )
            case QuoteBlock() | NumberBlock() | PictureBlock():
                return self._aside(block)

    def _aside(self, block: QuoteBlock | NumberBlock | PictureBlock) -> SheetBlock:
        """What stands between stories and is none: a quote, a number, a picture."""
        language = block.language or self._edition.language
        number, signed, picture, text = "", "", None, ""
        match block:
            case QuoteBlock():
                opening, closing = quotation_marks(language)
                text = f"{opening}{one_line(block.text, LONGEST_BLURB)}{closing}"
                signed = one_line(block.by, LONGEST_HEADLINE)
            case NumberBlock():
                text, number = block.text, one_line(block.number, LONGEST_LABEL)
            case PictureBlock():
                text = block.caption
                picture = self._picture(block.picture, block.alt, block.credit, place(block))
        return SheetBlock(
            kind=block.kind,
            place=place(block),
            paragraphs=(self._line(text, language, LONGEST_BLURB + 4),) if text else (),
            signed=signed,
            number=number,
            url=self._url(block.url, place(block)),
            outlet="" if isinstance(block, PictureBlock) else one_line(block.outlet, LONGEST_LABEL),
            picture=picture,
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
            picture=self._picture(told.picture, told.image_alt, told.image_credit, repr(one_line(told.headline, 60))),
        )

    def _missed(self, told: Told) -> Piece:
        """A line without a number: it is no news of this edition, and is not counted."""
        day = (self._day(told.published_at.astimezone(self._zone).date()),) if told.published_at else ()
        return Piece(
            number=0,
            kicker=one_line(told.kicker, LONGEST_LABEL),
            headline=self._line(told.headline, told.language, LONGEST_HEADLINE),
            url=self._url(told.url, told.headline),
            blurb=Line(text=""),
            outlet=one_line(told.outlet, LONGEST_LABEL),
            meta=day,
            related=(),
            picture=None,
        )

    def _line(self, text: str, language: str, limit: int = 0) -> Line:
        return _line(text, language, self._speech, limit)

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

    def _picture(self, kept: KeptPicture | None, alt: str, credit: str, whose: str) -> Picture | None:
        alt, credit = one_line(alt, LONGEST_HEADLINE), one_line(credit, LONGEST_LABEL)
        if _FIELDS.fullmatch(alt):
            alt = ""
        picture = kept_picture(kept, self._picture_host, alt=alt, credit=credit)
        if picture and not alt:
            self.warnings.append(f"the picture of {whose} has no words for those who cannot see it")
        return picture


def _brief(piece: Piece) -> Piece:
    """What one line holds of a story; the tally counts what is to be read, and no more."""
    return replace(piece, blurb=Line(text=""), related=(), picture=None, meta=())


def _line(text: str, language: str, speech: Words, limit: int = 0) -> Line:
    """Language and direction are said only where they differ: attributes are bytes, and bytes are clipped."""
    line = typographic(one_line(text, limit))
    tag = language if _TAG.fullmatch(language) and language != "und" else ""
    way = direction(line) or direction_of(tag or speech.language)
    return Line(
        text=line,
        lang=tag if tag and tag != speech.language else "",
        dir=way if way != speech.direction else "",
    )


def _said(text_in: Callable[[str], str], newsletter: Newsletter, speech: Words, limit: int) -> Line:
    """A text of the operator's: theirs for the reader's language, or the newsletter's own, which is named then."""
    text = text_in(speech.language)
    translated = text != text_in(newsletter.language)
    return _line(text, speech.language if translated else newsletter.language, speech, limit)


def kept_picture(kept: KeptPicture | None, host: str, *, alt: str, credit: str = "") -> Picture | None:
    """The picture as it is shown, or None where there is none or no host of ours to show it from."""
    if kept is None or not host or not _KEPT_NAME.fullmatch(kept.name):
        return None
    return Picture(url=host + kept.name, alt=alt, credit=credit, width=kept.width // 2, height=kept.height // 2)


def place(block: Block) -> str:
    """The name by which an editor finds a block."""
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            return f"{block.kind} {one_line(told.headline, 80)!r}"
        case BriefsBlock(told=several):
            return f"briefs ({len(several)} stories)"
        case MissedBlock(told=several):
            return f"missed ({len(several)} stories)"
        case NoteBlock(signed=signed):
            return f"note signed {signed!r}" if signed else "note"
        case QuoteBlock(by=by):
            return f"quote of {one_line(by, 80)!r}"
        case NumberBlock(number=number):
            return f"number {one_line(number, 40)!r}"
        case PictureBlock(alt=alt):
            return f"picture {one_line(alt, 80)!r}"


def _pictures(sections: tuple[SheetSection, ...]) -> Iterator[Picture]:
    for section in sections:
        for block in section.blocks:
            yield from (picture for picture in (block.picture, *(p.picture for p in block.pieces)) if picture)


def _tally(sections: tuple[SheetSection, ...], speech: Words) -> str:
    pieces = [piece for section in sections for block in section.blocks for piece in block.pieces if piece.number]
    if not pieces:
        return ""
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
