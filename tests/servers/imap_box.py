"""A small IMAP4rev1 server on loopback (RFC 3501, with MOVE and UIDPLUS if asked): one account, folders of mails."""

from __future__ import annotations

import contextlib
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

USER = "bounces@digest.example"
PASSWORD = 'p"w\\d with spaces'


@dataclass(slots=True)
class Mail:
    """One mail in a folder."""

    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """`with ImapServer(...) as server:` then `server.port`, `server.folders`, `server.put(...)`."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        extensions: str = "MOVE UIDPLUS",
        break_at: str = "",
    ) -> None:
        """`tls` from the first byte. `break_at`: hang up when this command comes, once."""
        self.tls, self.starttls = tls, starttls
        self.extensions = extensions
        self.break_at = break_at
        self.folders: dict[str, list[Mail]] = {"INBOX": []}
        self.commands: list[str] = []
        self.lock = threading.Lock()
        self._next = 1
        owner = self

        class Handler(_Session):
            server_side = owner

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def put(self, *contents: bytes, folder: str = "INBOX") -> None:
        """Mails come in."""
        with self.lock:
            for content in contents:
                self.folders.setdefault(folder, []).append(Mail(uid=self._next, content=content))
                self._next += 1

    def seen(self, folder: str = "INBOX") -> list[bool]:
        """Which of a folder's mails are marked, in order."""
        with self.lock:
            return ["\\Seen" in mail.flags for mail in self.folders.get(folder, [])]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Session(socketserver.BaseRequestHandler):
    server_side: ImapServer

    def handle(self) -> None:
        self._file = self.request.makefile("rwb")
        if self.server_side.tls is not None:
            try:
                self.request = self.server_side.tls.wrap_socket(self.request, server_side=True)
            except (ssl.SSLError, OSError):
                return
        self._file = self.request.makefile("rwb")
        self._known, self._folder = False, ""
        self._say("* OK ready")
        try:
            while line := self._file.readline():
                tag, _, rest = line.decode("utf-8").rstrip("\r\n").partition(" ")
                if not self._command(tag, rest):
                    return
        except (OSError, ValueError):
            return

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self.request.close()

    def _say(self, text: str) -> None:
        text += " done" if text.endswith(" OK") else ""
        self._file.write(text.encode() + b"\r\n")
        self._file.flush()

    def _command(self, tag: str, rest: str) -> bool:
        side = self.server_side
        verb = rest.upper().removeprefix("UID ").split(" ")[0]
        with side.lock:
            side.commands.append(re.sub(r"(?i)^(LOGIN \S+).*", r"\1 ***", rest))
            broken = side.break_at == verb
            if broken:
                side.break_at = ""
        if broken:
            return False
        if verb == "LOGOUT":
            self._say("* BYE")
            self._say(f"{tag} OK")
            return False
        if verb == "STARTTLS" and side.starttls is not None:
            self._say(f"{tag} OK begin")
            self._file.close()
            self.request = side.starttls.wrap_socket(self.request, server_side=True)
            self._file = self.request.makefile("rwb")
            return True
        handler = getattr(self, f"_do_{verb.lower()}", None)
        if handler is None or (not self._known and verb not in ("CAPABILITY", "LOGIN")):
            self._say(f"{tag} BAD {verb}")
            return True
        with side.lock:
            handler(tag, rest.removeprefix("UID ").partition(" ")[2])
        return True

    def _do_capability(self, tag: str, _: str) -> None:
        more = " STARTTLS" if self.server_side.starttls else ""
        self._say(f"* CAPABILITY IMAP4rev1 {self.server_side.extensions}{more}".rstrip())
        self._say(f"{tag} OK")

    def _do_login(self, tag: str, rest: str) -> None:
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        self._known = rest == f'{USER} "{quoted}"'
        self._say(f"{tag} OK" if self._known else f"{tag} NO [AUTHENTICATIONFAILED]")

    def _do_select(self, tag: str, rest: str) -> None:
        self._folder = rest.strip('"')
        if self._folder not in self.server_side.folders:
            self._say(f"{tag} NO no such mailbox")
            return
        self._say(f"* {len(self._mails)} EXISTS")
        self._say(f"{tag} OK [READ-WRITE]")

    def _do_create(self, tag: str, rest: str) -> None:
        self.server_side.folders.setdefault(rest.strip('"'), [])
        self._say(f"{tag} OK")

    def _do_search(self, tag: str, rest: str) -> None:
        assert rest == "UNSEEN UNDELETED", rest
        found = [str(mail.uid) for mail in self._mails if not mail.flags & {"\\Seen", "\\Deleted"}]
        self._say(f"* SEARCH {' '.join(found)}".rstrip())
        self._say(f"{tag} OK")

    def _do_fetch(self, tag: str, rest: str) -> None:
        found = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert found is not None, rest
        for number, mail in enumerate(self._mails, start=1):
            if mail.uid == int(found[1]):
                part = mail.content[: int(found[2])]
                self._file.write(f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(part)}}}\r\n".encode())
                self._file.write(part + b")\r\n")
        self._say(f"{tag} OK")

    def _do_store(self, tag: str, rest: str) -> None:
        found = re.fullmatch(r"([\d,]+) \+FLAGS\.SILENT \((\\\w+)\)", rest)
        assert found is not None, rest
        for mail in self._named(found[1]):
            mail.flags.add(found[2])
        self._say(f"{tag} OK")

    def _do_copy(self, tag: str, rest: str) -> None:
        uids, _, folder = rest.partition(" ")
        target = self.server_side.folders.get(folder.strip('"'))
        if target is None:
            self._say(f"{tag} NO [TRYCREATE]")
            return
        target += [Mail(uid=1000 + mail.uid, content=mail.content, flags=set(mail.flags)) for mail in self._named(uids)]
        self._say(f"{tag} OK")

    def _do_move(self, tag: str, rest: str) -> None:
        if "MOVE" not in self.server_side.extensions:
            self._say(f"{tag} BAD MOVE")
            return
        uids, _, folder = rest.partition(" ")
        if folder.strip('"') not in self.server_side.folders:
            self._say(f"{tag} NO [TRYCREATE]")
            return
        moved = self._named(uids)
        self.server_side.folders[folder.strip('"')] += moved
        self.server_side.folders[self._folder] = [mail for mail in self._mails if mail not in moved]
        self._say(f"{tag} OK")

    def _do_expunge(self, tag: str, rest: str) -> None:
        gone = [mail for mail in self._named(rest) if "\\Deleted" in mail.flags]
        self.server_side.folders[self._folder] = [mail for mail in self._mails if mail not in gone]
        self._say(f"{tag} OK")

    @property
    def _mails(self) -> list[Mail]:
        return self.server_side.folders[self._folder]

    def _named(self, uids: str) -> list[Mail]:
        wanted = set(uids.split(","))
        return [mail for mail in self._mails if str(mail.uid) in wanted]
