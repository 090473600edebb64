"""The library: which editions anybody may look up, and how one of them is shown in a list, a sample or in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import NotFound
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.render.layout import kept_picture, lay_out
from digest.render.sheet import Picture, Sheet
from digest.web.kept import Kept
from digest.web.pages import Pages
from digest.web.reader.document import Document, take_apart
from digest.web.words import words_for
from digest.workflow.hours import send_instant

FRESH = timedelta(seconds=15)
"""How long a page is shown again as it is: the most that a new edition, or a stop, takes to be seen."""
KEPT = 64
"""Rendered editions and pages kept in memory, about 45 KB each."""

READABLE = frozenset({EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.STOPPED})
"""Somebody has it in a mail that links here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An edition in a list or a strip."""

    url: str
    date: str
    day: str
    """The date in full, and `short` without the weekday and the year."""
    short: str
    name: str
    subject: str
    language: str
    found: str = ""
    """The headline that was asked for, where the row answers a search and the subject does not hold it."""
    found_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where a newsletter's feeds are."""

    name: str
    atom: str
    json: str


class Library:
    """Looks editions up for pages. Keeps what MJML compiled, for an edition that was sent does not change."""

    def __init__(self, app: App, pages: Pages, *, picture_host: str) -> None:
        self.app = app
        self.pages = pages
        self._picture_host = picture_host
        self._documents = Kept[Document](KEPT)

    @property
    def newsletters(self) -> Mapping[str, Newsletter]:
        """All of them, in the order of the configuration, which is the order of importance."""
        return self.app.newsletters

    def offered(self, tx: Tx) -> tuple[Newsletter, ...]:
        """Those whose list is public. A private one is shown to whoever has a link, and listed nowhere."""
        return tuple(one for one in self.newsletters.values() if _facts(tx, one)[0])

    def indexed(self, tx: Tx, newsletter: Newsletter) -> bool:
        """Whether search engines may keep its editions."""
        return all(_facts(tx, newsletter))

    def edition(self, tx: Tx, wanted: EditionId) -> tuple[Edition, Newsletter]:
        """The edition where somebody may have it in a mail. Raises NotFound."""
        newsletter, found = self.newsletters.get(wanted.newsletter), tx.editions.get(wanted)
        if newsletter is None or found is None or found.status not in READABLE:
            raise NotFound(f"{wanted} was not sent")
        return found, newsletter

    def latest(self, tx: Tx, newsletter: Newsletter, limit: int) -> Sequence[Edition]:
        """The newest editions that are offered to everybody."""
        return tx.archive.shown((newsletter.slug,), before=date.max, limit=limit)

    def sheet(self, edition: Edition) -> Sheet:
        """Its texts, set in our own page style instead of the mail's."""
        newsletter = self.newsletters[edition.id.newsletter]
        return lay_out(edition, newsletter, Variant(language=newsletter.language), picture_host=self._picture_host)

    def document(self, edition: Edition) -> Document:
        """Its page as the mail's templates make it."""
        newsletter = self.newsletters[edition.id.newsletter]

        def compiled() -> Document:
            variant = Variant(language=newsletter.language)
            view_url = self.app.links.view(edition.id)
            return take_apart(self.app.renderer.page(edition, newsletter, variant, view_url=view_url))

        return self._documents.get((edition.id, edition.version), compiled, now=self.app.clock())

    def row(self, edition: Edition) -> Row:
        """A line of a list."""
        newsletter = self.newsletters[edition.id.newsletter]
        words = words_for(newsletter.language)
        return Row(
            url=self.path(edition.id),
            date=edition.id.date.isoformat(),
            day=words.full_date(edition.id.date),
            short=words.day_and_month(edition.id.date),
            name=newsletter.name,
            subject=edition.subject,
            language=edition.language,
        )

    def logo(self, newsletter: Newsletter) -> Picture | None:
        """What stands in place of its name, None where the name itself does."""
        return kept_picture(newsletter.theme.logo, self._picture_host, alt=newsletter.name)

    def feeds(self, newsletters: Iterable[Newsletter]) -> tuple[Feed, ...]:
        """Where their feeds are."""
        base = f"{self.pages.prefix}/feeds"
        return tuple(
            Feed(name=one.name, atom=f"{base}/{one.slug}.atom", json=f"{base}/{one.slug}.json") for one in newsletters
        )

    def path(self, edition: EditionId) -> str:
        """Where its page is on our own site."""
        return f"{self.pages.prefix}/editions/{edition}"

    def published(self, edition: Edition) -> datetime:
        """When it came out: the hour of sending of its day."""
        return send_instant(self.newsletters[edition.id.newsletter], edition.id.date)


def _facts(tx: Tx, newsletter: Newsletter) -> tuple[bool, bool]:
    """(public, indexed). A list is made, public and open to search engines, when its first reader comes."""
    try:
        found = tx.audience.list_of(newsletter.list)
    except NotFound:
        return True, True
    return found.public, found.indexed
