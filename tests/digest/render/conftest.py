"""What rendering tests share: the real templates, and one renderer over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.render.engine import Engine
from digest.render.renderer import EditionRenderer

TEMPLATES = Path(__file__).parents[3] / "templates"


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine over the templates that we ship."""
    return Engine(TEMPLATES)


@pytest.fixture(scope="session")
def renderer(engine: Engine) -> EditionRenderer:
    """The renderer that the product uses, with our own picture host."""
    return EditionRenderer(
        engine, picture_host="https://digest.example/pictures/", subscribe_url="https://digest.example/subscribe"
    )
