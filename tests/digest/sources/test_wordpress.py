"""WordPress posts: the sample, the interface's own errors, and bytes of any kind."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.detect import detect, read_document
from digest.sources.wordpress import posts_address, read_wordpress
from tests.digest.sources.expected import SAMPLES, facts, stated

FOLDER = SAMPLES / "wordpress"
SAMPLE = (FOLDER / "posts-with-embedded.json").read_bytes()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_every_sample_is_read_as_expected(name: str) -> None:
    content = (FOLDER / f"{name}.json").read_bytes()
    assert detect("posts", content) == "wordpress"
    entries = read_document("posts", content)
    wanted = stated(FOLDER / f"{name}.expected")
    assert [facts(entry, names) for entry, names in zip(entries, wanted, strict=True)] == wanted


def test_the_address_of_the_posts() -> None:
    assert posts_address("https://a.example/").startswith("https://a.example/wp-json/wp/v2/posts?per_page=50")
    own = "https://a.example/wp-json/wp/v2/posts?categories=3"
    assert posts_address(own) == own
    assert posts_address("https://a.example/?rest_route=/wp/v2/posts") == "https://a.example/?rest_route=/wp/v2/posts"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"code": "rest_disabled", "message": "The REST API is disabled."}', "The REST API is disabled"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "no list of WordPress posts"),
        (b"[1, 2", "not valid JSON"),
        (b"<html><head><title>Login</title></head><body><p>Sign in</p></body></html>", "an HTML page"),
        (b"<rss version='2.0'><channel></channel></rss>", "use kind feed"),
    ],
)
def test_what_is_no_list_of_posts_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadDocument, match=said):
        read_document("https://a.example/", content, hint="wordpress")


def test_a_site_without_posts_gives_nothing() -> None:
    assert read_document("x", b"[]", hint="wordpress") == ()


def test_posts_in_place_of_a_feed_are_named() -> None:
    with pytest.raises(BadDocument, match="use it as a source of kind wordpress"):
        read_document("x", SAMPLE, hint="feed")


LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
BRANCH = st.lists(LEAF, max_size=3) | st.dictionaries(st.text(max_size=8), LEAF, max_size=3)
# Not `st.recursive`: what it finds out about its own depth depends on the run, and once in ten it complained.
JSON = LEAF | BRANCH | st.lists(BRANCH, max_size=3)
KEYS = ("title", "content", "excerpt", "date", "date_gmt", "link", "guid", "_embedded")


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON | st.fixed_dictionaries({"rendered": JSON}), max_size=8)))
def test_values_of_any_type_give_an_entry_each(posts: list[dict[str, object]]) -> None:
    assert len(read_wordpress("x", json.dumps(posts).encode())) == len(posts)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_entries_or_in_a_bad_document(content: bytes) -> None:
    with suppress(BadDocument):
        assert isinstance(read_wordpress("x", content), tuple)


def test_a_plug_in_that_gives_titles_as_plain_texts_is_read() -> None:
    post = {
        "title": "Ferry sinks",
        "content": {"rendered": "<p>Twelve died.</p>"},
        "link": "https://a.example/1",
        "guid": "g",
    }
    (entry,) = read_wordpress("w", json.dumps([post]).encode())
    assert (entry.title, entry.paragraphs, entry.guid) == ("Ferry sinks", ("Twelve died.",), "g")
