"""In a real browser: nothing overflows, every text can be read, and every link can be touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from digest.model.edition import BriefsBlock, Edition, EditionSection, MissedBlock, NumberBlock, QuoteBlock
from digest.model.mail import Slot, Variant
from digest.model.newsletter import Theme
from digest.render.palette import LEAST_CONTRAST, THEMES
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, greeting
from tests.browser import Scheme, opened
from tests.digest.render.editions import HOSTILE_HEADLINES, NEWSLETTER, edition, related, told, with_stories

pytestmark = pytest.mark.browser
VIEW = "https://digest.example/world/2022-04-08"
WIDTHS = (320, 375, 640)

# Colours as the browser computed them: of every text and of the nearest ground behind it.
_CONTRASTS = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walker.nextNode();) {
    const e = n.parentElement, box = e.getBoundingClientRect();
    if (!n.data.trim() || box.width < 2 || e.closest('[style*="display:none"]')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    found.push([n.data.trim().slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return found;
}"""
_OVERFLOW = """() => [document.documentElement.scrollWidth,
  ...[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length)
    .map(e => e.getBoundingClientRect().right)]"""
_LINKS = """() => [...document.querySelectorAll('a')].map(a => {
  const line = parseFloat(getComputedStyle(a).lineHeight); return [a.textContent.trim(), line]; })"""


def _mail(renderer: EditionRenderer, language: str = "en", *, hostile: bool = False, theme: str = "newspaper") -> str:
    newsletter = replace(NEWSLETTER, theme=Theme(name=theme))
    made = (
        with_stories([told(text, text, text[:60], kicker=text) for text in HOSTILE_HEADLINES]) if hostile else edition()
    )
    rendered = renderer.render(made, newsletter, Variant(language=language), view_url=VIEW)
    values = dict.fromkeys(Slot, VIEW) | {Slot.NAME: greeting(language, "Ann-Kathrin Mustermann-Beispiel")}
    return Filler(rendered).html(values)


def _overflowing(page: Page, width: int) -> bool:
    return max(page.evaluate(_OVERFLOW)) > width + 0.5


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("hostile", [False, True])
def test_nothing_overflows(
    chromium: Browser, renderer: EditionRenderer, width: int, language: str, hostile: bool
) -> None:
    with opened(chromium, _mail(renderer, language, hostile=hostile), width=width) as page:
        assert not _overflowing(page, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_text_can_be_read(
    chromium: Browser, renderer: EditionRenderer, scheme: Scheme, theme: str, language: str
) -> None:
    with opened(chromium, _mail(renderer, language, theme=theme), width=375, scheme=scheme) as page:
        contrasts = page.evaluate(_CONTRASTS)
    assert len(contrasts) > 60
    assert [pair for pair in contrasts if pair[1] < LEAST_CONTRAST] == []


def test_dark_is_dark_and_light_is_light(chromium: Browser, renderer: EditionRenderer) -> None:
    grounds = {}
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        with opened(chromium, _mail(renderer), width=640, scheme=scheme) as page:
            grounds[scheme] = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(239, 236, 230)", "dark": "rgb(20, 20, 20)"}


def test_without_style_sheets_it_still_fits_and_can_be_read(chromium: Browser, renderer: EditionRenderer) -> None:
    bare = _mail(renderer).replace("<style", "<!-- <style").replace("</style>", "</style> -->")
    with opened(chromium, bare, width=375) as page:
        assert not _overflowing(page, 375)
        assert [pair for pair in page.evaluate(_CONTRASTS) if pair[1] < LEAST_CONTRAST] == []


def test_links_are_far_enough_apart_for_a_finger(chromium: Browser, renderer: EditionRenderer) -> None:
    with opened(chromium, _mail(renderer), width=375) as page:
        assert [link for link in page.evaluate(_LINKS) if link[1] < 23.9] == []


def test_arabic_starts_at_the_right(chromium: Browser, renderer: EditionRenderer) -> None:
    with opened(chromium, _mail(renderer, "ar"), width=375) as page:
        assert page.evaluate("() => getComputedStyle(document.querySelector('h2')).direction") == "ltr"  # English words
        assert page.evaluate("() => getComputedStyle(document.querySelector('.bd')).direction") == "rtl"
        edges = page.evaluate("() => [...document.querySelectorAll('.bar')].map(e => e.getBoundingClientRect().right)")
    assert all(edge == pytest.approx(355, abs=1) for edge in edges)


def test_the_page_asks_nobody_for_anything(chromium: Browser, renderer: EditionRenderer) -> None:
    asked: list[str] = []
    html = renderer.page(edition(), NEWSLETTER, Variant(language="en"), view_url=VIEW)
    with opened(chromium, "<p>", width=375) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(html)
        assert not _overflowing(page, 375)
    assert asked == []


def _by(outlet: str) -> Edition:
    """Every block that names an outlet, by this one."""
    one = told("Short one", "It says little.", outlet, related=(related("Shorter", outlet),), outlets=7)
    blocks = (
        MissedBlock(told=(one,)),
        QuoteBlock(text="Yes", by="", url="https://a.example/q", outlet=outlet, language="en"),
        QuoteBlock(text="Yes", by="Somebody", url="", outlet=outlet, language="en"),
        NumberBlock(number="7", text="of them", url="https://a.example/n", outlet=outlet, language="en"),
        BriefsBlock(told=(one,)),
    )
    made = with_stories([one, one])
    slugs = ("missed", "x", "x", "x", "briefs")
    others = (EditionSection(slug=slug, title="X", blocks=(block,)) for slug, block in zip(slugs, blocks, strict=True))
    return replace(made, sections=(*made.sections, *others))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "outlet",
    ["The Organization of Petroleum Exporting Countries Press", "W" * 60, "W" * 18, "\u65b0" * 18, "\u65b0" * 40],
    ids=["words", "unbroken", "short", "short-wide", "wide"],
)
def test_no_name_of_an_outlet_overflows(
    chromium: Browser, renderer: EditionRenderer, theme: str, language: str, outlet: str
) -> None:
    newsletter = replace(NEWSLETTER, theme=Theme(name=theme))
    made, variant = _by(outlet), Variant(language=language)
    mail = renderer.render(made, newsletter, variant, view_url=VIEW).html
    page_of_it = renderer.page(made, newsletter, variant, view_url=VIEW)
    for html in (mail, page_of_it):
        with opened(chromium, html, width=WIDTHS[0]) as page:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                assert not _overflowing(page, width), width
