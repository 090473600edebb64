"""The archive: today's edition in full, the list of earlier ones, and an address for each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, NotFound
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.web.kept import Kept
from digest.web.pages import Pages
from digest.web.reader.document import Document, compose, take_apart
from digest.web.words import words_for

DAYS_IN_LIST = 30
"""Days of editions in one page of the list."""
NEXT_WITHIN = 31
"""Days after an edition within which the next one is looked for; before it, editions passed over."""
FRESH = timedelta(seconds=15)
"""How long a page is shown again as it is: the most that a new edition, or a stop, takes to be seen."""
_KEPT = 64
"""Rendered editions and pages kept in memory, about 45 KB each."""

READABLE = frozenset({EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.STOPPED})
"""Somebody has it in a mail that links here."""
LISTED = READABLE - {EditionStatus.STOPPED}
"""A stopped edition keeps its address for those who got it, and is offered to nobody else."""

ARCHIVE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""The mail brings its styles inline; there is still no script, and nothing from elsewhere (P9)."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of the list. `older_than` is the day before which it goes on, None where it ends."""

    editions: tuple[Edition, ...]
    older_than: date | None


def archive_pages(app: App, pages: Pages) -> APIRouter:
    """`/` and `/editions/{newsletter}/{date}`."""
    router = APIRouter()
    archive = Archive(app, pages)
    pages_kept = Kept[str](_KEPT, fresh=FRESH)

    @router.api_route("/", methods=["GET", "HEAD"])
    def front(request: Request, before: str = "") -> Response:
        day = _day(before) if before else None
        html = pages_kept.get(day, lambda: archive.further(day) if day else archive.front(), now=app.clock())
        return _public(request, html, max_age=60)

    @router.api_route("/editions/{newsletter}/{day}", methods=["GET", "HEAD"])
    def edition(request: Request, newsletter: str, day: str) -> Response:
        try:
            wanted = EditionId.parse(f"{newsletter}/{day}")
        except DigestError:
            raise NotFound("no such edition") from None
        html = pages_kept.get(wanted, lambda: archive.edition(wanted), now=app.clock())
        return _public(request, html, max_age=300)

    return router


