"""Signing in by another house (OpenID Connect): go there, come back, and a second step in between."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from digest.model.errors import AdapterError, NotFound
from digest.model.person import NotSignedIn, TooManyTries
from digest.ports import House
from digest.web.desk.call import Call
from digest.web.desk.devices import let_in
from digest.web.desk.door import again
from digest.web.desk.frame import Desk
from digest.workflow.staff import other_house
from digest.workflow.staff.entering import SignedIn

BACK = "/desk/sign-in/oidc/back"


def other_house_pages(desk: Desk) -> None:
    """/desk/sign-in/oidc and what comes after it."""
    app = desk.app
    redirect = f"{desk.settings.site.base_url.rstrip('/')}{BACK}"

    @desk.on("POST", "/desk/sign-in/oidc")
    def go(call: Call) -> Response:
        token = desk.browser_token(call) or secrets.token_urlsafe(32)
        try:
            address = other_house.begin(app, _house(desk), redirect=redirect, browser_token=token, client=call.client)
        except TooManyTries as many:
            return again(desk, call, _wait(call, many), status=429)
        except AdapterError:
            return again(desk, call, _silent(call), status=502)
        # A page and not a redirect: browsers hold redirects of a form to the form's own policy (form-action).
        answer = desk.page(call, "go.html.j2", address=address, kept=call.text("kept"))
        if not call.text("kept"):
            answer.headers["refresh"] = f"0; url={address}"
        return desk.with_browser(answer, token)

    @desk.on("GET", BACK)
    def back(call: Call) -> Response:
        # Coming back changes nothing yet: the button does, or our script presses it.
        _house(desk)
        return desk.page(call, "back.html.j2", code=call.query("code")[:2000], state=call.query("state")[:200])

    @desk.on("POST", BACK)
    def come_back(call: Call) -> Response:
        token = desk.browser_token(call)
        try:
            found = other_house.come_back(
                app, _house(desk), app.vouching, code=call.text("code"), state=call.text("state"),
                redirect=redirect, browser_token=token, browser=call.browser,
            )  # fmt: skip
        except NotSignedIn:
            problem = call.words.say("That account is not known here. An admin finds out why in the log.")
            return again(desk, call, problem, status=403)
        except AdapterError:
            return again(desk, call, _silent(call), status=502)
        if isinstance(found, SignedIn):
            return let_in(desk, call, desk.to("/desk"), found)
        return desk.page(call, "second.html.j2", problem="")

    @desk.on("POST", "/desk/sign-in/code")
    def code(call: Call) -> Response:
        try:
            entered = other_house.give_code(
                app, call.text("code"), browser_token=desk.browser_token(call), client=call.client,
                browser=call.browser,
            )  # fmt: skip
        except NotSignedIn:
            return desk.page(call, "second.html.j2", status=403, problem=call.words.say("That code is not right."))
        except TooManyTries as many:
            return desk.page(call, "second.html.j2", status=429, problem=_wait(call, many))
        return let_in(desk, call, desk.to("/desk"), entered)


def _house(desk: Desk) -> House:
    if desk.app.house is None:
        raise NotFound("no other house is configured")
    return desk.app.house


def _wait(call: Call, many: TooManyTries) -> str:
    return call.words.say("Too many tries. Wait %(seconds)s seconds, then try again.", seconds=many.seconds)


def _silent(call: Call) -> str:
    return call.words.say("That did not work over there. Try once more, or take another way in.")
