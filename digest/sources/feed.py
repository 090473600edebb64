"""Reads RSS 2.0, RSS 1.0 (RDF) and Atom: every item as an Entry, its texts as plain text."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.parsers import expat

from digest.editorial.intake.clean import without_outlet
from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.dates import find_date
from digest.sources.links import picture_file, web_url
from digest.sources.markup import guessed_line, one_line, paragraphs, plain_paragraphs, squeeze, without_controls
from digest.sources.teaser import headline_of, people, split_text, tag_of

MAX_BYTES = 5_000_000
"""A feed larger than this is not read."""
MAX_ITEMS = 20_000
"""A feed with more items than this is not read."""
_FARTHEST_ZONE = timedelta(hours=14)
_MAX_BROKEN = 300_000
"""Characters of a feed that is not well-formed; the parser that forgives is slow, and slower on hostile input."""
_MAX_DEPTH = 200

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
_ENTITY = re.compile(r"<!ENTITY\s+(?P<parameter>%\s+)?[\w.-]+\s+(?P<value>\"[^\"]*\"|'[^']*'|[^>]*)", re.I)
_FEED_ROOT = re.compile(r"<(?:[\w-]+:)?(?:rss|feed|rdf|channel)[\s>/]", re.I)
_TWICE = re.compile(r"\A\s*&lt;(p|div)(?:\s[^&<]{0,200})?&gt;[^<]*&lt;/\1&gt;\s*\Z", re.I)
"""A text all of which is markup that was escaped once too often."""
_XML_MARK = re.compile(r"\s*<[?!]")
_BEGINNING = re.compile(r"<\?xml\s|<!DOCTYPE\s|<(?:[\w-]+:)?(?:rss|feed|rdf|channel)[\s>/]", re.I)
_WARNINGS = 8_192
"""Characters above a feed in which its beginning is looked for."""
_OPENED_ITEM = re.compile(r"<(?:[\w-]+:)?(?:item|entry)[\s>/]", re.I)
_CLOSED_ITEM = re.compile(r"</(?:[\w-]+:)?(?:item|entry)\s*>", re.I)
_CAPTION = re.compile(r"""(</?media:)description\b(?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+'|/(?!>))*+(/?>)""")
_LANGUAGE = re.compile(r"\A[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z")


def read_feed(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[Entry, ...]:
    """Entries of a feed in its order, one an item, even where an item says nothing; a feed without items gives none.

    `base_url` is the address it came from, for relative links. A feed that is broken XML is read as far as its
    items are whole; each of the others is an entry with a `flaw`. BadDocument where it is larger than 5 MB, defines
    entities that could explode, or holds no feed.
    """
    import feedparser

    text = _checked(path, content, charset)
    parsed = _parse(path, text, base_url)
    items = list(parsed.get("entries", ()))
    broken = bool(parsed.get("bozo")) and not isinstance(
        parsed.get("bozo_exception"), (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    )
    if broken:
        items = [item for item in items[: len(_CLOSED_ITEM.findall(text))] if _is_whole(item)]
    if not items and (broken or not (parsed.get("version") or _FEED_ROOT.search(text[:4_096]))):
        reason = squeeze(str(parsed.get("bozo_exception") or "no RSS, RDF or Atom element found"))
        raise BadDocument(path, f"not a feed that can be read ({reason}); check the address or the file")
    lost = min(len(_OPENED_ITEM.findall(text)), MAX_ITEMS) - len(items) if broken else 0
    atom = str(parsed.get("version") or "").startswith("atom")
    language = language_tag(parsed.get("feed", {}).get("language"))
    whole = [
        _entry(path, item, place, atom=atom, language=language, base_url=base_url) for place, item in enumerate(items)
    ]
    flaw = f"the feed is broken or broken off ({squeeze(str(parsed.get('bozo_exception')))[:120]}): not read"
    torn = [Entry(path=path, kind="feed", title="", position=len(items) + place, flaw=flaw) for place in range(lost)]
    return (*whole, *torn)


def parsed_feed(path: str, content: bytes, *, charset: str | None = None) -> Mapping[str, Any]:
    """The whole document as feedparser gives it, behind the same checks. Raises BadDocument as `read_feed` does."""
    return _parse(path, _checked(path, content, charset), None)


def _checked(path: str, content: bytes, charset: str | None) -> str:
    """The feed as text that is safe to parse; BadDocument where it is not."""
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"a feed of {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    text = _from_its_beginning(without_controls(decode(path, content, declaration="xml", charset=charset)))
    refuse_bombs(path, text)
    text = without_declaration(text)
    _refuse_excess(path, text)
    return text


def _from_its_beginning(text: str) -> str:
    """The feed without the warnings that a server wrote above it."""
    if _XML_MARK.match(text):
        return text
    begins = _BEGINNING.search(text[:_WARNINGS])
    return text[begins.start() :] if begins else text


def language_tag(value: object) -> str | None:
    """A language tag such as `en-GB` as the document states it, or None where it is none."""
    tag = value.strip().replace("_", "-") if isinstance(value, str) else ""
    return tag if _LANGUAGE.match(tag) else None


def without_declaration(text: str) -> str:
    """XML that is text already: what its declaration says of bytes holds no more."""
    return _DECLARATION.sub("", text, count=1).lstrip()


def refuse_bombs(path: str, text: str) -> None:
    """BadDocument for XML entities that could explode; harmless ones pass."""
    head = text[:100_000]
    for match in _ENTITY.finditer(head):
        value = match["value"]
        if match["parameter"] is None and ("&" in value.replace("&#", "") or len(value) > 200):
            raise BadDocument(path, "defines XML entities made of others or very long ones, which no news feed needs")


def _refuse_excess(path: str, text: str) -> None:
    """Refuse, before the slow parser sees it, what would keep it busy for minutes."""
    items = sum(1 for _ in _OPENED_ITEM.finditer(text))
    if items > MAX_ITEMS:
        raise BadDocument(path, f"a feed of {items:,} items; at most {MAX_ITEMS:,} are read")
    depth = 0

    def opened(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise BadDocument(path, f"elements nested more than {_MAX_DEPTH} deep, which no news feed needs")

    def closed(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        if len(text) > _MAX_BROKEN:
            raise BadDocument(
                path, f"broken XML ({error}) in a feed of more than {_MAX_BROKEN:,} characters"
            ) from error


def _parse(path: str, text: str, base_url: str | None) -> Mapping[str, Any]:
    import feedparser

    headers = {"content-location": base_url} if base_url else {}
    headers |= {"content-type": "application/xml; charset=utf-8"}
    # To feedparser a picture's media:description is the item's own; as media:text it stays with the picture. Without
    # its attributes: of a tag that has some, feedparser keeps those and loses the words.
    text = _CAPTION.sub(r"\1text\2", text)
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(text.encode()), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        raise BadDocument(path, f"the feed cannot be parsed ({type(error).__name__}: {error})") from error
    return parsed


def _is_whole(item: Mapping[str, Any]) -> bool:
    return bool(item.get("link") or item.get("id") or item.get("summary") or item.get("content"))


def _entry(
    path: str, item: Mapping[str, Any], place: int, *, atom: bool, language: str | None, base_url: str | None
) -> Entry:
    texts = [_paragraphs(content) for content in item.get("content", ())]
    summary = _paragraphs(item.get("summary_detail") or {"value": item.get("summary", "")})
    body, standfirst = split_text(max(texts, key=_length, default=()), summary)
    day, instant = _when(item)
    image_url, image_alt = _image(item, base_url)
    source = item.get("source")
    agency = (guessed_line(str(source.get("title", ""))) or None) if isinstance(source, Mapping) else None
    title = _title(item, atom=atom)
    if agency and (bare := without_outlet(title, agency)) != title:
        # An aggregator hangs the outlet on the headline, and has both once more for a text.
        standfirst = "" if squeeze(standfirst) in (f"{bare} {agency}", title, bare) else standfirst
        title = bare
    return Entry(
        path=path,
        kind="feed",
        title=headline_of(title, body, standfirst),
        paragraphs=body,
        standfirst=standfirst,
        section=_section(item),
        date=day,
        published_at=instant,
        agency=agency,
        byline=_byline(item),
        url=web_url(item.get("link"), base_url),
        guid=squeeze(str(item.get("id") or "")) or None,
        language=_own_language(item) or language,
        position=place,
        image_url=image_url,
        image_alt=image_alt,
    )


def _title(item: Mapping[str, Any], *, atom: bool) -> str:
    """The headline on one line. Atom says whether it is HTML; RSS does not, so there it is guessed with care."""
    detail = item.get("title_detail") or {"value": item.get("title", ""), "type": "text/plain"}
    value = str(detail.get("value") or "")
    kind = str(detail.get("type") or "text/plain")
    if not atom and "xhtml" not in kind:
        return guessed_line(value)
    return squeeze(value) if kind == "text/plain" else one_line(value)


def _paragraphs(content: Mapping[str, Any]) -> tuple[str, ...]:
    value = str(content.get("value") or "")
    if content.get("type") == "text/plain":
        return plain_paragraphs(without_controls(value))
    if str(content.get("type") or "text/html").startswith(
        ("text/", "application/xhtml", "application/xml", "application/octet")
    ):
        return paragraphs(html.unescape(value) if _TWICE.match(value) else value)
    return ()


def _length(texts: tuple[str, ...]) -> int:
    return sum(len(text) for text in texts)


def _section(item: Mapping[str, Any]) -> str | None:
    for tag in item.get("tags", ()):
        name = tag_of(tag.get("label") or tag.get("term"))
        if name:
            return name
    return None


def _byline(item: Mapping[str, Any]) -> str | None:
    whole = str(item.get("author") or "")
    if "@" in whole:
        # feedparser tells address and name apart by a pattern that knows no long top-level domain.
        return people([whole])
    names = [str(author.get("name") or "") for author in item.get("authors") or () if isinstance(author, Mapping)]
    return people(names if any(names) else [whole])


def _own_language(item: Mapping[str, Any]) -> str | None:
    details = [item.get("title_detail"), *item.get("content", ()), item.get("summary_detail")]
    return next((tag for detail in details if detail and (tag := language_tag(detail.get("language")))), None)


def _when(item: Mapping[str, Any]) -> tuple[date | None, datetime | None]:
    """(day as written, instant) of publication, else of the last change."""
    for name in ("published", "created", "updated"):
        # FeedParserDict answers for "published" with what it has under "updated", and warns; we ask for our own.
        written = dict.get(item, name) if isinstance(item, dict) else item.get(name)
        if not isinstance(written, str) or not written.strip():
            continue
        struct = dict.get(item, f"{name}_parsed") if isinstance(item, dict) else None
        instant = None
        if struct is not None:
            try:
                year, month, day, hour, minute, second = struct[:6]
                instant = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
            except (ValueError, TypeError):
                instant = None
        stated = find_date(squeeze(written))
        if instant is not None and stated is not None and abs((instant.date() - stated.day).days) > 1:
            # Of the date formats that feedparser guesses at some are others: "2022년 4월 8일" is no 1 November.
            instant = None
        if instant and stated and stated.instant and abs(instant - stated.instant) > _FARTHEST_ZONE:
            instant = stated.instant  # +25:00 is no zone: the time is read as UTC
        if instant is not None and not 1970 <= instant.year < 2100:
            instant = None
        if stated is not None and stated.instant is not None and ":" not in written:
            # Of a stamp without colons, 20261123T080000Z, feedparser reads the day alone.
            instant = stated.instant
        if instant is not None and stated is not None and stated.instant is None and ":" not in written:
            return stated.day, None
        instant = instant or (stated.instant if stated else None)
        if instant is not None or stated is not None:
            return (stated.day if stated else instant.date() if instant else None), instant
    return None, None


def _image(item: Mapping[str, Any], base_url: str | None) -> tuple[str | None, str | None]:
    """The first picture the item offers: media:content, media:thumbnail, an enclosure; a saved feed's also a file."""
    offered = [
        (media.get("url"), media)
        for media in item.get("media_content", ())
        if str(media.get("medium") or media.get("type") or "image").startswith("image")
    ]
    offered += [(media.get("url"), media) for media in item.get("media_thumbnail", ())]
    offered += [
        (link.get("href"), link)
        for link in item.get("links", ())
        if link.get("rel") == "enclosure" and str(link.get("type") or "").startswith("image/")
    ]
    # feedparser keeps the last picture's words only: where there are several, they may be another's.
    words = item.get("media_text") if len(item.get("media_content", ())) <= 1 else None
    if not isinstance(words, str):  # the attributes of a media:text of the feed's own
        words = None
    for address, said in offered:
        url = web_url(address, base_url) or (picture_file(address) if base_url is None else None)
        if url is not None:
            return url, guessed_line(str(words or said.get("title") or "")) or None
    return None, None
