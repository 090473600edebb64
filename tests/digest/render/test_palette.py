"""Colours: every theme can be read in light and dark, and a wrong one is named."""

from __future__ import annotations

import pytest

from digest.model.errors import RenderFailed
from digest.model.newsletter import Theme
from digest.render.palette import THEMES, contrast, palette, weak_pairs


@pytest.mark.parametrize("name", THEMES)
def test_every_theme_can_be_read(name: str) -> None:
    look = palette(Theme(name=name), "en")
    assert weak_pairs(look.light) == ()
    assert weak_pairs(look.dark) == ()


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#abcdef", "#abcdef") == pytest.approx(1)


def test_a_weak_accent_is_found() -> None:
    weak = weak_pairs(palette(Theme(accent="#ffcc00"), "en").light)
    assert {text for text, _, _ in weak} == {"accent"}


def test_wrong_names_and_colours_are_named() -> None:
    with pytest.raises(RenderFailed, match=r"theme\.name: 'sepia' is not a theme; choose newspaper or plain"):
        palette(Theme(name="sepia"), "en")
    with pytest.raises(RenderFailed, match=r"theme\.accent_dark: 'red' is not a colour"):
        palette(Theme(accent_dark="red"), "en")
    with pytest.raises(RenderFailed, match=r"theme\.accent: "):
        palette(Theme(accent="#fff;}"), "en")
