"""Choosing: sections, frequency, hour, form, pause, by signed link and without a password."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter
from starlette.responses import Response

from digest.model.newsletter import Section
from digest.ports import App
from digest.render.words import Words
from digest.web.forms import Fields
from digest.web.pages import Pages
from digest.web.reader.choices import Form, chosen, shown, typed
from digest.web.reader.people import language_of, masked, title_of, words_of
from digest.workflow.subscribe import Reader, choose, reader_of
from subscribers.model import Frequency, SubscriptionState
from subscribers.tokens import Purpose


def preference_pages(app: App, pages: Pages) -> APIRouter:
    """`/p/{token}`. A token that is not good ends in TokenError, which is one page for all."""
    router = APIRouter()

    @router.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        reader = reader_of(app, Purpose.PREFERENCES, token)
        form = shown(reader.subscription.preferences, _sections(reader), _today(app, reader))
        return _page(app, pages, reader, token, form)

    @router.post("/p/{token}")
    def save(token: str, fields: Fields) -> Response:
        reader = reader_of(app, Purpose.PREFERENCES, token)
        today, hours = _today(app, reader), _has_hours(reader)
        form = typed(fields, _sections(reader), has_hours=hours, today=today, words=words_of(reader))
        if form.flaws:
            return _page(app, pages, reader, token, form, status=422)
        reader = choose(app, token, chosen(form, reader.subscription.preferences, has_hours=hours))
        form = shown(reader.subscription.preferences, _sections(reader), today)
        return _page(app, pages, reader, token, form, saved=True)

    return router


def _page(
    app: App, pages: Pages, reader: Reader, token: str, form: Form, *, saved: bool = False, status: int = 200
) -> Response:
    words, name, subscriber = words_of(reader), title_of(reader), reader.subscriber
    unsubscribe = app.links.unsubscribe(subscriber.id, reader.mail_list.id, subscriber.link_version)
    if reader.subscription.state is SubscriptionState.ENDED:
        return pages.private(
            "reader/ended.html.j2",
            words,
            title=words.say("You do not get %(name)s any more", name=name),
            name=name,
            address=masked(subscriber.email),
            unsubscribe=unsubscribe,
        )
    return pages.private(
        "reader/preferences.html.j2",
        words,
        status=status,
        title=_title(words, name, form, saved=saved),
        name=name,
        address=masked(subscriber.email),
        form=form,
        saved=saved,
        paused=_pause(words, form),
        language=language_of(reader.newsletter),
        frequencies=_frequencies(words),
        hours=_hours(words, reader),
        zone=_zone_name(reader),
        tomorrow=(_today(app, reader) + timedelta(days=1)).isoformat(),
        action=f"{pages.prefix}/p/{token}",
        unsubscribe=unsubscribe,
    )


def _title(words: Words, name: str, form: Form, *, saved: bool) -> str:
    """What happened comes first: it is what a screen reader says first."""
    if form.flaws:
        return words.say("Not saved: what you get from %(name)s", name=name)
    if saved:
        return words.say("Saved: what you get from %(name)s", name=name)
    return words.say("What you get from %(name)s", name=name)


def _pause(words: Words, form: Form) -> str:
    if not form.paused_until or form.flaws:
        return ""
    day = words.full_date(date.fromisoformat(form.paused_until))
    return words.say("Paused: the next edition comes on %(day)s or after.", day=day)


def _frequencies(words: Words) -> tuple[tuple[str, str], ...]:
    return (
        (Frequency.DAILY.value, words.say("Every edition")),
        (Frequency.WEEKDAYS.value, words.say("Monday to Friday")),
        (Frequency.WEEKLY.value, words.say("Mondays only")),
    )


def _hours(words: Words, reader: Reader) -> tuple[tuple[str, str], ...]:
    if not _has_hours(reader) or reader.newsletter is None:
        return ()
    usual = f"{reader.newsletter.schedule.send_at:%H:%M}"
    first = ("", words.say("The usual hour, %(time)s", time=usual))
    return (first, *((str(hour), f"{hour:02}:00") for hour in range(24)))


def _has_hours(reader: Reader) -> bool:
    return reader.newsletter is not None and reader.newsletter.schedule.reader_hours


def _sections(reader: Reader) -> tuple[Section, ...]:
    return reader.newsletter.sections if reader.newsletter else ()


def _zone(reader: Reader) -> ZoneInfo:
    """The reader's zone, else the newsletter's, as the plan of a mailing reads it."""
    for name in (reader.subscriber.timezone, reader.newsletter.zone if reader.newsletter else ""):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def _zone_name(reader: Reader) -> str:
    """The place as people write it: Buenos Aires, not America/Argentina/Buenos_Aires."""
    return _zone(reader).key.rpartition("/")[2].replace("_", " ")


def _today(app: App, reader: Reader) -> date:
    return app.clock().astimezone(_zone(reader)).date()
