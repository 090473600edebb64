"""Commands that only look: in a new place they make nothing, and say what would."""

from __future__ import annotations

from pathlib import Path

from digest.cli.exits import Exit
from tests.digest.cli.desk import Desk

LOOKING = (
    "status", "status world/2026-11-22", "audit world/2026-11-22", "show world/2026-11-22",
    "explain world/2026-11-22 1",
    "check world/2026-11-22", "preview world/2026-11-22", "lists show", "segments show --list world", "attributes show",
    "subscribers show ana@example.org", "subscribers list --list world", "subscribers export --list world",
    "subscribers imports", "subscribers imports --show 1", "people list", "token list", "webhooks list",
    "webhooks failures 1", "feedback status", "trial status", "db check", "backup backups",
)  # fmt: skip


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_in_a_new_place_they_make_nothing_and_say_what_would(empty: Desk) -> None:
    empty.configure()
    before = files(empty.folder)
    for line in LOOKING:
        answer = empty.digest(*line.split(), code=Exit.USAGE)
        assert "there is no database yet" in answer.stderr, line
        assert "`digest init`" in answer.stderr, line
        assert "no database yet" in empty.json(*line.split(), code=Exit.USAGE)["error"], line
    assert files(empty.folder) == before


def test_the_sources_of_the_configuration_are_listed_without_one(empty: Desk) -> None:
    empty.configure()
    before = files(empty.folder)
    assert "never" in empty.digest("sources", "list").stdout
    assert files(empty.folder) == before
