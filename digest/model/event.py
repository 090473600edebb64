"""Event (the stories about one happening), Related, and Pick (an event chosen, with its reasons)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The stories about one happening. Never a webhook, never a line in a log.

    `stories` are ordered by closeness to the centre of the event, the lead first. `copies` are the ids of
    stories that are syndicated copies of another one here: they are kept, and do not count as coverage.
    """

    id: str
    stories: tuple[Story, ...]
    copies: frozenset[str] = frozenset()

    @property
    def lead(self) -> Story:
        """The story that stands for the event."""
        return self.stories[0]

    @property
    def first_seen(self) -> datetime:
        return min(story.first_seen for story in self.stories)

    @property
    def last_published(self) -> datetime:
        return max(story.published_at for story in self.stories)


class RelatedKind(StrEnum):
    """Why a story is offered beside an event."""

    OTHER_REPORT = "other_report"
    EARLIER = "earlier"
    BACKGROUND = "background"
    EXPLAINER = "explainer"


class Wish(StrEnum):
    """What an editor wants of an event, by any of its stories; the strongest counts, in this order."""

    BAN = "ban"
    """Not told."""
    PIN = "pin"
    """Told, and before all that is not pinned."""
    BOOST = "boost"
    BURY = "bury"


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A story offered beside an event, with its kind and why."""

    kind: RelatedKind
    headline: str
    outlet: str
    url: str
    why: str
    """One short line for an editor, such as "same event, other owner, closeness 0.41"."""
    score: float
    published_at: datetime | None = None
    story: str = ""
    """Id of our story, empty where it is only a title of the page's own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One named part of a score: `value` is added; `detail` says it in words."""

    name: str
    value: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An event with its score. `score` is the sum of its parts; every pick explains itself (P13)."""

    event: Event
    score: float
    parts: tuple[Part, ...]
    section: str
    """Slug of the newsletter's section it falls in."""
    outlets: tuple[str, ...]
    """Independent outlets, one an owner, copies and aggregators left out."""
    wires: tuple[str, ...]
    wish: Wish | None = None
    """What an editor wants of it; its effect on the score is the part `desk`."""

    @property
    def why(self) -> str:
        """One line for people: "9 outlets, 3 wires, world section, seen yesterday -0.6"."""
        return ", ".join(part.detail for part in self.parts if part.detail)
