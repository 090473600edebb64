"""What stands above the body of a crawled page: headline, section, date, agency, byline, standfirst."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from digest.editorial.text.words import written_tokens
from digest.sources.dates import Stated, find_date
from digest.sources.furniture import Furniture, byline_of, is_date_line, is_section, is_stamp
from digest.sources.textdoc_credit import agency_around, agency_name, people
from digest.sources.textdoc_lines import BULLET, DATED, Line, ends_sentence

_LABELLED = re.compile(
    r"\A(?:section|category|filed under|posted in|in|rubrik|rubrique|sección)\s*:\s*(?P<section>\S.{0,60})\Z", re.I
)
_CRUMBS = re.compile(r"\s*(?:>|»|›|→|/|::)\s+")
_SITE = re.compile(r"\A(?P<title>.{15,}?)\s+(?:\||[-–—•:»])\s+(?P<site>[^|]{2,40})\Z")
_TITLE_MAY_BE = (Furniture.NONE, Furniture.INSET)
"""An inset too: "In pictures: ..." may well be the headline."""
_TOKEN = re.compile(r"[^\W_]{4,}")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
_UNDER_DATE = 2.5
"""What speaks for the line just below the crawler's date."""
_STANDFIRST = 1.0
"""How much a standfirst may look more like the headline than the headline above it does."""
_REACH = 60
"""How many lines above the body a headline may stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The facts above the body. `end` is the place of the last line that belongs to the head, -1 for none."""

    title: str
    section: str | None = None
    day: date | None = None
    published_at: datetime | None = None
    agency: str | None = None
    byline: str | None = None
    standfirst: str = ""
    end: int = -1


def read_head(lines: Sequence[Line], body: Sequence[Line]) -> Head:
    """Read the lines around `body` (empty where the page has none). The title is empty where none stands there."""
    start = body[0].place if body else len(lines)
    title_place, title = _title(lines, body)
    above = [line for line in lines[:start] if line.place != title_place]
    byline, agency = people(lines, above, title_place=title_place, start=start)
    day, instant = _when(lines, start)
    return Head(
        title=title,
        section=_section(lines, above, title_place),
        day=day,
        published_at=instant,
        agency=agency or agency_around(lines, body),
        byline=byline,
        standfirst=_standfirst(above, title_place),
        end=title_place,
    )


def _title(lines: Sequence[Line], body: Sequence[Line]) -> tuple[int, str]:
    start = body[0].place if body else len(lines)
    dated = next((line for line in lines[: min(start, 12)] if DATED.match(line.text)), None)
    under_date = dated.place + 1 if dated and dated.place + 1 < len(lines) else -1
    if dated and under_date > 0 and DATED.sub(r"\g<section>", dated.text):
        following = lines[under_date]
        if following.furniture in _TITLE_MAY_BE and (under_date < start or not _reads_as_text(following)):
            return under_date, _without_site(following.text, body)
    vocabulary = {token for line in body[:12] for token in _telling(line.text)}
    reach = start + 1 if body and not _reads_as_text(body[0]) else start
    best: tuple[float, int] | None = None
    worths: dict[int, float] = {}
    for line in lines[max(0, start - _REACH) : reach]:
        if line.place == start and best is not None and ends_sentence(line.text):
            # The first of a text of short sentences; it is the headline only where nothing stands above it.
            continue
        worth = _title_worth(line, lines, start, vocabulary)
        if worth is not None:
            worth += _UNDER_DATE if line.place == under_date and line.words >= 4 else 0.0
            worths[line.place] = worth
            best = max(best or (worth, line.place), (worth, line.place), key=lambda pair: pair[0])
    if best is None:
        return -1, ""
    place = _above_standfirst(best[1], worths, lines)
    return place, _without_site(lines[place].text, body)


def _above_standfirst(place: int, worths: Mapping[int, float], lines: Sequence[Line]) -> int:
    """The line next above, where it is nearly as good and shorter: of two such lines the first is the headline."""
    above = place - 1
    near = worths.get(above, -_STANDFIRST) >= worths[place] - _STANDFIRST
    shorter = lines[above].words >= 5 and len(lines[above].text) < len(lines[place].text)
    return above if near and shorter and lines[above].words <= lines[place].words else place


def _telling(text: str) -> set[str]:
    """Words long enough to say something, case-folded; pairs of characters where a script has no spaces."""
    pairs = written_tokens("".join(_UNSPACED.findall(text))) if _UNSPACED.search(text) else []
    return {token.casefold() for token in _TOKEN.findall(_UNSPACED.sub(" ", text))}.union(pairs)


def _reads_as_text(line: Line) -> bool:
    return line.text.rstrip("\"'”’»)").endswith((".", "。")) and line.words > 8


