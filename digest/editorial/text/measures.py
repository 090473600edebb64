"""Numbers with what they measure: 12 per cent, 12 dollars and 12 people are three different things."""

from __future__ import annotations

import re
import unicodedata

from digest.editorial.text.words import numbers

_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPELLED = {name: 13 + place for place, name in enumerate(_TEENS)} | {
    name: 20 + 10 * place for place, name in enumerate(_TENS)
}
_IN_WORDS = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<ones>{'|'.join(_ONES)}))?|(?P<teen>{'|'.join(_TEENS)})|"
    r"(?P<small>two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))\b",
    re.IGNORECASE,
)
_SMALL = {name: 2 + place for place, name in enumerate((*_ONES[1:], "ten", "eleven", "twelve"))}

_UNITS: dict[str, str] = {
    "%": r"%|٪|percent|per ?cent|percentage points?|pct|pc|prozent|pour ?cent|por ?ciento",
    "thousand": r"thousand|tausend|mille|mil",
    "million": r"m|mn|million(?:s|en)?|millones",
    "billion": r"bn|billions?|milliarden?|milliards?|miles de millones",
    "trillion": r"tn|trillions?|billionen",
    "$": r"(?:us ?|american )?dollars?|usd",
    "€": r"euros?|eur",
    "£": r"pounds?|gbp|sterling",
    "¥": r"yen|yuan|renminbi",
    "km": r"km|kms|kilomet(?:er|re)s?",
    "mile": r"miles?|mi",
    "m": r"met(?:er|re)s?",
    "kg": r"kgs?|kilos?|kilograms?",
    "tonne": r"tonnes?|tons?",
    "degree": r"°[cf]?|degrees?",
    "second": r"seconds?",
    "minute": r"minutes?",
    "hour": r"hours?|stunden?|heures?|horas?",
    "day": r"days?|tagen?|jours?|días?",
    "week": r"weeks?|wochen?|semaines?|semanas?",
    "month": r"months?|monaten?|mois|meses",
    "year": r"years?|jahren?|ans|années|años",
}
_CURRENCY = "$€£¥₹"
_WAYS = "|".join(f"(?P<u{place}>{way})" for place, way in enumerate(_UNITS.values()))
_AFTER = re.compile(
    rf"[\s\u00a0\u202f-]{{0,2}}(?:{_WAYS})(?!\w)",
    re.IGNORECASE,
)
_UNIT = re.compile(_WAYS, re.IGNORECASE)
_NAMES = tuple(_UNITS)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def measured(text: str) -> frozenset[tuple[str, str]]:
    """(number, what it measures) of every number in the text, digits and English words alike; "" where nothing is said.

    Thousands separators are removed, other scripts' digits read. "$12 million" is ("12", "$ million").
    """
    found = set()
    plainly = in_digits(text)
    for match in _NUMBER.finditer(plainly):
        (number,) = numbers(match[0]) or ("",)
        if number:
            found.add((number, _unit_of(plainly, match)))
    return frozenset(found)


def is_unit(word: str) -> bool:
    """True where a word is one that `measured` reads as what a number measures."""
    return _UNIT.fullmatch(word) is not None


def spells_number(word: str) -> bool:
    """True where an English word is a number that `measured` reads."""
    return _IN_WORDS.fullmatch(word) is not None


def in_digits(text: str) -> str:
    """The text with every number that `measured` reads in ASCII digits."""
    digits = "".join(str(digit) if (digit := unicodedata.digit(sign, None)) is not None else sign for sign in text)
    return _IN_WORDS.sub(_as_digits, digits)


def _as_digits(match: re.Match[str]) -> str:
    if match["tens"]:
        ones = 1 + _ONES.index(match["ones"].lower()) if match["ones"] else 0
        return str(_SPELLED[match["tens"].lower()] + ones)
    return str(_SPELLED[match["teen"].lower()] if match["teen"] else _SMALL[match["small"].lower()])


def _unit_of(text: str, match: re.Match[str]) -> str:
    before = text[: match.start()].rstrip()[-1:]
    said = [before] if before and before in _CURRENCY else []
    end = match.end()
    while (unit := _AFTER.match(text, end)) is not None and unit.lastgroup:
        said.append(_NAMES[int(unit.lastgroup[1:])])
        end = unit.end()
    return " ".join(sorted(set(said)))
