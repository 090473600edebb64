"""Pictures of an edition: fetched once, kept under their content's name, and missed without harm."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from digest.model.edition import Edition, EditionSection, LeadBlock, PictureBlock, StoryBlock
from digest.model.errors import Permanent, Transient
from digest.model.newsletter import Theme
from digest.ports import App
from digest.render.pixels import LEAD, THUMB
from digest.store.pictures import PictureFolder
from digest.store.tx import Store
from digest.workflow.stories.pictures import illustrate
from tests import builders
from tests.digest.render.photographs import landscape, written
from tests.fakes import ScriptedProvider

PHOTOGRAPH = written(landscape())
TRACKER = written(landscape(1, 1), "GIF")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a fetch brought."""

    url: str
    content: bytes


@dataclass
class Web:
    """A web of pictures by address; it counts who asked for what."""

    pictures: Mapping[str, bytes | Exception]
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, *, accept: str) -> Answer:
        assert accept.startswith("image/")
        self.asked.append(url)
        found = self.pictures[url]
        if isinstance(found, Exception):
            raise found
        return Answer(url=url, content=found)


def _edition(*urls: str) -> Edition:
    lead, *others = (builders.told(number, image_url=url, image_alt="seen") for number, url in enumerate(urls))
    return replace(
        builders.edition(),
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=lead),)),
            EditionSection(slug="world", title="World", blocks=tuple(StoryBlock(told=told) for told in others)),
        ),
    )


def _app(store: Store, tmp_path: Path, web: Web) -> App:
    app = builders.app_on(store, provider=ScriptedProvider())
    return replace(app, fetch=web, pictures=PictureFolder(tmp_path / "pictures"))


def test_a_lead_is_cut_wide_and_every_second_story_has_a_thumbnail(store: Store, tmp_path: Path) -> None:
    urls = [f"https://outlet.example/{number}.jpg" for number in range(4)]
    web = Web(dict.fromkeys(urls, PHOTOGRAPH))
    done = illustrate(_app(store, tmp_path, web), builders.newsletter(), _edition(*urls))
    kept = [told.picture for told in done.edition.told]
    assert [picture and picture.width for picture in kept] == [LEAD.width, THUMB.width, None, THUMB.width]
    assert sorted(web.asked) == [urls[0], urls[1], urls[3]]
    assert (done.kept, done.missing) == (3, ())
    for picture in kept:
        if picture is not None:
            content = (tmp_path / "pictures" / picture.name).read_bytes()
            assert len(content) == picture.size
    # Equal pictures are one file: two frames were cut, for three stories.
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_second_look_fetches_nothing(store: Store, tmp_path: Path) -> None:
    web = Web({"https://a.example/1": PHOTOGRAPH, "https://a.example/2": PHOTOGRAPH})
    app = _app(store, tmp_path, web)
    first = illustrate(app, builders.newsletter(), _edition(*web.pictures))
    again = illustrate(app, builders.newsletter(), first.edition)
    assert again.edition == first.edition
    assert len(web.asked) == 2
    assert again.kept == 0


def test_a_story_that_becomes_the_lead_gets_the_wide_cut(store: Store, tmp_path: Path) -> None:
    web = Web({"https://a.example/1": PHOTOGRAPH, "https://a.example/2": PHOTOGRAPH})
    app = _app(store, tmp_path, web)
    first = illustrate(app, builders.newsletter(), _edition(*web.pictures)).edition
    old, new = first.told
    swapped = replace(
        first,
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=new),)),
            EditionSection(slug="world", title="World", blocks=(StoryBlock(told=old),)),
        ),
    )
    widths = [
        told.picture and told.picture.width for told in illustrate(app, builders.newsletter(), swapped).edition.told
    ]
    assert widths == [LEAD.width, THUMB.width]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (TRACKER, "too small"),
        (b"<html>Not found</html>", "no picture that we read"),
        (Permanent("https://a.example/1: answered 404 Not Found; check the address"), "answered 404"),
        (Transient("https://a.example/1: took longer than 20 s"), "took longer"),
    ],
)
def test_what_cannot_be_had_is_left_out_with_its_reason(
    store: Store, tmp_path: Path, answer: bytes | Exception, reason: str
) -> None:
    web = Web({"https://a.example/1": answer, "https://a.example/2": PHOTOGRAPH})
    done = illustrate(_app(store, tmp_path, web), builders.newsletter(), _edition(*web.pictures))
    assert [bool(told.picture) for told in done.edition.told] == [False, True]
    assert [(one.path, reason in one.reason) for one in done.missing] == [("https://a.example/1", True)]


def test_nobody_waits_for_a_slow_picture(store: Store, tmp_path: Path) -> None:
    release = threading.Event()

    class Slow(Web):
        def get(self, url: str, *, accept: str) -> Answer:
            if url.endswith("slow"):
                release.wait(10)
            return super().get(url, accept=accept)

    web = Slow({"https://a.example/slow": PHOTOGRAPH, "https://a.example/2": PHOTOGRAPH})
    try:
        app = _app(store, tmp_path, web)
        done = illustrate(app, builders.newsletter(), _edition(*web.pictures), deadline=0.3)
    finally:
        release.set()
    assert [bool(told.picture) for told in done.edition.told] == [False, True]
    assert "took longer than" in done.missing[0].reason


def test_a_picture_block_is_fetched_too(store: Store, tmp_path: Path) -> None:
    block = PictureBlock(image_url="https://a.example/1", alt="A shore")
    made = replace(builders.edition(), sections=(EditionSection(slug="world", title="World", blocks=(block,)),))
    done = illustrate(_app(store, tmp_path, Web({block.image_url: PHOTOGRAPH})), builders.newsletter(), made)
    shown = done.edition.sections[0].blocks[0]
    assert isinstance(shown, PictureBlock)
    assert shown.picture is not None
    assert shown.picture.width == LEAD.width


def test_without_a_door_or_the_wish_nothing_is_fetched(store: Store, tmp_path: Path) -> None:
    web = Web({"https://a.example/1": PHOTOGRAPH})
    app, made = _app(store, tmp_path, web), _edition(*web.pictures)
    assert illustrate(replace(app, fetch=None), builders.newsletter(), made).edition == made
    assert illustrate(replace(app, pictures=None), builders.newsletter(), made).edition == made
    silent = builders.newsletter(theme=Theme(pictures=False))
    assert illustrate(app, silent, made).edition == made
    assert web.asked == []
