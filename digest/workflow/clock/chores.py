"""Chores: bounces read, suppression lists compared, doubts looked up, old rows let go; each by one process at a time.

A chore that fails says so in its row and is tried again; it holds up neither the others nor any sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.chore import Chore
from digest.model.errors import DigestError
from digest.ports import App, Tx
from digest.workflow.clock.aftermath import note_missed, settle_old
from digest.workflow.clock.retention import forget
from digest.workflow.clock.turns import BACKUP, turns
from digest.workflow.feedback.bounces import read_bounces
from digest.workflow.feedback.lookups import look_up_doubts
from digest.workflow.feedback.suppressions import sync_suppressions

LEASE = timedelta(minutes=30)
"""How long a chore may take before another process may take it over."""
OVERLAP = timedelta(days=2)
"""So much of what was asked before is asked again: a provider may date an entry before it shows it."""
BELIEVED_AFTER = timedelta(hours=12)
"""A clock that was put years ahead is noticed, or put right, within so long."""
BELIEVED_FOR = timedelta(days=10)
"""A machine that is switched on now and then is believed too."""
Work = Callable[[Chore], str]
"""Does one turn and says in a line what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One turn of a chore."""

    name: str
    good: bool
    note: str


def do_chores(app: App) -> tuple[Done, ...]:
    """Every chore whose turn has come. Safe to call every minute, by every process that likes."""
    done = []
    with app.read() as tx:
        # Looked at first: to begin one takes the database's one writer, and most minutes none is due.
        due = due_chores(app, tx)
    for name, every, work in _chores(app):
        if app.stopping():
            break
        if name in due and (found := do_chore(app, name, every, work)) is not None:
            done.append(found)
    return tuple(done)


def due_chores(app: App, tx: Tx) -> tuple[str, ...]:
    """The chores whose turn has come, by name; also those that were begun and not ended."""
    now = app.clock()
    known = {chore.name: chore for chore in tx.chores.recent()}
    found = []
    for name, every, _ in _chores(app):
        chore = known.get(name)
        if every > timedelta(0) and (chore is None or chore.ended_at is None or chore.due(now, every)):
            found.append(name)
    return tuple(found)


def do_chore_named(app: App, name: str) -> Done | None:
    """One chore by its name; None where its turn has not come, or it is none of ours."""
    for known, every, work in _chores(app):
        if known == name and every > timedelta(0):
            return do_chore(app, name, every, work)
    return None


def do_chore(app: App, name: str, every: timedelta, work: Work) -> Done | None:
    """One chore under its row; None where its turn has not come, or somebody else has it."""
    now = app.clock()
    with app.begin() as tx:
        chore = tx.chores.begin(
            name, every=every, owner=app.owner, now=now, lease_until=now + LEASE, is_gone=app.is_gone
        )
    if chore is None:
        return None
    good, note = False, ""
    try:
        note = work(chore)
        good = True
    except DigestError as error:
        note = str(error)
    except BaseException as error:
        note = type(error).__name__
        raise
    finally:
        with app.begin() as tx:
            tx.chores.end(chore, good=good, note=note, now=app.clock())
    return Done(name=name, good=good, note=note)


def note_backup(tx: Tx, *, good: bool, note: str, owner: str, now: datetime) -> None:
    """Remember how a backup went, beside the chores: one that failed is an alarm until one succeeds."""
    chore = tx.chores.begin(
        BACKUP, every=timedelta(0), owner=owner, now=now, lease_until=now, is_gone=lambda _owner: True
    )
    if chore is not None:
        tx.chores.end(chore, good=good, note=note, now=now)


def bounces_chore(app: App) -> Work:
    """New mail in the bounce mailbox."""
    return lambda chore: f"{read_bounces(app)} mails read"


def suppressions_chore(app: App, provider: str, *, whole: bool) -> Work:
    """A provider's lists: what was added since the last good turn, or all of them."""

    def work(chore: Chore) -> str:
        since = None if whole or chore.good_at is None else chore.good_at - OVERLAP
        return str(sync_suppressions(app, provider, since=since))

    return work


def lookups_chore(app: App, provider: str) -> Work:
    """Calls in doubt that the provider may show."""
    return lambda chore: str(look_up_doubts(app, provider, turn=chore.turn))


def retention_chore(app: App) -> Work:
    """What is older than its time goes, once the clock is believed."""
    return lambda chore: forget(app).summary if _is_believed(app) else "nothing: the clock is new here; tomorrow"


def aftermath_chore(app: App) -> Work:
    """Days on which no clock ran are written down, and readers held for too long are given up."""
    return lambda chore: f"{note_missed(app)} days noted, {settle_old(app)} mailings settled"


def _is_believed(app: App) -> bool:
    """True where phases began by this clock hours ago: one that is years ahead for a while must delete nothing."""
    now = app.clock()
    with app.read() as tx:
        return tx.runs.between(now - BELIEVED_FOR, now - BELIEVED_AFTER)


def _chores(app: App) -> Iterator[tuple[str, timedelta, Work]]:
    for name, every in turns(app):
        yield name, every, _work(app, name)


def _work(app: App, name: str) -> Work:
    kind, _, provider = name.partition("/")
    match kind:
        case "bounces":
            return bounces_chore(app)
        case "suppressions" | "all-suppressions":
            return suppressions_chore(app, provider, whole=kind == "all-suppressions")
        case "lookups":
            return lookups_chore(app, provider)
        case "aftermath":
            return aftermath_chore(app)
        case _:
            return retention_chore(app)
