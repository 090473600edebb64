"""Which countries a text names, and whether it says where or whose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.editorial.places.gazetteer import Named, first_words, names_of
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import is_title_case, located, tokens


class Manner(StrEnum):
    """How a country is named: as the place, by its name, or by its people."""

    WHERE = "where"
    NAME = "name"
    WHOSE = "whose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A country (ISO 3166 alpha-2), as the text names it, by which of its names.

    `doubtful`: in these capitals it may be a person. `absent`: the text says "without" it. `at`: which word begins it.
    """

    country: str
    manner: Manner
    doubtful: bool = False
    absent: bool = False
    name: tuple[str, ...] = ()
    at: int = 0


US = re.compile(r"\b(?:USA?\b|U\.S\.(?:A\.)?)(?!\w)")
UK = re.compile(r"\b(?:UK\b|U\.K\.)(?!\w)")
_LONGEST = 6
_INITIALS = frozenset({"us", "usa", "uk"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# "in Yemen" says where; "of Yemen" does not.
_WHERE = _words(
    "in near off at across inside outside around within into throughout dans près aux au en bei nahe im cerca presso "
    "nel nella perto na no nos bij nabij"
)
_WITHOUT = _words("without sans ohne sin senza sem zonder без")
_ARTICLES = _words("the les la le der die das den dem los las el gli il os as de het")
# Names of countries and cities that people bear: before a surname, or behind a first name.
_FIRST_NAMES = _words("chad jordan georgia paris london sydney kenya milan chelsea israel santiago")
_SURNAMES = _words("jordan ireland france london england holland israel cuba lima wales castillo santiago")
# Capitals beside a name that make nobody of it.
_NO_PERSON = _words(
    "north south east west northern southern eastern western central upper lower inside outside near king queen prince "
    "princess president minister premier ambassador team greater new old republic kingdom state states and of the "
    "olympics marathon bridge agreement valley university airport"
)
# What else the word for a country may be: the bird at a feast, the dishes, the pepper. Small letters say it everywhere.
_BESIDE_THE_BIRD = _words(
    "thanksgiving christmas poultry roast roasted roasting dinner dinners leftovers gravy stuffing recipe recipes "
    "oven sandwich sandwiches meat frozen supermarket supermarkets grocers grocery carving turkeys"
)
_OF_THE_COUNTRY = _words("ankara istanbul erdogan erdoğan turkish lira antalya izmir syria nato")
# ... and in Italian the fly, in Dutch to weep: Moscow and Vienna.
_COMMON_WORDS = _words("turkey china chile guinea mosca wenen")
# Georgia is a country and a state: what stands beside the state's name, and what names it anywhere.
_OFFICES = _words("governor gov senator sheriff county republican republicans democrat democrats gop bulldogs")
_OF_THE_STATE = _words("atlanta savannah augusta macon kemp fulton")
_STATES = _words(
    "ala alaska ariz ark calif colo conn del fla ga ill ind kan ky md mass mich minn miss mo mont neb nev okla ore pa "
    "tenn tex va vt wash wis wyo alabama arizona arkansas california colorado connecticut delaware florida georgia "
    "hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota "
    "mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont "
    "virginia wisconsin wyoming"
)
_PROVINCES = _words("ontario ont alberta manitoba saskatchewan")
_SUBNATIONAL = dict.fromkeys(_STATES, "US") | dict.fromkeys(_PROVINCES, "CA")


@dataclass(frozen=True, slots=True)
class _Text:
    raw: Sequence[str]
    words: Sequence[str]
    after: Sequence[str]
    """What stands between a word and the next."""
    language: str
    plain: bool
    """Capitals say something here."""
    american: bool
    """It speaks of the American state of Georgia."""
    feast: bool = False
    """It speaks of the bird, and of nothing Turkish."""
    capitals: bool = False
    """Names are written with capitals in it."""


def mentions(text: str, language: str = "en") -> tuple[Mention, ...]:
    """Every naming of a country in the text, in its order.

    Left out are people ("Michael Jordan"), towns of another country ("Lebanon, Pennsylvania") and what only holds
    the name of one (the South China Sea).
    """
    text = UK.sub("Unitedkingdomofbritain", US.sub("Unitedstatesofamerica", text))
    words = tokens(text)
    named = _named(words, language)
    if not named:
        return ()
    read = _read(text, words, language)
    found = (_mention(read, place, length, one) for place, length, one in named)
    return tuple(mention for mention in found if mention is not None)


def names_any(words: Sequence[str], language: str) -> bool:
    """True where countries may be named by these words of `tokens`: a quick look before the careful one."""
    return bool(_named(words, language)) or not _INITIALS.isdisjoint(words)


def _named(words: Sequence[str], language: str) -> list[tuple[int, int, Named]]:
    """(place, number of words, what they stand for) of every name, the longest at each place."""
    firsts, names = first_words(language), names_of(language)
    found: list[tuple[int, int, Named]] = []
    end = 0
    for place, word in enumerate(words):
        if word not in firsts or place < end:
            continue
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            named = names.get(tuple(words[place : place + length]))
            if named is not None:
                found.append((place, length, named))
                end = place + length
                break
    return found


def countries(text: str, language: str = "en") -> Counter[str]:
    """How often each country is named, by itself, its capital, its people or a face of it; the doubtful left out."""
    return Counter(mention.country for mention in mentions(text, language) if not mention.doubtful)


def _read(text: str, words: Sequence[str], language: str) -> _Text:
    spans = located(text)
    if not spans:
        return _Text(words, words, [" "] * len(words), language, plain=False, american=False)
    ends = [*(span.start() for span in spans[1:]), len(text)]
    said = frozenset(words)
    return _Text(
        raw=[span[0] for span in spans],
        words=words,
        after=[text[span.end() : end] for span, end in zip(spans, ends, strict=True)],
        language=language,
        plain=not is_title_case(text) and not text.isupper(),
        american=not said.isdisjoint(_OF_THE_STATE),
        feast=not said.isdisjoint(_BESIDE_THE_BIRD) and said.isdisjoint(_OF_THE_COUNTRY),
        capitals=any(span[0][:1].isupper() for span in spans),
    )


def _mention(text: _Text, place: int, length: int, named: Named) -> Mention | None:
    if not named.country:
        return None
    last = place + length - 1
    following = text.words[last + 1] if last + 1 < len(text.words) else ""
    before = text.words[place - 1] if place else ""
    if text.after[last].startswith(",") and following in _SUBNATIONAL and following != text.words[last]:
        return Mention(country=_SUBNATIONAL[following], manner=Manner.WHERE)
    country = named.country
    doubtful = False
    if length == 1:
        if text.words[place] in _COMMON_WORDS and text.raw[place][:1].islower() and text.capitals:
            return None
        if text.words[place] == "turkey" and text.feast:
            return None
        if text.words[place] == "georgia" and (text.american or following in _OFFICES):
            country = "US"
        elif _is_person(text, place, before, following):
            if text.plain:
                return None
            doubtful = True
    manner = Manner.WHOSE if named.whose else Manner.WHERE if before in _WHERE else Manner.NAME
    ahead = text.words[place - 2] if place > 1 and before in _ARTICLES else before
    name = tuple(text.words[place : place + length])
    return Mention(
        country=country, manner=manner, doubtful=doubtful, absent=ahead in _WITHOUT, name=name, at=place
    )  # fmt: skip


def _is_person(text: _Text, place: int, before: str, following: str) -> bool:
    """True where the word stands directly beside another one with a capital, as a first name or a surname does."""
    word = text.words[place]

    def beside(other: int, gap: int) -> bool:
        name = text.words[other]
        return (
            text.after[gap] == " "
            and text.raw[other][:1].isupper()
            and name not in _NO_PERSON
            and name not in stop_words(text.language)
            and (name,) not in names_of(text.language)
        )

    if word in _FIRST_NAMES and following and beside(place + 1, place):
        return True
    return word in _SURNAMES and bool(before) and beside(place - 1, place - 1)
