"""Tokens of the API at the desk: which there are, a new one, the end of one; for admins who prove who they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from starlette.responses import Response

from digest.model.api_token import Scope
from digest.model.errors import DigestError
from digest.web.desk.call import Call
from digest.web.desk.frame import Desk
from digest.web.forms import texts_of
from digest.workflow.staff import tokens
from digest.workflow.staff.people import prove


def token_pages(desk: Desk) -> None:
    """/desk/tokens."""
    app = desk.app

    @desk.on("GET", "/desk/tokens")
    def show(call: Call) -> Response:
        return _page(desk, call)

    @desk.on("POST", "/desk/tokens/create")
    def create(call: Call) -> Response:
        prove(app, call.person, call.session, call.text("password"), client=call.client)
        made = tokens.create(
            app,
            call.text("name"),
            scopes=_scopes(call),
            lists=texts_of(call.fields, "list"),
            expires_at=_end_of(call.text("expires")),
            by=call.by,
        )
        # Shown in the answer itself and kept nowhere: a redirect would have to carry it.
        return _page(desk, call, made=made)

    @desk.on("POST", "/desk/tokens/revoke")
    def revoke(call: Call) -> Response:
        prove(app, call.person, call.session, call.text("password"), client=call.client)
        tokens.revoke(app, call.text("name"), by=call.by)
        return desk.to("/desk/tokens", done=True)


def _page(desk: Desk, call: Call, *, made: tokens.Made | None = None) -> Response:
    now = desk.app.clock()
    with desk.app.read() as tx:
        lists = tx.audience.lists()
    found = tokens.tokens_of(desk.app)
    return desk.page(
        call, "tokens.html.j2", tokens=found, working={one.id for one in found if one.alive(now)}, lists=lists,
        scopes=_words(call), made=made, proved=call.session.proved(now),
    )  # fmt: skip


def _words(call: Call) -> dict[Scope, str]:
    say = call.words.say
    return {
        Scope.READERS_READ: say("See readers and their addresses"),
        Scope.READERS_WRITE: say("Add, change, subscribe and unsubscribe readers"),
        Scope.READERS_ENROL: say("Add readers as confirmed, with evidence"),
        Scope.READERS_ERASE: say("Erase readers for good"),
        Scope.LISTS_READ: say("See lists and their counts"),
        Scope.LISTS_WRITE: say("Make, change and archive lists"),
        Scope.SEGMENTS_READ: say("See and count segments"),
        Scope.SEGMENTS_WRITE: say("Make, change and remove segments"),
        Scope.SUPPRESSIONS_READ: say("See which addresses are never mailed"),
        Scope.SUPPRESSIONS_WRITE: say("Keep mail back from an address"),
        Scope.SUPPRESSIONS_LIFT: say("Take a suppression back"),
        Scope.EDITIONS_READ: say("See editions, picks and accounts"),
        Scope.ARCHIVE_READ: say("Read editions that were sent"),
        Scope.WEBHOOKS_READ: say("See webhooks and their posts"),
        Scope.WEBHOOKS_WRITE: say("Add, change and replay webhooks"),
    }


def _scopes(call: Call) -> list[Scope]:
    known = {scope.value: scope for scope in Scope}
    return [known[text] for text in texts_of(call.fields, "scope") if text in known]


def _end_of(text: str) -> datetime | None:
    """The end of that day, UTC; None where no day is given. Raises DigestError for what is no day."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError:
        raise DigestError("write the last day as 2027-11-22") from None
