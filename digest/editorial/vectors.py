"""Texts as weighted word vectors: TF-IDF of words and word pairs, and of names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from digest.editorial.words import names_with_title, tokens

WORD_CAP = 400
"""Words of body that are looked at; more adds nothing (research: story picking, section 0)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def document_tokens(title: str, text: str, *, cap: int = WORD_CAP) -> list[str]:
    """The title twice, for it says most, then at most `cap` words of the text."""
    head = tokens(title)
    # 12 characters a word is generous: what lies behind would be cut anyway.
    return head + head + tokens(text[: cap * 12])[:cap]


def word_vectors(texts: Sequence[tuple[str, str]], *, pairs: bool = True) -> csr_matrix:
    """TF-IDF rows of length 1 for (title, text): words and, unless told otherwise, pairs of neighbouring words."""
    return _tfidf([document_tokens(title, text) for title, text in texts], pairs=pairs)


def name_vectors(texts: Sequence[tuple[str, str]]) -> csr_matrix:
    """TF-IDF rows of length 1 over capitalised names; rows without names are empty."""
    return _tfidf([sorted(names_with_title(title, text[: WORD_CAP * 12])) for title, text in texts], pairs=False)


def _tfidf(documents: Sequence[Collection[str]], *, pairs: bool) -> csr_matrix:
    vocabulary: dict[str, int] = {}
    codes = [
        np.fromiter((vocabulary.setdefault(token, len(vocabulary)) for token in document), np.int64, len(document))
        for document in documents
    ]
    rows = np.repeat(np.arange(len(codes)), [len(code) for code in codes]).astype(np.int64)
    flat = np.concatenate(codes) if codes else np.zeros(0, np.int64)
    blocks = [_count(rows, flat, len(codes))]
    if pairs and len(flat) > 1:
        same_text = rows[1:] == rows[:-1]
        joined = flat[:-1] * max(len(vocabulary), 1) + flat[1:]
        blocks.append(_count(rows[:-1][same_text], joined[same_text], len(codes)))
    return _weigh(blocks, len(codes))


def _count(rows: Ints, terms: Ints, height: int) -> csr_matrix:
    """How often each term stands in each row; terms are renumbered from 0."""
    _, columns = np.unique(terms, return_inverse=True)
    width = int(columns.max()) + 1 if len(columns) else 0
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(height, max(width, 1)))
    matrix.sum_duplicates()
    return matrix


def _weigh(blocks: Sequence[csr_matrix], height: int) -> csr_matrix:
    """Sublinear counts times inverse document frequency, rows of length 1, lone columns dropped afterwards.

    A term of one text adds to that text's length and to no product: dropping its column changes no similarity.
    """
    weighed, squares = [], np.zeros(height, np.float64)
    for matrix in blocks:
        spread = np.bincount(matrix.indices, minlength=matrix.shape[1])
        matrix.data = (1 + np.log(matrix.data)) * (np.log((1 + height) / (1 + spread)) + 1)[matrix.indices]
        squares += np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
        weighed.append(matrix[:, np.flatnonzero(spread > 1)])
    together = hstack(weighed, format="csr", dtype=np.float32)
    length = np.sqrt(np.where(squares > 0, squares, 1.0))
    together.data /= np.repeat(length, np.diff(together.indptr)).astype(np.float32)
    return together


def similarities(left: csr_matrix, right: csr_matrix) -> Floats:
    """Cosines of every row of `left` with every row of `right`, as a dense array."""
    common = np.bincount(left.indices, minlength=left.shape[1]) > max(16, 0.03 * left.shape[0])
    # Frequent words make a sparse product slow: they are few, so they go through a dense one.
    dense = np.flatnonzero(common)
    rest = np.flatnonzero(~common)
    product: Floats = (left[:, rest] @ right[:, rest].T).toarray()
    if len(dense):
        product += left[:, dense].toarray() @ right[:, dense].toarray().T
    return product


def closeness(texts: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> Floats:
    """How near each text is to each other one: words 0.7 and names 0.3; words alone where one has no names."""
    both = [*texts, *others]
    word, name = word_vectors(both), name_vectors(both)
    count = len(texts)
    by_word = similarities(word[:count], word[count:])
    by_name = similarities(name[:count], name[count:])
    has_name = np.diff(name.indptr) > 0
    named = has_name[:count, None] & has_name[None, count:]
    mixed: Floats = np.where(named, 0.7 * by_word + 0.3 * by_name, by_word)
    return mixed
