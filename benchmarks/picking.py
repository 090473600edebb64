"""Ranking: how many of the first ten events are such as Wikipedia's Current Events told.

    python -m benchmarks.picking

The truth: every entry of a day. The pool of a day: a story for each entry, in its own words and by the first outlet
that it cites, and beside them one report of each of the 40 events of ECB+ dev, by outlets drawn from the cited
ones. All of it is published at a seeded instant of the day. Headlines are first sentences on both sides.

Limits, and they are wide. The pool is made: ECB+ holds much hard news of its own (earthquakes, shootings), which
counts as wrong here, and is written by newspapers where the entries are Wikipedia's. Nine entries in ten cite one
outlet, and of several outlets only one text is there, so that every event has one story: coverage and wires, the
strongest parts of the score, say nothing, and count and newest-first are chance by construction. A first form of
this pool gave both sides as many reports as entries cite; the entries' were copies of one another and counted once,
those of ECB+ were not, and by count came out at half of chance. What is left to measure is the part of the score
that reads words.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.editorial.events.cluster import group
from digest.editorial.jsonl import story_of, world_newsletter
from digest.editorial.picking.rank import rank
from digest.model.event import Event
from digest.model.newsletter import Weights
from digest.model.story import Story

DATA = Path(__file__).parents[2] / "shared" / "data"
TOP = 10
YEARS = (2022, 2025)
WEIGHTS = {
    "the score": Weights(),
    "without the country": Weights(country=0.0),
    "and hard news at .5": Weights(country=0.0, kind=0.5),
}
Order = Callable[[Sequence[Event]], list[Event]]


def rows(path: Path) -> list[dict[str, Any]]:
    """One object a line."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def first_sentence(text: str) -> str:
    """Up to the first full stop after six words, at most 140 characters."""
    found = re.match(r"(?:\S+\s+){6}.*?[.!?](?=\s|\Z)", text)
    return (found[0] if found else text)[:140]


def pools() -> list[tuple[datetime, list[Story]]]:
    """(end of the day, stories) of every day with at least five entries; ids of entries end with `true`.

    They begin with a hash: what else is equal stands in the order of the ids, and no side may gain by that.
    """
    entries = [
        one for path in sorted((DATA / "current_events").glob("*.gz")) for one in rows(path) if one["text"].strip()
    ]
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in entries:
        by_day[one["date"]].append(one)
    others: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(DATA / "clustering" / "ecbplus_dev.jsonl.gz"):
        if row["text"].strip():
            others[row["label"]].append(row)
    outlets = [outlet for one in entries for outlet in one["sources"]]
    chance = random.Random(1)
    made = []
    for day, told in sorted(by_day.items()):
        if len(told) < TOP // 2:
            continue
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        texts = [
            (_name(day, f"{number}-true"), one["text"], (one["sources"] or ["unknown"])[0])
            for number, one in enumerate(told)
        ]
        for label, reports in others.items():
            texts.append((_name(day, f"{label}-other"), chance.choice(reports)["text"], chance.choice(outlets)))
        stories = [
            story_of(
                {
                    "id": name, "title": first_sentence(text), "text": text, "outlet": outlet, "language": "en",
                    "published": (midnight + timedelta(seconds=chance.randrange(86_400))).isoformat(),
                },
                now=midnight + timedelta(days=1),
            )
            for name, text, outlet in texts
        ]  # fmt: skip
        made.append((midnight + timedelta(days=1), stories))
    return made


def _name(day: str, name: str) -> str:
    return f"{hashlib.sha256(f'{day} {name}'.encode()).hexdigest()[:8]}-{name}"


def is_told(event: Event) -> bool:
    """Whether its lead is an entry."""
    return event.lead.id.endswith("true")


def figures(order: Sequence[Event]) -> tuple[float, float]:
    """P@10 and nDCG@10; an event is right where its lead is an entry."""
    return figures_of([is_told(event) for event in order])


def figures_of(right: Sequence[bool]) -> tuple[float, float]:
    """P@10 and nDCG@10 of an order, from what is right in it."""
    gains = [float(one) for one in right]
    best = sorted(gains, reverse=True)
    return sum(gains[:TOP]) / TOP, _dcg(gains) / (_dcg(best) or 1.0)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:TOP]))


def main() -> None:
    """The mean over all days of each order, and over those of each year."""
    if not DATA.is_dir():
        print(f"{DATA}: not here, left out")
        return
    chance = random.Random(2)
    newsletter = world_newsletter()
    found: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    shares = []
    for end, stories in pools():
        events = list(group(stories))
        shares.append(sum(map(is_told, events)) / len(events))
        orders: dict[str, Sequence[Event]] = {
            name: [pick.event for pick in rank(events, newsletter=replace(newsletter, weights=weights), now=end)]
            for name, weights in WEIGHTS.items()
        } | {
            "by count": sorted(events, key=lambda event: (-len(event.stories), -event.last_published.timestamp())),
            "newest first": sorted(events, key=lambda event: event.last_published, reverse=True),
            "random": chance.sample(events, len(events)),
        }
        for name, order in orders.items():
            found[name].append((end.year, *figures(order)))
    print(f"{len(shares)} days; {sum(shares) / len(shares):.2f} of the events of a pool are entries")
    for name, days in found.items():
        years = (f"{year}: {_mean([day for day in days if day[0] == year])}" for year in YEARS)
        print(f"  {name:<20} {_mean(days)}", *years)


def _mean(days: Sequence[tuple[int, float, float]]) -> str:
    precision, gain = (sum(day[place] for day in days) / len(days) for place in (1, 2))
    return f"P@10 {precision:.3f} nDCG@10 {gain:.3f}"


if __name__ == "__main__":
    main()
