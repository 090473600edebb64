"""News sitemaps: the sample, indexes, hostile XML, and bytes of any kind."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.detect import Address, detect, read_document
from digest.sources.sitemap import read_sitemap, sitemaps_in
from tests.digest.sources.expected import SAMPLES, facts, stated

FOLDER = SAMPLES / "sitemap"
SAMPLE = (FOLDER / "news.xml").read_bytes()
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<urlset><url><loc>https://a.example/&b;</loc></url></urlset>"""


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.xml")))
def test_every_sample_is_read_as_expected(name: str) -> None:
    content = (FOLDER / f"{name}.xml").read_bytes()
    assert detect("news.xml", content) == "sitemap"
    entries = read_document("news.xml", content, address=Address(url="https://nordkurier.example/news.xml"))
    wanted = stated(FOLDER / f"{name}.expected")
    assert [facts(entry, names) for entry, names in zip(entries, wanted, strict=True)] == wanted


def test_an_index_is_read_news_first_then_the_newest() -> None:
    content = (FOLDER / "index" / "yoast.xml").read_bytes()
    assert detect("sitemap.xml", content) == "sitemap"
    assert list(sitemaps_in("x", content) or ()) == stated(FOLDER / "index" / "yoast.expected")
    assert sitemaps_in("x", SAMPLE) is None
    with pytest.raises(BadDocument, match="names none"):
        sitemaps_in("x", b"<sitemapindex><sitemap><loc>ftp://a.example/</loc></sitemap></sitemapindex>")


def test_an_index_names_a_sitemap_to_use_instead() -> None:
    index = b"<sitemapindex><sitemap><loc>https://a.example/news.xml</loc></sitemap></sitemapindex>"
    with pytest.raises(BadDocument, match=r"an index of 1 sitemaps; .*https://a.example/news.xml"):
        read_document("https://a.example/sitemap.xml", index, hint="sitemap")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<urlset><url><loc>https://a.example/</loc></url>", "not a sitemap that can be read"),
        (b"<rss version='2.0'><channel></channel></rss>", "use kind feed"),
        (b"<html><head><title>Gone</title></head><body>no</body></html>", "an HTML page"),
        (LAUGHS, "entities"),
    ],
)
def test_what_is_no_sitemap_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadDocument, match=said):
        read_document("x", content, hint="sitemap")


def test_no_file_is_ever_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    urls = "<urlset><url><loc>https://a.example/&x;</loc></url></urlset>"
    content = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{urls}'
    entries = read_document("x", content.encode())
    assert "secret" not in str([(entry.title, entry.url) for entry in entries])


def test_a_sitemap_in_place_of_a_feed_is_named() -> None:
    with pytest.raises(BadDocument, match="use it as a source of kind sitemap"):
        read_document("x", SAMPLE, hint="feed")


@given(st.lists(st.text("abc/:.?&<>é ]", max_size=40), max_size=5))
def test_every_address_gives_an_entry(places: list[str]) -> None:
    from_text = "".join(f"<url><loc><![CDATA[{place.replace(']]>', '')}]]></loc></url>" for place in places)
    content = f"<urlset>{from_text}</urlset>".encode("utf-8", "replace")
    assert len(read_sitemap("x", content)) == len(places)


@given(
    st.binary(max_size=200) | st.binary(max_size=100).map(lambda middle: b"<urlset><url>" + middle + b"</url></urlset>")
)
def test_any_bytes_end_in_entries_or_in_a_bad_document(content: bytes) -> None:
    with suppress(BadDocument):
        assert isinstance(read_sitemap("x", content), tuple)
