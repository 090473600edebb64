"""A source on the web: fetched, read, asked again only for what is new, and loud when it is no feed any more."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from digest.model.errors import Permanent, Transient
from digest.model.story import Origin
from digest.sources.fetch import Fetcher, Limits
from digest.sources.guard import Guard
from digest.sources.pace import Pace
from digest.sources.remote import RemoteSource
from tests.digest.sources.webserver import Answer, Asked, Site, running

NOW = datetime(2022, 4, 8, 12, tzinfo=UTC)
ORIGIN = Origin(source="coast", outlet="Coastline", owner="Coastline Media")
RSS = "<rss version='2.0'><channel><item><title>Brücke zu</title><link>/1</link></item></channel></rss>"


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


def source(site: Site, path: str, kind: str = "feed") -> RemoteSource:
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    limits = Limits(read_s=30.0, request_s=60.0, retries=0)
    fetcher = Fetcher(user_agent="digest/0.1", guard=guard, limits=limits, pace=Pace(interval=0.0), robots=False)
    return RemoteSource(origin=ORIGIN, url=site.root + path, kind=kind, fetcher=fetcher)


def test_a_feed_is_fetched_and_read(site: Site) -> None:
    site.answers["/old"] = Answer(status=301, headers={"Location": "/new/feed"})
    site.answers["/new/feed"] = Answer(
        headers={"Content-Type": "application/xml; charset=cp1252"}, body=RSS.encode("cp1252")
    )
    reading = source(site, "/old").read(NOW)
    (entry,) = reading.entries
    assert entry.title == "Brücke zu"
    assert entry.url == f"{site.root}/1"
    assert entry.path == f"{site.root}/old"
    assert source(site, "/old").origin == ORIGIN


def test_only_what_is_new_is_asked_for(site: Site) -> None:
    def feed(asked: Asked) -> Answer:
        if asked.headers.get("if-none-match") == '"1"':
            return Answer(status=304)
        return Answer(headers={"ETag": '"1"'}, body=RSS.encode())

    site.answers["/feed"] = feed
    first = source(site, "/feed").read(NOW)
    assert len(first.entries) == 1
    again = source(site, "/feed").read(NOW, validators=first.validators)
    assert again.unchanged
    assert again.entries == ()
    assert again.validators == first.validators
    site.answers["/moved"] = feed
    assert source(site, "/moved").read(NOW, validators=first.validators).entries, "validators of another address"


def test_a_feed_that_became_an_error_page_fails(site: Site) -> None:
    body = b"<html><head><title>404 Not Found</title></head><body>Sorry</body></html>"
    site.answers["/feed"] = Answer(headers={"ETag": '"page"'}, body=body)
    with pytest.raises(Permanent, match=r"source coast: .*HTML page where a feed was expected"):
        source(site, "/feed").read(NOW)


def test_a_wordpress_site_is_asked_at_its_interface_and_a_sitemap_at_its_own_address(site: Site) -> None:
    posts = b'[{"link": "/a", "title": {"rendered": "A bridge"}, "date_gmt": "2022-04-08T06:00:00"}]'
    wanted = "/blog/wp-json/wp/v2/posts?per_page=50&_embed=author,wp:featuredmedia,wp:term"
    site.answers[wanted] = Answer(body=posts)
    (entry,) = source(site, "/blog/", "wordpress").read(NOW).entries
    assert (entry.title, entry.url) == ("A bridge", f"{site.root}/a")
    site.answers["/news.xml"] = Answer(body=b"<urlset><url><loc>/b</loc></url></urlset>")
    (entry,) = source(site, "/news.xml", "sitemap").read(NOW).entries
    assert (entry.title, entry.url) == ("", f"{site.root}/b")


def test_failures_of_the_wire_reach_the_caller(site: Site) -> None:
    site.answers["/feed"] = Answer(status=503)
    with pytest.raises(Transient):
        source(site, "/feed").read(NOW)


def test_a_page_and_a_json_feed_are_read_too(site: Site) -> None:
    text = "The bridge over the Osser will close for repairs from Monday until the end of May, the county said. " * 3
    site.answers["/page"] = Answer(
        body=f"<html><head><title>Bridge to close soon</title></head><body><p>{text}</p></body></html>".encode()
    )
    site.answers["/json"] = Answer(
        body=b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "a"}]}'
    )
    assert source(site, "/page", "page").read(NOW).entries[0].title == "Bridge to close soon"
    assert source(site, "/page", "page").read(NOW).entries[0].url == f"{site.root}/page"
    assert source(site, "/json", "jsonfeed").read(NOW).entries[0].title == "a"


TEXT = (
    "Council keeps the old bridge\n\n"
    "The council decided on Thursday evening to keep the old bridge for another year, the mayor said.\n"
    "Repairs begin in May and will cost a million crowns, of which the county pays one half.\n"
)


def test_a_page_of_text_is_a_source_of_its_own(site: Site) -> None:
    site.answers["/bridge.txt"] = Answer(headers={"Content-Type": "text/plain; charset=utf-8"}, body=TEXT.encode())
    (entry,) = source(site, "/bridge.txt", "textdoc").read(NOW).entries
    assert (entry.kind, entry.title) == ("textdoc", "Council keeps the old bridge")
    assert entry.url == f"{site.root}/bridge.txt", "the reader is led to where it was found"
    site.answers["/page"] = Answer(body=b"<html><head><title>A</title></head><body><p>b</p></body></html>")
    with pytest.raises(Permanent, match="an HTML page where plain text was expected; use it as a source of kind page"):
        source(site, "/page", "textdoc").read(NOW)
    site.answers["/feed"] = Answer(body=RSS.encode())
    with pytest.raises(Permanent, match="a feed where plain text was expected"):
        source(site, "/feed", "textdoc").read(NOW)


def sitemap(*titles: str) -> bytes:
    urls = "".join(f"<url><loc>/{title}</loc><n:news><n:title>{title}</n:title></n:news></url>" for title in titles)
    return f'<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'.encode()


def index(*names: str) -> bytes:
    inside = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names)
    return f"<sitemapindex>{inside}</sitemapindex>".encode()


def test_an_index_of_sitemaps_is_followed(site: Site) -> None:
    site.answers["/index.xml"] = Answer(
        headers={"ETag": '"1"'}, body=index("/a.xml", "/b.xml", "/c.xml", "/d-news.xml")
    )
    site.answers["/a.xml"] = Answer(body=sitemap("one", "two"))
    site.answers["/b.xml"] = Answer(status=404)
    site.answers["/d-news.xml"] = Answer(body=sitemap("three"))
    reading = source(site, "/index.xml", "sitemap").read(NOW)
    assert [(entry.title, entry.position) for entry in reading.entries] == [("three", 0), ("one", 1), ("two", 2)]
    (refusal,) = reading.refusals
    assert refusal.path == f"{site.root}/b.xml"
    assert "404" in refusal.reason
    assert reading.validators.etag is None, "an unchanged index says nothing about what it names"
    assert "/c.xml" not in [asked.path for asked in site.asked], "three of them and no more"


def test_a_sitemap_that_is_packed_as_a_file_is_unpacked_under_the_cap(site: Site) -> None:
    packed = gzip.compress(b"<urlset><url><loc>/b</loc></url></urlset>")
    site.answers["/news.xml.gz"] = Answer(headers={"Content-Type": "application/x-gzip"}, body=packed)
    (entry,) = source(site, "/news.xml.gz", "sitemap").read(NOW).entries
    assert entry.url == f"{site.root}/b"
    site.answers["/broken.xml.gz"] = Answer(body=packed[:-12])
    with pytest.raises(Permanent, match="a packed file that broke off"):
        source(site, "/broken.xml.gz", "sitemap").read(NOW)
    site.answers["/bomb.xml.gz"] = Answer(body=gzip.compress(b"\0" * 50_000_000))
    with pytest.raises(Permanent, match="larger than"):
        source(site, "/bomb.xml.gz", "sitemap").read(NOW)


def test_an_index_that_leads_nowhere_fails(site: Site) -> None:
    site.answers["/index.xml"] = Answer(body=index("/a.xml"))
    site.answers["/a.xml"] = Answer(body=index("/index.xml"))
    with pytest.raises(Permanent, match="an index of 1 sitemaps"):
        source(site, "/index.xml", "sitemap").read(NOW)
