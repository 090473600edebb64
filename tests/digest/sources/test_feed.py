"""RSS, RDF and Atom: samples, hostile feeds, and the conformance files that lie beside the checkout."""

from __future__ import annotations

import ast
import json
import re
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.intake.addresses import canonical
from digest.model.errors import BadDocument
from digest.sources.feed import MAX_BYTES, read_feed
from digest.sources.markup import one_line
from tests.conftest import SHARED
from tests.digest.sources.expected import SAMPLES, facts, stated

FEEDS = sorted((SAMPLES / "feed").glob("*.xml"))
CONFORMANCE = SHARED / "data" / "feeds"


def rss(items: str, *, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.stem)
def test_a_sample_feed_gives_what_is_expected(feed: Path) -> None:
    expected = stated(feed.with_suffix(".json"))
    entries = read_feed(str(feed), feed.read_bytes())
    assert [facts(entry, names) for entry, names in zip(entries, expected, strict=True)] == expected
    assert {entry.kind for entry in entries} == {"feed"}


@pytest.mark.parametrize("offset", ["+25:00", "-25:00", "+2500", "-9999", "+99:99", "+24:00"])
@pytest.mark.parametrize("form", ["2026-11-23T22:00:00{}", "Mon, 23 Nov 2026 22:00:00 {}"])
def test_an_offset_that_no_zone_has_is_none(form: str, offset: str) -> None:
    item = f"<title>a</title><link>https://a.example/1</link><pubDate>{form.format(offset)}</pubDate>"
    (entry,) = read_feed("f", rss(f"<item>{item}</item>"))
    assert entry.published_at == datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert entry.date == date(2026, 11, 23)


def test_an_empty_feed_is_a_feed() -> None:
    assert read_feed("f", rss("")) == ()


def test_relative_links_stand_on_the_address_of_the_feed() -> None:
    (entry,) = read_feed("f", rss("<item><title>a</title><link>/x</link></item>"), base_url="https://a.example/feeds/1")
    assert entry.url == "https://a.example/x"


def test_what_no_address_may_hold_is_escaped_as_browsers_do() -> None:
    link = '<link>https://a.example/a b?c=&lt;d&gt;|"e"</link>'
    (entry,) = read_feed("f", rss(f"<item><title>a</title>{link}</item>"))
    assert entry.url == "https://a.example/a%20b?c=%3Cd%3E%7C%22e%22"
    assert canonical(entry.url) == entry.url


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:a@b.example",
        "http://",
        "//",
        "ht tp://x",
    ],
)
def test_only_web_links_are_kept(link: str) -> None:
    (entry,) = read_feed(
        "f", rss(f"<item><title>a</title><link>{link}</link><guid isPermaLink='false'>1</guid></item>")
    )
    assert entry.url is None
    assert entry.title == "a"


def test_entities_are_decoded_once() -> None:
    (entry,) = read_feed("f", rss("<item><title>AT&amp;amp;T &amp;amp;amp; co</title><guid>1</guid></item>"))
    assert entry.title == "AT&T &amp; co"


def test_a_lone_long_description_is_the_text() -> None:
    text = "<p>" + "word " * 50 + "end.</p><p>" + "more " * 50 + "end.</p>"
    (entry,) = read_feed("f", rss(f"<item><title>a</title><description><![CDATA[{text}]]></description></item>"))
    assert len(entry.paragraphs) == 2
    assert entry.standfirst == ""


BOMB = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"


def test_an_xml_bomb_is_refused_at_once() -> None:
    start = time.process_time()
    with pytest.raises(BadDocument, match="entities"):
        read_feed("bomb", rss("<item><title>&a11;</title></item>", head=BOMB))
    assert time.process_time() - start < 0.5


def test_a_quadratic_bomb_is_refused() -> None:
    head = f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>'
    with pytest.raises(BadDocument, match="entities"):
        read_feed("bomb", rss(f"<item><title>{'&a;' * 1000}</title></item>", head=head))


def test_no_file_is_read_by_an_external_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret words")
    head = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>'
    entries = read_feed("xxe", rss("<item><title>before &x; after</title><guid>1</guid></item>", head=head))
    assert "secret words" not in repr(entries)


@pytest.mark.parametrize(
    "content",
    [
        b"<rss><channel><item><title>Never closed",
        b"<?xml version='1.0'?><rss><channel><item><title>A</channel></rss>",
        b"<rss><channel><item><title>Never closed, but the item is</item></channel></rss>",
        b"<?xml version='1.0'?><opml><body/></opml>",
        b"<?xml version='1.0'?><a><b></a>",
        b"<feed",
        b"no markup at all",
    ],
)
def test_what_is_broken_beyond_use_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(BadDocument, match=r"^some/feed\.xml: "):
        read_feed("some/feed.xml", content)


def test_a_feed_that_is_too_large_is_refused() -> None:
    with pytest.raises(BadDocument, match="at most 5,000,000"):
        read_feed("f", b" " * (MAX_BYTES + 1))


def test_deep_nesting_is_survived() -> None:
    content = rss(
        "<item><title>a</title><description>" + "&lt;div&gt;" * 20_000 + "x</description><guid>1</guid></item>"
    )
    assert read_feed("deep", content)[0].title == "a"


