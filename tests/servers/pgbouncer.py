"""A real PgBouncer on loopback in transaction mode: each transaction may get another connection of a few."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from sqlalchemy import make_url


def program() -> str | None:
    """Where it is installed, None where it is not."""
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


class PgBouncer:
    """Started by the constructor before a database, stopped by `stop`. `url` is a SQLAlchemy address."""

    def __init__(self, behind: str, *, connections: int) -> None:
        """`behind` is the address of the database, and `connections` how many it gets at most."""
        found, database = program(), make_url(behind)
        assert found is not None
        self._folder = Path(tempfile.mkdtemp(prefix="digest-pgbouncer-"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        (self._folder / "users").write_text(f'"{database.username}" ""\n')
        (self._folder / "ini").write_text(
            f"[databases]\n* = host={database.host} port={database.port}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\npool_mode = transaction\n"
            f"default_pool_size = {connections}\nmax_client_conn = 100\nserver_lifetime = 3600\n"
            f"auth_type = trust\nauth_file = {self._folder / 'users'}\n"
        )
        command = [found, str(self._folder / "ini")]
        if os.geteuid() == 0:
            # It refuses to be root.
            shutil.chown(self._folder, "nobody")
            command[1:1] = ["-u", "nobody"]
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self.url = database.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        self._await(port)

    def _await(self, port: int) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, self.said()
                assert time.monotonic() < end, self.said()
                time.sleep(0.05)
            else:
                return

    def said(self) -> str:
        """Its log."""
        return (self._folder / "log").read_text("utf-8", errors="replace")

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self._process.terminate()
        self._process.wait(60)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)
