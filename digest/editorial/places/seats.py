"""Which countries a story is about: of those that it names, not who only seats a body, hosts others or stays away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from digest.editorial.places.mentions import Manner, Mention, mentions
from digest.editorial.places.placenames import towns_where
from digest.editorial.places.towns_named import names_abroad
from digest.editorial.text.sentences import sentences
from digest.model.story import Story

EUROPEAN_UNION = "EU"
"""What Brussels stands for where the Union acts: no country, and in Europe."""
OPENING = 1_200
_FIRST = 500
_BEFORE = 60
_EU = (
    r"\bE\.?U\b|\bEuropean (?:Union|Commission|Council|Parliament|Court of Auditors)|\bMEPs?\b|\bvon der Leyen\b|"
    r"\bUnion européenne|\bCommission européenne|\bEuropäische[nr]? (?:Union|Kommission)|\bUnión Europea|"
    r"\bComisión Europea|\bUnione europea|\bCommissione europea|\bComissão Europeia|\bUnião Europeia|"
    r"\bEuropese (?:Unie|Commissie)|\bUE\b"
)
_UN = r"\bU\.?N\b|\bUnited Nations|\bONU\b|\bNations unies|\bVereinte[nr]? Nationen|\bNaciones Unidas|\bUNO\b"
_UNION = re.compile(_EU)
_SEATED: dict[str, str] = {
    "brussels": rf"{_EU}|\bN(?:ATO|ato)\b|\bOTAN\b",
    "geneva": (
        rf"{_UN}|\bWHO\b|\bWorld Health Organi[sz]ation|\bWTO\b|\bWorld Trade Organi[sz]ation|\bRed Cross\b|\bICRC\b|"
        r"\bUNHCR\b|\bILO\b|\bOMS\b|\bOMC\b|\bHuman Rights Council"
    ),
    "the-hague": r"\bInternational Criminal Court|\bInternational Court of Justice|\bIC[CJ]\b|\bOPCW\b|\btribunal",
    "vienna": rf"\bIAEA\b|\bAtomic Energy Agency|\bO[Pp][Ee][Cc]\b|\bOSCE\b|{_UN}",
    "new-york": rf"{_UN}|\bSecurity Council",
    "washington": r"\bIMF\b|\bInternational Monetary Fund|\bWorld Bank\b|\bFMI\b|\bOrgani[sz]ation of American States",
    "paris": r"\bOECD\b|\bOCDE\b|\bU(?:NESCO|nesco)\b|\bInternational Energy Agency|\bIEA\b",
    "rome": r"\bFAO\b|\bFood and Agriculture Organi[sz]ation|\bWorld Food Programme|\bWFP\b",
    "addis-ababa": r"\bAfrican Union\b|\bUnion africaine\b",
    "cairo": r"\bArab League\b",
    "nairobi": r"\bUNEP\b|\bU\.?N\.? Environment",
    "lyon": r"\bI(?:NTERPOL|nterpol)\b",
}
"""Cities, and the bodies of many countries that sit there."""


def _in_every_language(*cities: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(cities).union(name for _, english, name, _ in names_abroad() if english in cities)


_OF_THE_UNION = _in_every_language(("brussels",))
_BY_NAME = _OF_THE_UNION | _in_every_language(("geneva",), ("the", "hague"))
"""Those that stand for the body wherever they are named. Another capital stands for its government, but behind "in"."""
_TALKS = re.compile(
    r"\b(?:talks?|negotiat\w+|summits?|conferences?|treat(?:y|ies)|delegat(?:es|ions?)|envoys|"
    r"négociations?|pourparlers|sommet|conférence|verhandlungen|gipfel|konferenz|negociaciones|cumbre|conferencia|"
    r"negoziati|vertice|negociações|cúpula|onderhandelingen|top)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\b(?:\w*(?:talks|negotiations|gespräche|verhandlungen)|pourparlers|négociations|discussions|negociaciones|"
    r"conversaciones|diálogo|negoziati|colloqui|negociações|conversações|onderhandelingen|gesprekken)\b",
    re.IGNORECASE,
)
"""What others may hold in a city that is not theirs."""
_OF_MANY = re.compile(
    r"\b\d{2,3} (?:states|countries|nations|governments|pays|états|staaten|länder|países|estados|paesi|landen)\b|"
    r"\b(?:peace|ceasefire|truce|nuclear|climate|trade|disarmament|plastics?|global|world|international|U\.?N\.?)"
    r"(?: \w+)? (?:talks?|negotiations|summit|conference|treaty)\b|\bCOP\d\d\b|\bG(?:7|8|20)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _seats() -> dict[tuple[str, ...], re.Pattern[str]]:
    return {
        name: re.compile(said) for city, said in _SEATED.items() for name in _in_every_language(tuple(city.split("-")))
    }


_NEAR = re.compile(
    r"\b(?:near|nearby|close to|outside|next to|opposite|around|not far from|metres from|yards from|"
    r"près d[eu]|proche d[eu]|à côté d[eu]|non loin d[eu]|nahe|unweit|neben|in der nähe|"
    r"cerca de|junto a|frente a|vicino a|accanto a|perto d[aeo]|"
    r"vlak bij|nabij|dicht bij|niet ver van)\W(?:[^\W.;]+\W+){0,4}\Z",
    re.IGNORECASE,
)
"""Beside a body's house it has nothing to do with what happens."""
_LOCAL = re.compile(
    r"(?:[’']s)?(?: ?:| (?:airports?|police|metro|trams?|courts?|mayor|city|hospitals?|schools?|streets?|suburbs?|"
    r"residents?|fire|regions?|police officers?|museums?|hotels?)\b)",
    re.IGNORECASE,
)
"""What stands behind the name of a city where it is the city."""


