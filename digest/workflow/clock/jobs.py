"""Jobs: what the clock asks workers for, and what a worker does with each.

With an engine the scheduler does nothing of this itself: it looks what is due (as `workflow.due` does without an
engine) and puts a job for it. What happens, and that it happens once, is still the word of the run ledger, the chores
and the chunks. So a job may be lost (the next sweep puts another), come twice, or be given to two workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from digest.model.delivery import MailingState
from digest.model.edition import EditionId
from digest.model.errors import Lost
from digest.model.job import Job, JobKind
from digest.model.run import Phase, RunKey, RunState
from digest.ports import App, Tx
from digest.workflow.belief import doubted
from digest.workflow.clock.alarms import deserted
from digest.workflow.clock.chores import do_chore_named, due_chores
from digest.workflow.clock.due import due_now, run
from digest.workflow.clock.housework import do_housework
from digest.workflow.clock.waves import approved_late, to_send
from digest.workflow.feedback.events import apply_posts
from digest.workflow.send.deliver import drain
from digest.workflow.send.plan import drain_jobs, plan

FAILED_KEPT = timedelta(days=7)
PROCESSES_KEPT = timedelta(days=1)
GIVEN_BACK = "given back: the clock of this machine is not believed"
"""What `perform` says where it did nothing, and the job waits for another machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What one look of the clock put into the queue."""

    put: tuple[Job, ...] = ()
    rescued: tuple[Job, ...] = ()
    deserted: str = ""
    """Why the watcher should do the work itself, empty where workers do it."""
    paused: str = ""
    doubted: str = ""
    """Why nothing was put: the clock is not believed."""


def offer(app: App) -> Offered:
    """Put a job for everything that is due and has none yet. Called every minute by the scheduler that acts."""
    now = app.clock()
    if why := doubted(app):
        return Offered(doubted=why)
    paused = app.paused()
    with app.begin() as tx:
        rescued = tx.jobs.rescue(app.silent)
        standing = tx.jobs.standing()
    with app.read() as tx:
        wanted = list(_wanted(app, tx, paused=bool(paused)))
        why = deserted(tx)
    put = []
    with app.begin() as tx:
        for job in wanted:
            if job not in standing and tx.jobs.put(job):
                put.append(job)
        tx.jobs.forget(FAILED_KEPT)
        tx.processes.forget(now - PROCESSES_KEPT)
    return Offered(put=tuple(put), rescued=rescued, deserted=why, paused=paused)


def _wanted(app: App, tx: Tx, *, paused: bool) -> Iterator[Job]:
    now = app.clock()
    yield Job(kind=JobKind.POSTS)
    yield Job(kind=JobKind.LETTERS)
    seen: set[str] = set()
    for key in due_now(app, tx, app.newsletters.values()):
        # One phase of a newsletter at a time, in their order: the next is put when this one is done.
        if key.newsletter not in seen and not (paused and key.phase is not Phase.COLLECT):
            seen.add(key.newsletter)
            yield job_of_run(key)
    if paused:
        return
    for edition in approved_late(app, tx):
        yield Job(kind=JobKind.APPROVED, about=str(edition))
    for mailing in to_send(app, tx, now):
        due_at = tx.ledger.next_due(mailing.id, now=now)
        # Without a ready chunk it is to be closed, or holds calls in doubt that somebody has to look at.
        yield from drain_jobs(app, mailing.id)[: None if due_at else 1]
    for name in due_chores(app, tx):
        yield Job(kind=JobKind.CHORE, about=name)


def job_of_run(key: RunKey) -> Job:
    """The job that does this phase."""
    # A reminder has a queue of its own: a worker that does not know reminders would take it for the approval itself.
    return Job(kind=JobKind.REMIND if key.reminds else JobKind(key.phase.value), about=str(key))


def perform(app: App, job: Job) -> str:
    """Do what the job asks for, if it is still to be done. Returns a line for the log.

    What a stop cuts short is put back, so that another worker goes on with it at once. So is what this machine must not
    do because its clock is wrong: another machine's may be right.
    """
    if app.paused() and job.kind not in (JobKind.COLLECT, JobKind.POSTS):
        return "nothing: this installation is paused"
    if doubted(app):
        _put_back(app, job)
        return GIVEN_BACK
    said = _perform(app, job)
    if app.stopping():
        _put_back(app, job)
    return said


def _put_back(app: App, job: Job) -> None:
    with app.begin() as tx:
        tx.jobs.put(job)


def _perform(app: App, job: Job) -> str:
    match job.kind:
        case JobKind.COLLECT | JobKind.COMPOSE | JobKind.REMIND | JobKind.APPROVE | JobKind.SEND:
            return _do_phase(app, RunKey.parse(job.about))
        case JobKind.APPROVED:
            return f"{plan(app, EditionId.parse(job.about)).count} readers planned"
        case JobKind.DRAIN:
            return _drain(app, int(job.about))
        case JobKind.POSTS:
            applied = apply_posts(app)
            return "; ".join([f"{applied.posts} posts", *(f"not applied: {one}" for one in applied.failed)])
        case JobKind.LETTERS:
            return f"{do_housework(app).letters.sent} letters"
        case JobKind.CHORE:
            done = do_chore_named(app, job.about)
            return done.note if done else "nothing: its turn has not come"


def _do_phase(app: App, key: RunKey) -> str:
    if key.newsletter not in app.newsletters:
        return f"nothing: there is no newsletter {key.newsletter} here"
    found = run(app, key)
    if found is None:
        return "nothing: somebody else has it, or had it"
    _, state, note = found
    if state is not RunState.FAILED:
        _put_next(app, key)
    return f"{state}: {note}"


def _put_next(app: App, done_now: RunKey) -> None:
    """The newsletter's next phase, if it is due: no minute is lost between two of them."""
    with app.begin() as tx:
        for key in due_now(app, tx, [app.newsletters[done_now.newsletter]])[:1]:
            tx.jobs.put(job_of_run(key))


def _drain(app: App, mailing: int) -> str:
    with app.read() as tx:
        found = tx.ledger.mailing_by_id(mailing)
    if found is None or found.state not in (MailingState.PLANNED, MailingState.SENDING):
        return "nothing: it is not being sent"
    if EditionId.parse(found.edition).newsletter not in app.newsletters:
        return f"nothing: the newsletter of {found.edition} is not configured here"
    try:
        sent = drain(app, EditionId.parse(found.edition), correction=found.correction)
    except Lost:
        return "nothing: another one closed it in this instant"
    return sent.problem or f"{sent.calls} calls"
