"""Lists and their segments as programs make and change them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.errors import DigestError, NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.workflow.readers.readership import NotWanted, Unfit
from subscribers.model import MailList, ModelError, OptIn
from subscribers.saved import SavedSegment
from subscribers.segmentcodec import from_json, to_json
from subscribers.segments import (
    AllOf,
    AnyOf,
    Happened,
    Moment,
    Not,
    OnList,
    Predicate,
    SegmentError,
    StateIs,
    TakesSection,
)

PUT_BACK_WITHIN = timedelta(days=1)
"""How long a removed segment is offered again."""
_OWN_MOMENTS = frozenset({Moment.SINCE, Moment.JOINED, Moment.SENT, Moment.OPENED, Moment.CLICKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """What is to be changed of a list; None = as it was. How it lets people in is the operator's."""

    name: str | None = None
    description: str | None = None
    public: bool | None = None
    indexed: bool | None = None
    archived: bool | None = None


def open_list(tx: Tx, slug: str) -> MailList:
    """The list that people can join and be mailed on. Raises NotFound, DigestError for one that is archived."""
    found = tx.audience.list_of(slug)
    if found.archived_at is not None:
        raise DigestError(f"the list {slug} is archived; `digest lists set {slug} --open` opens it again")
    return found


def add_list(app: App, slug: str, name: str, *, description: str, public: bool, indexed: bool, by: str) -> MailList:
    """A new list, double opt-in: only the operator lets people in unasked. Raises NotWanted where one is called so."""
    now = app.clock()
    wanted = MailList(
        id=0, slug=slug, name=name, public=public, opt_in=OptIn.DOUBLE, created_at=now, description=description,
        indexed=indexed,
    )  # fmt: skip
    with app.begin() as tx:
        try:
            made = tx.readership.add_list(wanted)
        except ModelError as error:
            raise Unfit("name", str(error)) from error
        if made is None:
            raise NotWanted(f"there is a list {slug} already")
        tx.log("list.added", slug, by=by, now=now)
    return made


def change_list(app: App, slug: str, change: ListChange, *, by: str) -> MailList:
    """Change a list. Archived, nobody joins it any more; refused while a newsletter goes to it (NotWanted).

    Raises NotFound, Unfit.
    """
    now = app.clock()
    used_by = [one.slug for one in app.newsletters.values() if one.list == slug]
    if change.archived and used_by:
        raise NotWanted(f"the newsletter {used_by[0]} goes to the list {slug}: take it out of the configuration first")
    with app.begin() as tx:
        found = tx.audience.list_of(slug)
        wanted = replace(
            found,
            name=found.name if change.name is None else change.name,
            description=found.description if change.description is None else change.description,
            public=found.public if change.public is None else change.public,
            indexed=found.indexed if change.indexed is None else change.indexed,
            archived_at=found.archived_at if change.archived is None else now if change.archived else None,
        )
        if change.archived and found.archived_at is not None:
            wanted = replace(wanted, archived_at=found.archived_at)
        try:
            changed = tx.readership.change_list(wanted)
        except ModelError as error:
            raise Unfit("name", str(error)) from error
        if changed != found:
            tx.log("list.changed", slug, by=by, now=now)
    return changed


def predicate_of(tree: object) -> Predicate:
    """The condition that was written as JSON. Raises Unfit, naming the place."""
    try:
        return from_json(tree)
    except SegmentError as error:
        raise Unfit("predicate", str(error)) from error


def check_names(tx: Tx, newsletters: Iterable[Newsletter], mail_list: MailList, predicate: Predicate) -> None:
    """That the lists and sections it names are there. Raises Unfit: who misspells one would mail nobody, or everybody.

    Attributes are not asked for: what no reader has yet may come with the next file.
    """
    match predicate:
        case OnList(list=slug):
            try:
                tx.audience.list_of(slug)
            except NotFound as error:
                raise Unfit("predicate", str(error)) from error
        case TakesSection(section=section):
            homes = [one for one in newsletters if one.list == mail_list.slug]
            known = {one.slug for home in homes for one in home.sections}
            if known and section not in known:
                raise Unfit("predicate", f"there is no section {section!r}; use {', '.join(sorted(known))}")
        case AllOf(of=parts) | AnyOf(of=parts):
            for part in parts:
                check_names(tx, newsletters, mail_list, part)
        case Not(of=part):
            check_names(tx, newsletters, mail_list, part)
        case _:
            pass


