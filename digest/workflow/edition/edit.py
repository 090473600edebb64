"""Edit: an editor's change to an edition, made on the version they saw, logged, and undone by another press."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest.editorial.edition.compose import earlier_stories, scored_event, sent_events, tell
from digest.editorial.edition.edits import edited, in_words
from digest.editorial.events.dedupe import copies
from digest.editorial.picking.rank import rank
from digest.editorial.picking.related import related
from digest.model.change import Change, Edit, IllegalEdit, Merge, Outrun, Split, Tell
from digest.model.edition import CHANGEABLE, Edition, EditionId, EditionStatus, ScoredEvent
from digest.model.event import Event, Pick, Wish
from digest.model.newsletter import Newsletter
from digest.model.story import Story
from digest.ports import App, Tx
from digest.workflow.edition.compose import ARCHIVED, REMEMBERED
from digest.workflow.edition.holding import stands_after
from digest.workflow.edition.newcomers import arrivals_kept, look_for_newcomers, newcomers
from digest.workflow.edition.review import require
from digest.workflow.newsletters import newsletter_of


def edit(app: App, edition: EditionId, change: Change, *, by: str, expected_version: int) -> Edition:
    """Make one change to the version that its editor saw. An approval is void afterwards.

    Raises Outrun where the edition is at another version, IllegalEdit where the change makes no sense.
    """
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    with app.begin() as tx:
        found = _changeable(tx, edition, expected_version)
        made = edited(found, change, newsletter)
        if _content(made) == _content(found):
            return found
        return _store(tx, found, made, newsletter, change, in_words(found, change, newsletter), by=by, now=now)


def undo(app: App, edition: EditionId, *, by: str, expected_version: int) -> Edition:
    """Take back the newest change that was not taken back yet. Raises Outrun, or IllegalEdit where there is none."""
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    with app.begin() as tx:
        found = _changeable(tx, edition, expected_version)
        last = undoable(tx.editions.edits(edition), found.version)
        if last is None:
            raise IllegalEdit("there is nothing to undo since the edition was composed")
        before = tx.editions.version(edition, last.base_version)
        if before is None:
            raise IllegalEdit(f"version {last.base_version} of {edition} is not stored any more")
        words = f"took back: {last.words}"
        return _store(tx, found, before, newsletter, None, words, by=by, now=now, undoes=last.version)


def undoable(edits: Sequence[Edit], version: int) -> Edit | None:
    """The change that an undo takes back: the newest in an unbroken line up to `version`. `edits`: newest first."""
    taken_back: set[int] = set()
    at = version
    for one in edits:
        if one.version != at:
            # Composed anew in between: what was before it cannot come back piece by piece.
            return None
        if one.undoes is not None:
            taken_back.add(one.undoes)
        elif one.version not in taken_back:
            return one
        at -= 1
    return None


def add(
    app: App, edition: EditionId, event: str, section: str, *, by: str, expected_version: int, place: int = -1
) -> Edition:
    """Tell a candidate at a place (0 first, -1 last) of a section.

    Its blurb and what is offered beside it are made now, as composing would have made them.
    """
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
    # What came in after composing is a candidate too, once somebody wants it.
    came = _newcomer(app, found, event)
    scored = came or _candidate(found, event)
    with app.read() as tx:
        stories = tx.stories.get(scored.stories)
        told_before = tx.editions.told_before(newsletter.slug, edition.date, ARCHIVED)
    happening = _event(event, scored.stories, stories)
    pick = Pick(
        event=happening,
        score=scored.score,
        parts=scored.parts,
        section=scored.section,
        outlets=scored.outlets,
        wires=scored.wires,
    )
    links = related(
        pick, events=[happening], earlier=earlier_stories(told_before), now=app.clock(),
        limit=newsletter.picking.related,
    )  # fmt: skip
    told = tell(pick, links, newsletter)
    change = Tell(told=told, section=section or scored.section, place=place, scored=came)
    return edit(app, edition, change, by=by, expected_version=expected_version)


def split(app: App, edition: EditionId, event: str, apart: Sequence[str], *, by: str, expected_version: int) -> Edition:
    """Part reports from an event: they become a candidate of their own, judged like every other."""
    with app.read() as tx:
        found = require(tx, edition)
        scored = _candidate(found, event)
        stories = tx.stories.get(scored.stories)
        sent = tx.editions.before(edition.newsletter, edition.date, REMEMBERED)
    chosen = [one for one in scored.stories if one in set(apart)]
    rest = [one for one in scored.stories if one not in set(apart)]
    if not chosen or not rest:
        raise IllegalEdit("choose some of its reports, and not all")
    named = hashlib.sha256("\0".join(sorted(chosen)).encode()).hexdigest()[:16]
    parts = [_event(event, rest, stories), _event(named, chosen, stories)]
    # What was wanted of the event holds for what stays in it.
    judged = _judged(app, found, parts, sent, _wishes(scored, rest))
    kept = replace(judged[event], excluded=scored.excluded, pinned=scored.pinned, left_out=scored.left_out)
    change = Split(event=event, rest=kept, apart=judged[named])
    return edit(app, edition, change, by=by, expected_version=expected_version)


def merge(app: App, edition: EditionId, event: str, other: str, *, by: str, expected_version: int) -> Edition:
    """Two events are one: the reports of `other` go to `event`."""
    if event == other:
        raise IllegalEdit("choose two different events")
    with app.read() as tx:
        found = require(tx, edition)
        one, two = _candidate(found, event), _candidate(found, other)
        ids = tuple(dict.fromkeys((*one.stories, *two.stories)))
        stories = tx.stories.get(ids)
        sent = tx.editions.before(edition.newsletter, edition.date, REMEMBERED)
    # A pin of either holds for both; what was taken out comes back with what it is joined to.
    wanted = one if one.pinned or one.excluded or not two.pinned else two
    both = _judged(app, found, [_event(event, ids, stories)], sent, _wishes(wanted, ids))[event]
    pinned = one.pinned or (two.pinned and not one.excluded)
    both = replace(both, excluded=one.excluded, pinned=pinned, left_out=one.left_out)
    return edit(app, edition, Merge(event=event, other=other, both=both), by=by, expected_version=expected_version)


def _changeable(tx: Tx, edition: EditionId, expected_version: int) -> Edition:
    # Nobody plans a mailing of it between this look and our commit.
    tx.editions.lock(edition)
    found = require(tx, edition)
    if found.status not in CHANGEABLE or tx.ledger.mailing(str(edition)) is not None:
        raise IllegalEdit(f"{edition} is {found.status} and can no longer be changed")
    if found.version != expected_version:
        raise Outrun(found, expected_version)
    return found


def _store(
    tx: Tx,
    found: Edition,
    content: Edition,
    newsletter: Newsletter,
    change: Change | None,
    words: str,
    *,
    by: str,
    now: datetime,
    undoes: int | None = None,
) -> Edition:
    # What was approved is not what this is: the approval is void. What somebody holds stays held.
    status, reason = stands_after(tx, found, content, newsletter, by=by, now=now)
    made = replace(
        content,
        version=found.version + 1,
        status=status,
        reason=reason,
        approved_by="",
        approved_at=None,
    )
    tx.editions.put(made, expected_version=found.version, expected=found.status)
    done = Edit(version=made.version, base_version=found.version, words=words, by=by, at=now, undoes=undoes)
    tx.editions.put_edit(made.id, done, change)
    tx.log("edition.edited", str(made.id), by=by, now=now, detail=words)
    if found.status is EditionStatus.APPROVED:
        tx.log("edition.approval_void", str(made.id), by=by, now=now, detail=f"changed after {found.approved_by}")
    elif found.status is not status:
        tx.log("edition.released", str(made.id), by=by, now=now, detail=found.reason)
    return made


def _content(edition: Edition) -> tuple[object, ...]:
    return (edition.sections, edition.scored, edition.subject, edition.subject_b, edition.preheader, edition.composed)


def _newcomer(app: App, edition: Edition, event: str) -> ScoredEvent | None:
    """What came in after composing under this name, or None."""
    if any(one.event == event for one in edition.scored):
        return None
    newsletter = newsletter_of(app, edition.id.newsletter)
    # What the clock found; where it has not looked since, it is looked for now.
    for look in (arrivals_kept, look_for_newcomers):
        found = look(app, edition)
        every = newcomers(newsletter, edition, found).every if found is not None else ()
        came = next((one for one in every if one.event == event), None)
        if came is not None:
            return came
    return None


def _candidate(edition: Edition, event: str) -> ScoredEvent:
    found = next((one for one in edition.scored if one.event == event), None)
    if found is None:
        raise IllegalEdit(f"{edition.id} has no event {event!r} among its candidates")
    return found


def _event(name: str, ids: Sequence[str], stories: Mapping[str, Story]) -> Event:
    there = tuple(stories[one] for one in ids if one in stories)
    if not there:
        raise IllegalEdit("its reports are not stored any more")
    return Event(id=name, stories=there, copies=frozenset(copies(there)))


def _wishes(scored: ScoredEvent, ids: Sequence[str]) -> dict[str, Wish]:
    """What the editor wanted of the event, for these of its stories, as composing anew would read it."""
    wish = Wish.BAN if scored.excluded else Wish.PIN if scored.pinned else None
    return {story: wish for story in scored.stories if story in ids} if wish is not None else {}


def _judged(
    app: App, edition: Edition, events: Sequence[Event], sent: Sequence[Edition], wishes: Mapping[str, Wish]
) -> dict[str, ScoredEvent]:
    newsletter: Newsletter = newsletter_of(app, edition.id.newsletter)
    now = edition.cutoff or edition.composed_at
    day = edition.id.date
    told = sent_events(sent, day, [story for event in events for story in event.stories])
    picks = rank(events, newsletter=newsletter, now=now, sent=told, today=day, wishes=wishes)
    return {pick.event.id: scored_event(pick) for pick in picks}
