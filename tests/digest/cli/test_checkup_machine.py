"""What the doctor says of a clock that does not go with what has happened on its machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.cli.checkup_machine import clock, trace

LAST = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("off", "levels"),
    [
        (timedelta(minutes=-50), []),
        (timedelta(days=20), []),
        (timedelta(hours=-3), ["warn"]),
        (timedelta(days=1095), ["warn"]),
    ],
)
def test_a_clock_far_from_the_last_phase_is_looked_at(off: timedelta, levels: list[str]) -> None:
    found = list(trace(LAST + off, LAST))
    assert [one.level for one in found] == levels
    assert all("2026-11-23 06:00" in one.found and one.fix for one in found)


@pytest.mark.parametrize(("year", "level"), [(2024, "fail"), (2026, "ok"), (2041, "warn")])
def test_a_clock_that_nothing_here_has_ever_seen_is_told(year: int, level: str) -> None:
    found = clock(datetime(year, 11, 23, tzinfo=UTC))
    assert (found.level, bool(found.fix)) == (level, level != "ok")
