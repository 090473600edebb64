"""Reads news sitemaps: every address with what its `news:news` element says of it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from lxml import etree

from digest.editorial.intake.clean import decoded
from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.dates import find_date
from digest.sources.feed import MAX_BYTES, MAX_ITEMS, language_tag, refuse_bombs, without_declaration
from digest.sources.links import web_url
from digest.sources.markup import squeeze, without_controls, without_markup

_BEGINNING = 8_192
_INDEX = re.compile(rb"<(?:[\w-]+:)?sitemapindex[\s>]")
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"


def read_sitemap(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[Entry, ...]:
    """One entry for each `url`, in the sitemap's order; one without a news title has none (the next step refuses it).

    BadDocument where it is larger than 5 MB, broken XML, an index of sitemaps (see `sitemaps_in`) or none at all.
    """
    root = _root(path, content, charset)
    kind = _name(root)
    if kind == "sitemapindex":
        inside = [found for member in root if (found := _text(member, "loc"))]
        inside.sort(key=lambda address: "news" not in address.lower())
        example = f", such as {inside[0][:200]}" if inside else ""
        raise BadDocument(path, f"an index of {len(inside)} sitemaps; name the one with the news{example}")
    if kind != "urlset":
        raise BadDocument(path, f"XML with the root <{kind}>, but no sitemap (<urlset>)")
    members = [member for member in root if _name(member) == "url"]
    if len(members) > MAX_ITEMS:
        raise BadDocument(path, f"a sitemap of {len(members):,} addresses; at most {MAX_ITEMS:,} are read")
    return tuple(_entry(path, member, place, base_url) for place, member in enumerate(members))


def sitemaps_in(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[str, ...] | None:
    """The addresses in an index of sitemaps, or None where it is none: those first that say "news", then the newest.

    BadDocument where it is larger than 5 MB, broken XML, or an index that names no web address.
    """
    if not _INDEX.search(content[:_BEGINNING]):
        return None
    root = _root(path, content, charset)
    if _name(root) != "sitemapindex":
        return None
    named: list[tuple[bool, float, str]] = []
    for member in root:
        url = web_url(_text(member, "loc"), base_url)
        changed = find_date(_text(member, "lastmod"))
        if url is not None:
            named.append(("news" not in url.lower(), -_stamp(changed.day, changed.instant) if changed else 0.0, url))
    if not named:
        raise BadDocument(path, "an index of sitemaps that names none; check the address")
    return tuple(dict.fromkeys(url for _, _, url in sorted(named)))


def _stamp(day: date, instant: datetime | None) -> float:
    """Something to sort by: seconds since 1970, of the day's beginning where no time is said."""
    moment = instant or datetime.combine(day, time(), tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _root(path: str, content: bytes, charset: str | None) -> etree._Element:
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"a sitemap of {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    text = without_controls(decode(path, content, declaration="xml", charset=charset))
    refuse_bombs(path, text)
    # Entities stay as they are, nothing is fetched or opened, and the parser's own bounds of depth and size hold.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(without_declaration(text).encode(), parser)
    except etree.LxmlError as error:
        raise BadDocument(path, f"not a sitemap that can be read ({error}); check the address") from error


def _entry(path: str, member: etree._Element, place: int, base: str | None) -> Entry:
    news = member.find(f"{_NEWS}news")
    day, instant = _when(member, news)
    publication = news.find(f"{_NEWS}publication") if news is not None else None
    image = member.find(f"{_IMAGE}image")
    return Entry(
        path=path,
        kind="sitemap",
        title=without_markup(decoded(_text(news, "title"))),
        date=day,
        published_at=instant,
        url=web_url(_text(member, "loc"), base),
        language=language_tag(_text(publication, "language")),
        position=place,
        image_url=web_url(_text(image, "loc"), base),
        image_alt=decoded(_text(image, "caption") or _text(image, "title")) or None,
    )


def _when(member: etree._Element, news: etree._Element | None) -> tuple[date | None, datetime | None]:
    """When it was published; a sitemap's `lastmod` only where nothing else is said."""
    stated = find_date(_text(news, "publication_date")) or find_date(_text(member, "lastmod"))
    return (stated.day, stated.instant) if stated else (None, None)


def _name(element: etree._Element) -> str:
    """The element's name without its namespace; empty for what is no element (an entity)."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(element: etree._Element | None, name: str) -> str:
    """The text of the first child of that name, whatever its namespace, on one line."""
    if element is None:
        return ""
    return next((squeeze("".join(child.itertext())) for child in element if _name(child) == name), "")
