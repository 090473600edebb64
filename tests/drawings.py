"""Draws the Mermaid texts of the documentation as pictures for the site: `make drawings` (needs npm and Chromium).

A code host draws these texts itself. The site shows pictures made here, so that no page of it needs a script of three
megabytes or another host. A picture is named by the hash of its text: a test finds a text that was not drawn anew.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import browser

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "docs" / "drawings"
MERMAID = DRAWINGS / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
LIGHTS = {"light": "neutral", "dark": "dark"}
"""Which theme of Mermaid's is for which light."""

_TEXT = re.compile(r"^```mermaid\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_DRAW = """async ([text, theme]) => {
  mermaid.initialize({startOnLoad: false, theme, htmlLabels: false, flowchart: {htmlLabels: false},
    fontFamily: "system-ui, sans-serif", deterministicIds: true, securityLevel: "strict"});
  return (await mermaid.render("drawing", text)).svg;
}"""


def texts() -> Iterator[str]:
    """Every Mermaid text that stands in a page of the documentation."""
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        if "node_modules" not in page.parts:
            yield from (found["text"] for found in _TEXT.finditer(page.read_text("utf-8")))


def name_of(text: str) -> str:
    """What its drawing is called, without `.light.svg` (the same stands in docs/conf.py)."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


def wanted() -> set[str]:
    """The names of all drawings that the documentation needs."""
    return {f"{name_of(text)}.{light}.svg" for text in texts() for light in LIGHTS}


def draw(page: Page, text: str) -> None:
    """Write a text's drawings."""
    for light, theme in LIGHTS.items():
        svg = page.evaluate(_DRAW, [text, theme])
        (DRAWINGS / f"{name_of(text)}.{light}.svg").write_text(f"{svg}\n", "utf-8")


def main() -> None:
    """Draw what is missing, and remove what nobody shows any more."""
    if not MERMAID.exists():
        sys.exit(f"{MERMAID.relative_to(ROOT)} is missing: npm ci --prefix docs/drawings")
    there = {path.name for path in DRAWINGS.glob("*.svg")}
    for name in there - wanted():
        (DRAWINGS / name).unlink()
    with browser() as own:
        page = own.new_page()
        page.set_content("<!doctype html><title>Drawings</title>")
        page.add_script_tag(path=MERMAID)
        for text in texts():
            if f"{name_of(text)}.light.svg" not in there or "--all" in sys.argv:
                draw(page, text)
                print(f"drawn: {name_of(text)}")
    print("look at them before you commit them")


if __name__ == "__main__":
    main()
