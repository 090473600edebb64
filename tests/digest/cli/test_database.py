"""backup, restore, db: what was saved comes back, and a copy sends nothing until a person says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from digest.cli.exits import Exit
from tests.digest.cli.desk import EDITION, RUN, Desk, open_desk


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Desk, Path]:
    """A desk whose edition is sent, and a backup of it."""
    desk = open_desk(tmp_path / "one")
    desk.digest(*RUN)
    return desk, Path(desk.json("backup", str(tmp_path / "backups"))["path"])


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()


def another(tmp_path: Path) -> Desk:
    """An empty place with the same configuration and sources."""
    (tmp_path / "two").mkdir()
    shutil.copytree(tmp_path / "one" / "sources", tmp_path / "two" / "sources")
    shutil.copy(tmp_path / "one" / "config.yaml", tmp_path / "two")
    return Desk(folder=tmp_path / "two")


def test_what_was_saved_comes_back_and_sends_nothing(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, path = saved
    two = another(tmp_path)
    answer = two.json("restore", str(path))
    assert answer["paused"]
    assert two.json("audit", EDITION) == desk.json("audit", EDITION)
    refused = two.digest(*RUN, code=Exit.HELD)
    assert "restored from a backup" in refused.stderr
    assert "digest db adopt" in refused.stderr
    assert two.letters == []
    assert "restored" in two.json("db", "check")["paused"]


def test_adopting_needs_a_yes(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    _, path = saved
    two = another(tmp_path)
    two.digest("restore", str(path))
    two.digest("db", "adopt", code=Exit.HELD)
    assert two.json("db", "adopt", "--yes")["adopted"]
    again = two.digest(*RUN)
    assert two.letters == [], "the restored account knows who has this edition"
    assert "4 of 4 readers have it" in again.stdout


def test_a_database_put_back_by_hand_sends_nothing(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, _ = saved
    database = desk.folder / "var" / "digest.db"
    database.unlink()
    for beside in database.parent.glob("digest.db-*"):
        beside.unlink()
    desk.import_readers()
    letters = desk.letters
    refused = desk.digest(*RUN, code=Exit.HELD)
    assert "older than what was sent" in refused.stderr
    assert desk.letters == letters


def test_a_restore_overwrites_nothing(saved: tuple[Desk, Path]) -> None:
    desk, path = saved
    refused = desk.digest("restore", str(path), code=Exit.USAGE)
    assert "is not empty" in refused.stderr


def test_how_a_backup_went_is_remembered(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, path = saved

    def remembered() -> tuple[bool, str]:
        (chore,) = [one for one in desk.json("feedback", "status")["chores"] if one["chore"] == "backup"]
        return chore["failed"], chore["note"]

    assert remembered() == (False, path.name)
    (tmp_path / "full").write_text("no folder")
    desk.digest("backup", str(tmp_path / "full" / "backups"), code=Exit.FAILED)
    assert remembered() == (True, "NotADirectoryError: Not a directory")
    desk.digest("backup", str(tmp_path / "more"))
    assert not remembered()[0]


def test_a_folder_that_is_no_backup_is_explained(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "one")
    refused = desk.digest("restore", str(tmp_path), code=Exit.BAD_DOCUMENT)
    assert "no backup" in refused.stderr


def test_a_sound_database_is_as_expected(saved: tuple[Desk, Path]) -> None:
    desk, _ = saved
    assert desk.json("db", "check")["wrong"] == []
    assert not desk.json("db", "upgrade")["changed"]
    assert not desk.json("db", "adopt")["adopted"]


def test_forgetting_says_what_went(saved: tuple[Desk, Path]) -> None:
    desk, _ = saved
    answer = desk.json("db", "forget")
    assert answer["stories"] == 9, "the samples are of 2022"
    assert answer["deliveries"] == 0, "the mailing is of today"
