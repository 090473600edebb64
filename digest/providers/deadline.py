"""The end of a call as a whole: an answer that drips in byte by byte keeps every single wait short, and never ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LONGEST_CALL = 240.0
"""Seconds, whatever the timeout: a claim is believed for ten minutes, and by then the call has to be recorded."""
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
