"""Leaving: a page with one button that posts, the one-click POST of mail programs (RFC 8058), and the undo."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.ports import App
from digest.web.forms import Fields, text_of
from digest.web.guards import from_own_page
from digest.web.pages import PRIVATE, Pages
from digest.web.reader.people import masked, title_of, words_of
from digest.workflow.subscribe import Reader, reader_of, resubscribe, unsubscribe
from subscribers.model import SubscriptionState
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
        return show.left(reader, token) if _has_left(reader) else show.back(reader, token)

    return router


def _has_left(reader: Reader) -> bool:
    return reader.subscription.state is SubscriptionState.ENDED


class _Show:
    """The three faces of the page."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def question(self, reader: Reader, token: str) -> Response:
        """Not done yet: one button."""
        words, name = words_of(reader), title_of(reader)
        return self._page(
            reader,
            title=words.say("Unsubscribe from %(name)s?", name=name),
            text=words.say("One press, and no further edition comes to you."),
            action=f"{self._pages.prefix}/u/{token}",
            button=words.say("Unsubscribe"),
        )

    def left(self, reader: Reader, token: str, *, just_now: bool = False) -> Response:
        """Done, and a way back."""
        words, name = words_of(reader), title_of(reader)
        if just_now:
            title = words.say("Unsubscribed from %(name)s", name=name)
            text = words.say("Done. No further edition comes to you. Pressed by mistake? Undo it here.")
        else:
            title = words.say("You do not get %(name)s any more", name=name)
            text = words.say("Nothing is sent to you. If you want it again, press the button.")
        button = words.say("Undo") if just_now else words.say("Get it again")
        action = f"{self._pages.prefix}/u/{token}/undo"
        return self._page(reader, title=title, text=text, action=action, button=button, said=just_now)

    def back(self, reader: Reader, token: str) -> Response:
        """Undone."""
        words, name = words_of(reader), title_of(reader)
        return self._page(
            reader,
            title=words.say("You get %(name)s again", name=name),
            text=words.say("Welcome back. The next edition comes to you as before."),
            said=True,
        )

    def _page(
        self, reader: Reader, *, title: str, text: str, action: str = "", button: str = "", said: bool = False
    ) -> Response:
        subscriber = reader.subscriber
        return self._pages.private(
            "reader/unsubscribe.html.j2",
            words_of(reader),
            title=title,
            name=title_of(reader),
            text=text,
            address=masked(subscriber.email),
            action=action,
            button=button,
            said=said,
            preferences=self._app.links.preferences(subscriber.id, reader.mail_list.id, subscriber.link_version),
        )
