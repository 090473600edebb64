"""Sources at the command line: listed with their health, tested without storing, added without losing a comment."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.editing import with_source
from tests.digest.cli.desk import Desk
from tests.digest.sources.webserver import Answer, Site

COMMENTED = """\
# The house's own rules.
sources:   # who we read
  - {slug: wire, kind: folder, path: sources/wire, outlet: Meridian Wire}  # the fast one
  # the slow ones:
  - slug: times
    kind: folder
    path: sources/times   # on the share
    outlet: The Harbour Times

# Below: the letters.
newsletters: []
"""
ROW = {"slug": "new", "kind": "feed", "outlet": "No: 1 #news", "wire": True, "url": "https://a.example/?q=1,2"}


def test_a_source_is_added_below_the_last_one_and_every_comment_stays() -> None:
    made = with_source(COMMENTED, ROW)
    line = '  - {slug: new, kind: feed, outlet: "No: 1 #news", wire: true, url: "https://a.example/?q=1,2"}\n'
    assert made == COMMENTED.replace("    outlet: The Harbour Times\n", "    outlet: The Harbour Times\n" + line)
    assert yaml.safe_load(made)["sources"][-1] == ROW


@pytest.mark.parametrize(
    "text",
    [
        "newsletters: []\n",
        "sources: []\nnewsletters: []\n",
        "sources:\nnewsletters: []\n",
        "sources: ~  # none yet\nnewsletters: []\n",
        "sources: [{slug: a, kind: page}]  # one\n",
        "sources:\n- slug: a\n  x: [1,\n   2]  # two\n# end",
        "sources:\r\n  - {slug: a}\r\nnewsletters: []\r\n",
        "newsletters: []\nsources:\n  - {slug: a}",
    ],
)
def test_sources_written_in_any_way_can_be_added_to(text: str) -> None:
    before, after = yaml.safe_load(text), yaml.safe_load(with_source(text, ROW))
    assert after.pop("sources") == [*(before.pop("sources", None) or []), ROW]
    assert after == before
    made = with_source(text, ROW)
    assert all(comment in made for comment in re.findall(r"#[^\r\n]*", text))


@given(st.dictionaries(st.sampled_from(["outlet", "owner", "section", "url"]), st.text(max_size=30), min_size=1))
def test_any_value_is_read_back_as_it_was(row: dict[str, str]) -> None:
    made = with_source(COMMENTED, {"slug": "new", **row})
    try:
        read = yaml.safe_load(made)
    except yaml.YAMLError:
        # YAML forbids some control characters even in quotes: the caller's check refuses such a file.
        assert any(not character.isprintable() for value in row.values() for character in value)
        return
    assert read["sources"][-1] == {"slug": "new", **row}


def test_list_shows_health(desk: Desk) -> None:
    table = desk.digest("sources", "list").stdout
    assert "never" in table
    assert "not read yet" in table
    assert "well" not in table
    desk.digest("collect", "world")
    found = desk.json("sources", "list")["sources"]
    assert [one["source"] for one in found] == ["wire", "times", "post"]
    assert all(one["last_success"] and one["a_day"] == 3.0 and one["trouble"] == "" for one in found)
    (desk.folder / "sources" / "wire" / "world.json").unlink()
    (desk.folder / "sources" / "wire").rmdir()
    desk.digest("collect", "world")
    table = desk.digest("sources", "list").stdout
    assert "failed once" in table
    assert "source wire: failed once" in desk.digest("status").stdout
    assert any("failed once" in check["found"] for check in desk.json("doctor", code=1)["checks"])


def test_a_file_is_tested_without_a_configuration_and_nothing_is_stored(desk: Desk, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel><item><title>A ferry stays</title><link>https://a.example/1</link></item>"
        "<item><description>no title</description></item></channel></rss>"
    )
    shown = desk.digest("sources", "test", str(feed), "--config", "absent.yaml").stdout
    assert "feed, 2 entries, 1 of them stories" in shown
    assert "refused: it has no title" in shown
    document = desk.json("sources", "test", str(feed))
    assert [bool(entry["refused"]) for entry in document["entries"]] == [False, True]
    desk.digest("sources", "test", str(desk.folder / "sources"))
    desk.digest("sources", "test", str(tmp_path / "absent.xml"), code=3)
    desk.digest("sources", "test", "http://127.0.0.1/feed", code=7)
    assert not (desk.folder / "digest.db").exists()


@pytest.mark.parametrize("place", ["ftp://a.example/feed.xml", "javascript:alert(1)", "file:///etc/passwd"])
def test_other_kinds_of_addresses_are_named_as_what_they_are(desk: Desk, place: str) -> None:
    for verb in ("test", "add"):
        said = desk.digest("sources", verb, place, code=2).stderr
        assert "are not read; give one with https://" in said


def test_a_source_none_of_whose_entries_is_a_story_is_not_added(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "feed.xml").write_text(
        "<rss version='2.0'><channel><item><link>https://a.example/1</link></item></channel></rss>"
    )
    said = desk.digest("sources", "add", str(folder), code=3).stderr
    assert "none of its 1 entries is a story (it has no title)" in said
    desk.digest("sources", "add", str(folder), "--untested")


def test_what_would_be_stored_is_shown_not_what_was_given(desk: Desk, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel>"
        "<item><title>A ferry \u202estays</title><link>https://a.example/1?utm_source=feed</link>"
        "<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate></item>"
        f"<item><title>{'long ' * 20_000}</title><link>https://bbc.co.uk@evil.example/x</link></item>"
        "</channel></rss>"
    )
    shown = desk.digest("sources", "test", str(feed)).stdout
    assert "https://a.example/1\n" in shown
    assert "the link was given as https://a.example/1?utm_source=feed" in shown
    assert "2099-01-01 00:00:00+00:00 is in the future" in shown
    assert ", https://evil.example/x\n" in shown
    assert "it states no date" in shown
    assert len(shown) < 2_000
    stories = [entry["story"] for entry in desk.json("sources", "test", str(feed))["entries"]]
    assert [story["url"] for story in stories] == ["https://a.example/1", "https://evil.example/x"]
    assert stories[0]["headline"] == "A ferry stays"
    assert stories[0]["published_at"] < "2099"
    assert len(stories[1]["headline"]) <= 300


def test_what_is_wrong_stands_below_the_table_in_whole_words(desk: Desk) -> None:
    for path in sorted((desk.folder / "sources" / "wire").iterdir()):
        path.unlink()
    (desk.folder / "sources" / "wire").rmdir()
    desk.digest("collect", "world")
    table, _, trouble = desk.digest("sources", "list").stdout.partition("\n\n")
    assert "see below" in table
    assert trouble.startswith("wire: failed once")
    assert "\n" not in trouble.strip()


def test_one_file_is_no_source_and_no_error_names_a_draft(desk: Desk) -> None:
    feed = desk.folder / "odd.xml"
    feed.write_text("<rss version='2.0'><channel><item><title>A</title></item></channel></rss>")
    refused = desk.digest("sources", "add", str(feed), "--kind", "feed", code=3).stderr
    assert "one file is no source; name its folder, or its address on the web" in refused
    bad = desk.digest("sources", "add", "https://a.example/feed", "--slug", "No Slug", "--untested", code=2).stderr
    assert ".new" not in bad
    assert "config.yaml" in bad
    assert "nothing was written" in bad


@pytest.mark.parametrize(("code", "advice"), [("ZZ", "give one such as GB"), ("UK", "did you mean GB"), ("EU", "GB")])
def test_a_country_that_iso_3166_does_not_know_is_refused(desk: Desk, code: str, advice: str) -> None:
    asked = ("sources", "add", "https://a.example/feed", "--country", code, "--untested")
    said = desk.digest(*asked, code=2).stderr
    assert f"--country {code}: ISO 3166 knows no such code" in said
    assert advice in said


def test_a_language_that_is_none_is_refused(desk: Desk) -> None:
    asked = ("sources", "add", "https://a.example/feed", "--untested", "--language")
    said = desk.digest(*asked, "klingonish", code=2).stderr
    assert "--language klingonish: no language has such a code" in said
    assert "klingonish" not in (desk.folder / "config.yaml").read_text()
    desk.digest(*asked, "pt-BR")


def test_an_added_feed_goes_by_its_own_title_and_a_page_that_is_no_article_is_refused(desk: Desk) -> None:
    feed = (
        b"<rss version='2.0'><channel><title>La Gazette | RSS feed</title><item><title>Un bac coule</title>"
        b"<link>https://a.example/1</link></item></channel></rss>"
    )
    down = (
        b"<html><head><title>503 Sorry</title></head><body><h1>We are down</h1><p>Please come back.</p></body></html>"
    )
    bare = b"<rss version='2.0'><channel><title>News</title></channel></rss>"
    config = desk.folder / "config.yaml"
    before = config.read_text()
    with closing(Site()) as site:
        site.answers |= {
            "/feed.xml": Answer(body=feed),
            "/down": Answer(body=down, headers={"Content-Type": "text/html"}),
            "/bare.xml": Answer(body=bare),
        }
        config.write_text(before + f"\nfetching: {{trusted: ['127.0.0.1:{site.port}']}}\n")
        said = desk.digest("sources", "add", site.root + "/down", code=3).stderr
        assert "it reads like no article (it states no date, and has" in said
        assert "without entries" in desk.digest("sources", "add", site.root + "/bare.xml", code=3).stderr
        desk.digest("sources", "add", site.root + "/feed.xml")
    assert "{slug: la-gazette, kind: feed, outlet: La Gazette, " in config.read_text()


def test_add_writes_one_line_and_refuses_what_is_there_already(desk: Desk) -> None:
    config = desk.folder / "config.yaml"
    config.write_text("# ours\n" + config.read_text())
    before = config.read_text()
    (desk.folder / "inbox").mkdir()
    added = desk.digest("sources", "add", str(desk.folder / "inbox"), "--outlet", "Our desk", "--untested")
    assert "added our-desk" in added.stdout
    line = "  - {slug: our-desk, kind: folder, outlet: Our desk, path: inbox}\n"
    assert config.read_text() == before.replace("newsletters:\n", line + "newsletters:\n")
    again = desk.digest("sources", "add", str(desk.folder / "inbox"), "--outlet", "Other", "--untested", code=2)
    assert "already, as our-desk" in again.stderr
    taken = desk.digest("sources", "add", "https://a.example/feed", "--slug", "wire", "--untested", code=2)
    assert "a source of this slug" in taken.stderr
    desk.digest("sources", "add", "https://www.bbc.co.uk/rss", "--untested")
    twice = desk.digest("sources", "add", "http://bbc.co.uk/rss/", "--untested", code=2)
    assert "already, as bbc-news" in twice.stderr
    assert "outlet: BBC News, " in config.read_text()
    desk.digest("collect", "world")


def test_what_cannot_be_read_or_would_break_the_file_is_not_added(desk: Desk) -> None:
    config = desk.folder / "config.yaml"
    before = config.read_text()
    desk.digest("sources", "add", "http://127.0.0.1/feed", code=7)
    desk.digest("sources", "add", "https://a.example/feed", "--country", "nowhere", "--untested", code=2)
    assert config.read_text() == before
    assert sorted(path.name for path in desk.folder.glob(".*")) == []
