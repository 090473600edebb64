"""What the pages of the documentation hold: blocks of code, and what is said about each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "tutorial.md",
    ROOT / "docs" / "desk.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
)
TRIED_ELSEWHERE = {"use-the-api.md": "tests/digest/web/test_api_howto.py"}
"""Pages whose blocks another test runs, because they need more than a shell: a site that answers."""

_NOT_RUN = "not-run:"
_PIECE = re.compile(
    r"^<!-- before: (?P<before>.*?) -->$|^```(?P<told>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Kind(StrEnum):
    """What a block is for."""

    BEFORE = "before"
    """Hidden in a comment: what the reader has by now and a test has not."""
    RUN = "run"
    NOT_RUN = "not run"
    PRINTED = "printed"
    """Each line is a line that the block before it printed; `…` at an end stands for the rest of it."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of code of a page. `line` counts from 1."""

    kind: Kind
    language: str
    text: str
    line: int
    reason: str = ""
    """Why it is not run."""


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page of Markdown, in their order."""
    for piece in _PIECE.finditer(text):
        line = text.count("\n", 0, piece.start()) + 1
        if (hidden := piece["before"]) is not None:
            yield Block(kind=Kind.BEFORE, language="sh", text=hidden, line=line)
            continue
        language, _, rest = piece["told"].partition(" ")
        reason = rest.removeprefix(_NOT_RUN).strip() if rest.startswith(_NOT_RUN) else ""
        yield Block(kind=_kind(language, rest), language=language, text=piece["text"], line=line, reason=reason)


def _kind(language: str, rest: str) -> Kind:
    if rest == "printed":
        return Kind.PRINTED
    if language not in {"sh", "bash", "shell", "console"}:
        return Kind.OTHER
    return Kind.NOT_RUN if rest.startswith(_NOT_RUN) else Kind.RUN
