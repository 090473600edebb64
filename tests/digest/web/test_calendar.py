"""Days and hours in words, for every kind of calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from digest.model.newsletter import Newsletter, Schedule
from digest.web.reader.calendar import comes_out, next_edition
from digest.web.words import words_for
from subscribers.model import Preferences
from tests.digest.web.site import own_newsletter

EVE = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)


def of(**changes: object) -> Newsletter:
    schedule = {"compose_at": time(4, 55), "approve_at": time(5, 58), "send_at": time(6, 0), **changes}
    return own_newsletter(schedule=Schedule(**schedule))  # type: ignore[arg-type]


def day(newsletter: Newsletter) -> date | None:
    """The date of the next edition of somebody in the newsletter's own zone."""
    due = next_edition(newsletter, Preferences(), ZoneInfo(newsletter.zone), EVE)
    return due.date() if due else None


def test_a_day_without_an_edition_is_not_promised() -> None:
    assert day(of()) == date(2026, 12, 25)
    assert day(of(skip_dates=frozenset({date(2026, 12, 25), date(2026, 12, 26)}))) == date(2026, 12, 27)


def test_named_dates_count_and_read_well_without_any_rule() -> None:
    named = of(days=(), extra_dates=frozenset({date(2026, 12, 31)}))
    assert day(named) == date(2026, 12, 31)
    assert comes_out(words_for("en"), named) == "06:00, London"
