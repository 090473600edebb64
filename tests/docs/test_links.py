"""Every page of the documentation can be found from its first one, and every link between pages leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])

_LINK = re.compile(r"\]\((?P<to>[^)#\s]+)(?:#[^)]*)?\)")


def links(page: Path) -> list[str]:
    """What a page links to inside of the repository."""
    found = [link["to"] for link in _LINK.finditer(page.read_text("utf-8"))]
    return [one for one in found if "://" not in one and not one.startswith("mailto:")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [one for one in links(page) if not (page.parent / one).exists()] == []


def test_the_first_page_names_every_other() -> None:
    first = DOCS / "README.md"
    named = {(DOCS / one).resolve() for one in links(first)} | {first.resolve()}
    assert [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page.resolve() not in named] == []
