"""Tells what a document is from its bytes and reads it: the one door for `digest inspect` and for folders."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import has_wide_mark
from digest.sources.links import web_url
from digest.sources.sitemap import read_sitemap
from digest.sources.wordpress import looks_like_posts, read_wordpress

MAX_BYTES = 5_000_000
"""A document larger than this is refused before it is read."""
KINDS = ("textdoc", "feed", "jsonfeed", "page", "wordpress", "sitemap")
FEED_KINDS = ("feed", "jsonfeed", "wordpress", "sitemap")
"""Those that hold many entries."""


class _Reader(Protocol):
    def __call__(
        self, path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
    ) -> tuple[Entry, ...]: ...


_SNIFF = 8_192
_FEED_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|rdf:rdf|rdf|channel)[\s>/]", re.I)
_SITEMAP_ROOT = re.compile(
    rb"\s*(?:<\?[^>]*>\s*)*(?:<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>\s*)?<(?:[\w-]+:)?(?:urlset|sitemapindex)[\s>]"
)
_HTML_MARK = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|article|div|p|h1|script|main|section|nav|table)\b", re.I
)
_COMMENT = re.compile(rb"<!--.*?-->", re.S)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_XML_START = re.compile(rb"\A\s*<(?:\?xml|!doctype(?!\s+html)|!--|!entity|[a-z][\w:.-]*[\s/>])", re.I)
_EXPECTED = {
    "feed": "feed", "jsonfeed": "feed", "wordpress": "list of WordPress posts", "sitemap": "sitemap",
}  # fmt: skip
_ENDINGS: Mapping[str, str] = {
    ".xml": "XML", ".rss": "XML", ".atom": "XML", ".rdf": "XML", ".json": "JSON", ".jsonfeed": "JSON",
    ".html": "HTML", ".htm": "HTML", ".xhtml": "HTML",
}  # fmt: skip
"""What the name of a file says it holds."""
_LANGUAGES = {"feed": "XML", "sitemap": "XML", "jsonfeed": "JSON", "wordpress": "JSON", "page": "HTML"}
_XHTML = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml|http://www\.w3\.org/1999/xhtml")
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a fetched document came from: its final URL, and the charset its HTTP header named."""

    url: str | None = None
    charset: str | None = None


def detect(path: str, content: bytes) -> str:
    """One of KINDS, by the bytes first and the name second. BadDocument where it is none of them."""
    _refuse_garbage(path, content)
    head = content[:_SNIFF]
    if has_wide_mark(head):
        head = head.replace(b"\x00", b"")
    head = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()
    if head[:1] in (b"{", b"["):
        return "wordpress" if looks_like_posts(head) else "jsonfeed"
    if _SITEMAP_ROOT.match(_COMMENT.sub(b"", head)):
        return "sitemap"
    if head[:1] != b"<":
        return "page" if _named(path, (".html", ".htm", ".xhtml")) and _HTML_MARK.search(head) else "textdoc"
    root = _ROOT.search(_COMMENT.sub(b"", head)) if head.startswith(b"<?xml") else None
    if root is not None:
        return "page" if root[1].lower() == b"html" else "feed"
    feed, html = _FEED_ROOT.search(head), _HTML_MARK.search(head)
    if feed and (html is None or feed.start() < html.start()):
        return "feed"
    if html is not None:
        return "page"
    if _XML_START.match(head):
        return "feed"
    return "textdoc"


def read_document(
    path: str, content: bytes, *, hint: str | None = None, address: Address | None = None
) -> tuple[Entry, ...]:
    """The entries of a document, one for every item of a feed, also for one that says nothing (`Entry.tells`).

    `hint` is the kind that is expected, one of KINDS. BadDocument, naming `path` and what to do, where it is empty,
    binary, too large, in a wrong encoding, broken beyond use, or not of the expected kind. Any bytes at all end in
    entries or in BadDocument.
    """
    kind = detect(path, content)
    if hint is None and address is None:
        # The name of a file is a promise; a web address may end in anything.
        _refuse_misnamed(path, kind, content[:_SNIFF])
    address = address or Address()
    _refuse_other(path, kind, hint)
    if kind == "jsonfeed" and hint == "wordpress":
        # An empty list of posts, or the interface's own error: its reader can tell.
        kind = "wordpress"
    reader = _reader("page" if hint == "page" else kind)
    if reader is not None:
        return reader(path, content, charset=address.charset, base_url=address.url)
    from digest.sources.textdoc import read_textdoc

    entries = read_textdoc(path, content, charset=address.charset)
    # A text names no address of its own: a fetched one is found where it was fetched.
    return tuple(replace(entry, url=web_url(address.url)) for entry in entries) if address.url else entries


