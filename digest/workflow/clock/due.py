"""What the clock asks for: which phases are due, and doing each of them once.

The scheduler's triggers and its one-minute sweep both end in `sweep`. `due` is pure: it is told the time and what
is done, and so it heals whatever was missed while the machine slept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from structlog.contextvars import bound_contextvars

from digest.model.delivery import MailingState
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, Lost
from digest.model.newsletter import Newsletter, WhenNobodyApproves
from digest.model.run import Phase, RunKey, RunState
from digest.ports import App, Tx
from digest.render.surroundings import check_audience
from digest.workflow.clock.chores import Done, do_chores
from digest.workflow.clock.day import MISSED_HOURS, late_reason
from digest.workflow.edition.compose import compose, newsletter_of
from digest.workflow.edition.review import AUTOPILOT, autopilot, hold, skip
from digest.workflow.edition.surroundings import look_around
from digest.workflow.feedback.events import Applied, apply_posts
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan, send_instant, window_end
from digest.workflow.stories.collect import collect, summary

LEASE = timedelta(minutes=15)
"""How long a phase may take before another process may take it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep did."""

    ran: tuple[tuple[RunKey, RunState, str], ...]
    sent: tuple[str, ...]
    """Editions of which something was sent."""
    heard: Applied | None = None
    """What providers told us since the last sweep."""
    chores: tuple[Done, ...] = ()
    """Turns of chores: bounces read, suppression lists compared, doubts looked up."""
    paused: str = ""
    """Why nothing was composed or sent from here, empty where it may be."""


def due(now: datetime, newsletters: Iterable[Newsletter], done: Collection[RunKey]) -> list[RunKey]:
    """The phases that should have begun by `now` and are not done, in the order to do them."""
    keys: list[RunKey] = []
    for newsletter in newsletters:
        local = now.astimezone(ZoneInfo(newsletter.zone))
        keys.append(_collect_key(newsletter, local))
        for day in (local.date() - timedelta(days=1), local.date()):
            keys.extend(_phases(newsletter, day, now))
    return [key for key in keys if key not in done]


def _collect_key(newsletter: Newsletter, local: datetime) -> RunKey:
    minutes = local.hour * 60 + local.minute
    slot = minutes - minutes % newsletter.schedule.collect_minutes
    # Only the newest slot: what was missed while the machine slept is fetched by it as well.
    return RunKey(
        newsletter=newsletter.slug, date=local.date(), phase=Phase.COLLECT, slot=f"{slot // 60:02}:{slot % 60:02}"
    )


def _phases(newsletter: Newsletter, day: date, now: datetime) -> Iterable[RunKey]:
    schedule = newsletter.schedule
    if not schedule.appears(day):
        return
    end = window_end(newsletter, send_instant(newsletter, day)) or send_instant(newsletter, day) + timedelta(
        hours=MISSED_HOURS
    )
    if now > end + timedelta(hours=24):
        return
    for phase, at in (
        (Phase.COMPOSE, schedule.compose_at),
        (Phase.APPROVE, schedule.approve_at),
        (Phase.SEND, schedule.send_at),
    ):
        if now >= _instant(newsletter.zone, day, at):
            yield RunKey(newsletter=newsletter.slug, date=day, phase=phase)


def _instant(zone: str, day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone))


def sweep(app: App) -> Swept:
    """Do everything that is due. Called every minute, by every process that likes; each phase happens once."""
    now = app.clock()
    since = (now - timedelta(days=3)).date()
    with app.read() as tx:
        done = tx.runs.done(app.newsletters, since)
    heard = apply_posts(app)
    paused = app.paused()
    ran: list[tuple[RunKey, RunState, str]] = []
    elsewhere: set[str] = set()
    for key in due(now, app.newsletters.values(), done):
        if app.stopping():
            break
        if key.newsletter in elsewhere or (paused and key.phase is not Phase.COLLECT):
            continue
        found = run(app, key)
        if found is None:
            # Another process has this phase in hand: what comes after it waits for the next sweep. Composing from
            # what is not collected yet would hold the edition as thin, and nobody would be mailed.
            elsewhere.add(key.newsletter)
        else:
            ran.append(found)
    sent = [] if paused else [*_begin_approved(app), *_send_waves(app)]
    # Last, for they may take long. A copy that is being looked at must not read the mailbox empty.
    chores = () if paused else do_chores(app)
    return Swept(ran=tuple(ran), sent=tuple(sent), heard=heard, chores=chores, paused=paused)


def run(app: App, key: RunKey) -> tuple[RunKey, RunState, str] | None:
    """Do one phase under its row in the run ledger; None where somebody else has it or had it."""
    now = app.clock()
    with app.begin() as tx:
        if not tx.runs.begin(key, owner=app.owner, now=now, lease_until=now + LEASE, is_gone=app.is_gone):
            return None
    try:
        # Whoever writes a line meanwhile, a library too, writes it under this run.
        with bound_contextvars(run=str(key)):
            state, note = _do(app, key)
    except DigestError as error:
        state, note = RunState.FAILED, str(error)
    except BaseException as error:
        with app.begin() as tx:
            tx.runs.end(key, owner=app.owner, state=RunState.FAILED, note=type(error).__name__, now=app.clock())
        raise
    with app.begin() as tx:
        tx.runs.end(key, owner=app.owner, state=state, note=note, now=app.clock())
    return key, state, note


def _do(app: App, key: RunKey) -> tuple[RunState, str]:
    newsletter = newsletter_of(app, key.newsletter)
    if key.phase is Phase.COLLECT:
        return RunState.DONE, summary(collect(app, newsletter))
    edition = EditionId(newsletter=key.newsletter, date=key.date)
    if _missed(app, newsletter, edition):
        return _miss(app, newsletter, edition)
    if key.phase is Phase.COMPOSE:
        made = compose(app, edition)
        return _state(made.status), made.reason or f"{len(made.told)} stories"
    if key.phase is Phase.APPROVE:
        made = autopilot(app, compose(app, edition).id)
        return _state(made.status), made.reason or f"approved by {made.approved_by}"
    made = autopilot(app, compose(app, edition).id)
    if made.status in (EditionStatus.HELD, EditionStatus.SKIPPED, EditionStatus.CANCELLED):
        return _state(made.status), made.reason
    if reason := _wrong_audience(app, newsletter, made):
        return _state(hold(app, edition, by=app.owner, reason=reason).status), reason
    mailing = plan(app, edition)
    if app.drains:
        # The jobs that send it were put in the plan's own transaction.
        return RunState.DONE, f"{mailing.count} readers planned"
    sent = send(app, edition, resume=False)
    return RunState.DONE, sent.problem or f"{sent.mailing.count} readers planned, {sent.calls} calls"


def _wrong_audience(app: App, newsletter: Newsletter, made: Edition) -> str:
    """Why nobody is mailed yet: the list is empty, or has jumped since the rule approved; empty where all is well.

    The checks have asked before the approval: this is for the import that was made since. Whom a person approved for,
    that person saw; and `when_nobody_approves: send` says that no check counts.
    """
    rule = newsletter.when_nobody_approves
    if made.status is not EditionStatus.APPROVED or made.approved_by != AUTOPILOT or rule is WhenNobodyApproves.SEND:
        return ""
    with app.read() as tx:
        if tx.ledger.mailing(str(made.id)) is not None:
            return ""
        facts = look_around(app, tx, newsletter, made)
    return "; ".join(f"{finding.message} {finding.fix}" for finding in check_audience(made, newsletter, facts))


def _state(status: EditionStatus) -> RunState:
    if status is EditionStatus.HELD:
        return RunState.HELD
    return RunState.SKIPPED if status in (EditionStatus.SKIPPED, EditionStatus.CANCELLED) else RunState.DONE


def _missed(app: App, newsletter: Newsletter, edition: EditionId) -> bool:
    """Past its window with nothing planned: it is never sent late by the clock (P7)."""
    start = send_instant(newsletter, edition.date)
    end = window_end(newsletter, start) or start + timedelta(hours=MISSED_HOURS)
    with app.read() as tx:
        return app.clock() > end and tx.ledger.mailing(str(edition)) is None


def _miss(app: App, newsletter: Newsletter, edition: EditionId) -> tuple[RunState, str]:
    reason = late_reason(newsletter, edition)
    with app.read() as tx:
        found = tx.editions.get(edition)
    if found is not None and found.status in (EditionStatus.READY, EditionStatus.APPROVED):
        hold(app, edition, by=app.owner, reason=reason)
        return RunState.HELD, reason
    if found is not None and found.status is EditionStatus.HELD:
        return RunState.HELD, found.reason
    if found is not None and found.status is EditionStatus.DRAFT:
        skip(app, edition, by=app.owner, reason=reason)
    return RunState.SKIPPED, reason


def _begin_approved(app: App) -> Iterable[str]:
    with app.read() as tx:
        found = approved_late(app, tx)
    for edition in found:
        plan(app, edition)
        if send(app, edition, resume=False).calls:
            yield str(edition)


def approved_late(app: App, tx: Tx) -> tuple[EditionId, ...]:
    """Editions that a person approved after the clock had to leave them: they go out within their window."""
    now = app.clock()
    open_now = []
    for newsletter in app.newsletters.values():
        local = now.astimezone(ZoneInfo(newsletter.zone)).date()
        for day in (local - timedelta(days=1), local):
            start = send_instant(newsletter, day)
            end = window_end(newsletter, start) or start + timedelta(hours=MISSED_HOURS)
            if start <= now <= end:
                open_now.append(EditionId(newsletter=newsletter.slug, date=day))
    standings = tx.editions.standings(open_now) if open_now else {}
    approved = [one for one in open_now if one in standings and standings[one][0] is EditionStatus.APPROVED]
    return tuple(one for one in approved if _left(tx, one))


def _left(tx: Tx, edition: EditionId) -> bool:
    """True where the clock has done its part and had to leave it: else the phase itself sends it."""
    left = tx.runs.get(RunKey(newsletter=edition.newsletter, date=edition.date, phase=Phase.SEND))
    held = left is not None and left.state in (RunState.HELD, RunState.SKIPPED)
    return held and tx.ledger.mailing(str(edition)) is None


def _send_waves(app: App) -> Iterable[str]:
    """Waves whose hour has come, and chunks that were put off or left behind by a process that died."""
    now = app.clock()
    with app.read() as tx:
        running = [
            mailing
            for mailing in tx.ledger.mailings(MailingState.SENDING)
            if ((due_at := tx.ledger.next_due(mailing.id, now=now)) is None or due_at <= now)
        ]
    for mailing in running:
        if app.stopping():
            return
        try:
            edition = EditionId.parse(mailing.edition)
            if send(app, edition, resume=False, correction=mailing.correction).calls:
                yield mailing.called
        except Lost:
            # Two sweeps met on one mailing: the other one goes on with it.
            continue
