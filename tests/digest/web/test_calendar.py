"""Days and hours in words, for every kind of calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from digest.model.newsletter import Newsletter, Schedule
from digest.store.tables import deliveries
from digest.web.reader.calendar import comes_out, next_edition
from digest.web.words import words_for
from subscribers.model import Preferences
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter

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


def test_of_an_edition_whose_mailing_has_begun_only_what_is_planned_comes() -> None:
    morning, zone = datetime(2026, 11, 23, 10, 0, tzinfo=UTC), ZoneInfo("Europe/London")
    later = Preferences(hour=20)
    today = [morning.date()]
    due = next_edition(of(), later, zone, morning, mailed=today)
    assert due == datetime(2026, 11, 24, 20, 0, tzinfo=UTC), "today's went out at six, whatever the hour is now"
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert next_edition(of(), later, zone, morning, planned=(noon.date(), noon), mailed=today) == noon
    assert next_edition(of(), later, zone, morning) == datetime(2026, 11, 23, 20, 0, tzinfo=UTC), "late, not lost"
    assert next_edition(of(), later, zone, noon.replace(hour=13)) == due, "its window is over"


def test_the_preferences_promise_what_comes(site: Site) -> None:
    site.publish(edition_of(TODAY), due=datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
    site.clock.wait(4 * 3600)
    assert "today, Monday, 19:00 in Paris" in site.client.get(site.token("p")).text
    with site.store.begin() as tx:
        tx.connection.execute(deliveries.update().values(status="skipped", note="paused"))
    # Tomorrow's goes out at six in London, when it is seven in Paris: it waits for the next six o'clock there.
    assert "Wednesday 25 November 2026, 06:00 in Paris" in site.client.get(site.token("p")).text


def test_of_two_newsletters_on_one_list_the_one_that_comes_first_is_told(start: Callable[..., Site]) -> None:
    """Two editions a day: at noon the morning's has gone out, and the evening's comes today."""
    hours = Schedule(compose_at=time(16, 55), approve_at=time(17, 58), send_at=time(18, 0), reader_hours=False)
    evening = own_newsletter(slug="evening", name="The Evening Brief", schedule=hours)
    site = start(newsletters=(own_newsletter(), evening))
    site.publish(edition_of(TODAY))
    with site.store.begin() as tx:
        tx.connection.execute(deliveries.update().values(status="delivered"))
    site.clock.wait(4 * 3600)
    assert "today, Monday, 19:00 in Paris" in site.client.get(site.token("p")).text
