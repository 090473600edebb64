"""A day of many stories, collected and composed: `python -m benchmarks.bigday [--stories 100000] [--words 60]`.

Made stories (`benchmarks.clustering`) in a thousand sources that are read from memory: what a network takes is measured
by `benchmarks.collect`. Above 5,000 stories events are found in a graph of neighbours.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.clustering import made
from digest.logs import configure_logs
from digest.model.story import Entry
from digest.store import db, schema
from digest.store.tx import Store
from digest.workflow.edition.compose import compose
from digest.workflow.stories.collect import collect
from tests.builders import EDITION, app_on
from tests.fakes import MORNING, MemorySource, ScriptedProvider

SOURCES = 1_000
DAY = timedelta(hours=24)


def sources(stories: int, words: int) -> dict[str, MemorySource]:
    """As many outlets as there can be, each with its share of the day."""
    found: dict[str, list[Entry]] = {f"outlet{number}": [] for number in range(SOURCES)}
    for place, doc in enumerate(made(stories, words)):
        name = f"outlet{place % SOURCES}"
        found[name].append(
            Entry(
                path=f"{doc.id}.xml", kind="feed", title=doc.title, paragraphs=(doc.text,), language="en",
                section=("World", "Asia")[place % 2], url=f"https://{name}.example/{doc.id}",
                published_at=MORNING - DAY * (place / stories),
            )
        )  # fmt: skip
    return {name: MemorySource(name=name, entries=tuple(entries)) for name, entries in found.items()}


def main() -> None:
    """Collect, compose, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stories", type=int, default=100_000)
    options.add_argument("--words", type=int, default=60)
    asked = options.parse_args()
    configure_logs(open(os.devnull, "w"))  # noqa: SIM115 - for the life of the process
    given = sources(asked.stories, asked.words)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(db.open_engine(f"sqlite:///{Path(folder) / 'digest.db'}"))
        schema.upgrade(store.engine)
        app = app_on(store, provider=ScriptedProvider(), sources=given)
        print(f"memory before: {_memory():,.0f} MB", flush=True)
        began, used = time.perf_counter(), time.process_time()
        found = collect(app, app.newsletters["world"])
        _show(f"collect: {found.new:,} new of {found.entries:,}", began, used)
        began, used = time.perf_counter(), time.process_time()
        edition = compose(app, EDITION)
        _show(f"compose: {len(edition.told)} told, {edition.status}", began, used)
        store.close()


def _show(what: str, began: float, used: float) -> None:
    print(
        f"{what:<45} {time.perf_counter() - began:6.1f} s, {time.process_time() - used:6.1f} s of processor, "
        f"peak {_memory():,.0f} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
