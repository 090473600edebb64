"""Article pages: samples, charsets, error pages, hostile trees."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.page import read_page
from tests.digest.sources.expected import SAMPLES, facts, stated

PAGES = sorted((SAMPLES / "page").glob("*.html"))
TEXT = "The bridge over the Osser will close for repairs from Monday until the end of May, the county said on Friday. "


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sample_page_gives_what_is_expected(page: Path) -> None:
    expected = stated(page.with_suffix(".json"))
    (entry,) = read_page(
        str(page), page.read_bytes(), base_url="https://hochland.example/baer" if "ld" in page.stem else None
    )
    assert facts(entry, expected) == expected
    assert entry.kind == "page"


def article(title: str, *, head: str = "", lang: str = "en") -> str:
    top = f"<html lang={lang}><head>{head}<title>{title}</title></head>"
    return f"{top}<body><h1>{title}</h1><p>{TEXT * 2}</p><p>{TEXT}</p></body></html>"


@pytest.mark.parametrize(
    "title", ["404 Not Found", "Just a moment...", "Access denied", "503 Service Unavailable", "Page not found"]
)
def test_an_error_page_is_no_article(title: str) -> None:
    content = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>Sorry about that.</p></body></html>"
    with pytest.raises(BadDocument, match="error page"):
        read_page("p", content.encode())


def test_a_page_with_neither_headline_nor_text_is_refused() -> None:
    with pytest.raises(BadDocument, match="no headline and no text"):
        read_page("p", b"<html><body><script>1</script></body></html>")


@pytest.mark.parametrize(
    ("encoding", "head", "charset"),
    [
        ("utf-8", "", None),
        ("utf-16", "", None),
        ("cp1251", "", "windows-1251"),
        ("cp1252", '<meta charset="iso-8859-1">', None),
        ("shift_jis", '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', None),
    ],
)
def test_the_charset_is_found(encoding: str, head: str, charset: str | None) -> None:
    title = {"cp1251": "Мост закрыт на ремонт", "shift_jis": "橋の修理が始まる月曜日"}.get(
        encoding, "Brücke wird für Wochen geschlossen"
    )
    (entry,) = read_page("p", article(title, head=head).encode(encoding), charset=charset)
    assert entry.title == title


def test_a_wrong_meta_charset_is_survived() -> None:
    content = article("Brücke wird für Wochen geschlossen", head='<meta charset="utf-8">').encode("cp1252")
    assert read_page("p", content)[0].title == "Brücke wird für Wochen geschlossen"


@pytest.mark.parametrize(
    ("whole", "bare"),
    [
        ("Bridge to close for repairs | The Courier", "Bridge to close for repairs"),
        ("Bridge to close for repairs - The Courier", "Bridge to close for repairs"),
        ("The Courier: Bridge to close for repairs", "The Courier: Bridge to close for repairs"),
        ("War - what is it good for", "War - what is it good for"),
    ],
)
def test_the_outlet_is_cut_from_the_title(whole: str, bare: str) -> None:
    head = '<meta property="og:site_name" content="The Courier">'
    content = f"<html><head>{head}<title>{whole}</title></head><body><p>{TEXT * 3}</p></body></html>"
    assert read_page("p", content.encode())[0].title == bare


def test_markup_in_a_heading_is_reduced_and_escaped_markup_stays() -> None:
    (entry,) = read_page(
        "p",
        article("How the <em>&lt;script&gt;</em> tag took a bank offline")
        .replace("<title>How", "<title>x How")
        .encode(),
    )
    assert "<script>" in entry.title
    assert "<em>" not in entry.title


def test_unsafe_addresses_are_dropped() -> None:
    head = '<link rel="canonical" href="javascript:1"><meta property="og:image" content="data:image/png;base64,AA">'
    (entry,) = read_page("p", article("A title of a page", head=head).encode(), base_url="https://a.example/1")
    assert entry.url == "https://a.example/1"
    assert entry.image_url is None


@pytest.mark.parametrize(
    ("fetched", "named", "believed"),
    [
        ("https://news.paper.example.com/1?x=1", "https://www.example.com/a", True),
        ("https://www.bbc.co.uk/news/1", "https://www.bbc.com/news/1", True),
        ("https://blog.example.com/1", "https://www.reuters.com/world/1", False),
        ("https://evil.co.uk/1", "https://bbc.co.uk/1", False),
        ("https://one.github.io/1", "https://two.github.io/1", False),
        ("http://a.example/1", "https://www.a.example/1", True),
    ],
)
@pytest.mark.parametrize("mark", ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">'])
def test_an_address_of_another_house_is_not_believed(mark: str, fetched: str, named: str, believed: bool) -> None:
    content = article("A title of a page", head=mark.format(named)).encode()
    (entry,) = read_page("p", content, base_url=fetched)
    assert entry.url == (named if believed else fetched)
    (saved,) = read_page("p", content)
    assert saved.url == named


def test_json_ld_of_wrong_types_is_survived() -> None:
    ld = '{"@type": "NewsArticle", "headline": ["x"], "author": [1, {"name": 2}], "datePublished": {}, "image": [[]],'
    ld += ' "publisher": "x", "articleSection": {"a": 1}}'
    (entry,) = read_page(
        "p", article("A title of a page", head=f'<script type="application/ld+json">{ld}</script>').encode()
    )
    assert entry.title == "A title of a page"


def test_deep_nesting_is_survived() -> None:
    content = article("A title of a page").replace("<p>", "<div>" * 5_000 + "<p>")
    assert read_page("p", content.encode())[0].title == "A title of a page"


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"<html>", b"<html><head><title>A b c</title>", b"<!doctype html><body><article><h1>"]),
)
def test_any_bytes_end_in_an_entry_or_bad_document(tail: bytes, head: bytes) -> None:
    with suppress(BadDocument):
        read_page("p", head + tail)
