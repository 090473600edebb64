"""A thin day: is advice, shopping and leisure told as news of the world, and is hard news still told?

    python -m benchmarks.thinday

`thinday.jsonl`: 20 pieces of leisure and 20 of hard news in five languages, each in a feed called World and told by one
outlet alone, which is where the score has least to go by. Half of each were written before the rules were first run on
them, and no rule was changed for them (`aside`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from digest.editorial.jsonl import story_of, world_newsletter
from digest.editorial.kinds.fillers import filler_event
from digest.editorial.picking.rank import rank
from digest.model.event import Event, Pick

ROWS = Path(__file__).parent / "thinday.jsonl"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def judged() -> list[tuple[dict[str, object], Pick, bool]]:
    """Every row with its pick, and whether it would be told."""
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        told = {**row, "outlet": f"Paper {row['id']}", "section": "World", "published": "2026-11-23T08:00:00Z"}
        story = replace(story_of(told, now=NOW), url=f"https://paper{row['id']}.example/1")
        newsletter = world_newsletter()
        (pick,) = rank([Event(id=story.id, stories=(story,))], newsletter=newsletter, now=NOW)
        found.append((row, pick, pick.score >= newsletter.picking.threshold and not filler_event(pick.event)))
    return found


def main() -> None:
    """How many of each kind are told, and which of them wrongly."""
    found = judged()
    for aside in (False, True):
        for soft in (True, False):
            of_kind = [(row, pick, told) for row, pick, told in found if (row["aside"], row["soft"]) == (aside, soft)]
            told = sum(told for *_, told in of_kind)
            name = "leisure" if soft else "hard news"
            print(f"{name:<10} {'kept aside' if aside else 'seen':<10} {told} of {len(of_kind)} told")
    for row, pick, told in found:
        if told == row["soft"]:
            print(f"  wrong: {pick.score:.2f} {row['title']} ({pick.why or filler_event(pick.event)})")


if __name__ == "__main__":
    main()
