"""How Sphinx makes a site of the Markdown of this repository: `make docs` writes build/docs.

The source folder is the root of the repository, so that a link between two pages is the same on a code host and on the
site. docs/README.md is the table of contents: its headings and lists become the navigation.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "docs" / "drawings"
PHONE = 500
"""A drawing wider than so many pixels cannot be read when it is as wide as a telephone."""
_log = logging.getLogger(__name__)

project = "Digest"
author = copyright = "The Digest authors"  # noqa: A001 - Sphinx reads this name
html_title = "Digest"
language = "en"

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "deploy/README.md", "docs/**.md", "samples/README.md"]
exclude_patterns = [".*", "build", "var", "tests", "digest", "subscribers", "node_modules", "docs/drawings", "**/var"]

myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
# A link to a file that is no page (a configuration, a licence) brings the file along.
myst_all_links_external = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "../templates/web/static/icon.svg"
html_show_sourcelink = False
html_copy_source = False
html_theme_options: dict[str, Any] = {
    "light_css_variables": {"color-brand-primary": "#8a1f23", "color-brand-content": "#8a1f23"},
    "dark_css_variables": {"color-brand-primary": "#ff9b8a", "color-brand-content": "#ff9b8a"},
}

_HEADING = re.compile(r"^(?:## (?P<heading>.+)|\*\*(?P<part>.+)\*\*)$")
_ENTRY = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<path>[^)#]+)\.md\)")


def navigation(contents: str) -> str:
    """The table of contents of docs/README.md as Sphinx' directives: one part for each heading."""
    parts: list[tuple[str, list[str]]] = [("All pages", ["The documentation </docs/README.md>"])]
    heading = ""
    for line in contents.splitlines():
        if found := _HEADING.match(line):
            heading = found["heading"] or heading
            parts.append((f"{heading}: {found['part'].lower()}" if found["part"] else heading, []))
        elif parts and (entry := _ENTRY.match(line)):
            page = (ROOT / "docs" / entry["path"]).resolve().relative_to(ROOT)
            parts[-1][1].append(f"{entry['title']} </{page}>")
    return "".join(
        "\n```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(entries) + "\n```\n"
        for caption, entries in parts
        if entries
    )


def with_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Give the first page the navigation."""
    if page == root_doc:
        source[0] += navigation((ROOT / "docs" / "README.md").read_text("utf-8"))


def drawing_of(text: str) -> str:
    """The name under which the drawing of a Mermaid text lies in docs/drawings, without its end."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


class Mermaid(SphinxDirective):
    """A drawing: the picture that `make drawings` made of its text, one for light and one for dark.

    A text that has not been drawn yet is shown as it is, as an editor of text shows it.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Two pictures, of which the theme shows one; or the text."""
        name = drawing_of("\n".join(self.content))
        said = "; ".join(line.strip().replace("-->", "to") for line in self.content if "-->" in line)
        box = nodes.container(classes=["drawings"])
        for light in ("light", "dark"):
            path = DRAWINGS / f"{name}.{light}.svg"
            if not path.exists():
                _log.info("%s: this text has not been drawn: make drawings", path.name)
                text = "\n".join(self.content)
                return [nodes.literal_block(text, text, language="text")]
            width = float(re.findall(r'viewBox="\S+ \S+ (\S+) ', path.read_text("utf-8"))[0])
            classes = [f"only-{light}", "drawing", *(["wide"] if width > PHONE else [])]
            uri = "/" + str(path.relative_to(ROOT))
            box += nodes.image(uri=uri, alt=said, classes=classes, width=f"{width:.0f}px")
        return [box]


def first_page(app: Sphinx, failed: Exception | None) -> None:
    """What a web server shows for the folder is the first page."""
    if failed is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", with_navigation)
    app.connect("build-finished", first_page)
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
