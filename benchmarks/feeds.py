"""Conformance feeds: none raises, and titles, links and dates are those that the manifest states.

python -m benchmarks.feeds ../shared/data/feeds
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import time
from collections import Counter
from pathlib import Path

from digest.model.errors import BadDocument
from digest.sources.feed import read_feed
from digest.sources.markup import one_line

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "feeds"
_STATED = re.compile(r"entries\[0\]\[?\.?'?(?P<key>title|link|updated)'?\]? == u?(?P<value>'[^']*'|\"[^\"]*\")")


def main() -> None:
    """Read every file and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    folder = parser.parse_args().folder
    if not (folder / "manifest.json").exists():
        print(f"{folder}: not here, left out")
        return
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    for case in json.loads((folder / "manifest.json").read_text("utf-8")):
        counts["files"] += 1
        try:
            entries = read_feed(case["file"], (folder / case["file"]).read_bytes())
        except BadDocument as error:
            counts["refused"] += 1
            print(f"refused: {error}")
            continue
        counts["entries"] += len(entries)
        for match in _STATED.finditer(case["expect"]):
            counts["stated"] += 1
            value = ast.literal_eval(match["value"])
            first = entries[0] if entries else None
            found = {
                "title": first is not None and first.title in (one_line(value), value),
                "link": first is not None and first.url == value,
                "updated": first is not None
                and (first.published_at is None or first.published_at.strftime("%H:%M:%S") in value),
            }[match["key"]]
            counts["as stated"] += found
            if not found:
                print(f"differs: {case['file']}: {match['key']} {value!r}")
    seconds = time.perf_counter() - began
    print(
        f"{counts['files']} files, {counts['entries']} entries, {counts['refused']} refused, no exception; "
        f"{counts['as stated']} of {counts['stated']} stated titles, links and dates found ({seconds:.1f} s)"
    )


if __name__ == "__main__":
    main()
