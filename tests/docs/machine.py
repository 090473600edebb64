"""A machine made of folders, for the pages that are typed as root: `opt/`, `srv/`, `etc/` below a folder of the test.

`python -m tests.docs.machine [bare]` makes one in this folder: bare, as a fresh server has it, or with Digest installed
as the page "Run it on a server" does. Blocks are then typed as they stand, with whole paths led there. `cp`, `sed`,
`tar`, `digest` and the databases are real. What would change this machine is stood in for, and looks whether
it could work: a unit that is started is there, requirements have hashes, a command
of a container runs in the place it would have.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import yaml

SOURCE = Path(__file__).parents[2]
_NAMES = (
    "useradd", "chown", "install", "python3", "systemd-run", "systemctl", "journalctl", "git", "createuser",
    "createdb", "podman",
)  # fmt: skip
"""Programs that are stood in for; `pip` is one more, in the environment that `python3 -m venv` makes."""
_WHOLE = re.compile(r"(?<![\w.:/$}])/(?=(?:opt/digest|srv/digest|etc/|var/backups|usr/local/bin|run/secrets))")


def led_to(home: Path, text: str) -> str:
    """The text with whole paths of the machine as they are below `home`."""
    return _WHOLE.sub(f"{home}/", text)


def make(home: Path, *, bare: bool) -> None:
    """The folders, and the programs that stand in."""
    programs = home / ".venv" / "bin"
    for name in _NAMES:
        _stand_in(programs / name, name)
    # On such a machine `digest` is where it was installed, and nowhere else.
    (programs / "digest").rename(programs / ".digest")
    for folder in ("etc/systemd/system", "etc/caddy", "usr/local/bin", "var/backups", "opt", "srv"):
        (home / folder).mkdir(parents=True)
    source = home / "opt" / "digest-source"
    for folder in ("deploy", "requirements"):
        shutil.copytree(SOURCE / folder, source / folder, ignore=shutil.ignore_patterns("secrets"))
    (source / "digest" / "cli").mkdir(parents=True)
    shutil.copy(SOURCE / "digest" / "cli" / "starter.yaml", source / "digest" / "cli")
    shutil.copy(SOURCE / "pyproject.toml", source)
    if not bare:
        page = (SOURCE / "docs" / "how-to" / "deploy.md").read_text("utf-8")
        steps = [one for one in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) if "caddy" not in one]
        subprocess.run(["bash", "-euc", led_to(home, "\n".join(steps))], check=True, stdout=subprocess.DEVNULL)


def _stand_in(place: Path, name: str) -> None:
    place.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.docs.machine as {name} "$@"\n', "utf-8")
    place.chmod(0o755)


class Refused(Exception):
    """The real program would have refused this."""


def stand_in(home: Path, name: str, arguments: list[str]) -> None:
    """What the program would do, as far as folders can show it. Raises Refused."""
    match name, arguments:
        case "install", _:
            _become("/usr/bin/install", *_without_owner(arguments))
        case "python3", ["-m", "venv", place]:
            (Path(place) / "bin").mkdir(parents=True)
            _stand_in(Path(place) / "bin" / "pip", "pip")
        case "python3", _:
            _become(sys.executable, *arguments)
        case "pip", ["install", *given]:
            _install(home, given)
        case "systemd-run", _:
            _as_the_service(home, arguments)
        case "systemctl", ["daemon-reload"]:
            pass
        case "systemctl", [("start" | "stop" | "enable" | "disable" | "reload"), *units]:
            _look_at_units(home, units)
        case "journalctl", ["-u", unit, *_]:
            _look_at_units(home, [unit])
        case "git", ["pull"]:
            _need(Path("pyproject.toml"))
        case "podman", ["unshare", "chown", _, *files]:
            for file in files:
                _need(Path(file))
        case "podman", ["compose", *given]:
            _compose(home, given)
        case (("useradd" | "chown" | "createuser" | "createdb"), [_, *_]):
            pass
        case _:
            raise Refused(f"{name} {shlex.join(arguments)}: nobody stands in for this")


def _install(home: Path, given: list[str]) -> None:
    """Requirements must have hashes; what is installed from here is ours, and is the program that is started."""
    if "-r" in given:
        file = Path(given[given.index("-r") + 1])
        if "--require-hashes" not in given or "--hash=sha256:" not in file.read_text("utf-8"):
            raise Refused(f"{file}: without hashes")
    elif given[-1] == "." and {"--no-deps", "--no-build-isolation"} <= set(given):
        _need(Path("pyproject.toml"))
        shutil.copy(home / ".venv" / "bin" / ".digest", home / "opt" / "digest" / "bin" / "digest")
    else:
        raise Refused(f"pip install {shlex.join(given)}: neither locked requirements nor this checkout")


def _as_the_service(home: Path, arguments: list[str]) -> NoReturn:
    """Runs the command where and with what the service has it."""
    said = dict(one.removeprefix("--property=").split("=", 1) for one in arguments if one.startswith("--property="))
    rest = [one for one in arguments if not one.startswith("--")]
    begin = arguments.index(rest[0])
    secrets = Path(led_to(home, said["EnvironmentFile"].removeprefix("-")))
    lines = secrets.read_text("utf-8").splitlines() if secrets.exists() else []
    os.environ.update(line.split("=", 1) for line in lines)
    os.chdir(led_to(home, said["WorkingDirectory"]))
    _become(*(led_to(home, one) for one in arguments[begin:]))


def _look_at_units(home: Path, units: list[str]) -> None:
    for unit in (one for one in units if one not in ("--now", "caddy")):
        name = re.sub(r"@\w+", "@", unit)
        _need(home / "etc" / "systemd" / "system" / (name if "." in name else f"{name}.service"))


def _compose(home: Path, given: list[str]) -> None:
    file = Path("compose.yaml")
    if given[0] == "-f":
        file, given = Path(given[1]), given[2:]
    services = yaml.safe_load(file.read_text("utf-8"))["services"]
    match given:
        case ["build"] | ["up", "-d"] | ["logs", ("digest")]:
            pass
        case ["up", "-d", "--scale", scale] if scale.partition("=")[0] in services:
            pass
        case ["exec", "-T", service, *command] | ["exec", service, *command] if service in services:
            secrets = file.parent / "secrets"
            for name, value in services[service]["environment"].items():
                if name.endswith("_FILE"):
                    os.environ[name] = value.replace("/run/secrets", str(secrets.resolve()))
            os.chdir(file.parent)
            _become(str(home / ".venv" / "bin" / ".digest") if command[0] == "digest" else command[0], *command[1:])
        case _:
            raise Refused(f"podman compose {shlex.join(given)}: no such service, or nobody stands in for this")


def _without_owner(arguments: list[str]) -> list[str]:
    """Only root gives files away."""
    kept = iter(arguments)
    return [one for one in kept if not (one in ("-o", "-g") and next(kept))]


def _need(path: Path) -> None:
    if not path.exists():
        raise Refused(f"{path} is not there (in {Path.cwd()})")


def _become(program: str, *arguments: str) -> NoReturn:
    os.execvp(program, [program, *arguments])  # noqa: S606  # what a stand-in is for


if __name__ == "__main__":
    root = Path(os.environ["HOME"]) / "clone"
    if sys.argv[1:2] == ["as"]:
        try:
            stand_in(root, sys.argv[2], sys.argv[3:])
        except Refused as error:
            sys.exit(f"{sys.argv[2]}: {error}")
    else:
        make(root, bare=sys.argv[1:] == ["bare"])
