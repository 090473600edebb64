"""Which towns a text in Russian, Arabic, Chinese, Japanese or Korean names, in whatever ending or prefix they stand."""

from __future__ import annotations

import re
from functools import lru_cache

from digest.editorial.places.towns_abroad import TOWNS_ABROAD
from digest.editorial.text.words import located, tokens

LANGUAGES = frozenset(("ru", "uk", "be", "ar", "zh", "ja", "ko"))
_VOWELS = "аяоеыиьй"
_CASE_ENDINGS = (
    "а я ы и е у ю о ь ой ей ою ею ом ем ью ам ям ах ях ами ями "
    "ий ый ая яя ое ее ые ие ого его ому ему ым им ую юю ых их"
)
_CASES = _CASE_ENDINGS.replace(" ", "|")
_ENDING = re.compile(rf"(?:с?к)?(?:{_CASES})?\Z")
_SHORT_ENDING = re.compile(r"(?:а|ы|е|у|ой|я|и|ю|ей|ью|ь)?\Z")
"""Of a name of two or three letters, Уфа and Тула: its own cases alone, or half of the words would be that town."""
_LONG_STEM = 4
_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه"})
_MARKS = re.compile("[\u064b-\u0652\u0640]")
_PREFIX = re.compile(r"(?P<and>[وف])?(?P<by>[بلك])?(?P<the>ال|ل(?=ل))?")
_PARTICLE = re.compile(
    r"(?:광역시|특별시|특별자치시|시|군|구)?(?:에서|에선|에|서|의|은|는|이|가|을|를|로|으로|와|과|도|까지|부터|발|행|산)?\Z"
)
_LONGEST = 3
_HANGUL, _CYRILLIC, _ARABIC = ("\uac00", "\ud7a3"), ("\u0400", "\u04ff"), ("\u0600", "\u06ff")
_HAN = ("\u3400", "\u9fff")
_BEFORE_WORDS = "в во под у из близ около на близко возле під біля في قرب وسط شمال جنوب شرق غرب"
_BEFORE = frozenset(_BEFORE_WORDS.split())
"""Behind these a capital is a place and not its government."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, bool]]:
    """Language -> what a name is known by -> whether it is a place wherever it stands. Chinese and Japanese are one."""
    found: dict[str, dict[str, bool]] = {}
    for line in TOWNS_ABROAD.strip().splitlines():
        language, _, names = line.partition(" ")
        table = found.setdefault("zh" if language == "ja" else language, {})
        for name in names.split(","):
            bare = name.removeprefix("~")
            key = bare[:2] if language in ("zh", "ja") else _stem(bare) if language == "ru" else bare
            table[key] = table.get(key, True) and not name.startswith("~")
    return found


def _stem(name: str) -> str:
    return name[:-1] if name[-1] in _VOWELS else name


def _within(letter: str, script: tuple[str, str]) -> bool:
    return script[0] <= letter <= script[1]


@lru_cache(maxsize=65_536)
def town_of(word: str) -> str:
    """What the town is known by that a word of `tokens` names, in any of these scripts; empty for any other word."""
    first = word[:1]
    if _within(first, _CYRILLIC):
        return _russian(word.replace("ё", "е"))
    if _within(first, _ARABIC):
        return _arabic(word)
    if _within(first, _HANGUL):
        table = _tables()["ko"]
        ends = range(min(_LONGEST, len(word)), 1, -1)
        return next((word[:end] for end in ends if word[:end] in table and _PARTICLE.match(word[end:])), "")
    return word if _within(first, _HAN) and word in _tables()["zh"] else ""


def _russian(word: str) -> str:
    table = _tables()["ru"]
    for end in range(len(word), 1, -1):
        if word[:end] in table and (_ENDING if end >= _LONG_STEM else _SHORT_ENDING).match(word[end:]):
            return word[:end]
    return ""


def _arabic(word: str) -> str:
    table = _tables()["ar"]
    spelt = _MARKS.sub("", word).translate(_LETTERS)
    prefix = _PREFIX.match(spelt)
    starts = {0, *(prefix.end(part) for part in ("and", "by", "the") if prefix and prefix[part])}
    return next((spelt[start:] for start in sorted(starts) if spelt[start:] in table), "")


def places_abroad(text: str) -> frozenset[str]:
    """Towns that a headline names. A capital counts only behind "in" and the like; of Han letters none does.

    Where a script has capitals, a name has one.
    """
    spans = located(text)
    # A word of one letter, the Russian "in", is none of `tokens`.
    raw = [(span[0], _last_word(text[: span.start()])) for span in spans] or [(word, "") for word in tokens(text)]
    found: set[str] = set()
    last = ""
    for word, before in raw:
        folded = word.casefold()
        town = town_of(folded)
        # 東京都 holds the letters of Kyoto.
        if town and not (last and _within(word[:1], _HAN)) and (word[:1].isupper() or not _within(word[:1], _CYRILLIC)):
            anywhere = _tables()[_language(word)][town]
            behind = before in _BEFORE or (_within(word[:1], _ARABIC) and _PREFIX.match(folded)["by"] is not None)  # type: ignore[index]
            if anywhere or behind:
                found.add(town)
        last = town
    return frozenset(found)


def _last_word(text: str) -> str:
    return next(iter(text.casefold().split()[-1:]), "")


def _language(word: str) -> str:
    first = word[:1].casefold()
    scripts = (("ru", _CYRILLIC), ("ar", _ARABIC), ("ko", _HANGUL))
    return next((language for language, script in scripts if _within(first, script)), "zh")
