"""Look: how each newsletter is set, and every kind of block in a frame that runs and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from digest.model.edition import Block, PictureBlock
from digest.model.look import Look
from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.web.desk.look import gallery
from digest.workflow.edition.looks import FRESH, Dressed, dress
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import own_newsletter

OTHER = replace(own_newsletter(), slug="other", list="other", name="The Other")


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, others=(OTHER,)) as made:
        yield made


def test_it_says_how_it_is_set_and_shows_every_block(place: DeskSite) -> None:
    with place.enter(Role.ANALYST) as ann:
        page = ann.get("/desk/look").text
        assert OTHER.postal_address in page
        assert OTHER.theme.accent in page
        frame = ann.get("/desk/look/world/frame", params={"view": "dark"})
        assert "Words that somebody said" in frame.text
        assert "93 to 24" in frame.text
        assert frame.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert ann.get("/desk/look/world/frame?view=no").status_code == 404
        assert ann.get("/desk/look/nowhere/frame").status_code == 404


def test_whoever_works_on_one_newsletter_sees_that_one(place: DeskSite) -> None:
    with place.enter(Role.ANALYST, newsletters=("world",)) as ann:
        assert "The Other" not in ann.get("/desk/look").text
        assert ann.get("/desk/look/other/frame").status_code == 404


def test_the_gallery_has_every_kind_of_block_but_pictures(place: DeskSite) -> None:
    shown = {type(block) for section in gallery(OTHER, now=place.site.clock()).sections for block in section.blocks}
    assert shown == set(get_args(Block)) - {PictureBlock}


def dressed(store: Store, app: App) -> App:
    """The same app with newsletters that wear what the desk gives them, as in a real installation."""
    return replace(app, newsletters=Dressed(app.newsletters, store.read))


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, others=(OTHER,), adapt=lambda app: dressed(store, app)) as made:
        yield made


FORM = {
    "theme": "plain", "accent": "#123456", "accent_dark": "#ff9b8a", "page": "", "page_dark": "",
    "publisher": "A New Publisher", "postal_address": "7 New Street, Newtown", "logo": "",
}  # fmt: skip


def test_it_is_tried_kept_and_taken_back(house: DeskSite) -> None:
    before = house.site.app.newsletters["world"]
    with house.enter(Role.ADMIN) as ann:
        tried = ann.post("/desk/look/world", data={**FORM, "do": "try"}, files={"file": ("", b"")})
        frame = unescape(re.findall(r'src="([^"]*world/frame[^"]*)"', tried.text)[0])
        assert "7 New Street" in ann.get(frame).text
        assert house.site.app.newsletters["world"] == before  # nothing is kept yet
        assert "7 New Street" not in ann.get("/desk/look/world/frame").text
        kept = ann.post("/desk/look/world", data={**FORM, "do": "keep"}, files={"file": ("", b"")})
        assert "Set at the desk by Ann Lee: Theme, Accent, Publisher, Footer address." in unescape(kept.text)
        now = house.site.app.newsletters["world"]
        assert (now.theme.name, now.theme.accent, now.postal_address) == ("plain", "#123456", FORM["postal_address"])
        assert house.site.app.newsletters["other"] == OTHER
        assert "7 New Street" in ann.get(f"{DESK}/preview/frame?view=desktop").text
        change = re.findall(r'name="change" value="(\d+)"', kept.text)[0]
        ann.post("/desk/look/world/take-back", data={"change": change})
        assert house.site.app.newsletters["world"] == before
        assert ann.post("/desk/look/world/take-back", data={"change": change}).status_code == 422
    with house.site.store.read() as tx:
        lines = [(one.event, one.detail) for one in tx.reports.log(before=None, limit=5) if "look" in one.event]
    assert lines == [("look.taken_back", ""), ("look.changed", "theme, accent, publisher, postal_address")]


def test_a_logo_is_brought_kept_over_a_preview_and_left_out(house: DeskSite) -> None:
    drawn = BytesIO()
    Image.new("RGB", (200, 60), "#123456").save(drawn, "PNG")
    with house.enter(Role.ADMIN) as ann:
        file = {"file": ("logo.png", drawn.getvalue(), "image/png")}
        tried = ann.post("/desk/look/world", data={**FORM, "do": "try"}, files=file)
        brought = re.findall(r'name="logo" value="([^"]+)"', tried.text)[0]
        ann.post("/desk/look/world", data={**FORM, "do": "keep", "logo": brought}, files={"file": ("", b"")})
        logo = house.site.app.newsletters["world"].theme.logo
        assert logo is not None
        assert ann.get(f"/pictures/{logo.name}").headers["content-type"] == "image/png"
        ann.post("/desk/look/world", data={**FORM, "do": "keep", "no_logo": "1"}, files={"file": ("", b"")})
        assert house.site.app.newsletters["world"].theme.logo is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("accent", "red"), ("accent", "#12345"), ("page", "#fff;}"), ("theme", "<b>"), ("postal_address", "x" * 301)],
)
def test_what_no_newsletter_can_wear_is_refused(house: DeskSite, field: str, value: str) -> None:
    with house.enter(Role.ADMIN) as ann:
        form = {**FORM, field: value, "do": "keep"}
        assert ann.post("/desk/look/world", data=form, files={"file": ("", b"")}).status_code == 422
        no_picture = {"file": ("x.png", b"<svg/>", "image/png")}
        assert ann.post("/desk/look/world", data={**FORM, "do": "keep"}, files=no_picture).status_code == 422
    with house.site.store.read() as tx:
        assert tx.looks.newest() == {}


def test_weak_colours_are_said_before_they_are_kept(house: DeskSite) -> None:
    with house.enter(Role.ADMIN) as ann:
        weak = ann.post("/desk/look/world", data={**FORM, "accent": "#dddddd"}, files={"file": ("", b"")})
        assert "accent on card has a contrast of 1.4" in weak.text


def test_another_process_sees_it_after_two_seconds(house: DeskSite) -> None:
    seconds = [0.0]
    other = Dressed({"world": OTHER}, house.site.store.read, ticks=lambda: seconds[0])
    assert other["world"].publisher == OTHER.publisher
    dress(house.site.app, "world", Look(publisher="Somebody else"), by="Ann")
    assert other["world"].publisher == OTHER.publisher
    seconds[0] = FRESH
    assert other["world"].publisher == "Somebody else"
