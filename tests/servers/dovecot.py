"""A private Dovecot on loopback: a real IMAP server with one account, made in a temporary folder, gone afterwards."""

from __future__ import annotations

import mailbox
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.imap_box import PASSWORD, USER

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = {ssl}
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = {folder}/people
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
_PATIENCE = 60.0
"""Seconds for its first greeting: a machine may be busy."""


def program() -> str | None:
    """Where Dovecot is, or None: Debian's package dovecot-imapd brings it."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Dovecot:
    """`with Dovecot() as server:` then `server.port`, `server.put(...)`, `server.folder(...)`.

    It knows the account of `tests.servers.imap_box`. Root does not run it: then `nobody` does.
    """

    def __init__(self, *, certificate: bytes = b"") -> None:
        """`certificate` (with its key, PEM) makes it offer STARTTLS."""
        found = program()
        if found is None:
            raise FileNotFoundError("dovecot")
        self._folder = Path(tempfile.mkdtemp(prefix="digest-dovecot-"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        root = os.geteuid() == 0
        user = "nobody" if root else _name("-un")
        group = "nogroup" if root else _name("-gn")
        self._maildir = mailbox.Maildir(self._folder / "mail")
        (self._folder / "people").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "ascii")
        ssl = "no"
        if certificate:
            (self._folder / "both.pem").write_bytes(certificate)
            ssl = f"yes\nssl_cert = <{self._folder}/both.pem\nssl_key = <{self._folder}/both.pem"
        config = self._folder / "dovecot.conf"
        config.write_text(_CONFIG.format(folder=self._folder, user=user, group=group, port=self.port, ssl=ssl), "ascii")
        if root:
            for path in (self._folder, *self._folder.rglob("*")):
                shutil.chown(path, user, group)
        self._as = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"] if root else []
        self._process = subprocess.Popen(
            [*self._as, found, "-F", "-c", str(config)],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    def put(self, *contents: bytes) -> None:
        """Mails come in, as a delivery agent brings them."""
        for content in contents:
            key = self._maildir.add(content)
            if self._as:
                shutil.chown(self._folder / "mail" / "new" / key, "nobody", "nogroup")

    def folder(self, name: str = "") -> list[tuple[str, bytes]]:
        """(flags, content) of each mail in a folder (empty = the inbox), in order of arrival; new ones have none."""
        place = self._folder / "mail" / (f".{name}" if name else "")
        files = [*(place / "cur").glob("*"), *(place / "new").glob("*")]
        return [(file.name.partition(":2,")[2], file.read_bytes()) for file in sorted(files, key=lambda one: one.name)]

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                    if line.recv(4) == b"* OK":
                        return self
            except OSError:
                time.sleep(0.05)
        log = self._folder / "log"
        said = log.read_text("utf-8", errors="replace")[-2000:] if log.exists() else "nothing"
        self._stop()
        raise RuntimeError(f"dovecot does not greet: {said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _name(which: str) -> str:
    return subprocess.run(["id", which], capture_output=True, text=True, check=True).stdout.strip()
