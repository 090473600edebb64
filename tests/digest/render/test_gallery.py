"""The gallery: everything in every light, nothing that runs or loads, and no window too small."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import get_args

import pytest
from playwright.sync_api import Browser

from digest.model.edition import Block
from digest.model.letter import LETTERS
from digest.model.newsletter import Theme
from digest.model.picture import KeptPicture
from digest.render.engine import Engine
from digest.render.gallery import LIGHTS, WIDTHS, gallery
from digest.render.palette import THEMES
from digest.render.specimens import specimen_editions
from tests.browser import opened
from tests.digest.render.editions import NEWSLETTER

KINDS = {block.__dataclass_fields__["kind"].default for block in get_args(Block)}


class _Windows(HTMLParser):
    """The windows of the page, and whatever else could load or run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.windows: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "iframe":
            self.windows.append({name: value or "" for name, value in attrs})


@pytest.fixture(scope="module")
def page(engine: Engine) -> str:
    return gallery(engine, NEWSLETTER)


def test_every_block_and_letter_in_every_light_at_both_widths(page: str) -> None:
    shown = [window["title"] for window in _Windows(page).windows]
    blocks = {f"{kind}, {light}, {width} px" for kind in KINDS for light in LIGHTS for width in WIDTHS}
    letters = {f"Letter: {k}, {light}, {width} px" for k in LETTERS for light in LIGHTS[:3] for width in WIDTHS}
    assert blocks | letters <= set(shown)
    assert all(shown.count(title) == len(THEMES) for title in blocks)
    assert all(shown.count(title) == 1 for title in letters)


def test_nothing_runs_and_nothing_is_loaded(page: str) -> None:
    found = _Windows(page)
    assert all(window["sandbox"] == "" for window in found.windows)
    for part in (page, *(window["srcdoc"] for window in found.windows)):
        assert "<script" not in part
        assert 'src="http' not in part
        assert "url(http" not in part
    assert not {"script", "link", "img", "object"} & found.tags
    assert "default-src 'none'" in page


def test_light_is_light_whatever_the_screen(page: str) -> None:
    for window in _Windows(page).windows:
        assert "prefers-color-scheme" not in window["srcdoc"]
        assert ("@media all" in window["srcdoc"]) == (", dark," in window["title"])
        assert ('dir="rtl"' in window["srcdoc"][:400]) == (", right to left," in window["title"])


def test_specimens_hold_what_their_name_says() -> None:
    for language in ("en", "ar"):
        editions = specimen_editions(language)
        assert set(editions) == KINDS
        for kind, made in editions.items():
            assert {block.kind for section in made.sections for block in section.blocks} == {kind}


def test_a_logo_is_inside_of_the_page(engine: Engine) -> None:
    logo = KeptPicture(name=f"{'3' * 40}.png", width=400, height=96, size=4)
    page = gallery(engine, replace(NEWSLETTER, theme=Theme(logo=logo)), logo=b"\x89PNG")
    assert "data:image/png;base64,iVBORw==" in page
    assert logo.name not in page


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_no_window_is_too_small_for_what_it_shows(chromium: Browser, page: str, width: int) -> None:
    windows = [
        window
        for window in _Windows(page).windows
        if window["width"] == str(width) and (", light," in window["title"] or ", right to left," in window["title"])
    ]
    assert len(windows) > 30
    small = []
    with opened(chromium, "<p>", width=width) as shown:
        for window in windows:
            shown.set_viewport_size({"width": width, "height": int(window["height"])})
            shown.set_content(unescape(window["srcdoc"]), wait_until="commit")
            needed = shown.evaluate(
                "() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
            )
            if needed[0] > int(window["height"]) or needed[1] > width:
                small.append((window["title"], window["height"], needed))
    assert small == []
