"""Lines of a kept file that hold an address are written over, and the file is read as before otherwise."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from digest.store.striking import strike_out
from subscribers.transfer.reading import CsvRows

FILE = (
    "email;name\r\n"
    "joana@mail.example;Joana\r\n"
    'ANA@Mail.example;"Ana; of Lima"\r\n'
    "ana@mail.example.org;Other\r\n"
    'ben@mail.example;"Knows ana@mail.example\nwell"\r\n'
    "Ana <ana@bücher.example>;\r\n"
    "eva@mail.example;Eva"
)


def test_only_the_lines_that_hold_the_address_are_struck(tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"
    path.write_text(FILE, encoding="utf-8", newline="")
    assert strike_out(path, ["ana@mail.example", "ana@bücher.example", ""]) == 3
    struck = path.read_bytes().decode()
    assert len(struck.encode()) == len(FILE.encode())
    assert struck.split("\r\n")[1:4] == [
        "joana@mail.example;Joana",
        'xxxxxxxxxxxxxxxx;"xxx;xxxxxxxx"',
        "ana@mail.example.org;Other",
    ]
    assert "ben" not in struck
    assert "cher" not in struck
    before, after = (list(CsvRows(io.BytesIO(text.encode()))) for text in (FILE, struck))
    assert [(row.line, row.last_line, len(row.cells)) for row in after] == [
        (row.line, row.last_line, len(row.cells)) for row in before
    ]
    assert strike_out(path, ["ana@mail.example"]) == 0


@pytest.mark.parametrize("addresses", [[], [""]])
def test_nobody_is_struck_out_of_nothing(tmp_path: Path, addresses: list[str]) -> None:
    path = tmp_path / "readers.csv"
    path.write_text(FILE, encoding="utf-8", newline="")
    assert strike_out(path, addresses) == 0
    assert strike_out(tmp_path / "gone.csv", ["ana@mail.example"]) == 0
