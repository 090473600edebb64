"""Every key of the configuration is documented, and the page is what the settings say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """docs/reference/write_config.py, which is a script and no module of a package."""
    spec = importlib.util.spec_from_file_location("write_config", PAGES / "write_config.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["write_config"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(writer: ModuleType) -> None:
    assert (PAGES / "config.md").read_text("utf-8") == writer.page(), "python docs/reference/write_config.py"


def test_every_key_stands_on_the_page(writer: ModuleType) -> None:
    page = (PAGES / "config.md").read_text("utf-8")
    keys = list(writer.keys())
    assert "provider.sendgrid.webhook_public_key" in keys
    assert [key for key in keys if f"`{key}`" not in page] == []
