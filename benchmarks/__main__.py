"""Every benchmark, one after the other, each in a process of its own: `python -m benchmarks [NAME ...]`, `make bench`.

Without names all of them are run. Data that does not lie beside the checkout is named and left out. Each has a time
limit (`--minutes`, 15 by default), so that the whole ends; what was stopped counts as failed.
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
    ("clustering", "--made", "2000x250", "--made", "50000x25"),
    ("copies",),
    ("extraction",),
    ("feeds",),
    ("ranking",),
    ("picking",),
    ("sampleday",),
    ("languages",),
    ("collect",),
    ("render",),
    ("desk",),
    ("readers", "--rows", "200000"),
    ("ledger",),
    ("delivery",),
    ("delivery_events",),
    ("move", "--readers", "100000"),
    ("simulate",),
    ("idle",),
)
"""What is run, as `python -m benchmarks.NAME ARGUMENTS`."""


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
    if not DATA.is_dir():
        print(f"{DATA} is not here: what needs it says so and is left out", flush=True)
    chosen = [one for one in RUNS if not asked.names or one[0] in asked.names]
    failed = []
    for number, (name, *arguments) in enumerate(chosen, start=1):
        print(f"\n[{number}/{len(chosen)}] {name} {' '.join(Path(one).name for one in arguments)}", flush=True)
        began = time.perf_counter()
        if not run(name, tuple(arguments), asked.minutes):
            failed.append(name)
        print(f"   ({time.perf_counter() - began:.0f} s)", flush=True)
    print(f"\n{len(chosen) - len(failed)} of {len(chosen)} ran" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
