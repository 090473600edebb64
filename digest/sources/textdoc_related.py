"""Titles of other stories that a crawled page lists under RELATED ARTICLES, MORE STORIES and the like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.sources.furniture import Furniture, inset_title, is_section, is_site_page
from digest.sources.textdoc_credit import agency_name
from digest.sources.textdoc_lines import Line, ends_sentence

_MAX_TITLES = 20
_PARTICLE_WORDS = "of the and or de da di do du del della der den des dos das la le el al van von bin ibn e y und"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
"""Small words inside the names of people and places."""
_VERB_WORDS = """
abstains abdicates agrees apologises apologizes arrested banned bans begins bombed bombs burns burned calls cancels
ceases celebrates charged chooses clashes closes collapsed collapses concedes confirmed convicted crashed crashes cuts
declares defeated denies derails destroyed died dies drowned elected elects ends erupted erupts escapes evacuated
evacuates expelled expels explodes exploded falls fell fires flees fled flooded floods freed freezes grows halted halts
hit hits invaded invades jailed joins killed kills launches leaves left lifted loses lost marches mourns moves murdered
ousted overturns passes plunges postponed protests quits raided raises rallies reacts reelected rejects released
reopened reopens resigned resigns resumes retires returns revolts riots rises rose sacked sanctioned seized seizes
sentenced shakes shot shuts sinks sank soars starts stops strikes struck sued sues surges surrenders suspended suspends
threatens topples trembles tumbles unveils votes wins withdraws won wounded
"""
_VERBS = frozenset(_VERB_WORDS.split())
"""What a headline of two or three words in capitals says happens: `Rome Floods` tells, `Rome Marathon` names."""
_EDGE = "\"'“”‘’«»?!,"
_LEADING = re.compile(r"\A(?:\d{1,2}[.)]\s+|[•·▪◦‣*›»>–-]+\s+)")
_RANK = re.compile(r"(\d{1,2})\s+(\S.*)\Z")
_TRAILING = re.compile(r"\s*(?:[-–|•·]\s*)?(?:\d+|an?)\s+(?:minute|min|hour|hr|day|week)s?\s+ago\W*\Z", re.I)
_ADDRESS = re.compile(
    r"@|https?://|\b\d{3}[-.\s]\d{3,4}\b|\b\d+\s+[\w.]+(?:\s+[\w.]+){0,3}\s+(?:street|st|road|rd|avenue|ave|lane|boulevard|blvd|drive|square|floor)\b"
    r"|\b(?:p\.?o\.? box|suite \d|tel|fax|phone)\b",
    re.I,
)
_ORDERS = re.compile(r"\A(?:please|enter|click|sign|log|subscribe|follow|download|save|your|accept|share)\b", re.I)


def related_titles(lines: Sequence[Line], *, own: str, body: Sequence[Line] = ()) -> tuple[str, ...]:
    """Titles in the page's own lists, in order, at most 20, without `own`, lines of the `body` and repeats."""
    told = {line.place for line in body}
    ranked = _ranked(lines)
    titles: list[str] = []
    seen = {own.casefold()}
    listing = False
    for line in lines:
        inset = inset_title(line.text) if line.furniture is Furniture.INSET else None
        if line.furniture is Furniture.RELATED:
            listing = True
        elif line.furniture in (Furniture.BREAK, Furniture.END, Furniture.COMMENTS) or line.words > 30:
            listing = False
        listed = listing and line.furniture is Furniture.NONE and line.place not in told
        candidate = inset or (ranked.get(line.place, line.text) if listed else None)
        title = _as_title(candidate) if candidate else None
        if title and title.casefold() not in seen:
            seen.add(title.casefold())
            titles.append(title)
    return tuple(titles[:_MAX_TITLES])


def _ranked(lines: Sequence[Line]) -> dict[int, str]:
    """Place -> the line without its number, where neighbours are counted on: "1 Man finds coin", "2 Council ..."."""
    counted = {line.place: (int(found[1]), found[2]) for line in lines if (found := _RANK.match(line.text))}
    return {
        place: rest
        for place, (number, rest) in counted.items()
        if any(counted.get(place + step, (0, ""))[0] == number + step for step in (1, -1))
    }


def _as_title(text: str) -> str | None:
    """`text` without its bullet and age, or None where it cannot be a headline."""
    title = _TRAILING.sub("", _LEADING.sub("", text)).strip()
    words = len(title.split())
    wide = len(title) >= 8 and any("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" for char in title)
    if not (4 <= words <= 28 or wide or _is_short_headline(title)) or len(title) > 220:
        return None
    if _ADDRESS.search(title) or _ORDERS.match(title) or sum(char.isalpha() for char in title) < 0.5 * len(title):
        return None
    if ends_sentence(title) and title[-1] in ".。" and words > 16:
        return None
    return title


def _is_short_headline(title: str) -> bool:
    """True for two or three words that tell something, "Rome floods", and do not name a page, a person or a place.

    Names are written with capitals throughout; so are some headlines: those are known by a verb.
    """
    words = title.split()
    if not 2 <= len(words) <= 3 or not (title[0].isupper() or title[0].isdigit() or title[0] in "\"'“‘«¿"):
        return False
    tells = any(
        (word[0].islower() and word.strip(_EDGE).isalpha() and word not in _PARTICLES)
        or word.strip(_EDGE).casefold() in _VERBS
        for word in words[1:]
    )
    if not tells or title[-1] in ".:,;" or any(word.endswith(".") for word in words):
        return False
    return not (is_section(title) or is_site_page(title) or agency_name(title))
