"""What `digest doctor --online` says of the sources on the network, and of our clock beside theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from digest.cli.checkup_sources import clock, reach
from digest.settings import Settings, load_settings
from digest.wiring import utc_now

SAMPLE = Path(__file__).parents[3] / "samples" / "config.yaml"
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>A thing happened</title>'
    b"<link>https://one.example/1</link></item></channel></rss>"
)


@contextmanager
def outlets(released: threading.Event, ahead: timedelta) -> Iterator[str]:
    """A server of feeds: `/good` answers, `/gone` has none, `/slow` waits until it is let go. Its clock is off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/slow":
                released.wait(60)
            found = self.path in ("/good", "/other", "/slow")
            self.send_response_only(200 if found else 404)
            self.send_header("Date", format_datetime(utc_now() + ahead, usegmt=False))
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(FEED) if found else 0))
            self.end_headers()
            self.wfile.write(FEED if found else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        released.set()
        server.shutdown()
        server.server_close()


def settings(host: str, tmp_path: Path, *names: str) -> Settings:
    text = SAMPLE.read_text("utf-8")
    sources = "".join(
        f"  - {{slug: {name}, kind: feed, url: 'http://{host}/{name}', outlet: {name}}}\n" for name in names
    )
    before, _, rest = text.partition("sources:\n")
    after = rest[rest.index("\nnewsletters:") :]
    path = tmp_path / "config.yaml"
    path.write_text(f"{before}fetching: {{trusted: ['{host}']}}\nsources:\n{sources}{after}", "utf-8")
    return load_settings(path)


def test_all_are_asked_and_whoever_does_not_answer_is_named(tmp_path: Path) -> None:
    with outlets(threading.Event(), timedelta(hours=-2)) as host:
        found = list(reach(settings(host, tmp_path, "good", "gone", "other")))
    by_what = {(one.what, one.level): one.found for one in found}
    assert by_what["network", "ok"] == "3 sources were asked: 2 entries"
    assert "gone: " in by_what["network", "warn"]
    assert "404" in by_what["network", "warn"]
    assert "ahead of" in by_what["clock", "fail"], "two hours"


def test_a_source_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    released = threading.Event()
    with outlets(released, timedelta()) as host:
        found = list(reach(settings(host, tmp_path, "slow"), deadline=0.2))
    assert ("network", "warn") in {(one.what, one.level) for one in found}
    assert any("slow: no answer within" in one.found for one in found)


@pytest.mark.parametrize(
    ("ahead", "level"),
    [([], None), ([1.0, -2.0, 900.0], "ok"), ([90.0, 100.0], "warn"), ([900.0], "warn"), ([-900.0, -901.0], "fail")],
)
def test_the_middle_of_all_clocks_counts(ahead: list[float], level: str | None) -> None:
    found = list(clock(ahead))
    assert [one.level for one in found] == ([] if level is None else [level])
