"""/lists: lists and subscriptions to them."""

from __future__ import annotations

from starlette.responses import Response

from digest.ports import Tx
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.readers import profile_of
from digest.web.api.seen import (
    id_of,
    list_named,
    lists_of,
    preferences_in,
    reader_of,
    reader_page,
    told_id,
)
from digest.web.api.shapes.base import IdPath, SlugPath
from digest.web.api.shapes.lists import CountedList, ListIn, ListOut, NewListIn, SlugOut
from digest.web.api.shapes.paging import (
    Cursor,
    Limit,
    Page,
    read_id_cursor,
    read_number_cursor,
)
from digest.web.api.shapes.readers import (
    EnrolmentIn,
    EnrolmentOut,
    PreferencesIn,
    SignUpIn,
    SignUpOut,
    SubscribedReader,
)
from digest.web.api.table import ROOT
from digest.workflow.readers import lists, readership
from subscribers.consent import Basis
from subscribers.model import MailList, SubscriptionState
from subscribers.signup import SignUp


def list_pages(door: Door) -> None:
    """Lists."""
    app = door.app

    def out(one: MailList) -> ListOut:
        return ListOut(
            slug=one.slug,
            name=one.name,
            description=one.description,
            public=one.public,
            indexed=one.indexed,
            opt_in=one.opt_in.value,
            created_at=one.created_at,
            archived_at=one.archived_at,
            newsletters=[slug for slug, newsletter in app.newsletters.items() if newsletter.list == one.slug],
        )

    @door.on("GET", "/lists", response_model=Page[ListOut])
    def list_lists(caller: Caller) -> Page[ListOut]:
        with app.read() as tx:
            return Page(data=[out(one) for one in lists_of(tx, caller).values()], next_cursor=None)

    @door.on("POST", "/lists", status=201, response_model=SlugOut)
    def add_list(caller: Caller, given: NewListIn, response: Response) -> SlugOut:
        made = lists.add_list(app, **given.model_dump(), by=caller.by)
        response.headers["location"] = f"{ROOT}/lists/{made.slug}"
        return SlugOut(slug=made.slug)

    @door.on("GET", "/lists/{slug}", response_model=CountedList)
    def show_list(caller: Caller, slug: SlugPath) -> CountedList:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            counts = tx.audience.counts(slug)
        return CountedList(
            **out(found).model_dump(), counts={SubscriptionState(state): number for state, number in counts.items()}
        )

    @door.on("PATCH", "/lists/{slug}", status=204)
    def change_list(caller: Caller, slug: SlugPath, given: ListIn) -> None:
        with app.read() as tx:
            list_named(tx, caller, slug)
        lists.change_list(app, slug, lists.ListChange(**given.model_dump()), by=caller.by)


def subscription_pages(door: Door) -> None:
    """Subscriptions to a list."""
    app = door.app

    @door.on("GET", "/lists/{slug}/subscriptions", response_model=Page[SubscribedReader])
    def list_subscriptions(
        caller: Caller, slug: SlugPath, state: SubscriptionState | None = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[SubscribedReader]:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            if caller.lists:
                after = read_number_cursor(app, cursor)
                rows = tx.readership.by_joining([found.id], state=state, now=app.clock(), after=after, limit=limit + 1)
            else:
                after = read_id_cursor(cursor)
                rows = tx.readership.on_list(found.id, state=state, after=after, limit=limit + 1)
        return reader_page(app, caller, rows, slug, limit)

    @door.on("POST", "/lists/{slug}/subscriptions", status=202, response_model=SignUpOut)
    def subscribe(caller: Caller, slug: SlugPath, given: SignUpIn) -> SignUpOut:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
        basis = Basis(method="api", wording_version=given.wording, evidence=given.evidence or caller.by)
        wanted = preferences_in(given.preferences) if given.preferences else None
        came, reader = readership.subscribe(
            app, found, given.email, profile_of(given), wanted, basis=basis, by=caller.by
        )
        if not caller.lists:
            return SignUpOut(subscriber=reader, outcome=came.value)
        with app.read() as tx:
            known = reader is not None and _is_on(tx, reader, found)
        return SignUpOut(
            subscriber=told_id(app, caller, reader) if reader is not None and known else None,
            outcome=came.value if came in _LETTERS else "none",
        )

    @door.on("POST", "/lists/{slug}/enrolments", response_model=EnrolmentOut)
    def enrol(caller: Caller, slug: SlugPath, given: EnrolmentIn) -> EnrolmentOut:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
        basis = Basis(method="api", wording_version=given.wording, evidence=given.evidence)
        wanted = preferences_in(given.preferences) if given.preferences else None
        try:
            made = readership.enrol(app, found, given.email, profile_of(given), wanted, basis=basis, by=caller.by)
        except readership.NotWanted:
            if caller.lists:
                raise Problem(409, NO_MAIL) from None
            raise
        number = told_id(app, caller, made.subscriber)
        return EnrolmentOut(subscriber=number, state=made.state, changed=made.changed, why=made.why)

    @door.on("PATCH", "/lists/{slug}/subscriptions/{subscriber}", status=204)
    def change_subscription(caller: Caller, slug: SlugPath, subscriber: IdPath, given: PreferencesIn) -> None:
        number = id_of(app, caller, subscriber)
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            reader_of(tx, caller, number)
        readership.choose_for(app, number, found, preferences_in(given), by=caller.by)

    @door.on("DELETE", "/lists/{slug}/subscriptions/{subscriber}", status=204)
    def unsubscribe(caller: Caller, slug: SlugPath, subscriber: IdPath) -> None:
        number = id_of(app, caller, subscriber)
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            reader_of(tx, caller, number)
        readership.unsubscribe_reader(app, number, found, by=caller.by)


_LETTERS = frozenset({SignUp.CONFIRM, SignUp.WELCOME, SignUp.LINKS})
NO_MAIL = "no mail of this list goes to the address: it bounced, complained, left, was erased, or is kept back"
"""Whichever it was: a token that is bound to lists is not told, for it may have been another list."""


def _is_on(tx: Tx, subscriber: int, mail_list: MailList) -> bool:
    return any(one.list_id == mail_list.id for one in tx.audience.subscriptions_of(subscriber))
