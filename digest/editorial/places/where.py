"""Where an event happens: its country, the regions that it touches, and whether its headlines say so."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from digest.editorial.kinds.newswords import WORLD_SECTIONS
from digest.editorial.places.gazetteer import country_name, names_of, region_of
from digest.editorial.places.mentions import UK, US, Manner, Mention
from digest.editorial.places.seats import EUROPEAN_UNION, Reports, about
from digest.editorial.text.words import tokens
from digest.model.event import Event

_LEADER_NAMES = (
    "lukashenko macron pen scholz merz orban orbán putin zelensky zelenskyy zelenskiy johnson pope netanyahu "
    "hamas erdogan erdoğan houthi houthis jinping modi kishida taliban jong khan duterte marcos rajapaksa boko "
    "shabab trudeau milei bolsonaro lula boric bukele obrador sheinbaum castillo biden trump maduro albanese "
    "ardern uyghur uyghurs rohingya "
)
_LEADERS = frozenset(_LEADER_NAMES.split())
"""Of the names that say whose: leaders, movements, peoples that are not the country's name in another form."""
_HEADLINE_COUNTS = 3
_SAYS = {Manner.WHERE: 1.5, Manner.NAME: 1.0, Manner.WHOSE: 0.6}


@lru_cache(maxsize=4096)
def country_of(event: Event) -> str:
    """The country (ISO 3166 alpha-2) where the event's stories say it happens; empty where none is named.

    Every story has one vote, shared by the countries it names; its headline counts three times. "In Yemen" says more
    than "Yemen", and "Yemeni" less. Of equals the one that is named last: who acts stands first, to whom it is done
    stands behind. Of adjectives the first: a Swiss court that jails a Russian sits in Switzerland. A city where a body
    of many countries sits does not stand for its own (`seats`); Brussels stands for the European Union, "EU".
    """
    votes: dict[str, float] = {}
    order: dict[str, int] = {}
    for head, said in _about(event):
        sure = {mention.country for mention in (*said, *head) if not mention.doubtful}
        weighed = [(mention, 1) for mention in said] + [(mention, _HEADLINE_COUNTS) for mention in head]
        named: dict[str, float] = {}
        for place, (mention, times) in enumerate(weighed):
            if mention.country in sure:
                named[mention.country] = named.get(mention.country, 0.0) + times * _SAYS[mention.manner]
                last = -place if mention.manner is Manner.WHOSE else place
                order[mention.country] = max(order.get(mention.country, last), last)
        whole = sum(named.values())
        for country, weight in named.items():
            votes[country] = votes.get(country, 0.0) + weight / whole
    return min(votes, key=lambda country: (-round(votes[country], 6), -order[country], country)) if votes else ""


def country_or_home(event: Event) -> str:
    """`country_of`; where headlines without a text name none, the country that all of their outlets are of.

    "Court grants bail to actor" of an Indian paper is news of India, unless the paper files it under the world. Wires
    and aggregators tell of everywhere, so their home says nothing, and who has a text would have named the country.
    """
    there = country_of(event)
    if there or any(story.text or story.section.casefold() in WORLD_SECTIONS for story in event.stories):
        return there
    homes = {None if story.origin.wire or story.origin.aggregator else story.origin.country for story in event.stories}
    return (homes.pop() or "") if len(homes) == 1 else ""


@lru_cache(maxsize=4096)
def _about(event: Event) -> tuple[tuple[tuple[Mention, ...], tuple[Mention, ...]], ...]:
    """For each story what it is about; what the body in a city is, another report of the event may say."""
    reports = Reports(event.stories)
    return tuple(about(story, reports) for story in event.stories)


@lru_cache(maxsize=4096)
def region_shares(event: Event) -> dict[str, float]:
    """Of the different countries that the event's stories name, the share in each region; empty where none is named.

    Every story has one vote, shared equally by the countries in it, however often each is named. The outlet's own
    country does not count beside the event's: it says who reads, not where it happens.
    """
    votes: dict[str, float] = {}
    there = country_of(event)
    for story, (head, said) in zip(event.stories, _about(event), strict=True):
        sure = dict.fromkeys(mention.country for mention in (*head, *said) if not mention.doubtful)
        named = [country for country in sure if country == there or country != story.origin.country]
        for country in named:
            region = region_of(country)
            votes[region] = votes.get(region, 0.0) + 1 / len(named)
    total = sum(votes.values())
    return {region: share / total for region, share in votes.items()} if total else {}


def kicker_of(event: Event, language: str) -> str:
    """The country's name, where the headlines are about it: a price rise told with a war in it is not that war's.

    Empty where the leading headline says whose it is in its own words: "Spain: Spanish stage legend dies".
    """
    country = country_of(event)
    if country == EUROPEAN_UNION or (country and _says_whose(event.lead.headline, event.lead.language, country)):
        return ""
    heads = [
        head for story, (head, _) in zip(event.stories, _about(event), strict=True) if story.id not in event.copies
    ]
    naming = sum(any(mention.country == country and not mention.doubtful for mention in head) for head in heads)
    return country_name(country, language) if country and 3 * naming >= len(heads) else ""


def _says_whose(headline: str, language: str, country: str) -> bool:
    """Whether it names the country's people or its initials; a leader's name says less than the country's."""
    said = tokens(UK.sub("Unitedkingdomofbritain", US.sub("Unitedstatesofamerica", headline)))
    pairs = [(word,) for word in said] + list(pairwise(said))
    found = [(pair, names_of(language).get(pair)) for pair in pairs if not _LEADERS.intersection(pair)]
    return any(one is not None and one.whose and one.country == country for _, one in found)
