"""Whom "he", "she", "it" or "they" at the head of a sentence means: told where the sentence before has just one."""

from __future__ import annotations

import re

from digest.editorial.places.mentions import countries
from digest.editorial.places.placenames import places_in
from digest.editorial.text.calendar import calendar
from digest.editorial.text.spellings import one_way
from digest.editorial.text.stopwords import stop_words

_PRONOUN = re.compile(r"\A(he|she|it|they) [a-z]", re.IGNORECASE)
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
_COLLECTIVES = _NO_PERSON | {
    "band", "cabinet", "club", "company", "couple", "crew", "family", "firm", "jury", "staff", "team",
}  # fmt: skip
"""One thing that "they" may mean as well as several."""
_SEVERAL = frozenset({"children", "men", "people", "police", "women"})
_AMOUNTS = (
    "centimetres cents days decades degrees dollars dozens euros feet francs hours hundreds kilograms kilometers "
    "kilometres kilos litres meters metres miles millions billions minutes months points pounds roubles rubles rupees "
    "scores seconds shillings thousands times tonnes tons trillions weeks years yuan"
)
_ONE = "always analysis bus campus chaos crisis diagnosis gas gross headquarters himself itself lens news perhaps "
_NOT_SEVERAL = frozenset(f"{_AMOUNTS} {_ONE} politics process series status tennis thus unless virus yes".split())
"""Words with the ending of a plural that "they" does not mean: how much and how long, and words of one thing."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TWO_NAMES = re.compile(rf"{_NAME.pattern},? and {_NAME.pattern}")


def goes_on(sentence: str, before: str, language: str) -> bool:
    """Whether the English sentence begins with a pronoun that can only mean the one name in the sentence `before`.

    He and she need one full name of a person and no other name but of places; it needs one name, and of no person; they
    needs one noun of several, or two full names joined by "and" and no such noun.
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
    if said[1].casefold() == "they":
        pair = len(people) == 2 and not others and _TWO_NAMES.search(before) is not None
        return _tells_of_several(before, language, pair=pair)
    return len(people) == 1 and not others


def _tells_of_several(sentence: str, language: str, *, pair: bool) -> bool:
    """Whether "they" can only mean one thing: the one noun of several, or the pair of people.

    A verb such as "says" looks like such a noun: then nothing is sure, and nothing is said.
    """
    words = _WORD.findall(sentence)
    if not _COLLECTIVES.isdisjoint(map(str.casefold, words)):
        return False
    small = stop_words(language) | calendar(language) | _NOT_SEVERAL
    several = {
        (word.casefold(), place == 0 or word.islower())
        for place, word in enumerate(words)
        if _is_plural(word.casefold()) and word.casefold() not in small and not _is_place(word, language)
    }
    if pair:
        return not several
    return len(several) == 1 and all(common for _, common in several)


def _is_plural(word: str) -> bool:
    return word in _SEVERAL or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")))


def _name(run: str, small: frozenset[str], *, first: bool) -> tuple[str, ...]:
    """The words of a run without small ones; of one that only begins the sentence with a capital nothing is left."""
    words = [word for word in run.split() if word.casefold() not in small]
    return () if first and len(words) == 1 and not countries(run) else tuple(words)


def _is_place(name: str, language: str) -> bool:
    return (bool(countries(name, language)) and len(name.split()) == 1) or one_way(name.casefold()) in places_in(
        name, language
    )
