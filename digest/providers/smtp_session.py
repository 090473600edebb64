"""One kept SMTP connection, and what the server's replies mean for one reader's message."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from digest.model.errors import Transient, Unauthorised
from digest.providers.addresses import redacted
from digest.providers.smtp_words import is_about_reader, is_no_relay_for_us

Security = Literal["none", "starttls", "tls"]

_STEPS = ("MAIL", "RCPT", "DATA")
_FINAL_DOT = b".\r\n"
_LONGEST_LINE = 8192
"""Bytes of one line of a reply; RFC 5321 allows 512."""
_LONGEST_REPLY = 65_536
_MOST_PIECES = 512
"""Of one write; Linux takes 1,024."""

_ABOUT_US = frozenset({503, 530})
"""The order of commands, and logging in: never about a reader."""


class Verdict(StrEnum):
    """What became of one message."""

    TAKEN = "taken"
    REFUSED = "refused"
    """Certainly not taken, and it never will be (5xx at RCPT or DATA)."""
    LATER = "later"
    """Certainly not taken yet (4xx)."""
    SENDER_REFUSED = "sender refused"
    """5xx at MAIL, or a relay that is none for us: it would hit every reader alike."""
    BROKEN = "broken"
    """The connection was lost, or closed by a 421, before the final dot was handed over: certainly not taken."""
    UNKNOWN = "unknown"
    """The final dot went out and no reply came: taken or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict, and the server's own words for it."""

    verdict: Verdict
    reply: str = ""
    about_reader: bool = False
    """The server spoke of this reader, not of us, of the message or of itself: LATER at RCPT, or REFUSED in words that
    name the mailbox."""

    @property
    def taken(self) -> bool | None:
        """Whether the server has the message; None = nobody knows."""
        return None if self.verdict is Verdict.UNKNOWN else self.verdict is Verdict.TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server that mail is given to, and how to reach it. `timeout` in seconds, for every single wait."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    timeout: float
    helo: str
    tls_context: ssl.SSLContext | None = None


class _Reply(Exception):
    """A reply that ends a transaction, carried out of the conversation."""

    def __init__(self, step: str, code: int, text: bytes) -> None:
        super().__init__()
        self.step = step
        self.code = code
        self.words = redacted(f"{code} {text.decode('ascii', 'replace')}")[:500]


class _Gone(Exception):
    """The connection is over; the text says how."""


