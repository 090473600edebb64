"""Every alarm that the code can raise stands in the operator's table, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RAISED = (*sorted((ROOT / "digest" / "workflow").rglob("*.py")), ROOT / "digest" / "failures.py")


def raised() -> set[str]:
    """The last word of each key, as it stands in the code; a status is one of those that are told."""
    text = "\n".join(path.read_text("utf-8") for path in RAISED)
    keys = re.findall(r"Trouble\(\s*key=(?:f?\"([^\"]+)\"|(\w+))", text)
    assert len(keys) > 10
    words = {
        (literal or "clock-wrong").split("/")[0 if literal.startswith(("source/", "run/", "import/")) else -1]
        for literal, _ in keys
    }
    words |= {"missed"} if "{found[-1].key.date}" in words else set()
    words |= {"held", "skipped"} if "{status}" in words else set()
    return {word for word in words if "{" not in word}


def told() -> set[str]:
    """The same of the table."""
    page = (ROOT / "docs" / "how-to" / "be-told.md").read_text("utf-8")
    keys = [key for row in re.findall(r"^\| (`.+?) \|", page, re.M) for key in re.findall(r"`([^`]+)`", row)]
    first = {"source/SLUG": "source", "run/…": "run", "import/N": "import", "NEWSLETTER/missed/DATE": "missed"}
    return {first.get(key, key.split("/")[-1]) for key in keys}


def test_the_table_and_the_code_know_the_same_alarms() -> None:
    assert raised() == told()
