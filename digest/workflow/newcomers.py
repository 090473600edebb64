"""Newcomers: what has come in since an edition was composed. Nothing of it moves by itself; an editor may add it."""

from __future__ import annotations

from datetime import timedelta

from digest.editorial.cluster import group
from digest.editorial.compose import in_window, scored_event, sent_events
from digest.editorial.rank import rank
from digest.model.edition import Edition, ScoredEvent
from digest.ports import App
from digest.workflow.compose import REMEMBERED, newsletter_of
from digest.workflow.sources import names_for

SHOWN = 20
"""The best of them."""
LATE = timedelta(hours=6)
"""A story may have been published so long before it was composed, and still be found only afterwards."""


def newcomers(app: App, edition: Edition) -> tuple[ScoredEvent, ...]:
    """Events of the stories first seen after the edition was composed, the best first; those above the threshold."""
    newsletter = newsletter_of(app, edition.id.newsletter)
    now, day = app.clock(), edition.id.date
    with app.read() as tx:
        stories = tx.stories.between(names_for(app, tx, newsletter), edition.composed_at - LATE, now)
        sent = tx.editions.before(newsletter.slug, day, REMEMBERED)
    fresh = [story for story in stories if story.first_seen > edition.composed_at]
    if not fresh:
        return ()
    known = {one.event for one in edition.scored}
    events = [event for event in group(in_window(newsletter, fresh, now)) if event.id not in known]
    picks = rank(events, newsletter=newsletter, now=now, sent=sent_events(sent, day), today=day)
    return tuple(scored_event(pick) for pick in picks[:SHOWN] if pick.score >= newsletter.picking.threshold)
