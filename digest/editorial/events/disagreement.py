"""Where two texts disagree: countries, places, names and numbers that tell two happenings of one kind apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.events.happening import Happening
from digest.editorial.kinds.newswords import HARD
from digest.editorial.places.mentions import countries, names_any
from digest.editorial.places.placenames import nested, places_in, town_countries
from digest.editorial.places.placenames_abroad import town_of
from digest.editorial.text.calendar import calendar
from digest.editorial.text.doc import Doc, Encoded, Ints
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import number_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COUNTRIES_DISAGREE = 0.15
PLACES_DISAGREE = 0.15
NAMES_DISAGREE = 0.8
NUMBERS_DISAGREE = 0.8
OTHERS_AND_FIGURES = 0.15
"""What is left of the nearness of two texts that disagree; measured in docs/why/events.md."""

_BODY_WORDS = (
    "bank central national federal reserve united real city club fc company group party court supreme ministry "
    "minister university police state states president prime world league cup banque banco banca zentralbank "
    "reserva"
)
BODIES = frozenset(_BODY_WORDS.split())
"""Words that many bodies bear: two headlines that share them may name two."""
_FIRST_WORDS = 25
_NUMBERED_WORDS = 60
_OPENING = 600
_OPENING_WORDS = 120
_NOUNS_IN_CAPITALS = frozenset({"de"})
_OTHER_SCRIPTS = "\u0370"

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Of every text, as rows of ones: what its headline names, what it names at all, and its first numbers.

    Days and months name nothing.
    """

    head_countries: csr_matrix
    countries: csr_matrix
    head_names: csr_matrix
    names: csr_matrix
    """Of the words of the text those that stand as a name in anybody's headline."""
    head_places: csr_matrix
    places: csr_matrix
    """Of the words of the text those that anybody's headline names as a place."""
    head_others: csr_matrix
    """Of the names in its headline those that one body alone bears, over the columns of `names`."""
    openers: csr_matrix
    """The name that its headline begins with: who does it, whatever both do it for."""
    deeds: csr_matrix
    """What such a headline says of that name: its other words, without numbers and function words."""
    numbers: csr_matrix
    head_numbers: csr_matrix
    happening: Happening

    @classmethod
    def of(cls, docs: Sequence[Doc], encoded: Encoded, named: Sequence[frozenset[str]]) -> Disagreement:
        """Read the docs; `named` are their names, those of the title included."""
        words = list(encoded.vocabulary)
        told = [
            _countries(
                doc, [words[code] for code in head.tolist()], [words[code] for code in body[:_OPENING_WORDS].tolist()]
            )
            for doc, head, body in zip(docs, encoded.heads, encoded.bodies, strict=True)
        ]
        head_countries, all_countries = zip(*told, strict=True) if told else ((), ())
        places = {code: column for column, code in enumerate(sorted(set().union(*all_countries)))}
        titled = [
            found.intersection(words[code] for code in head.tolist()) - calendar(doc.language)
            for doc, found, head in zip(docs, named, encoded.heads, strict=True)
        ]
        spots = [_places(doc) for doc in docs]
        sites = {name: column for column, name in enumerate(sorted(set().union(*spots)))}
        opening = _openers(docs)
        columns = {name: column for column, name in enumerate(sorted(set(opening).union(*titled) - {""}))}
        numbers, head_numbers = _numbers(encoded)
        return cls(
            head_countries=_rows([[places[code] for code in found] for found in head_countries], len(places)),
            countries=_rows([[places[code] for code in found] for found in all_countries], len(places)),
            head_names=_rows([[columns[name] for name in found] for found in titled], len(columns)),
            names=_said(encoded, columns),
            head_others=_rows(
                [
                    [columns[name] for name in (found | {first}) - BODIES - {""}]
                    for found, first in zip(titled, opening, strict=True)
                ],
                len(columns),
            ),
            openers=_rows([[columns[first]] if first else [] for first in opening], len(columns)),
            deeds=_deeds(encoded, opening),
            head_places=_rows([[sites[name] for name in found] for found in spots], len(sites)),
            places=_said(encoded, sites, abroad=True),
            numbers=numbers,
            head_numbers=head_numbers,
            happening=Happening.of(docs, encoded, named),
        )

    def other_countries(self, left: Ints, right: Ints) -> Flags:
        """Whether every row of `left` and every row of `right` each name a country that the other does not."""
        heads, whole = self.head_countries, self.countries
        ours = _sizes(heads)[left][:, None] > (heads[left] @ whole[right].T).toarray()
        theirs = _sizes(heads)[right][None, :] > (whole[left] @ heads[right].T).toarray()
        found: Flags = ours & theirs
        return found

    def told_apart(self, left: Ints, right: Ints) -> Flags:
        """Whether every row of `left` and every row of `right` tell of two happenings, whatever words they share.

        Of other countries, of another kind, with nothing in common beside names, or with headlines that name others.
        """
        heads, whole = self.head_names, self.names
        there = _sizes(heads) > 0
        common = (heads[left] @ whole[right].T).toarray() + (whole[left] @ heads[right].T).toarray()
        strangers = there[left][:, None] & there[right][None, :] & (common == 0)
        found: Flags = strangers | self.other_countries(left, right) | (self.happening.between(left, right) < 1)
        return found

    def between(self, left: Ints, right: Ints) -> Floats:
        """The factor for the nearness of every row of `left` to every row of `right`."""

        def shared(one: csr_matrix, other: csr_matrix) -> Floats:
            product: Floats = (one[left] @ other[right].T).toarray()
            return product

        def lacking(one: csr_matrix, other: csr_matrix) -> Flags:
            """Each has something in its headline that the other's text does not have."""
            ours = _sizes(one)[left][:, None] > shared(one, other)
            theirs = _sizes(one)[right][None, :] > shared(other, one)
            found: Flags = ours & theirs
            return found

        def strange(one: csr_matrix, other: csr_matrix) -> Flags:
            """Each has something in its headline, and nothing of it the other's text."""
            there = _sizes(one) > 0
            both = there[left][:, None] & there[right][None, :]
            found: Flags = both & (shared(one, other) == 0) & (shared(other, one) == 0)
            return found

        def alike() -> Flags:
            sizes = _sizes(self.deeds)
            found: Flags = 2 * shared(self.deeds, self.deeds) >= np.minimum(sizes[left][:, None], sizes[right][None, :])
            return found

        return _factor(
            lacking(self.head_countries, self.countries),
            strange(self.head_places, self.places),
            lacking(self.head_names, self.names),
            strange(self.numbers, self.numbers),
            (strange(self.head_others, self.names) | (strange(self.openers, self.names) & alike()))
            & lacking(self.head_numbers, self.numbers),
        ) * self.happening.between(left, right)

    def elsewhere(self, left: Ints, right: Ints) -> Flags:
        """Whether left[i] and right[i] name other countries, places or bodies, or tell of another kind of happening."""
        apart = self._of_names(left, right) <= max(COUNTRIES_DISAGREE, PLACES_DISAGREE, OTHERS_AND_FIGURES) + 1e-6
        found: Flags = apart | self.happening.other_kind(left, right)
        return found

    def of_pairs(self, left: Ints, right: Ints) -> Floats:
        """The factor for the nearness of left[i] to right[i], for every i."""
        return self._of_names(left, right) * self.happening.of_pairs(left, right)

    def _of_names(self, left: Ints, right: Ints) -> Floats:
        def lacking(one: csr_matrix, other: csr_matrix) -> Flags:
            sizes = _sizes(one)
            found: Flags = (sizes[left] > _shared(one[left], other[right])) & (
                sizes[right] > _shared(one[right], other[left])
            )
            return found

        def strange(one: csr_matrix, other: csr_matrix) -> Flags:
            there = _sizes(one) > 0
            none = (_shared(one[left], other[right]) == 0) & (_shared(one[right], other[left]) == 0)
            found: Flags = there[left] & there[right] & none
            return found

        def alike() -> Flags:
            sizes = _sizes(self.deeds)
            found: Flags = 2 * _shared(self.deeds[left], self.deeds[right]) >= np.minimum(sizes[left], sizes[right])
            return found

        return _factor(
            lacking(self.head_countries, self.countries),
            strange(self.head_places, self.places),
            lacking(self.head_names, self.names),
            strange(self.numbers, self.numbers),
            (strange(self.head_others, self.names) | (strange(self.openers, self.names) & alike()))
            & lacking(self.head_numbers, self.numbers),
        )


