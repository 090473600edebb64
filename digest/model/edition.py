"""Edition: a newsletter's dated number, its blocks and its status."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from digest.model.errors import DigestError, IllegalTransition
from digest.model.event import Part, Related
from digest.model.picture import KeptPicture

_EDITION = re.compile(r"\A([a-z0-9][a-z0-9-]{0,63})/(\d{4}-\d{2}-\d{2})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionId:
    """The name of an edition, written `NEWSLETTER/YYYY-MM-DD`."""

    newsletter: str
    date: dt.date
    # Spelt `dt.date`, because a field called date hides the class from whoever reads the annotations.

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read `world/2026-11-22`; anything else raises DigestError with the expected form."""
        match = _EDITION.match(name)
        if match is None:
            raise DigestError(f"{name!r} is not an edition; write NEWSLETTER/YYYY-MM-DD, such as world/2026-11-22")
        try:
            return cls(newsletter=match[1], date=dt.date.fromisoformat(match[2]))
        except ValueError as error:
            raise DigestError(f"{name!r} is not an edition: {error}") from error

    def __str__(self) -> str:
        return f"{self.newsletter}/{self.date.isoformat()}"


class EditionStatus(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    READY = "ready"
    APPROVED = "approved"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


TRANSITIONS: dict[EditionStatus, frozenset[EditionStatus]] = {
    EditionStatus.DRAFT: frozenset(
        {EditionStatus.READY, EditionStatus.HELD, EditionStatus.SKIPPED, EditionStatus.CANCELLED}
    ),
    EditionStatus.READY: frozenset(
        {
            EditionStatus.DRAFT,
            EditionStatus.APPROVED,
            EditionStatus.HELD,
            EditionStatus.SKIPPED,
            EditionStatus.CANCELLED,
        }
    ),
    EditionStatus.APPROVED: frozenset(
        {
            EditionStatus.READY,
            EditionStatus.SENDING,
            EditionStatus.HELD,
            EditionStatus.SKIPPED,
            EditionStatus.CANCELLED,
        }
    ),
    EditionStatus.HELD: frozenset(
        {
            EditionStatus.DRAFT,
            EditionStatus.READY,
            EditionStatus.APPROVED,
            EditionStatus.SKIPPED,
            EditionStatus.CANCELLED,
        }
    ),
    EditionStatus.SENDING: frozenset({EditionStatus.SENT, EditionStatus.STOPPED}),
    EditionStatus.STOPPED: frozenset({EditionStatus.SENDING, EditionStatus.SENT}),
    EditionStatus.SENT: frozenset(),
    # Only by taking the decision back, before the hour is over.
    EditionStatus.SKIPPED: frozenset({EditionStatus.READY, EditionStatus.HELD, EditionStatus.APPROVED}),
    EditionStatus.CANCELLED: frozenset(),
}
"""Which status may follow which; the store changes a status only by a conditional UPDATE along this table."""

CHANGEABLE = (EditionStatus.DRAFT, EditionStatus.READY, EditionStatus.HELD, EditionStatus.APPROVED)
"""An edition in any other status has gone out, or never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as it is told: what a story block shows."""

    event: str
    """Id of the event."""
    story: str
    """Id of the story it is told from."""
    headline: str
    blurb: str
    url: str
    outlet: str
    kicker: str = ""
    published_at: datetime | None = None
    minutes: int = 0
    """Reading time of the source article, whole minutes, 0 = unknown."""
    language: str = "en"
    related: tuple[Related, ...] = ()
    outlets: int = 0
    """Independent outlets that report the event, this one included; 0 = not said."""
    image_url: str = ""
    """Where the page's own picture is. Never shown from there: who hosts a picture sees who opens the mail."""
    image_alt: str = ""
    image_credit: str = ""
    picture: KeptPicture | None = None
    """The same picture as we keep it, in the size that the block shows; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A story as an edition told it, and the edition's day."""

    date: dt.date
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadBlock:
    """The first and largest story."""

    told: Told
    kind: Literal["lead"] = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryBlock:
    """A story with its blurb and related bar."""

    told: Told
    kind: Literal["story"] = "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefsBlock:
    """Several events in one line each."""

    told: tuple[Told, ...]
    kind: Literal["briefs"] = "briefs"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBlock:
    """A note of the editor's, plain text, paragraphs parted by a blank line."""

    text: str
    signed: str = ""
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteBlock:
    """Words somebody said, plain text without quotation marks around them."""

    text: str
    by: str
    """Who said it, and as what: "Ann Lee, mayor of Sampleton"."""
    url: str = ""
    """Of the report it is taken from, or empty."""
    outlet: str = ""
    language: str = ""
    """Empty = the edition's."""
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """One number of the day, with what it counts."""

    number: str
    """As it is written: "93 to 24", "12.6%"."""
    text: str
    url: str = ""
    """Of the report it is taken from, or empty."""
    outlet: str = ""
    language: str = ""
    """Empty = the edition's."""
    kind: Literal["number"] = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureBlock:
    """A picture that stands for itself."""

    image_url: str
    """Where it was found; shown only as `picture`."""
    alt: str
    """What is seen, for those who cannot see it."""
    caption: str = ""
    credit: str = ""
    url: str = ""
    """Where a click leads, or empty."""
    picture: KeptPicture | None = None
    language: str = ""
    """Empty = the edition's."""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedBlock:
    """Stories of earlier editions that a reader may have missed, one line each. They are no news of this edition."""

    told: tuple[Told, ...]
    kind: Literal["missed"] = "missed"


Block = LeadBlock | StoryBlock | BriefsBlock | NoteBlock | QuoteBlock | NumberBlock | PictureBlock | MissedBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSection:
    """A section of an edition: its blocks under one title. Slug `lead` is the top of the mail, untitled."""

    slug: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredEvent:
    """What is kept of a candidate for the explanation of picks: chosen ones have a rank from 1."""

    event: str
    headline: str
    score: float
    parts: tuple[Part, ...]
    why: str
    section: str
    outlets: tuple[str, ...]
    wires: tuple[str, ...]
    stories: tuple[str, ...]
    rank: int = 0
    """1 is the lead; 0 = not picked."""
    left_out: str = ""
    """Why it was not picked, in words; empty for a pick."""
    excluded: bool = False
    """An editor took it out; `left_out` says why."""
    pinned: bool = False
    """An editor wants it told, whatever comes."""
    copies: tuple[str, ...] | None = None
    """Those of `stories` that counted as copies; None where an older version did not keep them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """Headline and blurb of an event as they were composed, kept once an editor wrote others."""

    event: str
    headline: str
    blurb: str


def told_in(sections: Iterable[EditionSection]) -> tuple[Told, ...]:
    """Every story that these sections tell as news, in reading order."""
    found: list[Told] = []
    for section in sections:
        for block in section.blocks:
            if isinstance(block, LeadBlock | StoryBlock):
                found.append(block.told)
            elif isinstance(block, BriefsBlock):
                found.extend(block.told)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A newsletter's dated number. Immutable: a change makes a new one with `version` + 1."""

    id: EditionId
    version: int
    status: EditionStatus
    subject: str
    preheader: str
    sections: tuple[EditionSection, ...]
    scored: tuple[ScoredEvent, ...]
    """Every candidate with its parts, best first."""
    language: str
    composed_at: datetime
    inputs_sha256: str
    """Hash of the story ids, texts and rules it was composed from (P12)."""
    cutoff: datetime | None = None
    """Stories published before this instant were considered; None where unknown."""
    approved_by: str = ""
    approved_at: datetime | None = None
    reason: str = ""
    """Why it is held, skipped or stopped."""
    subject_b: str = ""
    """A second subject that some of the first readers get, judged by their clicks; empty = none."""
    composed: tuple[Composed, ...] = ()
    """What was written over: beside the editor's words, and to go back to."""

    @property
    def told(self) -> tuple[Told, ...]:
        """Every story told as news, in reading order; what is offered again (`missed`) is not among them."""
        return told_in(self.sections)

    def to(self, status: EditionStatus, *, reason: str = "") -> Edition:
        """The same edition in another status; raises IllegalTransition where the table forbids it."""
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"edition {self.id} is {self.status}: it cannot become {status}")
        return replace(self, status=status, reason=reason)

    def approve(self, *, by: str, at: datetime) -> Edition:
        """The edition as approved by a person, or by `autopilot` where the newsletter's policy says so."""
        return replace(self.to(EditionStatus.APPROVED), approved_by=by, approved_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEdition:
    """An edition in a list: its name and where it stands."""

    id: EditionId
    version: int
    status: EditionStatus
    subject: str