class Reports:
    """How the reports of an event begin and what they say, looked up once, and only where a seat is named."""

    def __init__(self, stories: Sequence[Story]) -> None:
        self._stories = stories
        self._named: dict[tuple[re.Pattern[str], bool], bool] = {}

    def name(self, body: re.Pattern[str], *, anywhere: bool) -> bool:
        """True where they name the body at their beginning, or anywhere: more than what is near its house."""
        asked = (body, anywhere)
        if asked not in self._named:
            self._named[asked] = _names(body, self.say if anywhere else self.begin)
        return self._named[asked]

    @cached_property
    def talk(self) -> bool:
        """True where they begin with talks of many."""
        return _TALKS.search(self.begin) is not None and _OF_MANY.search(self.begin) is not None

    @cached_property
    def between(self) -> bool:
        """True where they begin with talks."""
        return _BETWEEN.search(self.begin) is not None

    @cached_property
    def begin(self) -> str:
        """Headlines and first sentences: a body that is named further down is only beside what happens."""
        return " \n ".join(map(_begins, self._stories))

    @cached_property
    def say(self) -> str:
        """The same and what follows."""
        return " \n ".join(f"{one.headline} . {one.standfirst} {one.text[:OPENING]}" for one in self._stories)


def about(story: Story, reports: Reports) -> tuple[tuple[Mention, ...], tuple[Mention, ...]]:
    """The countries that its headline and that its first lines are about, in the order of naming.

    One that is named by a city alone is not where a body of many countries sits in that city and the report begins with
    it, or where others talk there. Neither is one that the text says to be without. Where nothing else is named a known
    town behind "in" counts for its country. `reports`: all of the event, another of which may say what the body is.
    """
    body = f"{story.standfirst} {story.text[:OPENING]}"
    head, said = mentions(story.headline, story.language), mentions(body, story.language)
    seated = _Seated.of(story.headline, head, said, reports)
    return (
        seated.counting(head) if head else _towns(story.headline, story.language),
        seated.counting(said) if said else _towns(body, story.language),
    )


def _begins(story: Story) -> str:
    first = (sentences(text[:_FIRST], story.language)[:1] for text in (story.standfirst, story.text))
    return " . ".join((story.headline, *(sentence for found in first for sentence in found)))


@dataclass(frozen=True, slots=True)
class _Seated:
    """What a report says of bodies of many countries, and which countries it names by more than their seats."""

    reports: Reports
    sure: frozenset[str]
    where: frozenset[tuple[str, ...]]
    """Cities that stand behind "in"."""
    acting: frozenset[tuple[str, ...]]
    """Cities that do something in the headline: "Brussels fines ..."."""

    @classmethod
    def of(cls, headline: str, head: Sequence[Mention], said: Sequence[Mention], reports: Reports) -> _Seated:
        return cls(
            reports,
            frozenset(one.country for part in (head, said) for one, seat in _behind_seats(part) if not seat),
            frozenset(one.name for one in (*head, *said) if one.manner is Manner.WHERE),
            frozenset(
                one.name for one in head
                if one.manner is not Manner.WHERE and not _is_city(" ".join(one.name), headline)
            ),
        )  # fmt: skip

    def counting(self, found: Sequence[Mention]) -> tuple[Mention, ...]:
        """What is left of these, in its order."""
        judged = (self._judged(one) if seat and one.country not in self.sure else one
                  for one, seat in _behind_seats(found) if not one.absent)  # fmt: skip
        return tuple(one for one in judged if one is not None)

    def _judged(self, mention: Mention) -> Mention | None:
        body = _seats().get(mention.name)
        if body is None:
            return None  # Belgium, behind Brussels
        told = mention.name in self.where
        of_the_union = mention.name in _OF_THE_UNION
        anywhere = of_the_union and mention.name in self.acting
        if (told or mention.name in _BY_NAME) and self.reports.name(body, anywhere=anywhere):
            union = of_the_union and self.reports.name(_UNION, anywhere=anywhere)
            return replace(mention, country=EUROPEAN_UNION) if union else None
        # Sudan's truce talks in Geneva are Sudan's, though Geneva is where they are.
        others = self.reports.between and not self.sure <= {mention.country}
        return None if told and (self.reports.talk or others) else mention


def _names(body: re.Pattern[str], text: str) -> bool:
    """True where the text names the body, and not only what is near its house."""
    return any(not _NEAR.search(text, max(0, found.start() - _BEFORE), found.start()) for found in body.finditer(text))


def _is_city(name: str, headline: str) -> bool:
    place = headline.casefold().find(name)
    return place >= 0 and _LOCAL.match(headline, place + len(name)) is not None


def _behind_seats(found: Sequence[Mention]) -> Iterator[tuple[Mention, bool]]:
    """Each with whether it is a seat, or says only where the seat before it lies: "Brussels, Belgium"."""
    seats = _seats()
    for last, mention in zip((None, *found), found, strict=False):
        lies = last is not None and last.name in seats and (last.country, last.at + len(last.name)) == (
            mention.country, mention.at
        )  # fmt: skip
        yield mention, lies or mention.name in seats


def _towns(text: str, language: str) -> tuple[Mention, ...]:
    return tuple(Mention(country=country, manner=Manner.WHERE) for country in towns_where(text, language))
