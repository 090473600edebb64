"""/subscribers, /suppressions and /token: readers one by one, and addresses that get no mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from digest.model.api_token import ApiToken
from digest.model.errors import NotFound
from digest.ports import Tx
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.seen import id_of, list_ids, list_named, lists_of, reader_of, reader_row
from digest.web.api.shapes.base import IdPath
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
    ProfileIn,
    PutOut,
    ReaderIn,
    ReaderOut,
    ReaderRow,
    SuppressedOut,
    SuppressionIn,
    SuppressionOut,
    TokenOut,
)
from digest.web.api.table import ROOT
from digest.workflow.readers import readership
from subscribers.model import SubscriptionState

Email = Annotated[str | None, Query(max_length=320, description="Only the reader with this address")]
Who = Annotated[str | None, Query(max_length=320, description="Only this address or @domain")]


def profile_of(given: ProfileIn) -> readership.Profile:
    """What was said of a reader besides the address."""
    return readership.Profile(
        name=given.name, language=given.language, timezone=given.timezone, attributes=given.attributes
    )


def reader_pages(door: Door) -> None:
    """Readers."""
    app = door.app

    @door.on("GET", "/token", response_model=TokenOut)
    def show_token(caller: Caller) -> TokenOut:
        return TokenOut(
            name=caller.name, scopes=sorted(caller.scopes), lists=list(caller.lists), expires_at=caller.expires_at
        )

    @door.on("GET", "/subscribers", response_model=Page[ReaderRow])
    def list_subscribers(
        caller: Caller,
        email: Email = None,
        state: SubscriptionState | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ReaderRow]:
        with app.read() as tx:
            if email is not None:
                found = tx.readership.at(readership.address_of(email))
                seen = found is not None and _is_seen(tx, caller, found.id, state)
                return Page(data=[reader_row(app, caller, found)] if found and seen else [], next_cursor=None)
            if caller.lists:
                joined = tx.readership.by_joining(
                    list(lists_of(tx, caller)), state=state, now=app.clock(),
                    after=read_number_cursor(app, cursor), limit=limit + 1,
                )  # fmt: skip
                more = number_cursor(app, joined[limit - 1][1].id) if len(joined) > limit else None
                return Page(data=[reader_row(app, caller, one) for one, _ in joined[:limit]], next_cursor=more)
            rows = tx.readership.page(state=state, after=read_id_cursor(cursor), limit=limit + 1)
        more = cursor_to(rows[limit - 1].id) if len(rows) > limit else None
        return Page(data=[reader_row(app, caller, one) for one in rows[:limit]], next_cursor=more)

    @door.on("POST", "/subscribers", response_model=PutOut)
    def put_subscriber(caller: Caller, given: ReaderIn, response: Response) -> PutOut:
        if caller.lists:
            # Whether somebody is a reader of another list is not for it to know.
            raise Problem(403, "this token is bound to lists: subscribe readers to one of them instead")
        put = readership.put_reader(app, given.email, profile_of(given), by=caller.by)
        response.status_code = 201 if put.created else 200
        response.headers["location"] = f"{ROOT}/subscribers/{put.reader.id}"
        return PutOut(id=put.reader.id, created=put.created)

    @door.on("GET", "/subscribers/{subscriber}", response_model=ReaderOut)
    def show_subscriber(caller: Caller, subscriber: IdPath) -> ReaderOut:
        with app.read() as tx:
            found, own = reader_of(tx, caller, id_of(app, caller, subscriber))
        return ReaderOut(**reader_row(app, caller, found).model_dump(), subscriptions=list(own))

    @door.on("PATCH", "/subscribers/{subscriber}", status=204)
    def change_subscriber(caller: Caller, subscriber: IdPath, given: ProfileIn) -> None:
        number = id_of(app, caller, subscriber)
        with app.read() as tx:
            reader_of(tx, caller, number)
        if caller.lists:
            raise Problem(403, "what is known of a reader belongs to all lists, and this token is bound to some")
        readership.change_reader(app, number, profile_of(given), by=caller.by)

    @door.on("DELETE", "/subscribers/{subscriber}", status=204)
    def erase_subscriber(caller: Caller, subscriber: IdPath) -> None:
        readership.erase_reader(app, id_of(app, caller, subscriber), by=caller.by)


def _is_seen(tx: Tx, token: ApiToken, subscriber: int, state: SubscriptionState | None) -> bool:
    try:
        _found, own = reader_of(tx, token, subscriber)
    except NotFound:
        return False
    return state is None or any(one.state is state for one in own)


def suppression_pages(door: Door) -> None:
    """Addresses and domains that get no mail."""
    app = door.app

    @door.on("GET", "/suppressions", response_model=Page[SuppressionOut])
    def list_suppressions(
        caller: Caller, who: Who = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[SuppressionOut]:
        after = read_id_cursor(cursor)
        key = None if who is None else readership.suppression_key(who)
        with app.read() as tx:
            lists = lists_of(tx, caller)
            # Those of all lists are everybody's addresses: a token that is bound sees those of its lists only.
            rows = tx.readership.suppressions(list_ids=list_ids(tx, caller), key=key, after=after, limit=limit + 1)
        rows = list(rows)
        more = cursor_to(rows[limit - 1].id) if len(rows) > limit else None
        shown = [
            SuppressionOut(
                id=one.id,
                who=one.key,
                list=None if one.list_id is None else lists[one.list_id].slug,
                reason=one.reason,
                since=one.since,
                note=one.note,
            )
            for one in rows[:limit]
        ]
        return Page(data=shown, next_cursor=more)

    @door.on("POST", "/suppressions", response_model=SuppressedOut)
    def add_suppression(caller: Caller, given: SuppressionIn, response: Response) -> SuppressedOut:
        if given.list is None and caller.lists:
            raise Problem(403, "this token is bound to lists: name one of them")
        mail_list = None
        if given.list is not None:
            with app.read() as tx:
                mail_list = list_named(tx, caller, given.list)
        found, news = readership.suppress_address(app, given.who, mail_list=mail_list, note=given.note, by=caller.by)
        response.status_code = 201 if news else 200
        return SuppressedOut(id=found.id, new=news)

    @door.on("DELETE", "/suppressions/{suppression}", status=204)
    def lift_suppression(caller: Caller, suppression: IdPath) -> None:
        with app.read() as tx:
            found = tx.readership.suppression(suppression)
            lists = lists_of(tx, caller)
        # One of all lists is lifted by a token that is bound to none; no other one may.
        seen = found is not None and (found.list_id in lists or (found.list_id is None and not caller.lists))
        if found is None or not seen:
            raise NotFound("there is no such suppression")
        readership.lift_suppression(app, found, by=caller.by)
