"""Earlier items of a running story, and background: are they found, and do they hold?

    python -m benchmarks.ranking

Data: Wikipedia's Current Events, one JSON object a line with `date`, `text` and `topic`, the headings parted by " / ".
For every entry the candidates are all entries of the 14 days before; right is one that shares a heading. Entries
without a right candidate are left out. Headings are incomplete: the figures are lower bounds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest.editorial.events.vectors import closeness
from digest.editorial.picking.related import BACKGROUND_CUT, BACKGROUND_NAMES, EARLIER_CUT, EARLIER_DAYS, EARLIERS
from digest.editorial.text.doc import Doc
from digest.editorial.text.weighing import Floats
from digest.editorial.text.words import names

DATA = Path(__file__).parents[2] / "shared" / "data" / "current_events"
Scores = Callable[[int, Sequence[int]], Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An entry, its candidates, and which of them are right."""

    entry: int
    candidates: tuple[int, ...]
    right: frozenset[int]


def read(path: Path) -> tuple[list[str], list[date], list[frozenset[str]]]:
    """Texts, days and headings."""
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    headings = [frozenset(part.strip() for part in (row["topic"] or "").split("/") if part.strip()) for row in rows]
    return [row["text"] for row in rows], [date.fromisoformat(row["date"]) for row in rows], headings


def questions(days: Sequence[date], headings: Sequence[frozenset[str]]) -> list[Question]:
    """Every entry with at least one right candidate."""
    found = []
    for entry, day in enumerate(days):
        candidates = tuple(place for place, other in enumerate(days) if 0 < (day - other).days <= EARLIER_DAYS)
        right = frozenset(place for place in candidates if headings[place] & headings[entry])
        if right:
            found.append(Question(entry=entry, candidates=candidates, right=right))
    return found


def hit_at_3(asked: Sequence[Question], score: Scores) -> float:
    """Share of questions with a right one among the three best."""
    hits = 0
    for question in asked:
        scores = score(question.entry, question.candidates)
        best = sorted(range(len(scores)), key=lambda place: -scores[place])[:3]
        hits += any(question.candidates[place] in question.right for place in best)
    return hits / len(asked)


def at_the_cut(asked: Sequence[Question], near: Floats) -> tuple[float, float]:
    """Of those shown at the shipped cut, the share that is right; and the share of questions that get a right one."""
    shown = right = served = 0
    for question in asked:
        best = sorted(question.candidates, key=lambda place: -near[question.entry, place])[:EARLIERS]
        offered = [place for place in best if near[question.entry, place] >= EARLIER_CUT]
        good = [place for place in offered if place in question.right]
        shown, right, served = shown + len(offered), right + len(good), served + bool(good)
    return right / max(shown, 1), served / len(asked)


def background(texts: Sequence[str], days: Sequence[date], headings: Sequence[frozenset[str]], near: Floats) -> str:
    """Of the closest older entries that share names, from the shipped cut up, the share that shares a heading."""
    said = [names(text) for text in texts]
    shown = right = 0
    for entry, day in enumerate(days):
        old = [
            place
            for place, other in enumerate(days)
            if (day - other).days > EARLIER_DAYS and len(said[entry] & said[place]) >= BACKGROUND_NAMES
        ]
        best = max(old, key=lambda place: near[entry, place], default=None)
        if headings[entry] and best is not None and near[entry, best] >= BACKGROUND_CUT:
            shown += 1
            right += bool(headings[best] & headings[entry])
    return f"{shown} shown for {len(days)} entries, precision {right / max(shown, 1):.3f} by headings"


def report(path: Path) -> None:
    """Print the figures of one file."""
    texts, days, headings = read(path)
    docs = [Doc(title="", text=text, language="en") for text in texts]
    near = closeness(docs, docs)
    asked = questions(days, headings)
    chance = random.Random(1)

    def by_closeness(entry: int, places: Sequence[int]) -> Sequence[float]:
        return [float(near[entry, place]) for place in places]

    def newest_first(_: int, places: Sequence[int]) -> Sequence[float]:
        return [float(days[place].toordinal()) for place in places]

    def at_random(_: int, places: Sequence[int]) -> Sequence[float]:
        return [chance.random() for _ in places]

    precision, served = at_the_cut(asked, near)
    print(f"{path.name}: {len(asked)} entries with a right earlier one")
    orders = (("closeness", by_closeness), ("newest first", newest_first), ("random", at_random))
    print("  hit@3: " + ", ".join(f"{name} {hit_at_3(asked, order):.3f}" for name, order in orders))
    print(f"  shown at {EARLIER_CUT:g}, at most {EARLIERS}: precision {precision:.3f}, served {served:.3f}")
    print(f"  background, {BACKGROUND_CUT:g} and {BACKGROUND_NAMES} names: {background(texts, days, headings, near)}")


def main() -> None:
    """Print the figures of every file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="those beside the checkout by default")
    files = parser.parse_args().files or sorted(DATA.glob("*.jsonl.gz"))
    if not files:
        print(f"{DATA}: not here, left out")
    for path in files:
        report(path)


if __name__ == "__main__":
    main()
