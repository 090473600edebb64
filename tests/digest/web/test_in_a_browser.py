"""Reader pages in Chromium, without script: 320 px, by keyboard, right to left, light and dark, and the button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from digest.render.palette import LEAST_CONTRAST, contrast
from subscribers.model import SubscriptionState
from tests.browser import CHROMIUM
from tests.digest.web.site import TODAY, Site, edition_of

pytestmark = pytest.mark.browser


@contextmanager
def opened(own: Browser, *, width: int = 320, scheme: str = "light", script: bool = False) -> Iterator[Page]:
    """A window without script. `script` is for questions that a test asks, not for the page: its policy forbids it."""
    context = own.new_context(
        viewport={"width": width, "height": 700},
        color_scheme=scheme,
        java_script_enabled=script,  # type: ignore[arg-type]
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def _pages(site: Site) -> list[str]:
    return ["/", f"/editions/world/{TODAY}", f"/?before={TODAY}", "/no/such/page", site.token("u"), site.token("p")]


@pytest.mark.parametrize("language", ["en", "ar", "de"])
def test_every_page_fits_320_pixels_and_says_its_language(
    start: Callable[..., Site], chromium: Browser, language: str
) -> None:
    site = start(language=language)
    site.publish(edition_of(TODAY))
    site.publish(edition_of(TODAY - timedelta(days=1), subject="W" * 60))
    with opened(chromium, script=True) as page:
        for path in _pages(site):
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert page.evaluate("document.documentElement.lang")
            small = page.eval_on_selector_all(
                ".site button, .site input, .site select, .site a, .strip a, .shelf a",
                "all => all.map(e => e.closest('label') || e).map(e => [e.outerHTML, e.getBoundingClientRect()])"
                ".filter(([_, box]) => box.height < 24).map(([html, _]) => html)",
            )
            assert small == [], path  # WCAG 2.2: a target is at least 24 px high
        page.goto(site.url + site.token("u"))
        start_side = "right" if language == "ar" else "left"
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == (
            "rtl" if start_side == "right" else "ltr"
        )
        button = page.locator("button").bounding_box()
        assert button is not None
        gap = button["x"] if start_side == "left" else 320 - button["x"] - button["width"]
        assert gap < 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(site: Site, chromium: Browser, scheme: str) -> None:
    with opened(chromium, scheme=scheme, script=True) as page:
        for path in (site.token("p"), site.token("u"), "/no/such/page"):
            page.goto(site.url + path)
            for colour, ground in page.evaluate(_COLOURS):
                assert contrast(colour, ground) >= LEAST_CONTRAST, (path, colour, ground)


_COLOURS = """() => {
  const hex = c => '#' + c.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (!c.endsWith(', 0)')) return hex(c);
  } return '#ffffff'; };
  return [...document.querySelectorAll('.site *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => [hex(getComputedStyle(e).color), ground(e)]);
}"""


def test_leaving_and_coming_back_by_keyboard(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        page.goto(site.url + site.token("u"))
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.locator("button").evaluate("e => e === document.activeElement")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Undo")
        assert page.title() == "Unsubscribed from The\u00a0World\u00a0Brief"
        assert site.subscription().state is SubscriptionState.ENDED
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Welcome back")
        assert site.subscription().state is SubscriptionState.ACTIVE


def test_choosing_with_a_mistake_first(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        page.goto(site.url + site.token("p"))
        for box in page.locator("[name=section]").all():
            box.uncheck()
        page.click("button")
        page.click(".notice a")
        assert page.url.endswith("#sections")
        page.check("[value=science]")
        page.check("[value=weekly]")
        page.select_option("#hour", "5")
        page.click("button")
        page.wait_for_selector("[role=status]")
    kept = site.subscription().preferences
    assert (kept.sections, kept.frequency, kept.hour) == (("science",), "weekly", 5)


def test_nothing_is_asked_of_anybody_else(site: Site, chromium: Browser) -> None:
    """P9, T12: every request of every page goes to us, and no page breaks its own policy."""
    site.publish(edition_of(TODAY))
    asked: list[Request] = []
    said: list[str] = []
    with opened(chromium) as page:
        page.on("request", lambda request: asked.append(request))
        page.on("console", lambda message: said.append(message.text))
        for path in _pages(site):
            page.goto(site.url + path)
    assert {urlsplit(request.url).netloc for request in asked if not request.url.startswith("data:")} == {
        urlsplit(site.url).netloc
    }
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []
    assert len(said) == 1  # the 404 itself


def test_the_button_works_where_browsers_send_no_fetch_metadata(start: Callable[..., Site], chromium: Browser) -> None:
    """Plain http on a name that is not this machine: only Origin tells, and no-referrer would make that `null`."""
    site = start(trusted_hosts=("reader.test",))
    own = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP reader.test 127.0.0.1"]
    )
    posted: list[dict[str, str]] = []
    try:
        with opened(own) as page:
            page.on("request", lambda one: posted.append(one.all_headers()) if one.method == "POST" else None)
            page.goto(site.url.replace("127.0.0.1", "reader.test") + site.token("u"))
            page.click("button")
            page.wait_for_selector("text=Undo")
    finally:
        own.close()
    assert site.subscription().state is SubscriptionState.ENDED
    assert [headers.get("sec-fetch-site") for headers in posted] == [None]
    assert posted[0]["origin"] == site.url.replace("127.0.0.1", "reader.test")
