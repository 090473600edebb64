"""What deploy/ holds, as the tests read it."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROGRAMS = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
"""Where programs are looked for: Debian keeps those of servers apart."""
UNITS = sorted(DEPLOY.rglob("*.service"))
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
BOX = (DEPLOY / "Containerfile").read_text("utf-8")


def services(path: Path) -> dict[str, dict[str, Any]]:
    """Our own services of a compose file."""
    found = yaml.safe_load(path.read_text("utf-8"))["services"]
    return {name: service for name, service in found.items() if name != "database"}


def commands() -> list[str]:
    """Every `digest …` that deploy/ starts."""
    found: list[str] = []
    for path in UNITS:
        found += re.findall(r"/opt/digest/bin/(digest .*)", path.read_text("utf-8"))
    (arguments,) = re.findall(r"^CMD (\[.*\])", BOX, re.MULTILINE)
    found.append(shlex.join(["digest", *json.loads(arguments)]))
    for path in COMPOSE:
        found += [shlex.join(["digest", *one["command"]]) for one in services(path).values() if "command" in one]
    return [one.replace("%i", "1") for one in found]
