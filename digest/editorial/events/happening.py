"""What two texts tell beside where and of whom: without anything of that in common they are two happenings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.events.aims import crossed
from digest.editorial.events.commonplaces import commonplaces
from digest.editorial.events.happenings import KINDS, compatible, kinds_by_word
from digest.editorial.places.gazetteer import names_of
from digest.editorial.places.placenames import town_words
from digest.editorial.text.doc import STEM_LETTERS, Doc, Encoded, Ints
from digest.editorial.text.weighing import Floats, of_sets, of_words, row_products, similarities
from digest.editorial.text.words import CAPITALS, MARKS, number_of, tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KINDS_DISAGREE = 0.15
AIMS_DISAGREE = 0.15
NOTHING_BESIDE = 0.3
"""What is left of the nearness of two texts that tell of two kinds of happening, of one deed aimed at two things, or of
nothing but the same names; measured in docs/why/events.md."""
BESIDE_CUT = 0.02
"""Cosine of what two texts say beside names, numbers and commonplaces, up to which they say nothing in common."""

_FIRST_WORDS = 25
_NUMBERED_WORDS = 60
_FIGURE = re.compile(r"(?!100\Z|(?:19|20)\d\d\Z)\d+(?:\.\d+|\d\d)\Z")
_OPENED = frozenset(("open", "opens", "opened", "opening", "under"))
_MOSTLY = 0.5
"""Share of the texts with a word in which it stands as a name, from which it is one."""
_NOUNS_IN_CAPITALS = frozenset({"de"})
_NAME = rf"[{CAPITALS}][\w{MARKS}]+"
_FULL_NAME = re.compile(rf"{_NAME}(?:[ -]{_NAME})+")

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Of every text, as rows: what it says beside names, weighed; and the kinds of happening that it begins with."""

    beside: csr_matrix
    telling: Flags
    """Which texts say anything beside names at all: a bare headline may not."""
    kinds: Floats
    """A row of ones and zeros for each text, by KINDS."""
    figures: csr_matrix
    """Numbers that are no small count, no year and no hundred: "5.9", "250", "12000"."""
    aims_apart: csr_matrix
    """Ones for the pairs of texts whose headlines aim one deed at two things."""

    @classmethod
    def of(cls, docs: Sequence[Doc], encoded: Encoded, named: Sequence[frozenset[str]]) -> Happening:
        """Read the docs; `named` are their names."""
        words = list(encoded.vocabulary)
        left_out = _names(docs, encoded, named)
        stems: dict[str, int] = {}
        table = np.array([stems.setdefault(word[:STEM_LETTERS], len(stems)) for word in words], np.int64)
        common = {language: _marked(encoded, commonplaces(language)) for language in set(encoded.languages)}
        content = [
            table[said[~(left_out | common[language])[said]]]
            for said, language in zip(encoded.content(), encoded.languages, strict=True)
        ]
        return cls(
            beside=of_words(content, pairs=False),
            telling=np.array([len(said) > 0 for said in content], np.bool_),
            kinds=_kinds(encoded, words),
            figures=of_sets(_figures(encoded, words)),
            aims_apart=_pairs(crossed(docs, encoded), len(docs)),
        )

    def between(self, left: Ints, right: Ints) -> Floats:
        """The factor for the nearness of every row of `left` to every row of `right`."""
        both = self.telling[left][:, None] & self.telling[right][None, :]
        alien = both & (similarities(self.beside[left], self.beside[right]) <= BESIDE_CUT)
        told = np.any(self.kinds, axis=1)
        fitting = self.kinds[left] @ _compatible() @ self.kinds[right].T
        same = (self.kinds[left] @ self.kinds[right].T + (self.figures[left] @ self.figures[right].T).toarray()) > 0
        aimed = (self.aims_apart[left][:, right] > 0).toarray()
        return _factor(told[left][:, None] & told[right][None, :] & (fitting == 0), aimed, alien & ~same)

    def of_pairs(self, left: Ints, right: Ints) -> Floats:
        """The factor for the nearness of left[i] to right[i], for every i."""
        alien = self.telling[left] & self.telling[right] & (row_products(self.beside, left, right) <= BESIDE_CUT)
        same = np.sum(self.kinds[left] * self.kinds[right], axis=1) + row_products(self.figures, left, right) > 0
        aimed = np.asarray(self.aims_apart[left, right] > 0).ravel()
        return _factor(self.other_kind(left, right), aimed, alien & ~same)

    def other_kind(self, left: Ints, right: Ints) -> Flags:
        """Whether left[i] and right[i] tell of kinds that are never one, as a fire and a shooting, for every i."""
        told = np.any(self.kinds, axis=1)
        fitting = np.sum((self.kinds[left] @ _compatible()) * self.kinds[right], axis=1)
        found: Flags = told[left] & told[right] & (fitting == 0)
        return found