class Session:
    """An open connection. `deliver` says what became of a message; `broken` when no other can follow it."""

    def __init__(self, relay: Relay) -> None:
        """Connect, secure and log in. Raises Transient or Unauthorised; nothing has been sent then."""
        self._smtp = _open(relay)
        if self._smtp.sock is None:
            raise Transient(f"SMTP server {relay.host}:{relay.port} closed the connection at once")
        self._socket = self._smtp.sock
        self._replies = self._smtp.file or self._socket.makefile("rb")
        self._pipelining = self._smtp.has_extn("pipelining")
        self._announced: tuple[str, str] | None = None
        """The envelope that went out behind the last message; its replies are still to be read."""
        self.delivered = 0
        """Messages tried on this connection."""
        self.broken = False

    @property
    def opened(self) -> socket.socket:
        """The socket: whoever shuts it ends whatever is waited for."""
        return self._socket

    def deliver(
        self,
        *,
        sender: str,
        reader: str,
        message: Sequence[bytes],
        following: tuple[str, str] | None = None,
        final_wait: float | None = None,
    ) -> Outcome:
        """Send one message. `sender` and `reader` are bare ASCII addresses, already checked.

        `message`, in pieces, is whole CRLF lines and none begins with a dot: `MessageTemplate` writes no other, and
        to look for one again would take longer than all the rest. `following` is sender and reader of the next call, if
        one will come: where the server pipelines, the next envelope goes out in one packet with the end of this message
        (RFC 2920, section 3.1), so that a message takes one round trip. `final_wait` in seconds, None = as for any
        reply: that to the final dot.
        """
        self.delivered += 1
        try:
            self._announce(sender, reader)
        except _Reply as reply:
            return self._refusal(reply)
        except _Gone as error:
            return self._lost(Verdict.BROKEN, error)
        ahead = following if self._pipelining else None
        written = self._write([*message, _FINAL_DOT + (_envelope(*ahead) if ahead else b"")])
        if written < sum(map(len, message)) + len(_FINAL_DOT):
            # The kernel did not take the last bytes of the message, so nobody has seen the final dot.
            return self._lost(Verdict.BROKEN, _Gone("the connection was lost while the message went out"))
        self._announced = ahead
        try:
            code, text = self._final_reply(final_wait)
        except _Gone as error:
            return self._lost(Verdict.UNKNOWN, error)
        # Nobody reads the words of a yes, and to take addresses out of them costs as much as to write them.
        return _TAKEN if 200 <= code <= 299 else self._final(_Reply("DATA", code, text))

    @property
    def free(self) -> bool:
        """True where the next message may be anybody's."""
        return not self.broken and self._announced is None

    def close(self) -> None:
        """Say goodbye if anybody listens, and let go of the socket.

        With an envelope open there is no goodbye: what would be said would be taken for the message. A message
        without its final dot is none (RFC 5321, section 4.1.1.4).
        """
        if self.free:
            try:
                self._send(b"QUIT\r\n")
                self._reply()
            except _Gone:
                pass
        self.broken = True
        self._replies.close()
        self._smtp.close()

    def _announce(self, sender: str, reader: str) -> None:
        """MAIL, RCPT and DATA up to the 354. Raises _Reply where the server says no, _Gone where it is gone."""
        if self._pipelining:
            self._announce_at_once(sender, reader)
            return
        for step, command in zip(_STEPS, _envelope(sender, reader).splitlines(keepends=True), strict=True):
            self._send(command)
            code, text = self._reply()
            if code != (354 if step == "DATA" else 250) and not (step == "RCPT" and code == 251):
                raise _Reply(step, code, text)

    def _announce_at_once(self, sender: str, reader: str) -> None:
        """RFC 2920: three commands in one packet, every reply read."""
        if self._announced is None:
            self._send(_envelope(sender, reader))
        elif self._announced != (sender, reader):
            raise _Gone("the server waits for another reader's message")
        self._announced = None
        replies = [(step, *self._reply()) for step in _STEPS]
        refusal = next((reply for reply in replies[:2] if reply[1] not in (250, 251)), None)
        data = replies[2]
        if refusal is None and data[1] != 354:
            refusal = data
        if refusal is None:
            return
        if data[1] == 354:
            # The server opened DATA for nobody: RFC 2920 has the client end it with a lone dot.
            self._send(b".\r\n")
            self._reply()
        raise _Reply(*refusal)

    def _send(self, content: bytes) -> None:
        try:
            self._socket.sendall(content)
        except OSError as error:
            raise _Gone(f"{type(error).__name__}: {error}") from error

    def _write(self, pieces: Sequence[bytes]) -> int:
        """As `_send`, but a failure only shows in how many bytes the kernel took."""
        written, size = 0, sum(map(len, pieces))
        with suppress(OSError):
            if not isinstance(self._socket, ssl.SSLSocket) and len(pieces) <= _MOST_PIECES:
                written = self._socket.sendmsg(pieces)
            if written < size:
                left = memoryview(b"".join(pieces))
                while written < size:
                    written += self._socket.send(left[written:])
        return written

    def _final_reply(self, seconds: float | None) -> tuple[int, bytes]:
        """The reply that says whether the message was taken: the server may have to look for viruses first."""
        usual = self._socket.gettimeout()
        if seconds is None or usual is None or seconds <= usual:
            return self._reply()
        self._wait_for(seconds)
        try:
            return self._reply()
        finally:
            self._wait_for(usual)

    def _wait_for(self, seconds: float) -> None:
        with suppress(OSError):
            self._socket.settimeout(seconds)

    def _reply(self) -> tuple[int, bytes]:
        """The next reply, its lines joined. `smtplib` reads the same, at three times the cost."""
        text = b""
        while True:
            try:
                line = self._replies.readline(_LONGEST_LINE)
            except (OSError, ValueError) as error:
                raise _Gone(f"{type(error).__name__}: {error}") from error
            if not line.endswith(b"\n") or not line[:3].isdigit():
                said = redacted(line.decode("ascii", "replace")) or "nothing"
                raise _Gone(f"the server closed the connection, or said what is no reply: {said}")
            text += line[4:].rstrip(b"\r\n") if not text else b"\n" + line[4:].rstrip(b"\r\n")
            if line[3:4] != b"-":
                return int(line[:3]), text
            if len(text) > _LONGEST_REPLY:
                raise _Gone("a reply without an end")

    def _refusal(self, reply: _Reply) -> Outcome:
        """A reply before the message was sent."""
        if reply.code == 421 or not 400 <= reply.code <= 599:
            return self._lost(Verdict.BROKEN, reply)
        self._reset()
        if reply.code < 500:
            return Outcome(verdict=Verdict.LATER, reply=reply.words, about_reader=reply.step == "RCPT")
        if reply.step == "MAIL" or reply.code in _ABOUT_US or is_no_relay_for_us(reply.words):
            # "Relaying denied" comes at RCPT, but it would refuse the whole list one by one.
            return Outcome(verdict=Verdict.SENDER_REFUSED, reply=reply.words)
        return _refused(reply)

    def _final(self, reply: _Reply) -> Outcome:
        """A reply to the final dot that is no yes."""
        if 400 <= reply.code <= 499:
            self.broken = reply.code == 421
            return Outcome(verdict=Verdict.LATER, reply=reply.words)
        if 500 <= reply.code <= 599:
            return _refused(reply)
        return self._lost(Verdict.UNKNOWN, reply)

    def _reset(self) -> None:
        """RSET after a refusal: the envelope begun must not leak into the next one."""
        try:
            self._send(b"RSET\r\n")
            code, _ = self._reply()
        except _Gone:
            code = -1
        self.broken = code != 250

    def _lost(self, verdict: Verdict, cause: Exception) -> Outcome:
        self.broken = True
        words = cause.words if isinstance(cause, _Reply) else redacted(str(cause))
        return Outcome(verdict=verdict, reply=words)


