"""How soon `digest serve` shows its first page, and what it costs while nothing is to do: `python -m benchmarks.idle`.

The sample configuration on an empty database. Cold start: from the start of the process to the whole front page, once
with the database to be made and then several times with one that is there; the clock's first sweep runs meanwhile, as
it does in the house. Idle: memory (resident, and what is its own alone) and processor time after that sweep, which
has read every source. The same for the pages alone, and for `digest --help`. Last the memory of a process before and
after a morning's work: collect, compose, approve, preview, plan and send the sample's edition.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print, a line each."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--starts", type=int, default=5, help="cold starts to take the median of")
    options.add_argument("--seconds", type=float, default=70, help="how long it is watched while idle")
    asked = options.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    helps = [_help() for _ in range(asked.starts)]
    print(f"digest --help            {_spread(helps)}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        _morning(Path(name) / "morning")
        for label, more in (("clock and pages", ()), ("pages alone", ("--no-scheduler",))):
            folder = Path(name) / label.replace(" ", "-")
            starts, worked = [], []
            for number in range(asked.starts + 1):
                with serving(folder, *more) as (process, url, begun):
                    shown, processor = _first_page(process, url)
                    starts.append(shown - begun)
                    worked.append(processor)
                    if number == asked.starts:
                        _idle(label, process, url, asked.seconds, clock=not more)
            print(
                f"{label:16} first page {_spread(starts[1:])}, of the processor {_spread(worked[1:])}, "
                f"the database made too {starts[0]:.2f} s",
                flush=True,
            )


MORNING = """
import os
from datetime import date
from pathlib import Path
from starlette.testclient import TestClient
from benchmarks.idle import memory
from digest.model.edition import EditionId
from digest.model.mail import Variant
from digest.settings import load_settings
from digest.web import create_web
from digest.wiring import open_app
from digest.workflow.clock.day import run_day
settings = load_settings(Path("samples/config.yaml"))
with open_app(settings) as app:
    client = TestClient(create_web(app, settings), base_url=settings.site.base_url)
    client.get("/")
    before = memory(os.getpid())
    newsletter = settings.newsletters[0]
    edition = EditionId(newsletter=newsletter.slug, date=date(2022, 4, 8))
    day = run_day(app, edition, everybody_now=True, late=True)
    for language in ("en", "fr"):
        app.renderer.render(day.edition, app.newsletters[newsletter.slug], Variant(language=language), view_url="")
    client.get(f"/editions/{edition}")
    after = memory(os.getpid())
    sent = day.sent.mailing.count if day.sent else 0
    stories = len(day.edition.told)
    print(f"a morning: {before[0]:.0f} MB before, {after[0]:.0f} MB after ({sent} readers, {stories} stories)")
"""


def _morning(folder: Path) -> None:
    env = _environment(folder)
    readers = ["subscribers", "import", "samples/subscribers.csv", "--list", "world"]
    for command in (["-m", "digest", *readers, "--config", "samples/config.yaml"], ["-c", MORNING]):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    print(done.stdout.strip(), flush=True)


def _environment(folder: Path) -> dict[str, str]:
    return {
        # Bytecode is kept, as that of an installed package is: without, each start compiles the house anew.
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "DIGEST_VAR_DIR": str(folder),
        "DIGEST_STORAGE__URL": f"sqlite:///{folder / 'digest.db'}",
        "DIGEST_PROVIDER__OUTBOX__PATH": str(folder / "outbox"),
    }


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """A `digest serve` of its own, its address, and when it was started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = _environment(folder)
    command = [sys.executable, "-m", "digest", "serve", "--config", "samples/config.yaml", "--port", str(port), *more]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        yield process, f"http://127.0.0.1:{port}", begun
    finally:
        process.terminate()
        process.wait(30)


def _first_page(process: subprocess.Popen[bytes], url: str) -> tuple[float, float]:
    """When the whole front page had come, and the processor time that it took."""
    while process.poll() is None:
        try:
            assert "</html>" in httpx.get(f"{url}/", timeout=60).text
            return time.perf_counter(), _processor(process.pid)
        except httpx.TransportError:
            time.sleep(0.01)
    raise SystemExit(f"digest serve ended with {process.returncode}")


def _idle(label: str, process: subprocess.Popen[bytes], url: str, seconds: float, *, clock: bool) -> None:
    while clock and "digest_sweep_age_seconds" not in httpx.get(f"{url}/metrics").text:
        time.sleep(0.5)
    time.sleep(5)
    before, at = _processor(process.pid), time.perf_counter()
    time.sleep(seconds)
    share = (_processor(process.pid) - before) / (time.perf_counter() - at)
    resident, own = memory(process.pid)
    print(f"{label:16} idle {resident:.0f} MB resident, {own:.0f} MB its own, {share:.2%} of a core", flush=True)


def _processor(pid: int) -> float:
    """Seconds of processor time, of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> tuple[float, float]:
    """Megabytes resident, and those that no other process shares."""
    told = dict.fromkeys(("Rss", "Private_Clean", "Private_Dirty"), 0)
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, _, rest = line.partition(":")
        if name in told:
            told[name] = int(rest.split()[0])
    return told["Rss"] / 1000, (told["Private_Clean"] + told["Private_Dirty"]) / 1000


def _help() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "digest", "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _spread(seconds: list[float]) -> str:
    return f"{median(seconds):.2f} s (best {min(seconds):.2f}, worst {max(seconds):.2f})"


if __name__ == "__main__":
    main()
