# ruff: noqa: E501
"""What an article page says of itself: meta elements, JSON-LD, headings; title, dates, people, picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from digest.editorial.intake.addresses import registrable
from digest.editorial.intake.clean import decoded
from digest.editorial.intake.owners import owner_of
from digest.sources.dates import Stated, find_date
from digest.sources.feed import language_tag
from digest.sources.links import picture_file, web_url
from digest.sources.markup import squeeze
from digest.sources.teaser import people, tag_of
from digest.sources.textdoc_lines import count_words

_ARTICLE_TYPES = ("Article", "BlogPosting", "Report", "LiveBlogPosting")
_SEPARATOR = re.compile(r"\s+(?:\||[-–—•:·»«])\s+")
_MAX_LD = 300_000
_LD_COMMENT = re.compile(r"\A\s*(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?|(?://|/\*)?\s*\]\]>(?:\s*\*/)?\s*\Z")


class PageMeta:
    """Reads one parsed page; every method answers None where the page says nothing usable."""

    def __init__(self, root: etree._Element, *, url: str | None) -> None:
        self._root = root
        self._url = url
        self._metas = _metas(root)
        self._article = _article(root)

    def title(self) -> str | None:
        """og:title, JSON-LD headline, the first h1 or the title element, without the outlet's name."""
        heading = self._heading()
        whole = self._meta("og:title", "twitter:title", "dc.title") or _string(self._article.get("headline"))
        if whole is None:
            whole = heading or self._line("//head/title") or self._line("//title")
        if whole is None:
            return None
        bare = self._without_outlet(whole)
        if (
            heading
            and heading != bare
            and (len(heading) >= 12 or (not heading.isascii() and count_words(heading) >= 4))
            and whole.startswith(heading)
        ):
            return heading
        return bare

    def _heading(self) -> str | None:
        for xpath in ("//article//h1", "//main//h1", "//h1"):
            found = self._line(xpath)
            if found and count_words(found) >= 2:
                return found
        return None

    def _without_outlet(self, title: str) -> str:
        """Cut " | Outlet" at the end (or "Outlet: " before): a part that is the site's name, or short beside a pipe."""
        site = (self._outlet() or "").casefold()
        if site and (hung := re.search(rf"\s*[_｜︱|]\s*{re.escape(site)}\s*\Z", title, re.I)) and hung.start():
            return title[: hung.start()]
        parts = _SEPARATOR.split(title)
        if len(parts) < 2:
            return title
        last, first = parts[-1], parts[0]
        if (site and last.casefold() in (site, site.removeprefix("the "))) or (
            site and site in last.casefold() and len(last) < 60
        ):
            return title[: title.rindex(last)].rstrip(" |-–—•:·»«")
        if site and first.casefold() == site:
            return title[len(first) :].lstrip(" |-–—•:·»«")
        if title[: title.rindex(last)].rstrip().endswith("|") and len(last.split()) <= 5 and len(parts[0].split()) >= 3:
            return title[: title.rindex(last)].rstrip(" |")
        return title

    def _outlet(self) -> str | None:
        publisher = self._article.get("publisher")
        named = _string(publisher.get("name")) if isinstance(publisher, Mapping) else None
        return self._meta("og:site_name", "application-name") or named

    def published(self) -> Stated | None:
        """When the page was first published; when it was changed, where it says only that."""
        written = [
            self._meta("article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "dcterms.created", "pubdate", "publish-date", "parsely-pub-date", "sailthru.date"),
            _string(self._article.get("datePublished")),
            *self._times(),
            self._meta("article:modified_time", "og:updated_time"),
            _string(self._article.get("dateModified")),
        ]  # fmt: skip
        stated = [found for text in written if text and (found := find_date(text))]
        return next((found for found in stated if found.instant), stated[0] if stated else None)

    def _times(self) -> Iterator[str]:
        for element in self._root.xpath("(//article//time | //main//time | //time)[position() <= 3]"):
            yield squeeze(element.get("datetime") or "".join(element.itertext()))

    def byline(self) -> str | None:
        """Authors from JSON-LD, meta elements or an element marked as author or byline."""
        authors = self._article.get("author")
        listed = authors if isinstance(authors, list) else [authors]
        names = [_string(author.get("name")) if isinstance(author, Mapping) else _string(author) for author in listed]
        found = people(name for name in names if name)
        found = found or people(
            filter(None, [self._meta("author", "article:author", "dc.creator", "parsely-author", "byl")])
        )
        if found:
            return found
        marked = "//*[@rel='author' or @itemprop='author' or contains(concat(' ', @class, ' '), ' author ') or contains(concat(' ', @class, ' '), ' byline ')]"
        line = self._line(marked)
        return people([line]) if line and len(line.split()) <= 12 else None

    def section(self) -> str | None:
        """article:section, JSON-LD articleSection, or the last breadcrumb that is no headline."""
        stated = self._article.get("articleSection")
        ld = next((tag for part in (stated if isinstance(stated, list) else [stated]) if (tag := tag_of(part))), None)
        return tag_of(self._meta("article:section", "og:article:section", "section", "parsely-section")) or ld

    def url(self) -> str | None:
        """The canonical address, else og:url, else where the page was fetched.

        Of a page that was fetched only what names an address of the same house: the same registrable domain, or
        another one of the same known owner. Anybody can name the address of a better known outlet.
        """
        links = self._root.xpath(
            "//link[contains(concat(' ', translate(@rel, 'CANOIL', 'canoil'), ' '), ' canonical ')]/@href"
        )
        named = (web_url(str(link), self._url) for link in (*links, self._meta("og:url") or ""))
        return next((url for url in named if url and self._is_own(url)), None) or web_url(self._url)

    def _is_own(self, url: str) -> bool:
        """Whether an address is of the house that the page was fetched from; so is any of a saved page."""
        if self._url is None or registrable(url) == registrable(self._url):
            return True
        owner = owner_of(self._url)
        return owner is not None and owner_of(url) == owner

    def language(self) -> str | None:
        """The html element's language, else the content-language or og:locale meta element."""
        stated = next((str(value) for value in self._root.xpath("//html/@lang | //html/@*[local-name()='lang']")), None)
        ld = self._article.get("inLanguage")
        return (
            language_tag(stated)
            or language_tag(self._meta("content-language", "og:locale", "language"))
            or language_tag(ld)
        )

    def description(self) -> str:
        """The summary as the page publishes it, or empty."""
        return (
            self._meta("og:description", "description", "twitter:description")
            or _string(self._article.get("description"))
            or ""
        )

    def image(self) -> tuple[str | None, str | None]:
        """(address, alternative text) of the lead picture; of a saved page, also the path of a file beside it."""
        address = self._meta("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
        alt = self._meta("og:image:alt", "twitter:image:alt")
        image = self._article.get("image")
        image = image[0] if isinstance(image, list) and image else image
        url = web_url(address, self._url) or web_url(
            image.get("url") if isinstance(image, Mapping) else image, self._url
        )
        if url is None and self._url is None and (beside := picture_file(address)):
            return beside, alt
        within = "(//img)" if url else "(//article//img | //main//img)"
        for element in self._root.xpath(f"{within}[position() <= 40]"):
            own = web_url(element.get("src") or element.get("data-src"), self._url)
            if own and (url is None or own.partition("?")[0] == url.partition("?")[0]):
                return url or own, alt or squeeze(element.get("alt") or "") or None
        return url, alt

    def _meta(self, *names: str) -> str | None:
        return next((self._metas[name] for name in names if self._metas.get(name)), None)

    def _line(self, xpath: str) -> str | None:
        for element in self._root.xpath(f"({xpath})[position() <= 5]"):
            text = squeeze("".join(element.itertext()))
            if text:
                return text
        return None


def _metas(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("http-equiv") or element.get("itemprop")
        content = squeeze(element.get("content") or "")
        if name and content:
            found.setdefault(name.strip().casefold(), content[:2_000])
    return found


def _article(root: etree._Element) -> Mapping[str, Any]:
    """The JSON-LD object of the article, or an empty one."""
    for element in root.xpath("//script[contains(@type, 'ld+json')]"):
        text = _LD_COMMENT.sub("", (element.text or "")[:_MAX_LD])
        try:
            parsed = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for candidate in _objects(parsed):
            kinds = candidate.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and kind.endswith(_ARTICLE_TYPES) for kind in kinds):
                return candidate
    return {}


def _objects(parsed: object) -> Iterator[Mapping[str, Any]]:
    """Objects at the top, in a list, or under @graph."""
    for part in parsed if isinstance(parsed, list) else [parsed]:
        if isinstance(part, Mapping):
            yield part
            graph = part.get("@graph")
            yield from (node for node in (graph if isinstance(graph, list) else [graph]) if isinstance(node, Mapping))


def _string(value: object) -> str | None:
    return squeeze(decoded(value)) or None if isinstance(value, str) else None
