"""Where stories come from, and how they are fetched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from digest.model.story import Origin
from digest.settings.kinds import FetchPages, Slug, Strict


class Fetching(Strict):
    """How we read from the network."""

    contact: str = "https://example.org/digest-bot"
    """An address or URL in the User-Agent, so that a publisher can reach the operator."""
    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    """Until a connection stands."""
    request_seconds: float = Field(default=20.0, gt=0, le=300)
    """One try, its redirects included."""
    source_seconds: float = Field(default=45.0, gt=0, le=600)
    """All tries of one source together, their pauses included."""
    max_bytes: int = Field(default=5_000_000, ge=10_000, le=100_000_000)
    """Most bytes of one document, after decompression; more than 5 MB is never read."""
    fetch_pages: FetchPages = "short"
    """Articles of entries: of short ones (under 120 words), never, or always. Folders are never completed."""
    pages: int = Field(default=150, ge=0, le=5_000)
    """Articles fetched at most in one collection."""
    collect_seconds: float = Field(default=240.0, gt=0, le=3_600)
    """After so long nothing further is asked for; the next collection goes on."""
    trusted: tuple[str, ...] = ()
    """`host:port` pairs inside your own network that may be asked; everything internal is refused otherwise.
    A link to an address inside a network is dropped all the same: stories from there have none, and are not completed
    by their page."""


class SummariserSettings(Strict):
    """An optional service that writes blurbs; off by default."""

    kind: Literal["none", "openai"] = "none"
    """openai: any service that speaks OpenAI's chat completions, also one on this machine."""
    base_url: str = Field(default="http://127.0.0.1:11434/v1", pattern=r"^https?://\S+$")
    """Up to `/v1`; the texts of the stories are sent there."""
    model: str = ""
    """Its name, as the service knows it."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    """For one blurb; all of an edition together have three minutes."""

    @model_validator(mode="after")
    def _named(self) -> SummariserSettings:
        if self.kind != "none" and not self.model:
            raise ValueError("a summariser needs `model`")
        return self


class SourceSettings(Strict):
    """One source."""

    slug: Slug
    """Its short name, in reports and in `newsletters.sources`."""
    kind: Literal["folder", "feed", "jsonfeed", "page", "textdoc", "wordpress", "sitemap"]
    """What stands there."""
    outlet: str = Field(min_length=1)
    """Name as readers see it."""
    owner: str = ""
    """Empty = the outlet itself."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166 alpha-2 code, such as GB."""
    wire: bool = False
    """A wire or a world desk: counts extra in the score."""
    aggregator: bool = False
    """Repeats others: never counts as an outlet."""
    path: Path | None = None
    """For kind folder; relative to the configuration file."""
    url: str = ""
    """For the kinds that read from the network."""
    section: str = ""
    """What its stories count as where they name no section themselves."""
    language: str = ""
    """Language of stories that state none; empty = detected."""
    fetch_pages: FetchPages | None = None
    """When the article of an entry is fetched; None = as `fetching.fetch_pages` says."""

    @model_validator(mode="after")
    def _place(self) -> SourceSettings:
        if self.kind == "folder" and self.path is None:
            raise ValueError("a source of kind folder needs `path`")
        if self.kind != "folder" and not re.match(r"https?://", self.url):
            raise ValueError(f"a source of kind {self.kind} needs `url` with http:// or https://")
        return self

    def origin(self) -> Origin:
        """Who publishes what comes from here."""
        return Origin(
            source=self.slug,
            outlet=self.outlet,
            owner=self.owner or self.outlet,
            country=self.country,
            wire=self.wire,
            aggregator=self.aggregator,
        )
