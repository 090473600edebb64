"""The door for any file: kinds are told apart, garbage is refused by name, quickly and in little memory."""

from __future__ import annotations

import gzip
import json
import os
import re
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.detect import MAX_BYTES, Address, detect, read_document, read_file
from tests.digest.sources.expected import SAMPLES

PAGE = "Bridge over the Osser to close\n\nThe bridge will close on Monday for repairs, the county said on Friday.\n"
HTML = (
    "<!DOCTYPE html><html><head><title>Bridge to close</title></head><body><p>The bridge will close.</p></body></html>"
)
RSS = '<?xml version="1.0"?><rss version="2.0"><channel><item><title>a</title><link>https://a.example/</link></item></channel></rss>'


@pytest.mark.parametrize(
    ("folder", "suffix"), [("textdoc", ".txt"), ("feed", ".xml"), ("jsonfeed", ".json"), ("page", ".html")]
)
def test_samples_are_told_apart_by_their_bytes_alone(folder: str, suffix: str) -> None:
    for sample in (SAMPLES / folder).glob(f"*{suffix}"):
        kinds = {entry.kind for entry in read_document("unnamed", sample.read_bytes())}
        assert kinds == {folder}, sample


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PAGE, "textdoc"),
        ("\ufeff" + PAGE, "textdoc"),
        (RSS, "feed"),
        ("  \n" + RSS.removeprefix('<?xml version="1.0"?>'), "feed"),
        ("<!-- a comment --><feed xmlns='http://www.w3.org/2005/Atom'/>", "feed"),
        (HTML, "page"),
        ("<?xml version='1.0'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'></html>", "page"),
        ("<div><p>a fragment</p></div>", "page"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "jsonfeed"),
        ("<3 is how the mayor signed the bill of the old bridge\n\n" + PAGE, "textdoc"),
    ],
)
def test_kinds(content: str, kind: str) -> None:
    assert detect("x", content.encode()) == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_page_in_an_encoding_that_marks_itself_is_read(encoding: str) -> None:
    assert read_document("x", PAGE.encode(encoding))[0].title == "Bridge over the Osser to close"


def mojibake(text: str) -> bytes:
    return text.encode().decode("cp1252").encode()


QUOTED = (
    "“The café — à la carte — is closed,” the mayor said. “Très bien,” said the cook. “Naïve,” said the guest.\n\n" * 3
)
GARBAGE = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t \n", "empty"),
    "random": (bytes(range(256)) * 20, "binary"),
    "zeros": (bytes(100_000), "binary"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "zip": (b"PK\x03\x04" + bytes(50), "ZIP"),
    "gzip": (gzip.compress(RSS.encode()), "gzip"),
    "utf-16 without mark": (PAGE.encode("utf-16-le"), "UTF-16"),
    "utf-16 without mark, big end first": (PAGE.encode("utf-16-be"), "UTF-16"),
    "latin-1": (("Le café fermé. " * 20).encode("latin-1"), "not UTF-8"),
    "shift-jis": (("橋の修理が始まる。" * 20).encode("shift_jis"), "not UTF-8"),
    "mojibake": (QUOTED.replace("”", "“").encode().decode("cp1252", "replace").encode(), "wrong encoding"),
    "replacement characters": (("caf\ufffd ferm\ufffd " * 20).encode(), "wrong encoding"),
    "broken xml": (b'<?xml version="1.0"?><rss><channel><item><title>Unclosed', "not a feed"),
    "other xml": (b'<?xml version="1.0"?><note><to>You</to></note>', "not a feed"),
    "a list of feeds": (b'<?xml version="1.0"?><opml><head><title>Feeds</title></head><body/></opml>', "not a feed"),
    "broken json": (b'{"version": ', "JSON"),
    "other json": (b'{"a": 1}', "no JSON Feed"),
    "error page": (
        b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>",
        "error page",
    ),
    "numbers": (b"1\n2\n3\n", "no headline"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_by_name(name: str) -> None:
    content, reason = GARBAGE[name]
    with pytest.raises(BadDocument, match=reason) as caught:
        read_document("some/file.txt", content)
    assert str(caught.value).startswith("some/file.txt: ")
    assert caught.value.path == "some/file.txt"


XHTML = HTML.replace("<!DOCTYPE html><html>", '<html xmlns="http://www.w3.org/1999/xhtml">')
JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "a"}]}'


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("broken2.xml", "<<<<not xml at all &&& >", "ends in .xml, but it holds text that is no XML"),
        ("x4.xml", "hello this is not xml", "text that is no XML"),
        ("X4.XML", PAGE, "text that is no XML"),
        ("a.rss", PAGE, "text that is no XML"),
        ("a.atom", "<3 is how the mayor signed the bill", "text that is no XML"),
        ("a.xml", "<item><title>Cut off in its first", "holds HTML"),
        ("a.rss", HTML, "holds HTML"),
        ("a.xml", JSON_FEED, "holds JSON"),
        ("a.json", PAGE, "text that is no JSON"),
        ("a.json", RSS, "holds XML"),
        ("a.json", HTML, "holds HTML"),
        ("a.html", PAGE, "text that is no HTML"),
        ("a.htm", RSS, "holds XML"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, content: str, reason: str) -> None:
    with pytest.raises(BadDocument, match=re.escape(reason)):
        read_document(f"in/{name}", content.encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xml", RSS),
        ("a.rss", RSS),
        ("a.json", JSON_FEED),
        ("a.html", HTML),
        ("a.xhtml", XHTML),
        ("a.xml", XHTML),
        ("a.html", "Skip to content <p>The bridge will close.</p><h1>Bridge to close</h1>"),
        ("a.txt", RSS),
        ("a.xml.txt", PAGE),
    ],
)
def test_a_file_that_is_what_its_name_says_is_read(name: str, content: str) -> None:
    assert read_document(name, content.encode())[0].title


