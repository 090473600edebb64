"""Whether the machine's clock is believed: by one that is wrong nothing is collected, composed, sent or deleted.

A clock that goes right leaves a trace: phases of the last hours. Where there are none, after a night without power or
a jump of years, the servers of the sources are asked what time it is where they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.model.alarm import AlarmLevel, Trouble
from digest.ports import App, Tx

NEAR = timedelta(hours=3)
"""Phases that began so long ago at most show that the clock goes; longer where a newsletter collects less often."""
AHEAD = timedelta(hours=2)
"""A clock that was put back by less is an ordinary one. What began further ahead of now began by another clock."""
WRONG_BY = timedelta(hours=1)
"""By so much a server of a source may be wrong itself."""
OFF = timedelta(days=28)
"""So long a machine may have been off, where nobody can be asked the time."""


def doubted(app: App) -> str:
    """Why nothing is done by this clock, empty where it is believed. Most minutes it asks the database once."""
    now = app.clock()
    near = max([NEAR, *(timedelta(minutes=one.schedule.collect_minutes + 60) for one in app.newsletters.values())])
    with app.read() as tx:
        goes = _began(app, tx, now - near, now + AHEAD) and not _began(app, tx, now + AHEAD, None)
    adopted = app.adopted_at()
    if goes or (adopted is not None and now - near <= adopted <= now + AHEAD):
        return ""
    ahead = app.ask_time()
    if ahead is not None:
        return "" if abs(ahead) <= WRONG_BY else _wrong(now, ahead)
    with app.read() as tx:
        if _began(app, tx, now - OFF, now + AHEAD) or not (newest := tx.runs.recent(1)):
            return ""
    return (
        f"by this clock it is {now:%Y-%m-%d %H:%M} UTC, and the last phase began at "
        f"{newest[0].started_at:%Y-%m-%d %H:%M}; no source on the network can be asked the time"
    )


def clock_trouble(why: str) -> Trouble:
    """What the operator is told, once."""
    return Trouble(
        key="clock-wrong",
        level=AlarmLevel.CRITICAL,
        what="The clock of this machine is not believed: nothing is collected, composed, sent or deleted",
        why=why,
        next_step="set the clock (NTP), and it goes on by itself; if the clock is right: digest db adopt --yes",
    )


def _wrong(now: datetime, ahead: timedelta) -> str:
    hours = abs(ahead).total_seconds() / 3600
    by = f"{hours:,.0f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
    side = "ahead of" if ahead > timedelta() else "behind"
    return f"by this clock it is {now:%Y-%m-%d %H:%M} UTC: {by} {side} what the servers of the sources say"


def _began(app: App, tx: Tx, since: datetime, until: datetime | None) -> bool:
    return tx.runs.began_within(app.newsletters, since, until)
