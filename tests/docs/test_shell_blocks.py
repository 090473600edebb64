"""Every shell block of the README, the tutorial and the how-to pages is run, or says why it is not."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.databases import fresh_url
from tests.docs.machine import led_to
from tests.docs.pages import PAGES, ROOT, TRIED_ELSEWHERE, Block, Kind, blocks
from tests.docs.warm import CLIENT
from tests.servers.s3 import s3_server
from tests.servers.sendgrid_api import SendGridServer

_ENDS = "-- end of block --"
MACHINE = "python -m tests.docs.machine"
OUTSIDE: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "postgresql+psycopg://digest@db.internal/digest": lambda folder: fresh_url("postgresql", folder),
    "https://s3.example.net": lambda _: s3_server("news-digest"),
    "https://stand-in.sendgrid.example": lambda _: _sendgrid(),
}
"""Addresses of servers that the pages name, and what starts one like them here."""


@contextlib.contextmanager
def _sendgrid() -> Iterator[str]:
    with SendGridServer() as server:
        yield server.url


def name_of(page: Path) -> str:
    """A page as people name it."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_not_run_says_why(page: Path) -> None:
    found = list(blocks(page.read_text("utf-8")))
    assert [one.line for one in found if one.kind is Kind.NOT_RUN and not one.reason] == []
    assert [one.line for one in found if one.kind is Kind.RUN and one.language != "sh"] == [], "write ```sh"


def test_no_more_is_left_out() -> None:
    """What needs the web, somebody's account, a port that others may have, or does not end. Less is better."""
    left_out = {
        name_of(page): len(found)
        for page in PAGES
        if (found := [one for one in blocks(page.read_text("utf-8")) if one.kind is Kind.NOT_RUN])
    }
    assert left_out == {
        "README.md": 1,
        "docs/tutorial.md": 1,
        "docs/desk.md": 1,
        "docs/how-to/feeds.md": 1,
        "docs/how-to/monitor.md": 1,
        "docs/how-to/object-storage.md": 1,
        "docs/how-to/sendgrid.md": 1,
        "docs/how-to/use-the-api.md": 1,
    }


_SOMEBODY_ELSES = re.compile(
    r"(?:pip|uv|pipx)[^\n`]{0,40} install[^\n`]{0,40}[ \"']digest(?![\w-])|install digest\[|`digest\["
)


def test_nobody_is_told_to_install_a_stranger_s_package() -> None:
    """What the Python Package Index calls `digest` is not this: no page and no message may send anybody there."""
    written = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", ROOT / "Makefile"]
    for folder, ending in (("docs", "md"), ("deploy", "*"), ("digest", "py"), ("subscribers", "py")):
        written += [one for one in (ROOT / folder).rglob(f"*.{ending}") if one.is_file()]
    found = [name_of(one) for one in written if _SOMEBODY_ELSES.search(one.read_text("utf-8", errors="replace"))]
    assert found == []
    for wrong in (
        "pip install 'digest[engine]'",
        "pip install digest",
        "install digest[ses]",
        "needs `digest[sentry]`",
    ):
        assert _SOMEBODY_ELSES.search(wrong), wrong
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] != "digest"
    assert "Private :: Do Not Upload" in project["classifiers"]


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
def test_its_blocks_run_one_after_the_other(page: Path, tmp_path: Path, started: Path) -> None:
    found = [one for one in blocks(page.read_text("utf-8")) if one.kind in (Kind.BEFORE, Kind.RUN, Kind.PRINTED)]
    typed = [one for one in found if one.kind is not Kind.PRINTED]
    if not typed:
        return
    _place(tmp_path, started)
    script = _script(typed)
    with contextlib.ExitStack() as servers:
        for written, start in OUTSIDE.items():
            if written in script:
                script = script.replace(written, servers.enter_context(start(tmp_path)))
        _type(page, script, found, typed, tmp_path)


def _type(page: Path, script: str, found: list[Block], typed: list[Block], folder: Path) -> None:
    """Run it, and look whether what the page says is printed is printed."""
    done = subprocess.run(
        ["bash", "-c", led_to(folder / "clone", script) if MACHINE in script else script],
        cwd=folder / "clone",
        env=_environment(folder),
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
        output = said[typed.index(block)]
        for line in printed.text.splitlines():
            assert _is_printed(line, output), f"{name_of(page)}:{printed.line}: {line!r} is not printed:\n{output}"


def test_a_printed_line_is_a_whole_line_or_says_that_there_is_more_of_it() -> None:
    """`161` was found in "161 of 161 readers have it", while the command that it stood under printed 162."""
    output = "delivered      161\nworld/2022-04-08: 161 of 161 readers have it  \n162\n"
    for right in ("delivered   161", "162", "… 161 of 161 readers have it", "world/2022-04-08: …", "… readers …"):
        assert _is_printed(right, output), right
    for wrong in ("161", "161 of 161 readers have it", "… 61 of 161 …", "… 16 …", "world/2022-04-0…", "delivered 16"):
        assert not _is_printed(wrong, output), wrong


def test_a_page_that_is_wrong_is_found() -> None:
    page = "```sh not-run:\nx\n```\n<!-- before: a -->\n```sh\nb\n```\n```text printed\nc\n```\n```yaml\nd\n```\n"
    kinds = [one.kind for one in blocks(page)]
    assert kinds == [Kind.NOT_RUN, Kind.BEFORE, Kind.RUN, Kind.PRINTED, Kind.OTHER]
    assert [one.line for one in blocks(page)] == [1, 4, 5, 8, 11]
    assert next(blocks(page)).reason == ""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a program that has started already."""
    place = tmp_path_factory.mktemp("warm") / "digest"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.docs.warm", str(place)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield place
        process.communicate(timeout=60)


def _place(folder: Path, started: Path) -> None:
    """A folder like a fresh clone with its environment: the samples, and `.venv`."""
    home = folder / "clone"
    home.mkdir()
    shutil.copytree(ROOT / "samples", home / "samples")
    programs = home / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text("", "utf-8")
    (programs / "digest").write_text(CLIENT.format(python=sys.executable, socket=str(started)), "utf-8")
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    for program in programs.iterdir():
        program.chmod(0o755)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    programs = str(folder / "clone" / ".venv" / "bin")
    return kept | {
        "PATH": os.pathsep.join(
            (str(folder / "clone" / "usr" / "local" / "bin"), programs, kept.get("PATH", os.defpath))
        ),
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


def _is_printed(line: str, output: str) -> bool:
    """True where it is a line of the output, of whatever blanks. `…` at an end stands for more, and cuts no word."""
    wanted = _squeezed(line)
    said = re.escape(wanted.removeprefix("…").removesuffix("…").strip())
    before = r"(?:.*(?<!\w))?" if wanted.startswith("…") else ""
    after = r"(?:(?!\w).*)?" if wanted.endswith("…") else ""
    pattern = re.compile(before + said + after)
    return any(pattern.fullmatch(_squeezed(one)) for one in output.splitlines())


def _squeezed(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text).strip()
