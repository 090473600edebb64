"""One kept SMTP connection, and what the server's replies mean for one reader's message."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from digest.model.errors import Transient, Unauthorised
from digest.providers.addresses import redacted

Security = Literal["none", "starttls", "tls"]

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
    """The server spoke of this reader (at RCPT), not of us or of itself."""


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


class Session:
    """An open connection. `deliver` says what became of a message; `broken` when no other can follow it."""

    def __init__(self, relay: Relay) -> None:
        """Connect, secure and log in. Raises Transient or Unauthorised; nothing has been sent then."""
        self._smtp = _open(relay)
        self._pipelining = self._smtp.has_extn("pipelining")
        self.delivered = 0
        """Messages tried on this connection."""
        self.broken = False

    def deliver(self, *, sender: str, reader: str, message: bytes) -> Outcome:
        """Send one message of CRLF lines. `sender` and `reader` are bare ASCII addresses, already checked."""
        self.delivered += 1
        try:
            self._announce(sender, reader)
        except _Reply as reply:
            return self._refusal(reply)
        except smtplib.SMTPException as error:
            return self._lost(Verdict.BROKEN, error)
        try:
            self._smtp.send(_dotted(message))
        except smtplib.SMTPServerDisconnected as error:
            # `sendall` failed: the kernel did not take the last bytes, so nobody has seen the final dot.
            return self._lost(Verdict.BROKEN, error)
        try:
            code, text = self._smtp.getreply()
        except smtplib.SMTPException as error:
            return self._lost(Verdict.UNKNOWN, error)
        return self._final(_Reply("DATA", code, text))

    def close(self) -> None:
        """Say goodbye if anybody listens, and let go of the socket."""
        if not self.broken:
            try:
                self._smtp.quit()
            except smtplib.SMTPException:
                self.broken = True
        self._smtp.close()

    def _announce(self, sender: str, reader: str) -> None:
        """MAIL, RCPT and DATA up to the 354. Raises _Reply where the server says no."""
        steps = (("MAIL", f"MAIL FROM:<{sender}>"), ("RCPT", f"RCPT TO:<{reader}>"), ("DATA", "DATA"))
        if self._pipelining:
            self._announce_at_once(steps)
            return
        for step, command in steps:
            code, text = self._smtp.docmd(command)
            if code != (354 if step == "DATA" else 250) and not (step == "RCPT" and code == 251):
                raise _Reply(step, code, text)

    def _announce_at_once(self, steps: tuple[tuple[str, str], ...]) -> None:
        """RFC 2920: three commands in one packet, every reply read."""
        self._smtp.send("".join(f"{command}\r\n" for _, command in steps))
        replies = [(step, *self._smtp.getreply()) for step, _ in steps]
        refusal = next((reply for reply in replies[:2] if reply[1] not in (250, 251)), None)
        data = replies[2]
        if refusal is None and data[1] != 354:
            refusal = data
        if refusal is None:
            return
        if data[1] == 354:
            # The server opened DATA for nobody: RFC 2920 has the client end it with a lone dot.
            self._smtp.send(".\r\n")
            self._smtp.getreply()
        raise _Reply(*refusal)

    def _refusal(self, reply: _Reply) -> Outcome:
        """A reply before the message was sent."""
        if reply.code == 421 or not 400 <= reply.code <= 599:
            return self._lost(Verdict.BROKEN, reply)
        self._reset()
        about_reader = reply.step == "RCPT"
        if reply.code < 500:
            return Outcome(verdict=Verdict.LATER, reply=reply.words, about_reader=about_reader)
        if reply.step == "MAIL" or reply.code in _ABOUT_US or "relay" in reply.words.lower():
            # "Relaying denied" comes at RCPT, but it would refuse the whole list one by one.
            return Outcome(verdict=Verdict.SENDER_REFUSED, reply=reply.words)
        return Outcome(verdict=Verdict.REFUSED, reply=reply.words, about_reader=about_reader)

    def _final(self, reply: _Reply) -> Outcome:
        """The reply to the final dot."""
        if 200 <= reply.code <= 299:
            return Outcome(verdict=Verdict.TAKEN, reply=reply.words)
        if 400 <= reply.code <= 499:
            self.broken = reply.code == 421
            return Outcome(verdict=Verdict.LATER, reply=reply.words)
        if 500 <= reply.code <= 599:
            return Outcome(verdict=Verdict.REFUSED, reply=reply.words)
        return self._lost(Verdict.UNKNOWN, reply)

    def _reset(self) -> None:
        """RSET after a refusal: the envelope begun must not leak into the next one."""
        try:
            code, _ = self._smtp.rset()
        except smtplib.SMTPException:
            code = -1
        self.broken = code != 250

    def _lost(self, verdict: Verdict, cause: Exception) -> Outcome:
        self.broken = True
        words = cause.words if isinstance(cause, _Reply) else redacted(f"{type(cause).__name__}: {cause}")
        return Outcome(verdict=verdict, reply=words)


def _dotted(message: bytes) -> bytes:
    """The message with dots doubled where a line begins with one, and the final dot, as one piece."""
    if message.startswith(b".") or b"\r\n." in message:
        message = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..").removeprefix(b"\r\n")
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


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