def test_an_address_may_end_in_anything() -> None:
    assert read_document("https://a.example/feed.json", RSS.encode(), address=Address())[0].title == "a"
    assert read_document("https://a.example/story.xml", HTML.encode(), hint="page")[0].title == "Bridge to close"


SILENT = {
    "jsonfeed": json.dumps(
        {"items": [5, None, {"id": "2"}, {"title": " "}, {"id": "3", "title": "Told"}, {"content_text": "A text."}]}
    ),
    "feed": "<rss version='2.0'><channel><item></item><item><guid>1</guid><link>https://a.example/1</link></item>"
    "<item><title> </title><description/></item><item><pubDate>Fri, 08 Apr 2022 09:32:14 GMT</pubDate></item>"
    "<item><title>Told</title></item><item><description>A text.</description></item></channel></rss>",
}


@pytest.mark.parametrize("kind", SILENT)
def test_every_item_gives_an_entry_and_those_that_say_nothing_are_known(kind: str) -> None:
    entries = read_document("f", SILENT[kind].encode())
    assert entries == read_document("f", SILENT[kind].encode(), hint=kind)
    assert [one.position for one in entries] == list(range(6))
    # An address or a date alone is something.
    assert [one.position for one in entries if one.tells] == ([1, 3, 4, 5] if kind == "feed" else [4, 5])


def test_a_feed_without_items_has_none() -> None:
    assert read_document("f", b'{"items": []}') == ()


def test_fifty_megabytes_of_zeros_are_refused_fast_and_small(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(BadDocument, match="binary"):
        read_file(str(path))
    took = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1.0
    assert peak < 1_000_000


def test_a_text_that_is_too_large_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"word " * (MAX_BYTES // 5 + 1))
    with pytest.raises(BadDocument, match="at most 5,000,000"):
        read_file(str(path))


def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (
        ("pipe", "not a plain file"),
        ("absent", "cannot be opened"),
        (".", "folder"),
        ("a\0b", "cannot be opened"),
    ):
        with pytest.raises(BadDocument, match=reason):
            read_file(str(tmp_path / name) if name != "a\0b" else name)


def test_an_html_page_where_a_feed_was_expected_is_refused() -> None:
    with pytest.raises(BadDocument, match="HTML page where a feed was expected"):
        read_document("https://a.example/feed", HTML.encode(), hint="feed")
    with pytest.raises(BadDocument, match="plain text where a feed was expected"):
        read_document("https://a.example/feed", PAGE.encode(), hint="jsonfeed")
    with pytest.raises(BadDocument, match="kind feed"):
        read_document("https://a.example/", RSS.encode(), hint="page")


def test_a_hint_of_the_other_kind_of_feed_is_forgiven() -> None:
    assert read_document("x", RSS.encode(), hint="jsonfeed")[0].kind == "feed"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([None, "feed", "jsonfeed", "page", "textdoc"]))
def test_any_bytes_end_in_entries_or_bad_document(content: bytes, hint: str | None) -> None:
    with suppress(BadDocument):
        read_document("x", content, hint=hint)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_sample_ends_in_entries_or_bad_document(data: st.DataObject) -> None:
    """Bytes cut out of, put into and changed in real documents reach further into the parsers than random ones."""
    sample = data.draw(
        st.sampled_from(sorted(path for path in SAMPLES.glob("*/*.*") if path.suffix in (".txt", ".xml", ".html")))
    )
    content = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    with suppress(BadDocument):
        read_document("x", bytes(content))
