"""Texts as weighted vectors of words and word pairs, names, and numbers, and how near two texts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.calendar import calendar
from digest.editorial.disagreement import Disagreement
from digest.editorial.doc import CHARACTER_CAP, Doc, Encoded, Ints, encode
from digest.editorial.words import names_with_title, number_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LONE_WEIGHT = 0.25
"""What a word of only one text counts in that text's length.

At 1 two reports of one event look unlike because each has its own words; at 0 two unlike stories look alike in a small
set, where hardly a word is shared. A quarter makes one cut fit sets of 2 and of 2,000 stories.
"""

Floats = NDArray[np.float32]

_WEIGHTS = (0.7, 0.2, 0.1)


def word_vectors(docs: Sequence[Doc], encoded: Encoded | None = None) -> csr_matrix:
    """TF-IDF rows of words and pairs of neighbouring words. `encoded` are the docs' words, where known already."""
    return _of_words((encoded or encode(docs)).content(), pairs=True)


def stem_vectors(docs: Sequence[Doc]) -> csr_matrix:
    """TF-IDF rows of words cut to their first letters, without pairs: for what is akin rather than the same.

    Words of one text only count in full: here a weak link is worse than none.
    """
    return _of_words(encode(docs).stems(), pairs=False, lone=1.0)


def _of_words(content: Sequence[Ints], *, pairs: bool, lone: float = LONE_WEIGHT) -> csr_matrix:
    rows = np.repeat(np.arange(len(content)), [len(words) for words in content]).astype(np.int64)
    flat = np.concatenate(content) if content else np.zeros(0, np.int64)
    blocks = [_count(rows, flat, len(content))]
    if pairs and len(flat) > 1:
        same_text = rows[1:] == rows[:-1]
        joined = flat[:-1] * (int(np.max(flat)) + 1) + flat[1:]
        blocks.append(_count(rows[:-1][same_text], joined[same_text], len(content)))
    return _weigh(blocks, len(content), lone)


def name_vectors(docs: Sequence[Doc]) -> csr_matrix:
    """TF-IDF rows of capitalised names; rows without names are empty."""
    return _of_sets(_names(docs))


def _names(docs: Sequence[Doc]) -> list[frozenset[str]]:
    return [names_with_title(doc.title, doc.text[:CHARACTER_CAP]) - calendar(doc.language) for doc in docs]


def number_vectors(encoded: Encoded) -> csr_matrix:
    """TF-IDF rows of numbers; rows without numbers are empty."""
    meant = {code: number_of(word) for word, code in encoded.vocabulary.items()}
    numbers = {code: number for code, number in meant.items() if number}
    is_number = np.zeros(len(meant) + 1, np.bool_)
    is_number[list(numbers)] = True
    said = [np.concatenate(parts) for parts in zip(encoded.heads, encoded.bodies, strict=True)]
    return _of_sets([frozenset(numbers[code] for code in words[is_number[words]].tolist()) for words in said])


def _of_sets(documents: Sequence[frozenset[str]]) -> csr_matrix:
    vocabulary: dict[str, int] = {}
    terms = [vocabulary.setdefault(term, len(vocabulary)) for document in documents for term in sorted(document)]
    rows = np.repeat(np.arange(len(documents)), [len(document) for document in documents]).astype(np.int64)
    return _weigh([_count(rows, np.array(terms, np.int64), len(documents))], len(documents))


def _count(rows: Ints, terms: Ints, height: int) -> csr_matrix:
    """How often each term stands in each row; terms are renumbered from 0."""
    from scipy.sparse import csr_matrix

    _, columns = np.unique(terms, return_inverse=True)
    width = int(np.max(columns)) + 1 if len(columns) else 0
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(height, max(width, 1)))
    matrix.sum_duplicates()
    return matrix


def _weigh(blocks: Sequence[csr_matrix], height: int, lone: float = LONE_WEIGHT) -> csr_matrix:
    """Sublinear counts times inverse document frequency, divided by the length of the row.

    Columns of one text only are dropped: they add to that text's length, by `lone`, and to no product.
    """
    from scipy.sparse import hstack

    weighed, squares = [], np.zeros(height, np.float64)
    for matrix in blocks:
        spread = np.bincount(matrix.indices, minlength=matrix.shape[1])
        matrix.data = (1 + np.log(matrix.data)) * (np.log((1 + height) / (1 + spread)) + 1)[matrix.indices]
        counts = np.where(spread > 1, 1.0, lone)[matrix.indices]
        rows = np.repeat(np.arange(height), np.diff(matrix.indptr))
        squares += np.bincount(rows, weights=matrix.data**2 * counts, minlength=height)
        weighed.append(matrix[:, np.flatnonzero(spread > 1)])
    together = hstack(weighed, format="csr", dtype=np.float32)
    length = np.sqrt(np.where(squares > 0, squares, 1.0))
    together.data /= np.repeat(length, np.diff(together.indptr)).astype(np.float32)
    return together


def similarities(left: csr_matrix, right: csr_matrix) -> Floats:
    """Cosines of every row of `left` with every row of `right`, as a dense array."""
    common = np.bincount(left.indices, minlength=left.shape[1]) > max(16, 0.03 * left.shape[0])
    # Frequent words make a sparse product slow: they are few, so they go through a dense one.
    dense, rest = np.flatnonzero(common), np.flatnonzero(~common)
    product: Floats = (left[:, rest] @ right[:, rest].T).toarray()
    if len(dense):
        product += left[:, dense].toarray() @ right[:, dense].toarray().T
    return product


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
            names=_of_sets(names),
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
        by_word = _row_products(self.words, left, right)
        mixed = _WEIGHTS[0] * by_word
        for weight, matrix, there in self._features():
            mixed += weight * np.where(there[left] & there[right], _row_products(matrix, left, right), by_word)
        return mixed


def _row_products(matrix: csr_matrix, left: Ints, right: Ints) -> Floats:
    product: Floats = np.asarray(matrix[left].multiply(matrix[right]).sum(axis=1), np.float32).ravel()
    return product


def closeness(docs: Sequence[Doc], others: Sequence[Doc]) -> Floats:
    """How near each doc is to each other one for a reader who asks what else there was: words 0.85, names 0.15.

    Two texts that both have names and share none are told of different things: they count half.
    """
    both, count = [*docs, *others], len(docs)
    words, names = stem_vectors(both), name_vectors(both)
    by_word = similarities(words[:count], words[count:])
    by_name = similarities(names[:count], names[count:])
    named = np.diff(names.indptr) > 0
    have_names = named[:count, None] & named[None, count:]
    mixed: Floats = np.where(have_names, 0.85 * by_word + 0.15 * by_name, by_word)
    return np.where(have_names & (by_name <= 0), 0.5 * mixed, mixed)
