"""Reads JSON Feed 1.0 and 1.1: every item as an Entry, its texts as plain text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from digest.editorial.intake.clean import decoded
from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.dates import find_date
from digest.sources.feed import MAX_BYTES, MAX_ITEMS, language_tag
from digest.sources.links import web_url
from digest.sources.markup import paragraphs, plain_paragraphs, squeeze, without_controls, without_markup
from digest.sources.teaser import headline_of, people, split_text, tag_of


def read_jsonfeed(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[Entry, ...]:
    """Entries of a JSON Feed in its order, one an item; an item that is no object gives an entry that says nothing.

    BadDocument where the file is larger than 5 MB, no JSON, or JSON that is no feed.
    """
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"a feed of {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        feed = json.loads(decode(path, content, charset=charset))
    except (ValueError, RecursionError) as error:
        raise BadDocument(path, f"not valid JSON ({error}); a JSON Feed is expected") from error
    items = feed.get("items") if isinstance(feed, Mapping) else None
    if not isinstance(items, list):
        raise BadDocument(path, "JSON, but no JSON Feed: `items` is missing or no list (see jsonfeed.org)")
    if len(items) > MAX_ITEMS:
        raise BadDocument(path, f"a feed of {len(items):,} items; at most {MAX_ITEMS:,} are read")
    base = web_url(feed.get("home_page_url"), base_url) or web_url(feed.get("feed_url"), base_url) or base_url
    return tuple(
        _entry(path, item if isinstance(item, Mapping) else {}, place, feed, base) for place, item in enumerate(items)
    )


def _entry(path: str, item: Mapping[str, Any], place: int, feed: Mapping[str, Any], base: str | None) -> Entry:
    content = paragraphs(_text(item, "content_html")) or plain_paragraphs(decoded(_text(item, "content_text")))
    body, standfirst = split_text(content, plain_paragraphs(decoded(_text(item, "summary"))))
    written = _text(item, "date_published") or _text(item, "date_modified")
    stated = find_date(squeeze(written))
    guid = item.get("id")
    tags = item.get("tags")
    return Entry(
        path=path,
        kind="jsonfeed",
        title=headline_of(squeeze(without_markup(decoded(_text(item, "title")))), body, standfirst),
        paragraphs=body,
        standfirst=standfirst,
        section=next((name for tag in tags if (name := tag_of(tag))), None) if isinstance(tags, list) else None,
        date=stated.day if stated else None,
        published_at=stated.instant if stated else None,
        byline=people(_names(item)) or people(_names(feed)),
        url=web_url(item.get("url"), base) or web_url(item.get("external_url"), base) or web_url(guid),
        guid=squeeze(without_controls(str(guid)))[:2_000] or None if isinstance(guid, (str, int, float)) else None,
        language=language_tag(item.get("language")) or language_tag(feed.get("language")),
        position=place,
        image_url=web_url(item.get("image"), base) or web_url(item.get("banner_image"), base),
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return without_controls(value) if isinstance(value, str) else ""


def _names(item: Mapping[str, Any]) -> list[str]:
    """Names under `authors` (1.1) or `author` (1.0)."""
    authors = item.get("authors")
    listed = authors if isinstance(authors, list) else [item.get("author")]
    return [_text(author, "name") for author in listed if isinstance(author, Mapping)]
