"""Days and hours in words: when a newsletter comes out, and when a reader's next edition comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from babel.lists import format_list

from digest.model.newsletter import Newsletter
from digest.render.words import Words
from digest.workflow.send.hours import reader_due, send_instant
from subscribers.model import Preferences, wanted_on

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AHEAD = 370
"""Days within which a next edition is looked for: a pause may be long."""


def comes_out(words: Words, newsletter: Newsletter) -> str:
    """Such as "Every day at 06:00": by the newsletter's own clock."""
    schedule = newsletter.schedule
    at, place = f"{schedule.send_at:%H:%M}", place_of(newsletter.zone)
    if set(schedule.days) == set(_DAYS):
        return words.say("Every day at %(time)s in %(place)s", time=at, place=place)
    if set(schedule.days) == set(_DAYS[:5]):
        return words.say("Monday to Friday at %(time)s in %(place)s", time=at, place=place)
    if not schedule.days:
        # Named dates only: there is no rule to tell.
        return f"{at}, {place}"
    names = get_day_names("wide", locale=words.language)
    days = format_list([names[_DAYS.index(day)] for day in schedule.days], locale=words.language)
    return words.say("%(days)s at %(time)s in %(place)s", days=days, time=at, place=place)


def place_of(zone: str) -> str:
    """The place as people write it: Buenos Aires, not America/Argentina/Buenos_Aires."""
    return zone.rpartition("/")[2].replace("_", " ")


def next_edition(
    newsletter: Newsletter, preferences: Preferences, zone: ZoneInfo, now: datetime, *, new: bool = False
) -> datetime | None:
    """When the reader's next edition is due, in `zone`; None where none comes within a year.

    A `new` reader is in no mailing that has been planned. An edition's date is the newsletter's own; the gate judges
    by that date, the hour is the reader's, as the plan of a mailing reckons it.
    """
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    for ahead in range(-1, _AHEAD):
        day = today + timedelta(days=ahead)
        if not newsletter.schedule.appears(day) or not wanted_on(preferences.frequency, day):
            continue
        if preferences.paused_until is not None and day < preferences.paused_until:
            continue
        start = send_instant(newsletter, day)
        due = reader_due(newsletter, zone=zone.key, hour=preferences.hour, start=start)
        if due > now and (start > now or not new):
            return due.astimezone(zone)
    return None


def in_words(words: Words, moment: datetime, now: datetime) -> str:
    """Such as "tomorrow, Tuesday, 06:00 in Lima"; `moment` is in the reader's zone."""
    zone = moment.tzinfo
    today = now.astimezone(zone).date()
    place = place_of(str(zone))
    at = f"{moment:%H:%M}"
    day = moment.date()
    values: Mapping[str, str] = {"weekday": words.weekday(day), "time": at, "place": place}
    if day == today:
        return words.say("today, %(weekday)s, %(time)s in %(place)s", **values)
    if day == today + timedelta(days=1):
        return words.say("tomorrow, %(weekday)s, %(time)s in %(place)s", **values)
    return words.say("%(day)s, %(time)s in %(place)s", day=words.full_date(day), time=at, place=place)
