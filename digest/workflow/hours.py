"""Hours: when an edition and a reader's mail are due, in whatever zone, and when it is too late or too early for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.model.delivery import Quiet
from digest.model.errors import DigestError
from digest.model.newsletter import Newsletter


def send_instant(newsletter: Newsletter, day: date) -> datetime:
    """When the sending of this date's edition begins, UTC."""
    return _local(newsletter.zone, datetime.combine(day, newsletter.schedule.send_at))


def window_end(newsletter: Newsletter, due_at: datetime) -> datetime | None:
    """The instant after which mail due at `due_at` is too late (P7), or None where there is no limit."""
    hours = newsletter.schedule.window_hours
    return due_at + timedelta(hours=hours) if hours else None


def window_begin(newsletter: Newsletter, now: datetime) -> datetime | None:
    """Mail that was due before this instant is too late now, or None where there is no limit."""
    hours = newsletter.schedule.window_hours
    return now - timedelta(hours=hours) if hours else None


@lru_cache(maxsize=200_000)
def due_instant(zone: str, hour: int, minute: int, start: datetime) -> datetime:
    """The first instant at or after `start` when clocks in `zone` show `hour:minute`, UTC.

    An hour that does not exist on a day (spring) is the first instant after the gap; one that comes twice
    (autumn) is its first coming. Where only the newsletter's own clock changes, `start` moves past some readers' hour:
    they get two editions on one day, and on the other change none on one (docs/decisions/0004-readers-hour.md).
    """
    day = start.astimezone(ZoneInfo(zone)).date()
    for offset in (0, 1, 2):
        due = _local(zone, datetime(day.year, day.month, day.day, hour, minute) + timedelta(days=offset))  # noqa: DTZ001
        if due >= start:
            return due
    raise DigestError(f"no {hour:02}:{minute:02} was found in {zone} after {start.isoformat()}")


def reader_due(
    newsletter: Newsletter, *, zone: str, hour: int | None, start: datetime, now: datetime | None = None
) -> datetime:
    """When the edition that begins at `start` is due for a reader in `zone` who chose `hour`, or none; UTC.

    Planned `now`, later than that: the quiet hours are those of the moment at which the mail would really come.
    """
    schedule = newsletter.schedule
    if schedule.reader_hours and hour is not None:
        return due_instant(zone, hour, 0, start)
    due = due_instant(zone, schedule.send_at.hour, schedule.send_at.minute, start) if schedule.reader_hours else start
    comes = due if now is None else max(due, now)
    until = schedule.quiet_until
    if until is None or not schedule.is_quiet(comes.astimezone(ZoneInfo(zone)).time()):
        return due
    return due_instant(zone, until.hour, until.minute, comes)


def quiet_after(newsletter: Newsletter, *, zone: str, after: datetime) -> Quiet | None:
    """The first quiet hours in `zone` that begin at or after this instant, UTC; None where there are none.

    Whatever is late or put off by then waits for their end. Whoever chose an hour within them gets it.
    """
    begin, end = newsletter.schedule.quiet_from, newsletter.schedule.quiet_until
    if begin is None or end is None:
        return None
    since = due_instant(zone, begin.hour, begin.minute, after)
    return since, due_instant(zone, end.hour, end.minute, since)


@lru_cache(maxsize=1_000)
def known_zone(name: str) -> str:
    """The zone, or empty where this machine's zone data does not have it."""
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def _local(zone: str, wall: datetime) -> datetime:
    there = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    # In a gap, fold=0 reads the clock as before the change: the instant is right, it shows a later hour.
    return there.astimezone(UTC)
