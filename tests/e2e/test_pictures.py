"""The picture in README can be drawn anew by anybody who has a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pictures import PICTURES, draw_digest, run_samples, with_pictures


def png_size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n")
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


@pytest.mark.browser
def test_the_picture_of_the_digest_can_be_drawn(chromium: Browser, tmp_path: Path) -> None:
    html = with_pictures(run_samples(tmp_path))
    assert html.count("data:image/jpeg") == 5, "a lead and four thumbnails"
    target = tmp_path / "digest.png"
    draw_digest(chromium, html, target)
    assert png_size(target) == png_size(PICTURES / "digest.png")
    assert target.stat().st_size > 100_000
