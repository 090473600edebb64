"""Every shell block of the README, the tutorial and the how-to pages is run, or says why it is not."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.docs.pages import PAGES, ROOT, TRIED_ELSEWHERE, Block, Kind, blocks

_ENDS = "-- end of block --"


def name_of(page: Path) -> str:
    """A page as people name it."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_not_run_says_why(page: Path) -> None:
    found = list(blocks(page.read_text("utf-8")))
    assert [one.line for one in found if one.kind is Kind.NOT_RUN and not one.reason] == []
    assert [one.line for one in found if one.kind is Kind.RUN and one.language != "sh"] == [], "write ```sh"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_command_stands_where_nobody_runs_it(page: Path) -> None:
    """Indented code and fences without a language would be passed over."""
    found = MarkdownIt().parse(page.read_text("utf-8"))
    unseen = [one for one in found if one.type == "code_block" or (one.type == "fence" and not one.info)]
    assert [f"{name_of(page)}:{one.map[0] + 1}" for one in unseen if one.map] == [], "write ```sh, or name the language"


def test_what_is_tried_elsewhere_is_tried_there() -> None:
    for page, test in TRIED_ELSEWHERE.items():
        assert page in {one.name for one in PAGES}
        assert page in (ROOT / test).read_text("utf-8")


@pytest.mark.parametrize("page", [one for one in PAGES if one.name not in TRIED_ELSEWHERE], ids=name_of)
def test_its_blocks_run_one_after_the_other(page: Path, tmp_path: Path) -> None:
    found = [one for one in blocks(page.read_text("utf-8")) if one.kind in (Kind.BEFORE, Kind.RUN, Kind.PRINTED)]
    typed = [one for one in found if one.kind is not Kind.PRINTED]
    if not typed:
        return
    done = subprocess.run(
        ["bash", "-c", _script(typed)],
        cwd=_place(tmp_path),
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    said = done.stdout.split(f"{_ENDS}\n")
    reached = min(len(said), len(typed)) - 1
    assert done.returncode == 0, f"{name_of(page)}:{typed[reached].line}: {done.stdout[-2000:]}"
    for block, printed in _expected(found):
        output = _squeezed(said[typed.index(block)])
        for line in printed.text.splitlines():
            assert _squeezed(line) in output, f"{name_of(page)}:{printed.line}: {line!r} is not printed:\n{output}"


def test_a_page_that_is_wrong_is_found() -> None:
    page = "```sh not-run:\nx\n```\n<!-- before: a -->\n```sh\nb\n```\n```text printed\nc\n```\n```yaml\nd\n```\n"
    kinds = [one.kind for one in blocks(page)]
    assert kinds == [Kind.NOT_RUN, Kind.BEFORE, Kind.RUN, Kind.PRINTED, Kind.OTHER]
    assert [one.line for one in blocks(page)] == [1, 4, 5, 8, 11]
    assert next(blocks(page)).reason == ""


def _place(folder: Path) -> Path:
    """A folder like a fresh clone with its environment: the samples, and `.venv`."""
    home = folder / "clone"
    home.mkdir()
    shutil.copytree(ROOT / "samples", home / "samples")
    programs = home / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text("", "utf-8")
    for name, module in (("digest", "-m digest "), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n', "utf-8")
        (programs / name).chmod(0o755)
    return home


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    programs = str(folder / "clone" / ".venv" / "bin")
    return kept | {
        "PATH": programs + os.pathsep + kept.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "COLUMNS": "160",
        "REPOSITORY": str(ROOT),
    }


def _script(typed: list[Block]) -> str:
    """All blocks in one shell, as a person types them: a folder changed into stays changed into."""
    return "set -euo pipefail\n" + "".join(f"{one.text.strip()}\necho '{_ENDS}'\n" for one in typed)


def _expected(found: list[Block]) -> list[tuple[Block, Block]]:
    """Each block of printed lines with the one whose output it is."""
    return [(before, one) for before, one in itertools.pairwise(found) if one.kind is Kind.PRINTED]


def _squeezed(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text)