def test_ten_thousand_items_are_read() -> None:
    items = "".join(f"<item><title>t{n}</title><link>https://a.example/{n}</link></item>" for n in range(10_000))
    entries = read_feed("many", rss(items))
    assert len(entries) == 10_000
    assert entries[-1].position == 9_999


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Fri, 08 Apr 2022 09:32:14 GMT", "2022-04-08T09:32:14+00:00"),
        ("Fri, 08 Apr 2022 09:32:14 EDT", "2022-04-08T13:32:14+00:00"),
        ("2022-04-08T09:32:14+05:30", "2022-04-08T04:02:14+00:00"),
        ("2022-04-08", None),
        ("8 April 2022, 09:32", "2022-04-08T09:32:00+00:00"),
        ("20220408T093214Z", "2022-04-08T09:32:14+00:00"),
        ("1649410334", "2022-04-08T09:32:14+00:00"),
        ("Fri, 99 Foo 2022", None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_dates_become_aware_utc_or_nothing(written: str, instant: str | None) -> None:
    (entry,) = read_feed("f", rss(f"<item><title>a</title><pubDate>{written}</pubDate><guid>1</guid></item>"))
    assert (entry.published_at.isoformat() if entry.published_at else None) == instant


def test_a_wrong_declaration_of_the_charset_is_survived() -> None:
    head = '<?xml version="1.0" encoding="utf-8"?>'
    content = f"{head}<rss version='2.0'><channel><item><title>Müller führt</title><guid>1</guid></item></channel>"
    assert read_feed("f", content.encode("cp1252"))[0].title == "Müller führt"
    assert read_feed("f", content.encode("utf-16"))[0].title == "Müller führt"
    assert read_feed("f", content.replace("utf-8", "no-such").encode())[0].title == "Müller führt"


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from(
        [
            b"",
            b"<rss version='2.0'><channel><item>",
            b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>",
            b"<?xml version='1.0'?>",
        ]
    ),
)
def test_any_bytes_end_in_entries_or_bad_document(tail: bytes, head: bytes) -> None:
    with suppress(BadDocument):
        read_feed("f", head + tail)


PART_NAMES = """
<item> </item> <title> </title> <link> </link> text &amp; & <![CDATA[ ]]> <!-- --> < > <entry> </entry> <description>
</description> http://[ <pubDate> 32-Foo </rss> <? <!DOCTYPE [ ] <content> </content> <feed>
"""
PARTS = tuple(PART_NAMES.split())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_any_order_of_feed_parts_is_survived(parts: list[str]) -> None:
    with suppress(BadDocument):
        read_feed("f", ("<rss version='2.0'><channel>" + "".join(parts)).encode())


EXPECTED = re.compile(r"entries\[0\](?:\['(?P<key>\w+)'\]|\.(?P<attribute>\w+)) == (?P<value>'(?:[^'\\]|\\.)*')")


@pytest.mark.shared
def test_the_conformance_feeds_are_read_as_their_manifest_says() -> None:
    """No exception on any of them; titles, links and dates where the manifest states those of the first entry."""
    if not CONFORMANCE.is_dir():
        pytest.skip("the data folder beside the checkout is absent")
    compared = 0
    for case in json.loads((CONFORMANCE / "manifest.json").read_text(encoding="utf-8")):
        entries = read_feed(case["file"], (CONFORMANCE / case["file"]).read_bytes())
        for match in EXPECTED.finditer(case["expect"]):
            key, value = match["key"] or match["attribute"], ast.literal_eval(match["value"])
            if key == "title":
                # A title that is declared to be plain text keeps its tags: they are words there.
                assert (entries[0].title if entries else "") in (one_line(value), value), case
            elif key == "link":
                assert entries[0].url == value, case
            elif key == "updated" and entries[0].published_at:
                assert entries[0].published_at.strftime("%H:%M:%S") in value, case
            else:
                continue
            compared += 1
    assert compared >= 20


def test_the_caption_of_a_picture_is_the_pictures_and_not_the_text() -> None:
    picture = '<media:content url="https://a.example/{0}.jpg" medium="image"/><media:description>A bridge {0}'
    picture += "</media:description>"
    said = "<title>Bridge to close</title><description>It will close on Monday, the county said.</description>"
    head = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
    items = f"<item>{picture.format(1)}{said}</item><item>{said}{picture.format(2)}{picture.format(3)}</item>"
    one, several = read_feed("f", f"{head}{items}</channel></rss>".encode())
    assert (one.image_url, one.image_alt) == ("https://a.example/1.jpg", "A bridge 1")
    # Whose words they are cannot be told: none are better than another picture's.
    assert (several.image_url, several.image_alt) == ("https://a.example/2.jpg", None)
    for entry in (one, several):
        assert "bridge" not in f"{entry.standfirst} {entry.paragraphs}".lower()
        assert "the county said" in f"{entry.standfirst} {entry.paragraphs}"


@pytest.mark.parametrize(
    ("written", "alt"),
    [
        ('<media:description type="plain">A bridge</media:description>', "A bridge"),
        ('<media:description type="html">A &lt;b&gt;wide&lt;/b&gt; bridge</media:description>', "A wide bridge"),
        ("<media:description type='plain' lang = \"en\" >A bridge</media:description >", "A bridge"),
        ('<media:description type="plain"/>', None),
        ('<media:description type="plain"></media:description>', None),
        ('<media:text type="html">12:01 A bridge.</media:text>', None),
    ],
)
def test_the_words_of_a_picture_are_read_whatever_the_tag_says_of_itself(written: str, alt: str | None) -> None:
    head = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><item><title>Bridge</title>'
    picture = f'<media:content url="https://a.example/1.jpg" medium="image">{written}</media:content>'
    (entry,) = read_feed("f", f"{head}{picture}</item></channel></rss>".encode())
    assert (entry.image_url, entry.image_alt) == ("https://a.example/1.jpg", alt)
