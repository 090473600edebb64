"""Entry (as published, untrusted) and Story (our clean record of one article)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as a source published it. Nothing in it is trusted: texts may hold anything.

    `paragraphs` is the body as plain text, one string a paragraph, boilerplate left out. `date` is the
    day the document states; `published_at` is an aware UTC instant where one is known.
    """

    path: str
    """Where it was read: a file path or feed URL, as given."""
    kind: str
    """textdoc, feed, jsonfeed, page, wordpress or sitemap."""
    title: str
    paragraphs: tuple[str, ...] = ()
    standfirst: str = ""
    """The summary as published, plain text."""
    section: str | None = None
    date: date | None = None
    published_at: datetime | None = None
    agency: str | None = None
    byline: str | None = None
    url: str | None = None
    guid: str | None = None
    language: str | None = None
    related_titles: tuple[str, ...] = ()
    position: int = 0
    """Place in its feed or folder, 0 first."""
    image_url: str | None = None
    image_alt: str | None = None
    flaw: str = ""
    """Why this item could not be read, where its document was broken off or broken; such an entry is no story."""

    @property
    def tells(self) -> bool:
        """False for an item of a feed that says nothing at all: no title, no text, no address, no date."""
        words = self.title.strip() or self.paragraphs or self.standfirst
        return not self.flaw and bool(words or self.url or self.published_at or self.byline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who published a story, as the operator's configuration says."""

    source: str
    """The source's slug."""
    outlet: str
    """Name as readers see it."""
    owner: str
    """One vote per owner: outlets of one owner count once."""
    country: str | None = None
    """ISO 3166 alpha-2."""
    wire: bool = False
    """A wire or a world desk."""
    aggregator: bool = False
    """Never counts as an outlet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Our clean record of one article: normalised text, one language, aware UTC instants."""

    id: str
    """Stable for the same article of the same source: 16 hexadecimal digits."""
    origin: Origin
    headline: str
    standfirst: str
    text: str
    """Body, paragraphs parted by a blank line. For matching and for the blurb; never published whole."""
    url: str
    """Canonical http(s) address, or empty where the article has none."""
    language: str
    """Primary language tag, `und` where unknown."""
    section: str
    """The section as the outlet names it, or empty."""
    byline: str
    agency: str
    published_at: datetime
    first_seen: datetime
    position: int = 0
    related_titles: tuple[str, ...] = ()
    image_url: str = ""
    image_alt: str = ""
    corrects: bool = False
    """It says of itself that it corrects what was told before."""

    @property
    def is_dated(self) -> bool:
        """Whether its outlet said when. What came without a date, or with a future one, bears that of its fetching."""
        return self.published_at != self.first_seen
