"""Output: JSON that survives anything, tables that lose nothing, progress where it belongs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from digest.cli import cli
from digest.cli.output import print_json, print_json_line, print_table, printable
from digest.cli.progress import TerminalProgress
from tests.digest.cli.desk import Desk

HOSTILE = "\x1b]0;x\x07\x9b31m \u202ered\u2066 \udc80 <b>{{7*7}}[red]"


@given(st.text())
def test_printable_keeps_letters_and_drops_commands(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not any(character in shown for character in "\x1b\x9b\x07\u202e\u2066\x7f\r")
    shown.encode("utf-8")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(ANY_JSON)
def test_a_json_line_is_one_line_and_reads_back(value: object) -> None:
    raw = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(raw, encoding="utf-8", write_through=True)) as buffer:
        print_json_line({"value": value})
    written = raw.getvalue().decode("utf-8")
    buffer.detach()
    assert written.count("\n") == 1
    assert "\x9b" not in written
    assert json.loads(written) == {"value": value}


def test_a_whole_answer_has_a_schema_version(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Zoë"})
    assert capsys.readouterr().out == '{"schema_version": 1, "name": "Zoë"}\n'


def test_a_table_wraps_and_loses_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = " ".join(f"word{number}" for number in range(40))
    unbroken = "x" * 300
    print_table(("#", "Text", "Number"), [(1, long, 123456789), (2, unbroken, 5)], right=("#", "Number"))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert all(f"word{number}" in out for number in range(40))
    assert "123456789" in out
    assert out.count("x") == 300 + out.count("Text")


def test_a_table_does_not_obey_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("One",), [(HOSTILE,)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "<b>{{7*7}}[red]" in out


def test_columns_are_obeyed_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    print_table(("One",), [("y" * 150,)])
    assert "y" * 150 in capsys.readouterr().out


def test_progress_without_a_terminal_is_a_line_for_each_task(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress() as progress:
        progress.start("collect", 3)
        progress.advance("collect")
        progress.advance("nobody knows this task")
        progress.finish("collect", "3 sources")
        progress.finish("never started", "done")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "collect: 3 sources\nnever started: done\n"


@pytest.mark.parametrize("no_color", [False, True])
def test_bars_on_a_terminal_and_colours_only_if_wanted(desk: Desk, no_color: bool) -> None:
    ours, theirs = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "CI", "COLUMNS")}
    env |= {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if no_color else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "collect", "world"],
        cwd=desk.folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = _all_of(ours)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"\x1b" not in out
    bar, spinner = "\x1b[2K", "⠋"
    assert bar in shown
    assert spinner in shown
    assert "collect world: 3 sources, 9 new stories" in shown
    assert ("\x1b[38;" in shown or "\x1b[3" in shown) is not no_color


def _all_of(terminal: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break  # Linux says EIO when the other side is closed
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode("utf-8", "replace")


def test_output_in_an_encoding_that_cannot_say_it(desk: Desk) -> None:
    desk.import_readers("email,name\nzoe@readers.example,Zoë Ñahui\n")
    runner = CliRunner(charset="ascii")
    with contextlib.chdir(desk.folder):
        table = runner.invoke(cli, ["subscribers", "list", "--list", "world"])
        lines = runner.invoke(cli, ["subscribers", "list", "--list", "world", "--json"])
    assert (table.exit_code, lines.exit_code) == (0, 0)
    assert json.loads(lines.stdout.splitlines()[-1])["name"] == "Zoë Ñahui"
    assert "zoe@readers.example" in table.stdout
