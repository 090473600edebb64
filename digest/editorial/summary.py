"""Whether a summary that a machine wrote may be published: nothing in it that its sources do not say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.editorial.clean import plain
from digest.editorial.quotation import balanced
from digest.editorial.words import numbers, tokens

_MARKUP = re.compile(r"[<>{}\[\]`*_#|\\]|https?:|www\.|\n")
_CAPITAL = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST = 4


def objection(summary: str, sources: Sequence[str], *, limit: int) -> str:
    """Why it may not be published, in words; empty where nothing speaks against it.

    Every number and every word with a capital, also the first one of a sentence, must stand in the sources.
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
    strange = sorted(numbers(summary) - numbers(said))
    if strange:
        return f"the sources do not hold the number {strange[0]}"
    known = frozenset(map(_bare, _CAPITAL.findall(said)))
    for word in _CAPITAL.findall(summary):
        if word[0].isupper() and _bare(word) not in known:
            return f"the sources do not hold the name {word!r}"
    return ""


def _bare(word: str) -> str:
    """Without case and without an English genitive."""
    return re.sub(r"['’]s?\Z", "", word.casefold())
