"""The door: sign in and out, invitations, one's own sessions."""

from __future__ import annotations

from dataclasses import replace

import segno
from starlette.responses import Response

from digest.model.person import NotSignedIn, TooManyTries, WeakPassword
from digest.web.desk.call import Call
from digest.web.desk.devices import let_in
from digest.web.desk.frame import Desk
from digest.web.desk.typed import read_kept
from digest.web.desk.words import LANGUAGES, desk_words
from digest.workflow.staff import people, second_step
from digest.workflow.staff.entering import SignedIn
from digest.workflow.staff.other_house import farewell
from digest.workflow.staff.passkeys import passkeys_of


def door_pages(desk: Desk) -> None:
    """Everything before and around a session."""
    app = desk.app

    @desk.on("GET", "/desk/sign-in")
    def door(call: Call) -> Response:
        if call.someone is not None:
            return desk.to(next_page(call.query("next")))
        return desk.page(call, "sign_in.html.j2", kept="", next=next_page(call.query("next")), problem="", email="")

    @desk.on("POST", "/desk/sign-in")
    def enter(call: Call) -> Response:
        email = call.text("email")
        try:
            entered = people.sign_in(
                app,
                email,
                call.text("password"),
                client=call.client,
                browser=call.browser,
                code=call.text("code"),
            )
        except NotSignedIn:
            problem = call.words.say("Address and password do not belong together.")
            return again(desk, call, problem, status=403)
        except TooManyTries as many:
            problem = call.words.say("Too many tries. Wait %(seconds)s seconds, then try again.", seconds=many.seconds)
            return again(desk, call, problem, status=429)
        return behind(desk, call, entered)

    @desk.on("POST", "/desk/sign-in/resume")
    def resume(call: Call) -> Response:
        resumed = read_kept(call.text("kept"))
        if call.someone is None:
            problem = call.words.say("You are not signed in yet.")
            return again(desk, call, problem, status=403)
        return desk.resume(call, *resumed) if resumed else desk.to("/desk")

    @desk.on("GET", "/desk/welcome/{token}")
    def invitation(call: Call) -> Response:
        try:
            person = people.invited(app, call.param("token"))
        except NotSignedIn:
            return desk.page(call, "welcome.html.j2", status=404, invited=None, problem="", name="")
        return desk.page(call, "welcome.html.j2", invited=person, problem="", name=person.name)

    @desk.on("POST", "/desk/welcome/{token}")
    def accept(call: Call) -> Response:
        token, name = call.param("token"), call.text("name")
        try:
            entered = people.accept(app, token, name=name, password=call.text("password"), browser=call.browser)
        except WeakPassword:
            problem = call.words.say(
                "Take a longer password: ten characters at least, and none that guessers try first."
            )
            person = people.invited(app, token)
            return desk.page(call, "welcome.html.j2", status=422, invited=person, problem=problem, name=name)
        except NotSignedIn:
            return desk.page(call, "welcome.html.j2", status=404, invited=None, problem="", name="")
        return let_in(desk, call, desk.to("/desk"), entered, invited=True)

    @desk.on("POST", "/desk/sign-out")
    def leave(call: Call) -> Response:
        people.sign_out(app, call.person, call.session)
        address = farewell(app.house, redirect=f"{desk.settings.site.base_url.rstrip('/')}/desk/sign-in")
        if address:
            # A link and no redirect: who shares the machine may want to stay signed in over there.
            left = replace(call, someone=None, a_session=None)
            return desk.without_session(desk.page(left, "left.html.j2", address=address))
        return desk.without_session(desk.to("/desk/sign-in"))

    @desk.on("GET", "/desk/me")
    def me(call: Call) -> Response:
        with app.read() as tx:
            sessions = tx.people.sessions(call.person.id)
        alive = [one for one in sessions if one.alive(app.clock())]
        return desk.page(
            call, "me.html.j2", sessions=alive, current=call.session.id, proved=call.session.proved(app.clock()),
            passkeys=passkeys_of(app, call.person),
            languages={"": call.words.say("as the browser says"), "en": "English", "fr": "Français"},
        )  # fmt: skip

    @desk.on("POST", "/desk/me/sessions/{session}/end")
    def end(call: Call) -> Response:
        number = call.param("session")
        if number == "others":
            people.end_other_sessions(app, call.person, call.session)
        elif number.isdecimal() and len(number) < 19:
            people.end_session(app, call.person, int(number))
        return desk.to("/desk/me", done=True)

    @desk.on("POST", "/desk/me/language")
    def speak(call: Call) -> Response:
        wanted = call.text("language")
        people.choose_language(app, call.person, wanted if wanted in LANGUAGES else "")
        return desk.to("/desk/me", done=True)

    @desk.on("POST", "/desk/me/code")
    def code(call: Call) -> Response:
        # Who sits down at a browser that was left open cannot change how its owner signs in.
        people.prove(app, call.person, call.session, call.text("password"), client=call.client)
        if call.text("do") == "end":
            second_step.end_totp(app, call.person)
        elif call.text("do") == "confirm":
            second_step.confirm_totp(app, call.person, call.text("code"))
        else:
            address = second_step.begin_totp(app, call.person)
            return desk.page(call, "code.html.j2", picture=_picture(address), key=address)
        return desk.to("/desk/me", done=True)

    @desk.on("GET", "/desk/keys")
    def keys(call: Call) -> Response:
        return desk.page(call, "keys.html.j2")


def _picture(address: str) -> str:
    """The address as a picture that a telephone reads, in the page itself: nobody else sees it."""
    picture: str = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="white")
    return picture


def behind(desk: Desk, call: Call, entered: SignedIn) -> Response:
    """Where one was going, with what one had typed, and the cookie of the new session."""
    resumed = read_kept(call.text("kept"))
    # The page behind the door is theirs already, in their language.
    own = desk_words(entered.person.language, call.request.headers.get("accept-language", ""))
    call = replace(call, someone=entered.person, a_session=entered.session, words=own)
    answer = desk.resume(call, *resumed) if resumed is not None else desk.to(next_page(call.text("next")))
    return let_in(desk, call, answer, entered)


def again(desk: Desk, call: Call, problem: str, *, status: int) -> Response:
    """The door once more, with what went wrong; nothing that was typed before is lost."""
    return desk.page(
        call, "sign_in.html.j2", status=status, kept=call.text("kept"), next=next_page(call.text("next")),
        problem=problem, email=call.text("email"),
    )  # fmt: skip


def next_page(path: str) -> str:
    """A page of the desk to go to, never another site: `//` and `\\` begin a host to some browsers."""
    if path.startswith("/desk") and "//" not in path and "\\" not in path and not path.startswith("/desk/sign-in"):
        return path
    return "/desk"
