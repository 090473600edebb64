"""Compose: stories -> events -> an edition that is ready, held or skipped, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.edition.carried import carried, events_of, wishes_of
from digest.editorial.edition.compose import compose as compose_edition
from digest.model.change import Edit, Outrun
from digest.model.counted import counted
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.newsletter import Newsletter
from digest.ports import App
from digest.workflow.edition.holding import by_checks, stands_after
from digest.workflow.newsletters import newsletter_of
from digest.workflow.stories.pictures import illustrate
from digest.workflow.stories.sources import names_for
from digest.workflow.stories.summaries import summarised

REMEMBERED = 14
"""Editions back that a story is compared with: "seen yesterday", "earlier, Tuesday"."""

ARCHIVED = 400
"""Editions back that background is looked for in: a year of a daily one."""

ANEW = "composed it anew"
"""What stands in the log and is taken back by an undo."""

_OPEN = (EditionStatus.DRAFT, EditionStatus.READY, EditionStatus.HELD)


def cutoff_of(newsletter: Newsletter, edition: EditionId, now: datetime) -> datetime:
    """Stories published before this instant count: now, or for a past date the last moment of that day."""
    midnight = datetime.combine(edition.date + timedelta(days=1), time(), ZoneInfo(newsletter.zone))
    # A moment before midnight: whoever asks the cutoff for its date means the edition's own.
    return min(now, (midnight - timedelta(microseconds=1)).astimezone(now.tzinfo))


def compose(
    app: App, edition: EditionId, *, again: bool = False, by: str = "", expected_version: int | None = None
) -> Edition:
    """Make the edition, or with `again` make it anew; one that is approved or beyond is returned as it is.

    What somebody holds stays held, with their reason. `by` is the person who asked, as they stand in the log; empty =
    the process. With `expected_version` it is the version that they saw, or Outrun is raised.
    """
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = tx.editions.get(edition)
        if found is not None and (found.status not in _OPEN or not again):
            return found
        if found is not None and expected_version not in (None, found.version):
            raise Outrun(found, expected_version or 0)
        cutoff = cutoff_of(newsletter, edition, now)
        stories = tx.stories.between(
            names_for(app, tx, newsletter), cutoff - timedelta(hours=newsletter.picking.window_hours), cutoff
        )
        sent = tx.editions.before(newsletter.slug, edition.date, REMEMBERED)
        archive = tx.editions.told_before(newsletter.slug, edition.date, ARCHIVED)
    wishes = wishes_of(found) if found is not None else {}
    version = found.version + 1 if found else 1
    app.progress.start(f"compose {edition}", None)
    # Outside of any transaction: grouping takes seconds, and nobody has to wait for it.
    made = compose_edition(
        newsletter, edition.date, stories, now=now, cutoff=cutoff, sent=sent, archive=archive, version=version,
        wishes=wishes, known=events_of(found) if found is not None else None,
    )  # fmt: skip
    made = summarised(app, made, stories)
    if found is not None:
        # After the summaries: what an editor wrote is not written over.
        made = carried(found, made, newsletter)
    illustrated = illustrate(app, newsletter, replace(made, version=version))
    made = illustrated.edition
    with app.begin() as tx:
        # Somebody may have held or approved it meanwhile: how it stands counts now, not when this began.
        tx.editions.lock(edition)
        stands = tx.editions.get(edition) if found is not None else None
        if stands is not None and stands.status not in _OPEN:
            app.progress.finish(f"compose {edition}", f"it is {stands.status} by now")
            return stands
        if stands is None:
            status, reason = by_checks(made, newsletter, now=now)
        else:
            status, reason = stands_after(tx, stands, made, newsletter, by=by or app.owner, now=now, anew=True)
        made = replace(made, status=status, reason=reason)
        tx.editions.put(made, expected_version=found.version if found else 0)
        if found is not None:
            # Composed anew it can be undone like every change.
            anew = Edit(version=version, base_version=found.version, words=ANEW, by=by or app.owner, at=now)
            tx.editions.put_edit(edition, anew, None)
        pictures = f"{illustrated.kept} pictures, {len(illustrated.missing)} not to be had"
        tx.log(
            "edition.composed",
            str(edition),
            by=by or app.owner,
            now=now,
            detail=f"{len(made.told)} stories, {pictures}",
        )
    looked_at = f"{counted(len(stories), 'story', 'stories')}, {counted(len(made.scored), 'event')}"
    app.progress.finish(f"compose {edition}", f"{looked_at}, {len(made.told)} told")
    return made
