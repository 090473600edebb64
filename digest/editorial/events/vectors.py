"""Texts as weighted vectors of words and word pairs, names, and numbers, and how near two texts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.events.disagreement import BODIES, Disagreement
from digest.editorial.text.calendar import calendar
from digest.editorial.text.doc import CHARACTER_CAP, Doc, Encoded, Ints, encode
from digest.editorial.text.spellings import one_way
from digest.editorial.text.weighing import Floats, of_sets, of_words, row_products, similarities
from digest.editorial.text.words import names_with_title, number_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WEIGHTS = (0.7, 0.2, 0.1)
_ELSEWHERE = 0.5
"""What is left of the closeness of two texts of other countries; measured in docs/why/related.md."""


def word_vectors(docs: Sequence[Doc], encoded: Encoded | None = None) -> csr_matrix:
    """TF-IDF rows of words and pairs of neighbouring words. `encoded` are the docs' words, where known already."""
    return of_words((encoded or encode(docs)).content(), pairs=True)


def name_vectors(docs: Sequence[Doc]) -> csr_matrix:
    """TF-IDF rows of capitalised names; rows without names are empty."""
    return of_sets(_names(docs))


def _names(docs: Sequence[Doc]) -> list[frozenset[str]]:
    return [
        frozenset(map(one_way, names_with_title(doc.title, doc.text[:CHARACTER_CAP]) - calendar(doc.language)))
        for doc in docs
    ]


def number_vectors(encoded: Encoded) -> csr_matrix:
    """TF-IDF rows of numbers; rows without numbers are empty."""
    meant = {code: number_of(word) for word, code in encoded.vocabulary.items()}
    numbers = {code: number for code, number in meant.items() if number}
    is_number = np.zeros(len(meant) + 1, np.bool_)
    is_number[list(numbers)] = True
    said = [np.concatenate(parts) for parts in zip(encoded.heads, encoded.bodies, strict=True)]
    return of_sets([frozenset(numbers[code] for code in words[is_number[words]].tolist()) for words in said])


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near texts are: words 0.7, names 0.2, numbers 0.1; where one of two has no names, words stand in.

    Texts that disagree are less near than this says, by the factor of `disagreement`.
    """

    words: csr_matrix
    names: csr_matrix
    numbers: csr_matrix
    named: NDArray[np.bool_]
    """Which texts have names. One that nobody else has is no column of `names`, and still a name."""
    disagreement: Disagreement

    @classmethod
    def of(
        cls,
        docs: Sequence[Doc],
        encoded: Encoded | None = None,
    ) -> Nearness:
        """Weigh the docs against each other."""
        known = encoded or encode(docs)
        names = _names(docs)
        return cls(
            words=word_vectors(docs, known),
            names=of_sets(names),
            numbers=number_vectors(known),
            named=np.array([bool(found) for found in names], np.bool_),
            disagreement=Disagreement.of(docs, known, names),
        )

    def _features(self) -> tuple[tuple[float, csr_matrix, NDArray[np.bool_]], ...]:
        """Weight, rows, and which texts have any, of the names and of the numbers."""
        numbered = np.diff(self.numbers.indptr) > 0
        return (_WEIGHTS[1], self.names, self.named), (_WEIGHTS[2], self.numbers, numbered)

    def between(self, left: Ints, right: Ints) -> Floats:
        """Nearness of the rows `left` to the rows `right`, dense."""
        by_word = similarities(self.words[left], self.words[right])
        mixed = _WEIGHTS[0] * by_word
        for weight, matrix, there in self._features():
            other = similarities(matrix[left], matrix[right])
            mixed += weight * np.where(there[left][:, None] & there[right][None, :], other, by_word)
        return mixed

    def of_pairs(self, left: Ints, right: Ints) -> Floats:
        """Nearness of left[i] to right[i] for every i."""
        by_word = row_products(self.words, left, right)
        mixed = _WEIGHTS[0] * by_word
        for weight, matrix, there in self._features():
            mixed += weight * np.where(there[left] & there[right], row_products(matrix, left, right), by_word)
        return mixed


def closeness(docs: Sequence[Doc], others: Sequence[Doc]) -> Floats:
    """How near each doc is to each other one for a reader who asks what else there was: words 0.85, names 0.15.

    Two texts that both have names and share none but such as many bodies bear are told of different things: they count
    half. So do two of which each
    names a country that the other does not: a referendum in Chile is no running story of one in Italy.
    """
    both, count = [*docs, *others], len(docs)
    encoded = encode(both)
    # Words of one text only count in full: here a weak link is worse than none.
    words, said = of_words(encoded.stems(), pairs=False, lone=1.0), _names(both)
    names = of_sets(said)
    # "Bank of England" and "Bank of Japan" share a word that many bodies bear, and no name.
    own = of_sets([found - BODIES for found in said])
    by_word = similarities(words[:count], words[count:])
    by_name = similarities(names[:count], names[count:])
    named = np.diff(names.indptr) > 0
    have_names = named[:count, None] & named[None, count:]
    mixed: Floats = np.where(have_names, 0.85 * by_word + 0.15 * by_name, by_word)
    strangers = have_names & (similarities(own[:count], own[count:]) <= 0)
    mixed = np.where(strangers, 0.5 * mixed, mixed)
    rows = np.arange(len(both), dtype=np.int64)
    elsewhere = Disagreement.of(both, encoded, said).other_countries(rows[:count], rows[count:])
    return np.where(elsewhere, _ELSEWHERE * mixed, mixed).astype(np.float32)


def told_apart(docs: Sequence[Doc], others: Sequence[Doc]) -> NDArray[np.bool_]:
    """Whether each doc and each other one tell of two happenings, however near their words are."""
    both, rows = [*docs, *others], np.arange(len(docs) + len(others), dtype=np.int64)
    disagreement = Disagreement.of(both, encode(both), _names(both))
    return disagreement.told_apart(rows[: len(docs)], rows[len(docs) :])
