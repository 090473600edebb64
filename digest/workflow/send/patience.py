"""While the database is away for a moment, with a provider's call in hand: neither is the other's fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from digest.model.errors import StorageFailed
from digest.workflow.send.strides import OVERRUN

T = TypeVar("T")

LOOK = 0.5
"""Seconds between two looks of a call that mails one reader after the other: is its mailing still on?"""
AWAY = 20.0
"""Seconds for which a database that is out of reach is waited for with an answer in hand: a process that has to end is
given 25."""


def asking(still_on: Callable[[], bool], *, ending: Callable[[], bool]) -> Callable[[], bool]:
    """Asked between two readers of a call: False once the mailing is stopped, this process ends, or it drags.

    The ledger is looked at twice a second, however fast the readers are. While it is out of reach nobody can have said
    stop, and the call goes on: what breaks it off here would be taken for a fault of the provider.
    """
    began = looked = time.monotonic()
    on = True

    def go_on() -> bool:
        nonlocal looked, on
        now = time.monotonic()
        if on and now - looked >= LOOK:
            looked = now
            with suppress(StorageFailed):
                on = still_on()
        return on and now - began < OVERRUN and not ending()

    return go_on


def written(write: Callable[[], T]) -> T:
    """Write what came of a call, though the database is away: without it, who has the mail would be in doubt.

    `write` may be called again where the answer to its commit was lost. Raises StorageFailed after `AWAY`.
    """
    until = time.monotonic() + AWAY
    while True:
        try:
            return write()
        except StorageFailed:
            if time.monotonic() >= until:
                raise
        time.sleep(LOOK)
