"""ARCHITECTURE.md draws the house as it stands: what it names exists, and what exists is named on its floor."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
ROOMS = (ROOT, ROOT / "digest", ROOT / "digest" / "workflow", ROOT / "digest" / "sources", ROOT / "digest" / "web")
"""Where a bare name of a file is looked for, besides the rooms that its own line names."""


def layers() -> list[list[str]]:
    """The floors that `make check` holds, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    floors = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [[name.strip() for name in floor.split("|")] for floor in floors]


def rows() -> dict[str, int]:
    """The floor of each place in the table."""
    found: dict[str, int] = {}
    for floor, places in re.findall(r"^\| (\d) \| ([^|]+) \|", TEXT, re.MULTILINE):
        for place in re.findall(r"`([^`]+)`", places):
            found[place.rstrip("/").removesuffix(".py").replace("/", ".")] = int(floor)
    return found


def test_every_room_stands_on_its_floor() -> None:
    named = rows()
    order = [{named[room] for room in floor} for floor in layers()]
    assert all(len(floor) == 1 for floor in order), order
    heights = [floor.pop() for floor in order]
    assert heights == sorted(heights, reverse=True)


def test_nothing_is_drawn_that_is_gone_and_no_room_is_missing() -> None:
    rooms = {f"digest.{one.stem}" for one in (ROOT / "digest").iterdir() if not one.name.startswith("_")} | {
        "subscribers"
    }
    assert set(rows()) == rooms - {"digest.__pycache__"}
    (drawn,) = re.findall(r"```mermaid\nflowchart TB\n(.*?)```", TEXT, re.DOTALL)
    for room in rooms:
        assert re.search(rf"\b{room.rpartition('.')[2]}\b", drawn), room


def test_every_file_that_it_names_exists() -> None:
    missing: list[str] = []
    for paragraph in re.split(r"\n\n|\n(?=[-|])", TEXT):
        names = re.findall(r"`([^`\s<>]+(?:\.py|\.j2|\.yaml|/))`", paragraph)
        near = [ROOT / one for one in names if one.endswith("/")]
        places = [*ROOMS, *near, *(ROOT / "digest" / one for one in names if one.endswith("/"))]
        inside = [top / one.rpartition("/")[0] for one in names if "/" in one for top in (ROOT, ROOT / "digest")]
        missing += [
            one for one in names if not one.startswith(".") and not any((p / one).exists() for p in [*places, *inside])
        ]
    assert missing == []


def test_every_function_of_the_flow_exists() -> None:
    for name, path in re.findall(r"^- \*\*(\w+)\*\* \(`(workflow/\w+\.py)`", TEXT, re.MULTILINE):
        text = (ROOT / "digest" / path).read_text("utf-8")
        assert name in {"letters", "imports", "due"} or f"def {name}(" in text, f"{path}: {name}"
