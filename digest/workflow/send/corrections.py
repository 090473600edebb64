"""Correction mailings: what was wrong with an edition, mailed to those who got it, after an approval of its own.

A correction is a second mailing of the edition with its own plan and account. Nobody is mailed one correction twice
(P1), and it goes to nobody who may not be mailed any more (P3).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model.correction import Correction
from digest.model.delivery import Mailing, MailingState, PlannedGroup, Quiet
from digest.model.edition import Edition, EditionId
from digest.model.errors import DigestError, NotFound
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Newsletter
from digest.model.trial import SKIPPED
from digest.ports import App, Tx
from digest.render.checks import check, check_headers
from digest.render.correction import correction_edition
from digest.workflow.edition.review import Blocked, headed, require, variant_of
from digest.workflow.envelopes import envelope_of
from digest.workflow.hours import known_zone, quiet_after, reader_due
from digest.workflow.newsletters import newsletter_of
from digest.workflow.readers.lists import open_list
from digest.workflow.send.gate import gate_day, kept_back
from digest.workflow.send.plan import drain_jobs, frozen_variant, make_room
from digest.workflow.send.routes import Route
from digest.workflow.standing import require_sender
from digest.workflow.trial import own_readers
from subscribers.model import AudienceGroup

LEFT = "left the list"
"""Why somebody who got the edition is not mailed its correction: they are on the list no more."""
HAVE_IT = "have this correction already, or are in an earlier mailing of it"
"""The same words were mailed to them, or will be, or may have been: whatever becomes of that mailing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who got the edition, by what becomes of them in a mailing of its correction."""

    groups: tuple[tuple[AudienceGroup, bool], ...]
    """Those who may be mailed, and whether they got the edition with its second subject."""
    skipped: dict[str, array[int]]
    """Those who may not any more, by the reason."""
    list: str
    """The list that the edition was mailed on, whichever its newsletter has now."""

    @property
    def readers(self) -> int:
        """How many are mailed."""
        return sum(len(group.readers) for group, _ in self.groups)

    @property
    def seconds(self) -> bool:
        """True where some of them got the second subject."""
        return any(second for _, second in self.groups)


def whom(app: App, edition: EditionId, note: Correction | None = None) -> Whom:
    """Whom a mailing of this correction would reach now; of any, without one."""
    with app.read() as tx:
        return _whom(app, tx, newsletter_of(app, edition.newsletter), edition, note)


def correction_of(app: App, edition: EditionId, correction: int) -> Correction:
    """The note. Raises NotFound."""
    with app.read() as tx:
        found = tx.archive.correction(edition, correction)
    if found is None:
        raise NotFound(f"{edition} has no such correction")
    return found


def correction_mail(app: App, edition: EditionId, correction: Correction, variant: Variant) -> Rendered:
    """The mail: as it was approved, or as it would be made now."""
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
        frozen = tx.editions.frozen(edition, f"{correction.mark}{variant.key}")
    return frozen or _render(app, found, newsletter, correction, variant)


def mail_correction(app: App, edition: EditionId, correction: int, *, by: str) -> Mailing:
    """Approve it, freeze its bytes, and plan its mailing, in one transaction. Planned already: that one is returned.

    Raises NotFound; DigestError while the edition is still going out, or where nobody is left to mail; Blocked.
    """
    require_sender(app)
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    note = correction_of(app, edition, correction)
    with app.read() as tx:
        found = require(tx, edition)
        whom_now = _whom(app, tx, newsletter, edition, note)
    made = _proof(app, found, newsletter, note, whom_now, now)
    make_room(app)
    with app.begin() as tx:
        # Two who press at once: the second waits here, and then finds the mailing.
        tx.editions.lock(edition)
        done = tx.ledger.mailing(str(edition), correction)
        if done is not None:
            return done
        # Counted again under the lock: who left meanwhile is accounted for as such.
        readers = _whom(app, tx, newsletter, edition, note)
        open_list(tx, readers.list)
        if not readers.readers:
            if HAVE_IT in readers.skipped:
                raise DigestError(
                    f"{edition}: everybody who got it is in an earlier mailing of this correction: go on with that one"
                )
            raise DigestError(f"{edition}: nobody who got it may be mailed any more")
        if not tx.archive.approve_correction(correction, by=by, now=now):
            raise NotFound(f"{edition}: that correction was taken back in this instant")
        tx.editions.freeze(found, made, mark=note.mark)
        mailing = _plan(app, tx, newsletter, found, note, readers, {one.variant.key for one in made}, now)
        tx.log("correction.approved", str(edition), by=by, now=now, detail=note.text)
        planned = f"correction {correction}: {mailing.count} readers"
        tx.log("mailing.planned", str(edition), by=app.owner, now=now, detail=planned)
    return mailing


def _whom(app: App, tx: Tx, newsletter: Newsletter, edition: EditionId, note: Correction | None) -> Whom:
    first = tx.ledger.mailing(str(edition))
    if first is None or first.state in (MailingState.PLANNED, MailingState.SENDING):
        raise DigestError(
            f"{edition} is still going out: stop it, or wait until it is out, and then mail its correction"
        )
    left = set(tx.ledger.received(first.id))
    own, second = own_readers(app, tx), frozenset(tx.ledger.given_second(first.id))
    groups: list[tuple[AudienceGroup, bool]] = []
    skipped: dict[str, array[int]] = defaultdict(lambda: array("q"))
    had = left & _had(tx, edition, note)
    skipped[HAVE_IT].extend(sorted(had))
    left -= had
    for alike in tx.audience.groups(first.list, gate_day(newsletter, edition, app.clock(), correction=True)):
        mine = array("q", (one for one in alike.readers if one in left))
        left.difference_update(mine)
        verdict = kept_back(alike.blocked, correction=True)
        if verdict is not None:
            skipped[verdict].extend(mine)
            continue
        if own is not None:
            skipped[SKIPPED].extend(one for one in mine if one not in own)
            mine = array("q", (one for one in mine if one in own))
        for with_second in (False, True):
            if chosen := array("q", (one for one in mine if (one in second) is with_second)):
                groups.append((replace(alike, readers=chosen), with_second))
    skipped[LEFT].extend(sorted(left))
    kept = {reason: ids for reason, ids in skipped.items() if ids}
    return Whom(groups=tuple(groups), skipped=kept, list=first.list)


def _had(tx: Tx, edition: EditionId, note: Correction | None) -> set[int]:
    """Who is in a mailing of the same words already, by whomever they were written: also who waits in it, is held or in
    doubt, or was given up, which a person can take up again. Under the lock of the edition nobody is in two (P1)."""
    notes = tx.archive.corrections([edition]).get(edition, ()) if note is not None else ()
    alike = (one.id for one in notes if note is not None and one.text == note.text and one.id != note.id)
    mailings = (tx.ledger.mailing(str(edition), one) for one in alike)
    return {reader for one in mailings if one is not None for reader in tx.ledger.reach(one.id)}


def _variant(newsletter: Newsletter, alike: AudienceGroup, second: bool) -> Variant:
    """In their language and form, under the subject that they know; whole, and counted by nobody."""
    return replace(variant_of(newsletter, alike), sections=(), tracked=False, other=second)


def _proof(
    app: App, edition: Edition, newsletter: Newsletter, note: Correction, readers: Whom, now: datetime
) -> list[Rendered]:
    needed = {Variant(language=newsletter.language), *(_variant(newsletter, *alike) for alike in readers.groups)}
    # Who changes their language between this and the plan gets the newsletter's own.
    needed |= {Variant(language=newsletter.language, other=variant.other) for variant in needed}
    needed |= {replace(variant, text_only=True) for variant in needed}
    envelope = envelope_of(app, newsletter, edition.id, now, on_list=readers.list)
    made = [_render(app, edition, newsletter, note, one) for one in sorted(needed, key=lambda one: one.key)]
    wrong = {}
    for one in made:
        shown = correction_edition(headed(edition, one.variant), newsletter, note, language=one.variant.language)
        for finding in (*check(one, shown, newsletter), *check_headers(one, envelope)):
            if finding.blocks:
                wrong[finding.id, finding.message] = finding
    if wrong:
        raise Blocked(edition.id, tuple(wrong.values()))
    return made


def _render(app: App, edition: Edition, newsletter: Newsletter, note: Correction, variant: Variant) -> Rendered:
    shown = correction_edition(headed(edition, variant), newsletter, note, language=variant.language)
    return app.renderer.render(shown, newsletter, variant, view_url=app.links.view(edition.id))


def _plan(
    app: App,
    tx: Tx,
    newsletter: Newsletter,
    edition: Edition,
    note: Correction,
    readers: Whom,
    frozen: set[str],
    now: datetime,
) -> Mailing:
    # At once, but not in a reader's quiet hours: nobody chose an hour for corrections.
    at_once = replace(newsletter, schedule=replace(newsletter.schedule, reader_hours=False))
    groups: dict[tuple[datetime, str, Quiet | None], array[int]] = defaultdict(lambda: array("q"))
    for alike, second in readers.groups:
        zone = known_zone(alike.timezone) or newsletter.zone
        due = reader_due(at_once, zone=zone, hour=None, start=now, now=now)
        variant = frozen_variant(_variant(newsletter, alike, second), frozen, edition)
        groups[due, variant, quiet_after(newsletter, zone=zone, after=due)].extend(alike.readers)
    mailing = tx.ledger.plan(
        edition=str(edition.id),
        correction=note.id,
        list_slug=readers.list,
        groups=[
            PlannedGroup(due_at=due, variant=f"{note.mark}{variant}", subscribers=ids, quiet=quiet)
            for (due, variant, quiet), ids in sorted(groups.items(), key=lambda group: group[0][:2])
        ],
        skipped=readers.skipped,
        chunk_size=Route(app, newsletter).batch_size,
        now=now,
        signed_by=app.links.signing,
    )
    tx.jobs.put(*drain_jobs(app, mailing.id))
    return mailing
