"""SMTP: mail handed to a relay over kept connections, each reader's outcome told apart by RFC 5321's replies."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from digest.model.errors import AdapterError, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.providers.addresses import is_bare
from digest.providers.smtp_session import Outcome, Relay, Security, Session, Verdict
from digest.providers.stepwise import STOPPED, always
from digest.providers.verp import check_return_path
from digest.providers.verp import verp as with_key
from digest.providers.writing import Unwritable, Writers
from digest.render.dkim import DkimSigner

BATCH_SIZE = 100

LONGEST_CALL = 120.0
"""Seconds after which no further message of a call is begun: a relay that drags every reply out must not make the call
outlast its lease, or somebody else takes the sender for dead."""
_PATIENCE = 3
"""So many failures in a row that are not about a reader, and the rest of the call waits for another time."""
_UNCLEAR = 10
"""So many refusals in a row that name no mailbox, and a person has to look: it is us, or the message. Nobody is refused
by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """One reader's message and its envelope."""

    delivery: str
    sender: str
    reader: str
    message: bytes


@dataclass(slots=True)
class _Tally:
    """What has become of the readers of one call so far."""

    taken: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    not_sent: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    failures: int = 0
    """In a row, and not about the reader."""
    retry_after: float | None = None
    unclear: dict[str, str] = field(default_factory=dict)
    """Refused since anybody was taken, in words that may mean us or the message as well."""

    @property
    def settled(self) -> set[str]:
        """Those who must not be tried again before anybody knows more."""
        return self.taken | self.refused.keys() | self.unknown

    @property
    def anything(self) -> bool:
        return bool(self.taken or self.refused or self.unknown)

    def leave(self, batch: Batch) -> None:
        """The rest waits for another time, and with it whoever was refused in unclear words."""
        self.not_sent |= {recipient.delivery for recipient in batch.recipients} - self.settled
        self.unclear.clear()

    def receipt(self) -> Receipt:
        return Receipt(
            refused=self.refused,
            not_sent=frozenset(self.not_sent),
            unknown=frozenset(self.unknown),
            note="; ".join(dict.fromkeys(self.notes)),
            retry_after=self.retry_after,
        )


