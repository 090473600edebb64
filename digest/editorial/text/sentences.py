"""Text into sentences, in every script: initials, abbreviations and decimals do not end one."""

from __future__ import annotations

import re
from functools import lru_cache

from digest.editorial.text.locales import locale_of
from digest.editorial.text.stopwords import stop_words

_ENDS = ".!?…。！？｡।॥؟۔։።။។"
_CLOSERS = "\"'”’»)]）」』›"
_BOUNDARY = re.compile(rf"[{_ENDS}]+[{re.escape(_CLOSERS)}]*(?=\s|\Z)|[。！？｡]+[{re.escape(_CLOSERS)}]*")
_LAST_WORD = re.compile(r"[^\s\"'“”‘’«»()\[\]]+\Z")
_ABBREVIATION_LIST = (
    "mr mrs ms dr prof gen col lt maj capt cmdr adm sgt cpl rev hon gov sen rep pres st jr sr vs etc no nos vol fig "
    "inc ltd corp co cos bros dept est approx ca cf al jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed "
    "thu fri sat sun m mm mme mlle mgr me av bd hr fr nr bzw ca z.b d.h u.a usw geb sr sra srta d dña ee.uu avda "
    "p.ej e.g i.e u.s u.k u.n e.u d.c a.m p.m ph.d art abs kap ziff vgl ggf bzgl inkl zzgl evtl डॉ प्रो"
)
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
_WORD = re.compile(r"[^\W\d_]+")
_COMPANY = frozenset(("inc", "corp", "co", "ltd", "llc", "plc"))
"""What stands behind a name that has a mark of its own: Yahoo! Inc."""
_GLUED = re.compile(r"(?P<word>[^\W\d_]{3,})(?P<mark>[.?])(?P<next>[^\W\d_]{2,})")
_DOMAINS = frozenset(
    ("com", "net", "org", "gov", "edu", "info", "news", "de", "fr", "es", "it", "uk", "us", "eu", "ai")
)
_INITIAL = re.compile(r"\A(?:[^\W\d_]\.)*[^\W\d_]\.\Z")

_DAY = re.compile(r"\A[0-9]{1,2}\Z")
_ORDINAL_LANGUAGES = ("de", "da", "nb", "nn", "fi", "cs", "sk", "sl", "hr", "bs", "sr", "hu", "et", "lv", "is")
"""They write an ordinal as a number with a point."""
_CAPITAL_ORDINALS = frozenset(("de", "tr"))
"""Those where a noun with a capital often follows it; a sentence that begins with a word of substance is joined."""
_ORDINAL = re.compile(r"\A[0-9]{1,3}\Z")
_WEEKDAYS = frozenset(("mo", "di", "mi", "do", "fr", "sa", "so"))
_FORMS = ("format", "stand-alone")
_COUNTED = (
    "jahrhundert jahrhunderts bundesliga liga weltkrieg weltkriegs fc bezirk klasse platz spieltag runde geburtstag"
)
"""What German counts so besides days."""


@lru_cache(maxsize=1)
def _counted() -> frozenset[str]:
    months = (
        locale_of(language).months[context]["wide"].values() for language in _ORDINAL_LANGUAGES for context in _FORMS
    )
    return frozenset(_COUNTED.split()).union(_first_word(name) for names in months for name in names)


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[0].casefold() if found else ""


def sentences(text: str, language: str = "und") -> list[str]:
    """Sentences in order, each with its own marks; a line break always ends one.

    `language` says whether a number with a point before a capital may be an ordinal: "Zum 80. Jahrestag".
    """
    return [found for line in text.splitlines() for found in _of_line(line.strip(), language)]


def unglued(text: str) -> str:
    """The text with a space between two sentences that a feed ran together: "on Monday.This story is ..."."""
    return _GLUED.sub(_parted, text)


def _parted(found: re.Match[str]) -> str:
    word, mark, following = found["word"], found["mark"], found["next"]
    runs_on = word[-1:].islower() and following[:1].isupper() and following[1:].islower()
    if not runs_on or word.casefold() in _ABBREVIATIONS or following.casefold() in _DOMAINS:
        return found[0]
    return f"{word}{mark} {following}"


def _of_line(line: str, language: str) -> list[str]:
    found: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(line):
        if match.start() < start or not _ends_here(line, start, match, language):
            continue
        found.append(line[start : match.end()].strip())
        start = match.end()
    rest = line[start:].strip()
    return [sentence for sentence in (*found, rest) if sentence]


def _ends_here(line: str, start: int, match: re.Match[str], language: str) -> bool:
    following = line[match.end() :].lstrip()
    if not following:
        return True
    opener = following.lstrip("\"'“‘«„([（「『¿¡—– ")[:1]
    if opener.islower() or _first_word(following) in _COMPANY:
        return False  # "Yahoo! said", "Yahoo! Inc.", "... he went on"
    if match[0] != ".":
        return True
    last = _LAST_WORD.search(line[start : match.start()])
    # Behind an elision: selon l'art. 5.
    word = re.split(r"['’]", last[0])[-1] if last else ""
    if _INITIAL.match(word + "."):
        return False  # J. Biden, U.S. troops
    if _DAY.match(word) and _first_word(following) in _counted():
        return False  # am 1. September, im 19. Jahrhundert
    if language in _CAPITAL_ORDINALS and _ORDINAL.match(word) and _first_word(following) not in stop_words(language):
        return False  # zum 80. Jahrestag, 23. Dönem
    if language == "de" and word.casefold() in _WEEKDAYS and following[:1].isdigit():
        return False  # am Mo. 23.11.
    return word.casefold() not in _ABBREVIATIONS
