"""SMTP: mail handed to a relay over kept connections, each reader's outcome told apart by RFC 5321's replies."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

from digest.model.errors import AdapterError, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.ports import CallPage
from digest.providers.addresses import is_bare
from digest.providers.deadline import PARTING, Watch, watched
from digest.providers.smtp_line import Letter, Line, deliver
from digest.providers.smtp_session import Outcome, Relay, Security, Session, Verdict
from digest.providers.stepwise import STOPPED, NoPage, always, never
from digest.providers.verp import check_return_path
from digest.providers.verp import verp as with_key
from digest.providers.writing import Unwritable, Writers
from digest.render.dkim import DkimSigner

BATCH_SIZE = 100

LONGEST_CALL = 30.0
"""Seconds after which no further message of a call is begun: a relay that drags every reply out must not make the call
outlast its lease, or somebody else takes the sender for dead."""
FINAL_WAIT = 240.0
"""Seconds for the reply to the final dot. RFC 5321, section 4.5.3.2.6, wants ten minutes: whoever gives up before makes
a doubt of a message that the relay was still looking through. A claim is believed for ten minutes, five of which two
clocks may be apart."""
_REST = 30.0
"""Seconds that a call may take besides these two, whatever drips in: then its connection is shut."""
_PATIENCE = 3
"""So many failures in a row that are not about a reader, and the rest of the call waits for another time."""
_UNCLEAR = 10
"""So many refusals in a row that name no mailbox, and a person has to look: it is us, or the message. Nobody is refused
by them."""


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
        final_wait: float = FINAL_WAIT,
        parting: float = PARTING,
    ) -> None:
        """`timeout` in seconds for each wait. `return_path` gets the bounces; empty = the From address.

        `verp` puts each reader's delivery key in it, `bounces+KEY@…`, so that a bounce says whose it is.
        `helo` is our name in EHLO; empty = this machine's name. `tls_context` replaces the system's certificates.
        `dkim` signs each message; None leaves that to the relay. `longest_call` in seconds: no message is begun later.
        `final_wait` in seconds for the reply to the final dot, `parting` for any reply once the process has to end.
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
        self._final_wait = final_wait
        self._parting = parting
        self._max_per_connection = max_per_connection
        self._connections = connections
        self._writers = Writers()
        self._idle: list[Session] = []
        self._lock = Lock()
        self._unclear = 0
        """Readers refused in unclear words by earlier calls since anybody was taken; letters only."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="smtp", batch_size=BATCH_SIZE, whole=False, concurrency=self._connections)

    def send(self, batch: Batch) -> Receipt:
        """One message after the other. Raises Transient or Unauthorised where nobody has been taken or refused."""
        # A letter holds up those behind it, and its own claim is a short one: no longer than for any reply.
        return self._send(batch, always, never, NoPage(), final_wait=None)

    def send_while(
        self,
        batch: Batch,
        go_on: Callable[[], bool],
        *,
        ending: Callable[[], bool] = never,
        page: CallPage | None = None,
    ) -> Receipt:
        """As `ports.Stepwise` says."""
        return self._send(batch, go_on, ending, page or NoPage(), final_wait=self._final_wait)

    def _send(
        self,
        batch: Batch,
        go_on: Callable[[], bool],
        ending: Callable[[], bool],
        page: CallPage,
        *,
        final_wait: float | None,
    ) -> Receipt:
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"smtp: {len(batch.recipients)} readers in one call; the most is {BATCH_SIZE}")
        sender = self._return_path or batch.envelope.from_email
        if not is_bare(sender):
            raise Unauthorised("smtp: the sender address is not plain ASCII. Mend provider.smtp.return_path.")
        tally = _Tally()
        until = time.monotonic() + self._longest_call
        with self._borrowed() as line, self._watched(line, ending) as watch:
            letters = self._letters(batch, sender, tally)
            letter = next(letters, None)
            while letter is not None:
                # One ahead: its envelope may go out behind the message before it.
                following = next(letters, None)
                try:
                    page.begun(letter.delivery)
                    outcome = deliver(line, letter, following, final_wait=final_wait, ending=ending)
                    page.ended(letter.delivery, taken=outcome.taken)
                    if watch.broken_off and outcome.verdict in (Verdict.UNKNOWN, Verdict.BROKEN):
                        outcome = replace(outcome, reply=watch.broken_off)
                    _note(tally, letter.delivery, outcome)
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
        self._believe(tally, mailing=final_wait is not None)
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

    def _believe(self, tally: _Tally, *, mailing: bool) -> None:
        """At the end of a call: refusals in unclear words since anybody was taken.

        Of a mailing they are told as they are: its ledger takes them back where nobody is taken after them. A letter
        stands alone, and waits.
        """
        if mailing:
            tally.refused |= tally.unclear
            return
        with self._lock:
            self._unclear += len(tally.unclear)
        tally.not_sent |= tally.unclear.keys() - tally.settled
        tally.notes.extend(tally.unclear.values())

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _letters(self, batch: Batch, sender: str, tally: _Tally) -> Iterator[Letter]:
        """What goes to each reader to whom a message can be written; the others are refused."""
        writer = self._writers.of(batch)
        for recipient in batch.recipients:
            try:
                # In pieces: to join 80 KB takes memory of the kernel's anew each time, and a fifth of a message's time.
                message = writer.pieces(recipient)
                if self._dkim is not None:
                    message = [self._dkim.signed(b"".join(message))]
            except Unwritable as why:
                tally.refused[recipient.delivery] = str(why)
                continue
            yield Letter(
                delivery=recipient.delivery,
                sender=with_key(sender, recipient.delivery) if self._verp else sender,
                reader=recipient.email,
                message=message,
            )

    def _watched(self, line: Line, ending: Callable[[], bool]) -> AbstractContextManager[Watch]:
        whole = self._longest_call + self._final_wait + _REST
        return watched(whole, line.opened, ending, parting=self._parting)

    @contextmanager
    def _borrowed(self) -> Iterator[Line]:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        line = Line(self._relay, self._max_per_connection, session)
        try:
            yield line
        finally:
            kept = line.give_back()
            if kept is not None:
                with self._lock:
                    self._idle.append(kept)


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
