"""Who this process is, and the keys that it signs with."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path

from digest.model.errors import ConfigError
from digest.settings import ENV_PREFIX, Settings

MARK_FILE = "newest-mailing"
"""Under var_dir: the newest mailing, by which a database that was put back is known (P7)."""


KEY_FILE = "secret.key"
"""Under var_dir: made at the first start where no key is configured."""


def utc_now() -> datetime:
    """The one place that reads the machine's clock."""
    return datetime.now(UTC)


def secret_keys(settings: Settings) -> list[bytes]:
    """The keys of signed links, oldest first; without configured ones, a key of our own is made and kept."""
    configured = settings.secret_keys.get_secret_value()
    if configured:
        keys = [key.strip().encode() for key in configured.split(",") if key.strip()]
        short = [key for key in keys if len(key) < 16]
        if short or not keys:
            raise ConfigError(f"{ENV_PREFIX}SECRET_KEYS: each key needs 16 characters or more, parted by commas")
        return keys
    path = settings.var_dir / KEY_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # O_EXCL: of two processes that start together, one makes the key and both read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(
            f"{path}: the secret key cannot be written: {error}; set var_dir to a folder of yours"
        ) from error
    key = path.read_text("ascii").strip().encode()
    if len(key) < 16:
        raise ConfigError(
            f"{path}: holds no key of 16 characters or more; restore it from a backup (old links need it)"
        )
    return [key]


def owner_name() -> str:
    """This process, so that another one on the same machine can tell whether it still lives."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """True where `owner` was a process of this very machine that runs no more; False where we cannot know."""
    machine, _, started = owner.rpartition("/")
    machine, _, pid = machine.rpartition("/")
    if machine != _machine() or not pid.isdigit() or started == "?":
        return False
    return _started(int(pid)) != started


def _machine() -> str:
    """Host, boot and process namespace: within them, a process number means one process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        boot, namespace = "", ""
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """When a process began, in clock ticks since boot; `gone` where there is none, `?` where nobody can say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return "gone" if Path("/proc/self/stat").exists() else "?"
    except OSError:
        return "?"
    # The command's name stands in parentheses and may hold spaces: count the fields after it.
    fields = stat.rpartition(")")[2].split()
    # A zombie runs no more; its parent has only not asked for its exit code yet.
    return "gone" if fields[0] in ("Z", "X") else fields[19]
