"""Leaving: a page with one button that posts, the one-click POST of mail programs (RFC 8058), and the undo."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.ports import App
from digest.render.words import Words
from digest.web.forms import Fields, text_of
from digest.web.guards import from_own_page
from digest.web.pages import PRIVATE, Pages
from digest.web.reader.people import masked, title_of, words_of, zone_of
from digest.workflow.readers.subscribe import Reader, instead, reader_of, resubscribe, say_why, unsubscribe
from subscribers.model import Frequency, SubscriptionState
from subscribers.tokens import Purpose


def unsubscribe_pages(app: App, pages: Pages, base_url: str) -> APIRouter:
    """`/u/{token}` and its undo. A token that is not good ends in TokenError, which is one page for all."""
    router = APIRouter()
    show = _Show(app, pages)

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        reader = reader_of(app, Purpose.UNSUBSCRIBE, token)
        return show.left(reader, token) if _has_left(reader) else show.question(reader, token)

    @router.post("/u/{token}")
    def leave(request: Request, token: str, fields: Fields) -> Response:
        if text_of(fields, "List-Unsubscribe").lower() == "one-click":
            unsubscribe(app, token, method="one_click")
            return PlainTextResponse("You are unsubscribed.\n", headers=PRIVATE)
        if not from_own_page(request, base_url):
            raise HTTPException(403)
        return show.left(unsubscribe(app, token, method="page"), token, just_now=True)

    @router.post("/u/{token}/undo")
    def undo(token: str) -> Response:
        reader = resubscribe(app, token)
        if _has_left(reader) or reader.kept_back:
            return show.left(reader, token)
        return show.back(reader, token)

    @router.post("/u/{token}/instead")
    def rather(token: str, fields: Fields) -> Response:
        choice = text_of(fields, "choice")
        reader = reader_of(app, Purpose.UNSUBSCRIBE, token)
        if choice not in _INSTEAD or (choice == "weekly" and not _has_mondays(reader)):
            return show.left(reader, token) if _has_left(reader) else show.question(reader, token)
        reader = instead(app, token, weeks=_INSTEAD[choice])
        if _has_left(reader) or reader.kept_back:
            return show.left(reader, token)
        if reader.only_out:
            return show.question(reader, token)
        return show.rather(reader, token, weeks=_INSTEAD[choice])

    @router.post("/u/{token}/why")
    def why(token: str, fields: Fields) -> Response:
        note = " · ".join(filter(None, (text_of(fields, "reason"), text_of(fields, "words"))))
        reader = say_why(app, token, note)
        # An old page, after the undo: they get it again.
        return show.thanked(reader, token) if _has_left(reader) else show.question(reader, token)

    return router


_INSTEAD = {"weekly": 0, "2": 2, "4": 4, "8": 8}
"""What can be chosen rather than leaving: Mondays only, or a pause of so many weeks."""


def _has_left(reader: Reader) -> bool:
    return reader.subscription.state is SubscriptionState.ENDED


def _has_mondays(reader: Reader) -> bool:
    """Who takes Mondays only gets something."""
    return reader.newsletter is None or reader.newsletter.schedule.brings(Frequency.WEEKLY)


class _Show:
    """The three faces of the page."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def question(self, reader: Reader, token: str) -> Response:
        """Not done yet: one button, and milder ways."""
        words, name = words_of(reader), title_of(reader)
        return self._page(
            reader,
            token,
            title=words.say("Unsubscribe from %(name)s?", name=name),
            text=words.say("One press, and no further edition comes to you."),
            action=f"/u/{token}",
            button=words.say("Unsubscribe"),
            milder=not reader.only_out,
        )

    def left(self, reader: Reader, token: str, *, just_now: bool = False) -> Response:
        """Done, and for a while a way back."""
        words, name = words_of(reader), title_of(reader)
        undo = reader.may_undo(self._app.clock())
        if just_now:
            title = words.say("Unsubscribed from %(name)s", name=name)
        else:
            title = words.say("You do not get %(name)s any more", name=name)
        button = words.say("Undo") if just_now else words.say("Get it again")
        return self._page(
            reader,
            token,
            title=title,
            text=self._way_back(words, reader, just_now=just_now),
            action=f"/u/{token}/undo" if undo else "",
            button=button if undo else "",
            said=just_now,
            milder=undo,
            why=just_now and not reader.only_out,
            anew=not undo and not reader.kept_back,
        )

    def _way_back(self, words: Words, reader: Reader, *, just_now: bool) -> str:
        if reader.kept_back:
            return words.say(
                "Nothing is sent to this address: mails to it came back, or somebody asked us not to write to it. "
                "If that is a mistake, write to us."
            )
        if reader.undo_until is None or not reader.may_undo(self._app.clock()):
            return words.say("Nothing is sent to you. This link does not bring you back any more: sign up again.")
        day = words.full_date(reader.undo_until.astimezone(zone_of(reader)).date())
        if just_now:
            return words.say(
                "Done. No further edition comes to you. Pressed by mistake? Undo it here until %(day)s.", day=day
            )
        return words.say("Nothing is sent to you. If you want it again, press the button until %(day)s.", day=day)

    def back(self, reader: Reader, token: str) -> Response:
        """Undone."""
        words, name = words_of(reader), title_of(reader)
        return self._page(
            reader,
            token,
            title=words.say("You get %(name)s again", name=name),
            text=words.say("Welcome back. The next edition comes to you as before."),
            said=True,
        )

    def rather(self, reader: Reader, token: str, *, weeks: int) -> Response:
        """Not gone, but less."""
        words, name = words_of(reader), title_of(reader)
        until = reader.subscription.preferences.paused_until
        if weeks and until is not None:
            title = words.say("Paused: %(name)s", name=name)
            text = words.say("Nothing comes until %(day)s. Then it goes on by itself.", day=words.full_date(until))
        else:
            title = words.say("Mondays only: %(name)s", name=name)
            text = words.say("From now on one edition a week comes to you.")
        return self._page(reader, token, title=title, text=text, said=True)

    def thanked(self, reader: Reader, token: str) -> Response:
        """The reason is noted."""
        words = words_of(reader)
        return self._page(
            reader,
            token,
            title=words.say("Thank you"),
            text=words.say("We read every one of these. You are still unsubscribed, and nothing is sent to you."),
            said=True,
        )

    def _page(
        self,
        reader: Reader,
        token: str,
        *,
        title: str,
        text: str,
        action: str = "",
        button: str = "",
        said: bool = False,
        milder: bool = False,
        why: bool = False,
        anew: bool = False,
    ) -> Response:
        subscriber, words = reader.subscriber, words_of(reader)
        base = f"{self._pages.prefix}/u/{token}"
        return self._pages.private(
            "reader/unsubscribe.html.j2",
            words,
            title=title,
            name=title_of(reader),
            text=text,
            # Who has a revoked link may have it by theft: not even the first letter is shown.
            address="" if reader.only_out else masked(subscriber),
            action=f"{self._pages.prefix}{action}" if action else "",
            button=button,
            said=said,
            milder=self._milder(words, reader) if milder else (),
            instead=f"{base}/instead",
            reasons=_reasons(words) if why else (),
            why=f"{base}/why",
            anew=self._app.links.subscribe(reader.newsletter.slug) if anew and reader.newsletter else "",
            preferences=""
            if reader.only_out
            else self._app.links.preferences(subscriber.id, reader.mail_list.id, subscriber.link_version),
        )

    @staticmethod
    def _milder(words: Words, reader: Reader) -> tuple[tuple[str, str], ...]:
        pauses = (
            (str(weeks), words.count("Pause for %(count)s week", "Pause for %(count)s weeks", weeks))
            for weeks in _INSTEAD.values()
            if weeks
        )
        mondays = (("weekly", words.say("Mondays only")),) if _has_mondays(reader) else ()
        return (*mondays, *pauses)


def _reasons(words: Words) -> tuple[tuple[str, str], ...]:
    """The first of each pair is what is kept."""
    return (
        ("too many mails", words.say("Too many mails")),
        ("not what I wanted", words.say("Not what I wanted")),
        ("never signed up", words.say("I never signed up")),
        ("other", words.say("Something else")),
    )
