"""The table of threats names tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| .* \| `(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)` \|$", re.MULTILINE)


def _tests_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_threat_names_a_test_that_is_there() -> None:
    page = (ROOT / "docs/reference/readers.md").read_text("utf-8")
    named = _ROW.findall(page)
    table = page.partition("## Threats")[2]
    assert len(named) == table.count("\n| ") - 1, "a row of another form"
    told = set(re.findall(r"^\| (T\d+)", table, re.MULTILINE))
    assert told == {f"T{n}" for n in (1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 30, 31)}
    lost = [f"{path}::{name}" for path, name in named if name not in _tests_in(ROOT / path)]
    assert lost == []
