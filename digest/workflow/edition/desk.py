"""Desk: what its pages show of an edition, and what they ask for besides changes: tests, waivers, notes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.edition.lint import lint
from digest.model.change import Decision, Edit, SecondAsked, Waiver
from digest.model.delivery import Account, Mailing
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, NotFound, RenderFailed
from digest.model.finding import Finding
from digest.model.mail import Batch, Envelope, Recipient, Rendered, Slot, Variant
from digest.model.newsletter import Newsletter
from digest.model.person import limit_key
from digest.model.report import TomorrowNote
from digest.ports import App, Tx
from digest.render.checks import check, check_headers
from digest.render.edition_checks import check_edition
from digest.render.slots import greeting
from digest.render.surroundings import check_surroundings
from digest.workflow.edition.holding import holding
from digest.workflow.edition.review import headed, require, standing_decision, tries_subjects
from digest.workflow.edition.surroundings import look_around, missing_pictures
from digest.workflow.envelopes import envelope_of
from digest.workflow.hours import due_instant, send_instant
from digest.workflow.newsletters import newsletter_of
from digest.workflow.standing import require_sender
from digest.workflow.trial import require_own
from subscribers.address import AddressError, parse_address

TEST = "[TEST]"
"""What the subject of a test mail begins with."""
ONE_TEST = timedelta(seconds=30)
"""Within this time the same test is the one that was asked for already."""
LONGEST_NOTE = 2_000
"""Characters of a note to whoever makes the next edition."""
NOTES = 100
"""Notes that are looked through for one that is taken back."""
PUT_BACK_WITHIN = timedelta(days=1)
"""How long a note or a correction that was taken back is offered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """An approval that counts no more, because of a change."""

    approved_by: str
    changed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the edition of a day stands, as far as it can be told without rendering every variant."""

    newsletter: Newsletter
    id: EditionId
    edition: Edition | None
    mailing: Mailing | None
    account: Account | None
    edits: tuple[Edit, ...]
    approve_at: datetime
    """When the newsletter's rule decides, if nobody has."""
    send_at: datetime
    readers: int
    """Active subscriptions of the list."""
    readers_before: int | None
    """Readers of the mailing before, None where there was none."""
    decision: Decision | None = None
    """What made it what it is, where that can still be taken back."""
    held_by_checks: bool = False
    """It is held, and by nobody's decision: only until nothing blocks it any more."""
    void: Void | None = None
    """The approval that a change made void, until somebody approves or skips."""
    second: SecondAsked | None = None
    """Who asked for a second person for this version."""
    second_void: SecondAsked | None = None
    """Who asked for one for a version before, where nobody confirmed it."""

    @property
    def change(self) -> int | None:
        """How many more readers than last time."""
        return None if self.readers_before is None else self.readers - self.readers_before


def readers_of(app: App, newsletter: Newsletter) -> int:
    """Active subscriptions of its list, counted."""
    return states_of(app, newsletter.list).get("active", 0)


def states_of(app: App, slug: str) -> Mapping[str, int]:
    """Subscriptions of a list by state, counted; nothing for a list that nobody made yet."""
    with app.read() as tx:
        try:
            return tx.audience.counts(slug)
        except NotFound:
            return {}


def standing(
    app: App, edition: EditionId, *, readers: int, account: Callable[[Tx, Mailing], Account] | None = None
) -> Standing:
    """Where it stands now, for an audience of `readers`. Changes nothing.

    `account` is how the account of its mailing is come by, where it is not to be counted now.
    """
    count = account or (lambda tx, mailing: tx.ledger.account(mailing.id, now=app.clock()))
    newsletter = newsletter_of(app, edition.newsletter)
    start = send_instant(newsletter, edition.date)
    rule = newsletter.schedule.approve_at
    before_send = start - timedelta(days=1)
    approve_at = due_instant(newsletter.zone, rule.hour, rule.minute, before_send + timedelta(minutes=1))
    with app.read() as tx:
        found = tx.editions.get(edition)
        mailing = tx.ledger.mailing(str(edition))
        waits = found is not None and found.status in (EditionStatus.READY, EditionStatus.HELD)
        decision = standing_decision(tx, found) if found else None
        void = _void(tx, found, decision) if found and waits else None
        asked = tx.editions.last_second_asked(edition) if found and waits else None
        current = asked is not None and found is not None and asked.version == found.version
        return Standing(
            newsletter=newsletter,
            id=edition,
            edition=found,
            mailing=mailing,
            account=count(tx, mailing) if mailing else None,
            edits=tx.editions.edits(edition) if found else (),
            approve_at=approve_at,
            send_at=start,
            readers=readers,
            readers_before=_before(tx, newsletter, edition),
            decision=decision,
            held_by_checks=_held_by_checks(tx, found, newsletter),
            void=void,
            second=asked if current else None,
            second_void=asked if asked and not current and (void is None or void.at < asked.at) else None,
        )


