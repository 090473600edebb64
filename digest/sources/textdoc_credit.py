"""Who a crawled page gives the story to: the people of the byline, the agency or desk."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.editorial.telling.agencies import AGENCIES
from digest.sources.dates import find_date
from digest.sources.furniture import Furniture, byline_of, is_section
from digest.sources.textdoc_lines import Line

_SHOUTED = frozenset(name.upper() for name in AGENCIES)
_AGENCY_WORD = re.compile(
    r"\b(?:news\s?wire|wire(?:s| services?)?|press(?: agency| association| service| trust)?"
    r"|news\s(?:agency|service|desk|bureau|network|team|room)|agenc(?:y|ies)|bureau|desk|staff|correspondents?"
    r"|reporters?|newsroom|agence|agentur|agencia|agenzia|redaktion|rédaction|redacción|redação|redazione|redactie)\b\W*\Z",
    re.I,
)
_JOB = re.compile(
    r"(?<!staff )(?<!own )(?<!our )(?<!special )(?<!web )(?<!news )\b(?:reporter|correspondent)\W*\Z", re.I
)
"""What one person is, "Political correspondent"; "Staff reporter" stands in the place of a name."""
_DATELINE = re.compile(r"\A[^a-z]{0,3}[A-ZÀ-Þ][^()]{1,60}?\((?P<agency>[A-Za-z][\w .&-]{1,30})\)\s*[-–—:]")
_SIGNED = re.compile(
    r"(?:[\[(–—-]\s*|\A(?:source|quelle|fuente|fonte|with (?:inputs?|agency inputs?) from)\s*:?\s*)"
    r"(?:(?:avec|mit|con|com|met|with|from|source ?:)\s+(?:l['’])?)?"
    r"(?P<agency>[A-Za-z][\w .&-]{1,30}?)[\])]?\W*\Z",
    re.I,
)
_NAME = re.compile(
    r"\A(?:[A-ZÀ-Þ][\w.'’-]+)"
    r"(?:\s+(?:(?:de|da|del|van|von|der|al|el|bin|ibn|la|le|di|and|&)|[A-ZÀ-Þ][\w.'’-]*)){1,5}\Z"
)
_BETWEEN = re.compile(r"\s*[|•·/,]\s*|\s+[-–—]\s+|\s+in\s+(?=[A-Z])|\s*\((?=[^)]+\))")
_LATE = re.compile(r"\s*(?:[|•·]\s*)?\b(?:published|updated|posted|on|last updated)\s*:?\s*\Z", re.I)
_EDGE = " |,•·-–—"


def people(
    lines: Sequence[Line], above: Sequence[Line], *, title_place: int, start: int
) -> tuple[str | None, str | None]:
    """(byline, agency) from the lines between headline and body, or a byline next above the headline."""
    byline: str | None = None
    agency = _agency_beside_date(above, title_place)
    for offset, line in enumerate(line for line in above if title_place < line.place < start):
        named = byline_of(line.text)
        if named:
            names, beside = split_byline(named)
            byline, agency = byline or names, agency or beside
        elif _may_be_credit(line):
            person, desk = _named_alone(line.text, lines, next_to_title=offset == 0)
            byline, agency = byline or person, agency or desk
    if byline is None:
        nearby = [line for line in above if max(0, title_place - 4) <= line.place < title_place]
        byline = next((split_byline(name)[0] for line in nearby if (name := byline_of(line.text))), None)
    return byline, agency


def _may_be_credit(line: Line) -> bool:
    if line.furniture is not Furniture.NONE or line.full or line.words > 7:
        return False
    return not is_section(line.text) and find_date(line.text) is None


def _agency_beside_date(above: Sequence[Line], title_place: int) -> str | None:
    """The agency in a line such as "April 08, 2022 / 02:15 PM / IANS"."""
    dated = (line.text for line in above if line.place >= title_place - 4 and line.words <= 16 and find_date(line.text))
    parts = (part.strip(_EDGE) for text in dated for part in _BETWEEN.split(text))
    return next((part for part in parts if _is_agency(part)), None)


def _named_alone(text: str, lines: Sequence[Line], *, next_to_title: bool) -> tuple[str | None, str | None]:
    """(person, agency) that a short line of its own names."""
    found = agency_name(text)
    if found:
        return None, found
    if not next_to_title:
        return None, None
    if _is_house(text, lines):
        return None, text
    if _NAME.match(text) and not text.isupper():
        return text, None
    return None, text if len(text.split()) <= 2 and not text[:1].islower() and text[:1].isalpha() else None


def _is_house(text: str, lines: Sequence[Line]) -> bool:
    """True where the line begins with the outlet's own name, as the page's copyright or "About" line has it."""
    words = [word for word in text.casefold().split() if word != "the"]
    marked = (line.text for line in lines if line.text.startswith("©") or line.text[:6].casefold() == "about ")
    return len(words) >= 2 and len(words[0]) >= 5 and any(words[0] in line.casefold() for line in marked)


def split_byline(text: str) -> tuple[str | None, str | None]:
    """(people, agency) of what follows "By": a date beside them is cut, an agency among them told apart."""
    stated = find_date(text)
    if stated is not None:
        text = text[: stated.span[0]]
    text = _LATE.sub("", text.strip(_EDGE)).strip(_EDGE)
    parts = [part.strip(" )") for part in _BETWEEN.split(text) if part.strip(" )")]
    if len(people_of := [part for part in parts if not _JOB.search(part)]) < len(parts) and people_of:
        parts, text = people_of, ", ".join(people_of)
    agency = next((found for part in parts if (found := agency_name(part, strict=True))), None)
    if agency is None:
        return (", ".join(parts) if "|" in text else text) or None, None
    names = [part for part in parts if agency_name(part, strict=True) is None]
    if _AGENCY_WORD.search(agency) and len(names) == 1 and " " not in names[0]:
        return None, agency  # "Redação — Brasília": where the desk sits
    return ", ".join(names) or None, agency


def agency_name(text: str, *, strict: bool = False) -> str | None:
    """`text` as the name of an agency or desk, or None. `strict` takes at most four words by their last word."""
    bare = text.strip(" ()[]-–—|:.")
    if _is_agency(bare):
        return bare
    parts = [part.strip() for part in re.split(r"\s*(?:/|,|\||&|\band\b)\s*", bare) if part.strip()]
    if len(parts) > 1 and all(_is_agency(part) for part in parts):
        return bare
    few = len(bare.split()) <= (4 if strict else 6)
    if few and _AGENCY_WORD.search(bare) and bare[:1].isupper() and not _JOB.search(bare):
        return bare
    return None


def _is_agency(text: str) -> bool:
    return text in AGENCIES or (text.isupper() and text in _SHOUTED)


def agency_around(lines: Sequence[Line], body: Sequence[Line]) -> str | None:
    """The agency of a dateline, "KYIV (Reuters) -", or of a signature at the end of the text, "- AFP"."""
    if not body:
        return None
    for line in body[:2]:  # a standfirst may stand before the dateline
        dateline = _DATELINE.match(line.text[:200])
        if dateline and agency_name(dateline["agency"]):
            return dateline["agency"].strip()
    last = body[-1].place
    for line in lines[last : last + 4]:
        signed = _SIGNED.search(line.text[-60:] if line.place > last else line.text[-40:])
        if signed and _is_agency(signed["agency"].strip()):
            return signed["agency"].strip()
        if line.place > last and line.words <= 4 and _is_agency(line.text.strip(" ()[]-–—")):
            return line.text.strip(" ()[]-–—")
    return None
