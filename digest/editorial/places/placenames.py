"""Where inside a country something happened: towns and provinces by name, and what stands behind "in"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from digest.editorial.places.gazetteer import names_of
from digest.editorial.places.placenames_abroad import LANGUAGES, places_abroad
from digest.editorial.places.towns import TOWNS
from digest.editorial.places.towns_named import MORE_TOWNS, names_abroad
from digest.editorial.text.spellings import one_way
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import CAPITALS, MARKS, is_title_case, tokens

_BEFORE = {
    "en": "in|near|outside|off|around", "fr": "à|près de|en|dans", "es": "en|cerca de", "it": "a|in|vicino a",
    "pt": "em|perto de", "nl": "in|bij|nabij", "de": "in|bei|nahe|vor",
}  # fmt: skip
"""What a place follows."""
_KNOWN_ONLY = frozenset({"de"})
"""Languages that write every noun with a capital: behind "in" stands anything."""
_NO_PLACES = (
    "parliament congress senate court courts supreme high commons lords assembly government council university school "
    "hospital prison church league cup final finals open masters olympics olympic games series group premier champions "
    "white house downing street kremlin pentagon islam christmas easter ramadan passover english french arabic spanish "
    "chinese covid tv north south east west northern southern eastern western central middle the gulf atlantic pacific "
    "mediterranean baltic europe european africa african asia asian america american world earth mars moon heaven "
    "god old new big first second spring summer autumn winter web internet facebook twitter google street square"
)
_NO_PLACE = frozenset(_NO_PLACES.split())
_ADORNMENTS = frozenset(
    ("new", "north", "south", "east", "west", "san", "santa", "el", "la", "los", "las", "saint", "st", "port", "cape",
     "upper", "lower", "great", "le")
)  # fmt: skip
_LONGEST = 3
_NAME = rf"[{CAPITALS}][\w'’{MARKS}]+"
_CAPITALISED = re.compile(_NAME)
_NESTED = re.compile(
    rf"(?P<before>(?<!\w)(?i:{'|'.join(sorted(set('|'.join(_BEFORE.values()).split('|'))))}) )?"
    rf"(?P<in>{_NAME}(?:[ -]{_NAME}){{0,2}}), (?P<of>{_NAME}(?: {_NAME}){{0,2}})(?! (?:and|or|und|et|ou|y|o|e|en)\b)"
)
"""A town, and behind a comma what it lies in, as wires write it."""


@lru_cache(maxsize=1)
def _towns() -> tuple[dict[tuple[str, ...], bool], frozenset[str]]:
    """Words of a town's or province's name -> whether it stands for it anywhere; and the first words."""
    known: dict[tuple[str, ...], bool] = {}
    for line in f"{TOWNS}{MORE_TOWNS}".split("\n"):
        for name in filter(None, line.partition(" ")[2].split(",")):
            key = tuple(name.removeprefix("~").split())
            known[key] = known.get(key, False) or not name.startswith("~")
    for _, english, other, anywhere in names_abroad():
        if english in known:
            known.setdefault(_one_way(other), known[english] and anywhere)
    return known, frozenset(key[0] for key in known)


@lru_cache(maxsize=1)
def town_words() -> frozenset[str]:
    """Towns and provinces whose name is one word and stands for nothing else."""
    known, _ = _towns()
    return frozenset(name[0] for name, anywhere in known.items() if len(name) == 1 and anywhere)


@lru_cache(maxsize=1)
def _countries() -> dict[tuple[str, ...], str]:
    """Words of a town's or province's name that stands for nothing else -> its country, where it is one alone."""
    found: dict[tuple[str, ...], set[str]] = {}
    for line in f"{TOWNS}{MORE_TOWNS}".split("\n"):
        country, _, towns = line.partition(" ")
        for name in filter(None, towns.split(",")):
            found.setdefault(tuple(name.removeprefix("~").split()), set()).add(country)
    for _, english, other, _ in names_abroad():
        for key in {other, _one_way(other)}:
            if english in found and key not in found:
                found[key] = found[english]
    known, _ = _towns()
    return {name: min(places) for name, places in found.items() if len(places) == 1 and known.get(_one_way(name))}


def _one_way(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(one_way, words))


def is_place(name: str, language: str) -> bool:
    """Whether the whole of it is what a town, a province or a country is called; not its people or its leader."""
    words = tuple(tokens(name))
    country = names_of(language).get(words)
    if country is not None:
        return bool(country.country) and not country.whose
    return is_town(name)


def is_town(name: str, *, alone: bool = False) -> bool:
    """Whether the whole of it is what a town or a province is called; with `alone`, and nothing else is."""
    words = tuple(map(one_way, tokens(name)))
    anywhere = _towns()[0].get(words)
    return anywhere is not None and (anywhere or not alone)


def town_countries(words: Sequence[str]) -> frozenset[str]:
    """Countries (ISO 3166 alpha-2) of the towns and provinces among these words of `tokens`."""
    known, (_, firsts) = _countries(), _towns()
    found: set[str] = set()
    for place, word in enumerate(words):
        if word in firsts:
            name = next(
                (
                    tuple(words[place : place + n])
                    for n in range(_LONGEST, 0, -1)
                    if tuple(words[place : place + n]) in known
                ),
                (),
            )
            if name:
                found.add(known[name])
    return frozenset(found)


def towns_where(text: str, language: str) -> list[str]:
    """Countries of the known towns and provinces that stand behind a word such as "in"; a country's own name does not.

    Each as often as it stands there. Where two countries have a town of that name none is told.
    """
    if language in LANGUAGES:
        return []
    known, countries = _towns()[0], _countries()
    found: list[str] = []
    for match in _behind(language if language in _BEFORE else "en").finditer(text):
        name = _known(tokens(match["name"]), known)
        if name in countries and name not in names_of(language):
            found.append(countries[name])
    return found


@lru_cache(maxsize=64)
def _behind(language: str) -> re.Pattern[str]:
    before = _BEFORE.get(language, _BEFORE["en"])
    return re.compile(rf"(?<!\w)(?i:{before}) (?:(?i:the|la|le|el) )?(?P<name>{_NAME}(?:[ -]{_NAME}){{0,2}})")


def places_in(text: str, language: str, *, shouted: bool | None = None) -> frozenset[str]:
    """Towns, provinces and other places inside a country that a headline or a first sentence names, a word for each.

    A name counts where it is known for a town and for nothing else, or stands behind a word such as "in". Where
    capitals say nothing (`shouted`, by default a headline in title case) only known names do. In Russian, Arabic,
    Chinese, Japanese and Korean known towns alone are places.
    """
    if language in LANGUAGES:
        return places_abroad(text)
    found: set[str] = set()
    blind = is_title_case(text) or text.isupper() if shouted is None else shouted
    language = language if language in _BEFORE else "en"
    known, firsts = _towns()
    for match in _behind(language).finditer(text):
        words = tokens(match["name"])
        name = _known(words, known)
        if name:
            found.add(_telling(name))
        elif not blind and language not in _KNOWN_ONLY and _may_be_place(match["name"], words, language):
            found.add(_telling(words))
    for match in _CAPITALISED.finditer(text):
        if one_way(match[0].casefold()) in firsts or match[0].casefold().partition("'")[0].partition("’")[0] in firsts:
            name = _known(tokens(text[match.start() : match.start() + 60])[:_LONGEST], known)
            if name and known[name]:
                found.add(_telling(name))
    return frozenset(found)


def nested(text: str, language: str) -> dict[str, frozenset[str]]:
    """What lies in what: "in Dayton, Ohio" gives {"ohio": {"dayton"}}, each by its word of `places_in`.

    The wider place is a known one; the other is known too, or stands behind "in".
    """
    found: dict[str, frozenset[str]] = {}
    if language in LANGUAGES or ", " not in text:
        return found
    known, _ = _towns()
    for match in _NESTED.finditer(text):
        wider, inner = tokens(match["of"]), tokens(match["in"])
        name = _known(wider, known)
        if len(name) != len(wider) or not inner:
            continue
        town = _known(inner, known) or (
            tuple(inner) if match["before"] and _may_be_place(match["in"], inner, language) else ()
        )
        if town and _telling(town) != _telling(name):
            found[_telling(name)] = found.get(_telling(name), frozenset()) | {_telling(town)}
    return found


def _known(words: list[str], known: dict[tuple[str, ...], bool]) -> tuple[str, ...]:
    for length in range(min(_LONGEST, len(words)), 0, -1):
        name = tuple(map(one_way, words[:length]))
        if name in known:
            return name
    return ()


def _telling(words: tuple[str, ...] | list[str]) -> str:
    """The one word that another text about the place has too: "juan" of San Juan."""
    own = [word for word in words if word not in _ADORNMENTS] or list(words)
    return one_way(max(own, key=len))


def _may_be_place(raw: str, words: list[str], language: str) -> bool:
    if not words or raw.isupper() or not _NO_PLACE.isdisjoint(words):
        return False
    return not any(word in stop_words(language) for word in words) and not _names_country(words, language)


def _names_country(words: list[str], language: str) -> bool:
    names = names_of(language)
    return any(
        tuple(words[start:end]) in names for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    )
