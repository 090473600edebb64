"""Reader pages in Chromium, without script: 320 px, by keyboard, right to left, light and dark, and the button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from digest.render.palette import LEAST_CONTRAST, contrast
from digest.workflow.edition.archive import index_archive
from subscribers.attributes import AttributeKind, AttributeType, declare
from subscribers.model import SubscriptionState
from subscribers.tokens import Purpose
from tests.browser import CHROMIUM
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter

NODE = Path(__file__).parents[2] / "node"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = """async (rules) => {
  const told = await axe.run(document, {runOnly: rules});
  return {passes: told.passes.length,
    violations: told.violations.map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 160)}`)};
}"""

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
    """Every page that a reader may see, as it opens."""
    return [
        "/", f"/editions/world/{TODAY}", "/editions", f"/editions?before={TODAY}", "/editions?q=kramatorsk",
        "/editions?q=nothing", "/subscribe",
        "/subscribe/world?lang=ar", "/subscribe/world/embed", "/subscribe/world/code", "/no/such/page",
        site.token("u"), site.token("p"), site.ending(Purpose.CONFIRM, about=site.list_id),
        site.ending(Purpose.CONFIRM, hours=-1), site.ending(Purpose.CHANGE_ADDRESS, about=1),
        site.ending(Purpose.EXPORT), site.ending(Purpose.ERASE),
    ]  # fmt: skip


def _pressed(site: Site, page: Page) -> Iterator[str]:
    """What pages become when somebody presses their buttons; the name of each, while it is shown."""
    page.goto(site.url + "/subscribe/world")
    page.fill("#email", "no address")
    page.click("button")
    yield "a flaw in the form"
    page.fill("#email", "ann@news.example.org")
    page.click("button")
    yield "once more"
    site.clock.wait(5)
    page.click("button")
    yield "asked"
    page.goto(site.url + site.token("p"))
    for box in page.locator("[name=section]").all():
        box.uncheck()
    page.click("button[type=submit] >> nth=0")
    yield "a flaw in the choices"
    page.goto(site.url + site.token("p"))
    page.click("form[action$='/data'] button")
    yield "data asked for"
    page.goto(site.url + site.token("u"))
    page.click("[value='4']")
    yield "paused"
    page.goto(site.url + site.token("u"))
    page.click("button.big")
    yield "left"
    page.goto(site.url + site.token("p"))
    yield "nothing to choose"
    page.goto(site.url + site.token("u"))
    page.click("button.big")
    yield "back again"
    page.goto(site.url + site.token("p"))
    page.fill("#about-children", "many")
    page.click("button[type=submit] >> nth=0")
    yield "a flaw in what one says about oneself"
    yield from _moved_and_erased(site, page)


def _moved_and_erased(site: Site, page: Page) -> Iterator[str]:
    """Another address, the way back, and the end."""
    page.goto(site.url + site.token("p"))
    page.fill("#email", "newer@news.example.org")
    page.click("form[action$='/address'] button")
    yield "another address asked for"
    site.settled()
    page.goto(site.url + site.link("a"))
    yield "is this your new address"
    page.click("button.big")
    yield "moved"
    site.settled()
    back = site.url + site.link("b")
    page.goto(back)
    yield "take it back"
    page.click("button.big")
    yield "taken back"
    page.goto(back)
    yield "a link that is void by now"
    page.goto(site.url + site.ending(Purpose.ERASE, version=site.subscriber().link_version))
    page.click("button.big")
    yield "erased"


@pytest.mark.parametrize("language", ["en", "ar", "de"])
def test_every_page_fits_320_pixels_and_says_its_language(
    start: Callable[..., Site], chromium: Browser, language: str
) -> None:
    site = start(language=language)
    site.publish(edition_of(TODAY))
    site.publish(edition_of(TODAY - timedelta(days=1), subject="W" * 60))
    index_archive(site.app)
    with opened(chromium, script=True) as page:
        for path in _pages(site):
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert page.evaluate("document.documentElement.lang")
            small = page.eval_on_selector_all(
                ".site button, .site input:not([type=hidden]):not(.trap *), .site select, .site a, .strip a, .shelf a, "
                ".site summary, .site textarea",
                "all => all.map(e => e.closest('label') || e).map(e => [e.outerHTML, e.getBoundingClientRect()])"
                ".filter(([_, box]) => box.height < 24).map(([html, _]) => html)",
            )
            assert small == [], path  # WCAG 2.2: a target is at least 24 px high
        page.goto(site.url + site.token("u"))
        start_side = "right" if language == "ar" else "left"
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == (
            "rtl" if start_side == "right" else "ltr"
        )
        button = page.locator("button.big").bounding_box()
        assert button is not None
        gap = button["x"] if start_side == "left" else 320 - button["x"] - button["width"]
        assert gap < 40


def _declare(site: Site) -> None:
    """Fields of every kind on the preference page."""
    with site.store.begin() as tx:
        for declared in (
            AttributeType(name="born", kind=AttributeKind.DATE, label="Date of birth", public=True),
            AttributeType(name="children", kind=AttributeKind.NUMBER, label="Children", public=True),
            AttributeType(name="paper", kind=AttributeKind.CHOICE, choices=("Tabloid", "Broadsheet"), public=True),
            AttributeType(name="prints", kind=AttributeKind.YES_NO, label="Gets the print edition", public=True),
            AttributeType(name="word", kind=AttributeKind.TEXT, label="One word", public=True),
        ):
            declare(tx.connection, declared)


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [
        ("en", "light", 1280),
        ("ar", "dark", 320),
        pytest.param("fr", "dark", 1280, marks=pytest.mark.soak),
        pytest.param("es", "light", 320, marks=pytest.mark.soak),
        pytest.param("de", "light", 320, marks=pytest.mark.soak),
    ],
)
def test_everybody_can_use_every_page(
    start: Callable[..., Site], chromium: Browser, language: str, scheme: str, width: int
) -> None:
    """axe-core, WCAG 2.2 AA, on every page as it opens and as it is after each press."""
    axe = NODE / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("no axe-core here: run `npm ci` in tests/node")
    second = own_newsletter(language=language, slug="science", list="science", name="Science Every Week")
    site = start(language=language, newsletters=(own_newsletter(language=language), second))
    _declare(site)
    site.publish(edition_of(TODAY))
    site.publish(edition_of(TODAY - timedelta(days=1)))
    index_archive(site.app)
    with opened(chromium, width=width, scheme=scheme, script=True) as page:
        client = page.context.new_cdp_session(page)
        client.send("Page.setBypassCSP", {"enabled": True})

        def judged(name: str) -> None:
            page.evaluate(axe.read_text("utf-8"))
            told = page.evaluate(_AXE, RULES)
            assert told["violations"] == [], name
            assert told["passes"] >= 15, name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name

        for path in _pages(site):
            page.goto(site.url + path)
            judged(path)
        for name in _pressed(site, page):
            judged(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(site: Site, chromium: Browser, scheme: str) -> None:
    with opened(chromium, scheme=scheme, script=True) as page:
        for path in ("/", site.token("p"), site.token("u"), "/no/such/page"):
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


STOPS = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe";
  const seen = [...document.querySelectorAll(all)]
    .filter(one => one.checkVisibility() && one.tabIndex >= 0 && !one.closest("[aria-hidden=true]"));
  const radios = new Set();
  return seen.filter(one => {
    if (one.type !== "radio") return true;
    if (radios.has(one.name)) return false;
    return radios.add(one.name);
  }).map(one => one.type === "radio" ? `radio ${one.name}` : one.outerHTML.slice(0, 90));
}"""
"""What can be pressed or filled in on a page, in its order; of buttons of which one is chosen, one."""
HERE = """() => {
  const one = document.activeElement, ring = getComputedStyle(one);
  const name = one.type === "radio" ? `radio ${one.name}` : one.outerHTML.slice(0, 90);
  const box = one.getBoundingClientRect();
  const shown = ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) > 0 || ring.boxShadow !== "none";
  return [name, shown, box.left >= -1 && box.right <= innerWidth + 1 && box.bottom > 0 && box.top < innerHeight];
}"""


def test_every_page_can_be_gone_through_by_keyboard(site: Site, chromium: Browser) -> None:
    """All that can be pressed is reached by Tab in the order in which it is read, and shows where one is, in sight."""
    site.publish(edition_of(TODAY))
    with opened(chromium, script=True) as page:
        for path in _pages(site):
            page.goto(site.url + path)
            wanted = page.evaluate(STOPS)
            met = []
            while len(met) < len(wanted):
                page.keyboard.press("Tab")
                name, ring, in_sight = page.evaluate(HERE)
                if met and name == met[-1] and 'type="date"' in name:
                    # Day, month and year are stops of one field.
                    continue
                assert ring, f"{path}: {name} does not show that one is there"
                assert in_sight or "frame" in name, f"{path}: {name} is out of sight"
                met.append(name)
            assert met == wanted, path


def test_leaving_and_coming_back_by_keyboard(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        page.goto(site.url + site.token("u"))
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.locator("button.big").evaluate("e => e === document.activeElement")
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
        page.select_option("#zone", "America/Lima")
        page.click("button")
        page.wait_for_selector("[role=status]")
        page.wait_for_selector("text=today, Monday, 05:00 in Lima")
    kept = site.subscription().preferences
    assert (kept.sections, kept.frequency, kept.hour) == (("science",), "weekly", 5)


def test_nothing_is_asked_of_anybody_else(site: Site, chromium: Browser) -> None:
    """P9, T12: every request of every page goes to us, and no page breaks its own policy."""
    site.publish(edition_of(TODAY))
    asked: list[Request] = []
    said: list[str] = []
    with opened(chromium) as page:
        page.on("request", lambda request: asked.append(request))
        page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
        for path in _pages(site):
            page.goto(site.url + path)
    assert {urlsplit(request.url).netloc for request in asked if not request.url.startswith("data:")} == {
        urlsplit(site.url).netloc
    }
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []
    # The 404 and the 410 themselves.
    assert len(said) == 2


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


def _faces(page: Page, headline: str) -> list[str]:
    """The names of the typefaces in which the page's headline is drawn, once it says `headline`."""
    page.eval_on_selector("h1", "(own, said) => { own.textContent = said; }", headline)
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable")
    tools.send("CSS.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    node = tools.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
    return [one["familyName"] for one in tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]]


@pytest.mark.parametrize("path", ["/", "/desk/sign-in"])
def test_a_headline_with_figures_is_in_one_typeface(site: Site, chromium: Browser, path: str) -> None:
    with opened(chromium, width=1280, script=True) as page:
        page.goto(f"{site.url}{path}")
        assert len(_faces(page, "Council, 93 votes to 24: at least 50")) == 1
        assert "Arabic" in _faces(page, "ارتفاع الحصيلة")[0]
