"""Look: how each newsletter is set, and every kind of block in a frame that runs and loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from digest.model.edition import Block, PictureBlock
from digest.model.person import Role
from digest.store.tx import Store
from digest.web.desk.look import gallery
from tests.digest.web.desk_site import DeskSite, desk
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
