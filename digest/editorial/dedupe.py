"""Copies: the same text told again by another address or another outlet."""

from __future__ import annotations

import re
import zlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from digest.editorial.addresses import address_key
from digest.editorial.words import tokens
from digest.model.story import Story

COPY_JACCARD = 0.5
"""Share of word shingles in common from which two texts are one (research: story picking, section 0)."""
_SHINGLE = 3
_LONG_TITLE = 6
_ENOUGH_SHINGLES = 12
_CONTRADICTED = 0.08
_SAME_NEWS = timedelta(hours=72)
_PERMUTATIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What copies are judged by. `published` None = unknown."""

    id: str
    title: str
    body: str
    url: str = ""
    published: datetime | None = None


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


def copies(stories: Iterable[Story]) -> dict[str, str]:
    """Id of every story that is a copy -> id of the original, the earliest published of them."""
    ordered = sorted(stories, key=lambda story: (story.published_at, story.first_seen, story.id))
    texts = [
        Text(
            id=story.id, title=story.headline, body=story.text or story.standfirst, url=story.url,
            published=story.published_at,
        )
        for story in ordered
    ]  # fmt: skip
    return {texts[copy].id: texts[original].id for copy, original in copied(texts).items()}


def copied(texts: Sequence[Text]) -> dict[int, int]:
    """Index of every copy -> index of the first text that it copies. The order of `texts` says who was first."""
    groups = _Groups(len(texts))
    shingles = [_shingles(text) for text in texts]
    for members in _buckets(address_key(text.url) for text in texts):
        for index in members[1:]:
            groups.join(members[0], index)
    for members in _buckets(_title_key(text.title) for text in texts):
        for place, index in enumerate(members[1:], start=1):
            for other in members[:place][-8:]:
                if _one_news(texts[index], texts[other], shingles[index], shingles[other]):
                    groups.join(index, other)
    for index, other in _alike(shingles):
        groups.join(index, other)
    return {index: groups.find(index) for index in range(len(texts)) if groups.find(index) != index}


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


def _one_news(one: Text, other: Text, shingles: NDArray[np.uint64], others: NDArray[np.uint64]) -> bool:
    """Same title: a copy, unless days lie between or both bodies are there and have nothing in common."""
    if one.published and other.published and abs(one.published - other.published) > _SAME_NEWS:
        return False
    short = min(len(shingles), len(others)) < 4 * _ENOUGH_SHINGLES
    return short or _jaccard(shingles, others) >= _CONTRADICTED


def _shingles(text: Text) -> NDArray[np.uint64]:
    """Distinct hashes of three words in a row, sorted. A stable hash: Python's own changes with every start."""
    words = tokens(f"{text.title}\n{text.body[:6000]}")
    if len(words) < _SHINGLE:
        return np.zeros(0, np.uint64)
    codes = np.fromiter((zlib.crc32(word.encode("utf-8", "replace")) for word in words), np.uint64, len(words))
    mixed = codes[:-2] * np.uint64(0x9E3779B97F4A7C15) ^ codes[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= codes[2:] * np.uint64(0x165667B19E3779F9)
    return np.unique(mixed >> np.uint64(32))


def _jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    either = len(one) + len(other) - shared
    return shared / either if either else 0.0


def _alike(shingles: Sequence[NDArray[np.uint64]]) -> Iterable[tuple[int, int]]:
    """Pairs with a true Jaccard of COPY_JACCARD or more among those that MinHash proposes."""
    index = MinHashLSH(params=(16, 4), num_perm=_PERMUTATIONS)
    for place, found in enumerate(shingles):
        if len(found) < _ENOUGH_SHINGLES:
            continue
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=int)
        sketch.update_batch(found)
        for other in sorted(index.query(sketch)):
            if _jaccard(found, shingles[other]) >= COPY_JACCARD:
                yield place, other
        index.insert(place, sketch, check_duplication=False)