class SmtpProvider:
    """Gives each message to one relay, from as many connections as calls are in flight.

    A reader whose final dot got no reply is `unknown`; the next try carries the same Message-ID. Thread-safe.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security = "none",
        username: str = "",
        password: str = "",
        timeout: float = 30.0,
        helo: str = "",
        return_path: str = "",
        verp: bool = False,
        max_per_connection: int = 1000,
        connections: int = 4,
        tls_context: ssl.SSLContext | None = None,
        dkim: DkimSigner | None = None,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        """`timeout` in seconds for each wait. `return_path` gets the bounces; empty = the From address.

        `verp` puts each reader's delivery key in it, `bounces+KEY@…`, so that a bounce says whose it is.
        `helo` is our name in EHLO; empty = this machine's name. `tls_context` replaces the system's certificates.
        `dkim` signs each message; None leaves that to the relay. `longest_call` in seconds: no message is begun later.
        """
        self._relay = Relay(
            host=host,
            port=port,
            security=security,
            username=username,
            password=password,
            timeout=timeout,
            helo=helo or socket.gethostname(),
            tls_context=tls_context,
        )
        if verp:
            check_return_path(return_path)
        self._return_path = return_path
        self._verp = verp
        self._dkim = dkim
        self._longest_call = longest_call
        self._max_per_connection = max_per_connection
        self._connections = connections
        self._writers = Writers()
        self._idle: list[Session] = []
        self._lock = Lock()
        self._proved = ""
        """The rendering of which somebody was taken last: its message is none that everybody refuses."""
        self._unclear = 0
        """Readers refused in unclear words by earlier calls since anybody was taken."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="smtp", batch_size=BATCH_SIZE, whole=False, concurrency=self._connections)

    def send(self, batch: Batch) -> Receipt:
        """One message after the other. Raises Transient or Unauthorised where nobody has been taken or refused."""
        return self.send_while(batch, always)

    def send_while(self, batch: Batch, go_on: Callable[[], bool]) -> Receipt:
        """As `ports.Stepwise` says."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"smtp: {len(batch.recipients)} readers in one call; the most is {BATCH_SIZE}")
        sender = self._return_path or batch.envelope.from_email
        if not is_bare(sender):
            raise Unauthorised("smtp: the sender address is not plain ASCII. Mend provider.smtp.return_path.")
        tally = _Tally()
        until = time.monotonic() + self._longest_call
        with self._borrowed() as line:
            letters = self._letters(batch, sender, tally)
            letter = next(letters, None)
            while letter is not None:
                # One ahead: its envelope may go out behind the message before it.
                following = next(letters, None)
                try:
                    _note(tally, letter.delivery, _deliver(line, letter, following))
                    self._weigh(tally)
                except AdapterError as error:
                    if not tally.anything:
                        raise
                    tally.notes.append(str(error))
                    tally.leave(batch)
                    break
                letter = following
                if letter is None:
                    break
                if time.monotonic() > until:
                    tally.notes.append(f"the relay is slow: the rest waits after {self._longest_call:.0f} s")
                elif not go_on():
                    tally.notes.append(STOPPED)
                    tally.retry_after = 0.0
                else:
                    continue
                tally.leave(batch)
                break
        self._believe(tally, batch.rendered.sha256)
        return tally.receipt()

    def _weigh(self, tally: _Tally) -> None:
        """After each reader. Raises Unauthorised where so many refusals in a row cannot be about readers."""
        with self._lock:
            if not tally.unclear:
                self._unclear = 0 if tally.taken else self._unclear
                return
            if self._unclear + len(tally.unclear) < _UNCLEAR:
                return
            # Where this call has something to tell, the next one begins with it; else it is counted from the start.
            self._unclear = _UNCLEAR - 1 if tally.anything else 0
        said = next(reversed(tally.unclear.values()))
        raise Unauthorised(
            f"smtp: the server refused {_UNCLEAR} readers in a row for what is hardly their addresses, and none of "
            f"them counts as refused. Its last words: {said}"
        )

    def _believe(self, tally: _Tally, rendering: str) -> None:
        """At the end of a call: refusals in unclear words count where the same message was taken by somebody else."""
        with self._lock:
            if tally.taken:
                self._proved = rendering
            self._unclear += len(tally.unclear)
            if self._proved == rendering:
                tally.refused |= tally.unclear
                return
        tally.not_sent |= tally.unclear.keys() - tally.settled
        tally.notes.extend(tally.unclear.values())

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _letters(self, batch: Batch, sender: str, tally: _Tally) -> Iterator[_Letter]:
        """What goes to each reader to whom a message can be written; the others are refused."""
        writer = self._writers.of(batch)
        for recipient in batch.recipients:
            try:
                message = writer.write(recipient)
                if self._dkim is not None:
                    message = self._dkim.signed(message)
            except Unwritable as why:
                tally.refused[recipient.delivery] = str(why)
                continue
            yield _Letter(
                delivery=recipient.delivery,
                sender=with_key(sender, recipient.delivery) if self._verp else sender,
                reader=recipient.email,
                message=message,
            )

    @contextmanager
    def _borrowed(self) -> Iterator[_Line]:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        line = _Line(self._relay, self._max_per_connection, session)
        try:
            yield line
        finally:
            kept = line.give_back()
            if kept is not None:
                with self._lock:
                    self._idle.append(kept)


class _Line:
    """The connection of one call: opened when first needed, and again when it broke or has carried enough."""

    def __init__(self, relay: Relay, max_per_connection: int, session: Session | None) -> None:
        self._relay = relay
        self._max = max_per_connection
        self._session = session

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


def _deliver(line: _Line, letter: _Letter, following: _Letter | None) -> Outcome:
    """What became of one reader's message. Raises Transient or Unauthorised where no connection can be had."""
    for _ in range(2):
        session = line.session()
        ahead = (following.sender, following.reader) if following is not None and line.has_room else None
        outcome = session.deliver(sender=letter.sender, reader=letter.reader, message=letter.message, following=ahead)
        if outcome.verdict is not Verdict.BROKEN:
            break
        # Nobody has this message, and a kept connection may be closed at any time: once more on a new one.
    return outcome


def _note(tally: _Tally, delivery: str, outcome: Outcome) -> None:
    """Write one outcome down. Raises where the server has had enough, or wants no mail from us at all."""
    match outcome.verdict:
        case Verdict.TAKEN:
            tally.taken.add(delivery)
            # The same message was taken: those before were refused for themselves.
            tally.refused |= tally.unclear
            tally.unclear.clear()
        case Verdict.REFUSED if outcome.about_reader:
            tally.refused[delivery] = outcome.reply
        case Verdict.REFUSED:
            tally.unclear[delivery] = outcome.reply
        case Verdict.UNKNOWN:
            tally.unknown.add(delivery)
        case Verdict.SENDER_REFUSED:
            raise Unauthorised(f"smtp: the server takes no mail from our sender address: {outcome.reply}")
        case Verdict.LATER | Verdict.BROKEN:
            tally.not_sent.add(delivery)
    if outcome.verdict in (Verdict.TAKEN, Verdict.REFUSED):
        tally.failures = 0
        return
    tally.notes.append(outcome.reply)
    tally.failures += not outcome.about_reader
    if tally.failures >= _PATIENCE:
        raise Transient(f"smtp: {tally.failures} messages in a row failed, the last with: {outcome.reply}")
