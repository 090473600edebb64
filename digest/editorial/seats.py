"""Which countries a story is about: of those that it names, not who only seats a body, hosts others or stays away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from digest.editorial.mentions import Manner, Mention, mentions
from digest.editorial.placenames import towns_where
from digest.model.story import Story

EUROPEAN_UNION = "EU"
"""What Brussels stands for where the Union acts: no country, and in Europe."""
OPENING = 1_200
_EU = (
    r"\bE\.?U\b|\bEuropean (?:Union|Commission|Council|Parliament|Court of Auditors)|\bMEPs?\b|\bvon der Leyen\b|"
    r"\bUnion européenne|\bCommission européenne|\bEuropäische[nr]? (?:Union|Kommission)|\bUnión Europea|"
    r"\bComisión Europea|\bUnione europea|\bUnião Europeia|\bEuropese (?:Unie|Commissie)|\bUE\b"
)
_UN = r"\bU\.?N\b|\bUnited Nations|\bONU\b|\bNations unies|\bVereinte[nr]? Nationen|\bNaciones Unidas|\bUNO\b"
_UNION = re.compile(_EU)
_SEATED: dict[str, str] = {
    "brussels bruxelles": rf"{_EU}|\bN(?:ATO|ato)\b|\bOTAN\b",
    "geneva": (
        rf"{_UN}|\bWHO\b|\bWorld Health Organi[sz]ation|\bWTO\b|\bWorld Trade Organi[sz]ation|\bRed Cross\b|\bICRC\b|"
        r"\bUNHCR\b|\bILO\b|\bOMS\b|\bOMC\b|\bHuman Rights Council"
    ),
    "the-hague": r"\bInternational Criminal Court|\bInternational Court of Justice|\bIC[CJ]\b|\bOPCW\b|\btribunal",
    "vienna wien vienne": rf"\bIAEA\b|\bAtomic Energy Agency|\bO[Pp][Ee][Cc]\b|\bOSCE\b|{_UN}",
    "new-york": rf"{_UN}|\bSecurity Council",
    "washington": r"\bIMF\b|\bInternational Monetary Fund|\bWorld Bank\b|\bFMI\b|\bOrgani[sz]ation of American States",
    "paris": r"\bOECD\b|\bOCDE\b|\bU(?:NESCO|nesco)\b|\bInternational Energy Agency|\bIEA\b",
    "rome roma": r"\bFAO\b|\bFood and Agriculture Organi[sz]ation|\bWorld Food Programme|\bWFP\b",
    "addis-ababa": r"\bAfrican Union\b|\bUnion africaine\b",
    "cairo": r"\bArab League\b",
    "nairobi": r"\bUNEP\b|\bU\.?N\.? Environment",
    "lyon": r"\bI(?:NTERPOL|nterpol)\b",
}
"""Cities, and the bodies of many countries that sit there."""
_OF_THE_UNION = frozenset({("brussels",), ("bruxelles",)})
_BY_NAME = _OF_THE_UNION | {("geneva",), ("the", "hague")}
"""Those that stand for the body wherever they are named. Another capital stands for its government, but behind "in"."""
_TALKS = re.compile(
    r"\b(?:talks?|negotiat\w+|summits?|conferences?|treat(?:y|ies)|delegat(?:es|ions?)|envoys|"
    r"négociations?|pourparlers|sommet|conférence|verhandlungen|gipfel|konferenz|negociaciones|cumbre|conferencia|"
    r"negoziati|vertice|negociações|cúpula|onderhandelingen|top)\b",
    re.IGNORECASE,
)
_OF_MANY = re.compile(
    r"\b\d{2,3} (?:states|countries|nations|governments|pays|états|staaten|länder|países|estados|paesi|landen)\b|"
    r"\b(?:peace|ceasefire|truce|nuclear|climate|trade|disarmament|plastics?|global|world|international|U\.?N\.?)"
    r"(?: \w+)? (?:talks?|negotiations|summit|conference|treaty)\b|\bCOP\d\d\b|\bG(?:7|8|20)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _seats() -> dict[tuple[str, ...], re.Pattern[str]]:
    return {tuple(city.split("-")): re.compile(said) for cities, said in _SEATED.items() for city in cities.split()}


def about(story: Story, beside: str = "") -> tuple[tuple[Mention, ...], tuple[Mention, ...]]:
    """The countries that its headline and that its first lines are about, in the order of naming.

    One that is named by a city alone is not where a body of many countries sits in that city and the report tells of
    it, or where others talk there. Neither is one that the text says to be without. Where nothing else is named a known
    town behind "in" counts for its country. `beside`: what other reports of the event say.
    """
    body = f"{story.standfirst} {story.text[:OPENING]}"
    head, said = mentions(story.headline, story.language), mentions(body, story.language)
    seated = _Seated.of((head, said), f"{story.headline}. {body} {beside}")
    return (
        seated.counting(head) if head else _towns(story.headline, story.language),
        seated.counting(said) if said else _towns(body, story.language),
    )


@dataclass(frozen=True, slots=True)
class _Seated:
    """What a report says of bodies of many countries, and which countries it names by more than their seats."""

    whole: str
    sure: frozenset[str]
    where: frozenset[tuple[str, ...]]
    """Cities that stand behind "in"."""

    @classmethod
    def of(cls, parts: Sequence[Sequence[Mention]], whole: str) -> _Seated:
        return cls(
            whole,
            frozenset(one.country for part in parts for one, seat in _behind_seats(part) if not seat),
            frozenset(one.name for part in parts for one in part if one.manner is Manner.WHERE),
        )

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
        if body.search(self.whole) and (told or mention.name in _BY_NAME):
            union = mention.name in _OF_THE_UNION and _UNION.search(self.whole)
            return replace(mention, country=EUROPEAN_UNION) if union else None
        return None if told and _TALKS.search(self.whole) and _OF_MANY.search(self.whole) else mention


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
