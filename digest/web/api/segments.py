"""/lists/…/segments: conditions under a name, whom they hold, and how many one would hold."""

from __future__ import annotations

from starlette.responses import Response

from digest.model.api_token import ApiToken
from digest.ports import Tx
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.seen import list_named, reader_page
from digest.web.api.shapes.base import SlugPath
from digest.web.api.shapes.lists import (
    CountedSegment,
    CountIn,
    CountOut,
    NewSegmentIn,
    SegmentIn,
    SegmentOut,
    SlugOut,
)
from digest.web.api.shapes.paging import Cursor, Limit, Page, read_id_cursor, read_number_cursor
from digest.web.api.shapes.readers import SubscribedReader
from digest.web.api.table import ROOT
from digest.workflow.readers import lists
from subscribers.model import MailList
from subscribers.saved import SavedSegment
from subscribers.segmentcodec import to_json
from subscribers.segments import Predicate


def segment_pages(door: Door) -> None:
    """Segments of a list."""
    app = door.app

    def out(caller: Caller, one: SavedSegment) -> SegmentOut:
        predicate = to_json(one.predicate) if _may_ask(caller, one.predicate) else None
        return SegmentOut(slug=one.slug, name=one.name, predicate=predicate, updated_at=one.updated_at)

    @door.on("GET", "/lists/{slug}/segments", response_model=Page[SegmentOut])
    def list_segments(caller: Caller, slug: SlugPath) -> Page[SegmentOut]:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            return Page(data=[out(caller, one) for one in tx.readership.segments(found.id)], next_cursor=None)

    @door.on("POST", "/lists/{slug}/segments", status=201, response_model=SlugOut)
    def add_segment(caller: Caller, slug: SlugPath, given: NewSegmentIn, response: Response) -> SlugOut:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
        wanted = _predicate(caller, given.predicate)
        made = lists.add_segment(app, found, given.slug, given.name, wanted, by=caller.by)
        response.headers["location"] = f"{ROOT}/lists/{slug}/segments/{made.slug}"
        return SlugOut(slug=made.slug)

    @door.on("PATCH", "/lists/{slug}/segments/{segment}", status=204)
    def change_segment(caller: Caller, slug: SlugPath, segment: SlugPath, given: SegmentIn) -> None:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            _saved(tx, caller, found, segment)
        wanted = None if given.predicate is None else _predicate(caller, given.predicate)
        lists.change_segment(app, found, segment, name=given.name, predicate=wanted, by=caller.by)

    @door.on("DELETE", "/lists/{slug}/segments/{segment}", status=204)
    def remove_segment(caller: Caller, slug: SlugPath, segment: SlugPath) -> None:
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            _saved(tx, caller, found, segment)
        lists.remove_segment(app, found, segment, by=caller.by)

    @door.on("POST", "/lists/{slug}/count", response_model=CountOut)
    def count_matching(caller: Caller, slug: SlugPath, given: CountIn) -> CountOut:
        wanted = _predicate(caller, given.predicate)
        with app.read() as tx:
            found = list_named(tx, caller, slug)
            lists.check_names(tx, app.newsletters.values(), found, wanted)
            return CountOut(count=tx.readership.count_matching(found.id, wanted, now=app.clock()))

    @door.on("GET", "/lists/{slug}/segments/{segment}", response_model=CountedSegment)
    def show_segment(caller: Caller, slug: SlugPath, segment: SlugPath) -> CountedSegment:
        with app.read() as tx:
            found = _saved(tx, caller, list_named(tx, caller, slug), segment)
            count = tx.readership.count(found, now=app.clock())
        return CountedSegment(**out(caller, found).model_dump(), count=count)

    @door.on("GET", "/lists/{slug}/segments/{segment}/members", response_model=Page[SubscribedReader])
    def list_members(
        caller: Caller, slug: SlugPath, segment: SlugPath, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[SubscribedReader]:
        with app.read() as tx:
            found = _saved(tx, caller, list_named(tx, caller, slug), segment)
            if caller.lists:
                after = read_number_cursor(app, cursor)
                rows = tx.readership.by_joining(
                    [found.list_id], state=None, segment=found, now=app.clock(), after=after, limit=limit + 1
                )
            else:
                after = read_id_cursor(cursor)
                rows = tx.readership.members(found, now=app.clock(), after=after, limit=limit + 1)
        return reader_page(app, caller, rows, slug, limit)


def _predicate(token: ApiToken, tree: object) -> Predicate:
    """What was sent. A token that is bound to lists asks for nothing that belongs to all lists, by no count either."""
    wanted = lists.predicate_of(tree)
    if not _may_ask(token, wanted):
        own = "state, section, and when: since, joined, sent, opened, clicked"
        raise Problem(403, f"this token is bound to lists: ask for {own}")
    return wanted


def _saved(tx: Tx, token: ApiToken, mail_list: MailList, slug: str) -> SavedSegment:
    """What was saved, by whomever. Its members would tell a token that is bound to lists what it may not ask for."""
    found = lists.require_segment(tx, mail_list, slug)
    if not _may_ask(token, found.predicate):
        raise Problem(403, f"this token is bound to lists: the segment {slug} asks for what belongs to all of them")
    return found


def _may_ask(token: ApiToken, predicate: Predicate) -> bool:
    return not token.lists or lists.is_of_one_list(predicate)
