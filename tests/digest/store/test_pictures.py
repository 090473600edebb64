"""The folder of pictures: a file is there whole or not at all, and only under a name of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.store.pictures import PictureFolder

NAME = f"{'a' * 40}.jpg"


def test_what_was_put_is_there_and_stays(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "pictures")
    assert folder.get(NAME) is None
    folder.put(NAME, b"pixels")
    folder.put(NAME, b"pixels")
    assert folder.get(NAME) == b"pixels"
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [NAME]


@pytest.mark.parametrize(
    "name", ["", "../digest.db", "a.jpg", f"{'a' * 40}.svg", f"{'A' * 40}.jpg", f"{'a' * 40}.jpg\n"]
)
def test_another_name_is_none_of_ours(tmp_path: Path, name: str) -> None:
    folder = PictureFolder(tmp_path)
    with pytest.raises(ValueError, match="not the name of a picture"):
        folder.put(name, b"x")
    assert folder.get(name) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file in the way")
    with pytest.raises(OSError, match="pictures"):
        PictureFolder(tmp_path / "pictures").put(NAME, b"x")
