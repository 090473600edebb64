"""Headlines that name a place in the paper, not a happening: "Morning briefing", "Letters to the editor"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from digest.editorial.text.calendar import calendar
from digest.editorial.text.doc import Doc, Encoded, Ints
from digest.editorial.text.stopwords import stop_words

_BARE = 2
"""Words of a headline without a text beside it, up to which it says nothing where others bear the same."""

Key = tuple[str, ...]


def without_rubrics(docs: Sequence[Doc], encoded: Encoded) -> tuple[list[Doc], Encoded]:
    """The docs and their words, without the headlines that are rubrics.

    A rubric is borne by two texts or more, and none of its words stands in the text below it: what it would join has
    nothing in common. Days, months and numbers in it do not make it another.
    """
    words = {code: word for word, code in encoded.vocabulary.items()}
    keys = [_key(head, words, doc.language) for head, doc in zip(encoded.heads, docs, strict=True)]
    borne: dict[Key, int] = {}
    for key in keys:
        borne[key] = borne.get(key, 0) + 1
    hollow = {
        place
        for place, (key, body) in enumerate(zip(keys, encoded.bodies, strict=True))
        if key and borne[key] > 1 and _says_nothing(key, body, words)
    }
    if not hollow:
        return list(docs), encoded
    nothing = np.zeros(0, np.int64)
    heads = tuple(nothing if place in hollow else head for place, head in enumerate(encoded.heads))
    bare = [replace(doc, title="") if place in hollow else doc for place, doc in enumerate(docs)]
    return bare, replace(encoded, heads=heads)


def _key(head: Ints, words: dict[int, str], language: str) -> Key:
    """The headline's words without function words, dates and numbers."""
    left_out = stop_words(language) | calendar(language)
    return tuple(word for word in (words[code] for code in head.tolist()) if word not in left_out and word[0] > "9")


def _says_nothing(key: Key, body: Ints, words: dict[int, str]) -> bool:
    if not len(body):
        return len(key) <= _BARE
    return not set(key) & {words[code] for code in body.tolist()}
