"""Whether a summary that a machine wrote may be published: nothing in it that its sources do not say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from digest.editorial.intake.clean import plain
from digest.editorial.places.mentions import countries
from digest.editorial.telling.plainwords import PLAIN_WORDS
from digest.editorial.text.doc import STEM_LETTERS
from digest.editorial.text.languages import UNKNOWN, detect
from digest.editorial.text.measures import in_digits, is_unit, measured, spells_number
from digest.editorial.text.quotation import balanced
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import tokens

_MARKUP = re.compile(r"[<>{}\[\]`*_#|\\]|https?:|www\.|\n")
_CAPITAL = re.compile(r"[^\W\d_][\w'’-]*")
_RUN = re.compile(r"(?<![^\W_])[^\W\d_a-zß-öø-ÿ](?:\.|[\w'’-]*)(?: [^\W\d_a-zß-öø-ÿ](?:\.(?=\s)|[\w'’-]*))*")
"""Words with a capital, one after the other with nothing but a space between them."""
_SHORTEST = 4
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "ers", "al")
_CLAIMS = tuple(
    tuple(line.split())
    for line in (
        "kill slain murder shot massacr assassinat slaughter",
        "dies died death dead dying fatal killed kills",
        "resign quits step stepped",
        "arrest detain custody",
        "convict guilty",
        "acquit cleared",
        "sentenc jail prison imprison",
        "charge indict accus",
        "rape rapist molest",
        "fraud corrupt brib embezzl",
        "invad invasion",
        "wins won victor winner beat defeat",
        "sacked fired dismiss oust",
        "suicid",
        "terroris",
    )
)
"""Grave things, each line one claim by how its words begin: a source has to say the same, in one of these words."""
_SPELLED = re.compile(
    r"(?<!\d )(?<!\d-)\b(?:hundreds?|thousands?|"
    r"millions?|billions?|trillions?|dozens?|half|third|quarter|twice|double[ds]?|triple[ds]?|"
    r"deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|vingt|trente|quarante|cinquante|soixante|cents?|mille|"
    r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|"
    r"achtzig|neunzig|hundert|tausend|millionen|milliarden|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|"
    r"veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|cientos|mil|miles|millones)\b",
    re.IGNORECASE,
)
"""Numbers in words that are not read as digits: they have to be spelled alike."""


def objection(summary: str, sources: Sequence[str], *, limit: int) -> str:
    """Why it may not be published, in words; empty where nothing speaks against it.

    Every number, in digits or spelled out, must stand in the sources and measure the same there; so must every word
    with a capital, also the first one of a sentence. A name may be written small, too: a word that neither the sources
    nor the ordinary English of the news hold is refused, in other languages every word that the sources do not hold.
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
    if changed := sorted(measured(summary) - measured(said)):
        number, unit = changed[0]
        return f"the sources do not hold {number} " + (f"as {unit}" if unit else "without a unit")
    known = frozenset(map(_bare, _CAPITAL.findall(said)))
    for word in _CAPITAL.findall(summary):
        if word[0].isupper() and _bare(word) not in known and not spells_number(word) and not _is_small(word, said):
            return f"the sources do not hold the name {word!r}"
    if mixed := _mixed_name(summary, said):
        return f"the sources hold no {mixed!r}: they give these names to two others"
    if claim := _unheard_claim(summary, said):
        return f"the sources do not say {claim!r}"
    if missing := _uncheckable(summary, said):
        return f"the sources do not hold {missing!r}, and whether it is a name cannot be told"
    return ""


def _is_small(word: str, said: str) -> bool:
    """A function word that only begins a sentence: "A court", "In Paris"."""
    return word[1:].islower() | (len(word) == 1) and word.casefold() in {*stop_words(detect(said)), "a"}


def _mixed_name(summary: str, said: str) -> str:
    """The first two names side by side that the sources have only in two other names: Ann Lee and Bob Cole, Ann Cole.

    "Donald Trump" of "Donald J. Trump" is none, nor is a people before a name.
    """
    told = [run for run in map(_words_of, _RUN.findall(said)) if len(run) > 1]
    side_by_side = {pair for run in told for gap in (1, 2, 3) for pair in zip(run, run[gap:], strict=False)}
    firsts = {one for run in told for one in run[:-1]}
    lasts = {other for run in told for other in run[1:]}
    small = stop_words(detect(said))
    for run in map(_words_of, _RUN.findall(summary)):
        for one, other in pairwise(run):
            mixed = one in firsts and other in lasts and (one, other) not in side_by_side
            if mixed and one not in small and not countries(one.title()):
                return f"{one} {other}".title()
    return ""


def _words_of(run: str) -> list[str]:
    return [_bare(word) for word in run.split()]


def _unheard_claim(summary: str, said: str) -> str:
    """The first word that says a grave thing of somebody, and that no word of the sources says."""
    told = tokens(said)
    for word in tokens(summary):
        for stems in _CLAIMS:
            if word.startswith(stems) and not any(other.startswith(stems) for other in told):
                return word
    return ""


def _numbers(text: str) -> frozenset[str]:
    """Numbers in any script's digits, English ones in words too; others as they are spelled."""
    fractions = {sign for sign in text if unicodedata.category(sign) in ("No", "Nl")}
    digits = frozenset(number for number, _ in measured(text))
    return digits | frozenset(map(str.casefold, _SPELLED.findall(in_digits(text)))) | fractions


def _uncheckable(summary: str, said: str) -> str:
    """The first words side by side that may be a name, as in `vladimir putin`, and that the sources do not hold."""
    language = detect(said)
    known = frozenset(map(_stem, tokens(said)))
    english = language in ("en", UNKNOWN)
    strange: list[str] = []
    for word in tokens(summary):
        ordinary = word in stop_words(language) or (english and _is_plain(word)) or spells_number(word) or is_unit(word)
        if word[0].isalpha() and _stem(word) not in known and not ordinary:
            strange.append(word)
        elif strange:
            break
    return " ".join(strange)


def _is_plain(word: str) -> bool:
    """An ordinary English word, or a form of one: "marches", "closing", "tried"."""
    if word in PLAIN_WORDS:
        return True
    ends = [word[: -len(end)] for end in _ENDINGS if word.endswith(end)]
    return any(
        base in PLAIN_WORDS or base + "e" in PLAIN_WORDS or (base[-1:] == "i" and base[:-1] + "y" in PLAIN_WORDS)
        for base in ends
    )


def _stem(word: str) -> str:
    return word if _caseless(word) else word[:STEM_LETTERS]


def _caseless(word: str) -> bool:
    return word.upper() == word.lower()


def _bare(word: str) -> str:
    """Without case and without an English genitive."""
    return re.sub(r"['’]s?\Z", "", word.casefold())
