"""Choosing: sections, how often, when, form, pause, address, one's own data; by signed link and without a password."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from digest.model.newsletter import Section
from digest.ports import App
from digest.render.words import Words
from digest.web.afterwards import Afterwards
from digest.web.clients import Clients
from digest.web.forms import Fields, text_of
from digest.web.pages import Pages
from digest.web.reader.about import values_of
from digest.web.reader.calendar import coming, place_of
from digest.web.reader.choices import Form, chosen, shown, typed, zone_groups
from digest.web.reader.people import language_of, masked, title_of, words_of, zone_of
from digest.web.reader.signup_form import LANGUAGE_NAMES
from digest.workflow.readers.letters import send_letters
from digest.workflow.readers.ownership import ask_erasure, ask_export, ask_move
from digest.workflow.readers.subscribe import Reader, choose, public_attributes, reader_of
from subscribers.address import AddressError, parse_address
from subscribers.model import Frequency, SubscriptionState
from subscribers.tokens import Purpose

_LONGEST_TYPED = 320


def preference_pages(app: App, pages: Pages, clients: Clients, afterwards: Afterwards) -> APIRouter:
    """`/p/{token}…`. A token that is not good ends in TokenError, which is one page for all."""
    router = APIRouter()
    page = _Preferences(app, pages)

    def letters_go() -> None:
        afterwards.do(lambda: send_letters(app))

    @router.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        return page.show(reader_of(app, Purpose.PREFERENCES, token), token)

    @router.post("/p/{token}")
    def save(token: str, fields: Fields) -> Response:
        reader = reader_of(app, Purpose.PREFERENCES, token)
        hours = page.has_hours(reader)
        form = typed(
            fields,
            page.sections(reader),
            has_hours=hours,
            today=page.today(reader),
            words=words_of(reader),
            declared=public_attributes(app),
        )
        if form.flaws:
            return page.show(reader, token, form=form, status=422)
        preferences = chosen(form, reader.subscription.preferences, has_hours=hours)
        zone = form.zone if hours else reader.subscriber.timezone
        reader = choose(
            app, token, preferences, language=form.language, timezone=zone, attributes=values_of(form.about)
        )
        words = words_of(reader)
        return page.show(
            reader,
            token,
            title=words.say("Saved: what you get from %(name)s", name=title_of(reader)),
            done=words.say("Saved. It holds from the next edition on."),
        )

    @router.post("/p/{token}/address")
    def move(request: Request, token: str, fields: Fields) -> Response:
        reader = reader_of(app, Purpose.PREFERENCES, token)
        words, text = words_of(reader), text_of(fields, "email")[:_LONGEST_TYPED]
        try:
            address = parse_address(text)
        except AddressError:
            flaw = words.say("This is no e-mail address that we can write to. It looks like name@example.org.")
            return page.show(reader, token, moving=text, moving_flaw=flaw, status=422)
        client = clients.of(request)

        def work() -> None:
            ask_move(app, token, address, client=client)
            send_letters(app)

        # Afterwards, so that the answer does not say whether somebody else has that address (T15).
        if not afterwards.do(work):
            return pages.refusal(request, 503)
        return page.show(
            reader,
            token,
            title=words.say("Look into your other mailbox: %(name)s", name=title_of(reader)),
            done=words.say(
                "A mail is on its way to the new address. Press the button in it; until then nothing changes."
            ),
        )

    @router.post("/p/{token}/data")
    def data(token: str) -> Response:
        reader = ask_export(app, token)
        letters_go()
        return page.asked(reader, token)

    @router.post("/p/{token}/erase")
    def erasure(token: str) -> Response:
        reader = ask_erasure(app, token)
        letters_go()
        return page.asked(reader, token)

    return router


class _Preferences:
    """The faces of the page."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def asked(self, reader: Reader, token: str) -> Response:
        """A letter is on its way to the reader's own address."""
        words = words_of(reader)
        return self.show(
            reader,
            token,
            title=words.say("Look into your mailbox: %(name)s", name=title_of(reader)),
            done=words.say("A mail is on its way to your address. Press the button in it."),
        )

    def show(
        self,
        reader: Reader,
        token: str,
        *,
        form: Form | None = None,
        title: str = "",
        done: str = "",
        moving: str = "",
        moving_flaw: str = "",
        status: int = 200,
    ) -> Response:
        """The page; `form` where it was sent with flaws, `done` says what a press did."""
        words, name, subscriber = words_of(reader), title_of(reader), reader.subscriber
        unsubscribe = self._app.links.unsubscribe(subscriber.id, reader.mail_list.id, subscriber.link_version)
        action = f"{self._pages.prefix}/p/{token}"
        if form is None:
            form = shown(
                subscriber,
                reader.subscription.preferences,
                self.sections(reader),
                self.today(reader),
                language=words.language,
                declared=public_attributes(self._app),
            )
        if form.flaws or moving_flaw:
            title = words.say("Not saved: what you get from %(name)s", name=name)
        ended = reader.subscription.state is SubscriptionState.ENDED
        if ended:
            title = title or words.say("You do not get %(name)s any more", name=name)
        return self._pages.private(
            "reader/preferences.html.j2",
            words,
            status=status,
            # What happened comes first: it is what a screen reader says first.
            title=title or words.say("What you get from %(name)s", name=name),
            name=name,
            ended=ended,
            address=masked(subscriber),
            form=form,
            done=done,
            coming="" if ended else self._coming(words, reader),
            paused=_pause(words, form),
            language=language_of(reader.newsletter),
            languages=LANGUAGE_NAMES,
            frequencies=_frequencies(words, reader),
            hours=self._hours(words, reader),
            zones=zone_groups() if self.has_hours(reader) else (),
            usual_place=place_of(reader.newsletter.zone) if reader.newsletter else "",
            zone=place_of(zone_of(reader).key),
            tomorrow=(self.today(reader) + timedelta(days=1)).isoformat(),
            action=action,
            moving=moving,
            moving_flaw=moving_flaw,
            unsubscribe=unsubscribe,
        )

    def sections(self, reader: Reader) -> tuple[Section, ...]:
        """What can be chosen from."""
        return reader.newsletter.sections if reader.newsletter else ()

    def has_hours(self, reader: Reader) -> bool:
        """Whether readers have hours of their own."""
        return reader.newsletter is not None and reader.newsletter.schedule.reader_hours

    def today(self, reader: Reader) -> date:
        """The day that it is for the reader."""
        return self._app.clock().astimezone(zone_of(reader)).date()

    def _coming(self, words: Words, reader: Reader) -> str:
        if reader.newsletter is None or reader.kept_back or reader.subscription.state is not SubscriptionState.ACTIVE:
            return ""
        return coming(self._app, words, reader)

    def _hours(self, words: Words, reader: Reader) -> tuple[tuple[str, str], ...]:
        if not self.has_hours(reader) or reader.newsletter is None:
            return ()
        usual = f"{reader.newsletter.schedule.send_at:%H:%M}"
        first = ("", words.say("The usual hour, %(time)s", time=usual))
        return (first, *((str(hour), f"{hour:02}:00") for hour in range(24)))


def _pause(words: Words, form: Form) -> str:
    if not form.paused_until or form.flaws:
        return ""
    day = words.full_date(date.fromisoformat(form.paused_until))
    return words.say("Paused: the next edition comes on %(day)s or after.", day=day)


def _frequencies(words: Words, reader: Reader) -> tuple[tuple[str, str], ...]:
    """What brings something, and what the reader chose before."""
    every = (
        (Frequency.DAILY, words.say("Every edition")),
        (Frequency.WEEKDAYS, words.say("Monday to Friday")),
        (Frequency.WEEKLY, words.say("Mondays only")),
    )
    schedule = reader.newsletter.schedule if reader.newsletter else None
    chosen = reader.subscription.preferences.frequency
    return tuple((one.value, said) for one, said in every if schedule is None or one is chosen or schedule.brings(one))
