"""Help, reference and entry points: every command is documented, and asking for help is quick."""

from __future__ import annotations

import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from digest import __version__
from digest.cli import COMMANDS, cli
from digest.cli.exits import MEANINGS, Exit
from digest.cli.frame import DigestCommand
from tests.digest.cli.desk import Desk

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
HEAVY = ("sqlalchemy", "sklearn", "scipy", "numpy", "trafilatura", "fastapi", "pydantic", "rich", "lxml", "alembic")
EXPECTED = (
    *(
        "init",
        "doctor",
        "run",
        "collect",
        "compose",
        "show",
        "preview",
        "approve",
        "hold",
        "send",
        "stop",
        "status",
        "correct",
    ),
    *("audit", "serve", "web", "scheduler", "worker", "inspect", "events", "rank", "explain", "check"),
    *("backup", "restore", "publish"),
    *("pause", "resume", "release", "abandon"),
)
GROUPS = {
    "db": ("adopt", "check", "forget", "move", "rekey", "upgrade"),
    "feedback": ("lookup", "read", "status", "sync"),
    "people": ("end", "invite", "list"),
    "trial": ("confirm", "status", "test"),
    "sources": ("add", "list", "test"),
    "subscribers": (
        "add",
        "allow",
        "erase",
        "export",
        "import",
        "imports",
        "list",
        "remove",
        "show",
        "suppress",
    ),
    "lists": ("set", "show"),
    "segments": ("remove", "save", "show"),
    "attributes": ("declare", "remove", "show"),
    "token": ("create", "list", "revoke"),
    "webhooks": ("add", "enable", "failures", "list", "pause", "remove", "replay", "resume", "rotate"),
}
"""The commands of every group."""


def grouped() -> list[tuple[DigestCommand, tuple[str, ...]]]:
    """Every command with the group it is called through."""
    found: list[tuple[DigestCommand, tuple[str, ...]]] = []
    for commands in COMMANDS.values():
        for one in commands:
            group = (one.name or "",) if isinstance(one, click.Group) else ()
            inner = one.commands.values() if isinstance(one, click.Group) else [one]
            found.extend((each, group) for each in inner if isinstance(each, DigestCommand))
    return found


def every_command() -> list[DigestCommand]:
    return [command for command, _ in grouped()]


by_command = pytest.mark.parametrize("command", every_command(), ids=lambda command: command.name)


def test_the_commands_are_those_that_were_promised() -> None:
    assert sorted(cli.commands) == sorted((*EXPECTED, *GROUPS))
    for name, commands in GROUPS.items():
        group = cli.commands[name]
        assert isinstance(group, click.Group)
        assert sorted(group.commands) == sorted(commands)
    assert len(every_command()) == len(EXPECTED) + sum(len(commands) for commands in GROUPS.values())


@by_command
def test_every_command_takes_the_same_options_and_explains_itself(command: DigestCommand) -> None:
    options = {name for parameter in command.params for name in parameter.opts}
    assert {"--config", "--json"} <= options
    assert command.help
    assert command.examples
    assert {Exit.DONE, Exit.FAILED, Exit.USAGE, Exit.INTERRUPTED} <= set(command.exits)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command.name} {parameter.opts[0]} has no help"


@by_command
def test_the_short_help_fits_a_line(command: DigestCommand) -> None:
    assert len(command.get_short_help_str(limit=200)) <= 68


@by_command
def test_examples_parse(command: DigestCommand) -> None:
    for example in command.examples:
        words = shlex.split(example)
        words = words[words.index("digest") + 1 :]
        stops = [place for place, word in enumerate(words) if word in ("|", ">", "&&")]
        words = words[: stops[0]] if stops else words
        words = words[1:] if words[0] in GROUPS else words
        assert words[0] == command.name, example
        command.make_context("digest", words[1:])


def test_every_code_is_documented_and_used() -> None:
    assert set(MEANINGS) == set(Exit)
    assert {code for command in every_command() for code in command.exits} == set(Exit)


def test_the_reference_is_up_to_date() -> None:
    script = runpy.run_path(str(REFERENCE / "write_cli.py"))
    assert (REFERENCE / "cli.md").read_text("utf-8") == script["page"](), "run python docs/reference/write_cli.py"


def test_help_of_everything(empty: Desk) -> None:
    shown = empty.digest("--help").stdout
    for name in (*EXPECTED, *GROUPS):
        assert f"  {name} " in shown
    for command, group in grouped():
        text = empty.digest(*group, command.name or "", "-h").stdout
        assert "Examples:" in text
        assert "130  interrupted" in text


def test_help_loads_none_of_the_heavy_libraries(empty: Desk) -> None:
    code = (
        "import sys\nsys.argv = ['digest', 'run', '--help']\nfrom digest.cli import main\n"
        f"try:\n    main()\nfinally:\n    print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.strip() == "[]"
    assert done.returncode == 0


def test_version(empty: Desk) -> None:
    assert empty.digest("--version").stdout == f"digest {__version__}\n"


def test_python_dash_m(empty: Desk) -> None:
    done = empty.process("--version")
    assert (done.returncode, done.stdout) == (0, f"digest {__version__}\n")


@pytest.mark.parametrize("group", [(), *((name,) for name in GROUPS)])
def test_a_group_alone_shows_its_help_as_wrong_usage(empty: Desk, group: tuple[str, ...]) -> None:
    result = empty.digest(*group, code=Exit.USAGE)
    assert result.stdout == ""
    assert "Usage: digest" in result.stderr
