"""The end of a call as a whole: an answer that drips in byte by byte keeps every single wait short, and never ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

LONGEST_CALL = 240.0
"""Seconds, whatever the timeout: a claim is believed for ten minutes, and by then the call has to be recorded."""
PARTING = 12.0
"""Seconds that an answer is still waited for once the process has to end; supervisors kill it 25 s after they asked."""
_GLANCE = 0.5
"""Seconds between two looks whether it has to end."""
_WAITS = 3.0
"""A call as a whole may take so many times what a single wait may."""


def longest(timeout: float) -> float:
    """Seconds that a call as a whole may take, where every single wait may take `timeout`."""
    return min(LONGEST_CALL, _WAITS * timeout)


@contextmanager
def ends_after(seconds: float, socket_of: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Within, the call's socket is shut once the time is over: whoever waits for it finds the connection lost.

    `socket_of` is asked in a thread of its own, and then only.
    """
    lock, over = threading.Lock(), False

    def shut() -> None:
        with lock:
            found = None if over else socket_of()
            if found is not None:
                with suppress(OSError, ValueError):
                    found.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            # From here on the socket may be another call's.
            over = True


@dataclass(slots=True)
class Watch:
    """What became of a watched call."""

    broken_off: str = ""
    """Why its connection was shut, empty where it was not."""


@contextmanager
def watched(
    seconds: float,
    socket_of: Callable[[], socket.socket | None],
    ending: Callable[[], bool],
    *,
    parting: float = PARTING,
) -> Iterator[Watch]:
    """As `ends_after`, for a call of many waits: each connection is shut that it still has when its time is over.

    That is after `seconds`, or `parting` seconds after `ending` said yes. Both are asked in a thread of its own.
    """
    lock, over, watch = threading.Lock(), threading.Event(), Watch()

    def look() -> None:
        until, why = time.monotonic() + seconds, f"the call took longer than {seconds:.0f} s"
        leaving = False
        while not over.wait(_GLANCE):
            if not leaving and ending():
                leaving, why = True, "this process had to end, and waited for no answer any longer"
                until = min(until, time.monotonic() + parting)
            if time.monotonic() < until:
                continue
            with lock:
                found = None if over.is_set() else socket_of()
                if found is not None:
                    watch.broken_off = why
                    with suppress(OSError, ValueError):
                        found.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=look, name="deadline", daemon=True).start()
    try:
        yield watch
    finally:
        with lock:
            # From here on the socket may be another call's.
            over.set()
