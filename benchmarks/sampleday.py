"""The sample days: are stories of one happening one event, and which events come first?

    python -m benchmarks.sampleday

The two sample days (7 and 8 April 2022) with their invented outlets and real events, told by one to nine of them.
`sampleday.jsonl` says of each English story what happening it tells, and whether Wikipedia's Current Events of 7 to 9
April tell it too: by reading, so that no rule of ours judges itself. Of several events of one happening only the first
is right. Wires, sections and coverage are there, which the pool of `benchmarks.picking` lacks; but it is one day, and
the samples were written with the entries in mind. Read it as "no harm" or "harm", not as quality.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest.editorial.events.cluster import group
from digest.editorial.intake.clean import to_story
from digest.editorial.jsonl import world_newsletter
from digest.editorial.picking.rank import counting, rank
from digest.model.event import Event, Pick
from digest.model.story import Origin, Story
from digest.settings import load_settings
from digest.sources.folder import FolderSource

from .clustering import b_cubed
from .picking import figures_of

CONFIG = Path(__file__).parents[1] / "samples" / "config.yaml"
NOW = datetime(2022, 4, 9, tzinfo=UTC)
LABELS = Path(__file__).parent / "sampleday.jsonl"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What happening a story tells, and whether Current Events tell it."""

    happening: str
    told: bool


def labels() -> dict[str, Label]:
    """Story id -> its label."""
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    return {row["id"]: Label(happening=row["happening"], told=row["told"]) for row in rows}


def right(order: Sequence[Event], known: Mapping[str, Label]) -> list[bool]:
    """Of each event whether it is the first of a happening that Current Events tell."""
    seen: set[str] = set()
    found = []
    for event in order:
        label = known[event.lead.id]
        found.append(label.told and label.happening not in seen)
        seen.add(label.happening)
    return found


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
    """B-cubed of the events; P@10 and nDCG@10 of the score, with and without the two, and of simpler orders."""
    events, known = list(group(stories())), labels()
    told = [(known[story.id].happening, event.id) for event in events for story in event.stories]
    precision, recall, f1 = b_cubed(*zip(*told, strict=True))
    print(f"{len(told)} stories, {len(events)} events: B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    print(f"{sum(right(events, known))} of {len(events)} events in Current Events")
    picks = rank(events, newsletter=world_newsletter(), now=NOW)
    rows: list[tuple[str, list[Event]]] = [("the score", ordered(picks, lambda _: 0.0, 0.0))]
    for name, extra in (("breadth", breadth), ("persistence", persistence)):
        rows += [(f"+ {weight:g} {name}", ordered(picks, extra, weight)) for weight in (0.25, 0.5, 1.0)]
    rows.append(("outlets only", sorted(events, key=lambda event: (-len(counting(event)), event.id))))
    rows.append(("newest first", sorted(events, key=lambda event: event.last_published, reverse=True)))
    for name, order in rows:
        precision, gain = figures_of(right(order, known))
        print(f"  {name:<18} P@10 {precision:.2f}  nDCG@10 {gain:.3f}")


if __name__ == "__main__":
    main()
