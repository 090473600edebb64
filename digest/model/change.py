"""Change: one thing that an editor does to an edition, as data; and Edit, the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.model.edition import Edition, EditionStatus, ScoredEvent, Told
from digest.model.errors import DigestError


class IllegalEdit(DigestError):
    """A change that makes no sense for the edition as it stands; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A candidate is told: `told` at `place` (0 first) of a section; -1 = at its end."""

    told: Told
    section: str
    place: int = -1
    scored: ScoredEvent | None = None
    """Its candidate, where the edition has none of that name yet."""
    kind: Literal["tell"] = "tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """An event is taken out, and why: the reason is kept for tuning."""

    event: str
    reason: str
    kind: Literal["exclude"] = "exclude"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readmit:
    """What was excluded is a candidate again."""

    event: str
    kind: Literal["readmit"] = "readmit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """An event stays, also when the edition is composed anew; or no longer."""

    event: str
    pinned: bool = True
    kind: Literal["pin"] = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An event that is told becomes the lead."""

    event: str
    kind: Literal["lead"] = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One place up (-1) or down (+1) within its section."""

    event: str
    step: int
    kind: Literal["move"] = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """To a place (0 first, -1 last) of a section; `briefs` and `lead` are sections too."""

    event: str
    section: str
    place: int = -1
    kind: Literal["place"] = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSections:
    """The sections in this order; the lead stays on top."""

    order: tuple[str, ...]
    kind: Literal["order_sections"] = "order_sections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Headline and blurb in the editor's own words."""

    event: str
    headline: str
    blurb: str
    kind: Literal["rewrite"] = "rewrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Headline and blurb as they were composed."""

    event: str
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLine:
    """What stands in the inbox."""

    subject: str
    preheader: str
    other: str | None = None
    """A second subject to be tried, empty = none; None leaves it as it is."""
    kind: Literal["subject_line"] = "subject_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The editor's note below the lead; empty = none."""

    text: str
    signed: str = ""
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Reports that do not belong to an event become one of their own, a candidate."""

    event: str
    rest: ScoredEvent
    """The event without them."""
    apart: ScoredEvent
    kind: Literal["split"] = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two events are one happening: `other` goes into `event`."""

    event: str
    other: str
    both: ScoredEvent
    kind: Literal["merge"] = "merge"


Change = (
    Tell
    | Exclude
    | Readmit
    | Pin
    | Lead
    | Move
    | Place
    | OrderSections
    | Rewrite
    | Reset
    | SubjectLine
    | Note
    | Split
    | Merge
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change as it was made: it led from `base_version` to `version`."""

    version: int
    base_version: int
    words: str
    """In one line, for people: "excluded “Rates rise”: not for us"."""
    by: str
    at: datetime
    undoes: int | None = None
    """The version whose change this one takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A warning that somebody read and let stand."""

    finding: str
    """Hash of the check and its message."""
    check: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An approval, a hold or a skip as it was made, so that it can be taken back."""

    version: int
    """Of the edition that it was made on."""
    was: EditionStatus
    was_reason: str
    became: EditionStatus
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAsked:
    """Somebody approves of a large mailing and asks a second person to do so too."""

    version: int
    person: int
    """Who asked; the second is never the same account."""
    by: str
    at: datetime


class Outrun(DigestError):
    """Somebody else changed the edition first. `now` is how it stands; nothing of the loser's was stored."""

    def __init__(self, now: Edition, expected_version: int) -> None:
        super().__init__(f"{now.id} is at version {now.version}, not {expected_version}: somebody changed it first")
        self.now = now
