"""HTML to text: nothing executed, entities decoded once, titles kept, addresses checked."""

from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.sources.links import web_url
from digest.sources.markup import guessed_line, one_line, paragraphs, plain_paragraphs, squeeze
from digest.sources.teaser import people, split_text


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<p>One</p><p>Two</p>", ("One", "Two")),
        ("One<br>more<br/><br>Two", ("One more", "Two")),
        ("<div>One<div>Two</div>Three</div>", ("One", "Two", "Three")),
        ("<p>a <b>bo</b>ld <i>move</i></p>", ("a bold move",)),
        ("<script>x()</script><style>p{}</style><p>One</p><noscript>no</noscript>", ("One",)),
        ("<p>5 &lt; 6 &amp;amp; 7</p>", ("5 < 6 &amp; 7",)),
        ("a &amp; b", ("a & b",)),
        ("One\n\nTwo\nmore", ("One", "Two more")),
        ("<ul><li>One<li>Two</ul>", ("One", "Two")),
        ("<table><tr><td>a</td><td>b</td></tr></table>", ("a b",)),
        ("<p>never closed <b>bold", ("never closed bold",)),
        ("<!-- <p>hidden</p> --><p>One</p>", ("One",)),
        ("<form><input value=x><button>Go</button></form><p>One</p>", ("One",)),
        ("", ()),
        ("<p> </p>", ()),
        ("<p>nul\x00 and \x07bell</p>", ("nul and bell",)),
    ],
)
def test_paragraphs(markup: str, texts: tuple[str, ...]) -> None:
    assert paragraphs(markup) == texts


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("AT&amp;T <b>wins</b>", "AT&T wins"),
        ("How the <script> tag works", "How the <script> tag works"),
        ("vector<int> explained", "vector<int> explained"),
        ("a<br>b", "a b"),
        ("{{7*7}} &lt;b&gt;", "{{7*7}} <b>"),
        ("two\n  lines", "two lines"),
        ("<script>alert(1)</script>Chad elects a mayor", "Chad elects a mayor"),
        ("A form let in <script>x</script>, a bank says", "A form let in <script>x</script>, a bank says"),
        ("Chad votes <script>alert(1)</script>", "Chad votes"),
        ("Chad<script>alert(1)</script> votes", "Chad votes"),
        ("<style type='x'>p{}</style>Chad <img src=x onerror=alert(1)>votes", "Chad votes"),
        ("<script src='https://x.example/a.js'>Chad votes", "Chad votes"),
        ("<font color=red>Chad votes", "Chad votes"),
        ("Chad <b> votes </b> today", "Chad votes today"),
        ("Why the <b> tag is dead", "Why the <b> tag is dead"),
        ("Browsers drop <blink>", "Browsers drop <blink>"),
        ("<b>Chad votes", "Chad votes"),
        ("Chad votes<br> today", "Chad votes today"),
        ("If x < 5 and y > 3 then judges rule", "If x < 5 and y > 3 then judges rule"),
        ("How the &lt;script&gt; tag took a bank offline", "How the <script> tag took a bank offline"),
    ],
)
def test_a_title_that_may_be_html(written: str, read: str) -> None:
    assert guessed_line(written) == read


WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30).map(squeeze).filter(bool)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=5))
def test_text_that_is_escaped_comes_back_as_it_was(texts: list[str]) -> None:
    assert list(paragraphs("".join(f"<p>{html.escape(text)}</p>" for text in texts))) == texts


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_survived(text: str) -> None:
    for line in (*paragraphs(text), *plain_paragraphs(text), one_line(text), guessed_line(text)):
        assert "\n" not in line
        line.encode()


@pytest.mark.parametrize(
    ("address", "base", "url"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        (" https://a.example/a b\n", None, "https://a.example/a%20b"),
        ("/x", "https://a.example/feed", "https://a.example/x"),
        ("//b.example/x", "https://a.example/", "https://b.example/x"),
        ("/x", None, None),
        ("java\nscript:alert(1)", "https://a.example/", None),
        ("data:text/html,x", "https://a.example/", None),
        ("ftp://a.example/x", None, None),
        ("https://", None, None),
        ("http://[::1", None, None),
        ("http://a.example:port/", None, None),
        ("https://a.example/" + "x" * 3_000, None, None),
        (None, "https://a.example/", None),
        (7, None, None),
    ],
)
def test_only_web_addresses_are_kept(address: object, base: str | None, url: str | None) -> None:
    assert web_url(address, base) == url


def test_names_lose_their_addresses() -> None:
    assert people(["desk@paper.example (The Desk)", "By Jane Doe", "Misaki Sato (佐藤美咲)", "x@y.example"]) == (
        "The Desk, Jane Doe, Misaki Sato (佐藤美咲)"
    )
    assert people([]) is None


def test_a_teaser_is_told_from_a_text() -> None:
    text = ("word " * 80).strip() + "."
    assert split_text((), (text,)) == ((text,), "")
    assert split_text((), ("A short line.",)) == ((), "A short line.")
    assert split_text(("The body.",), ("A short line.",)) == (("The body.",), "A short line.")
    assert split_text(("The body.", "The post X first appeared on Y."), ()) == (("The body.",), "")
    assert split_text((), ("Two dead in […]", "Continue reading →")) == ((), "Two dead in …")
