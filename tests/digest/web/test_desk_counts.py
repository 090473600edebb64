"""Counts of readers beside the pages: no page waits for one that was made before, and each list is counted once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from digest.web.afterwards import Afterwards
from digest.web.desk.counts import FRESH, Counts

NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


class Slow:
    """A count that goes on only when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.made = 0

    def __call__(self, slug: str) -> dict[str, int]:
        assert self.go.wait(60)
        self.made += 1
        return {"active": self.made}


def test_no_page_waits_for_a_count_that_was_made_before() -> None:
    slow, afterwards = Slow(), Afterwards()
    counts = Counts(slow, afterwards)
    slow.go.set()
    counts.warm(["world"], now=NOW)
    afterwards.close()
    assert counts.of("world", now=NOW).active == 1

    slow.go.clear()
    later = Afterwards()
    counts = Counts(slow, later)
    slow.go.set()
    assert counts.of("world", now=NOW).active == 2
    slow.go.clear()
    # The night is over: the old one at once, with its age; one new count under way, however many ask.
    for _ in range(5):
        found = counts.of("world", now=NOW + timedelta(hours=9))
        assert (found.active, found.at) == (2, NOW)
    slow.go.set()
    later.close()
    assert slow.made == 3
    assert counts.of("world", now=NOW + timedelta(hours=9)).active == 3


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_was_set_makes_no_count_immortal(hours: int) -> None:
    slow, afterwards = Slow(), Afterwards()
    counts = Counts(slow, afterwards)
    slow.go.set()
    counts.of("world", now=NOW)
    assert counts.of("world", now=NOW + FRESH / 2).active == 1
    counts.of("world", now=NOW + timedelta(hours=hours))
    afterwards.close()
    assert slow.made == 2
