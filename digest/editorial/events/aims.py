"""What the deed of a headline is aimed at: a tariff on films and a tariff on coffee are two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from digest.editorial.events.commonplaces import commonplaces
from digest.editorial.text.calendar import weightless
from digest.editorial.text.doc import STEM_LETTERS, Doc, Encoded, Ints
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import tokens

_AT = {
    "en": "on against over into with for about", "fr": "sur contre avec", "es": "sobre contra con",
    "it": "su contro con", "pt": "sobre contra com", "nl": "op tegen over met", "de": "auf gegen über mit für",
}  # fmt: skip
"""What stands between a deed and its aim."""
_ONESELF = frozenset({"sich", "se", "si", "zich"})
"""Between a deed and its aim: "einigt sich auf Rentenpaket"."""
_LONGEST = 3
_OPENING_WORDS = 120
_MANY = 100
"""Of deeds that so many headlines have, only the first are compared: "war on" tells hardly two of them apart."""

Deed = tuple[str, str, str]


def aims(title: str, language: str) -> dict[Deed, frozenset[str]]:
    """(language, deed, preposition) -> the words that it is aimed at, cut to their first letters."""
    at, empty, hollow = _small_words(language)
    words = tokens(title)
    found: dict[Deed, frozenset[str]] = {}
    for place in range(1, len(words) - 1):
        deed = words[place - 1]
        if deed in _ONESELF and place > 1:
            deed = words[place - 2]
        if words[place] not in at or deed in hollow or deed[0] <= "9":
            continue
        aim: list[str] = []
        for word in words[place + 1 : place + 1 + _LONGEST]:
            if word in empty and aim:
                break
            if word not in hollow and word[0] > "9":
                aim.append(word[:STEM_LETTERS])
        if aim:
            found.setdefault((language, deed[:STEM_LETTERS], words[place]), frozenset(aim))
    return found


@lru_cache(maxsize=64)
def _small_words(language: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What stands before an aim, words that say nothing, and these with those of any report."""
    empty = stop_words(language) | weightless(language)
    return frozenset(_AT.get(language, _AT["en"]).split()), empty, empty | commonplaces(language)


def crossed(docs: Sequence[Doc], encoded: Encoded) -> list[tuple[int, int]]:
    """Pairs of docs whose headlines aim one deed at two things, neither of which the other text speaks of."""
    words = list(encoded.vocabulary)
    borne: dict[Deed, list[tuple[int, frozenset[str]]]] = {}
    for place, doc in enumerate(docs):
        for deed, aim in aims(doc.title, doc.language).items():
            borne.setdefault(deed, []).append((place, aim))
    said: dict[int, frozenset[str]] = {}

    def speaks(place: int) -> frozenset[str]:
        if place not in said:
            said[place] = _stems(words, encoded.heads[place], encoded.bodies[place])
        return said[place]

    return sorted(
        {
            (one, other)
            for bearers in borne.values()
            for (one, aim), (other, others) in combinations(bearers[:_MANY], 2)
            if not (aim & others) and not (aim & speaks(other)) and not (others & speaks(one))
        }
    )


def _stems(words: Sequence[str], head: Ints, body: Ints) -> frozenset[str]:
    return frozenset(words[code][:STEM_LETTERS] for part in (head, body[:_OPENING_WORDS]) for code in part.tolist())
