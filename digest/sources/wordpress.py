"""Reads the posts of a WordPress site as its REST interface gives them (`/wp-json/wp/v2/posts`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.dates import find_date
from digest.sources.feed import MAX_BYTES, MAX_ITEMS
from digest.sources.links import web_url
from digest.sources.markup import one_line, paragraphs, squeeze, without_controls
from digest.sources.teaser import headline_of, people, split_text, tag_of

POSTS_PATH = "/wp-json/wp/v2/posts"
_POSTS_QUERY = "per_page=50&_embed=author,wp:featuredmedia,wp:term"


_CAPTIONED = re.compile(r"\[caption(?:\s[^\[\]]{0,500})?\].{0,2000}?\[/caption\]", re.S)
_SHORTCODE = re.compile(
    r"\[/?(?:gallery|embed|audio|video|playlist|caption|vc_\w{1,40}|et_pb_\w{1,40})\]"
    r"|\[/?[a-z][\w-]{1,40}(?:\s+[\w-]{1,40}\s*=\s*(?:\"[^\"\[\]]{0,500}\"|'[^'\[\]]{0,500}'|[^\s\[\]\"']{1,500}))+\s*/?\]"
)


def posts_address(url: str) -> str:
    """Where the posts of a site are: `url` itself if it names the REST interface, else the default one below it."""
    parts = urlsplit(url)
    if "wp-json" in parts.path or "rest_route=" in parts.query:
        return url
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + POSTS_PATH, query=_POSTS_QUERY, fragment=""))


def looks_like_posts(head: bytes) -> bool:
    """True where the beginning of a JSON list may be that of WordPress posts."""
    return head[:1] == b"[" and b'"rendered"' in head


def read_wordpress(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[Entry, ...]:
    """Entries of a list of posts in its order; a member that is no object gives an entry that says nothing.

    BadDocument where it is larger than 5 MB, no JSON, or no list of posts; an error of the interface is told.
    """
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"posts of {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        posts = json.loads(decode(path, content, charset=charset))
    except (ValueError, RecursionError) as error:
        raise BadDocument(path, f"not valid JSON ({error}); a list of WordPress posts is expected") from error
    if isinstance(posts, Mapping):
        said = squeeze(str(posts.get("message") or posts.get("code") or "no list of posts"))[:200]
        raise BadDocument(path, f"JSON, but no list of WordPress posts: {said}; check that {POSTS_PATH} is open")
    if not isinstance(posts, list):
        raise BadDocument(path, "JSON, but no list of WordPress posts")
    if len(posts) > MAX_ITEMS:
        raise BadDocument(path, f"{len(posts):,} posts; at most {MAX_ITEMS:,} are read")
    return tuple(
        _entry(path, post if isinstance(post, Mapping) else {}, place, base_url) for place, post in enumerate(posts)
    )


def _entry(path: str, post: Mapping[str, Any], place: int, base: str | None) -> Entry:
    body, standfirst = split_text(
        paragraphs(_without_shortcodes(_rendered(post, "content"))),
        paragraphs(_without_shortcodes(_rendered(post, "excerpt"))),
    )
    written = _text(post, "date_gmt") or _text(post, "date")
    stated = find_date(squeeze(written))
    # `date_gmt` is UTC without saying so; `date` is the site's own clock, whose zone nobody tells: only its day holds.
    instant = stated.instant if stated is not None and _text(post, "date_gmt") else None
    image_url, image_alt = _image(post, base)
    return Entry(
        path=path,
        kind="wordpress",
        title=headline_of(one_line(_rendered(post, "title")), body, standfirst),
        paragraphs=body,
        standfirst=standfirst,
        section=_section(post),
        date=stated.day if stated else None,
        published_at=instant,
        byline=people(_text(author, "name") for author in _embedded(post, "author")),
        url=web_url(post.get("link"), base),
        guid=squeeze(_rendered(post, "guid"))[:2_000] or None,
        position=place,
        image_url=image_url,
        image_alt=image_alt,
    )


def _text(member: Mapping[str, Any], key: str) -> str:
    value = member.get(key)
    return without_controls(value) if isinstance(value, str) else ""


def _rendered(post: Mapping[str, Any], key: str) -> str:
    """The text under `rendered`; some plug-ins give the text itself."""
    value = post.get(key)
    if not isinstance(value, Mapping):
        return _text(post, key)
    return "" if value.get("protected") is True else _text(value, "rendered")


def _without_shortcodes(markup: str) -> str:
    """The text without what a plug-in should have turned into something: `[gallery ids="1"]`; "[sic]" stays."""
    return _SHORTCODE.sub(" ", _CAPTIONED.sub(" ", markup)) if "[" in markup else markup


def _embedded(post: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """What came along under `_embedded`, flat: terms are lists of lists."""
    embedded = post.get("_embedded")
    found = embedded.get(key) if isinstance(embedded, Mapping) else None
    flat: list[Any] = []
    for one in found if isinstance(found, list) else []:
        flat.extend(one if isinstance(one, list) else [one])
    return [one for one in flat if isinstance(one, Mapping)]


def _section(post: Mapping[str, Any]) -> str | None:
    """The first category with a name; tags are too many and too small."""
    for term in _embedded(post, "wp:term"):
        name = tag_of(term.get("name")) if term.get("taxonomy") == "category" else None
        if name and name.casefold() != "uncategorized":
            return name
    return None


def _image(post: Mapping[str, Any], base: str | None) -> tuple[str | None, str | None]:
    for media in _embedded(post, "wp:featuredmedia"):
        url = web_url(media.get("source_url"), base)
        if url is not None:
            return url, one_line(_text(media, "alt_text")) or None
    return None, None
