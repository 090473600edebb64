"""Ranking with coverage: what would breadth across countries and persistence over the day add to the score?

    python -m benchmarks.sampleday

The two sample days (7 and 8 April 2022) with their invented outlets and real events, told by one to seven of them, and
as truth Wikipedia's Current Events of 7 to 9 April: an event is right where an entry is close to its lead (0.20, the
cut of earlier items). Wires, sections and coverage are there, which the pool of `benchmarks.picking` lacks; but it is
one day, and the samples were written with the entries in mind. Read it as "no harm" or "harm", not as quality.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from digest.editorial.clean import to_story
from digest.editorial.cluster import group
from digest.editorial.doc import Doc, opening_of
from digest.editorial.jsonl import world_newsletter
from digest.editorial.rank import counting, rank
from digest.editorial.vectors import closeness
from digest.model.event import Event, Pick
from digest.model.story import Origin, Story
from digest.settings import load_settings
from digest.sources.folder import FolderSource

from .picking import DATA, figures_of

CONFIG = Path(__file__).parents[1] / "samples" / "config.yaml"
NOW = datetime(2022, 4, 9, tzinfo=UTC)
CLOSE = 0.20
Extra = Callable[[Event], float]


def stories() -> list[Story]:
    """All English sample stories, with the origins that the samples' configuration gives them."""
    found: dict[str, Story] = {}
    for one in load_settings(CONFIG).sources:
        origin: Origin = one.origin()
        for entry in FolderSource(origin=origin, path=str(one.path)).read(NOW).entries:
            made = to_story(entry, origin, now=NOW)
            if isinstance(made, Story) and made.language in ("en", "und"):
                found[made.id] = made
    return list(found.values())


def truth() -> list[Doc]:
    """Current Events of the two days and the one after."""
    path = DATA / "current_events" / "current_events_2022-03_2022-04.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    days = {date(2022, 4, day).isoformat() for day in (7, 8, 9)}
    return [Doc(title="", text=row["text"], language="en") for row in rows if row["date"] in days]


def breadth(event: Event) -> float:
    """How many countries the outlets are of."""
    return math.log1p(len({story.origin.country for story in counting(event) if story.origin.country}))


def persistence(event: Event) -> float:
    """Over how many quarters of a day reports came."""
    return math.log1p(len({int(story.published_at.timestamp() // 21_600) for story in counting(event)}))


def ordered(picks: Sequence[Pick], extra: Extra, weight: float) -> list[Event]:
    """The events by score plus `weight` times `extra`."""
    return [one.event for one in sorted(picks, key=lambda one: (-one.score - weight * extra(one.event), one.event.id))]


def main() -> None:
    """P@10 and nDCG@10 with and without the two."""
    if not DATA.is_dir():
        print(f"{DATA}: not here, left out")
        return
    events = list(group(stories()))
    near = closeness([opening_of(event.lead) for event in events], truth())
    right = {event.id for event, row in zip(events, near, strict=True) if row.max() >= CLOSE}
    print(f"{len(events)} events, {len(right)} of them in Current Events")
    picks = rank(events, newsletter=world_newsletter(), now=NOW)
    rows: list[tuple[str, list[Event]]] = [("the score", ordered(picks, lambda _: 0.0, 0.0))]
    for name, extra in (("breadth", breadth), ("persistence", persistence)):
        rows += [(f"+ {weight:g} {name}", ordered(picks, extra, weight)) for weight in (0.25, 0.5, 1.0)]
    rows.append(("outlets only", sorted(events, key=lambda event: (-len(counting(event)), event.id))))
    rows.append(("newest first", sorted(events, key=lambda event: event.last_published, reverse=True)))
    for name, order in rows:
        precision, gain = figures_of([event.id in right for event in order])
        print(f"  {name:<18} P@10 {precision:.2f}  nDCG@10 {gain:.3f}")


if __name__ == "__main__":
    main()
