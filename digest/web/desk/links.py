"""Sign-in links by mail: ask for one, and use it in the browser that asked."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from digest.model.person import NotSignedIn, TooManyTries
from digest.web.desk.call import Call
from digest.web.desk.devices import let_in
from digest.web.desk.door import again
from digest.web.desk.frame import Desk
from digest.workflow.staff import sign_in_links


def link_pages(desk: Desk) -> None:
    """/desk/sign-in/link and /desk/link."""
    app = desk.app

    @desk.on("POST", "/desk/sign-in/link")
    def ask(call: Call) -> Response:
        # A browser that asks twice may use either link.
        email, token = call.text("email"), desk.browser_token(call) or secrets.token_urlsafe(32)
        if "@" not in email or len(email) > 254:
            return again(desk, call, call.words.say("Write your address first."), status=422)
        try:
            sign_in_links.count_ask(app, email, client=call.client)
        except TooManyTries as many:
            problem = call.words.say("Too many tries. Wait %(seconds)s seconds, then try again.", seconds=many.seconds)
            return again(desk, call, problem, status=429)

        def mail() -> None:
            # Who works here is looked up after the answer: it says the same to everybody, in the same time (T15).
            if sign_in_links.queue_link(app, email, browser_token=token):
                sign_in_links.send_links(app)

        desk.afterwards.do(mail)
        answer = desk.page(call, "asked.html.j2", email=email, kept=call.text("kept"))
        return desk.with_browser(answer, token)

    @desk.on("GET", "/desk/link/{token}")
    def look(call: Call) -> Response:
        return _link(desk, call)

    @desk.on("POST", "/desk/link/{token}")
    def use(call: Call) -> Response:
        try:
            entered = sign_in_links.sign_in_by_link(
                app,
                call.param("token"),
                browser_token=desk.browser_token(call),
                client=call.client,
                browser=call.browser,
                code=call.text("code"),
            )
        except NotSignedIn:
            return _link(desk, call, problem=call.words.say("That code is not right."), status=403)
        except TooManyTries as many:
            problem = call.words.say("Too many tries. Wait %(seconds)s seconds, then try again.", seconds=many.seconds)
            return _link(desk, call, problem=problem, status=429)
        return let_in(desk, call, desk.to("/desk"), entered)


def _link(desk: Desk, call: Call, *, problem: str = "", status: int = 200) -> Response:
    """The button; or, where the link does nothing here, why that may be: one page for every cause."""
    try:
        person = sign_in_links.link_person(desk.app, call.param("token"), browser_token=desk.browser_token(call))
    except NotSignedIn:
        return desk.page(call, "link.html.j2", status=404, linked=None, problem="")
    return desk.page(call, "link.html.j2", status=status, linked=person, problem=problem)
