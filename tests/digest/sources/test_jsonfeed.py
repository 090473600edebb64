"""JSON Feed 1.0 and 1.1: samples, odd values of every type, and what is written is read back."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.jsonfeed import read_jsonfeed
from tests.digest.sources.expected import SAMPLES, facts, stated

FEEDS = sorted((SAMPLES / "jsonfeed").glob("*.json"))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.stem)
def test_a_sample_feed_gives_what_is_expected(feed: Path) -> None:
    expected = stated(feed.with_suffix(".expected"))
    entries = read_jsonfeed(str(feed), feed.read_bytes())
    assert [facts(entry, names) for entry, names in zip(entries, expected, strict=True)] == expected
    assert {entry.kind for entry in entries} == {"jsonfeed"}


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"items": 1}', b"null", b"[" * 100_000])
def test_what_is_no_json_feed_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(BadDocument, match=r"^some\.json: "):
        read_jsonfeed("some.json", content)


LINE = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
WORDS = st.lists(LINE, min_size=1, max_size=8).map(" ".join)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=4), INSTANTS, LINE), max_size=6))
def test_what_is_written_is_read_back(items: list[tuple[str, list[str], datetime, str]]) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "items": [
            {
                "id": name,
                "title": title,
                "url": "https://a.example/x",
                "content_html": "".join(f"<p>{text}</p>" for text in texts),
                "date_published": instant.isoformat(),
            }
            for title, texts, instant, name in items
        ],
    }
    entries = read_jsonfeed("f", json.dumps(feed).encode())
    assert [(e.title, list(e.paragraphs), e.published_at, e.guid) for e in entries] == [tuple(item) for item in items]


KEYS = st.sampled_from(
    [
        "items",
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "authors",
        "author",
        "name",
        "tags",
        "image",
        "language",
    ]
)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
BRANCH = st.lists(LEAF, max_size=3) | st.dictionaries(KEYS, LEAF, max_size=5)
JSON = LEAF | BRANCH | st.dictionaries(KEYS, BRANCH, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=4), JSON)
def test_values_of_any_type_are_survived(items: list[object], language: object) -> None:
    entries = read_jsonfeed("f", json.dumps({"items": items, "language": language, "home_page_url": items}).encode())
    assert len(entries) == len(items)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"{", b'{"items":[']))
def test_any_bytes_end_in_entries_or_bad_document(tail: bytes, head: bytes) -> None:
    with suppress(BadDocument):
        read_jsonfeed("f", head + tail)
