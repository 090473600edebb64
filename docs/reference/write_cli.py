"""Writes docs/reference/cli.md from the commands themselves: `python docs/reference/write_cli.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from digest.cli import COMMANDS
from digest.cli.exits import MEANINGS
from digest.cli.frame import DigestCommand

PAGE = Path(__file__).with_name("cli.md")
_HEAD = """\
# The command line

Written from the commands themselves by `docs/reference/write_cli.py`; a test holds it up to date.

Every command takes `--config FILE` (default `config.yaml`, or the variable `DIGEST_CONFIG`), `--json` and `--help`.
Paths in a configuration are relative to the folder that the command runs in, those of sources to the configuration.

**Output.** Data goes to stdout; progress, notices and errors go to stderr. Bars are drawn only on a terminal, else
one line for each finished task. `NO_COLOR` is obeyed. Without a terminal tables are 80 columns wide (or `COLUMNS`);
long cells wrap, nothing is cut.

**JSON.** With `--json` a command prints one object with `schema_version` 1; `audit` prints exactly its keys. Lists
(`inspect`, `events`, `rank`, `subscribers list` and `export`) are JSON Lines: one object a line.

**Errors** are one line each, `digest: error: …`, on stderr; with `--json` also `{"schema_version", "error", "exit"}`
as the last line of stdout. Documents and lines that cannot be read are named on stderr only, and the rest goes on.
A traceback is never shown unless `DIGEST_DEBUG=1`.

## Exit codes

| Code | Meaning |
|---|---|
"""


def page() -> str:
    """The whole page."""
    return "".join([_HEAD, *_codes(), *_commands()])


def _codes() -> Iterator[str]:
    for code, meaning in MEANINGS.items():
        yield f"| {int(code)} | {meaning} |\n"


def _commands() -> Iterator[str]:
    for heading, commands in COMMANDS.items():
        yield f"\n## {heading}\n"
        for one in commands:
            yield from _command(one, f"digest {one.name}")


def _command(one: click.Command, name: str) -> Iterator[str]:
    if isinstance(one, click.Group):
        for inner in one.commands.values():
            yield from _command(inner, f"{name} {inner.name}")
        return
    if not isinstance(one, DigestCommand):
        raise TypeError(f"{name} is not made by digest.cli.frame.command: it has no examples and no exit codes")
    # With its settings: click remembers the help option of the first context, and `-h` would be gone for good.
    context = click.Context(one, info_name=name, **one.context_settings)
    usage = " ".join(one.collect_usage_pieces(context))
    yield f"\n### `{name}`\n\n```\n{name} {usage}\n```\n"
    for paragraph in (one.help or "").split("\n\n"):
        yield f"\n{' '.join(paragraph.split())}\n"
    yield "\n| Option | |\n|---|---|\n"
    for parameter in one.params:
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            yield f"| `{record[0]}` | {' '.join(record[1].split())} |\n"
    yield "\n```sh\n" + "".join(f"{example}\n" for example in one.examples) + "```\n"
    codes = ", ".join(str(int(code)) for code in one.exits)
    yield f"\nExit codes: {codes}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