_TAKEN = Outcome(verdict=Verdict.TAKEN)


def _refused(reply: _Reply) -> Outcome:
    """For good. The words may mean our host, our sender or the message, at RCPT too: that is where Postfix says so."""
    return Outcome(verdict=Verdict.REFUSED, reply=reply.words, about_reader=is_about_reader(reply.words))


def _envelope(sender: str, reader: str) -> bytes:
    """The three commands before a message, in the order of `_STEPS`."""
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{reader}>\r\nDATA\r\n".encode("ascii")


def _open(relay: Relay) -> smtplib.SMTP:
    place = f"SMTP server {relay.host}:{relay.port}"
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connect(relay)
        if smtp.sock is not None:
            # Every command waits for its reply: the kernel must not hold its last bytes back for more to come.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if relay.security == "starttls":
            smtp.starttls(context=_tls(relay))
            smtp.ehlo_or_helo_if_needed()
        if relay.username:
            smtp.login(relay.username, relay.password)
    except smtplib.SMTPAuthenticationError as error:
        _drop(smtp)
        if 400 <= error.smtp_code <= 499:
            raise Transient(f"{place} cannot check our login now ({error.smtp_code}).") from error
        raise Unauthorised(
            f"{place} refused user {relay.username!r} ({error.smtp_code}). Mend provider.smtp.username or .password.",
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        _drop(smtp)
        raise Unauthorised(f"{place} does not offer what provider.smtp asks for: {error}") from error
    except (smtplib.SMTPException, OSError) as error:
        _drop(smtp)
        raise Transient(f"{place} cannot be reached: {type(error).__name__}: {error}") from error
    return smtp


def _connect(relay: Relay) -> smtplib.SMTP:
    if relay.security == "tls":
        return smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=relay.helo, timeout=relay.timeout, context=_tls(relay)
        )
    return smtplib.SMTP(relay.host, relay.port, local_hostname=relay.helo, timeout=relay.timeout)


def _tls(relay: Relay) -> ssl.SSLContext:
    return relay.tls_context or ssl.create_default_context()


def _drop(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()
