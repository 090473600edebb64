"""Whom "he", "she" or "it" at the head of a sentence means: told only where the sentence before names just one."""

from __future__ import annotations

import re

from digest.editorial.calendar import calendar
from digest.editorial.mentions import countries
from digest.editorial.placenames import places_in
from digest.editorial.stopwords import stop_words

_PRONOUN = re.compile(r"\A(he|she|it) [a-z]", re.IGNORECASE)
_NAME = re.compile(r"(?<![^\W_])[A-ZÀ-ÖØ-Þ](?:\.|[\w’'-]*)(?: [A-ZÀ-ÖØ-Þ](?:\.(?=\s)|[\w’'-]*))*")
_BODIES = (
    "academy agency airlines army assembly association authority bank board church city club college commission "
    "committee company conference congress corporation council court department east federation foundation fund "
    "government group hospital house industries institute international league ministry nations north office "
    "organisation organization parliament party police river school senate service south state states street supreme "
    "team times union united university west world"
)
_NO_PERSON = frozenset(_BODIES.split())
"""Words that make a run of capitals the name of a body or a place."""


def goes_on(sentence: str, before: str, language: str) -> bool:
    """Whether the English sentence begins with a pronoun that can only mean the one name in the sentence `before`.

    He and she need one full name of a person and no other name but of places; it needs one name, and of no person.
    """
    said = _PRONOUN.match(sentence)
    if said is None or language != "en":
        return False
    small = stop_words(language) | calendar(language)
    found = [name for match in _NAME.finditer(before) if (name := _name(match[0], small, first=not match.start()))]
    people = [name for name in found if len(name) > 1 and _NO_PERSON.isdisjoint(map(str.casefold, name))]
    people = [name for name in people if not _is_place(" ".join(name), language)]
    if said[1].casefold() == "it":
        return len(found) == 1 and not people
    others = [name for name in found if name not in people and not _is_place(" ".join(name), language)]
    return len(people) == 1 and not others


def _name(run: str, small: frozenset[str], *, first: bool) -> tuple[str, ...]:
    """The words of a run without small ones; of one that only begins the sentence with a capital nothing is left."""
    words = [word for word in run.split() if word.casefold() not in small]
    return () if first and len(words) == 1 and not countries(run) else tuple(words)


def _is_place(name: str, language: str) -> bool:
    return (bool(countries(name, language)) and len(name.split()) == 1) or name.casefold() in places_in(name, language)
