"""What `digest doctor` says of the machine: Python, clock, zones, disk, and the file of the secret key."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.cli.checkup_line import Check, Level
from digest.settings import ENV_PREFIX, Settings
from digest.wiring import KEY_FILE

SCARCE = 1_000_000_000
"""Bytes of free disk below which we warn; below a tenth of it we fail."""
OUT_OF_DATE = 2
"""Years by which the clock may be ahead of the newest thing that was installed."""
MENDED = {(3, 11): 15, (3, 12): 13, (3, 13): 12}
"""First patch release of each Python whose email package takes no header from inside a header."""


def python() -> Iterator[Check]:
    """The release, and whether it is one of those that are known to be bad."""
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        fix = "Digest is tested on Python 3.11 to 3.13: use one"
        yield Check(level="warn", what="python", found=version, fix=fix)
    elif sys.version_info[2] < MENDED[sys.version_info[:2]]:
        # Our own gate refuses such headers (render/headers.py); other programs of this machine may have none.
        found = f"{version}: its email package lets a subject bring headers of its own (CVE-2024-6923, CVE-2026-1299)"
        newer = f"3.{sys.version_info[1]}.{MENDED[sys.version_info[:2]]}"
        fix = f"upgrade to {newer} or newer; Digest refuses such subjects itself"
        yield Check(level="warn", what="python", found=found, fix=fix)
    else:
        yield Check(level="ok", what="python", found=f"{version} on {platform.system()}")


def clock(now: datetime) -> Check:
    """Whether the machine's clock can be right at all."""
    # The day this release was made: a clock before it is certainly wrong.
    if now < datetime(2025, 1, 1, tzinfo=UTC):
        return Check(level="fail", what="clock", found=f"{now:%Y-%m-%d %H:%M} UTC", fix="set the machine's clock (NTP)")
    # The newest thing that every installation has: rules of zones are published several times a year.
    year = int(importlib.metadata.version("tzdata").partition(".")[0])
    if now.year > year + OUT_OF_DATE:
        fix = "set the machine's clock (NTP) if it is wrong, else upgrade: newer rules of zones are missing here"
        found = f"by it, it is {now:%Y-%m-%d %H:%M} UTC, and the zone data are of {year}"
        return Check(level="warn", what="clock", found=found, fix=fix)
    return Check(level="ok", what="clock", found=f"{now:%Y-%m-%d %H:%M} UTC")


def trace(now: datetime, last: datetime) -> Iterator[Check]:
    """Whether the clock goes with what has happened here: the last phase began then. Nothing is said where it does."""
    if last - timedelta(hours=2) <= now <= last + timedelta(days=28):
        return
    found = f"by it, it is {now:%Y-%m-%d %H:%M} UTC, and the last phase began at {last:%Y-%m-%d %H:%M}"
    fix = "set the machine's clock (NTP), if it is wrong; `digest doctor --online` asks the sources"
    yield Check(level="warn", what="clock", found=found, fix=fix)


def zones(settings: Settings) -> Check:
    """Whether the zone data know the zones that are used."""
    for one in settings.newsletters:
        ZoneInfo(one.zone)
    version = importlib.metadata.version("tzdata")
    used = ", ".join(sorted({one.zone for one in settings.newsletters}))
    return Check(level="ok", what="zones", found=f"{used} (tzdata {version})")


def disk(var_dir: Path) -> Check:
    """Whether there is room, and we may write."""
    place = _existing(var_dir)
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free at {place}"
    if not os.access(place, os.W_OK):
        return Check(
            level="fail", what="disk", found=f"{place} cannot be written to", fix="mend its rights, or var_dir"
        )
    if free >= SCARCE:
        return Check(level="ok", what="disk", found=found)
    level: Level = "warn" if free >= SCARCE / 10 else "fail"
    return Check(level=level, what="disk", found=found, fix="free some space: mail and database grow every day")


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.resolve()
    return next(place for place in (path, *path.parents) if place.exists())


def secret_key(settings: Settings) -> Check:
    """Where the key for links comes from, and who may read it."""
    if settings.secret_keys.get_secret_value():
        return Check(level="ok", what="secret key", found=f"from {ENV_PREFIX}SECRET_KEYS")
    path = settings.var_dir / KEY_FILE
    if not path.exists():
        fix = "the first command makes one; keep a copy of it"
        return Check(level="warn", what="secret key", found=f"{path} is not there yet", fix=fix)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Check(level="warn", what="secret key", found=f"{path} can be read by others", fix=f"chmod 600 {path}")
    return Check(level="ok", what="secret key", found=str(path))
