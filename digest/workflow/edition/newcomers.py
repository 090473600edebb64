"""Newcomers: what has come in since an edition was composed. Nothing of it is told by itself; an editor may add it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.cluster import group
from digest.editorial.compose import in_window, scored_event, sent_events
from digest.editorial.rank import rank
from digest.model.edition import Edition, ScoredEvent
from digest.model.newsletter import Newsletter
from digest.ports import App
from digest.workflow.edition.compose import REMEMBERED, newsletter_of
from digest.workflow.stories.sources import names_for

SHOWN = 20
"""The best of those that joined, and of those that wait."""
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


def newcomers(app: App, edition: Edition) -> Newcomers:
    """Events of the stories first seen after the edition was composed; those above the threshold."""
    newsletter = newsletter_of(app, edition.id.newsletter)
    now, day = app.clock(), edition.id.date
    frozen = frozen_at(newsletter, edition)
    with app.read() as tx:
        stories = tx.stories.between(names_for(app, tx, newsletter), edition.composed_at - LATE, now)
        sent = tx.editions.before(newsletter.slug, day, REMEMBERED)
    fresh = [story for story in stories if story.first_seen > edition.composed_at]
    if not fresh:
        return Newcomers(joined=(), waiting=(), frozen_at=frozen)
    known = {one.event for one in edition.scored}
    events = [event for event in group(in_window(newsletter, fresh, now)) if event.id not in known]
    picks = rank(events, newsletter=newsletter, now=now, sent=sent_events(sent, day), today=day)
    found = [scored_event(pick) for pick in picks if pick.score >= newsletter.picking.threshold]
    # An event joined when its first report did: what is added to it later moves nothing.
    early = {story.id for story in fresh if story.first_seen <= frozen}
    joined = [one for one in found if early.intersection(one.stories)]
    waiting = [one for one in found if not early.intersection(one.stories)]
    return Newcomers(joined=_best(joined), waiting=_best(waiting), frozen_at=frozen)


def _best(events: Sequence[ScoredEvent]) -> tuple[ScoredEvent, ...]:
    return tuple(events[:SHOWN])
