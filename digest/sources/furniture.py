"""The words that page furniture is made of: what is not the article on a crawled page of text."""

from __future__ import annotations

import re
from enum import Enum

from digest.sources import furniture_words as words
from digest.sources.dates import find_date


class Furniture(Enum):
    """What a line is, if it is not a line of the article."""

    NONE = "none"
    """Nothing speaks against it."""
    NOISE = "noise"
    """A button, a count, an address, a caption, a notice: it stands alone."""
    INSET = "inset"
    """A link to another article in the middle of the text; the title may follow on the same line."""
    RELATED = "related"
    """The heading of a list of other articles."""
    BREAK = "break"
    """The heading of a list or box that is not about articles."""
    END = "end"
    """After this no article goes on: a crawler's stamp, the form for comments."""
    COMMENTS = "comments"
    """The heading of the comments, or a link to them above the article."""


def _any(patterns: str) -> str:
    """The patterns of a list of words, one a line, as one group."""
    return "(?:" + "|".join(line for line in patterns.split("\n") if line) + ")"


def _whole(patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\A\W*{_any(patterns)}\W*\Z", re.I)


_END = _whole(words.END)
_COMMENTS = _whole(words.COMMENTS)
_RELATED = _whole(words.RELATED)
_BREAK = _whole(words.BREAK)
_NOISE = _whole(words.NOISE)
_INSET = re.compile(rf"\A\W*{_any(words.INSET)}\s*[:|>»–—-]+\s*(?P<title>.{{12,}})\Z", re.I)
_NOTICE = re.compile(rf"(?<!\w){_any(words.NOTICE)}", re.I)
_SMALL_PRINT = re.compile(rf"(?<!\w){_any(words.SMALL_PRINT)}", re.I)
_SITE_PAGE = re.compile(rf"(?<!\w){_any(words.SITE_PAGE)}(?!\w)", re.I)
_ADVERT = re.compile(r"\A\W*advert(?:isement|ising)?\W*\Z", re.I)
_CAPTION = re.compile(_any(words.CAPTION), re.I)
_COUNT = re.compile(r"[(（\[]?\d[\d.,]*\s?(?:[条條件개]の?)?\s?[)）\]]?")
_BUTTONS = frozenset(words.BUTTONS.split())
_SECTIONS = frozenset(name.strip() for name in words.SECTIONS.split(","))
_LONGEST = 1_000
"""Characters; furniture is shorter, and no pattern is tried on more."""
_STAMP = re.compile(r"\A\W*(?:19|20)\d{6}[-T_ ]\d{4}(?:\d\d)?\W*\Z")
_BYLINE = re.compile(
    r"\A\W*(?:(?:written|reported|report|story|text|posted|published|words|analysis|edited|compiled)\s+)?"
    r"(?:(?:by|par|por|von|di|da)[:\s]|(?:автор|текст|autor|autora|auteur|auteure|verfasser|yazar|作者|記者|记者|الكاتب"
    r"|نویسنده|लेखक)\s*[:：])\s*(?P<name>\S.{1,120})\Z",
    re.I,
)
_DATE_WORDS = re.compile(
    r"\b(?:date[ds]?|published|posted|updated?|modified|last|first|on|at|created|released|issued|time|day|and|from|the"
    r"|hrs?|local|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|am|pm"
    r"|gmt|utc|ist|est|edt|bst|cet|cest|publié|mis|à|jour|le|modifié|publicado|actualizado|el|stand|uhr|veröffentlicht"
    r"|vendredi|jeudi|samedi|dimanche|lundi|mardi|mercredi|viernes|jueves|freitag|donnerstag|samstag)\b",
    re.I,
)


def is_stamp(text: str) -> bool:
    """True for a line that is only a crawl stamp, `20220408-093214`."""
    return _STAMP.match(text) is not None


def is_notice(text: str) -> bool:
    """True for a sentence that speaks to the reader of the page, such as "Subscribe now for full access"."""
    return len(text) <= _LONGEST and (_NOTICE.search(text) is not None or _ADVERT.match(text) is not None)


def is_site_page(text: str) -> bool:
    """True for two or three words that name a page or a person of the site: "Our team", "Media kit"."""
    return _SITE_PAGE.search(text) is not None


def is_section(text: str) -> bool:
    """True for the name of a section, such as WORLD or Middle East."""
    return text.strip(" :").casefold() in _SECTIONS


def byline_of(text: str) -> str | None:
    """What follows "By" on a byline of at most 14 words, or None. "By Friday 50 were dead." is none."""
    match = _BYLINE.match(text)
    count = len(text.split())
    if match is None or count > 14 or text.rstrip()[-1] in "?!" or (text.rstrip().endswith(".") and count > 5):
        return None
    name = match["name"].strip()
    small = sum(word[:1].islower() for word in name.split())
    return name if not name[:1].islower() and small <= 4 else None


def is_date_line(text: str) -> bool:
    """True where a line says little more than when."""
    if len(text) > 160:
        return False
    rest = text
    for _ in range(3):
        found = find_date(rest)
        if found is None:
            break
        rest = rest[: found.span[0]] + " " + rest[found.span[1] :]
    if rest == text:
        return False
    others = re.findall(r"[^\W\d_]{2,}", _DATE_WORDS.sub(" ", rest))
    return len(others) <= (0 if rest.rstrip().endswith(".") else 3)


def inset_title(text: str) -> str | None:
    """The title in a line such as "ALSO READ: Rouble falls again", or None."""
    match = _INSET.match(text)
    return match["title"].strip() if match else None


def judge(text: str) -> Furniture:
    """What kind of furniture a line is; NONE for anything that could be the article's, and for a very long line."""
    if len(text) > _LONGEST:
        return Furniture.NONE
    count = len(text.split())
    if is_stamp(text):
        return Furniture.END
    if count <= 16 and _END.match(text):
        return Furniture.END
    if count <= 8 and _COMMENTS.match(_COUNT.sub(" ", text)):
        return Furniture.COMMENTS
    if count <= 10 and _RELATED.match(text):
        return Furniture.RELATED
    if count <= 30 and _INSET.match(text):
        return Furniture.INSET
    if count <= 40 and (_NOISE.match(text) or _is_buttons(text)):
        return Furniture.NOISE
    if count <= 9 and _BREAK.match(text):
        return Furniture.BREAK
    if (
        (count <= 80 and _NOTICE.search(text))
        or (count <= (8 if text.endswith(".") else 14) and _SMALL_PRINT.search(text))
        or (count <= 60 and _CAPTION.search(text))
        or byline_of(text) is not None
        or (count <= 16 and is_date_line(text))
    ):
        return Furniture.NOISE
    return Furniture.NONE


def _is_buttons(text: str) -> bool:
    names = re.findall(r"[^\W\d_][\w-]*", text.casefold())
    return 0 < len(names) <= 24 and all(name in _BUTTONS for name in names)
