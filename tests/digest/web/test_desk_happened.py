"""Every kind of line that the log has, every phase and every chore is said in words, in English and in French."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import digest
from digest.model.run import REMINDER, Phase, RunKey
from digest.web.desk.happened import chore_of, happened, phase_of
from digest.web.desk.words import desk_words
from tests.builders import DAY

ROOT = Path(digest.__file__).parent
BY_VALUE = {"edition.held", "edition.skipped", "mailing.paused", "mailing.stopped"}
"""Kinds whose end is the name of a state."""


def _texts(node: ast.AST) -> Iterator[str]:
    """What an expression may be, where that stands in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _logged() -> set[str]:
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.endswith(("tx.log", "_log")):
                    found.update(text for one in node.args[:2] for text in _texts(one))
            elif (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "event") or (
                isinstance(node, ast.keyword) and node.arg == "event"
            ):
                found.update(_texts(node.value))
    return {one for one in found if one.count(".") == 1 and one.replace(".", "").replace("_", "").isalpha()} | BY_VALUE


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_kind_of_line_has_words(language: str) -> None:
    said = happened(desk_words(language, ""))
    assert set(said) == _logged()
    assert len(set(said.values())) == len(said)


def test_phases_and_chores_have_words() -> None:
    english, french = desk_words("en", ""), desk_words("fr", "")
    keys = [RunKey(newsletter="world", date=DAY, phase=phase) for phase in Phase]
    keys.append(RunKey(newsletter="world", date=DAY, phase=Phase.APPROVE, slot=REMINDER))
    for key in keys:
        assert phase_of(english, key) != phase_of(french, key), key
    collected = RunKey(newsletter="world", date=DAY, phase=Phase.COLLECT, slot="05:30")
    assert phase_of(english, collected) == "Collect 05:30"
    for name in ("bounces", "suppressions/x", "all-suppressions/x", "lookups/x", "aftermath", "retention", "backup"):
        assert chore_of(english, name) not in (name, chore_of(french, name)), name
    assert chore_of(english, "lookups/sendgrid").endswith("(sendgrid)")
    assert chore_of(english, "something new") == "something new"
