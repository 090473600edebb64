"""Data on stdout, everything else on stderr: JSON, tables, notices, and nothing that a terminal would obey."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import click

SCHEMA_VERSION = 1
"""Of every JSON object that is a whole answer; lines of a list carry none."""
WIDTH = 80
"""Columns of a table where nobody watches."""
_BETWEEN = 3
"""Blanks between two columns."""

# A headline or a file name may hold anything: escape sequences and bidi overrides must not reach the terminal.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def steady_streams() -> None:
    """What a stream's encoding cannot say is escaped, and never ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")


def printable(text: object) -> str:
    """Text that only shows, and does nothing else to a terminal."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))


def say(text: str = "") -> None:
    """A line of data."""
    click.echo(printable(text))


def notice(text: str) -> None:
    """A line beside the data."""
    click.echo(printable(text), err=True)


def complain(message: str) -> None:
    """What went wrong: one line for each line of the message."""
    for line in message.splitlines() or [""]:
        notice(f"digest: error: {line}")


def print_json(answer: Mapping[str, Any]) -> None:
    """One whole answer."""
    print_json_line({"schema_version": SCHEMA_VERSION, **answer})


def print_json_line(row: Mapping[str, Any]) -> None:
    """One row of a list, or one answer whose keys are fixed elsewhere."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf8")
    # What a terminal would obey or an encoder refuse (a file name that is not UTF-8) is a JSON escape instead.
    text = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(row, ensure_ascii=not utf8))
    click.echo(text)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """A table as wide as the terminal, or without one as COLUMNS says, else 80; long cells wrap, nothing is cut.

    `right` names the columns of numbers, which are never broken.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns_wanted = os.environ.get("COLUMNS", "")
    width = int(columns_wanted) if columns_wanted.isdigit() else WIDTH
    console = Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else width, markup=False, highlight=False, emoji=False
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    texts = [[printable(cell) for cell in row] for row in rows]
    least = _least_widths(columns, texts, right=right, width=console.width)
    for column, fewest in zip(columns, least, strict=True):
        number = column in right
        justify: Literal["right", "left"] = "right" if number else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=number, min_width=fewest)
    for row in texts:
        table.add_row(*map(Text, row))
    # Rich pads every line to the column's width: nobody wants the blanks in a file.
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def _least_widths(
    columns: Sequence[str], texts: Sequence[Sequence[str]], *, right: Sequence[str], width: int
) -> list[int | None]:
    """How wide each column is at least, so that no word is broken; none where there is no room for that."""
    from rich.cells import cell_len

    least: list[int | None] = []
    for place, column in enumerate(columns):
        cells = [column, *(row[place] for row in texts)]
        # A number is one word, however it is written.
        words = cells if column in right else [word for cell in cells for word in cell.split()]
        least.append(max(map(cell_len, words), default=0))
    whole = sum(one or 0 for one in least) + _BETWEEN * (len(columns) - 1)
    return least if whole <= width else [None] * len(columns)
