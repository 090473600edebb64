"""What a feed calls itself: the name of its outlet, for who adds it without giving one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from digest.model.errors import BadDocument
from digest.sources.charset import decode
from digest.sources.feed import parsed_feed
from digest.sources.markup import guessed_line, squeeze

LONGEST = 80
_KIND = (
    r"(?:rss|atom|xml|json|news)?[ -]?feeds?|rss|atom|newsfeed|all (?:articles|posts|stories)|latest (?:news|articles)"
)
_HANGING = re.compile(rf"\s*(?:[|:–—>»-]+\s*|\()?\b(?:{_KIND})\)?\s*\Z", re.I)
_ALONE = re.compile(rf"\W*(?:{_KIND}|home|news|index|untitled|blog|top stories)?\W*\Z", re.I)


def feed_name(path: str, content: bytes, kind: str, *, charset: str | None = None) -> str:
    """The title of an RSS, Atom or JSON Feed without "RSS feed" at its end; empty where it has none, or no name."""
    try:
        title = _title(path, content, kind, charset)
    except BadDocument:
        return ""
    name = title
    while (shorter := _HANGING.sub("", name)) != name:
        name = shorter
    return "" if _ALONE.match(name) or len(name) > LONGEST else name


def _title(path: str, content: bytes, kind: str, charset: str | None) -> str:
    if kind == "feed":
        feed = parsed_feed(path, content, charset=charset).get("feed")
        return guessed_line(str(feed.get("title") or "")) if isinstance(feed, Mapping) else ""
    if kind == "jsonfeed":
        try:
            document = json.loads(decode(path, content, charset=charset))
        except (ValueError, RecursionError):
            return ""
        said = document.get("title") if isinstance(document, Mapping) else None
        return squeeze(said) if isinstance(said, str) else ""
    return ""
