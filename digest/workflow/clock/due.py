"""What the clock asks for: which phases are due, and doing each of them once.

The scheduler's triggers and its one-minute sweep both end in `sweep`. `due` is pure: it is told the time and what
is done, and so it heals whatever was missed while the machine slept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from structlog.contextvars import bound_contextvars

from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError
from digest.model.newsletter import Newsletter, WhenNobodyApproves
from digest.model.run import REMINDER, Phase, RunKey, RunState
from digest.ports import App, Tx
from digest.render.surroundings import check_audience
from digest.workflow.belief import doubted
from digest.workflow.clock.chores import Done, do_chores
from digest.workflow.clock.day import MISSED_HOURS, late_reason
from digest.workflow.clock.remind import remind
from digest.workflow.clock.waves import Broken, Wave, begin_approved, kept_apart, send_waves
from digest.workflow.edition.compose import compose
from digest.workflow.edition.holding import AUTOPILOT
from digest.workflow.edition.newcomers import look_for_every_newcomer
from digest.workflow.edition.review import autopilot, hold, skip
from digest.workflow.edition.surroundings import look_around
from digest.workflow.feedback.events import Applied, apply_posts
from digest.workflow.hours import send_instant, window_end
from digest.workflow.newsletters import newsletter_of
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from digest.workflow.stories.collect import collect, summary

LEASE = timedelta(minutes=15)
"""How long a phase may take before another process may take it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep did."""

    ran: tuple[tuple[RunKey, RunState, str], ...]
    sent: tuple[Wave, ...]
    """Of which mailings a provider was asked to take somebody."""
    heard: Applied | None = None
    """What providers told us since the last sweep."""
    chores: tuple[Done, ...] = ()
    """Turns of chores: bounces read, suppression lists compared, doubts looked up."""
    paused: str = ""
    """Why nothing was composed or sent from here, empty where it may be."""
    doubted: str = ""
    """Why nothing at all was done: the clock is not believed. Empty where it is."""
    broken: tuple[Broken, ...] = ()
    """What ended in an error nobody foresaw. Everything else was done all the same."""


def due(now: datetime, newsletters: Iterable[Newsletter], done: Collection[RunKey]) -> list[RunKey]:
    """The phases that should have begun by `now` and are not done, in the order to do them."""
    keys: list[RunKey] = []
    for newsletter in newsletters:
        local = now.astimezone(ZoneInfo(newsletter.zone))
        keys.append(_collect_key(newsletter, local))
        for day in (local.date() - timedelta(days=1), local.date()):
            keys.extend(_phases(newsletter, day, now))
    return [key for key in keys if key not in done]


def due_now(app: App, tx: Tx, newsletters: Iterable[Newsletter]) -> list[RunKey]:
    """What is due by the run ledger; not the mornings that were over before this place had a clock."""
    now = app.clock()
    by_slug = {one.slug: one for one in newsletters}
    keys = due(now, by_slug.values(), tx.runs.done(by_slug, (now - timedelta(days=3)).date()))
    older = {
        (key.newsletter, key.date)
        for key in keys
        if now > (end := _end(by_slug[key.newsletter], key.date)) and not tx.runs.began(key.newsletter, end)
    }
    return [key for key in keys if key.phase is Phase.COLLECT or (key.newsletter, key.date) not in older]


def _end(newsletter: Newsletter, day: date) -> datetime:
    """Until when the clock begins this day's edition by itself."""
    start = send_instant(newsletter, day)
    return window_end(newsletter, start) or start + timedelta(hours=MISSED_HOURS)


def _collect_key(newsletter: Newsletter, local: datetime) -> RunKey:
    minutes = local.hour * 60 + local.minute
    slot = minutes - minutes % newsletter.schedule.collect_minutes
    # Only the newest slot: what was missed while the machine slept is fetched by it as well.
    # In the hour that comes twice (autumn) the second coming has slots of its own.
    again = "+" if local.fold else ""
    name = f"{slot // 60:02}:{slot % 60:02}{again}"
    return RunKey(newsletter=newsletter.slug, date=local.date(), phase=Phase.COLLECT, slot=name)


def _phases(newsletter: Newsletter, day: date, now: datetime) -> Iterable[RunKey]:
    schedule = newsletter.schedule
    if not newsletter.appears(day):
        return
    if now > _end(newsletter, day) + timedelta(hours=24):
        return
    for phase, slot, at in (
        (Phase.COMPOSE, "", schedule.compose_at),
        (Phase.APPROVE, REMINDER, schedule.remind_at),
        (Phase.APPROVE, "", schedule.approve_at),
        (Phase.SEND, "", schedule.send_at),
    ):
        if at is not None and now >= _instant(newsletter.zone, day, at):
            yield RunKey(newsletter=newsletter.slug, date=day, phase=phase, slot=slot)


def _instant(zone: str, day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone))


def sweep(app: App) -> Swept:
    """Do everything that is due. Called every minute, by every process that likes; each phase happens once."""
    if why := doubted(app):
        return Swept(ran=(), sent=(), doubted=why)
    with app.read() as tx:
        keys = due_now(app, tx, app.newsletters.values())
    broken: list[Broken] = []
    heard = kept_apart("posts of providers", partial(apply_posts, app), broken)
    broken.extend(Broken(what=str(one), error=one.error) for one in (heard.failed if heard else ()))
    paused = app.paused()
    ran: list[tuple[RunKey, RunState, str]] = []
    elsewhere: set[str] = set()
    for key in keys:
        if app.stopping() or doubted(app):
            break
        if key.newsletter in elsewhere or (paused and key.phase is not Phase.COLLECT):
            continue
        found = kept_apart(str(key), partial(_run, app, key), broken)
        if found is None:
            # Another process has this phase in hand, or it broke: what comes after it waits for the next sweep.
            # Composing from what is not collected yet would hold the edition as thin, and nobody would be mailed.
            elsewhere.add(key.newsletter)
        else:
            ran.append(found)
    if why := doubted(app):
        # It jumped meanwhile: waves of other hours would be due by it, and old rows to be let go.
        return Swept(ran=tuple(ran), sent=(), heard=heard, doubted=why, paused=paused, broken=tuple(broken))
    sent = [] if paused else [*begin_approved(app, broken), *send_waves(app, broken)]
    # Last, for they may take long. A copy that is being looked at must not read the mailbox empty.
    chores = () if paused else kept_apart("chores", partial(do_chores, app), broken) or ()
    return Swept(ran=tuple(ran), sent=tuple(sent), heard=heard, chores=chores, paused=paused, broken=tuple(broken))


_ASIDE = frozenset({Phase.COLLECT, Phase.COMPOSE})
"""Phases that load and leave behind a hundred megabytes."""


def _run(app: App, key: RunKey) -> tuple[RunKey, RunState, str] | None:
    """As `run`, in a process of its own where there can be one."""
    if app.aside is None or key.phase not in _ASIDE:
        return run(app, key)
    if not app.aside(app, key):
        return None
    with app.read() as tx:
        found = tx.runs.get(key)
    return None if found is None else (key, found.state, found.note)


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
        found = collect(app, newsletter)
        look_for_every_newcomer(app, newsletter)
        return RunState.DONE, summary(found)
    edition = EditionId(newsletter=key.newsletter, date=key.date)
    if key.reminds:
        return remind(app, newsletter, edition)
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
    with app.read() as tx:
        return app.clock() > _end(newsletter, edition.date) and tx.ledger.mailing(str(edition)) is None


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
