"""Whether the machine's clock is believed: by one that is wrong nothing is collected, composed, sent or deleted.

The servers of the sources say what time it is where they are, and what they said holds while the clock goes on evenly.
Where nobody answers, a clock that goes right leaves a trace: phases of the last weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.alarm import AlarmLevel, Trouble
from digest.ports import App, Tx

CLOCK_WRONG = "clock-wrong"
"""The key of the alarm."""
WORKER_WRONG = "The clock of a worker's machine is not believed: it takes no jobs"
SAID_FOR = timedelta(hours=3)
"""So long the word of a person, that the clock is right, stands against that of the servers."""
AHEAD = timedelta(hours=2)
"""A clock that was put back by less is an ordinary one."""
WRONG_BY = timedelta(hours=1)
"""By so much a server of a source may be wrong itself."""
STANDS = timedelta(minutes=10)
"""So long after its last look a process whose clock is wrong is taken for one that still runs."""
STANDS_UNKNOWN = timedelta(hours=2)
"""The same where nobody can be asked, and the last phase that began is all that is known."""
OFF = timedelta(days=28)
"""So long a machine may have been off, where nobody can be asked the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why the clock is not believed, and what time it is more likely."""

    why: str
    at: datetime
    """UTC; by the servers of the sources, or where nobody answers, when the last phase began."""
    known: bool
    """True where servers said it."""


def doubt(app: App) -> Doubt | None:
    """None where the clock is believed. Every few minutes the network is asked, else memory and the database."""
    now = app.clock()
    vouched = app.vouched_at()
    if vouched is not None and now - SAID_FOR <= vouched <= now + AHEAD:
        return None
    ahead = app.ask_time()
    if ahead is not None:
        return None if abs(ahead) <= WRONG_BY else Doubt(why=_wrong(now, ahead), at=now - ahead, known=True)
    with app.read() as tx:
        if tx.runs.began_within(app.newsletters, now - OFF, now + AHEAD) or not (newest := tx.runs.recent(1)):
            return None
        if tx.runs.between(now - OFF, now + AHEAD):
            # Of a newsletter that has another name now.
            return None
    last = newest[0].started_at
    why = (
        f"by this clock it is {now:%Y-%m-%d %H:%M} UTC, and the last phase began at {last:%Y-%m-%d %H:%M}; "
        "no source on the network can be asked the time"
    )
    return Doubt(why=why, at=last, known=False)


def doubted(app: App) -> str:
    """Why nothing is done by this clock, empty where it is believed."""
    found = doubt(app)
    return found.why if found is not None else ""


def clock_trouble(why: str) -> Trouble:
    """What the operator is told, once."""
    return Trouble(
        key=CLOCK_WRONG,
        level=AlarmLevel.CRITICAL,
        what="The clock of this machine is not believed: nothing is collected, composed, sent or deleted",
        why=why,
        next_step="set the clock (NTP), and it goes on by itself; if the clock is right: digest db adopt --yes",
    )


def look_at_clock(app: App, *, before: bool) -> str:
    """For a worker, which keeps no watch: why its clock is not believed, empty where it is; `before`: it was not.

    `clock-wrong` begins here and is told by whoever keeps watch, and is over once this process believes its clock.
    """
    found = doubt(app)
    if found is None and not before:
        return ""
    with app.begin() as tx:
        if found is None:
            tx.processes.release(CLOCK_WRONG, owner=app.owner)
            return ""
        note_wrong(app, tx, found)
        trouble = replace(clock_trouble(f"{app.owner}: {found.why}"), what=WORKER_WRONG)
        tx.alarms.begin(trouble, now=found.at)
    return found.why


def note_wrong(app: App, tx: Tx, found: Doubt) -> None:
    """The alarm is this process's: until it believes its clock, or is silent for a while, nobody else ends it."""
    until = found.at + (STANDS if found.known else STANDS_UNKNOWN)
    tx.processes.lead(CLOCK_WRONG, owner=app.owner, now=found.at, until=until, is_gone=lambda _owner: True)


def is_right_again(app: App, tx: Tx, now: datetime) -> bool:
    """False where another process, on a machine whose clock is wrong, has the alarm."""
    over = tx.processes.lead(CLOCK_WRONG, owner=app.owner, now=now, until=now + STANDS_UNKNOWN, is_gone=app.is_gone)
    if over:
        tx.processes.release(CLOCK_WRONG, owner=app.owner)
    return over


def _wrong(now: datetime, ahead: timedelta) -> str:
    hours = abs(ahead).total_seconds() / 3600
    by = f"{hours:,.0f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
    side = "ahead of" if ahead > timedelta() else "behind"
    return f"by this clock it is {now:%Y-%m-%d %H:%M} UTC: {by} {side} what the servers of the sources say"
