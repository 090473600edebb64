"""Updates: what came since an event was told, and of it what is news and what only prints it again."""

from __future__ import annotations

from collections.abc import Sequence

from digest.editorial.events.dedupe import copies
from digest.editorial.kinds.facts import adds
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
        if (texts := groups.get(firsts.get(story.id, story.id))) and not (story.corrects or adds(story, texts))
    }
    return frozenset(again | copies(story for story in since if story.id not in again).keys())
