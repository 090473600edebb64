"""Copies: the same text told again by another address or another outlet."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from digest.editorial.intake.addresses import article_key
from digest.editorial.kinds.facts import adds
from digest.editorial.text.doc import CHARACTER_CAP, Doc, Encoded, doc_of, encode
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import names_with_title, numbers, tokens
from digest.model.story import Story

COPY_JACCARD = 0.5
"""Share of word shingles in common from which two texts are one (research: story picking, section 0)."""
_LONG_TITLE = 6
_ENOUGH_SHINGLES = 12
_CONTRADICTED = 0.15
_SAME_NEWS = timedelta(hours=72)
_SAME_ARTICLE = 0.2
"""Share of the words of the shorter text in the other, from which two texts under one address are one article."""
_LOOK_AT = 600
_FREQUENT = 200
_LIKELY = 0.3
_LOWEST = 4

Shingles = NDArray[np.uint64]


class _Groups:
    """Union-find whose representative is the smallest index, so the earliest text where the texts are sorted."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low


def precedence(story: Story) -> tuple[int, bool, datetime, datetime, str]:
    """Who is the original of copies: a wire before its clients, an outlet before an aggregator, a correction before
    what it corrects, the earlier one.

    Stamps alone do not say: a client may stamp its copy before the wire, an aggregator before its paper.
    """
    kind = 2 if story.origin.aggregator else 0 if story.origin.wire else 1
    return kind, not story.corrects, story.published_at, story.first_seen, story.id


def copies(stories: Iterable[Story]) -> dict[str, str]:
    """Id of every story that is a copy -> id of the original."""
    ordered = sorted(stories, key=precedence)
    first = last_versions(ordered, copied([*map(doc_of, ordered)]))
    return {ordered[copy].id: ordered[original].id for copy, original in first.items()}


def last_versions(stories: Sequence[Story], first: Mapping[int, int]) -> dict[int, int]:
    """The same groups, index of a copy -> that of the original; which is, where its owner told more, the last version.

    A wire sends one text all day: under "kills 12", "kills 39", "toll rises to 41". More is told by a headline with a
    fact that its own text has, and the original has not.
    """
    last: dict[int, int] = {}
    for copy, original in first.items():
        version, one = stories[copy], stories[original]
        before = stories[last.get(original, original)]
        later = version.is_dated and version.published_at > before.published_at
        if later and version.origin.owner == one.origin.owner and not one.corrects and _tells_more(version, one):
            last[original] = copy
    groups = {place: last.get(original, original) for place, original in first.items()}
    groups |= last
    return {place: original for place, original in groups.items() if place != original}


def _tells_more(version: Story, one: Story) -> bool:
    text = f"{version.standfirst} . {version.text}"
    return not adds(version, [one]).isdisjoint(numbers(text) | frozenset(tokens(text)))


def copied(docs: Sequence[Doc], encoded: Encoded | None = None) -> dict[int, int]:
    """Index of every copy -> index of the first doc that it copies. The order of `docs` says who was first."""
    groups = _Groups(len(docs))
    shingles = _shingles(encoded or encode(docs))
    for members in _buckets(article_key(doc.url) for doc in docs):
        for place, index in enumerate(members[1:], start=1):
            same = [other for other in members[:place] if not _tells_otherwise(docs[index], docs[other])]
            if same:
                groups.join(same[0], index)
    for members in _buckets(_title_key(doc.title) for doc in docs):
        for place, index in enumerate(members[1:], start=1):
            for other in members[:place][-8:]:
                if _one_news(docs[index], docs[other], shingles[index], shingles[other]):
                    groups.join(index, other)
    for index, other in _alike(shingles):
        if not _of_one_mould(docs[index], docs[other]):
            groups.join(index, other)
    return {index: groups.find(index) for index in range(len(docs)) if groups.find(index) != index}


def _buckets(keys: Iterable[Hashable]) -> list[list[int]]:
    found: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        if key:
            found.setdefault(key, []).append(index)
    return [members for members in found.values() if len(members) > 1]


def _title_key(title: str) -> tuple[str, ...]:
    """The title's words without a trailing outlet name; empty for a title too short to be anybody's own."""
    words = tokens(re.sub(r"\s+[|–—]\s+[^|–—]{2,40}\Z", "", title))
    return tuple(words) if len(words) >= _LONG_TITLE else ()


def _one_news(one: Doc, other: Doc, shingles: Shingles, others: Shingles) -> bool:
    """Same title: a copy, unless days lie between or both bodies are there and have nothing in common."""
    if one.published and other.published and abs(one.published - other.published) > _SAME_NEWS:
        return False
    short = min(len(shingles), len(others)) < 3 * _ENOUGH_SHINGLES
    return short or _jaccard(shingles, others) >= _CONTRADICTED


