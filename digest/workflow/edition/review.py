"""Review: approve, hold, skip. What is approved is frozen, byte for byte, before anybody is mailed (P12)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from digest.editorial.edition.lint import lint
from digest.model.change import Decision, IllegalEdit, Outrun
from digest.model.counted import counted
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, Lost, NotFound
from digest.model.finding import Finding
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Newsletter, WhenNobodyApproves
from digest.ports import App, Tx
from digest.render.checks import check, check_headers
from digest.render.edition_checks import check_edition
from digest.render.surroundings import Surroundings, check_surroundings
from digest.render.tracking import link_table
from digest.render.words import LANGUAGES
from digest.workflow.edition.holding import AUTOPILOT, holding, let_go, reason_mark
from digest.workflow.edition.surroundings import look_around, missing_pictures
from digest.workflow.envelopes import envelope_of
from digest.workflow.feedback.tracking import tracked_variant, wanted
from digest.workflow.newsletters import newsletter_of
from subscribers.model import AudienceGroup

LOOKS = 5
"""Of the rule at what changes under its hand, before the phase fails and is tried again."""


class Blocked(DigestError):
    """The edition has blockers; they are in `findings`."""

    def __init__(self, edition: EditionId, findings: tuple[Finding, ...]) -> None:
        told = "; ".join(finding.message for finding in findings)
        super().__init__(f"{edition} has {len(findings)} blocker(s): {told}")
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An edition as it would go out: every variant the audience needs, and what the checks say."""

    edition: Edition
    rendered: tuple[Rendered, ...]
    findings: tuple[Finding, ...]

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """What stops an automatic send."""
        return tuple(finding for finding in self.findings if finding.blocks)


def require(tx: Tx, edition: EditionId) -> Edition:
    """The edition, or NotFound with the next step."""
    found = tx.editions.get(edition)
    if found is None:
        raise NotFound(
            f"there is no edition {edition}; make it with `digest compose {edition.newsletter} --date {edition.date}`"
        )
    return found


def variant_of(newsletter: Newsletter, reader: AudienceGroup) -> Variant:
    """The variant that readers get: a language that we speak, sections that this newsletter has."""
    known = [section.slug for section in newsletter.sections]
    chosen = tuple(slug for slug in known if slug in reader.sections)
    return Variant(
        language=reader.language if reader.language in LANGUAGES else newsletter.language,
        sections=() if len(chosen) in (0, len(known)) else chosen,
        text_only=reader.text_only,
        tracked=wanted(newsletter.tracking) and not reader.tracking_off,
    )


def tries_subjects(newsletter: Newsletter, edition: Edition) -> bool:
    """True where the edition has a second subject, and it can be judged."""
    return bool(edition.subject_b) and newsletter.tracking.clicks


def variants_needed(tx: Tx, newsletter: Newsletter, found: Edition) -> tuple[Variant, ...]:
    """Every variant that the list needs today, and the whole edition in each language, sorted by key.

    Where two subjects are tried, each of them with both.
    """
    edition = found.id
    needed = {Variant(language=newsletter.language)}
    for reader in _readers(tx, newsletter, edition):
        variant = variant_of(newsletter, reader)
        needed.add(variant)
        # Whoever joins or chooses between approval and plan gets the whole edition: nothing unapproved goes out.
        needed.add(Variant(language=variant.language, text_only=variant.text_only))
        if variant.tracked:
            needed.add(Variant(language=variant.language, text_only=variant.text_only, tracked=True))
    if tries_subjects(newsletter, found):
        needed |= {replace(variant, other=True) for variant in needed}
    return tuple(sorted(needed, key=lambda variant: variant.key))


def headed(edition: Edition, variant: Variant) -> Edition:
    """The edition with the subject that readers of this variant get."""
    return replace(edition, subject=edition.subject_b) if variant.other else edition


def rendering(app: App, edition: Edition, newsletter: Newsletter, variant: Variant) -> Rendered:
    """The variant as it would be frozen now."""
    shown, view = headed(edition, variant), app.links.view(edition.id)
    one = app.renderer.render(shown, newsletter, replace(variant, tracked=False), view_url=view)
    return tracked_variant(app, edition, newsletter, one) if variant.tracked else one


def _readers(tx: Tx, newsletter: Newsletter, edition: EditionId) -> Iterator[AudienceGroup]:
    try:
        yield from tx.audience.groups(newsletter.list, edition.date)
    except NotFound:
        # A list that nobody made yet has no readers: the edition can still be looked at.
        return


def proof(app: App, edition: EditionId) -> Proof:
    """Render every variant needed and run every check; changes nothing."""
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
        needed = variants_needed(tx, newsletter, found)
        facts = look_around(app, tx, newsletter, found)
    return _proof(app, found, newsletter, needed, facts, app.clock())


