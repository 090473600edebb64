"""A mail to the operator, by a relay of its own: the readers' provider may be what is down."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Literal

from digest.model.alarm import Alarm, Reminder
from digest.model.errors import DigestError, Permanent, Transient

Security = Literal["none", "starttls", "tls"]
Write = Callable[[Alarm, str], bytes]
"""(alarm, address of one operator) -> the whole message."""
WriteReminder = Callable[[Reminder, str], bytes]
"""The same of a reminder."""


class MailBell:
    """The port `Bell` over SMTP. `timeout` is in seconds, for connecting and for each answer."""

    name = "mail"

    def __init__(
        self, *, host: str, port: int, security: Security, sender: str, to: Sequence[str], write: Write,
        write_reminder: WriteReminder, username: str = "", password: str = "", timeout: float = 20.0,
    ) -> None:  # fmt: skip
        self._host, self._port, self._security = host, port, security
        self._sender, self._to = sender, tuple(to)
        self._write, self._write_reminder = write, write_reminder
        self._username, self._password = username, password
        self._timeout = timeout

    def ring(self, alarm: Alarm) -> None:
        """Hand one message to each operator. Raises Transient or Permanent where nobody was reached."""
        self._tell(lambda to: self._write(alarm, to))

    def remind(self, reminder: Reminder) -> None:
        """Hand one message to each operator. Raises Transient or Permanent where nobody was reached."""
        self._tell(lambda to: self._write_reminder(reminder, to))

    def _tell(self, write: Callable[[str], bytes]) -> None:
        where = f"alarms.mail: {self._host}:{self._port}"
        try:
            with closing(self._connected()) as relay:
                refused = sum(not self._hand_over(relay, write, to) for to in self._to)
                relay.quit()
        except smtplib.SMTPAuthenticationError as error:
            raise Permanent(f"{where} does not take the user name and password") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Transient(f"{where}: {type(error).__name__}") from error
        except UnicodeError as error:
            raise Permanent(
                f"{where}: the host or an address cannot be written in mail; look at alarms.mail"
            ) from error
        if refused == len(self._to):
            raise Permanent(f"{where} takes no address of alarms.mail.to; look at them, and at alarms.mail.sender")

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._security == "tls":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            relay = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                relay.starttls(context=context)
            if self._username:
                relay.login(self._username, self._password)
        except BaseException:
            relay.close()
            raise
        return relay

    def _hand_over(self, relay: smtplib.SMTP, write: Callable[[str], bytes], to: str) -> bool:
        try:
            relay.sendmail(self._sender, [to], write(to))
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, DigestError, UnicodeError):
            # Also an address that cannot be written: the other operators are told all the same.
            return False
        return True


def key_of(alarm: Alarm, instant: datetime) -> str:
    """A name for the message that is the same for every try, for its Message-ID."""
    return f"alarm-{alarm.id}-{alarm.news}-{instant:%Y%m%d%H%M}"