def _reader(kind: str) -> _Reader | None:
    """What reads this kind; None for plain text, which is read without an address of its own."""
    match kind:
        case "feed":
            from digest.sources.feed import read_feed

            return read_feed
        case "jsonfeed":
            from digest.sources.jsonfeed import read_jsonfeed

            return read_jsonfeed
        case "page":
            from digest.sources.page import read_page

            return read_page
        case "wordpress":
            return read_wordpress
        case "sitemap":
            return read_sitemap
        case _:
            return None


def _refuse_misnamed(path: str, kind: str, head: bytes) -> None:
    """BadDocument where a file's name says XML, JSON or HTML and its bytes are something else."""
    ending = os.path.splitext(path)[1].lower()
    said, found = _ENDINGS.get(ending), _LANGUAGES.get(kind)
    if said in (None, found) or (said == "XML" and kind == "page" and _XHTML.search(head)):
        return
    held = found or f"text that is no {said}"
    raise BadDocument(path, f"its name ends in {ending}, but it holds {held}; mend the file, or name it as what it is")


def _refuse_other(path: str, kind: str, hint: str | None) -> None:
    """BadDocument where the document is not of the kind that was expected. A feed may be XML or JSON."""
    if hint in FEED_KINDS and kind not in FEED_KINDS:
        seen = "an HTML page" if kind == "page" else "plain text"
        raise BadDocument(path, f"{seen} where a {_EXPECTED[hint]} was expected; check its address")
    if hint == "textdoc" and kind != "textdoc":
        seen = "an HTML page" if kind == "page" else f"a {_EXPECTED[kind]}"
        raise BadDocument(path, f"{seen} where plain text was expected; use it as a source of kind {kind}")
    if hint == "page" and kind in FEED_KINDS:
        raise BadDocument(path, f"a feed where an article page was expected; use it as a source of kind {kind}")
    if hint in ("wordpress", "sitemap") and kind != hint and (hint, kind) != ("wordpress", "jsonfeed"):
        raise BadDocument(path, f"a {_EXPECTED[kind]} where a {_EXPECTED[hint]} was expected; use kind {kind}")
    if hint in ("feed", "jsonfeed") and kind in ("wordpress", "sitemap"):
        raise BadDocument(path, f"a {_EXPECTED[kind]} where a feed was expected; use it as a source of kind {kind}")


def read_file(path: str, *, hint: str | None = None) -> tuple[Entry, ...]:
    """The entries of a file; at most 5 MB of it are ever read into memory. Raises BadDocument only."""
    return read_document(path, read_bytes(path), hint=hint)


def read_bytes(path: str) -> bytes:
    """The bytes of a plain file of at most 5 MB, or BadDocument. Never waits on a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadDocument(path, f"cannot be opened ({reason})") from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise BadDocument(path, "a folder; name the files in it")
        if not stat.S_ISREG(status.st_mode):
            raise BadDocument(path, "not a plain file")
        if status.st_size > MAX_BYTES:
            _refuse_garbage(path, os.read(descriptor, _SNIFF))
            raise BadDocument(path, f"{status.st_size:,} bytes; at most {MAX_BYTES:,} are read")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadDocument(path, f"cannot be read ({error.strerror})") from error
    finally:
        os.close(descriptor)


def _refuse_garbage(path: str, content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"{len(content):,} bytes; at most {MAX_BYTES:,} are read")
    head = content[:_SNIFF]
    if not content or (not head.strip() and not content.strip()):
        raise BadDocument(path, "empty; give a text page, a feed or an HTML page")
    for magic, name in _MAGIC:
        if content.startswith(magic):
            raise BadDocument(path, f"{name}, not text; give a text page, a feed or an HTML page")
    if b"\x00" not in content or has_wide_mark(content):
        return
    zeros = head.count(0)
    if (
        len(head) >= 8
        and 0.2 < zeros / len(head) < 0.8
        and (set(head[0::2]) == {0} or set(head[1::2]) == {0} or _alternates(head))
    ):
        raise BadDocument(path, "UTF-16 text without a byte order mark; save it as UTF-8")
    raise BadDocument(path, "binary, not text; give a text page, a feed or an HTML page")


def _alternates(head: bytes) -> bool:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) > 0.6 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2


def _named(path: str, endings: tuple[str, ...]) -> bool:
    return path.lower().endswith(endings)
