"""Each reader at the reader's own hour, once, whatever the clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from digest.model.mail import Variant
from digest.model.newsletter import Schedule
from digest.store.tx import Store
from digest.workflow.hours import due_instant, reader_due, send_instant, window_end
from digest.workflow.send.plan import plan
from subscribers.model import Preferences
from tests.builders import EDITION, app_on, approve_plainly, newsletter, people
from tests.fakes import ScriptedProvider

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    start=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_hour_comes_within_a_day_and_is_the_readers_own(zone: str, hour: int, start: datetime) -> None:
    due = due_instant(zone, hour, 0, start)
    # 25 hours on the autumn day, and up to one more where the hour falls into a gap.
    assert start <= due <= start + timedelta(hours=26)
    shown = due.astimezone(ZoneInfo(zone))
    if shown.hour != hour or shown.minute:
        # The hour did not exist that day: it is the first one after the gap, no more than an hour on.
        before = (due - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        assert (
            timedelta(0)
            < shown.replace(tzinfo=None) - datetime.combine(before.date(), time(hour))
            <= timedelta(hours=2)
        )


@pytest.mark.parametrize(
    ("zone", "hour", "start", "due"),
    [
        # Spring: 02:30 does not exist in Berlin on 29 March 2026.
        ("Europe/Berlin", 2, "2026-03-29T00:00+00:00", "2026-03-29T01:00+00:00"),
        # Autumn: 01:00 comes twice in London on 25 October 2026; the first one counts.
        ("Europe/London", 1, "2026-10-24T23:30+00:00", "2026-10-25T00:00+00:00"),
        # The other side of the date line, and a quarter of an hour that is nobody else's.
        ("Pacific/Apia", 6, "2026-11-23T06:00+00:00", "2026-11-23T17:00+00:00"),
        ("Asia/Kathmandu", 6, "2026-11-23T06:00+00:00", "2026-11-24T00:15+00:00"),
        ("Europe/London", 6, "2026-11-23T06:00+00:00", "2026-11-23T06:00+00:00"),
    ],
)
def test_known_cases(zone: str, hour: int, start: str, due: str) -> None:
    assert due_instant(zone, hour, 0, datetime.fromisoformat(start)) == datetime.fromisoformat(due)


def test_the_edition_begins_at_the_newsletters_own_hour_in_summer_and_winter() -> None:
    paper = newsletter()
    assert send_instant(paper, date(2026, 7, 1)) == datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    assert send_instant(paper, date(2026, 12, 1)) == datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


def test_no_window_means_no_limit() -> None:
    due = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    assert window_end(newsletter(schedule=Schedule(window_hours=0)), due) is None
    assert window_end(newsletter(schedule=Schedule(window_hours=2.5)), due) == due + timedelta(minutes=150)


def test_readers_are_grouped_by_hour_and_variant(store: Store) -> None:
    whole, asia = Variant(language="en"), Variant(language="en", sections=("asia",))
    approve_plainly(store, whole, asia)
    people(store, 3, start=1, timezone="Europe/Paris")
    people(store, 2, start=11, timezone="America/Lima")
    people(store, 4, start=21, preferences=Preferences(sections=("asia",), hour=8))
    app = app_on(store, provider=ScriptedProvider(), schedule=Schedule())
    mailing = plan(app, EDITION)
    with store.read() as tx:
        chunks = tx.ledger.chunks(mailing.id)
    assert [(chunk.variant, chunk.due_at.hour, chunk.size) for chunk in chunks] == [
        ("en:asia", 8, 4),
        ("en:all", 11, 2),
        # 06:00 in Paris is past when the edition begins at 06:00 in London: tomorrow's first chance.
        ("en:all", 5, 3),
    ]


def test_a_choice_made_after_approval_gets_the_whole_edition_and_no_unapproved_byte(store: Store) -> None:
    approve_plainly(store, Variant(language="en"))
    people(store, 2, preferences=Preferences(sections=("asia",)))
    mailing = plan(app_on(store, provider=ScriptedProvider()), EDITION)
    with store.read() as tx:
        assert {chunk.variant for chunk in tx.ledger.chunks(mailing.id)} == {"en:all"}


def test_an_unknown_zone_falls_back_to_the_newsletters(store: Store) -> None:
    approve_plainly(store)
    people(store, 1, timezone="Mars/Olympus")
    app = app_on(store, provider=ScriptedProvider(), schedule=Schedule())
    mailing = plan(app, EDITION)
    with store.read() as tx:
        (chunk,) = tx.ledger.chunks(mailing.id)
    assert chunk.due_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


NIGHT = Schedule(quiet_from=time(22), quiet_until=time(7, 30), send_at=time(8))


@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    late=st.timedeltas(timedelta(0), timedelta(hours=12)),
    own=st.booleans(),
)
def test_nothing_comes_in_the_quiet_hours_and_it_waits_no_longer_than_they_last(
    zone: str, start: datetime, late: timedelta, own: bool
) -> None:
    title = newsletter(schedule=replace(NIGHT, reader_hours=own))
    due = reader_due(title, zone=zone, hour=None, start=start, now=start + late)
    comes = max(due, start + late)
    shown = comes.astimezone(ZoneInfo(zone)).time()
    assert not NIGHT.is_quiet(shown)
    plainly = reader_due(newsletter(schedule=replace(NIGHT, reader_hours=own, quiet_from=None)), zone=zone, hour=None,
                         start=start)  # fmt: skip
    if NIGHT.is_quiet(max(plainly, start + late).astimezone(ZoneInfo(zone)).time()):
        assert timedelta() < comes - max(plainly, start + late) <= timedelta(hours=11)
    else:
        assert due == plainly


def test_who_chose_an_hour_of_the_night_gets_it_then() -> None:
    start = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    title = newsletter(schedule=replace(NIGHT, reader_hours=True))
    assert reader_due(title, zone="Europe/London", hour=3, start=start) == datetime(2026, 12, 2, 3, 0, tzinfo=UTC)


def test_everybody_at_once_leaves_those_asleep_for_their_morning(store: Store) -> None:
    approve_plainly(store)
    people(store, 3, start=1, timezone="Europe/London")
    people(store, 2, start=11, timezone="America/Los_Angeles")
    app = app_on(store, provider=ScriptedProvider(), schedule=replace(NIGHT, reader_hours=False))
    mailing = plan(app, EDITION)
    with store.read() as tx:
        chunks = tx.ledger.chunks(mailing.id)
    assert [(f"{chunk.due_at:%H:%M}", chunk.size) for chunk in chunks] == [("08:00", 3), ("15:30", 2)]


def test_a_large_plan_tells_postgresql_how_large_its_tables_are(store: Store) -> None:
    approve_plainly(store)
    people(store, 12)
    app = app_on(store, provider=ScriptedProvider())
    made = plan(app, EDITION)
    size = text("SELECT reltuples FROM pg_class WHERE relname = 'chunks'")
    with store.begin() as tx:
        tx.ledger.learn_sizes(made)
        if tx.connection.dialect.name != "postgresql":
            # SQLite plans without knowing how large its tables are: nothing is done, and nothing fails.
            return
        before = tx.connection.scalar(size)
        tx.ledger.learn_sizes(replace(made, count=10_000))
        assert tx.connection.scalar(size) == len(tx.ledger.chunks(made.id)) != before
