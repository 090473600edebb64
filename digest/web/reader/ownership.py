"""The pages behind fresh mails: another address and its undo, one's own data, and their erasure. One press each."""

from __future__ import annotations

import json
from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from digest.ports import App
from digest.render.words import Words
from digest.web.afterwards import Afterwards
from digest.web.pages import PRIVATE, Pages
from digest.web.reader.people import masked
from digest.web.words import words_for
from digest.workflow.readers.letters import send_letters
from digest.workflow.readers.ownership import (
    erase,
    everything_about,
    move,
    moving,
    newsletter_for,
    owner,
    undo_move,
)
from subscribers.model import Subscriber
from subscribers.tokens import Purpose, TokenOver

_DOWNLOAD = {
    "content-disposition": 'attachment; filename="my-data.json"',
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}


def ownership_pages(app: App, pages: Pages, afterwards: Afterwards) -> APIRouter:
    """`/a/`, `/b/`, `/d/` and `/e/`. A token that is not good ends in TokenError, which is one page for all."""
    router = APIRouter()
    show = _Show(app, pages)

    def asks(letter: str, purpose: Purpose, who: Callable[[App, Purpose, str], Subscriber]) -> None:
        """The page with the button: opening it changes nothing (P4)."""

        @router.api_route(f"/{letter}/{{token}}", methods=["GET", "HEAD"])
        def ask(token: str) -> Response:
            try:
                reader = who(app, purpose, token)
                return show.said(reader, "erased") if reader.erased_at else show.question(letter, token, reader)
            except TokenOver:
                return show.over()

    asks("a", Purpose.CHANGE_ADDRESS, moving)
    asks("b", Purpose.UNDO_CHANGE, moving)
    asks("d", Purpose.EXPORT, owner)
    asks("e", Purpose.ERASE, owner)

    @router.post("/a/{token}")
    def confirm_move(token: str) -> Response:
        try:
            reader = moving(app, Purpose.CHANGE_ADDRESS, token)
            change = move(app, token)
        except TokenOver:
            return show.over()
        afterwards.do(lambda: send_letters(app))
        return show.said(reader, "moved" if change else "not_moved")

    @router.post("/b/{token}")
    def take_back(token: str) -> Response:
        try:
            reader = moving(app, Purpose.UNDO_CHANGE, token)
            change = undo_move(app, token)
        except TokenOver:
            return show.over()
        return show.said(reader, "moved_back" if change else "not_moved")

    @router.post("/d/{token}")
    def download(token: str) -> Response:
        try:
            found = everything_about(app, token)
        except TokenOver:
            return show.over()
        body = json.dumps(found, ensure_ascii=False, indent=1, default=str)
        return Response(body, media_type="application/json", headers={**PRIVATE, **_DOWNLOAD})

    @router.post("/e/{token}")
    def forget(token: str) -> Response:
        try:
            reader = owner(app, Purpose.ERASE, token)
            erase(app, token)
        except TokenOver:
            return show.over()
        return show.said(reader, "erased")

    return router


class _Show:
    """The faces of these pages."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def question(self, letter: str, token: str, reader: Subscriber) -> Response:
        """Nothing is done yet: one button."""
        newsletter = newsletter_for(self._app, reader)
        words = words_for(reader.language, newsletter.language)
        title, text, button, fine = _QUESTIONS[letter](words)
        return self._pages.private(
            "reader/press.html.j2",
            words,
            title=title,
            name=newsletter.name,
            text=text,
            # The address of a change is not shown: whoever has the link got it there.
            address="" if letter in "ab" else masked(reader),
            action=f"{self._pages.prefix}/{letter}/{token}",
            button=button,
            fine=fine,
        )

    def said(self, reader: Subscriber, what: str) -> Response:
        """What a press did."""
        newsletter = newsletter_for(self._app, reader)
        words = words_for(reader.language, newsletter.language)
        title, text = _ANSWERS[what](words)
        return self._pages.private("reader/said.html.j2", words, title=title, name=newsletter.name, text=text)

    def over(self) -> Response:
        """A link of ours whose time is over; nothing is told of whose it was."""
        first = next(iter(self._app.newsletters.values()))
        words = words_for(first.language)
        return self._pages.private(
            "reader/over.html.j2",
            words,
            status=410,
            title=words.say("This link is over"),
            name=first.name,
            text=words.say("It worked for a while only. Ask again from the link in any of our mails."),
            again="",
        )


_QUESTIONS: dict[str, Callable[[Words], tuple[str, str, str, str]]] = {
    "a": lambda words: (
        words.say("Is this your new address?"),
        words.say("One press, and your mails come to the address where you found this link."),
        words.say("Yes, this is my address"),
        words.say("If you did not ask for it, close this page: nothing changes."),
    ),
    "b": lambda words: (
        words.say("Take the change of address back?"),
        words.say("One press, and your mails come here again. All links in earlier mails stop working."),
        words.say("Take it back"),
        words.say("If the change was yours, close this page: nothing changes."),
    ),
    "d": lambda words: (
        words.say("Download your data"),
        words.say("Everything that we keep about you, in one file (JSON)."),
        words.say("Download my data"),
        words.say("Keep it to yourself: whoever has the link can read your data."),
    ),
    "e": lambda words: (
        words.say("Erase everything about you?"),
        words.say("One press, and all that we keep about you is gone, on every list. It cannot be undone."),
        words.say("Erase my data"),
        words.say("What stays is a number made from your address, so that nobody can put it on a list again."),
    ),
}
"""Title, text, button and small print of each question."""

_ANSWERS: dict[str, Callable[[Words], tuple[str, str]]] = {
    "moved": lambda words: (
        words.say("Your address is changed"),
        words.say(
            "Your mails come to the new address from now on. We tell the old one, which can take it back for a week."
        ),
    ),
    "moved_back": lambda words: (
        words.say("The change is taken back"),
        words.say("Your mails come to the old address again. The links in the next mail work; earlier ones do not."),
    ),
    "not_moved": lambda words: (
        words.say("That cannot be done any more"),
        words.say("The wish was replaced or taken back, or the address is in use. Nothing has changed."),
    ),
    "erased": lambda words: (
        words.say("Erased"),
        words.say("All that we kept about you is gone. Thank you for having read with us."),
    ),
}
"""Title and text by what came of a press."""
