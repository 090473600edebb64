"""Pictures beside saved documents: named by the document, read inside of the source's folder, and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import Permanent
from digest.model.story import Origin
from digest.sources.folder import FolderSource
from digest.sources.links import picture_file
from digest.sources.pictures import MAX_BYTES, Door
from tests.digest.sources.test_folder import NOW, write

ORIGIN = Origin(source="coast", outlet="Coastline", owner="Coastline Media")
JPEG = b"\xff\xd8\xff\xe0 as far as this test goes"
BODY = "<p>The bridge will close on Monday for repairs, the county said on Friday.</p>"
PAGE = (
    '<html><head><title>Bridge to close in May</title><meta property="og:image" content="{image}">'
    '<meta property="og:image:alt" content="A bridge"></head><body><article><h1>Bridge to close in May</h1>'
    + BODY * 3
    + "</article></body></html>"
)
RSS = (
    '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><item><title>Bridge to close</title>'
    '<guid>1</guid><media:content url="{image}" medium="image"/></item></channel></rss>'
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Bridge to close</title><id>tag:1</id>'
    '<link rel="enclosure" type="image/jpeg" href="{image}" title="A bridge"/></entry></feed>'
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the web brought."""

    url: str
    content: bytes


class Web:
    """The door to the web: says that it was asked."""

    def get(self, url: str, *, accept: str) -> Answer:
        return Answer(url=url, content=f"the web's {accept}".encode())


def _pictures(folder: Path) -> list[str | None]:
    return [entry.image_url for entry in FolderSource(origin=ORIGIN, path=str(folder)).read(NOW).entries]


@pytest.mark.parametrize(("name", "document"), [("1.html", PAGE), ("1.xml", RSS), ("1.atom", ATOM)])
def test_a_saved_document_shows_the_picture_beside_it(tmp_path: Path, name: str, document: str) -> None:
    write(tmp_path, f"may/{name}", document.format(image="pictures/a%20bridge.jpg"))
    write(tmp_path, "may/pictures/a bridge.jpg", JPEG)
    source = FolderSource(origin=ORIGIN, path=str(tmp_path))
    reading = source.read(NOW)
    (entry,) = reading.entries
    assert entry.image_url == "folder:coast/may/pictures/a%20bridge.jpg"
    assert reading.refusals == ()
    found = Door(Web(), {"coast": tmp_path}).get(entry.image_url, accept="image/jpeg")
    assert (found.url, found.content) == (entry.image_url, JPEG)


@pytest.mark.parametrize("document", [PAGE, ATOM])
def test_the_words_for_a_picture_come_with_it(tmp_path: Path, document: str) -> None:
    write(tmp_path, "1.html" if document is PAGE else "1.atom", document.format(image="bridge.jpg"))
    write(tmp_path, "bridge.jpg", JPEG)
    (entry,) = FolderSource(origin=ORIGIN, path=str(tmp_path)).read(NOW).entries
    assert entry.image_alt == "A bridge"


def test_a_picture_that_is_not_there_or_lies_outside_is_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(tmp_path, "secret.jpg", JPEG)
    (home / "pictures").mkdir(parents=True)
    (home / "pictures" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for number, image in enumerate(("../secret.jpg", "pictures/link.jpg", "pictures/none.jpg", "pictures")):
        write(home, f"{number}.html", PAGE.format(image=image))
    assert _pictures(home) == [None] * 4


def test_a_picture_on_the_web_stays_there(tmp_path: Path) -> None:
    write(tmp_path, "1.html", PAGE.format(image="https://outlet.example/a.jpg"))
    assert _pictures(tmp_path) == ["https://outlet.example/a.jpg"]


def test_the_door_to_the_web_is_asked_for_the_web() -> None:
    assert Door(Web(), {}).get("https://outlet.example/a.jpg", accept="image/png").content == b"the web's image/png"


def test_nothing_outside_of_a_sources_folder_is_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, "a.jpg", JPEG)
    write(home, "key.txt", "secret")
    write(tmp_path, "secret.jpg", JPEG)
    (home / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    os.mkfifo(home / "pipe.jpg")
    door = Door(Web(), {"coast": home})
    for path in (
        "coast/../secret.jpg",
        "coast/%2e%2e/secret.jpg",
        f"coast/{tmp_path}/secret.jpg",
        "coast/link.jpg",
        "coast/key.txt",
        "coast/none.jpg",
        "coast/pipe.jpg",
        "coast/a.jpg%00.jpg",
        "elsewhere/a.jpg",
        "",
    ):
        with pytest.raises(Permanent, match="folder:"):
            door.get(f"folder:{path}", accept="image/jpeg")
    assert door.get("folder:coast/a.jpg", accept="image/jpeg").content == JPEG


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Permanent, match="larger than"):
        Door(Web(), {"coast": tmp_path}).get("folder:coast/a.jpg", accept="image/jpeg")


@pytest.mark.parametrize(
    "address",
    [
        "../a.jpg",
        "b/../../a.jpg",
        "%2e%2e/a.jpg",
        "/a.jpg",
        "c:a.jpg",
        "b\\a.jpg",
        "a.txt",
        "a%00.jpg",
        "a" * 300 + ".jpg",
        7,
    ],
)
def test_what_is_no_path_beside_a_document(address: object) -> None:
    assert picture_file(address) is None


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[a./%2e\\:]{0,12}\.jpg", fullmatch=True), st.none()))
def test_a_path_beside_a_document_never_leads_up_or_out(address: str | None) -> None:
    found = picture_file(address)
    if found is not None:
        path = Path("/home/source") / found
        assert ".." not in path.parts
        assert str(path).startswith("/home/source/")
        assert path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp", ".gif"}
        assert "\0" not in found
