"""Feeds with full text (Atom, RFC 4287; JSON Feed 1.1), the map of the site, and what robots are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from digest.model.correction import Correction, as_read
from digest.model.edition import Edition
from digest.model.errors import NotFound
from digest.model.newsletter import Newsletter
from digest.web.kept import Kept
from digest.web.pages import READER_POLICY
from digest.web.reader.archive import public
from digest.web.reader.library import FRESH, KEPT, Library
from digest.web.words import words_for

IN_FEED = 20
"""Editions in a feed."""
IN_MAP = 50_000
"""Addresses in a map of the site, at most (sitemaps.org)."""

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# XML 1.0 has no way to write these, escaped or not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ElementTree.register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One edition as a feed tells it."""

    url: str
    title: str
    summary: str
    content: str
    """HTML in our own plain words: no style, no class, addresses in full."""
    published: datetime
    updated: datetime
    language: str
    image: str


def feed_pages(library: Library, *, base_url: str) -> APIRouter:
    """`/feeds/{newsletter}.atom`, `/feeds/{newsletter}.json`, `/sitemap.xml` and `/robots.txt`."""
    router = APIRouter()
    feeds = Feeds(library, base_url=base_url.rstrip("/"))
    kept = Kept[str](KEPT, fresh=FRESH)

    def made(request: Request, key: Hashable, make: Callable[[], str], media_type: str, *, noindex: bool) -> Response:
        body = kept.get(key, make, now=library.app.clock())
        return public(request, body, max_age=300, policy=READER_POLICY, noindex=noindex, media_type=media_type)

    @router.api_route("/feeds/{newsletter}.atom", methods=["GET", "HEAD"])
    def atom(request: Request, newsletter: str) -> Response:
        return made(request, ("atom", newsletter), lambda: feeds.atom(newsletter), "application/atom+xml", noindex=True)

    @router.api_route("/feeds/{newsletter}.json", methods=["GET", "HEAD"])
    def json_feed(request: Request, newsletter: str) -> Response:
        return made(
            request, ("json", newsletter), lambda: feeds.json(newsletter), "application/feed+json", noindex=True
        )

    @router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
    def sitemap(request: Request) -> Response:
        return made(request, "sitemap", feeds.sitemap, "application/xml", noindex=True)

    @router.api_route("/robots.txt", methods=["GET", "HEAD"])
    def robots(request: Request) -> Response:
        return made(request, "robots", feeds.robots, "text/plain; charset=utf-8", noindex=False)

    return router


class Feeds:
    """Writes them. Raises NotFound for a newsletter that is not offered to everybody."""

    def __init__(self, library: Library, *, base_url: str) -> None:
        self._library = library
        self._base = base_url

    def atom(self, slug: str) -> str:
        """The Atom document of a newsletter."""
        newsletter, entries = self._entries(slug)
        root = ElementTree.Element(f"{{{_ATOM}}}feed", {"xml:lang": newsletter.language})

        def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
            found = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
            found.text = _NOT_XML.sub("", text) or None
            return found

        add(root, "id", f"{self._base}/feeds/{slug}.atom")
        add(root, "title", newsletter.name)
        if newsletter.tagline:
            add(root, "subtitle", newsletter.tagline)
        add(root, "link", rel="self", type="application/atom+xml", href=f"{self._base}/feeds/{slug}.atom")
        add(root, "link", rel="alternate", type="text/html", href=f"{self._base}/")
        add(root, "updated", _stamp(max((one.updated for one in entries), default=_EPOCH)))
        add(add(root, "author"), "name", newsletter.publisher)
        for one in entries:
            entry = add(root, "entry")
            add(entry, "id", one.url)
            add(entry, "title", one.title)
            add(entry, "link", rel="alternate", type="text/html", href=one.url)
            add(entry, "published", _stamp(one.published))
            add(entry, "updated", _stamp(one.updated))
            if one.summary:
                add(entry, "summary", one.summary)
            add(entry, "content", one.content, type="html", **{"xml:lang": one.language})
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")

    def json(self, slug: str) -> str:
        """The JSON Feed of a newsletter."""
        newsletter, entries = self._entries(slug)
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": newsletter.name,
            "description": newsletter.tagline,
            "home_page_url": f"{self._base}/",
            "feed_url": f"{self._base}/feeds/{slug}.json",
            "language": newsletter.language,
            "authors": [{"name": newsletter.publisher}],
            "items": [_item(one) for one in entries],
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    def sitemap(self) -> str:
        """Every edition that search engines may keep, the newest first, and the pages around them."""
        library = self._library
        with library.app.read() as tx:
            indexed = [one for one in library.offered(tx) if library.indexed(tx, one)]
            names = tx.archive.names([one.slug for one in indexed], limit=IN_MAP - len(indexed) - 2)
        root = ElementTree.Element("urlset", {"xmlns": _SITEMAP})
        own = [f"{self._base}/", f"{self._base}/editions", *(f"{self._base}/subscribe/{one.slug}" for one in indexed)]
        for address in (*own, *(library.app.links.view(name) for name in names)):
            ElementTree.SubElement(ElementTree.SubElement(root, "url"), "loc").text = address
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")

    def robots(self) -> str:
        """No rule keeps a robot away from a page that says noindex: it has to read that."""
        return f"User-agent: *\nDisallow: /hooks/\nDisallow: /metrics\n\nSitemap: {self._base}/sitemap.xml\n"

    def _entries(self, slug: str) -> tuple[Newsletter, Sequence[Entry]]:
        library = self._library
        with library.app.read() as tx:
            newsletter = next((one for one in library.offered(tx) if one.slug == slug), None)
            if newsletter is None:
                raise NotFound(f"no newsletter {slug} is offered")
            editions = library.latest(tx, newsletter, IN_FEED)
            notes = tx.archive.corrections([edition.id for edition in editions])
        return newsletter, [self.entry(edition, newsletter, notes.get(edition.id, ())) for edition in editions]

    def entry(self, edition: Edition, newsletter: Newsletter, notes: Sequence[Correction]) -> Entry:
        """One edition as a feed tells it."""
        sheet, notes = self._library.sheet(edition), as_read(notes)
        words, zone = words_for(newsletter.language), ZoneInfo(newsletter.zone)
        published = self._library.published(edition)
        content = self._library.pages.fill(
            "reader/entry.html.j2",
            words,
            sheet=sheet,
            notes=[(words.full_date(note.at.astimezone(zone).date()), note.text) for note in notes],
        )
        return Entry(
            url=self._library.app.links.view(edition.id),
            title=sheet.subject or sheet.day,
            summary=sheet.preheader,
            content=content,
            published=published,
            updated=max((published, *(note.at for note in notes))),
            language=sheet.lang,
            image=sheet.image.url if sheet.image else "",
        )


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _item(one: Entry) -> Mapping[str, object]:
    item = {
        "id": one.url,
        "url": one.url,
        "title": one.title,
        "content_html": one.content,
        "date_published": _stamp(one.published),
        "date_modified": _stamp(one.updated),
        "language": one.language,
    }
    if one.summary:
        item["summary"] = one.summary
    if one.image:
        item["image"] = one.image
    return item