def _held_by_checks(tx: Tx, found: Edition | None, newsletter: Newsletter) -> bool:
    if found is None or found.status is not EditionStatus.HELD:
        return False
    return holding(tx, found.id, newsletter) is None


def _void(tx: Tx, found: Edition, decision: Decision | None) -> Void | None:
    if decision is not None and (decision.was, decision.version) == (EditionStatus.APPROVED, found.version):
        # Approved again since, and held then: that approval stands again once it is let go.
        return None
    lines = tx.reports.lines_since(found.composed_at, "edition.approval_void", about=str(found.id))
    if not lines:
        return None
    newest = lines[0]
    # As the change wrote it into the log.
    return Void(approved_by=newest.detail.removeprefix("changed after "), changed_by=newest.by, at=newest.at)


def day_of(newsletter: Newsletter, now: datetime) -> date:
    """The date whose edition is made now: today in the newsletter's zone."""
    return now.astimezone(ZoneInfo(newsletter.zone)).date()


def findings_of(app: App, edition: EditionId, *, readers: int | None = None) -> tuple[Finding, ...]:
    """What the checks say of the whole edition in its own language: all that an editor can mend. Blockers first."""
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
        facts = look_around(app, tx, newsletter, found, readers=readers)
    missing = missing_pictures(app.pictures, found, newsletter)
    facts = replace(facts, audience=facts.audience or None, missing_pictures=missing)
    findings = [
        *lint(found, newsletter, now=app.clock()),
        *check_edition(found, newsletter),
        *check_surroundings(found, newsletter, facts),
    ]
    try:
        rendered = app.renderer.render(
            found, newsletter, Variant(language=newsletter.language), view_url=app.links.view(edition)
        )
        findings += check(rendered, found, newsletter)
        findings += check_headers(rendered, envelope_of(app, newsletter, edition, app.clock()))
    except RenderFailed as error:
        findings.append(
            Finding(
                id="template",
                severity="blocker",
                message=f"It cannot be rendered: {error}.",
                fix="Mend the template, or take the block out.",
            )
        )
    unique = {finding.key: finding for finding in findings}
    return tuple(sorted(unique.values(), key=lambda finding: not finding.blocks))


def waive(app: App, edition: EditionId, finding: str, *, reason: str, by: str) -> Waiver:
    """Let a warning stand. Raises DigestError for a blocker, or without a reason."""
    found = next((one for one in findings_of(app, edition) if one.key == finding), None)
    if found is None:
        raise NotFound("the checks do not say that any more: look again")
    if found.blocks:
        raise DigestError(f"{found.message}: that stops the edition and cannot be waived; {found.fix}")
    if not reason.strip():
        raise DigestError("say why it may stand")
    now = app.clock()
    waiver = Waiver(finding=finding, check=found.id, reason=reason.strip(), by=by, at=now)
    with app.begin() as tx:
        tx.editions.waive(edition, waiver)
        tx.log("check.waived", str(edition), by=by, now=now, detail=f"{found.id}: {waiver.reason}")
    return waiver


def unwaive(app: App, edition: EditionId, finding: str, *, by: str) -> None:
    """The warning counts again."""
    with app.begin() as tx:
        if tx.editions.unwaive(edition, finding):
            tx.log("check.unwaived", str(edition), by=by, now=app.clock(), detail=finding)


def keep_note(app: App, edition: EditionId, text: str, *, by: str) -> None:
    """Keep a note to whoever makes the next edition; the same one pressed twice is one. Raises DigestError."""
    now, note = app.clock(), text.replace("\r\n", "\n")
    if len(note) > LONGEST_NOTE:
        raise DigestError(f"a note for tomorrow has at most {LONGEST_NOTE} characters, and this one {len(note)}")
    with app.begin() as tx:
        newest = tx.reports.notes(edition.newsletter, 1)
        if newest and (newest[0].text, newest[0].by, newest[0].edition) == (note, by, str(edition)):
            return
        tx.reports.note(TomorrowNote(newsletter=edition.newsletter, edition=str(edition), text=note, by=by, at=now))
        tx.log("note.kept", str(edition), by=by, now=now)


def composable(app: App, edition: EditionId) -> bool:
    """True for a day whose edition can be made at the desk: today's and tomorrow's, or one of the week before."""
    today = day_of(newsletter_of(app, edition.newsletter), app.clock())
    return timedelta(days=-7) <= edition.date - today <= timedelta(days=1)


def take_note_back(app: App, edition: EditionId, note: int, *, by: str) -> None:
    """A note to whoever makes the next edition is taken back. Raises NotFound."""
    with app.begin() as tx:
        there = tx.reports.notes(edition.newsletter, NOTES)
        if not tx.reports.take_note_back(edition.newsletter, note):
            raise NotFound("there is no such note: somebody took it back already")
        # Its words stay in the log for whoever puts it back.
        said = next((one.text for one in there if one.id == note), "")
        tx.log("note.taken_back", str(edition), by=by, now=app.clock(), detail=said)


