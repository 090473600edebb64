"""Newcomers: what has come in since an edition was composed. Nothing of it is told by itself; an editor may add it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.edition.compose import in_window, scored_event, sent_events
from digest.editorial.events.cluster import group
from digest.editorial.picking.rank import rank
from digest.model.edition import CHANGEABLE, Edition, EditionId, ScoredEvent
from digest.model.newcomer import Arrivals, Newcomer
from digest.model.newsletter import Newsletter
from digest.model.story import Story
from digest.ports import App
from digest.workflow.edition.compose import REMEMBERED
from digest.workflow.newsletters import newsletter_of
from digest.workflow.stories.sources import names_for

SHOWN = 20
"""The best of those that joined, and of those that wait."""
KEPT = 60
"""Of both, as they were found: whoever adds some sees the next ones."""
LATE = timedelta(hours=6)
"""A story may have been published so long before it was composed, and still be found only afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """Events that were first seen after composing, the best first."""

    joined: tuple[ScoredEvent, ...]
    """Seen before the candidates were frozen: they stand among them."""
    waiting: tuple[ScoredEvent, ...]
    """Seen afterwards: they wait until somebody adds them."""
    frozen_at: datetime
    """From when on they wait, UTC."""
    at: datetime
    """When somebody looked, UTC: what came in later is not among them yet."""

    @property
    def every(self) -> tuple[ScoredEvent, ...]:
        """Both."""
        return (*self.joined, *self.waiting)


def frozen_at(newsletter: Newsletter, edition: Edition) -> datetime:
    """From when on newcomers of this edition wait, UTC: the newsletter's hour, but never before it was composed."""
    at = newsletter.schedule.freeze_at
    if at is None:
        return edition.composed_at
    there = datetime.combine(edition.id.date, at, ZoneInfo(newsletter.zone))
    return max(there.astimezone(UTC), edition.composed_at)


def newcomers(newsletter: Newsletter, edition: Edition, found: Arrivals) -> Newcomers:
    """Of what had come in, what this version does not know yet, told or not."""
    known = {one.event for one in edition.scored}
    fresh = [one for one in found.events if one.scored.event not in known]
    frozen = frozen_at(newsletter, edition)
    # An event joined when its first report did: what is added to it later moves nothing.
    return Newcomers(
        joined=_best([one for one in fresh if one.first_seen <= frozen]),
        waiting=_best([one for one in fresh if one.first_seen > frozen]),
        frozen_at=frozen,
        at=found.at,
    )


def arrivals_kept(app: App, edition: Edition) -> Arrivals | None:
    """What had come in when the clock last looked; None where it has not since this was composed."""
    with app.read() as tx:
        found = tx.arrivals.of(edition.id)
    return found if found is not None and found.composed_at == edition.composed_at else None


def arrivals(app: App, edition: Edition, before: Arrivals | None) -> Arrivals:
    """What has come in since this was composed: events above the threshold. Changes nothing.

    Grouping a morning's late stories takes seconds: no page waits for it. It is done anew only where more has come
    than `before`.
    """
    newsletter = newsletter_of(app, edition.id.newsletter)
    now, day, composed_at = app.clock(), edition.id.date, edition.composed_at
    with app.read() as tx:
        names = names_for(app, tx, newsletter)
        many, newest = tx.stories.came(names, composed_at - LATE, now, seen_after=composed_at)
    found = Arrivals(composed_at=composed_at, at=now, stories=many, newest=newest, events=())
    if before is not None and (before.composed_at, before.stories, before.newest) == (composed_at, many, newest):
        return replace(found, events=before.events)
    if not many:
        return found
    with app.read() as tx:
        stories = tx.stories.between(names, composed_at - LATE, now, seen_after=composed_at)
        sent = tx.editions.shown_before(newsletter.slug, day, REMEMBERED)
    # Outside of any transaction: nobody waits for it.
    return replace(found, events=_judged(newsletter, day, stories, sent, now))


def look_for_newcomers(app: App, edition: Edition) -> Arrivals:
    """The same, and keep it."""
    found = arrivals(app, edition, arrivals_kept(app, edition))
    with app.begin() as tx:
        tx.arrivals.keep(edition.id, found)
    return found


def look_for_every_newcomer(app: App, newsletter: Newsletter) -> None:
    """The same for every edition of a newsletter that somebody may still add to: today's and tomorrow's."""
    today = app.clock().astimezone(ZoneInfo(newsletter.zone)).date()
    for day in (today, today + timedelta(days=1)):
        with app.read() as tx:
            found = tx.editions.get(EditionId(newsletter=newsletter.slug, date=day))
        if found is not None and found.status in CHANGEABLE:
            look_for_newcomers(app, found)


def _judged(
    newsletter: Newsletter, day: date, fresh: Sequence[Story], sent: Sequence[Edition], now: datetime
) -> tuple[Newcomer, ...]:
    # Also what was added meanwhile: an undo makes a newcomer of it again.
    events = group(in_window(newsletter, fresh, now))
    picks = rank(events, newsletter=newsletter, now=now, sent=sent_events(sent, day), today=day)
    seen = {story.id: story.first_seen for story in fresh}
    good = [pick for pick in picks if pick.score >= newsletter.picking.threshold]
    return tuple(
        Newcomer(scored=one, first_seen=min(seen[story] for story in one.stories))
        for one in map(scored_event, good[:KEPT])
    )


def _best(found: Sequence[Newcomer]) -> tuple[ScoredEvent, ...]:
    return tuple(one.scored for one in found[:SHOWN])
