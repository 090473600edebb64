"""The connection of one SMTP call, and one message over it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.providers.smtp_session import Outcome, Relay, Session, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One reader's message and its envelope."""

    delivery: str
    sender: str
    reader: str
    message: Sequence[bytes]
    """In pieces."""


class Line:
    """The connection of one call: opened when first needed, and again when it broke or has carried enough."""

    def __init__(self, relay: Relay, max_per_connection: int, session: Session | None) -> None:
        self._relay = relay
        self._max = max_per_connection
        self._session = session

    def opened(self) -> socket.socket | None:
        """The socket of the connection in hand. Another thread asks."""
        session = self._session
        return None if session is None else session.opened

    def session(self) -> Session:
        """A connection that can carry one more message. Raises Transient or Unauthorised."""
        if self._session is not None and (self._session.broken or self._session.delivered >= self._max):
            self._session.close()
            self._session = None
        if self._session is None:
            self._session = Session(self._relay)
        return self._session

    @property
    def has_room(self) -> bool:
        """True where another message can follow the one in hand on this connection."""
        return self._session is not None and self._session.delivered + 1 < self._max

    def give_back(self) -> Session | None:
        if self._session is not None and not self._session.free:
            self._session.close()
            return None
        return self._session


def deliver(
    line: Line, letter: Letter, following: Letter | None, *, final_wait: float | None, ending: Callable[[], bool]
) -> Outcome:
    """What became of one reader's message. Raises Transient or Unauthorised where no connection can be had."""
    for _ in range(2):
        session = line.session()
        ahead = (following.sender, following.reader) if following is not None and line.has_room else None
        outcome = session.deliver(
            sender=letter.sender,
            reader=letter.reader,
            message=letter.message,
            following=ahead,
            final_wait=final_wait,
        )
        if outcome.verdict is not Verdict.BROKEN or ending():
            break
        # Nobody has this message, and a kept connection may be closed at any time: once more on a new one.
    return outcome