def taken_back(tx: Tx, edition: EditionId, *, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(notes, corrections) that were taken back here within a day and do not stand again: they can be put back."""
    lines = tx.reports.lines_since(now - PUT_BACK_WITHIN, "note.taken_back", "edition.uncorrected", about=str(edition))
    notes = {one.text for one in tx.reports.notes(edition.newsletter, NOTES)}
    corrections = {one.text for one in tx.archive.corrections([edition]).get(edition, ())}
    gone = [(line.event, line.detail) for line in lines if line.detail]
    return (
        tuple(dict.fromkeys(text for event, text in gone if event == "note.taken_back" and text not in notes)),
        tuple(dict.fromkeys(text for event, text in gone if event != "note.taken_back" and text not in corrections)),
    )


def send_test(
    app: App, edition: EditionId, addresses: Sequence[str], *, by: str, variant: Variant | None = None
) -> int:
    """Mail the edition as it stands to people of our own, marked as a test; its unsubscribe link leads nowhere.

    Where two subjects are tried, each address gets both. Returns how many mails the provider took. Raises DigestError
    for an address that is none, AdapterError as the provider.
    """
    newsletter = newsletter_of(app, edition.newsletter)
    try:
        wanted = list(dict.fromkeys(parse_address(one, allow_reserved=True).key for one in addresses))
    except AddressError as error:
        raise DigestError(f"a test goes to addresses of your own: {error}") from error
    if not wanted:
        raise DigestError("name an address for the test")
    require_own(app, wanted)
    require_sender(app)
    now = app.clock()
    with app.read() as tx:
        found = require(tx, edition)
    plain = Variant(language=newsletter.language)
    chosen = [variant] if variant else [plain, replace(plain, other=True)][: 1 + tries_subjects(newsletter, found)]
    size = max(1, app.provider.capabilities.batch_size)
    taken = 0
    for one in chosen:
        rendered = app.renderer.render(headed(found, one), newsletter, one, view_url=app.links.view(edition))
        marked = replace(rendered, subject=f"{TEST} {rendered.subject}")
        for start in range(0, len(wanted), size):
            batch = _test_batch(app, newsletter, edition, marked, wanted[start : start + size], now)
            receipt = app.provider.send(batch)
            taken += len(batch.recipients) - len(receipt.refused) - len(receipt.not_sent) - len(receipt.unknown)
    said = f"version {found.version}, {taken} of {len(wanted) * len(chosen)}"
    with app.begin() as tx:
        tx.log("edition.tested", str(edition), by=by, now=now, detail=said)
    return taken


def send_test_once(app: App, edition: EditionId, addresses: Sequence[str], *, by: str) -> bool:
    """As `send_test`. False where the same person asked for the same one a moment ago: pressed twice, it is one."""
    with app.begin() as tx:
        found = require(tx, edition)
        asked = limit_key("test", str(edition), str(found.version), by, *sorted(addresses))
        if tx.people.try_once(asked, burst=1, every=ONE_TEST.total_seconds(), now=app.clock()):
            return False
    try:
        send_test(app, edition, addresses, by=by)
    except BaseException:
        # It did not go out, or nobody knows: whoever presses again is not kept waiting.
        with app.begin() as tx:
            tx.people.give_try_back(asked)
        raise
    return True


def _test_batch(
    app: App, newsletter: Newsletter, edition: EditionId, rendered: Rendered, addresses: Sequence[str], now: datetime
) -> Batch:
    nowhere = app.links.unsubscribe(0, 0, 0)
    # Signed for nobody: the page behind it says that there is no such page, whoever presses.
    view = app.links.view(edition)
    named = greeting(
        rendered.variant.language, "", hour=newsletter.schedule.send_at.hour, otherwise=newsletter.language
    )
    slots = {Slot.NAME: named, Slot.UNSUBSCRIBE: nowhere, Slot.PREFERENCES: nowhere, Slot.VIEW: view}
    mark = secrets.token_hex(8)
    return Batch(
        chunk=f"test-{mark}.1",
        envelope=Envelope(
            edition=str(edition),
            newsletter=newsletter.slug,
            newsletter_name=newsletter.name,
            list_id=f"{newsletter.slug}.{app.list_domain}",
            from_name=newsletter.sender.name,
            from_email=newsletter.sender.email,
            reply_to=newsletter.sender.reply_to,
            archive_url=view,
            help_url=app.help_url,
            unsubscribe_mailto=app.unsubscribe_mailto,
            date=now,
            message_domain=app.list_domain,
        ),
        rendered=rendered,
        recipients=tuple(
            Recipient(
                # No delivery of any mailing: what the provider reports of it later is nobody's.
                delivery=f"test{mark}{place}", email=address, name="", slots=slots, unsubscribe_url=nowhere,
            )
            for place, address in enumerate(addresses)
        ),
    )  # fmt: skip


def _before(tx: Tx, newsletter: Newsletter, edition: EditionId) -> int | None:
    last = tx.editions.last_before(newsletter.slug, edition.date)
    mailing = tx.ledger.mailing(str(last)) if last else None
    return mailing.count if mailing else None
