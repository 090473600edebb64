"""Days and hours in words: when a newsletter comes out, and when a reader's next edition comes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from babel.lists import format_list

from digest.model.edition import EditionId
from digest.model.newsletter import DAYS, Newsletter
from digest.ports import App, Tx
from digest.render.words import Words
from digest.web.reader.people import zone_of
from digest.workflow.hours import reader_due, send_instant, window_end
from digest.workflow.readers.subscribe import Reader
from subscribers.model import Preferences, wanted_on

_AHEAD = 370
"""Days within which a next edition is looked for: a pause may be long."""


def comes_out(words: Words, newsletter: Newsletter) -> str:
    """Such as "Every day at 06:00": by the newsletter's own clock."""
    schedule = newsletter.schedule
    at, place = f"{schedule.send_at:%H:%M}", place_of(newsletter.zone)
    if set(schedule.days) == set(DAYS):
        return words.say("Every day at %(time)s in %(place)s", time=at, place=place)
    if set(schedule.days) == set(DAYS[:5]):
        return words.say("Monday to Friday at %(time)s in %(place)s", time=at, place=place)
    if not schedule.days:
        # Named dates only: there is no rule to tell.
        return f"{at}, {place}"
    names = get_day_names("wide", locale=words.language)
    days = format_list([names[DAYS.index(day)] for day in schedule.days], locale=words.language)
    return words.say("%(days)s at %(time)s in %(place)s", days=days, time=at, place=place)


def place_of(zone: str) -> str:
    """The place as people write it: Buenos Aires, not America/Argentina/Buenos_Aires."""
    return zone.rpartition("/")[2].replace("_", " ")


def next_edition(
    newsletter: Newsletter,
    preferences: Preferences,
    zone: ZoneInfo,
    now: datetime,
    *,
    planned: tuple[date, datetime] | None = None,
    mailed: Collection[date] = (),
) -> datetime | None:
    """When the reader's next edition is due, in `zone`; None where none comes within a year.

    `planned` is the edition that a mailing keeps ready for the reader, and its hour. Of the others that have a mailing
    (`mailed`) nothing comes any more: they had it, or were not on the list then, and no change of hour or zone moves
    it. An edition's date is the newsletter's own; the gate judges by that date, the hour is the reader's, as the plan
    reckons it.
    """
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    for ahead in range(-1, _AHEAD):
        day = today + timedelta(days=ahead)
        if not newsletter.schedule.appears(day) or not wanted_on(preferences.frequency, day):
            continue
        if preferences.paused_until is not None and day < preferences.paused_until:
            continue
        start = send_instant(newsletter, day)
        if planned is not None and planned[0] == day:
            due = planned[1]
        elif day in mailed or now > (window_end(newsletter, start) or now):
            continue
        else:
            due = reader_due(newsletter, zone=zone.key, hour=preferences.hour, start=start)
        if due > now:
            return due.astimezone(zone)
    return None


def coming(app: App, words: Words, reader: Reader) -> str:
    """The reader's next edition, such as "tomorrow, Tuesday, 06:00 in Lima"; empty where none comes within a year.

    Two editions a day are two newsletters on one list: it is that of either which comes first.
    """
    now = app.clock()
    homes = [one for one in app.newsletters.values() if one.list == reader.mail_list.slug]
    with app.read() as tx:
        ready = tx.ledger.due_for(reader.subscriber.id, reader.mail_list.slug)
        mailed = {one.slug: _mailed_lately(tx, one, now) for one in homes}
    planned = None if ready is None else (EditionId.parse(ready[0]), ready[1])
    dues = (
        next_edition(
            one,
            reader.subscription.preferences,
            zone_of(reader),
            now,
            # Of the others nothing that is ready comes before it.
            planned=(planned[0].date, planned[1]) if planned and planned[0].newsletter == one.slug else None,
            mailed=mailed[one.slug],
        )
        for one in homes
    )
    first = min((due for due in dues if due is not None), default=None)
    return in_words(words, first, now) if first else ""


def _mailed_lately(tx: Tx, newsletter: Newsletter, now: datetime) -> frozenset[date]:
    """Days of which the newsletter's edition has a mailing: today's and yesterday's, by its own clock."""
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    lately = [EditionId(newsletter=newsletter.slug, date=today - timedelta(days=ago)) for ago in range(2)]
    return frozenset(EditionId.parse(one.edition).date for one in tx.ledger.mailings_of(map(str, lately)))


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
