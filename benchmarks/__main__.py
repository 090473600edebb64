"""Every benchmark, one after the other, each in a process of its own: `python -m benchmarks [NAME ...]`, `make bench`.

Without names all of them are run. What needs data that does not lie beside the checkout is left out, and named again at
the end. Each has a time limit (`--minutes`, 15 by default), so that the whole ends; what was stopped counts as failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"
RUNS: tuple[tuple[str, ...], ...] = (
    ("clustering", "--labelled", str(DATA / "clustering" / "ecbplus_dev.jsonl.gz")),
    ("clustering", "--lookalikes"),
    ("clustering", "--shortdays"),
    ("clustering", "--headings", str(DATA / "current_events" / "current_events_2025-04_2025-07.jsonl.gz")),
    ("clustering", "--made", "2000x250", "--made", "50000x25"),
    ("copies",),
    ("extraction",),
    ("feeds",),
    ("ranking",),
    ("picking",),
    ("sampleday",),
    ("thinday",),
    ("bigday", "--stories", "20000"),
    ("languages",),
    ("collect",),
    ("render",),
    ("desk",),
    ("readers", "--rows", "200000"),
    ("ledger",),
    ("workers",),
    ("delivery",),
    ("delivery_events",),
    ("move", "--readers", "100000"),
    ("simulate",),
    ("idle",),
)
"""What is run, as `python -m benchmarks.NAME ARGUMENTS`."""

NEEDS: dict[str, str] = {
    "feeds": "feeds",
    "ranking": "current_events",
    "picking": "current_events",
    "sampleday": "current_events",
    "--labelled": "clustering",
    "--headings": "current_events",
}
"""Benchmark, or argument of one -> the folder of DATA without which it measures nothing."""


def missing(run: tuple[str, ...]) -> Path | None:
    """The data that a run wants and that is not here."""
    wanted = [DATA / NEEDS[word] for word in run if word in NEEDS]
    return next((path for path in wanted if not path.is_dir()), None)


def run(name: str, arguments: tuple[str, ...], minutes: float) -> bool:
    """Run one; False where it failed or was stopped at its limit."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    try:
        return subprocess.run(command, check=False, timeout=60 * minutes).returncode == 0
    except subprocess.TimeoutExpired:
        print(f"   stopped after {minutes:g} minutes", flush=True)
        return False


def main() -> int:
    """Run what was asked for; the exit code is 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = list(dict.fromkeys(name for name, *_ in RUNS))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(names)}")
    parser.add_argument("--minutes", type=float, default=15.0, help="the limit of each")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in names]:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(names)}")
    chosen = [one for one in RUNS if not asked.names or one[0] in asked.names]
    failed, left_out = [], []
    for number, (name, *arguments) in enumerate(chosen, start=1):
        print(f"\n[{number}/{len(chosen)}] {name} {' '.join(Path(one).name for one in arguments)}", flush=True)
        if (data := missing((name, *arguments))) is not None:
            print(f"   left out: {data} is not here", flush=True)
            left_out.append(" ".join((name, *arguments[:1])))
            continue
        began = time.perf_counter()
        if not run(name, tuple(arguments), asked.minutes):
            failed.append(name)
        print(f"   ({time.perf_counter() - began:.0f} s)", flush=True)
    ran = len(chosen) - len(failed) - len(left_out)
    print(f"\n{ran} of {len(chosen)} ran" + (f"; failed: {', '.join(failed)}" if failed else ""))
    if left_out:
        print(f"not measured, for want of the data in {DATA}: {', '.join(left_out)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
