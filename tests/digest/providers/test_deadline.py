"""The end of a call of many waits: each connection that it still has is shut."""

from __future__ import annotations

import socket

from digest.providers.deadline import watched
from digest.providers.stepwise import always, never


def test_a_call_that_takes_too_long_loses_its_connection_and_the_next_one_too() -> None:
    """However often it begins anew, nobody has to wait."""
    pairs = [socket.socketpair() for _ in range(2)]
    with watched(0.0, lambda: pairs[0][0], never) as watch:
        for here, _ in list(pairs):
            assert here.recv(1) == b""
            pairs.append(pairs.pop(0))
    assert watch.broken_off == "the call took longer than 0 s"
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_process_that_ends_waits_a_little_and_no_longer() -> None:
    here, there = socket.socketpair()
    with here, there, watched(600.0, lambda: here, always, parting=0.0) as watch:
        assert here.recv(1) == b""
    assert "this process had to end" in watch.broken_off


def test_after_the_call_the_connection_is_anybodys() -> None:
    here, there = socket.socketpair()
    with here, there:
        with watched(600.0, lambda: here, never) as watch:
            there.sendall(b"x")
        assert watch.broken_off == ""
        assert here.recv(1) == b"x"
