"""A real browser for tests and pictures: Debian's Chromium, driven by Playwright.

The fixture `chromium` is in tests/conftest.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Route, sync_playwright

Scheme = Literal["light", "dark"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of our own. `--no-sandbox`: test machines run as root, and every page is our own file."""
    with sync_playwright() as playwright:
        own = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield own
        finally:
            own.close()


@contextmanager
def opened(
    own: Browser,
    html: str,
    *,
    width: int,
    scheme: Scheme = "light",
    picture: Path | None = None,
    scripts: bool = False,
) -> Iterator[Page]:
    """The document in a window of `width` CSS pixels.

    Nothing is fetched: a request for a picture is answered with `picture`, or fails like images that are
    switched off, and every other request fails. Scripts are off, as in a mail program; a test that brings one of its
    own (axe) needs them on, for its timers.
    """
    context = own.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    try:
        page = context.new_page()
        page.route("**/*", lambda route: _answer(route, picture))
        page.set_content(html)
        yield page
    finally:
        context.close()


def _answer(route: Route, picture: Path | None) -> None:
    if picture is not None and route.request.resource_type == "image":
        route.fulfill(path=picture)
    else:
        route.abort()
