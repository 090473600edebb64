"""The documentation as a site: every page is in it, nothing comes from another host, and its search needs no server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.docs.pages import ROOT
from tests.drawings import DRAWINGS, LIGHTS, texts, wanted

_ASSET = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\ssrc=["'](?P<src>[^"']+)"""
    r"""|<link\b[^>]*?\shref=["'](?P<href>[^"']+)|url\(["']?(?P<css>[^)"']+)|@import\s+["'](?P<import>[^"']+)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: a warning is an error."""
    target = tmp_path_factory.mktemp("site")
    command = re.search(r"-m (?P<words>sphinx .*) build/docs$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-m", *command["words"].split(), str(target)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return target


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_every_page_of_the_documentation_is_in_it(site: Path) -> None:
    sources = [page.relative_to(ROOT) for page in (ROOT / "docs").rglob("*.md") if "node_modules" not in page.parts]
    assert [str(page) for page in sources if not (site / page.with_suffix(".html")).exists()] == []
    assert (site / "index.html").read_bytes() == (site / "README.html").read_bytes()


def test_nothing_comes_from_another_host(site: Path) -> None:
    found: list[str] = []
    for path in [*pages(site), *site.rglob("*.css"), *site.rglob("*.svg")]:
        for asset in _ASSET.finditer(path.read_text("utf-8")):
            address = next(filter(None, asset.groups()))
            if address.startswith(("http:", "https:", "//")):
                found.append(f"{path.relative_to(site)}: {address}")
    assert found == []


def test_every_link_inside_of_it_leads_somewhere(site: Path) -> None:
    broken: list[str] = []
    marks: dict[Path, set[str]] = {}
    for path in pages(site):
        marks[path] = set(re.findall(r'\sid="([^"]+)"', path.read_text("utf-8")))
    for path in pages(site):
        for address in re.findall(r'<a\b[^>]*?\shref="([^"]+)"', path.read_text("utf-8")):
            if re.match(r"[a-z]+:", address):
                continue
            to, _, mark = address.partition("#")
            target = (path.parent / to).resolve() if to else path
            if not target.exists() or (mark and target in marks and mark not in marks[target]):
                broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_the_kinds_of_pages_are_its_navigation(site: Path) -> None:
    captions = re.findall(r'<span class="caption-text">([^<]+)<', (site / "index.html").read_text("utf-8"))
    kinds = [one for one in captions if ":" not in one]
    assert kinds == ["All pages", "Tutorial", "Reference", "Why", "Decisions", "The project"]
    assert [one.partition(":")[0] for one in captions if ":" in one].count("How to") == 5


def test_every_drawing_is_whole_and_none_is_left_over() -> None:
    """A text that was changed and not drawn anew is shown as text, never with the drawing of what it was."""
    drawn = {path.name for path in DRAWINGS.glob("*.svg")}
    assert drawn <= wanted(), "make drawings"
    stems = {name.partition(".")[0] for name in drawn}
    assert drawn == {f"{stem}.{light}.svg" for stem in stems for light in LIGHTS}


def test_no_drawing_holds_what_mermaid_takes_for_the_end_of_a_line() -> None:
    assert [line for text in texts() for line in text.splitlines() if ";" in line] == []


@pytest.mark.browser
def test_its_search_needs_neither_server_nor_network(site: Path, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 375, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{(site / 'search.html').as_uri()}?q=unsubscribe")
    page.locator("#search-results li a").first.wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
