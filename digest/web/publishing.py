"""The archive as objects: its pages and feeds put where a CDN serves them, so that its readers do not come to us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from digest.ports import App, Shelf
from digest.web.pages import Pages
from digest.web.reader.archive import Archive
from digest.web.reader.feeds import Feeds
from digest.web.reader.library import Library
from digest.wiring import picture_host, templates_dir

CACHE = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
"""As long as our own pages are kept: a correction is everywhere within five minutes. An ETag is the bucket's matter."""
HTML = "text/html; charset=utf-8"
NEWEST = 31
"""Editions of a newsletter that are made anew; older ones change only where somebody corrects them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What lies under one address of the site, without its host."""

    key: str
    body: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What came of it."""

    put: int
    same: int


def publish(app: App, base_url: str, shelf: Shelf, *, newest: int = NEWEST) -> Shelved:
    """Put the list, the feeds and the newest editions of every newsletter that is public. Safe to repeat.

    Editions before what links to them: a reader finds no link to a page that is not there yet.
    """
    put = same = 0
    for page in _pages(app, base_url, newest):
        if shelf.put(page.key, page.body.encode(), media_type=page.media_type, cache=CACHE):
            put += 1
        else:
            same += 1
    return Shelved(put=put, same=same)


def _pages(app: App, base_url: str, newest: int) -> Iterator[Page]:
    library = Library(app, Pages(templates_dir(), base_url), picture_host=picture_host(base_url))
    archive, feeds = Archive(library), Feeds(library, base_url=base_url.rstrip("/"))
    with app.read() as tx:
        offered = library.offered(tx)
        names = [name for one in offered for name in tx.archive.names([one.slug], limit=newest)]
    for name in names:
        yield Page(key=f"editions/{name}", body=archive.edition(name)[0], media_type=HTML)
    for one in offered:
        yield Page(key=f"feeds/{one.slug}.atom", body=feeds.atom(one.slug), media_type="application/atom+xml")
        yield Page(key=f"feeds/{one.slug}.json", body=feeds.json(one.slug), media_type="application/feed+json")
    yield Page(key="editions", body=archive.shelf(date.max, ""), media_type=HTML)
    yield Page(key="sitemap.xml", body=feeds.sitemap(), media_type="application/xml")
