"""A private PostgreSQL on loopback for one test run: made in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


class PostgresMissing(Exception):
    """There is no PostgreSQL server program on this machine."""


def _programs() -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    for place in _PLACES:
        found = sorted(Path(place).glob("*/bin/initdb")) if Path(place).is_dir() else []
        if found:
            return found[-1].parent
    raise PostgresMissing("no `initdb` on PATH or under /usr/lib/postgresql; install Debian's package postgresql")


class PrivatePostgres:
    """Started by the constructor, stopped by `stop`. `url` is a SQLAlchemy address."""

    def __init__(
        self, *, on: str = "127.0.0.1", network: str = "", within: Sequence[str] = (), settings: Sequence[str] = ()
    ) -> None:
        """`on`: the address to listen on, and `network` who else may come; `within` begins every command.

        `settings` as in postgresql.conf, beside our own.
        """
        self._programs = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
        self._as = [*within, *self._unprivileged()]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        cluster = self._folder / "cluster"
        self._run(
            "initdb", "-D", str(cluster), "-U", "digest", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"
        )
        # fsync=off: nobody will ever need this cluster after a power cut.
        if network:
            with (cluster / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} trust\n")
        ours = (f"listen_addresses={on}", "unix_socket_directories=''", "fsync=off", "max_connections=100")
        options = f"-p {self._port} " + " ".join(f"-c {setting}" for setting in (*ours, *settings))
        self._run("pg_ctl", "-D", str(cluster), "-o", options, "-l", str(self._folder / "log"), "-w", "start")
        self.url = f"postgresql+psycopg://digest@{on}:{self._port}/postgres"

    def _unprivileged(self) -> list[str]:
        """PostgreSQL refuses to run as root: then somebody else runs it."""
        if os.geteuid() != 0:
            return []
        shutil.chown(self._folder, "nobody")
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), *arguments]
        done = subprocess.run(
            command,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout.decode(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        try:
            self._run("pg_ctl", "-D", str(self._folder / "cluster"), "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
