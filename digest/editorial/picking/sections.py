"""The section that an event falls in: what its outlets say, else where it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from digest.editorial.kinds.newswords import CATCH_ALL_SECTIONS
from digest.editorial.places.gazetteer import REGION_WORDS, region_of
from digest.editorial.places.where import country_of, region_shares
from digest.model.event import Event
from digest.model.newsletter import Newsletter

LOCAL = 0.5
"""Share of the countries named that must lie in one region: below it the news is the world's, not the region's."""


def section_of(event: Event, newsletter: Newsletter) -> str:
    """Slug of the section: what most owners say, else the region where it happens, else the first.

    "World" and its like say nothing about where: they decide where no region is known, and where the reports name
    countries of everywhere, as those of a vote in the United Nations do.
    """
    if not newsletter.sections:
        return ""
    filed = _filed(event)
    specific = [(owner, name) for owner, name in filed if name not in CATCH_ALL_SECTIONS]
    region = _by_region(region_of(country_of(event)), newsletter)
    if _is_everywhere(event):
        general = _by_name(filed, newsletter) or _by_name([("", name) for name in CATCH_ALL_SECTIONS], newsletter)
        return _by_name(specific, newsletter) or general or region or newsletter.sections[0].slug
    return _by_name(specific, newsletter) or region or _by_name(filed, newsletter) or newsletter.sections[0].slug


def _filed(event: Event) -> list[tuple[str, str]]:
    """(owner, name of the section as the outlet has it), case-folded."""
    return [(story.origin.owner, story.section.casefold()) for story in event.stories if story.section]


def _is_everywhere(event: Event) -> bool:
    shares = region_shares(event)
    return bool(shares) and shares.get(region_of(country_of(event)), 0.0) < LOCAL


def _by_name(filed: Iterable[tuple[str, str]], newsletter: Newsletter) -> str:
    """The section that most owners file it under; each owner has one vote, shared by the sections it used."""
    by_owner: dict[str, Counter[str]] = {}
    for owner, name in filed:
        for section in newsletter.sections:
            if name in {match.casefold() for match in (*section.match, section.slug, section.title)}:
                by_owner.setdefault(owner, Counter())[section.slug] += 1
                break
    votes: dict[str, float] = {}
    for said in by_owner.values():
        for slug, times in said.items():
            votes[slug] = votes.get(slug, 0.0) + times / said.total()
    order = [section.slug for section in newsletter.sections]
    return min(votes, key=lambda slug: (-round(votes[slug], 6), order.index(slug))) if votes else ""


def _by_region(region: str, newsletter: Newsletter) -> str:
    words = REGION_WORDS.get(region, frozenset())
    for section in newsletter.sections:
        if words & {name.casefold() for name in (section.slug, section.title, *section.match)}:
            return section.slug
    return ""