def is_of_one_list(predicate: Predicate) -> bool:
    """Whether it asks for nothing but the subscription to its own list, and what was opened and clicked there."""
    match predicate:
        case StateIs() | TakesSection():
            return True
        case Happened(moment=moment):
            return moment in _OWN_MOMENTS
        case AllOf(of=parts) | AnyOf(of=parts):
            return all(map(is_of_one_list, parts))
        case Not(of=part):
            return is_of_one_list(part)
        case _:
            return False


def add_segment(app: App, mail_list: MailList, slug: str, name: str, predicate: Predicate, *, by: str) -> SavedSegment:
    """A new segment. Raises NotWanted where one is called so."""
    with app.begin() as tx:
        if tx.readership.segment(mail_list.id, slug) is not None:
            raise NotWanted(f"the list {mail_list.slug} has a segment {slug} already")
        return _save(tx, mail_list, slug, name, predicate, by=by, app=app)


def keep_segment(app: App, mail_list: MailList, slug: str, name: str, predicate: Predicate, *, by: str) -> SavedSegment:
    """A segment as a form says it: a new one, or the one that is called so, changed. Raises Unfit."""
    with app.begin() as tx:
        return _save(tx, mail_list, slug, name, predicate, by=by, app=app)


def change_segment(
    app: App, mail_list: MailList, slug: str, *, name: str | None, predicate: Predicate | None, by: str
) -> SavedSegment:
    """Another name or condition, None = as it was. Raises NotFound."""
    with app.begin() as tx:
        found = require_segment(tx, mail_list, slug)
        return _save(
            tx, mail_list, slug, found.name if name is None else name,
            found.predicate if predicate is None else predicate, by=by, app=app,
        )  # fmt: skip


def remove_segment(app: App, mail_list: MailList, slug: str, *, by: str) -> None:
    """It is gone; nobody's subscription changes. Raises NotFound."""
    with app.begin() as tx:
        found = require_segment(tx, mail_list, slug)
        tx.readership.remove_segment(mail_list.id, slug)
        # What it was stays in the log, for whoever puts it back.
        was = json.dumps({"name": found.name, "predicate": to_json(found.predicate)}, ensure_ascii=False)
        tx.log("segment.removed", f"{mail_list.slug}/{slug}", by=by, now=app.clock(), detail=was)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedSegment:
    """A segment as it was when it was removed."""

    slug: str
    name: str
    predicate: Predicate


def removed_segments(tx: Tx, mail_list: MailList, *, now: datetime) -> tuple[RemovedSegment, ...]:
    """What was removed within a day and is not there again, newest first; not what was too long for the log."""
    there = {one.slug for one in tx.readership.segments(mail_list.id)}
    found: dict[str, RemovedSegment] = {}
    for line in tx.reports.lines_since(now - PUT_BACK_WITHIN, "segment.removed", about=f"{mail_list.slug}/"):
        slug = line.subject.partition("/")[2]
        if slug in there or slug in found:
            continue
        try:
            was = json.loads(line.detail)
            found[slug] = RemovedSegment(slug=slug, name=was["name"], predicate=from_json(was["predicate"]))
        except (ValueError, KeyError, TypeError, SegmentError):
            # Cut off at the log's length, or words of somebody who was erased were taken out of it.
            continue
    return tuple(found.values())


def put_segment_back(app: App, mail_list: MailList, slug: str, *, by: str) -> SavedSegment:
    """A removed segment is there again, as it was. Raises NotFound where none of that name was removed lately."""
    with app.begin() as tx:
        was = next((one for one in removed_segments(tx, mail_list, now=app.clock()) if one.slug == slug), None)
        if was is None:
            raise NotFound(f"no segment {slug!r} was removed from the list {mail_list.slug} within the last day")
        return _save(tx, mail_list, was.slug, was.name, was.predicate, by=by, app=app)


def require_segment(tx: Tx, mail_list: MailList, slug: str) -> SavedSegment:
    """Raises NotFound."""
    found = tx.readership.segment(mail_list.id, slug)
    if found is None:
        raise NotFound(f"the list {mail_list.slug} has no segment {slug!r}")
    return found


def _save(
    tx: Tx, mail_list: MailList, slug: str, name: str, predicate: Predicate, *, by: str, app: App
) -> SavedSegment:
    now = app.clock()
    check_names(tx, app.newsletters.values(), mail_list, predicate)
    try:
        made = tx.readership.save_segment(mail_list.id, slug, predicate, now=now, name=name)
    except ModelError as error:
        raise Unfit("name", str(error)) from error
    tx.log("segment.saved", f"{mail_list.slug}/{slug}", by=by, now=now)
    return made
