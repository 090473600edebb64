# ruff: noqa: E501
"""What the web may do to a collection: each misbehaving site is reported by name, and the good one beside it is read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.editorial.events.cluster import group
from digest.model.story import Origin
from digest.ports import App
from digest.sources.fetch import Fetcher, Limits
from digest.sources.guard import Guard
from digest.sources.pace import Pace
from digest.sources.pages import ArticlePages
from digest.sources.remote import RemoteSource
from digest.store.tx import Store
from digest.workflow.stories.collect import Collected, collect
from tests.builders import app_on
from tests.digest.sources.test_odd import ODD
from tests.digest.sources.webserver import Answer, Site, running
from tests.fakes import ScriptedProvider

TEXT = "The harbour master said that the ferry would stay in port until its engine had been looked at. " * 12
GOOD = f"<rss version='2.0'><channel><item><title>A ferry stays in port</title><link>https://a.example/1</link><description>{TEXT}</description></item></channel></rss>"


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        site.answers["/good"] = Answer(body=GOOD.encode())
        yield site


def fetcher(site: Site) -> Fetcher:
    places = {"outlet.example": "127.0.0.1", "inside.example": "169.254.169.254"}
    trusted = {f"127.0.0.1:{site.port}", f"outlet.example:{site.port}"}
    guard = Guard(resolve=lambda host, port: [places.get(host, host)], trusted=trusted)
    limits = Limits(read_s=30.0, request_s=60.0, source_s=90.0, retries=0, max_bytes=300_000)
    return Fetcher(user_agent="digest/0.1", guard=guard, limits=limits, pace=Pace(interval=0.0), robots=False)


def app_reading(store: Store, site: Site, *paths: str) -> App:
    door = fetcher(site)
    sources = {
        path[1:]: RemoteSource(
            origin=Origin(source=path[1:], outlet=path[1:], owner=path[1:]),
            url=site.root + path,
            kind="feed",
            fetcher=door,
        )
        for path in paths
    }
    return app_on(store, provider=ScriptedProvider(), sources=sources)


def read(app: App) -> Collected:
    return collect(app, app.newsletters["world"])


def endless() -> Iterator[bytes]:
    while True:
        yield b"<item><title>again and again</title></item>" * 100


LAUGHS = b"""<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss version='2.0'><channel><item>
<title>&b;</title></item></channel></rss>"""
BAD = {
    "bomb": (Answer(body=LAUGHS), "entities"),
    "gzip-bomb": (Answer(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"\0" * 50_000_000)), "300,000"),
    "endless": (Answer(body=endless), "300,000"),
    "error-page": (
        Answer(body=b"<html><head><title>Sorry</title></head><body><p>Down</p></body></html>"),
        "an HTML page",
    ),
    "inside": (Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}), "169.254.169.254"),
    "gone": (Answer(status=410), "410"),
}


def test_every_misbehaving_site_is_reported_and_the_good_one_is_read(store: Store, site: Site) -> None:
    for name, (answer, _) in BAD.items():
        site.answers[f"/{name}"] = answer
    found = read(app_reading(store, site, "/good", *(f"/{name}" for name in BAD)))
    assert found.new == 1
    reasons = {one.source: one.reason for one in found.failed}
    assert set(reasons) == set(BAD)
    for name, (_, said) in BAD.items():
        assert said in reasons[name], (name, reasons[name])


def test_odd_items_are_kept_or_refused_with_a_reason(store: Store, site: Site) -> None:
    items = (
        "<item><title>No link, but a text</title><description>Rain fell on Lund on Friday.</description></item>",
        "<item><title>Neither link nor text</title></item>",
        "<item><title>A <b>bold</b> &amp;lt;script&amp;gt; title</title><link>https://a.example/2</link></item>",
        "<item><title>A link of data</title><link>data:text/html,x</link></item>",
        "<item><title>A link of script</title><link>javascript:alert(1)</link><description>Sun in Lund.</description></item>",
        "<item><title>From the future</title><link>https://a.example/3</link><pubDate>Fri, 08 Apr 2050 09:00:00 GMT</pubDate></item>",
        "<item><title>Without a date</title><link>https://a.example/4</link></item>",
        "<item><link>https://a.example/5</link></item>",
    )
    site.answers["/odd"] = Answer(body=f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode())
    app = app_reading(store, site, "/odd")
    found = read(app)
    assert (found.entries, found.new, len(found.refused)) == (8, 5, 3)
    assert sorted(one.reason.partition(";")[0] for one in found.refused) == [
        "it has neither a text nor a link",
        "it has neither a text nor a link",
        "it has no title",
    ]
    with app.read() as tx:
        stories = tx.stories.between((), datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert all(story.published_at <= app.clock() for story in stories)
    assert all(not story.url or story.url.startswith("https://") for story in stories)


def test_odd_documents_in_many_scripts_are_collected_and_none_is_lost(store: Store, site: Site) -> None:
    door, sources = fetcher(site), {}
    for number, odd in enumerate(ODD):
        site.answers[f"/odd/{number}"] = Answer(body=odd.content)
        name = f"odd-{number}"
        origin = Origin(source=name, outlet=name, owner=name)
        # A WordPress site is asked where it says, not below its address.
        place = f"/odd/{number}" if odd.hint != "wordpress" else f"/wp-json/{number}"
        site.answers[place] = Answer(body=odd.content)
        sources[name] = RemoteSource(origin=origin, url=site.root + place, kind=odd.hint, fetcher=door)
    app = app_on(store, provider=ScriptedProvider(), sources=sources)
    found = read(app)
    assert found.failed == ()
    assert found.entries == sum(len(odd.stated) for odd in ODD) == found.new + len(found.refused)
    assert {one.reason.partition(";")[0] for one in found.refused} <= {"it has neither a text nor a link"}
    with app.read() as tx:
        stories = tx.stories.between((), datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert {"ko", "th", "zh", "ja", "he", "hy", "am", "km", "my"} <= {story.language for story in stories}
    assert all(story.headline and "<" not in story.headline + story.text for story in stories)
    group(stories)


def test_nothing_in_nothing_out(store: Store, site: Site) -> None:
    site.answers["/empty"] = Answer(body=b"<rss version='2.0'><channel></channel></rss>")
    found = read(app_reading(store, site, "/empty"))
    assert (found.entries, found.new, found.known, found.refused, found.failed) == (0, 0, 0, (), ())
    assert group(()) == ()


def test_articles_come_through_the_same_door(store: Store, site: Site) -> None:
    paragraphs = "".join(f"<p>{number}. {TEXT[:400]}</p>" for number in range(4))
    page = f"<html lang='en'><head><title>A ferry</title></head><body><article><h1>A ferry</h1>{paragraphs}</article></body></html>"
    site.answers["/article"] = Answer(body=page.encode())
    links = (f"http://outlet.example:{site.port}/article", "http://inside.example/latest")
    items = "".join(f"<item><title>A short line {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    site.answers["/short"] = Answer(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    pages = ArticlePages(fetcher=fetcher(site), rules={"short": "short"})
    app = replace(app_reading(store, site, "/short"), pages=pages)
    assert pages.wanted("short", 119)
    assert not pages.wanted("short", 120)
    assert not pages.wanted("other", 0)
    found = read(app)
    assert (found.new, found.completed, len(found.incomplete)) == (2, 1, 1)
    assert "169.254.169.254" in found.incomplete[0].reason
