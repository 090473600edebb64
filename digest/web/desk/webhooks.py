"""Webhooks at the desk: who is told what happens, how each does, what became of its posts; for admins."""

from __future__ import annotations

from starlette.responses import Response

from digest.model.errors import NotFound
from digest.model.webhook import EDITION_SENT, KINDS, PostState
from digest.web.desk.call import Call
from digest.web.desk.frame import Desk
from digest.web.forms import texts_of
from digest.workflow.clock import webhooks
from digest.workflow.staff.people import prove
from subscribers.model import Befell

SHOWN = 50
"""Posts of a webhook on its page, the newest."""
ONE = "/desk/webhooks/{webhook}"


def webhook_pages(desk: Desk) -> None:
    """Everything below /desk/webhooks."""
    app = desk.app

    @desk.on("GET", "/desk/webhooks")
    def show(call: Call) -> Response:
        with app.read() as tx:
            found = [(one, tx.webhooks.counts(one.id)) for one in tx.webhooks.everything()]
            lists = tx.audience.lists()
        return desk.page(
            call, "webhooks.html.j2", webhooks=found, kinds=_words(call), lists=lists,
            proved=call.session.proved(app.clock()), states=PostState,
        )  # fmt: skip

    @desk.on("POST", "/desk/webhooks/add")
    def add(call: Call) -> Response:
        _prove(desk, call)
        made = webhooks.add_webhook(
            app, call.text("url"), kinds=_kinds(call), lists=texts_of(call.fields, "list"),
            with_address=call.text("with_address") == "1", by=call.by,
        )  # fmt: skip
        return _one(desk, call, made.id, secret=webhooks.secret_of(app, made.id))

    @desk.on("GET", ONE)
    def one(call: Call) -> Response:
        return _one(desk, call, _number(call))

    @desk.on("POST", f"{ONE}/change")
    def change(call: Call) -> Response:
        _prove(desk, call)
        number = _number(call)
        webhooks.change_webhook(
            app, number, url=call.text("url"), kinds=_kinds(call), lists=texts_of(call.fields, "list"),
            with_address=call.text("with_address") == "1", by=call.by,
        )  # fmt: skip
        return desk.to(f"/desk/webhooks/{number}", done=True)

    @desk.on("POST", f"{ONE}/move")
    def move(call: Call) -> Response:
        number, wanted = _number(call), call.text("do")
        if wanted in ("pause", "resume"):
            webhooks.change_webhook(app, number, paused=wanted == "pause", by=call.by)
        elif wanted == "enable":
            webhooks.enable(app, number, by=call.by)
        else:
            webhooks.replay(app, number, post=call.text("post") or None, by=call.by)
        return desk.to(f"/desk/webhooks/{number}", done=True)

    @desk.on("POST", f"{ONE}/secret")
    def secret(call: Call) -> Response:
        _prove(desk, call)
        number = _number(call)
        if call.text("do") == "rotate":
            webhooks.rotate(app, number, by=call.by)
        # Shown in the answer itself: a redirect would have to carry it.
        return _one(desk, call, number, secret=webhooks.secret_of(app, number))

    @desk.on("POST", f"{ONE}/remove")
    def remove(call: Call) -> Response:
        _prove(desk, call)
        webhooks.remove_webhook(app, _number(call), by=call.by)
        return desk.to("/desk/webhooks", done=True)


def _one(desk: Desk, call: Call, number: int, *, secret: str = "") -> Response:
    with desk.app.read() as tx:
        found = webhooks.require(tx, number)
        posts = tx.webhooks.posts(number, None, limit=SHOWN)
        counts, lists = tx.webhooks.counts(number), tx.audience.lists()
    return desk.page(
        call, "webhook.html.j2", own=found, posts=posts, counts=counts, lists=lists, kinds=_words(call), secret=secret,
        proved=call.session.proved(desk.app.clock()), states=PostState,
    )  # fmt: skip


def _prove(desk: Desk, call: Call) -> None:
    prove(desk.app, call.person, call.session, call.text("password"), client=call.client)


def _number(call: Call) -> int:
    text = call.param("webhook")
    if not text.isdecimal() or len(text) > 18:
        raise NotFound("no such webhook")
    return int(text)


def _kinds(call: Call) -> list[str]:
    return [kind for kind in texts_of(call.fields, "kind") if kind in KINDS]


def _words(call: Call) -> dict[str, str]:
    say = call.words.say
    return {
        Befell.SUBSCRIBED.value: say("Somebody subscribed"),
        Befell.CONFIRMED.value: say("Somebody confirmed"),
        Befell.UNSUBSCRIBED.value: say("Somebody left"),
        Befell.BOUNCED.value: say("An address is mailed no more"),
        Befell.COMPLAINED.value: say("Somebody reported spam"),
        Befell.ERASED.value: say("Somebody is forgotten"),
        EDITION_SENT: say("An edition went out"),
    }
