"""Passkeys at the desk: sign in by one, keep one, name and remove them; and saying once more who one is."""

from __future__ import annotations

import secrets

from starlette.responses import JSONResponse, Response

from digest.model.errors import NotFound
from digest.model.person import NotSignedIn, TooManyTries
from digest.web.desk.call import Call
from digest.web.desk.door import again, behind, next_page
from digest.web.desk.frame import HEADERS, Desk
from digest.workflow.staff import passkeys, people
from digest.workflow.staff.passkeys import Party


def passkey_pages(desk: Desk) -> None:
    """/desk/sign-in/passkey, /desk/me/passkeys and /desk/prove."""
    app = desk.app

    @desk.on("POST", "/desk/sign-in/passkey/begin")
    def begin(call: Call) -> Response:
        token = desk.browser_token(call) or secrets.token_urlsafe(32)
        try:
            options = passkeys.begin_use(app, _party(desk), browser_token=token, client=call.client)
        except TooManyTries as many:
            return JSONResponse({"wait": many.seconds}, 429, headers={**HEADERS, "retry-after": str(many.seconds)})
        return desk.with_browser(_json(options), token)

    @desk.on("POST", "/desk/sign-in/passkey")
    def enter(call: Call) -> Response:
        try:
            entered = passkeys.sign_in_by_passkey(
                app, _party(desk), call.text("answer"), browser_token=desk.browser_token(call), browser=call.browser
            )
        except NotSignedIn:
            return again(desk, call, call.words.say("That passkey is not known here."), status=403)
        return behind(desk, call, entered)

    @desk.on("POST", "/desk/me/passkeys/begin")
    def begin_one(call: Call) -> Response:
        people.prove(app, call.person, call.session, "", client=call.client)
        token = desk.browser_token(call) or secrets.token_urlsafe(32)
        options = passkeys.begin_registration(app, _party(desk), call.person, browser_token=token)
        return desk.with_browser(_json(options), token)

    @desk.on("POST", "/desk/me/passkeys")
    def keep(call: Call) -> Response:
        people.prove(app, call.person, call.session, "", client=call.client)
        passkeys.register(
            app, _party(desk), call.person, call.text("answer"), name=call.text("name"),
            browser_token=desk.browser_token(call),
        )  # fmt: skip
        return desk.to("/desk/me", done=True)

    @desk.on("POST", "/desk/me/passkeys/{passkey}/change")
    def change(call: Call) -> Response:
        people.prove(app, call.person, call.session, "", client=call.client)
        number = call.param("passkey")
        if not number.isdecimal() or len(number) > 18:
            raise NotFound("there is no such passkey")
        if call.text("do") == "remove":
            passkeys.remove_passkey(app, call.person, int(number))
        else:
            passkeys.rename_passkey(app, call.person, int(number), call.text("name"))
        return desk.to("/desk/me", done=True)

    @desk.on("GET", "/desk/prove")
    def ask(call: Call) -> Response:
        return _prove(desk, call, to=next_page(call.query("next")))

    @desk.on("POST", "/desk/prove")
    def prove(call: Call) -> Response:
        to, answer = next_page(call.text("next")), call.text("answer")
        try:
            if answer:
                passkeys.prove_by_passkey(
                    app, _party(desk), call.person, call.session, answer, browser_token=desk.browser_token(call)
                )
            else:
                people.prove(app, call.person, call.session, call.text("password") or "-", client=call.client)
        except NotSignedIn:
            return _prove(desk, call, to=to, problem=call.words.say("That is not right."), status=403)
        return desk.to(to)


def _prove(desk: Desk, call: Call, *, to: str, problem: str = "", status: int = 200) -> Response:
    has_passkey = bool(passkeys.passkeys_of(desk.app, call.person))
    return desk.page(call, "prove.html.j2", status=status, next=to, problem=problem, has_passkey=has_passkey)


def _party(desk: Desk) -> Party:
    found = desk.party
    if found is None:
        raise NotFound("passkeys need https and a host name")
    return found


def _json(options: str) -> Response:
    return Response(options, media_type="application/json", headers=HEADERS)