def _factor(apart: Flags, aimed: Flags, alien: Flags) -> Floats:
    otherwise = np.where(aimed, AIMS_DISAGREE, np.where(alien, NOTHING_BESIDE, 1.0))
    return np.where(apart, KINDS_DISAGREE, otherwise).astype(np.float32)


def _pairs(pairs: Sequence[tuple[int, int]], size: int) -> csr_matrix:
    """A symmetric matrix of ones at these pairs."""
    from scipy.sparse import csr_matrix

    both = np.array([*pairs, *((other, one) for one, other in pairs)], np.int64).reshape(-1, 2)
    return csr_matrix((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(size, size))


@lru_cache(maxsize=1)
def _compatible() -> Floats:
    return np.array(compatible(), np.float32)


def _marked(encoded: Encoded, words: frozenset[str]) -> Flags:
    marked = np.zeros(len(encoded.vocabulary) + 1, np.bool_)
    marked[[encoded.vocabulary[word] for word in words if word in encoded.vocabulary]] = True
    return marked


def _names(docs: Sequence[Doc], encoded: Encoded, named: Sequence[frozenset[str]]) -> Flags:
    """Which words are names of somebody or some place, or numbers."""
    marked = np.zeros(len(encoded.vocabulary) + 1, np.bool_)
    as_name, standing = np.zeros(len(marked), np.int64), np.zeros(len(marked), np.int64)
    for doc, found, head, body in zip(docs, named, encoded.heads, encoded.bodies, strict=True):
        names = frozenset(_full_names(doc)) if doc.language in _NOUNS_IN_CAPITALS else found
        standing[np.unique(np.concatenate((head, body)))] += 1
        as_name[[encoded.vocabulary[name] for name in names if name in encoded.vocabulary]] += 1
    marked[:] = (as_name > 0) & (as_name >= _MOSTLY * standing)
    places = town_words().union(*(_single(names_of(language)) for language in set(encoded.languages)))
    for word, code in encoded.vocabulary.items():
        if word in places or number_of(word):
            marked[code] = True
    return marked


def _single(names: Iterable[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(name[0] for name in names if len(name) == 1)


def _full_names(doc: Doc) -> Iterator[str]:
    """The words of names of two words or more: all that can be told where every noun has a capital."""
    for match in _FULL_NAME.finditer(f"{doc.title}. {doc.text}"):
        yield from tokens(match[0])


def _figures(encoded: Encoded, words: Sequence[str]) -> list[frozenset[str]]:
    marked = np.array([word[0] <= "9" and _FIGURE.match(word) is not None for word in words] + [False], np.bool_)
    found = []
    for head, body in zip(encoded.heads, encoded.bodies, strict=True):
        said = np.concatenate((head, body[:_NUMBERED_WORDS]))
        found.append(frozenset(words[code] for code in said[marked[said]].tolist()))
    return found


def _kinds(encoded: Encoded, words: Sequence[str]) -> Floats:
    known = kinds_by_word()
    table = np.array([known.get(word, -1) for word in words] + [-1], np.int64)
    opened = _marked(encoded, _OPENED)
    fire, shooting = encoded.vocabulary.get("fire", -1), KINDS.index("shooting")
    rows = np.zeros((len(encoded.heads), len(KINDS)), np.float32)
    for place, (head, body) in enumerate(zip(encoded.heads, encoded.bodies, strict=True)):
        said = np.concatenate((head, body[:_FIRST_WORDS]))
        kinds = table[said]
        # Who opens fire sets nothing on fire.
        kinds[1:][(said[1:] == fire) & opened[said[:-1]]] = shooting
        rows[place, kinds[kinds >= 0]] = 1.0
    return rows
