"""A source on the web: fetched, read, asked again only for what is new, and loud when it is no feed any more."""

from __future__ import annotations

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
    limits = Limits(read_s=1.0, request_s=2.0, retries=0)
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
