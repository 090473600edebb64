"""The archive: the front page with today's sample, the list, the search, an address for each, and what is not shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import feedparser
import pytest

from digest.model.edition import EditionStatus
from digest.model.errors import DigestError
from digest.workflow.edition.archive import correct, index_archive
from subscribers.tables import lists
from tests.digest.render.editions import HOSTILE_HEADLINES, told, with_stories
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter


def test_before_the_first_edition_the_page_says_so(site: Site) -> None:
    page = site.client.get("/")
    assert page.status_code == 200
    assert "Nothing has been sent yet" in page.text


def test_the_front_page_shows_today_as_a_sample_and_the_earlier_ones_in_a_list(site: Site) -> None:
    for days in range(4):
        site.publish(edition_of(TODAY - timedelta(days=days)))
    page = site.client.get("/").text
    assert "Rockets hit Kramatorsk station as thousands wait" in page
    assert "Pakistan" in page
    listed = re.findall(r'href="/editions/world/([\d-]+)"', page)
    assert listed == ["2026-11-23", "2026-11-23", "2026-11-22", "2026-11-21", "2026-11-20"]
    assert "/u/" not in page
    assert "/p/" not in page
    assert 'action="/subscribe/world"' in page


def test_each_edition_has_its_address_and_its_neighbours(site: Site) -> None:
    for day in (20, 21, 23):
        site.publish(edition_of(date(2026, 11, day)))
    middle = site.client.get("/editions/world/2026-11-21").text
    assert '<a href="/editions/world/2026-11-20" rel="prev">Before: 20 November</a>' in middle
    assert '<a href="/editions/world/2026-11-23" rel="next">After: 23 November</a>' in middle
    assert middle.count("<main>") == 1
    assert 'rel="next"' not in site.client.get("/editions/world/2026-11-23").text
    assert 'rel="prev"' not in site.client.get("/editions/world/2026-11-20").text


@pytest.mark.parametrize("status", [s for s in EditionStatus if s is not EditionStatus.DRAFT])
def test_only_what_somebody_may_have_in_a_mail_is_shown(site: Site, status: EditionStatus) -> None:
    site.publish(edition_of(TODAY - timedelta(days=1)))
    site.publish(edition_of(TODAY, subject="Not for everybody yet", status=status))
    readable = status in (EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.STOPPED)
    listed = status in (EditionStatus.SENDING, EditionStatus.SENT)
    assert site.client.get(f"/editions/world/{TODAY}").status_code == (200 if readable else 404)
    assert ("Not for everybody yet" in site.client.get("/editions").text) is listed
    assert ('rel="next"' in site.client.get("/editions/world/2026-11-22").text) is listed


@pytest.mark.parametrize(
    "path",
    [
        "/editions/world/2026-11-21", "/editions/nobody/2026-11-22", "/editions/world/2026-02-30",
        "/editions/world/today", "/editions/world", "/editions/..%2f/2026-11-22", "/editions?before=soon",
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_page(site: Site, path: str) -> None:
    site.publish(edition_of(date(2026, 11, 22)))
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert answer.text == site.client.get("/no/such/page").text


def test_a_copy_that_is_still_right_is_not_sent_again(site: Site) -> None:
    site.publish(edition_of(TODAY))
    for path in ("/", f"/editions/world/{TODAY}"):
        first = site.client.get(path)
        assert "public, max-age=" in first.headers["cache-control"]
        tag = first.headers["etag"]
        again = site.client.get(path, headers={"if-none-match": f'W/{tag}, "other"'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
        assert site.client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    before = site.client.get("/").headers["etag"]
    site.publish(edition_of(TODAY + timedelta(days=1)))
    assert site.client.get("/").headers["etag"] == before
    site.clock.wait(16)
    assert site.client.get("/").headers["etag"] != before


def test_a_long_archive_is_a_list_of_pages_without_a_gap(site: Site) -> None:
    days = [TODAY - timedelta(days=n) for n in range(65)]
    for day in days:
        site.publish(edition_of(day, sections=()))
    seen: list[str] = []
    path = "/editions"
    for _ in range(5):
        page = site.client.get(path).text
        seen += re.findall(r'href="/editions/world/([\d-]+)"', page)
        older = re.search(r'href="(/editions\?before=[\d-]+)">Older', page)
        if older is None:
            break
        path = older[1]
    assert seen == [str(day) for day in days]


def test_two_newsletters_share_the_front_page(start: Callable[..., Site]) -> None:
    site = start(newsletters=(own_newsletter(), own_newsletter(slug="science", name="The Science Brief")))
    site.publish(edition_of(TODAY, newsletter="science"))
    site.publish(edition_of(TODAY, newsletter="world"))
    site.publish(edition_of(TODAY - timedelta(days=1), newsletter="science"))
    page = site.client.get("/").text
    assert page.index(">The World Brief</h2>") < page.index(">The Science Brief</h2>")
    assert re.findall(r'href="(/subscribe/[^"]+)"', page) == ["/subscribe/world", "/subscribe/science"]
    assert page.count("<form") == 0
    listed = site.client.get("/editions").text
    assert re.findall(r'href="/editions/([^"]+)"', listed) == [
        "science/2026-11-23", "world/2026-11-23", "science/2026-11-22",
    ]  # fmt: skip
    assert "<bdi>The Science Brief</bdi>" in listed


def test_a_private_newsletter_is_shown_only_to_whoever_has_the_link(site: Site) -> None:
    site.publish(edition_of(TODAY, subject="Only for us"))
    with site.store.begin() as tx:
        tx.connection.execute(lists.update().values(public=False, indexed=False))
    for path in ("/", "/editions", "/sitemap.xml"):
        assert "2026-11-23" not in site.client.get(path).text, path
    for path in ("/feeds/world.atom", "/feeds/world.json", "/subscribe/world"):
        assert site.client.get(path).status_code == 404, path
    edition = site.client.get(f"/editions/world/{TODAY}")
    assert edition.status_code == 200
    assert edition.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in edition.text
    assert "/feeds/" not in edition.text, "it has none"


def test_after_a_long_pause_there_is_a_way_on(site: Site) -> None:
    last = TODAY - timedelta(days=70)
    for day in (TODAY, last):
        site.publish(edition_of(day))
    assert f'href="/editions/world/{TODAY}"' in site.client.get(f"/editions/world/{last}").text
    assert f'href="/editions/world/{last}"' in site.client.get(f"/editions/world/{TODAY}").text


def test_hostile_stories_run_nothing_and_load_nothing(site: Site) -> None:
    """P9: the page holds no script and no address to load from, and says so to the browser as well."""
    stories = [told(headline, headline, "Outlet") for headline in HOSTILE_HEADLINES]
    site.publish(with_stories(stories, id=edition_of(TODAY).id, subject=HOSTILE_HEADLINES[0]))
    for path in ("/", f"/editions/world/{TODAY}"):
        page = site.client.get(path)
        assert page.status_code == 200
        assert not re.search(r"<(script|iframe|object|embed|img)\b|\son\w+\s*=", page.text, re.IGNORECASE)
        assert not re.search(r"(?:src|srcset|background)\s*=|url\(|@import", page.text)
        assert page.text.count("<form") == (1 if path == "/" else 0)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert page.text.count('<link rel="stylesheet"') == 1


def test_an_edition_reads_the_same_at_every_look(site: Site) -> None:
    site.publish(edition_of(TODAY))
    first = site.client.get(f"/editions/world/{TODAY}").text
    again = site.client.get(f"/editions/world/{TODAY}")
    assert again.text == first


def test_a_site_below_a_path_links_below_it(start: Callable[..., Site]) -> None:
    site = start(base_url="https://news.example/brief", trusted_hosts=("127.0.0.1",))
    site.publish(edition_of(TODAY))
    site.publish(edition_of(TODAY - timedelta(days=1)))
    page = site.client.get("/").text
    assert 'href="/brief/editions/world/2026-11-22"' in page
    assert 'href="/brief/static/site.' in page


def test_an_edition_is_found_by_the_beginnings_of_its_words(site: Site) -> None:
    site.publish(edition_of(TODAY, subject="Un été à l’Élysée, Cœur d’Œdipe, Łódź, مدرسة"))
    site.publish(edition_of(TODAY - timedelta(days=1), subject="Something else", sections=()))
    assert index_archive(site.app) == 2
    assert index_archive(site.app) == 0

    def found(question: str) -> list[str]:
        page = site.client.get("/editions", params={"q": question})
        assert page.status_code == 200
        assert page.headers["x-robots-tag"] == "noindex"
        return re.findall(r'href="/editions/world/([\d-]+)"', page.text)

    assert found("elysee") == found("ÉTÉ elys") == ["2026-11-23"]
    assert found("kramatorsk rocket") == ["2026-11-23"]
    assert found("coeur oedipe lodz") == found("CŒUR") == ["2026-11-23"]
    assert found("مدرسه") == ["2026-11-23"]
    assert found("something") == ["2026-11-22"]
    assert found("kramatorsk nowhere") == []
    said = site.client.get("/editions?q=kramatorsk").text
    assert "Rockets hit Kramatorsk station as thousands wait" in said
    # What holds no word is no question: everything is listed.
    assert found(" -- ") == ["2026-11-23", "2026-11-22"]
    for hostile in (
        "' OR 1=1 --",
        'NEAR("a" *)',
        "%_%",
        "a" * 5000,
        "\x00\ud83d",
        "<script>alert(1)</script>",
        "أ" * 300,
    ):
        page = site.client.get("/editions", params={"q": hostile.encode("utf-8", "replace").decode()})
        assert page.status_code == 200, hostile
        assert "<script" not in page.text


def test_a_correction_stands_dated_on_top_and_in_the_feeds(site: Site) -> None:
    site.publish(edition_of(TODAY))
    correct(site.app, edition_of(TODAY).id, "It was <b>57</b>, not 50.", by="ann")
    page = site.client.get(f"/editions/world/{TODAY}").text
    assert page.index("It was &lt;b&gt;57&lt;/b&gt;, not 50.") < page.index("Rockets hit Kramatorsk")
    assert "Correction, Monday 23 November 2026" in page
    assert "ann" not in re.findall(r"<aside.*?</aside>", page, re.DOTALL)[0].replace("lang", "")
    assert "not 50." in site.client.get("/feeds/world.atom").text
    with pytest.raises(DigestError, match="needs words"):
        correct(site.app, edition_of(TODAY).id, " \n", by="ann")
    with pytest.raises(DigestError):
        correct(site.app, edition_of(TODAY + timedelta(days=1)).id, "words", by="ann")


def test_the_feeds_tell_each_edition_in_full(site: Site) -> None:
    stories = [told(HOSTILE_HEADLINES[0], "A & B < C \x0b", "Outlet")]
    site.publish(edition_of(TODAY - timedelta(days=1)))
    site.publish(with_stories(stories, id=edition_of(TODAY).id, subject="Today & tomorrow"))
    atom = site.client.get("/feeds/world.atom")
    assert atom.headers["content-type"] == "application/atom+xml"
    read = feedparser.parse(atom.content)
    assert not read.bozo
    assert [entry.title for entry in read.entries] == ["Today & tomorrow", "What happened on 22 November"]
    assert read.entries[1].link == f"{site.url}/editions/world/2026-11-22"
    assert read.entries[1].published == "2026-11-22T06:00:00Z"
    assert "Officials had urged" in read.entries[1].content[0].value
    document = site.client.get("/feeds/world.json").json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in document["items"]] == [entry.id for entry in read.entries]
    for item in document["items"]:
        assert not re.search(r"<script|\son\w+=|style=|class=", item["content_html"], re.IGNORECASE)
    tag = atom.headers["etag"]
    assert site.client.get("/feeds/world.atom", headers={"if-none-match": tag}).status_code == 304
    assert site.client.get("/feeds/nobody.atom").status_code == 404
    front = site.client.get("/").text
    assert 'type="application/atom+xml" title="The World Brief" href="/feeds/world.atom"' in front


def test_robots_are_told_what_there_is_and_what_not_to_keep(site: Site) -> None:
    site.publish(edition_of(TODAY))
    listed = re.findall(r"<loc>(.*?)</loc>", site.client.get("/sitemap.xml").text)
    assert listed == [site.url + path for path in ("/", "/editions", "/subscribe/world", f"/editions/world/{TODAY}")]
    assert f"Sitemap: {site.url}/sitemap.xml" in site.client.get("/robots.txt").text
    assert "x-robots-tag" not in site.client.get(f"/editions/world/{TODAY}").headers
    with site.store.begin() as tx:
        tx.connection.execute(lists.update().values(indexed=False))
    site.clock.wait(16)
    assert site.client.get(f"/editions/world/{TODAY}").headers["x-robots-tag"] == "noindex"
    assert "2026-11-23" not in site.client.get("/sitemap.xml").text