def _proof(
    app: App,
    edition: Edition,
    newsletter: Newsletter,
    needed: tuple[Variant, ...],
    facts: Surroundings,
    now: datetime,
) -> Proof:
    task = f"render {edition.id}"
    app.progress.start(task, len(needed))
    envelope = envelope_of(app, newsletter, edition.id, now)
    rendered: list[Rendered] = []
    facts = replace(facts, missing_pictures=missing_pictures(app.pictures, edition, newsletter))
    of_the_edition = (
        *lint(edition, newsletter, now=now),
        *check_edition(edition, newsletter),
        *check_surroundings(edition, newsletter, facts),
    )
    findings: dict[tuple[str, str], Finding] = {(finding.id, finding.message): finding for finding in of_the_edition}
    for variant in needed:
        one = rendering(app, edition, newsletter, variant)
        rendered.append(one)
        for finding in (*check(one, edition, newsletter), *check_headers(one, envelope)):
            findings.setdefault((finding.id, finding.message), finding)
        app.progress.advance(task)
    app.progress.finish(task, counted(len(rendered), "variant"))
    return Proof(edition=edition, rendered=tuple(rendered), findings=tuple(findings.values()))


def approve(
    app: App,
    edition: EditionId,
    *,
    by: str,
    despite_blockers: bool = False,
    expected_version: int | None = None,
    expected: EditionStatus | None = None,
    expected_reason: str | None = None,
) -> Edition:
    """Approve and freeze. Already approved or beyond: returned as it is. Raises Blocked where checks forbid it.

    With `expected_version` and `expected` it is the version, standing so, that somebody looked at which is approved,
    or Outrun is raised; so it is with `expected_reason`, a `reason_mark`, where it was held for another one since.
    """
    now = app.clock()
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
        if found.status not in (EditionStatus.READY, EditionStatus.HELD):
            if expected is not None and found.status in (EditionStatus.SKIPPED, EditionStatus.CANCELLED):
                # The contrary of what is wanted: whoever presses must not think that it goes out.
                _as_seen(found, expected_version, expected, expected_reason)
                raise IllegalEdit(f"{edition} is {found.status}: there is nothing to approve")
            return found
        _as_seen(found, expected_version, expected, expected_reason)
        needed = variants_needed(tx, newsletter, found)
        facts = look_around(app, tx, newsletter, found)
    # A list without readers is no reason to refuse: nobody is mailed by accident, and the plan will say so itself.
    facts = replace(facts, audience=facts.audience or None)
    made = _proof(app, found, newsletter, needed, facts, now)
    if made.blockers and not despite_blockers:
        raise Blocked(edition, made.blockers)
    approved = found.approve(by=by, at=now)
    waived = ", ".join(finding.id for finding in made.blockers)
    with app.begin() as tx:
        tx.editions.lock(edition)
        stands = require(tx, edition)
        if (stands.version, stands.status) == (found.version, found.status):
            # Held anew while it was rendered, for a reason that nobody has seen who approves.
            _as_seen(stands, None, None, reason_mark(found))
        # Conditional on the version that was rendered: an edit in between makes this lose, not win (P12).
        tx.editions.change(approved, expected=found.status)
        tx.editions.freeze(approved, made.rendered)
        tx.editions.decide(edition, _decision(found, approved, by=by, now=now))
        if newsletter.tracking.clicks:
            tx.tracking.keep_links(approved, link_table(found))
        tx.log("edition.approved", str(edition), by=by, now=now, detail=f"despite {waived}" if waived else "")
    return approved


def hold(
    app: App,
    edition: EditionId,
    *,
    by: str,
    reason: str,
    expected_version: int | None = None,
    expected: EditionStatus | None = None,
    expected_reason: str | None = None,
) -> Edition:
    """Nothing goes out until a person approves. What somebody holds stays as it is, with their reason; whoever saw it
    held (`expected`) gives another one, and what only its checks hold is held by whoever says so. Raises Outrun as
    `approve`."""
    return _move(app, edition, EditionStatus.HELD, by, reason, expected_version, expected, expected_reason)


def skip(
    app: App,
    edition: EditionId,
    *,
    by: str,
    reason: str,
    expected_version: int | None = None,
    expected: EditionStatus | None = None,
    expected_reason: str | None = None,
) -> Edition:
    """This edition will never go out, and says why. Raises Outrun as `approve`."""
    return _move(app, edition, EditionStatus.SKIPPED, by, reason, expected_version, expected, expected_reason)