def _title_worth(line: Line, lines: Sequence[Line], start: int, vocabulary: Set[str]) -> float | None:
    """How much a line looks like the headline, or None where it cannot be one."""
    text = line.text
    if line.furniture not in _TITLE_MAY_BE or not 2 <= line.words <= 80 or DATED.match(text):
        return None
    if is_section(text) or _LABELLED.match(text) or agency_name(text, strict=True):
        return None
    tokens = _telling(text)
    told = sum(token in vocabulary for token in tokens)
    worth = 0.6 * min(told, 5) + (2.5 * told / len(tokens) if tokens else 0.0)
    worth -= 0.06 * max(0, start - line.place - 1)
    worth += 1.5 if 5 <= line.words <= 20 else 0.0 if line.words <= 34 else -1.0
    worth -= 1.0 if line.words < 4 else 0.0
    worth -= 3.0 if BULLET.match(text) else 0.0
    worth -= 2.0 if text[-1] in ".。:" or _CRUMBS.search(text) else 0.0
    if line.words >= 5:
        worth += 0.8 * min(2, sum(other.place != line.place and other.text.startswith(text) for other in lines))
        worth += 0.8 if line.place == 0 else 0.0
    return worth


def _without_site(title: str, body: Sequence[Line]) -> str:
    """The title without "| Outlet" at its end: a few capitalised words that the text never uses."""
    match = _SITE.match(title)
    if match is None:
        return title
    site = match["site"].split()
    text = " ".join(line.text for line in body[:6]).casefold()
    names = all(
        word[:1].isupper() or not word[:1].isalpha() or word in ("of", "the", "and", "de", "la") for word in site
    )
    if len(site) <= 5 and names and len(match["title"].split()) >= 4 and match["site"].casefold() not in text:
        return match["title"]
    return title


def _when(lines: Sequence[Line], start: int) -> tuple[date | None, datetime | None]:
    """(day, instant): the date line before "published", "published" before "updated", any of them before the stamp."""
    stated: list[tuple[int, Stated]] = []
    stamp: Stated | None = None
    for line in lines:
        if is_stamp(line.text):
            stamp = stamp or find_date(line.text)
        elif (
            line.place < start
            and line.words <= 24
            and (DATED.match(line.text) or is_date_line(line.text) or byline_of(line.text))
        ):
            found = find_date(line.text)
            if found is not None:
                late = re.search(r"\b(?:updated?|modified|mis à jour|actualizado)\b", line.text[: found.span[0]], re.I)
                stated.append((0 if DATED.match(line.text) else 2 if late else 1, found))
    stated.sort(key=lambda pair: pair[0])
    first = stated[0][1] if stated else stamp
    if first is None:
        return None, None
    timed = [found.instant for rank, found in stated if found.instant and rank < 2]
    instant = timed[0] if timed else stamp.instant if stamp else None
    if instant is None:
        instant = next((found.instant for _, found in stated if found.instant), None)
    return first.day, instant


def _section(lines: Sequence[Line], above: Sequence[Line], title_place: int) -> str | None:
    for line in above:
        dated = DATED.match(line.text)
        if dated and dated["section"]:
            return dated["section"].strip()
    for line in above:
        labelled = _LABELLED.match(line.text)
        if labelled:
            return labelled["section"].strip()
    for line in reversed(above):
        crumbs = [part for part in _CRUMBS.split(line.text) if part]
        if len(crumbs) >= 2 and crumbs[0].casefold() in ("home", "news", "accueil", "inicio", "startseite", "main"):
            names = [part for part in crumbs[1:] if len(part.split()) <= 3]
            if names:
                return names[-1]
    lone = [line for line in above if is_section(line.text) and not _in_menu(line, lines)]
    lone.sort(key=lambda line: abs(line.place - title_place))
    return lone[0].text if lone else None


def _in_menu(line: Line, lines: Sequence[Line]) -> bool:
    """True where the line stands among other short ones, as the entries of a menu do."""
    before, after = lines[max(0, line.place - 2) : line.place], lines[line.place + 1 : line.place + 3]
    short = [all(_is_entry(other) for other in beside) and len(beside) == 2 for beside in (before, after)]
    return any(short) or (bool(before and after) and _is_entry(before[-1]) and _is_entry(after[0]))


def _is_entry(line: Line) -> bool:
    return line.words <= 3 and not line.full and line.furniture is not Furniture.END and not is_date_line(line.text)


def _standfirst(above: Sequence[Line], title_place: int) -> str:
    if title_place < 0:
        return ""
    return next(
        (
            line.text
            for line in above
            if line.place > title_place
            and line.furniture is Furniture.NONE
            and line.words >= 8
            and ends_sentence(line.text)
        ),
        "",
    )
