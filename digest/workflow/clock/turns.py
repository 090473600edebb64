"""Which chores are done here, and how often each comes round: what only looks at them loads no more than this."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from digest.model.chore import Chore
from digest.ports import App, Tx

AFTERMATH_EVERY = timedelta(hours=1)
BACKUP = "backup"
"""The name of the backup among the chores. The clock does not make it: a timer of the machine does, or a person."""


def turns(app: App) -> Iterator[tuple[str, timedelta]]:
    """(name, time between two turns) of every chore of the clock, in the order in which they are done."""
    if app.mailbox is not None:
        yield "bounces", app.rounds.bounces
    for provider in app.suppressions:
        # The whole lists first: the smaller question that follows then has little to add.
        whole = app.rounds.all_suppressions if app.rounds.suppressions else timedelta(0)
        yield f"all-suppressions/{provider}", whole
        yield f"suppressions/{provider}", app.rounds.suppressions
    for provider in app.lookups:
        yield f"lookups/{provider}", app.rounds.lookups
    yield "aftermath", min(AFTERMATH_EVERY, app.rounds.retention)
    yield "retention", app.rounds.retention


def known_chores(app: App, tx: Tx) -> tuple[Chore, ...]:
    """What is known of every chore that is still done here, by name; one that is configured no more has no turn."""
    here = {BACKUP, *(name for name, every in turns(app) if every > timedelta(0))}
    return tuple(chore for chore in tx.chores.recent() if chore.name in here)
