"""Plan: an approved edition and an audience -> one mailing, frozen whole in one transaction."""

from __future__ import annotations

from array import array
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from digest.model.change import Outrun
from digest.model.counted import counted
from digest.model.delivery import Mailing, Quiet
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, StorageFailed
from digest.model.job import Job, JobKind
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.model.trial import SKIPPED
from digest.ports import App
from digest.workflow.edition.review import require, tries_subjects, variant_of
from digest.workflow.hours import known_zone, quiet_after, reader_due, send_instant
from digest.workflow.newsletters import newsletter_of
from digest.workflow.readers.lists import open_list
from digest.workflow.send.canary import Alike, groups_of
from digest.workflow.send.routes import Route
from digest.workflow.standing import require_sender
from digest.workflow.trial import own_readers
from subscribers.model import AudienceGroup


def make_room(app: App) -> None:
    """Before a mailing is planned: tables for its rows, where they lie in ranges."""
    # There is room for many mailings ahead: where somebody is in the way now, the next plan makes more.
    with suppress(StorageFailed), app.begin() as tx:
        tx.ledger.make_room()


def plan(app: App, edition: EditionId, *, expected_version: int | None = None) -> Mailing:
    """Freeze the audience of an approved edition. Planned already: that mailing is returned (P1).

    With `expected_version` it is the version that somebody saw, or Outrun is raised.
    """
    require_sender(app)
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    task = f"plan {edition}"
    app.progress.start(task, None)
    make_room(app)
    with app.begin() as tx:
        # An editor's change that comes now waits, and then finds the mailing: what is planned is what was approved.
        tx.editions.lock(edition)
        done = tx.ledger.mailing(str(edition))
        if done is not None:
            app.progress.finish(task, f"planned already, {counted(done.count, 'reader')}")
            return done
        open_list(tx, newsletter.list)
        found = require(tx, edition)
        if expected_version not in (None, found.version):
            raise Outrun(found, expected_version or 0)
        if found.status is not EditionStatus.APPROVED:
            raise DigestError(
                f"{edition} is {found.status}, not approved: nothing can be planned; `digest approve {edition}`"
            )
        frozen = set(tx.editions.frozen_variants(edition))
        start = send_instant(newsletter, edition.date)
        seeds = tx.audience.readers_at(newsletter.canary.seeds)
        own = own_readers(app, tx)
        groups: dict[Alike, array[int]] = defaultdict(lambda: array("q"))
        skipped: dict[str, array[int]] = defaultdict(lambda: array("q"))
        found_alike = list(reversed(tx.audience.groups(newsletter.list, edition.date)))
        while found_alike:
            # Let go of as they are gone through: of ten million readers they take 80 MB, as much as what they become.
            alike = found_alike.pop()
            if alike.blocked is not None:
                skipped[alike.blocked].extend(alike.readers)
                continue
            readers = alike.readers
            if own is not None:
                skipped[SKIPPED].extend(one for one in readers if one not in own)
                readers = array("q", (one for one in readers if one in own))
                if not readers:
                    continue
            variant = frozen_variant(variant_of(newsletter, alike), frozen, found)
            due, quiet = _due(newsletter, alike, start, now)
            groups[due, variant, quiet].extend(readers)
        two = tries_subjects(newsletter, found) and any(Variant.parse(key).other for key in frozen)
        mailing = tx.ledger.plan(
            edition=str(edition),
            list_slug=newsletter.list,
            groups=groups_of(groups, newsletter.canary, seeds, subjects=newsletter.subject_test if two else None),
            skipped=skipped,
            chunk_size=Route(app, newsletter).batch_size,
            now=now,
            signed_by=app.links.signing,
        )
        # In the transaction of the plan: a mailing that is there is being sent, or there is none.
        tx.jobs.put(*drain_jobs(app, mailing.id))
        tx.log("mailing.planned", str(edition), by=app.owner, now=now, detail=f"{mailing.count} readers")
    with suppress(StorageFailed), app.begin() as tx:
        # A help and no duty: the mailing stands, and is sent without it too.
        tx.ledger.learn_sizes(mailing)
    app.progress.finish(task, f"{counted(mailing.count, 'reader')}, {sum(map(len, skipped.values()))} of them skipped")
    return mailing


def drain_jobs(app: App, mailing: int) -> tuple[Job, ...]:
    """The jobs that share the sending of a mailing; none without an engine."""
    return tuple(Job(kind=JobKind.DRAIN, about=str(mailing), place=place) for place in range(app.drains))


def _due(
    newsletter: Newsletter, readers: AudienceGroup, start: datetime, now: datetime
) -> tuple[datetime, Quiet | None]:
    zone = known_zone(readers.timezone) or newsletter.zone
    due = reader_due(newsletter, zone=zone, hour=readers.hour, start=start, now=now)
    quiet = quiet_after(newsletter, zone=zone, after=due)
    if quiet is not None and quiet[1] <= now:
        quiet = quiet_after(newsletter, zone=zone, after=now)
    return due, quiet


def frozen_variant(variant: Variant, frozen: set[str], edition: Edition) -> str:
    """The reader's variant, or where it was not approved the nearest that was: never an unapproved byte (P12)."""
    for wanted in (
        variant,
        replace(variant, tracked=False),
        Variant(language=variant.language, text_only=variant.text_only, tracked=variant.tracked),
        Variant(language=variant.language, text_only=variant.text_only),
        Variant(language=edition.language, other=variant.other),
        Variant(language=edition.language),
    ):
        if wanted.key in frozen:
            return wanted.key
    raise DigestError(f"{edition.id}: no frozen rendering is there; approve it again")
