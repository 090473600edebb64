# ruff: noqa: E501
"""Reads an article page (HTML, fetched or saved): the body by trafilatura, the facts by the page's own marks."""

from __future__ import annotations

import logging
import re
from datetime import date

from lxml import etree

from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.furniture import Furniture, judge
from digest.sources.markup import paragraphs, parse, squeeze, without_controls
from digest.sources.page_meta import PageMeta
from digest.sources.textdoc_body import find_body
from digest.sources.textdoc_lines import ends_sentence, read_lines

MAX_BYTES = 5_000_000
"""A page larger than this is not read."""
_LEAST_BY_LINES = 20
"""Words of a body that is found without any help from the page's structure."""
_MAX_ELEMENTS = 40_000
_MAX_LETTERS = 1_000_000

_ERROR_TITLE = re.compile(
    r"\A\W*(?:(?:error\s*)?(?:40[0134]|410|429|50[0234]|52\d)\b.*|(?:page|file|site|article)?\s*not found\b.*|(?:access|permission) denied.*|forbidden|unauthori[sz]ed|bad gateway.*"
    r"|just a moment.*|attention required.*|service (?:temporarily )?unavailable.*|internal server error.*|are you (?:a )?(?:robot|human).*|one more step|too many requests|gateway time-?out.*"
    r"|(?:oops|sorry)\b.*(?:not found|exist|wrong).*|.{0,60}\b(?:page|article) (?:not found|does not exist)\b.*)\Z",
    re.I,
)
_RELATED_BOX = re.compile(
    r"\b(?:related|more-stories|more-on|read-more|readmore|also-read|recommended|most-read|see-also|further-reading)\b",
    re.I,
)
_HEADINGS = ("h2", "h3", "h4", "h5", "strong", "p", "div", "span")

# Both libraries write warnings about broken pages to the log; what matters of them is in our BadDocument.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def read_page(
    path: str, content: bytes, *, charset: str | None = None, base_url: str | None = None
) -> tuple[Entry, ...]:
    """One entry: the article of the page. `base_url` is where it was fetched, for relative links.

    BadDocument where the page is larger than 5 MB, an error page, or has neither a headline nor a text.
    """
    if len(content) > MAX_BYTES:
        raise BadDocument(path, f"a page of {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    markup = without_controls(decode(path, content, declaration="html", charset=charset))
    root = parse(markup)
    if root is None:
        raise BadDocument(path, "not an HTML page that can be read; save it again from the browser")
    _refuse_excess(path, root)
    meta = PageMeta(root, url=base_url)
    title = meta.title() or ""
    body = _body(markup, base_url) or _by_lines(markup)
    if _ERROR_TITLE.match(title) and sum(len(text.split()) for text in body) < 120:
        raise BadDocument(path, f"an error page ({title[:80]!r}), not an article; check the address")
    if not title and not body:
        raise BadDocument(path, "no headline and no text found on the page; give an article's own page")
    return (_entry(path, root, meta, markup, title or body[0][:160], body),)


def _refuse_excess(path: str, root: etree._Element) -> None:
    """Refuse what would keep the extraction busy for minutes; a long article has some 5,000 elements."""
    letters = 0
    for elements, element in enumerate(root.iter(), start=1):
        silent = element.tag in ("script", "style")
        letters += (0 if silent else len(element.text or "")) + len(element.tail or "")
        if elements > _MAX_ELEMENTS or letters > _MAX_LETTERS:
            raise BadDocument(path, "a page far larger than any article; give an article's own page")


def _entry(path: str, root: etree._Element, meta: PageMeta, markup: str, title: str, body: tuple[str, ...]) -> Entry:
    stated = meta.published()
    image_url, image_alt = meta.image()
    body = _without_kicker(body, title, meta.section())
    return Entry(
        path=path,
        kind="page",
        title=title,
        paragraphs=body,
        standfirst=meta.description(),
        section=meta.section(),
        date=stated.day if stated else _guessed_day(markup),
        published_at=stated.instant if stated else None,
        byline=meta.byline(),
        url=meta.url(),
        language=meta.language(),
        related_titles=_related(root, title),
        image_url=image_url,
        image_alt=image_alt,
    )


def _body(markup: str, base_url: str | None) -> tuple[str, ...]:
    from trafilatura import bare_extraction

    try:
        document = bare_extraction(
            markup,
            url=base_url,
            favor_precision=True,
            include_comments=False,
            include_tables=False,
            with_metadata=False,
        )
    except Exception:  # noqa: BLE001  trafilatura and its helpers raise what they like on broken trees; no body then
        return ()
    lines = str(getattr(document, "text", "") or "").split("\n")
    texts = (squeeze(line.removeprefix("- ")) for line in lines)
    return tuple(
        text for text in texts if (text and judge(text) in (Furniture.NONE, Furniture.BREAK)) or len(text.split()) > 30
    )


def _by_lines(markup: str) -> tuple[str, ...]:
    """The body as a crawled page of text has it: for pages laid out with tables and line breaks, as old ones are."""
    lines = read_lines("\n\n".join(paragraphs(markup)))
    body = find_body(lines)
    return tuple(line.text for line in body) if sum(line.words for line in body) >= _LEAST_BY_LINES else ()


def _without_kicker(body: tuple[str, ...], title: str, section: str | None) -> tuple[str, ...]:
    """The body without the headline or the section's name above its first sentence."""
    above = {title.casefold(), (section or title).casefold()}
    while body and (body[0].casefold() in above or (len(body[0].split()) <= 3 and not ends_sentence(body[0]))):
        body = body[1:]
    return body


def _guessed_day(markup: str) -> date | None:
    from htmldate import find_date as guess_date

    try:
        found = guess_date(markup, original_date=True, extensive_search=False)
    except Exception:  # noqa: BLE001  htmldate raises what its parsers raise; the day is a guess anyway
        return None
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        return None


def _related(root: etree._Element, own: str) -> tuple[str, ...]:
    """Link texts under a heading such as "Related" or in a box whose class says so; at most 20."""
    titles: list[str] = []
    for link in (link for box in _boxes(root) for link in box.iter("a")):
        text = squeeze("".join(link.itertext()))
        if 4 <= len(text.split()) <= 28 and judge(text) is Furniture.NONE and text != own and text not in titles:
            titles.append(text)
    return tuple(titles[:20])


def _boxes(root: etree._Element) -> list[etree._Element]:
    found: list[etree._Element] = []
    for element in root.iter("section", "aside", "div", "ul", "nav"):
        marks = f"{element.get('class') or ''} {element.get('id') or ''}".replace("_", "-")
        if _RELATED_BOX.search(marks) and len(element.findall(".//p")) <= 8:
            found.append(element)
    for heading in root.iter(*_HEADINGS[:4]):
        text = squeeze("".join(heading.itertext()))
        parent = heading.getparent()
        if text and judge(text) is Furniture.RELATED and parent is not None and len(parent.findall(".//p")) <= 8:
            found.append(parent)
    return found
