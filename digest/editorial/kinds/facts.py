"""Facts of a headline: the numbers and names that make a later report of a happening news of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.editorial.kinds.genres import is_aside, is_opinion
from digest.editorial.text.words import is_title_case, names, numbers, tokens
from digest.model.story import Story

_NO_FACT = re.compile(
    r"\b\d{1,2}:\d{2}\b|\b(?:day|tag|jour|día|dia|giorno|dag) \d[\d,.]*|"
    r"\b(?:since|in|from|until|by|of|seit|im jahr|depuis|en|de|desde|dal|nel|sinds|uit) (?:19|20)\d\d\b",
    re.IGNORECASE,
)
"""Numbers that say nothing new of an event: a time of day, a day of a war, a year."""


def facts(story: Story) -> frozenset[str]:
    """Numbers and names of the headline, case-folded. What explains an event, judges it or shows pictures has none."""
    headline = story.headline
    if is_aside(headline, story.section) or is_opinion(headline, story.section, story.url):
        return frozenset()
    found = numbers(_NO_FACT.sub(" ", headline))
    return found if is_title_case(headline) else found | names(headline)


def adds(story: Story, texts: Iterable[Story]) -> frozenset[str]:
    """Facts of its headline that none of these texts has."""
    told = " . ".join(f"{text.headline} . {text.standfirst} . {text.text}" for text in texts)
    return facts(story) - numbers(told) - frozenset(tokens(told))