def _tells_otherwise(one: Doc, other: Doc) -> bool:
    """Two texts under one address that have hardly a word in common, as a live page has on two days."""
    if not one.text or not other.text:
        return False
    left, right = _substance(one), _substance(other)
    return len(left & right) < _SAME_ARTICLE * min(len(left), len(right))


def _substance(doc: Doc) -> frozenset[str]:
    return frozenset(tokens(f"{doc.title} . {doc.text[:_LOOK_AT]}")) - stop_words(doc.language)


def _of_one_mould(one: Doc, other: Doc) -> bool:
    """The same words below two headlines that name two things: a footer for who reprints, a form for share prices.

    Either text names what its headline does, and the other does not; or no word of either headline stands in the other.
    """
    if not one.title or not other.title:
        return False
    left, right = frozenset(tokens(_whole(one))), frozenset(tokens(_whole(other)))
    head, heads = _headline(one), _headline(other)
    if head and heads and head <= left and heads <= right and not head & right and not heads & left:
        return True
    own, owns = _named_in(one) - right, _named_in(other) - left
    return bool(own and owns)


def _whole(doc: Doc) -> str:
    return f"{doc.title} . {doc.text[:CHARACTER_CAP]}"


def _headline(doc: Doc) -> frozenset[str]:
    return frozenset(tokens(doc.title)) - stop_words(doc.language)


def _named_in(doc: Doc) -> frozenset[str]:
    """Names and numbers of the headline that its own text has, too."""
    body = doc.text[:CHARACTER_CAP]
    told = names_with_title(doc.title, body) | numbers(doc.title)
    return told & frozenset(tokens(doc.title)) & frozenset(tokens(body))


def _shingles(encoded: Encoded) -> list[Shingles]:
    """Of every doc the distinct runs of three words, as sorted numbers."""
    base = len(encoded.vocabulary) + 1
    found = []
    for head, body in zip(encoded.heads, encoded.bodies, strict=True):
        words = np.concatenate((head, body)).astype(np.uint64)
        # Wrapping around at 2**64 is harmless: a few runs share a number in half a million words.
        found.append(np.unique((words[:-2] * np.uint64(base) + words[1:-1]) * np.uint64(base) + words[2:]))
    return found


def _jaccard(one: Shingles, other: Shingles) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    either = len(one) + len(other) - shared
    return shared / either if either else 0.0


def _alike(shingles: Sequence[Shingles]) -> Iterator[tuple[int, int]]:
    """Pairs with a Jaccard of COPY_JACCARD or more, exactly: a sparse product counts the runs in common.

    Runs that stand in very many texts (a disclaimer, or the news of a wire) would make that product dense: they
    propose pairs in another way, and count like all others when a pair is judged.
    """
    from scipy.sparse import csr_matrix, triu

    sizes = np.array([len(found) for found in shingles], np.int64)
    rows = np.repeat(np.arange(len(shingles)), sizes)
    flat = np.concatenate(shingles) if len(shingles) else np.zeros(0, np.uint64)
    if not len(flat):
        return
    _, columns, spread = np.unique(flat, return_inverse=True, return_counts=True)
    keep = ((spread > 1) & (spread <= _FREQUENT))[columns] & (sizes >= _ENOUGH_SHINGLES)[rows]
    shape = (len(shingles), len(spread))
    matrix = csr_matrix((np.ones(int(keep.sum()), np.int32), (rows[keep], columns[keep])), shape=shape)
    counted = matrix[:, np.flatnonzero(np.bincount(columns[keep], minlength=len(spread)))]
    shared = triu(counted @ counted.T, k=1).tocoo()
    likely = shared.data >= _LIKELY * np.minimum(sizes[shared.row], sizes[shared.col])
    pairs = sorted(zip(shared.row[likely].tolist(), shared.col[likely].tolist(), strict=True))
    for one, other in chain(pairs, _widely_printed(shingles, spread[columns] > _FREQUENT)):
        if _jaccard(shingles[one], shingles[other]) >= COPY_JACCARD:
            yield one, other


def _widely_printed(shingles: Sequence[Shingles], frequent: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Each doc with the last one that shares one of its lowest frequent runs: what a thousand outlets printed.

    The lowest by a mixing hash: alike texts have most likely the same, and each doc is compared a few times only.
    """
    latest: dict[int, int] = {}
    ends = np.cumsum([len(found) for found in shingles])
    for place, (found, end) in enumerate(zip(shingles, ends.tolist(), strict=True)):
        runs = found[frequent[end - len(found) : end]]
        if len(found) < _ENOUGH_SHINGLES or not len(runs):
            continue
        for run in np.sort(runs * np.uint64(0x9E3779B97F4A7C15))[:_LOWEST].tolist():
            if run in latest:
                yield latest[run], place
            latest[run] = place
