"""Ports of collecting: where stories come in, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.model.added_source import SourceChange
from digest.model.health import NO_VALIDATORS, SourceHealth, Validators
from digest.model.story import Entry, Origin, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A document or a source that could not be read, and why."""

    source: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look at a source brought: entries, and what could not be read."""

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...] = ()
    unchanged: bool = False
    """True where the other side said that nothing is new (HTTP 304)."""
    validators: Validators = NO_VALIDATORS
    """What to pass to the next look, once the entries of this one are safely stored."""


class Fetched(Protocol):
    """An answer from the web."""

    @property
    def url(self) -> str:
        """Where it was found in the end, after redirects."""

    @property
    def content(self) -> bytes: ...


class Fetches(Protocol):
    """The one door to the web, for those who need no more of it than this."""

    def get(self, url: str, *, accept: str) -> Fetched:
        """Fetch a public address. Raises Transient or Permanent, naming it. Thread-safe."""


class Pictures(Protocol):
    """The pictures that we keep and serve."""

    def put(self, name: str, content: bytes) -> None:
        """Keep it under the name that its content gave it; safe to repeat."""

    def get(self, name: str) -> bytes | None:
        """Its bytes, or None where there is none of this name."""


class Shelf(Protocol):
    """Where pages lie that others serve in our place."""

    def put(self, key: str, content: bytes, *, media_type: str, cache: str) -> bool:
        """Keep it under this path with these headers. False where the same was there. Raises AdapterError."""


class Source(Protocol):
    """Where stories come in. `read` raises AdapterError where the whole source fails."""

    @property
    def origin(self) -> Origin: ...

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """Look once; `validators` are those of the last reading. Thread-safe with regard to other sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one collection."""

    seconds: float = 240.0
    """Whoever has not been asked by then waits for the next collection."""
    pages: int = 150
    """Article pages fetched at most, over all sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how many days rows are kept."""

    stories_days: int = 400
    """An edition keeps what it tells of a story for ever."""
    posts_days: int = 30
    """What providers posted, as it came."""
    log_days: int = 730
    """Who did what, and the runs."""
    deliveries_days: int = 400
    """Who got which edition; after that only the numbers."""
    webhooks_days: int = 30
    """What happened and was told to webhooks, or could not be."""
    step_rows: int = 20_000
    """Rows that go in one transaction."""


class Pages(Protocol):
    """Where the whole article is looked up that an entry only announces."""

    def wanted(self, source: str, words: int) -> bool:
        """True where this source's entries of so many words shall be completed from their pages."""

    def read(self, url: str) -> Entry:
        """The article at `url`. Raises Transient, Permanent or BadDocument."""


class Stories(Protocol):
    """What has been collected."""

    def add(self, stories: Iterable[Story]) -> int:
        """Store those not known yet; known ones keep their first_seen. Returns how many are new."""

    def between(
        self, sources: Sequence[str], start: datetime, end: datetime, *, seen_after: datetime | None = None
    ) -> tuple[Story, ...]:
        """Stories of these sources (empty = all) published in [start, end), oldest first, then by id.

        With `seen_after`, those alone that were first seen later than that.
        """

    def came(
        self, sources: Sequence[str], start: datetime, end: datetime, *, seen_after: datetime
    ) -> tuple[int, datetime | None]:
        """How many such stories there are, and when the last of them was first seen; none of them is read."""

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that are stored."""

    def get(self, ids: Iterable[str]) -> Mapping[str, Story]:
        """The stories by id, those that are stored."""


class Sources(Protocol):
    """How the sources have been doing."""

    def health(self, sources: Iterable[str]) -> Mapping[str, SourceHealth]:
        """By slug, every source that was asked for: one nobody has looked at yet with its defaults."""

    def put(self, found: Iterable[SourceHealth]) -> None:
        """Remember these, each in place of what was known of it."""

    def changes(self) -> tuple[SourceChange, ...]:
        """What the desk left different from the configuration, by slug."""

    def put_change(self, change: SourceChange) -> None:
        """Remember it, in place of what was changed about this source before."""
