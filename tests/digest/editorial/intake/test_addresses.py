"""Addresses: canonical, safe, comparable."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.intake.addresses import address_key, article_key, canonical


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://Example.COM/A?utm_source=x&id=7#part", "https://example.com/A?id=7"),
        ("http://example.com", "http://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("http://8.8.8.8/a", "http://8.8.8.8/a"),
        ("https://www.local.example/a", "https://www.local.example/a"),
        ("https://user:pass@example.com/a", "https://example.com/a"),
        ("https://bbc.example/n?at_medium=RSS&at_campaign=K", "https://bbc.example/n"),
        ("https://nyt.example/a.html?smid=tw&CMP=x&ref=y&fbclid=1", "https://nyt.example/a.html"),
        ("https://example.com/#/news/4", "https://example.com/#/news/4"),
        ("https://example.com/#!/news?id=4&x=5", "https://example.com/#!/news?id=4&x=5"),
        ("https://example.com/a#/", "https://example.com/a"),
        ("https://example.com/read?cid=4&utm_source=x", "https://example.com/read?cid=4"),
        ("https://example.com/show?lang=en&ref=20264", "https://example.com/show?lang=en&ref=20264"),
        ("https://example.com/show?id=7&ref=20264", "https://example.com/show?id=7"),
        ("https://example.com/read?ref=rss", "https://example.com/read"),
        ("https://example.com/2026/politics/vote?cid=4", "https://example.com/2026/politics/vote"),
        ("https://example.com/malta-bans-trade?cid=4&ref=5", "https://example.com/malta-bans-trade"),
    ],
)
def test_trackers_and_furniture_go(given_url: str, expected: str) -> None:
    assert canonical(given_url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html;base64,AAAA",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "//example.com/a",
        "/relative/only",
        "https://",
        "https://localhost/a",
        "https://10.0.0.1.nip.io/a",
        "https://www.10-0-0-1.sslip.io/a",
        "https://lvh.me/a",
        "https://expyuzz4wqqyqhjn.onion/a",
        "https://exa mple.com/a",
        "https://example.com/a\nSet-Cookie: x",
        'https://example.com/"onmouseover="x',
        "https://example.com/\u202egpj.exe",
        "https://[::1/a",
        "https://example.com:99999/",
        "https://example.com/" + "a" * 3000,
        "http://127.0.0.1:8080/admin",
        "http://169.254.169.254/c",
        "http://10.0.0.7/a",
        "http://192.168.1.1./a",
        "http://0x7f.0.0.1/a",
        "http://127.1/a",
        "http://2130706433/a",
        "http://[::1]/a",
        "http://printer.local/",
        "http://intranet/a",
        "http://db.internal./a",
        "http://router.home.arpa/",
    ],
)
def test_what_is_no_safe_web_address_is_empty(url: str) -> None:
    assert canonical(url) == ""


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(max_size=60).map(lambda tail: "https://example.com/" + tail)))
def test_twice_is_once_and_always_http(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    assert once == "" or once.startswith(("http://", "https://"))


def test_mirrors_of_one_article_share_a_key() -> None:
    forms = [
        "https://www.example.com/news/a",
        "http://m.example.com/news/a/",
        "https://amp.example.com/news/a",
        "https://example.com/news/a/amp",
    ]
    assert len({address_key(form) for form in forms}) == 1
    assert address_key("https://example.com/?id=1") != address_key("https://example.com/?id=2")
    assert address_key("") == ""


def test_a_front_page_names_no_article() -> None:
    assert article_key(canonical("https://example.com/?utm_source=x")) == article_key("") == ""
    assert article_key("https://example.com/?p=1") == "example.com?p=1"
    assert article_key("https://example.com/#/a") != article_key("https://example.com/#/b")
