"""Rows of weighed words: TF-IDF, and the cosines between such rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.text.doc import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LONE_WEIGHT = 0.25
"""What a word of only one text counts in that text's length.

At 1 two reports of one event look unlike because each has its own words; at 0 two unlike stories look alike in a small
set, where hardly a word is shared. A quarter makes one cut fit sets of 2 and of 2,000 stories.
"""

Floats = NDArray[np.float32]


def of_words(content: Sequence[Ints], *, pairs: bool, lone: float = LONE_WEIGHT) -> csr_matrix:
    """TF-IDF rows of words given as numbers, with `pairs` also of pairs of neighbouring words.

    What stands in one text only counts `lone` in that text's length.
    """
    rows = np.repeat(np.arange(len(content)), [len(words) for words in content]).astype(np.int64)
    flat = np.concatenate(content) if content else np.zeros(0, np.int64)
    blocks = [_count(rows, flat, len(content))]
    if pairs and len(flat) > 1:
        same_text = rows[1:] == rows[:-1]
        joined = flat[:-1] * (int(np.max(flat)) + 1) + flat[1:]
        blocks.append(_count(rows[:-1][same_text], joined[same_text], len(content)))
    return _weigh(blocks, len(content), lone)


def of_sets(documents: Sequence[frozenset[str]]) -> csr_matrix:
    """TF-IDF rows of sets of terms; a row without terms is empty."""
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


def row_products(matrix: csr_matrix, left: Ints, right: Ints) -> Floats:
    """Product of row left[i] with row right[i] for every i."""
    product: Floats = np.asarray(matrix[left].multiply(matrix[right]).sum(axis=1), np.float32).ravel()
    return product