def _factor(countries_apart: Flags, places_apart: Flags, named: Flags, numbered: Flags, others: Flags) -> Floats:
    # Another country is another place as well: that is one disagreement.
    there = np.where(countries_apart, COUNTRIES_DISAGREE, np.where(places_apart, PLACES_DISAGREE, 1.0))
    said = np.where(named, NAMES_DISAGREE, 1.0) * np.where(numbered, NUMBERS_DISAGREE, 1.0)
    # "Bank of England cuts rates to 3.75%", "European Central Bank cuts rates to 1.75%".
    return (there * np.where(others, np.minimum(said, OTHERS_AND_FIGURES), said)).astype(np.float32)


def _shared(one: csr_matrix, other: csr_matrix) -> Floats:
    product: Floats = np.asarray(one.multiply(other).sum(axis=1), np.float32).ravel()
    return product


def _sizes(matrix: csr_matrix) -> Ints:
    sizes: Ints = np.diff(matrix.indptr).astype(np.int64)
    return sizes


def _rows(columns: Sequence[Sequence[int]], width: int) -> csr_matrix:
    """A row of ones for each sequence of distinct columns."""
    from scipy.sparse import csr_matrix

    ends = np.concatenate(([0], np.cumsum([len(found) for found in columns]))).astype(np.int64)
    flat = np.array([column for found in columns for column in sorted(found)], np.int64)
    return csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(columns), max(width, 1)))


