"""The command line: parse, call a workflow function, present. `digest --help` loads none of the heavy libraries."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

from digest.cli.actions import abandon, pause, release, resume, stop
from digest.cli.checking import check
from digest.cli.database import backup, database, restore
from digest.cli.day import collect, compose, run
from digest.cli.edition import approve, correct, hold, preview, send, show
from digest.cli.engine import events, inspect, rank
from digest.cli.explain import explain
from digest.cli.feedback import feedback
from digest.cli.frame import Root
from digest.cli.lists import attributes, lists, segments
from digest.cli.operate import doctor, init, scheduler, serve, web
from digest.cli.people import people
from digest.cli.publishing import publish
from digest.cli.readers import subscribers
from digest.cli.report import audit, status
from digest.cli.sources import sources
from digest.cli.token import token
from digest.cli.trial_mode import trial
from digest.cli.webhooks import webhooks
from digest.cli.working import worker

COMMANDS = {
    "The day": (run, collect, compose),
    "Editions": (show, explain, preview, check, approve, hold, send, correct, publish, status, audit),
    "A sending": (stop, pause, resume, release, abandon),
    "The desk": (
        people,
        trial,
    ),
    "Readers": (subscribers, lists, segments, attributes, feedback),
    "Sources": (sources,),
    "Your own documents": (inspect, events, rank),
    "Programs": (token, webhooks),
    "The machine": (init, doctor, serve, web, scheduler, worker, backup, restore, database),
}
"""Every command, under the heading that `digest --help` shows it by."""

cli = Root(COMMANDS)


def main() -> NoReturn:
    """The entry point. Ends the process with one of the documented exit codes."""
    # A plain `kill` stops as Ctrl-C does: calls in flight are finished and recorded, no new one is made.
    signal.signal(signal.SIGTERM, _interrupt)
    cli.main()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
