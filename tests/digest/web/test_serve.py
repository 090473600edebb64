"""`digest serve` as a process: it listens, answers, logs JSON, and ends by a signal without a trace of trouble."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from digest.model.errors import DigestError
from digest.settings import load_settings
from digest.web.server import serve
from digest.wiring import open_app
from digest.workflow.readers.imports import begin_import, import_of
from tests.digest.web.site import settings_for

RUN = """
import sys
from pathlib import Path
from digest.settings import load_settings
from digest.web import serve
serve(load_settings(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), scheduler=sys.argv[3] == "True")
print("returned")
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _serving(folder: Path, *, scheduler: bool) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = _free_port()
    settings = settings_for(folder, f"http://127.0.0.1:{port}")
    config = folder / "config.yaml"
    config.write_text(settings.model_dump_json(exclude_defaults=True, exclude={"secret_keys"}))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", RUN, str(config), str(port), str(scheduler)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _wait_until_ready(process: subprocess.Popen[str], url: str) -> float:
    """Seconds until the first good answer."""
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(f"{url}/health/ready", timeout=60).status_code == 200:
                return time.monotonic() - begun
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it does not answer")


def test_a_start_loads_nothing_that_only_a_morning_needs() -> None:
    """A second of loading and 100 MB: SciPy and networkx group stories, trafilatura reads pages, Alembic migrates."""
    heavy = {
        "scipy",
        "networkx",
        "trafilatura",
        "htmldate",
        "alembic",
        "sendgrid",
        "holidays",
        "webauthn",
        "feedparser",
    }
    code = (
        "import sys, digest.web.server, digest.sources.detect; from digest.editorial.text import languages as spoken;"
        f"print(sorted({heavy} & set(sys.modules)), spoken._identifier.cache_info().misses)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] 0\n"


FIRST_PAGE = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from digest.settings import load_settings
from digest.cli import cli
from digest.web.later import LateClock
from digest.web.server import create_web
from digest.wiring import open_app
settings = load_settings(Path(sys.argv[1]))
with open_app(settings) as app:
    web = create_web(app, settings, clockwork=LateClock(app, settings), later=True)
    client = TestClient(web, base_url=settings.site.base_url)
    for path in ("/health/live", "/", "/subscribe", "/editions"):
        assert client.get(path).status_code == 200, path
    print("loaded", sorted(one for one in sys.modules if any(f"{one}.".startswith(f"{heavy}.") for heavy in HEAVY)))
    assert client.get("/desk/sign-in").status_code == 200
    assert client.get("/api/v1/openapi.json").status_code == 200
    print("composes", "digest.editorial.edition.compose" in sys.modules)
"""
COMPOSES = (
    "digest.editorial.edition.compose",
    "digest.workflow.edition.compose",
    "digest.scheduler",
    "digest.web.desk.pages",
)
"""What composes, keeps time and edits; and the libraries that only these need. (FastAPI loads OpenTelemetry's names by
itself, structlog a part of rich.)"""
LIBRARIES = (
    "numpy", "PIL", "courlan", "py3langid", "lxml", "authlib", "joserfc", "argon2", "apscheduler", "procrastinate",
    "webauthn", "segno", "sendgrid", "scipy", "networkx", "trafilatura", "feedparser",
    "alembic", "holidays",
)  # fmt: skip


def test_a_first_page_loads_nothing_that_composes_or_signs_in(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "http://127.0.0.1:8025")
    config = tmp_path / "config.yaml"
    config.write_text(settings.model_dump_json(exclude_defaults=True, exclude={"secret_keys"}))
    code = FIRST_PAGE.replace("HEAVY", repr((*COMPOSES, *LIBRARIES)))
    made = subprocess.run(
        [sys.executable, "-m", "digest", "db", "upgrade", "--config", str(config)], capture_output=True, check=True
    )
    assert made.returncode == 0
    done = subprocess.run([sys.executable, "-c", code, str(config)], capture_output=True, text=True, check=True)
    said = [line for line in done.stdout.splitlines() if line.startswith(("loaded", "composes"))]
    assert said == ["loaded []", "composes True"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_returns(tmp_path: Path, sign: signal.Signals) -> None:
    with _serving(tmp_path, scheduler=True) as (process, url):
        _wait_until_ready(process, url)
        assert "Nothing has been sent yet" in httpx.get(url, timeout=60).text
        until = time.monotonic() + 120
        while "digest_scheduler_alive 1.0" not in (metrics := httpx.get(f"{url}/metrics", timeout=60).text) or (
            'digest_sweeps_total{result="done"} 0.0' in metrics
        ):
            assert time.monotonic() < until
            time.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(sign)
        out, err = process.communicate(timeout=25)
        assert time.monotonic() - begun < 10
    assert (process.returncode, out) == (0, "returned\n")
    lines = [json.loads(line) for line in err.splitlines()]
    events = [line["event"] for line in lines]
    assert events[-1] == "stopped"
    assert {"serving", "request", "phase.ended"} <= set(events)
    assert not [line for line in lines if line["level"] not in ("info", "debug")]


def test_without_a_scheduler_it_only_serves(tmp_path: Path) -> None:
    with _serving(tmp_path, scheduler=False) as (process, url):
        _wait_until_ready(process, url)
        assert "digest_scheduler_alive" not in httpx.get(f"{url}/metrics", timeout=60).text
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=25)
    assert process.returncode == 0
    assert "phase.ended" not in err


def test_without_a_scheduler_it_brings_in_what_no_clock_takes(tmp_path: Path) -> None:
    """As where the clock is on another machine, which does not see the file."""
    with _serving(tmp_path, scheduler=False) as (process, url):
        _wait_until_ready(process, url)
        settings = load_settings(tmp_path / "config.yaml")
        with open_app(settings) as app:
            with app.begin() as tx:
                tx.audience.ensure_list("world", "World", app.clock())
            earlier = replace(app, clock=lambda: datetime.now(UTC) - timedelta(minutes=2))
            file = BytesIO(b"email\nann@mail.example\n")
            job = begin_import(earlier, file, file_name="r.csv", list_slug="world", consent="a form", by="ann")
            end = time.monotonic() + 60
            while import_of(app, job.id).job.state != "done":
                assert process.poll() is None
                assert time.monotonic() < end, "it waits for ever"
                time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "import.turn" in log


def test_a_request_in_hand_is_answered_before_the_end(tmp_path: Path) -> None:
    with _serving(tmp_path, scheduler=False) as (process, url):
        _wait_until_ready(process, url)
        port = httpx.URL(url).port
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(
                b"POST /p/1.1.1.x HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\nfrequency"
            )
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            slow.sendall(b"=daily")
            assert slow.recv(1000).startswith(b"HTTP/1.1 404 ")
        process.communicate(timeout=25)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DigestError, match=rf"127\.0\.0\.1:{port} cannot be listened on: .*--port"):
            serve(settings_for(tmp_path, "http://127.0.0.1:8025"), host="127.0.0.1", port=port, scheduler=True)
    assert not (tmp_path / "digest.db").exists()
