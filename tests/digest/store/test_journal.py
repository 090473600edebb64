"""Calls under way: what a page says of a call whose sender is gone, and when it says nothing."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.delivery import Chunk, ChunkState
from digest.model.errors import Lost, Transient
from digest.ports import Told
from digest.store.journal import FileJournal, _Page
from tests.fakes import MORNING

FULL = Path("/dev/full")
KEYS = {f"key{seq}": seq for seq in (3, 4, 5, 6, 7)}
CHUNK = Chunk(
    id=12, mailing=1, variant="en:all", due_at=MORNING, first_seq=3, last_seq=8, state=ChunkState.SENDING, attempt=2,
    owner="somebody", sent_at=MORNING,
)  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path / "calls", boot="this one")


def told(taken: set[int], waited_for: set[int], left: set[int]) -> Told:
    return Told(taken=frozenset(taken), waited_for=frozenset(waited_for), left=frozenset(left))


def begin(journal: FileJournal) -> None:
    """A call that took one, was refused another, and broke off at the fourth."""
    with journal.page(CHUNK, KEYS) as page:
        for key, taken in (("key3", True), ("key4", False), ("key5", None)):
            page.begun(key)
            page.ended(key, taken=taken)
        page.begun("key6")


def test_it_tells_who_was_taken_who_was_waited_for_and_who_was_left(journal: FileJournal) -> None:
    begin(journal)
    assert journal.told(CHUNK) == told({3}, {5, 6}, {4, 7})


def test_what_a_reader_was_told_last_counts(journal: FileJournal) -> None:
    with journal.page(CHUNK, KEYS) as page:
        page.begun("key3")
        page.ended("key3", taken=False)
        page.begun("key3")
        page.ended("key3", taken=True)
    assert journal.told(CHUNK) == told({3}, set(), {4, 5, 6, 7})


def test_a_call_of_which_nobody_was_begun_left_everybody(journal: FileJournal) -> None:
    with journal.page(CHUNK, KEYS):
        pass
    assert journal.told(CHUNK) == told(set(), set(), set(KEYS.values()))


def test_it_says_nothing_while_its_sender_lives(journal: FileJournal) -> None:
    with journal.page(CHUNK, KEYS) as page:
        page.begun("key3")
        assert journal.told(CHUNK) is None
        # And nobody else begins the same call.
        with pytest.raises(Lost), journal.page(CHUNK, KEYS):
            pass
    assert journal.told(CHUNK) is not None


def test_each_begin_is_written_before_it_returns(journal: FileJournal, tmp_path: Path) -> None:
    with journal.page(CHUNK, KEYS) as page:
        page.begun("key3")
        assert (tmp_path / "calls" / "12.2").read_text().endswith("b 3\n")
        page.ended("key3", taken=True)
        page.begun("key4")
        assert (tmp_path / "calls" / "12.2").read_text().endswith("t 3\nb 4\n")


@pytest.mark.parametrize(
    "other",
    [
        replace(CHUNK, attempt=3),
        replace(CHUNK, id=13),
        replace(CHUNK, owner="somebody else"),
        replace(CHUNK, sent_at=MORNING + timedelta(seconds=1)),
    ],
    ids=["try", "chunk", "owner", "instant"],
)
def test_it_speaks_of_that_one_call_only(journal: FileJournal, tmp_path: Path, other: Chunk) -> None:
    begin(journal)
    # Numbers come again in a database that was put back: the file may even have the name.
    os.replace(tmp_path / "calls" / "12.2", tmp_path / "calls" / f"{other.id}.{other.attempt}")
    assert journal.told(other) is None


def test_after_the_machine_was_started_anew_it_counts_no_more(journal: FileJournal, tmp_path: Path) -> None:
    begin(journal)
    assert FileJournal(tmp_path / "calls", boot="another one").told(CHUNK) is None


def test_where_nobody_knows_how_often_the_machine_was_started_nothing_is_written(tmp_path: Path) -> None:
    begin(FileJournal(tmp_path / "calls", boot=""))
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("damage", ["b 4", "b 99\n", "x 4\n", "b four\n", "\x00\x00\x00\n"])
def test_a_page_with_anything_odd_in_it_says_nothing(journal: FileJournal, tmp_path: Path, damage: str) -> None:
    begin(journal)
    with (tmp_path / "calls" / "12.2").open("a") as file:
        file.write(damage)
    assert journal.told(CHUNK) is None


def test_it_is_gone_once_it_is_forgotten(journal: FileJournal) -> None:
    begin(journal)
    journal.forget(CHUNK)
    journal.forget(CHUNK)
    assert journal.told(CHUNK) is None


def test_a_folder_that_cannot_be_written_to_holds_no_call_up(tmp_path: Path) -> None:
    (tmp_path / "calls").write_text("in the way")
    journal = FileJournal(tmp_path / "calls", boot="this one")
    begin(journal)
    assert journal.told(CHUNK) is None


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_disk_makes_an_end_of_the_page_and_not_of_the_call(tmp_path: Path) -> None:
    """A page with a gap would call a reader left who was begun."""
    path = tmp_path / "12.2"
    path.touch()
    page = _Page(path, os.open(FULL, os.O_WRONLY), KEYS)
    page.begun("key3")
    assert not path.exists()
    page.ended("key3", taken=True)
    page.begun("key4")
    page.close()


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_where_not_even_that_can_be_done_no_message_is_sent(tmp_path: Path) -> None:
    page = _Page(tmp_path / "gone" / "12.2", os.open(FULL, os.O_WRONLY), KEYS)
    with pytest.raises(Transient, match="cannot be written down"):
        page.begun("key3")
    page.close()


def test_pages_that_nobody_read_are_thrown_away(journal: FileJournal, tmp_path: Path) -> None:
    begin(journal)
    path = tmp_path / "calls" / "12.2"
    old = time.time() - 3 * 86_400
    os.utime(path, (old, old))
    other = FileJournal(tmp_path / "calls", boot="this one")
    with other.page(replace(CHUNK, id=13), KEYS):
        assert not path.exists()
