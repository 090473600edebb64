"""A mailbox that is read over IMAP: new mail is fetched without marking it, and marked once it has been kept."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from digest.model.errors import ConfigError, Permanent, Transient, Unauthorised
from digest.providers.addresses import redacted
from digest.providers.bounce_mail import LARGEST

Security = Literal["tls", "starttls", "none"]
_FOLDER = re.compile(r"[ !#$&-\[\]-~]{1,200}")
"""Printable ASCII without quotes, backslashes and wildcards."""
_LITERAL = re.compile(rb"BODY\[\](?:<0>)? \{")


class ImapBox:
    """The port `Mailbox` on an account. One connection for each look; nothing is kept open in between."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        username: str,
        password: str,
        folder: str = "INBOX",
        done_folder: str = "",
        timeout: float = 30.0,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """`done_folder` is where mails go once they are kept; empty = they stay, marked as seen.

        `timeout` in seconds for every single wait. `tls_context` replaces the system's certificates. Raises
        ConfigError.
        """
        for key, name in (("folder", folder), ("done_folder", done_folder or "x")):
            if not _FOLDER.fullmatch(name):
                raise ConfigError(f"bounces.{key} must be the name of a folder in plain ASCII, without quotes")
        if not (username and username.isascii() and password.isascii()):
            raise ConfigError("bounces.username and DIGEST_BOUNCES__PASSWORD must be plain ASCII, and not empty")
        self._host, self._port, self._security = host, port, security
        self._username, self._password = username, password
        self._folder, self._done = folder, done_folder
        self._timeout = timeout
        self._context = tls_context

    def take(self, keep: Callable[[Sequence[bytes]], None], *, limit: int) -> int:
        """As `ports.Mailbox`. Raises Transient where the server is not there, Unauthorised where it knows us not."""
        with self._translated():
            connection = self._open()
        try:
            with self._translated():
                found = self._fetch(connection, limit)
            if not found:
                return 0
            keep(list(found.values()))
            with self._translated():
                self._mark(connection, list(found))
            return len(found)
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                connection.logout()
            # A goodbye that failed has left the socket open.
            with contextlib.suppress(OSError):
                connection.shutdown()

    def _open(self) -> imaplib.IMAP4:
        context = self._context or ssl.create_default_context()
        if self._security == "tls":
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                self._host, self._port, ssl_context=context, timeout=self._timeout
            )
        else:
            connection = imaplib.IMAP4(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                connection.starttls(ssl_context=context)
            self._login(connection)
            _ask(connection.select(f'"{self._folder}"'), f"the folder {self._folder}")
        except BaseException:
            connection.shutdown()
            raise
        return connection

    def _login(self, connection: imaplib.IMAP4) -> None:
        try:
            connection.login(self._username, self._password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise Unauthorised(
                f"{self._place}: the login was refused. Check bounces.username and DIGEST_BOUNCES__PASSWORD."
            ) from error

    def _fetch(self, connection: imaplib.IMAP4, limit: int) -> dict[str, bytes]:
        """UID -> the beginning of each new mail, oldest first."""
        (listed,) = _ask(connection.uid("SEARCH", "UNSEEN", "UNDELETED"), "new mail")[:1] or [b""]
        found = {}
        for uid in (listed or b"").decode("ascii").split()[:limit]:
            # PEEK: a mail that was fetched and not kept is still new.
            rows = _ask(connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"), f"mail {uid}")
            content = next((row[1] for row in rows if isinstance(row, tuple) and _LITERAL.search(row[0])), None)
            if content is not None:
                found[uid] = content
        return found

    def _mark(self, connection: imaplib.IMAP4, uids: Sequence[str]) -> None:
        """Seen, and out of the way where a folder for that is named. Deleted mail of others is left alone."""
        every = ",".join(uids)
        _ask(connection.uid("STORE", every, "+FLAGS.SILENT", r"(\Seen)"), "marking as seen")
        if not self._done:
            return
        folder = f'"{self._done}"'
        can = _capabilities(connection)
        move = "MOVE" if "MOVE" in can else "COPY"
        status, _ = connection.uid(move, every, folder)
        if status != "OK":
            connection.create(folder)
            _ask(connection.uid(move, every, folder), f"moving to the folder {self._done}")
        if move == "COPY":
            _ask(connection.uid("STORE", every, "+FLAGS.SILENT", r"(\Deleted)"), "marking as deleted")
            if "UIDPLUS" in can:
                _ask(connection.uid("EXPUNGE", every), "expunging")

    @property
    def _place(self) -> str:
        return f"bounces: {self._host}:{self._port}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What goes wrong on the way, in the words of our own errors."""
        try:
            yield
        except imaplib.IMAP4.abort as error:
            raise Transient(f"{self._place} broke off: {redacted(str(error))}. Tried again later.") from error
        except imaplib.IMAP4.error as error:
            raise Permanent(f"{self._place}: {redacted(str(error))[:300]}") from error
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise Transient(f"{self._place} was not reached: {redacted(reason)}. Tried again later.") from error


def _capabilities(connection: imaplib.IMAP4) -> frozenset[str]:
    """What the server can do for who is logged in. `imaplib` asks before that, when Dovecot names a few only."""
    listed = b" ".join(row for row in _ask(connection.capability(), "capabilities") if isinstance(row, bytes))
    return frozenset(listed.decode("ascii", "replace").upper().split())


def _ask(answer: tuple[str, list[Any]], what: str) -> list[Any]:
    """The rows of an answer. Raises imaplib's error where the server says no."""
    status, rows = answer
    if status != "OK":
        words = rows[0].decode("ascii", "replace") if rows and isinstance(rows[0], bytes) else ""
        raise imaplib.IMAP4.error(f"{what}: the server says no: {words}")
    return rows
