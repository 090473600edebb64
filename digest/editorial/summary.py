"""Whether a summary that a machine wrote may be published: nothing in it that its sources do not say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from digest.editorial.clean import plain
from digest.editorial.doc import STEM_LETTERS
from digest.editorial.quotation import balanced
from digest.editorial.stopwords import stop_words
from digest.editorial.words import numbers, tokens

_MARKUP = re.compile(r"[<>{}\[\]`*_#|\\]|https?:|www\.|\n")
_CAPITAL = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST = 4
_SPELLED = re.compile(
    r"\b(?:thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|half|third|quarter|twice|double[ds]?|triple[ds]?|"
    r"deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|vingt|trente|quarante|cinquante|soixante|cents?|mille|"
    r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|"
    r"achtzig|neunzig|hundert|tausend|millionen|milliarden|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|"
    r"veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|cientos|mil|miles|millones)\b",
    re.IGNORECASE,
)
"""Numbers in words; those from two to twelve in English are numbers already."""


def objection(summary: str, sources: Sequence[str], *, limit: int) -> str:
    """Why it may not be published, in words; empty where nothing speaks against it.

    Every number, in digits or spelled out, and every word with a capital, also the first one of a sentence, must
    stand in the sources; so must a name of theirs that is written small. Of a script without capitals no name can be
    told from a word: there every word must stand in the sources.
    """
    if len(summary) > limit:
        return f"{len(summary)} characters; at most {limit} are allowed"
    if summary != plain(summary) or _MARKUP.search(summary):
        return "it holds markup, an address or more than one line"
    if len(tokens(summary)) < _SHORTEST:
        return "it says nothing"
    if not balanced(summary):
        return "a quotation mark or bracket has no partner"
    said = " ".join(sources)
    strange = sorted(_numbers(summary) - _numbers(said))
    if strange:
        return f"the sources do not hold the number {strange[0]}"
    known = frozenset(map(_bare, _CAPITAL.findall(said)))
    for word in _CAPITAL.findall(summary):
        if word[0].isupper() and _bare(word) not in known:
            return f"the sources do not hold the name {word!r}"
    if missing := _uncheckable(summary, said):
        return f"the sources do not hold {missing!r}, and whether it is a name cannot be told"
    return ""


def _numbers(text: str) -> frozenset[str]:
    """Numbers in any script's digits, and spelled ones as they are spelled."""
    plainly = "".join(str(digit) if (digit := unicodedata.digit(sign, None)) is not None else sign for sign in text)
    fractions = {sign for sign in text if unicodedata.category(sign) in ("No", "Nl")}
    return numbers(plainly) | frozenset(map(str.casefold, _SPELLED.findall(text))) | fractions


def _uncheckable(summary: str, said: str) -> str:
    """What may be a name and the sources do not hold, or empty: a word of a script without capitals, or two small
    words side by side, as in `vladimir putin`.
    """
    known = frozenset(map(_stem, tokens(said)))
    before = ""
    for word in tokens(summary):
        strange = word[0].isalpha() and _stem(word) not in known and word not in stop_words("en")
        if strange and (before or _caseless(word)):
            return f"{before} {word}".strip()
        before = word if strange else ""
    return ""


def _stem(word: str) -> str:
    return word if _caseless(word) else word[:STEM_LETTERS]


def _caseless(word: str) -> bool:
    return word.upper() == word.lower()


def _bare(word: str) -> str:
    """Without case and without an English genitive."""
    return re.sub(r"['’]s?\Z", "", word.casefold())
