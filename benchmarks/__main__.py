"""Every benchmark, one after the other, each in a process of its own: `python -m benchmarks` or `make bench`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"
EVENTS = sorted(map(str, (DATA / "current_events").glob("*.jsonl.gz")))
RUNS: tuple[tuple[str, ...], ...] = (
    ("clustering", "--labelled", str(DATA / "clustering" / "ecbplus_dev.jsonl.gz")),
    ("clustering", "--made", "2000x250", "--made", "50000x25"),
    ("extraction",),
    ("feeds",),
    *((("ranking", *EVENTS),) if EVENTS else ()),
    ("picking",),
    ("languages",),
    ("collect",),
    ("render",),
    ("desk",),
    ("ledger",),
)
"""What is run, as `python -m benchmarks.NAME ARGUMENTS`; what needs data that is not here says so and goes on."""


def main() -> int:
    """Run all of them; the exit code is 1 where one failed."""
    failed = []
    for name, *arguments in RUNS:
        print(f"\n== {name} {' '.join(Path(one).name for one in arguments)}", flush=True)
        began = time.perf_counter()
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode:
            failed.append(name)
        print(f"   ({time.perf_counter() - began:.0f} s)", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
