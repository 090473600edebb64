"""Event clustering: B-cubed on labelled articles, and speed and memory on made ones.

    python -m benchmarks.clustering --labelled ../shared/data/clustering/ecbplus_dev.jsonl.gz
    python -m benchmarks.clustering --lookalikes
    python -m benchmarks.clustering --shortdays
    python -m benchmarks.clustering --headings ../shared/data/current_events/current_events_2025-04_2025-07.jsonl.gz
    python -m benchmarks.clustering --made 2000x250 --made 50000x25

Labelled data: one JSON object a line with `title`, `text` and `label`. Each `--made` run has its own process, for its
peak memory; the time is that of one core.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import accumulate, combinations
from pathlib import Path

from digest.editorial.events.cluster import CUT, cluster
from digest.editorial.text.doc import Doc

LOOKALIKES = Path(__file__).parent / "lookalikes.jsonl"
SHORT_DAYS = Path(__file__).parent / "shortdays.jsonl"
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def b_cubed(gold: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1, each text counting once."""
    right, made = defaultdict(set), defaultdict(set)
    for place, (label, event) in enumerate(zip(gold, found, strict=True)):
        right[label].add(place)
        made[event].add(place)
    precision = recall = 0.0
    for label, event in zip(gold, found, strict=True):
        shared = len(right[label] & made[event])
        precision += shared / len(made[event]) / len(gold)
        recall += shared / len(right[label]) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def labelled(path: Path) -> tuple[list[Doc], list[str]]:
    """Docs and their labels."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in content.decode().splitlines() if line.strip()]
    docs = [
        Doc(id=str(row.get("id", place)), title=row["title"], text=row["text"], language=row.get("language", "en"))
        for place, row in enumerate(rows)
    ]
    return docs, [str(row["label"]) for row in rows]


def made(count: int, words: int, *, reports: int = 8) -> list[Doc]:
    """Docs of `words` invented words: every event has its own subjects, names and numbers; seeded."""
    chance = random.Random(1)
    letters = "bcdfghklmnprstvz"
    vocabulary = [
        "".join(chance.choice(letters) + chance.choice("aeiou") for _ in range(chance.randint(1, 4)))
        + chance.choice(letters)
        for _ in range(30_000)
    ]
    weights = list(accumulate(1 / (place + 10) for place in range(len(vocabulary))))
    docs = []
    for event in range(count // reports):
        theme = chance.choices(vocabulary, cum_weights=weights, k=60)
        names = [word.title() for word in chance.sample(vocabulary, 8)]
        for report in range(reports):
            text = " ".join(_word(chance, vocabulary, weights, theme, names, place) for place in range(words))
            docs.append(Doc(id=f"{event}-{report}", title=" ".join(text.split()[:9]), text=text, language="en"))
    chance.shuffle(docs)
    return docs


def _word(
    chance: random.Random, vocabulary: list[str], weights: list[float], theme: list[str], names: list[str], place: int
) -> str:
    kind = chance.random()
    if kind < 0.30:
        word = chance.choice(("the", "of", "and", "to", "a", "in", "said", "for"))
    elif kind < 0.55:
        word = chance.choice(theme)
    elif kind < 0.62:
        word = chance.choice(names)
    elif kind < 0.64:
        word = str(chance.randrange(500))
    else:
        word = chance.choices(vocabulary, cum_weights=weights)[0]
    return word + "." if place % 18 == 17 else word


def _quality(path: Path) -> None:
    docs, gold = labelled(path)
    for cut in (0.10, 0.125, CUT, 0.175, 0.20):
        precision, recall, f1 = b_cubed(gold, cluster(docs, cut=cut))
        shipped = "  <- shipped" if cut == CUT else ""
        print(f"{path.name}: cut {cut:<6g} B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}{shipped}")
    precision, recall, f1 = b_cubed(gold, cluster(docs, large=0))
    print(f"{path.name}: neighbour graph B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")


def _lookalikes() -> None:
    """Short reports of look-alike happenings, each kind alone: nothing else makes common words weigh less."""
    rows = [json.loads(line) for line in LOOKALIKES.read_text(encoding="utf-8").splitlines()]
    for part in dict.fromkeys(row["part"] for row in rows):
        kinds: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            if row["part"] == part:
                kinds[row["kind"]].append(row)
        figures = []
        for of_kind in kinds.values():
            docs = [
                Doc(id=row["id"], title=row["title"], text=row["text"], language=row["language"]) for row in of_kind
            ]
            figures.append(b_cubed([row["label"] for row in of_kind], cluster(docs)))
        precision, recall, f1 = (sum(column) / len(figures) for column in zip(*figures, strict=True))
        print(f"look-alikes, {part}, {len(kinds)} kinds alone: B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")


def _short_days() -> None:
    """Two days of headlines with a sentence or two, two to four reports an event, each in words of its own."""
    rows = [json.loads(line) for line in SHORT_DAYS.read_text(encoding="utf-8").splitlines()]
    for day in dict.fromkeys(row["day"] for row in rows):
        of_day = [row for row in rows if row["day"] == day]
        docs = [Doc(id=row["id"], title=row["title"], text=row["text"], language="en") for row in of_day]
        gold = [row["event"] for row in of_day]
        precision, recall, f1 = b_cubed(gold, cluster(docs))
        counted = f"{len(docs)} reports of {len(set(gold))} events"
        print(f"short day, {day}, {counted}: B-cubed P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")


def _headings(path: Path) -> None:
    """Wikipedia's entries, each day alone: of the pairs in one event, how many stand under the same headings.

    A lower bound of precision: the entries of a day are mostly told once, so hardly any pair should be joined.
    """
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    days: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        days[row["date"]].append(row)
    joined = right = 0
    for entries in days.values():
        docs = [Doc(id=str(place), title="", text=row["text"], language="en") for place, row in enumerate(entries)]
        events = cluster(docs)
        for one, other in combinations(range(len(docs)), 2):
            if events[one] == events[other]:
                joined += 1
                right += bool(entries[one]["topic"]) and entries[one]["topic"] == entries[other]["topic"]
    share = f"{right / joined:.2f}" if joined else "-"
    print(f"{path.name}: {len(days)} days alone, {joined} pairs joined, {share} of them under the same headings")


def _speed(count: int, words: int) -> None:
    docs = made(count, words)
    # SciPy and the tables are loaded with the first use, some half a second: that is a start, and no speed.
    before = time.process_time()
    cluster(docs[:50])
    loading = time.process_time() - before
    before = time.process_time()
    found = cluster(docs)
    seconds = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:,} stories of {words} words: {seconds:.2f} s of one core, {count / seconds:,.0f} stories/s, "
        f"peak {peak:,.0f} MB, {len(set(found)):,} events; libraries loaded in {loading:.2f} s before"
    )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelled", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--lookalikes", action="store_true", help="our own look-alikes, each kind alone")
    parser.add_argument("--shortdays", action="store_true", help="two days of short reports by several outlets")
    parser.add_argument("--headings", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--made", action="append", default=[], metavar="COUNTxWORDS")
    parser.add_argument("--here", action="store_true", help="do not start a process of its own")
    asked = parser.parse_args()
    for path in asked.labelled:
        if path.exists():
            _quality(path)
        else:
            print(f"{path}: not here, left out")
    if asked.lookalikes:
        _lookalikes()
    if asked.shortdays:
        _short_days()
    for path in asked.headings:
        if path.exists():
            _headings(path)
        else:
            print(f"{path}: not here, left out")
    quality_only = asked.labelled or asked.lookalikes or asked.shortdays or asked.headings
    for size in asked.made or ([] if quality_only else ["2000x250", "50000x25"]):
        count, words = (int(number) for number in size.split("x"))
        if asked.here:
            _speed(count, words)
        else:
            command = [sys.executable, "-m", "benchmarks.clustering", "--here", "--made", size]
            subprocess.run(command, check=True, env={**os.environ, **ONE_CORE})


if __name__ == "__main__":
    main()
