"""The reviewed renderings are what is rendered; after a wanted change: python -m tests.golden.update."""

from __future__ import annotations

import pytest

from tests.golden.render import FOLDER, goldens

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".html", ".txt"))


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return goldens()


@pytest.mark.parametrize("name", NAMES)
def test_what_was_reviewed_is_what_is_rendered(rendered: dict[str, str], name: str) -> None:
    assert rendered[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_everything_rendered_was_reviewed(rendered: dict[str, str]) -> None:
    assert sorted(rendered) == NAMES
