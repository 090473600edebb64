"""/lists: lists, subscriptions to them, and their segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digest.model.api_token import ApiToken
from digest.model.errors import NotFound
from digest.ports import App, Tx
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.readers import profile_of
from digest.web.api.seen import (
    id_of,
    list_named,
    lists_of,
    preferences_in,
    reader_of,
    reader_row,
    subscription_out,
    told_id,
)
from digest.web.api.shapes.base import IdPath, SlugPath
from digest.web.api.shapes.lists import CountedList, CountedSegment, ListIn, ListOut, SegmentOut
from digest.web.api.shapes.paging import (
    Cursor,
    Limit,
    Page,
    cursor_to,
    number_cursor,
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
from digest.workflow import readership
from subscribers.consent import Basis
from subscribers.model import MailList, Subscriber, Subscription, SubscriptionState
from subscribers.saved import SavedSegment
from subscribers.segmentcodec import to_json
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
            newsletters=[slug for slug, newsletter in app.newsletters.items() if newsletter.list == one.slug],
        )

    @door.on("GET", "/lists", response_model=Page[ListOut])
    def list_lists(caller: Caller) -> Page[ListOut]:
        with app.read() as tx:
            return Page(data=[out(one) for one in lists_of(tx, caller).values()], next_cursor=None)

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
            found = list_named(tx, caller, slug)
        changes = {name: value for name, value in given.model_dump(exclude_unset=True).items() if value is not None}
        if changes:
            readership.change_list(app, replace(found, **changes), by=caller.by)


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
        return _page(app, caller, rows, slug, limit)

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


def segment_pages(door: Door) -> None:
    """Segments of a list."""
    app = door.app

    def out(one: SavedSegment) -> SegmentOut:
        return SegmentOut(slug=one.slug, name=one.name, predicate=to_json(one.predicate), updated_at=one.updated_at)

    @door.on("GET", "/lists/{slug}/segments", response_model=Page[SegmentOut])
    def list_segments(caller: Caller, slug: SlugPath) -> Page[SegmentOut]:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            return Page(data=[out(one) for one in tx.readership.segments(found.id)], next_cursor=None)

    @door.on("GET", "/lists/{slug}/segments/{segment}", response_model=CountedSegment)
    def show_segment(caller: Caller, slug: SlugPath, segment: SlugPath) -> CountedSegment:
        with app.read() as tx:
            found = tx.readership.segment(list_named(tx, caller, slug).id, segment)
            if found is None:
                raise NotFound(f"the list {slug} has no segment {segment!r}")
            count = tx.readership.count(found, now=app.clock())
        return CountedSegment(**out(found).model_dump(), count=count)

    @door.on("GET", "/lists/{slug}/segments/{segment}/members", response_model=Page[SubscribedReader])
    def list_members(
        caller: Caller, slug: SlugPath, segment: SlugPath, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[SubscribedReader]:
        with app.read() as tx:
            found = tx.readership.segment(list_named(tx, caller, slug).id, segment)
            if found is None:
                raise NotFound(f"the list {slug} has no segment {segment!r}")
            if caller.lists:
                after = read_number_cursor(app, cursor)
                rows = tx.readership.by_joining(
                    [found.list_id], state=None, segment=found, now=app.clock(), after=after, limit=limit + 1
                )
            else:
                after = read_id_cursor(cursor)
                rows = tx.readership.members(found, now=app.clock(), after=after, limit=limit + 1)
        return _page(app, caller, rows, slug, limit)


_LETTERS = frozenset({SignUp.CONFIRM, SignUp.WELCOME, SignUp.LINKS})
NO_MAIL = "no mail of this list goes to the address: it bounced, complained, left, was erased, or is kept back"
"""Whichever it was: a token that is bound to lists is not told, for it may have been another list."""


def _is_on(tx: Tx, subscriber: int, mail_list: MailList) -> bool:
    return any(one.list_id == mail_list.id for one in tx.audience.subscriptions_of(subscriber))


def _page(
    app: App, token: ApiToken, rows: Sequence[tuple[Subscriber, Subscription]], slug: str, limit: int
) -> Page[SubscribedReader]:
    more = None
    if len(rows) > limit:
        reader, one = rows[limit - 1]
        more = number_cursor(app, one.id) if token.lists else cursor_to(reader.id)
    shown = [
        SubscribedReader(**reader_row(app, token, reader).model_dump(), subscription=subscription_out(one, slug))
        for reader, one in rows[:limit]
    ]
    return Page(data=shown, next_cursor=more)
