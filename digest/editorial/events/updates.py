"""Updates: what came since an event was told, and of it what is news and what only prints it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.editorial.events.dedupe import copies
from digest.editorial.kinds.facts import facts
from digest.editorial.text.words import numbers, tokens
from digest.model.story import Story


def repeats(since: Sequence[Story], known: Sequence[Story]) -> frozenset[str]:
    """Ids of the stories `since` that say nothing beside those `known`, or beside another of them.

    A wire sends its text again with a higher toll in headline and first paragraph: most of the words are yesterday's,
    and it is the news. So a copy of a known text counts where its headline has a fact that this text has not, or where
    it corrects it; of several that are one text, one does.
    """
    firsts = copies((*known, *since))
    groups: dict[str, list[Story]] = {}
    for story in known:
        groups.setdefault(firsts.get(story.id, story.id), []).append(story)
    again = {
        story.id
        for story in since
        if (texts := groups.get(firsts.get(story.id, story.id))) and not (story.corrects or _adds(story, texts))
    }
    return frozenset(again | _earlier([story for story in since if story.id not in again]))


def _earlier(stories: Sequence[Story]) -> set[str]:
    """The copies among them; of the versions that the original's owner sent, all but the last."""
    firsts = copies(stories)
    by_id = {story.id: story for story in stories}
    last: dict[str, Story] = {}
    for story in sorted(stories, key=lambda story: (story.published_at, story.first_seen, story.id)):
        original = by_id[firsts.get(story.id, story.id)]
        if story.origin.owner == original.origin.owner and (story is original or _adds(story, [original])):
            last[original.id] = story
    kept = {story.id for story in last.values()}
    return {story.id for story in stories} - kept


def _adds(story: Story, texts: Iterable[Story]) -> bool:
    """Whether its headline has a fact that none of these texts has."""
    told = " . ".join(f"{text.headline} . {text.standfirst} . {text.text}" for text in texts)
    return bool(facts(story) - numbers(told) - frozenset(tokens(told)))