def _move(
    app: App,
    edition: EditionId,
    to: EditionStatus,
    by: str,
    reason: str,
    expected_version: int | None,
    expected: EditionStatus | None,
    expected_reason: str | None,
) -> Edition:
    now, newsletter = app.clock(), newsletter_of(app, edition.newsletter)
    with app.begin() as tx:
        # What somebody looked at stands so until our commit.
        tx.editions.lock(edition)
        found = require(tx, edition)
        # What only its checks hold is not held yet by whoever says so.
        only_checks = to is EditionStatus.HELD and holding(tx, edition, newsletter) is None
        if found.status is to and not only_checks and (reason == found.reason or expected is not to):
            return found
        _as_seen(found, expected_version, expected, expected_reason)
        # Seen as it stands, and said anew: another reason for the same.
        moved = replace(found, reason=reason) if found.status is to else found.to(to, reason=reason)
        tx.editions.change(moved, expected=found.status)
        tx.editions.decide(edition, _decision(found, moved, by=by, now=now))
        tx.log(f"edition.{to.value}", str(edition), by=by, now=now, detail=reason)
    return moved


def _as_seen(found: Edition, version: int | None, status: EditionStatus | None, reason: str | None) -> None:
    """Raise Outrun where somebody looked at another version, or at one that stood otherwise, or so for another reason.
    None = whatever stands."""
    other_version = version is not None and found.version != version
    other_status = status is not None and found.status is not status
    if other_version or other_status or (reason is not None and reason_mark(found) != reason):
        raise Outrun(found, found.version if version is None else version)


def _decision(was: Edition, became: Edition, *, by: str, now: datetime) -> Decision:
    return Decision(
        version=became.version, was=was.status, was_reason=was.reason, became=became.status, by=by, at=now
    )  # fmt: skip


def standing_decision(tx: Tx, found: Edition) -> Decision | None:
    """The decision that made the edition what it is, where it can still be taken back: until its mailing is planned.

    A hold is one whatever was changed since; an approval or a skip is of a version.
    """
    last = tx.editions.decision(found.id)
    if last is None or last.became is not found.status:
        return None
    if last.version != found.version and last.became is not EditionStatus.HELD:
        return None
    return last if tx.ledger.mailing(str(found.id)) is None else None


def take_back(
    app: App,
    edition: EditionId,
    *,
    by: str,
    expected_version: int,
    expected: EditionStatus | None = None,
    expected_reason: str | None = None,
) -> Edition:
    """Undo the last approval, hold or skip: the edition stands as it stood before. Raises Outrun, or IllegalEdit.

    An approval that a hold or a skip had ended stands again: its bytes are frozen, and nothing of them has changed.
    Where it was changed since it was held, that approval is void, and blockers hold it for as long as they stand.
    """
    now, newsletter = app.clock(), newsletter_of(app, edition.newsletter)
    with app.begin() as tx:
        # Nobody plans a mailing of it between this look and our commit.
        tx.editions.lock(edition)
        found = require(tx, edition)
        _as_seen(found, expected_version, expected, expected_reason)
        last = standing_decision(tx, found)
        if last is None:
            raise IllegalEdit(f"{edition} is {found.status}: there is no decision that could be taken back")
        status, reason = last.was, last.was_reason
        if last.version == found.version:
            tx.editions.undecide(edition, last, by=by, now=now)
        else:
            status, reason = let_go(tx, found, last, newsletter, by=by, now=now)
        back = replace(found, reason=reason) if status is found.status else found.to(status, reason=reason)
        if back.status is not EditionStatus.APPROVED:
            back = replace(back, approved_by="", approved_at=None)
        tx.editions.change(back, expected=found.status)
        tx.log("edition.taken_back", str(edition), by=by, now=now, detail=f"{last.became} by {last.by}")
    return back


def autopilot(app: App, edition: EditionId) -> Edition:
    """What happens when no editor has decided: the newsletter's own rule.

    It decides on what it has looked at: whoever decides or changes something meanwhile is not overruled, and what still
    waits then is looked at once more.
    """
    for _ in range(LOOKS - 1):
        with suppress(Outrun, Lost):
            return _by_rule(app, edition)
    return _by_rule(app, edition)


def _by_rule(app: App, edition: EditionId) -> Edition:
    """Raises Outrun, or Lost, where it was decided or changed since it was looked at."""
    rule = newsletter_of(app, edition.newsletter).when_nobody_approves
    with app.read() as tx:
        found = require(tx, edition)
    if found.status is not EditionStatus.READY:
        return found
    held = partial(hold, app, edition, by=AUTOPILOT, expected_version=found.version, expected=found.status)
    if rule is WhenNobodyApproves.HOLD:
        return held(reason="nobody approved it, and the newsletter's rule is to hold")
    try:
        return approve(
            app, edition, by=AUTOPILOT, despite_blockers=rule is WhenNobodyApproves.SEND,
            expected_version=found.version, expected=found.status,
        )  # fmt: skip
    except Blocked as blocked:
        return held(reason=str(blocked))
