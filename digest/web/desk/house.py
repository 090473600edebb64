"""The house: every edition, two of them side by side, the log, and the people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.responses import Response

from digest.model.edition import Edition, EditionId, ListedEdition
from digest.model.errors import DigestError, NotFound
from digest.model.person import Permission, Role, named
from digest.ports import Tx
from digest.web.desk.call import Call
from digest.web.desk.figures import status_words
from digest.web.desk.frame import Desk
from digest.web.desk.happened import detail_of, happened
from digest.web.forms import texts_of
from digest.workflow.staff import people

LINES = 100
"""Lines of the log on a page."""
EDITIONS = 100
"""Editions on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One edition in the list."""

    id: str
    day: str
    name: str
    subject: str
    status: str
    status_words: str
    version: int


def house_pages(desk: Desk) -> None:
    """/desk/editions, /desk/log, /desk/people."""
    app = desk.app

    @desk.on("GET", "/desk/editions")
    def editions(call: Call) -> Response:
        own = [one.slug for one in desk.newsletters(call)]
        with app.read() as tx:
            rows = [
                _listed(desk, call, one) for one in tx.editions.listed(own, EDITIONS, before=_day(call.query("before")))
            ]
            a, b = (_named(tx, call.query(name), own) for name in ("a", "b"))
        both = _compared(a, b)
        return desk.page(
            call, "editions.html.j2", rows=rows, both=both, a=call.query("a"), b=call.query("b"),
            names={one.slug: one.name for one in desk.newsletters(call)},
            older=_after(rows[-1].id) if len(rows) == EDITIONS else "",
        )  # fmt: skip

    @desk.on("GET", "/desk/log")
    def log(call: Call) -> Response:
        before = call.query("before")
        # The lines about people and readers are an admin's; an edition's are for whoever may look at it.
        own = None if call.person.may(Permission.ADMIN) else tuple(one.slug for one in desk.newsletters(call))
        with app.read() as tx:
            lines = tx.reports.log(
                before=int(before) if before.isdecimal() and len(before) < 18 else None, limit=LINES, newsletters=own
            )
        # Names are each person's own: who is meant by one stands beside it, for those who see the people anyway.
        everybody = people.people_of(app) if call.person.may(Permission.ADMIN) else ()
        names = Counter(named(one.email, one.name) for one in everybody)
        addresses = {name: one.email for one in everybody if names[name := named(one.email, one.name)] == 1}
        return desk.page(
            call,
            "log.html.j2",
            lines=lines,
            happened=happened(call.words),
            detail_of=detail_of,
            addresses=addresses,
            older=lines[-1].id if len(lines) == LINES else 0,
        )

    @desk.on("GET", "/desk/people")
    def everybody(call: Call) -> Response:
        return _people(desk, call)

    @desk.on("POST", "/desk/people/invite")
    def invite(call: Call) -> Response:
        try:
            made = people.invite(
                app, call.text("email"), name=call.text("name"), roles=_roles(call),
                newsletters=texts_of(call.fields, "newsletter"), by=call.by,
            )  # fmt: skip
        except NotFound:
            raise
        except DigestError as error:
            return _people(desk, call, problem=str(error))
        link = f"{desk.settings.site.base_url.rstrip('/')}/desk/welcome/{made.token}"
        return _people(desk, call, invited=made.person.email, link=link)

    @desk.on("POST", "/desk/people/{person}/change")
    def change(call: Call) -> Response:
        people.change_person(
            app, _number(call), roles=_roles(call), newsletters=texts_of(call.fields, "newsletter"), by=call.person
        )
        return desk.to("/desk/people", done=True)

    @desk.on("POST", "/desk/people/{person}/end")
    def end(call: Call) -> Response:
        people.end_access(app, _number(call), by=call.by)
        return desk.to("/desk/people", done=True)

    @desk.on("POST", "/desk/people/{person}/give-back")
    def give_back(call: Call) -> Response:
        people.give_back(app, _number(call), by=call.by)
        return desk.to("/desk/people", done=True)


def _people(desk: Desk, call: Call, *, invited: str = "", link: str = "", problem: str = "") -> Response:
    """With a problem, the form of an invitation as it was filled in."""
    words = call.words
    roles = {
        Role.ANALYST: words.say("Analyst: sees editions and reports"),
        Role.EDITOR: words.say("Editor: changes editions"),
        Role.APPROVER: words.say("Approver: approves, sends, stops"),
        Role.AUDIENCE: words.say("Audience: sees readers and their addresses"),
        Role.ADMIN: words.say("Admin: everything, people included"),
    }
    everybody, now = people.people_of(desk.app), desk.app.clock()
    return desk.page(
        call, "people.html.j2", status=422 if problem else 200, problem=problem,
        email=call.text("email") if problem else "", name=call.text("name") if problem else "",
        chosen=_roles(call) if problem else (), slugs=texts_of(call.fields, "newsletter") if problem else (),
        people=everybody, roles=roles, invited=invited, link=link,
        newsletters=tuple(desk.app.newsletters.values()),
        back={one.id for one in everybody if people.may_be_given_back(one, now)},
    )  # fmt: skip


def _roles(call: Call) -> frozenset[Role]:
    known = {role.value: role for role in Role}
    return frozenset(known[text] for text in texts_of(call.fields, "role") if text in known)


def _number(call: Call) -> int:
    text = call.param("person")
    if not text.isdecimal() or len(text) > 18:
        raise DigestError("there is no such person")
    return int(text)


def _listed(desk: Desk, call: Call, edition: ListedEdition) -> Listed:
    return Listed(
        id=str(edition.id),
        day=call.words.full_date(edition.id.date),
        name=desk.app.newsletters[edition.id.newsletter].name,
        subject=edition.subject,
        status=edition.status.value,
        status_words=status_words(call.words, edition.status),
        version=edition.version,
    )


def _after(edition: str) -> date:
    """The day after an edition's: its day is shown again, for another newsletter's may be on the next page."""
    return EditionId.parse(edition).date + timedelta(days=1)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _named(tx: Tx, name: str, own: Sequence[str]) -> Edition | None:
    try:
        wanted = EditionId.parse(name)
    except DigestError:
        return None
    return tx.editions.get(wanted) if wanted.newsletter in own else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two editions side by side: what both tell, and what only one does."""

    a: Edition
    b: Edition
    both: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


def _compared(a: Edition | None, b: Edition | None) -> Compared | None:
    if a is None or b is None:
        return None
    in_a, in_b = {one.event: one.headline for one in a.told}, {one.event: one.headline for one in b.told}
    return Compared(
        a=a,
        b=b,
        both=tuple(in_a[event] for event in in_a if event in in_b),
        only_a=tuple(in_a[event] for event in in_a if event not in in_b),
        only_b=tuple(in_b[event] for event in in_b if event not in in_a),
    )
