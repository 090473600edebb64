"""The systemd units: sound, alike in what they protect, and started with commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.cli import cli
from tests.deploy.reading import DEPLOY, UNITS, commands, services

SERVING = [unit for unit in UNITS if "backup" not in unit.name]


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_every_command_parses(command: str) -> None:
    name, *arguments = shlex.split(command)[1:]
    cli.commands[name].make_context("digest", arguments)


def test_together_they_start_every_part() -> None:
    started = {shlex.split(one)[1] for one in commands()}
    assert {"serve", "web", "scheduler", "worker", "backup"} <= started
    apart = services(DEPLOY / "compose-apart.yaml")
    assert {name: one["command"][0] for name, one in apart.items()} == {
        "web": "web", "scheduler": "scheduler", "worker": "worker",
    }  # fmt: skip


def test_the_units_protect_the_same() -> None:
    said = {unit.name: set(re.findall(r"^(\w+)=(.*)$", unit.read_text("utf-8"), re.MULTILINE)) for unit in SERVING}
    assert len(said) == 4
    mine = {"Description", "Conflicts", "ExecStart", "ExecStartPre"}
    alike = [{(key, value) for key, value in lines if key not in mine} for lines in said.values()]
    assert all(one == alike[0] for one in alike)
    assert ("ReadWritePaths", "/srv/digest/var") in alike[0]
    # What stands wrong is told by the doctor and stops nothing: with an alarm standing the desk is needed most.
    for lines in said.values():
        assert all(value.startswith("-") for key, value in lines if key == "ExecStartPre")


def test_the_units_are_sound(tmp_path: Path) -> None:
    """systemd's own look, where there is one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: install Debian's systemd")
    for unit in DEPLOY.rglob("systemd/*"):
        # A program that is there in place of ours, which is not installed here.
        text = re.sub(r"/opt/digest/bin/digest", "/bin/true", unit.read_text("utf-8"))
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("digest")]
    assert told == []