def _countries(doc: Doc, head: Sequence[str], body: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Countries of the headline, of the first words where it names none; and of the whole beginning."""
    # "U.S." is no word. For the rest a look at the words that are known already spares most texts the reading.
    inside, titled = frozenset[str](), frozenset[str]()
    if "U." in doc.text[:_OPENING] or names_any(body, doc.language):
        inside = frozenset(countries(doc.text[:_OPENING], doc.language))
    if "U." in doc.title or names_any(head, doc.language):
        titled = frozenset(countries(doc.title, doc.language))
    # Who names Hamburg names Germany.
    inside |= town_countries(body)
    titled = titled or town_countries(head)
    if not titled and inside:
        titled = frozenset(countries(" ".join(doc.text[:_OPENING].split()[:_FIRST_WORDS]), doc.language))
    return titled, titled | inside


def _openers(docs: Sequence[Doc]) -> list[str]:
    """Of each doc the name that its headline begins with, "Nvidia posts record revenue", or empty.

    A word in front has a capital anyway: it is a name where no text of all writes it small.
    """
    found = [_opener(doc) for doc in docs]
    wanted = set(found)
    small: set[str] = set()
    for doc in docs if wanted - {""} else ():
        small |= wanted.intersection(doc.text[:_OPENING].split())
    return ["" if first in small else first for first in found]


def _opener(doc: Doc) -> str:
    words = doc.title.split()
    if len(words) < 2 or not words[1].islower() or doc.language in _NOUNS_IN_CAPITALS or not words[0][:1].isupper():
        return ""
    first = words[0].casefold()
    told = first.isalpha() and words[0] in doc.text[:_OPENING] and first not in stop_words(doc.language)
    return first if told and len(first) > 2 and not number_of(first) and first not in HARD.get(doc.language, ()) else ""


def _deeds(encoded: Encoded, opening: Sequence[str]) -> csr_matrix:
    """Of each doc whose headline begins with a name the other words of that headline.

    Two names of one happening do two things, "Trump sends troops" and "Kotek sues over troops"; of two they do one.
    """
    words = list(encoded.vocabulary)
    said = [
        sorted(
            code
            for code in set(head.tolist())
            if first not in {"", words[code]} and words[code] not in stop_words(language) and not number_of(words[code])
        )
        for head, first, language in zip(encoded.heads, opening, encoded.languages, strict=True)
    ]
    return _rows(said, len(words))


def _places(doc: Doc) -> frozenset[str]:
    """Places inside a country that the headline names; where it names none, those of the first words.

    For a place that others lie in, those: of two towns in Ohio each is another one.
    """
    opening = " ".join(doc.text[:_OPENING].split()[:_FIRST_WORDS])
    found = places_in(doc.title, doc.language) or places_in(opening, doc.language, shouted=False)
    for wider, inner in nested(f"{doc.title} . {opening}", doc.language).items() if found else ():
        if wider in found:
            found = found - {wider} | inner
    return found


def _said(encoded: Encoded, columns: dict[str, int], *, abroad: bool = False) -> csr_matrix:
    table = np.full(len(encoded.vocabulary) + 1, -1, np.int64)
    for name, column in columns.items():
        if name in encoded.vocabulary:
            table[encoded.vocabulary[name]] = column
    for word, code in encoded.vocabulary.items() if abroad else ():
        # Other scripts write a name with endings and prefixes.
        if word[0] >= _OTHER_SCRIPTS and (column := columns.get(town_of(word), -1)) >= 0:
            table[code] = column
    return _rows([_distinct(table[words]) for words in _whole(encoded)], len(columns))


def _numbers(encoded: Encoded) -> tuple[csr_matrix, csr_matrix]:
    """Numbers of the headline and the first words, "three" and "3" as one; and those of the headline alone."""
    meant: dict[str, int] = {}
    table = np.full(len(encoded.vocabulary) + 1, -1, np.int64)
    for word, code in encoded.vocabulary.items():
        if number := number_of(word):
            table[code] = meant.setdefault(number, len(meant))
    return (
        _rows([_distinct(table[words]) for words in _whole(encoded, _NUMBERED_WORDS)], len(meant)),
        _rows([_distinct(table[head]) for head in encoded.heads], len(meant)),
    )


def _whole(encoded: Encoded, words: int | None = None) -> Iterable[Ints]:
    return (np.concatenate((head, body[:words])) for head, body in zip(encoded.heads, encoded.bodies, strict=True))


def _distinct(columns: Ints) -> list[int]:
    return sorted(set(columns[columns >= 0].tolist()))
