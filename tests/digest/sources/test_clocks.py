"""What time it is elsewhere: by the Date of a few answers, the middle one, asked once in five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from digest.sources.clocks import PATIENCE, OtherClocks, seconds_ahead
from digest.sources.fetch import Fetcher
from digest.sources.guard import Guard

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@contextmanager
def server(behind: timedelta, asked: list[str]) -> Iterator[str]:
    """A server whose clock is so far behind ours; it has nothing but the time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response_only(404)
            self.send_header("date", format_datetime(NOW - behind, usegmt=True))
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        Thread(target=httpd.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{httpd.server_address[1]}/feed"
        finally:
            httpd.shutdown()


def clocks(*urls: str, elapsed: list[float]) -> OtherClocks:
    trusted = tuple(urlsplit(url).netloc for url in urls)
    return OtherClocks(
        urls,
        open_fetcher=lambda heard: Fetcher(
            user_agent="digest/test", guard=Guard(trusted=trusted), limits=PATIENCE, robots=False, heard=heard
        ),
        clock=lambda: NOW,
        monotonic=lambda: elapsed[0],
    )


def test_the_middle_of_three_answers_counts_and_is_remembered() -> None:
    asked: list[str] = []
    elapsed = [0.0]
    with (
        server(timedelta(days=900), asked) as wrong,
        server(timedelta(seconds=2), asked) as one,
        server(timedelta(seconds=3), asked) as two,
        server(timedelta(), asked) as never,
    ):
        found = clocks(wrong, one, two, never, elapsed=elapsed)
        assert found.ahead() == timedelta(seconds=3)
        elapsed[0] = 299.0
        assert found.ahead() == timedelta(seconds=3)
        assert len(asked) == 3, "three answers are enough, and nobody is asked every minute"
        elapsed[0] = 301.0
        found.ahead()
        assert len(asked) == 6


def test_nobody_who_answers_is_no_word() -> None:
    asked: list[str] = []
    with server(timedelta(), asked) as gone:
        pass
    assert clocks(gone, elapsed=[0.0]).ahead() is None
    assert clocks(elapsed=[0.0]).ahead() is None


def test_an_answer_from_a_cache_or_without_a_date_says_nothing() -> None:
    date = format_datetime(NOW - timedelta(seconds=5), usegmt=True)
    assert seconds_ahead({"date": date}, NOW) == 5
    for headers in ({}, {"date": "noon"}, {"date": date, "age": "120"}, {"date": "Mon, 23 Nov 2026 06:00:00 -0000"}):
        assert seconds_ahead(headers, NOW) is None
