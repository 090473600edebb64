"""A folder as a source: everything readable comes in order, everything else is a refusal, nothing leads out."""

from __future__ import annotations

import contextlib
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.editorial.intake.clean import to_story
from digest.model.errors import BadDocument
from digest.model.story import Origin
from digest.sources.folder import FolderSource
from tests.digest.sources.expected import SAMPLES, facts, stated

NOW = datetime(2022, 4, 8, 12, tzinfo=UTC)
ORIGIN = Origin(source="coast", outlet="Coastline", owner="Coastline Media")
PAGE = "{title}\n\nThe bridge will close on Monday for repairs, the county said on Friday.\n"
ITEMS = "".join(f"<item><title>f{n}</title><guid>{n}</guid></item>" for n in (1, 2))
RSS = f"<rss version='2.0'><channel>{ITEMS}</channel></rss>"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def source(path: Path) -> FolderSource:
    return FolderSource(origin=ORIGIN, path=str(path))


@pytest.mark.parametrize("name", sorted(path.stem for path in (SAMPLES / "folder").glob("*.expected")))
def test_every_sample_folder_is_read_as_expected(name: str) -> None:
    folder = SAMPLES / "folder" / name
    reading = source(folder).read(NOW)
    wanted = stated(SAMPLES / "folder" / f"{name}.expected")
    assert [facts(entry, names) for entry, names in zip(reading.entries, wanted["entries"], strict=True)] == (
        wanted["entries"]
    )
    refused = {Path(one.path).relative_to(folder).as_posix(): one.reason for one in reading.refusals}
    assert refused.keys() == wanted["refused"].keys()
    assert all(refused[path].startswith(reason) for path, reason in wanted["refused"].items())
    verdicts = [to_story(entry, ORIGIN, now=NOW) for entry in reading.entries]
    assert {str(place): why for place, why in enumerate(verdicts) if isinstance(why, str)} == wanted["no_story"]


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", PAGE.format(title="Bridge to close in May"))
    write(tmp_path, "a/z.txt", PAGE.format(title="Another bridge to close"))
    write(tmp_path, "c.xml", RSS)
    reading = source(tmp_path).read(NOW)
    assert [entry.title for entry in reading.entries] == [
        "Another bridge to close",
        "Bridge to close in May",
        "f1",
        "f2",
    ]
    assert [entry.position for entry in reading.entries] == [0, 1, 0, 1]
    assert reading.entries[0].path == str(tmp_path / "a" / "z.txt")
    assert reading.refusals == ()
    assert source(tmp_path).read(NOW) == reading


def test_a_bad_file_is_a_refusal_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "1.txt", PAGE.format(title="Bridge to close in May"))
    write(tmp_path, "2.txt", b"\x00\x01\x02")
    write(tmp_path, "3.xml", "<rss><channel><item><title>cut")
    write(tmp_path, "4.txt", "")
    os.mkfifo(tmp_path / "5.txt")
    reading = source(tmp_path).read(NOW)
    assert len(reading.entries) == 1
    assert [Path(refusal.path).name for refusal in reading.refusals] == ["2.txt", "3.xml", "4.txt", "5.txt"]
    assert {refusal.source for refusal in reading.refusals} == {"coast"}
    assert "binary" in reading.refusals[0].reason


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, ".hidden.txt", PAGE.format(title="Hidden"))
    write(tmp_path, ".git/a.txt", PAGE.format(title="Hidden"))
    assert source(tmp_path).read(NOW).entries == ()
    assert source(tmp_path).read(NOW).refusals == ()


def test_links_lead_nowhere_but_inside(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside/secret.txt", PAGE.format(title="The secret of the bridge"))
    home = tmp_path / "home"
    inside = write(home, "a.txt", PAGE.format(title="Bridge to close in May"))
    (home / "b.txt").symlink_to(inside)
    (home / "c.txt").symlink_to(outside)
    (home / "d").symlink_to(outside.parent)
    (home / "e.txt").symlink_to(home / "e.txt")
    reading = source(home).read(NOW)
    assert [entry.title for entry in reading.entries] == ["Bridge to close in May"] * 2
    assert [Path(refusal.path).name for refusal in reading.refusals] == ["c.txt", "d", "e.txt"]


def test_a_folder_that_is_missing_fails_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="the folder cannot be read"):
        source(tmp_path / "absent").read(NOW)


def test_a_file_in_place_of_the_folder_fails_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="the folder cannot be read"):
        source(write(tmp_path, "a.txt", "x")).read(NOW)


def test_items_that_say_nothing_are_left_to_the_collection_to_refuse(tmp_path: Path) -> None:
    write(tmp_path, "a.json", '{"items": [5, null, {"title": "Told", "url": "https://a.example/"}]}')
    entries = source(tmp_path).read(NOW).entries
    assert [entry.title for entry in entries] == ["", "", "Told"]


def test_a_file_we_may_not_read_is_a_refusal(tmp_path: Path) -> None:
    # A socket cannot be opened by anybody; a mode of 0 stops everybody but root.
    with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.txt")
        write(tmp_path, "b.txt", PAGE.format(title="Bridge to close in May"))
        reading = source(tmp_path).read(NOW)
    assert [Path(refusal.path).name for refusal in reading.refusals] == ["a.txt"]
    assert "cannot be opened" in reading.refusals[0].reason
    assert len(reading.entries) == 1
