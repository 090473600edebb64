"""The archive: today in full, the list of earlier editions, an address for each, and what is not shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from digest.model.edition import EditionStatus
from tests.digest.render.editions import HOSTILE_HEADLINES, told, with_stories
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter


def test_before_the_first_edition_the_page_says_so(site: Site) -> None:
    page = site.client.get("/")
    assert page.status_code == 200
    assert "Nothing has been sent yet" in page.text


def test_today_stands_in_full_and_the_earlier_ones_in_a_list(site: Site) -> None:
    for days in range(4):
        site.publish(edition_of(TODAY - timedelta(days=days)))
    page = site.client.get("/").text
    assert "Rockets hit Kramatorsk station as thousands wait" in page
    assert "Japan to expel eight Russian diplomats" in page
    listed = re.findall(r'href="/editions/world/([\d-]+)"', page)
    assert listed == ["2026-11-22", "2026-11-21", "2026-11-20"]
    assert "/u/" not in page
    assert "/p/" not in page


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
    assert ("Not for everybody yet" in site.client.get("/").text) is listed
    assert ('rel="next"' in site.client.get("/editions/world/2026-11-22").text) is listed


@pytest.mark.parametrize(
    "path",
    [
        "/editions/world/2026-11-21", "/editions/nobody/2026-11-22", "/editions/world/2026-02-30",
        "/editions/world/today", "/editions/world", "/editions/..%2f/2026-11-22", "/?before=soon",
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
    path = "/"
    for _ in range(5):
        page = site.client.get(path).text
        seen += re.findall(r'href="/editions/world/([\d-]+)"', page)
        older = re.search(r'href="(/\?before=[\d-]+)">Older', page)
        if older is None:
            break
        path = older[1]
    assert seen == [str(day) for day in days[1:]]


def test_two_newsletters_share_the_front_page(start: Callable[..., Site]) -> None:
    site = start(newsletters=(own_newsletter(), own_newsletter(slug="science", name="The Science Brief")))
    site.publish(edition_of(TODAY, newsletter="science"))
    site.publish(edition_of(TODAY, newsletter="world"))
    site.publish(edition_of(TODAY - timedelta(days=1), newsletter="science"))
    page = site.client.get("/").text
    assert page.index(">The World Brief</h1>") < page.index(">The Science Brief</h1>")
    assert page.count("<head>") == page.count("<body") == 1
    assert re.findall(r'href="/editions/([^"]+)"', page) == ["science/2026-11-22"]
    assert "<bdi>The Science Brief</bdi>" in page


def test_hostile_stories_run_nothing_and_load_nothing(site: Site) -> None:
    """P9: the page holds no script and no address to load from, and says so to the browser as well."""
    stories = [told(headline, headline, "Outlet") for headline in HOSTILE_HEADLINES]
    site.publish(with_stories(stories, id=edition_of(TODAY).id, subject=HOSTILE_HEADLINES[0]))
    for path in ("/", f"/editions/world/{TODAY}"):
        page = site.client.get(path)
        assert page.status_code == 200
        assert not re.search(r"<(script|iframe|object|embed|form|img)\b|\son\w+\s*=", page.text, re.IGNORECASE)
        assert not re.search(r"(?:src|srcset|background)\s*=|url\(|@import", page.text)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert page.text.count('<link rel="stylesheet"') == 1


def test_an_edition_is_compiled_once(site: Site) -> None:
    site.publish(edition_of(TODAY))
    first = site.client.get(f"/editions/world/{TODAY}").text
    again = site.client.get(f"/editions/world/{TODAY}")
    assert again.text == first
    assert again.elapsed.total_seconds() < 0.5


def test_a_site_below_a_path_links_below_it(start: Callable[..., Site]) -> None:
    site = start(base_url="https://news.example/brief", trusted_hosts=("127.0.0.1",))
    site.publish(edition_of(TODAY))
    site.publish(edition_of(TODAY - timedelta(days=1)))
    page = site.client.get("/").text
    assert 'href="/brief/editions/world/2026-11-22"' in page
    assert 'href="/brief/static/site.' in page
