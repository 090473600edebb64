"""Every bundled sample document is read: by the right reader, with a headline, a date and a text."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from digest.model.story import Entry, Origin
from digest.ports import Reading
from digest.sources.folder import FolderSource

SAMPLES = Path(__file__).parents[3] / "samples" / "sources"


@pytest.fixture(scope="module")
def reading() -> Reading:
    origin = Origin(source="samples", outlet="Samples", owner="Samples")
    return FolderSource(origin=origin, path=str(SAMPLES)).read(datetime(2022, 4, 9, tzinfo=UTC))


def test_nothing_is_refused(reading: Reading) -> None:
    assert reading.refusals == ()
    kinds = Counter(entry.kind for entry in reading.entries)
    assert set(kinds) == {"textdoc", "feed", "jsonfeed", "page"}
    assert len(reading.entries) >= 80


def test_every_entry_has_a_headline_and_nearly_every_one_a_text(reading: Reading) -> None:
    assert all(entry.title for entry in reading.entries)
    without = [entry.path for entry in reading.entries if len(" ".join(entry.paragraphs).split()) < 90]
    assert len(without) <= 3, without


def test_no_furniture_comes_out(reading: Reading) -> None:
    def texts(entry: Entry) -> tuple[str, ...]:
        return (entry.title, *entry.paragraphs, *entry.related_titles)

    marks = (
        "leave a reply",
        "tel:",
        "fax:",
        "all rights reserved",
        "we use cookies",
        "share on",
        "p.o. box",
        "advertisement",
    )
    for entry in reading.entries:
        assert not [text for text in texts(entry) if any(mark in text.lower() for mark in marks)], entry.path


def test_crawled_pages_give_all_their_facts(reading: Reading) -> None:
    for entry in reading.entries:
        if entry.kind == "textdoc":
            assert entry.section, entry.path
            assert entry.date, entry.path
            assert entry.published_at, entry.path
            assert entry.agency or entry.byline, entry.path


def test_every_picture_is_named_by_a_document_and_every_named_one_is_there(reading: Reading) -> None:
    named = {entry.image_url.removeprefix("folder:samples/") for entry in reading.entries if entry.image_url}
    there = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/pictures/*")}
    assert named == there
    assert len(there) == 8
    assert all(entry.image_alt for entry in reading.entries if entry.image_url)
    for name in there:
        with Image.open(SAMPLES / name) as picture:
            assert (picture.format, picture.size) == ("JPEG", (1104, 621))
        assert (SAMPLES / name).stat().st_size < 60_000
