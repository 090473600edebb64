"""What time it is elsewhere: by the Date of a few answers, the middle one, asked seldom, and anew after a jump."""

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
def server(behind: timedelta, asked: list[str], elapsed: list[float] | None = None) -> Iterator[str]:
    """A server whose clock is so far behind ours; it has nothing but the time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response_only(404)
            self.send_header("date", format_datetime(NOW + timedelta(seconds=sum(elapsed or [])) - behind, usegmt=True))
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        Thread(target=httpd.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{httpd.server_address[1]}/feed"
        finally:
            httpd.shutdown()


def clocks(*urls: str, elapsed: list[float], jumped: list[float] | None = None) -> OtherClocks:
    """Ours goes on evenly, but for what it has jumped."""
    trusted = tuple(urlsplit(url).netloc for url in urls)
    return OtherClocks(
        urls,
        open_fetcher=lambda heard: Fetcher(
            user_agent="digest/test", guard=Guard(trusted=trusted), limits=PATIENCE, robots=False, heard=heard
        ),
        clock=lambda: NOW + timedelta(seconds=elapsed[0] + sum(jumped or [])),
        monotonic=lambda: elapsed[0],
    )


def test_the_middle_of_three_answers_counts_and_is_remembered() -> None:
    asked: list[str] = []
    elapsed = [0.0]
    with (
        server(timedelta(days=900), asked, elapsed) as wrong,
        server(timedelta(hours=2), asked, elapsed) as one,
        server(timedelta(hours=3), asked, elapsed) as two,
        server(timedelta(), asked, elapsed) as never,
    ):
        found = clocks(wrong, one, two, never, elapsed=elapsed)
        assert found.ahead() == timedelta(hours=3)
        elapsed[0] = 299.0
        assert found.ahead() == timedelta(hours=3)
        assert len(asked) == 3, "three answers are enough, and nobody is asked every minute"
        elapsed[0] = 301.0
        found.ahead()
        assert len(asked) == 4, "the next one in turn agrees with us"


def test_one_that_agrees_is_enough_and_they_are_asked_in_turn() -> None:
    asked: list[str] = []
    elapsed = [0.0]
    with server(timedelta(), asked, elapsed) as one, server(timedelta(), asked, elapsed) as two:
        found = clocks(f"{one}/1", f"{two}/2", elapsed=elapsed)
        for elapsed[0] in (0.0, 60.0, 840.0, 901.0):
            assert found.ahead() == timedelta()
        assert asked == ["/feed/1", "/feed/2"]


def test_where_two_do_not_agree_ours_is_the_third() -> None:
    with server(timedelta(days=900), []) as wrong, server(timedelta(seconds=2), []) as right:
        assert clocks(wrong, right, elapsed=[0.0]).ahead() == timedelta(seconds=2)


def test_a_clock_that_was_set_or_a_machine_that_slept_asks_anew() -> None:
    asked: list[str] = []
    elapsed, jumped = [0.0], [0.0]
    with server(timedelta(), asked, elapsed) as right:
        found = clocks(right, elapsed=elapsed, jumped=jumped)
        assert found.ahead() == timedelta()
        jumped.append(10_200.0)
        assert found.ahead() == timedelta(seconds=10_200), "2 h 50 ahead, and known at once"
        elapsed[0] = 30.0
        jumped.append(-10_200.0)
        assert found.ahead() == timedelta(), "set by NTP, and believed at once"
        assert len(asked) == 3


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


def test_what_they_said_holds_while_nobody_answers_and_the_clock_goes_on() -> None:
    elapsed, jumped = [0.0], [0.0]
    with server(timedelta(), [], elapsed) as gone:
        found = clocks(gone, elapsed=elapsed, jumped=jumped)
        jumped.append(25_200.0)
        assert found.ahead() == timedelta(hours=7)
    for elapsed[0] in (400.0, 800.0):
        assert found.ahead() == timedelta(hours=7)
    jumped.append(-25_200.0)
    assert found.ahead() is None, "somebody set it, and nobody can be asked"
