"""The archive: an address for each edition, the list of them, and the search through it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.editorial.edition.findable import folded_words, headline_for, terms_of
from digest.model.correction import as_read
from digest.model.edition import Edition, EditionId
from digest.model.errors import DigestError, NotFound
from digest.ports import Tx
from digest.render.typeset import one_line
from digest.web.kept import Kept
from digest.web.pages import READER_POLICY
from digest.web.reader.document import compose
from digest.web.reader.library import FRESH, KEPT, Library, Row
from digest.web.words import words_for

DAYS_IN_LIST = 30
"""Editions in one page of the list."""
_FEEDS = (("atom", "application/atom+xml"), ("json", "application/feed+json"))
LONGEST_QUESTION = 200
"""Characters of a search."""

ARCHIVE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""The mail brings its styles inline; there is still no script, and nothing from elsewhere (P9)."""


def archive_pages(library: Library) -> APIRouter:
    """`/editions` and `/editions/{newsletter}/{date}`."""
    router = APIRouter()
    archive = Archive(library)
    kept = Kept[tuple[str, bool]](KEPT, fresh=FRESH)

    @router.api_route("/editions", methods=["GET", "HEAD"])
    def shelf(request: Request, before: str = "", q: str = "") -> Response:
        day = _day(before) if before else date.max
        return public(request, archive.shelf(day, q), max_age=60, policy=READER_POLICY, noindex=bool(q or before))

    @router.api_route("/editions/{newsletter}/{day}", methods=["GET", "HEAD"])
    def edition(request: Request, newsletter: str, day: str) -> Response:
        try:
            wanted = EditionId.parse(f"{newsletter}/{day}")
        except DigestError:
            raise NotFound("no such edition") from None
        html, indexed = kept.get(wanted, lambda: archive.edition(wanted), now=library.app.clock())
        return public(request, html, max_age=300, policy=ARCHIVE_POLICY, noindex=not indexed)

    return router


class Archive:
    """Sets archive pages."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._pages = library.pages

    def shelf(self, before: date, question: str) -> str:
        """A page of the list, of all editions or of those that a search finds."""
        question = one_line(question, LONGEST_QUESTION)
        terms = terms_of(question)
        with self._library.app.read() as tx:
            offered = self._library.offered(tx)
            slugs = [newsletter.slug for newsletter in offered]
            limit = DAYS_IN_LIST * max(1, len(slugs))
            if terms:
                found = tx.archive.search(terms, slugs, before=before, limit=limit + 1)
            else:
                found = tx.archive.shown(slugs, before=before, limit=limit + 1)
        shown, older_than = _whole_days(found, limit)
        first = next(iter(offered or self._library.newsletters.values()))
        words = words_for(first.language)
        title = words.say("All editions")
        if terms:
            title = words.say("Editions with “%(question)s”", question=question)
        elif before != date.max:
            title = words.say("Editions before %(day)s", day=words.full_date(before))
        more = {"q": question} if question else {}
        return self._pages.fill(
            "reader/editions.html.j2",
            words,
            title=title,
            name=" · ".join(newsletter.name for newsletter in offered) or first.name,
            question=question,
            asked=bool(question),
            shelf_title=title,
            rows=[self._answer(edition, terms) for edition in shown],
            several=len(offered) > 1,
            older=f"{self._pages.prefix}/editions?{urlencode({**more, 'before': str(older_than)})}"
            if older_than
            else "",
            feeds=self._library.feeds(offered),
        )

    def edition(self, wanted: EditionId) -> tuple[str, bool]:
        """The page of one edition between the ways to its neighbours, and whether it may be indexed. NotFound."""
        with self._library.app.read() as tx:
            found, newsletter = self._library.edition(tx, wanted)
            indexed = self._library.indexed(tx, newsletter)
            has_feeds = newsletter in self._library.offered(tx)
            notes = as_read(tx.archive.corrections([wanted]).get(wanted, ()))
            earlier = self._previous(tx, wanted)
            later = tx.archive.next_shown(wanted.newsletter, wanted.date)
        words = words_for(newsletter.language)
        row = self._library.row
        ways = {"earlier": row(earlier) if earlier else None, "later": row(later) if later else None}
        above = self._pages.fill("reader/strip.html.j2", words, label=words.say("Editions"), **ways)
        below = self._pages.fill("reader/strip.html.j2", words, label=words.say("More editions"), **ways)
        zone = ZoneInfo(newsletter.zone)
        corrections = self._pages.fill(
            "reader/corrections.html.j2",
            words,
            language=newsletter.language,
            notes=[
                (note.at.isoformat(), words.full_date(note.at.astimezone(zone).date()), note.text) for note in notes
            ],
        )
        head = "" if indexed else '<meta name="robots" content="noindex">'
        for kind, media in _FEEDS if has_feeds else ():
            address = escape(f"{self._pages.prefix}/feeds/{newsletter.slug}.{kind}")
            head += f'<link rel="alternate" type="{media}" title="{escape(newsletter.name)}" href="{address}">'
        html = compose(
            [self._library.document(found)],
            before=above + corrections,
            after=below,
            links=self._pages.links,
            words=words,
            head=head,
        )
        return html, indexed

    def _answer(self, edition: Edition, terms: tuple[str, ...]) -> Row:
        """The row; where the subject does not say what was asked for, with the headline that does."""
        row = self._library.row(edition)
        said = folded_words(edition.subject)
        if not terms or all(any(word.startswith(term) for word in said) for term in terms):
            return row
        told = headline_for(edition, terms)
        return row if told is None else replace(row, found=told.headline, found_language=told.language)

    def _previous(self, tx: Tx, edition: EditionId) -> Edition | None:
        found = tx.archive.shown((edition.newsletter,), before=edition.date, limit=1)
        return found[0] if found else None


def _whole_days(found: tuple[Edition, ...], limit: int) -> tuple[tuple[Edition, ...], date | None]:
    """What fits on a page, and the day before which the next page goes on; a day is never cut in two."""
    if len(found) <= limit:
        return found, None
    last = found[limit].id.date
    whole = tuple(edition for edition in found[:limit] if edition.id.date > last)
    if not whole:  # as many newsletters on one day as fit on a page
        return found[:limit], last
    return whole, whole[-1].id.date


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("no such day") from None


def public(
    request: Request,
    body: str,
    *,
    max_age: int,
    policy: str,
    noindex: bool = False,
    media_type: str = "text/html; charset=utf-8",
    varying: str = "",
) -> Response:
    """What anybody may keep for `max_age` seconds, and ask again about by its ETag.

    `varying` is a part of the body that changes with each making and does not make it another page.
    """
    same = body.replace(varying, "") if varying else body
    tag = f'"{hashlib.sha256(same.encode()).hexdigest()[:32]}"'
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={max_age}",
        "content-security-policy": policy,
    }
    if noindex:
        headers["x-robots-tag"] = "noindex"
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return (
        HTMLResponse(body, headers=headers)
        if media_type.startswith("text/html")
        else Response(body, media_type=media_type, headers=headers)
    )