class Archive:
    """Sets archive pages. Keeps what MJML compiled, for an edition that was sent does not change."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self._documents = Kept[Document](_KEPT)

    def front(self) -> str:
        """The newest edition of each newsletter in full, then the earlier ones."""
        with self._app.read() as tx:
            found = self._listed(tx, date.max)
        newest: dict[str, Edition] = {}
        for edition in found.editions:
            newest.setdefault(edition.id.newsletter, edition)
        # In the order of the configuration, which is the order of importance.
        today = [newest[slug] for slug in self._newsletters if slug in newest]
        if not today:
            return self._empty()
        words = words_for(self._first.language)
        earlier = replace(found, editions=tuple(one for one in found.editions if one not in today))
        shelf = self._pages.fill("reader/shelf.html.j2", words, **self._shelf(earlier))
        return compose([self._document(one) for one in today], after=shelf, links=self._pages.links, words=words)

    def further(self, before: date) -> str:
        """A further page of the list."""
        with self._app.read() as tx:
            found = self._listed(tx, before)
        words = words_for(self._first.language)
        return self._pages.fill(
            "reader/index.html.j2",
            words,
            title=words.say("Editions before %(day)s", day=words.full_date(before)),
            name=self._title,
            text="" if found.editions else words.say("None yet."),
            **self._shelf(found),
        )

    def edition(self, wanted: EditionId) -> str:
        """The page of one edition between the ways to its neighbours. Raises NotFound."""
        newsletter = self._newsletters.get(wanted.newsletter)
        with self._app.read() as tx:
            found = tx.editions.get(wanted)
            if newsletter is None or found is None or found.status not in READABLE:
                raise NotFound(f"{wanted} was not sent")
            earlier = self._previous(tx, wanted)
            later = self._next(tx, wanted)
        words = words_for(newsletter.language)
        strip = self._pages.fill(
            "reader/strip.html.j2",
            words,
            earlier=self._row(earlier) if earlier else None,
            later=self._row(later) if later else None,
        )
        return compose([self._document(found)], before=strip, after=strip, links=self._pages.links, words=words)

    @property
    def _newsletters(self) -> Mapping[str, Newsletter]:
        return self._app.newsletters

    @property
    def _first(self) -> Newsletter:
        return next(iter(self._newsletters.values()))

    @property
    def _title(self) -> str:
        return " · ".join(newsletter.name for newsletter in self._newsletters.values())

    def _listed(self, tx: Tx, before: date) -> Listed:
        """A page of the editions that are offered to everybody, newest first; a day is never cut in two."""
        found = [
            edition
            for slug in self._newsletters
            for edition in tx.editions.before(slug, before, DAYS_IN_LIST + 1)
            if _listed(edition)
        ]
        days = sorted({edition.id.date for edition in found}, reverse=True)[: DAYS_IN_LIST + 1]
        last = days[DAYS_IN_LIST - 1] if len(days) > DAYS_IN_LIST else None
        kept = [edition for edition in found if last is None or edition.id.date >= last]
        kept.sort(key=lambda edition: edition.id.date, reverse=True)
        return Listed(editions=tuple(kept), older_than=last)

    def _previous(self, tx: Tx, edition: EditionId) -> Edition | None:
        for _ in range(NEXT_WITHIN):
            found = tx.editions.before(edition.newsletter, edition.date, 1)
            if not found or _listed(found[0]):
                return found[0] if found else None
            edition = found[0].id
        return None

    def _next(self, tx: Tx, edition: EditionId) -> Edition | None:
        for days in range(1, NEXT_WITHIN + 1):
            following = EditionId(newsletter=edition.newsletter, date=edition.date + timedelta(days=days))
            found = tx.editions.get(following)
            if found is not None and _listed(found):
                return found
        return None

    def _document(self, edition: Edition) -> Document:
        newsletter = self._newsletters[edition.id.newsletter]

        def compiled() -> Document:
            variant = Variant(language=newsletter.language)
            view_url = self._app.links.view(edition.id)
            return take_apart(self._app.renderer.page(edition, newsletter, variant, view_url=view_url))

        return self._documents.get((edition.id, edition.version), compiled, now=self._app.clock())

    def _row(self, edition: Edition) -> Row:
        newsletter = self._newsletters[edition.id.newsletter]
        words = words_for(newsletter.language)
        return Row(
            url=f"{self._pages.prefix}/editions/{edition.id}",
            date=edition.id.date.isoformat(),
            day=words.full_date(edition.id.date),
            short=words.day_and_month(edition.id.date),
            name=newsletter.name,
            subject=edition.subject,
            language=edition.language,
        )

    def _shelf(self, found: Listed) -> dict[str, object]:
        return {
            "rows": [self._row(edition) for edition in found.editions],
            "several": len(self._newsletters) > 1,
            "older": f"{self._pages.links.home}?before={found.older_than}" if found.older_than else "",
        }

    def _empty(self) -> str:
        words = words_for(self._first.language)
        return self._pages.fill(
            "reader/index.html.j2",
            words,
            title=self._title,
            name=words.say("Editions"),
            text=words.say("Nothing has been sent yet. The first edition will stand here."),
            rows=(),
            several=False,
            older="",
        )


def _listed(edition: Edition) -> bool:
    return edition.status in LISTED


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("no such day") from None


def _public(request: Request, html: str, *, max_age: int) -> Response:
    """A page that anybody may keep for `max_age` seconds, and ask again about by its ETag."""
    tag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={max_age}",
        "content-security-policy": ARCHIVE_POLICY,
    }
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(html, headers=headers)
