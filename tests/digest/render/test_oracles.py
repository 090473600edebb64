"""What others' tools say of our mails: the official MJML, axe-core, html-validate, caniemail."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from digest.model.letter import LETTERS
from digest.model.mail import Slot, Variant
from digest.model.newsletter import Theme
from digest.render.engine import Engine, compile_mjml
from digest.render.letters import LetterWriter
from digest.render.palette import THEMES
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, greeting
from digest.render.words import words_for
from digest.web.pages import SiteLinks
from digest.web.reader.document import compose, take_apart
from tests.browser import Scheme, opened
from tests.digest.render.conftest import TEMPLATES
from tests.digest.render.editions import NEWSLETTER, illustrated
from tests.digest.render.letters import letter
from tests.digest.render.photographs import landscape, written
from tests.oracles import NODE, ask, judges

__all__ = ["judges"]
pytestmark = pytest.mark.usefixtures("judges")

VIEW = "https://digest.example/editions/world/2022-04-08"
HOST = "https://digest.example/pictures/"
WIDTHS = (375, 640)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = """async (rules) => {
  const told = await axe.run(document, {runOnly: rules});
  return {passes: told.passes.length,
    violations: told.violations.map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 160)}`)};
}"""


class _Recording(Engine):
    """Keeps the MJML that it compiled last."""

    source = ""

    def compile(self, template: str, **values: object) -> str:
        self.source = self.fill(template, **values)
        return super().compile(template, **values)


@cache
def _documents() -> dict[str, tuple[str, str]]:
    """Name -> our HTML as readers get it, and the MJML it was made of: mails, the page and every letter."""
    engine = _Recording(TEMPLATES)
    renderer = EditionRenderer(engine, picture_host=HOST)
    made: dict[str, tuple[str, str]] = {}
    for theme in THEMES:
        newsletter = replace(NEWSLETTER, theme=Theme(name=theme))
        for language in ("en", "ar"):
            rendered = renderer.render(illustrated(), newsletter, Variant(language=language), view_url=VIEW)
            values = dict.fromkeys(Slot, VIEW) | {Slot.NAME: greeting(language, "Ann")}
            made[f"mail-{theme}-{language}"] = (Filler(rendered).html(values), engine.source)
    page = renderer.page(illustrated(), NEWSLETTER, Variant(language="en"), view_url=VIEW)
    made["page"] = (page, engine.source)
    writer = LetterWriter(engine, picture_host=HOST)
    for number, kind in enumerate(LETTERS):
        newsletter = replace(NEWSLETTER, theme=Theme(name=THEMES[number % len(THEMES)]))
        language = "ar" if number % 3 == 2 else "en"
        html = writer.write(letter(kind, language), newsletter, latest=illustrated(), view_url=VIEW).html
        made[f"letter-{kind}"] = (html, engine.source)
    return made


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "any.jpg"
    path.write_bytes(written(landscape(552, 310)))
    return path


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    """What the official MJML makes of the same templates."""
    told: dict[str, Any] = ask("mjml", {name: source for name, (_, source) in _documents().items()})
    return told


def test_the_official_mjml_has_nothing_against_our_templates(official: dict[str, Any]) -> None:
    assert {name: told["errors"] for name, told in official.items() if told["errors"]} == {}


@pytest.mark.browser
@pytest.mark.parametrize("name", ["mail-newspaper-en", "mail-plain-ar", "page", "letter-confirm"])
def test_the_official_mjml_sets_the_same_to_the_pixel(
    chromium: Browser, official: dict[str, Any], photograph: Path, name: str
) -> None:
    ours, theirs = compile_mjml(_documents()[name][1]), _class_inside(official[name]["html"])
    for width in WIDTHS:
        for scheme in SCHEMES:
            shots = [_shot(chromium, html, width, scheme, photograph) for html in (ours, theirs)]
            assert shots[0].size == shots[1].size, (width, scheme)
            assert ImageChops.difference(*shots).getbbox() is None, (width, scheme)


def _class_inside(html: str) -> str:
    """The one difference: theirs gives the body's class to the element, ours to the box inside of it.

    Dark mode needs it on the box, which has a ground of its own.
    """
    assert html.count('<body  class="pg"') == 1
    return html.replace('<body  class="pg"', "<body").replace(' role="article"', ' class="pg" role="article"', 1)


def _shot(chromium: Browser, html: str, width: int, scheme: Scheme, photograph: Path) -> Image.Image:
    with opened(chromium, html, width=width, scheme=scheme, picture=photograph) as page:
        return Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")


@pytest.mark.browser
@pytest.mark.parametrize("name", sorted(_documents()))
def test_everybody_can_use_it(chromium: Browser, judges: Path, photograph: Path, name: str) -> None:
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    # Both widths and both schemes, in two looks: what a media query changes is either a size or a colour. All letters
    # have one frame: one look at each, in turn.
    looks = list(zip(WIDTHS, SCHEMES, strict=True))
    for width, scheme in looks if not name.startswith("letter-") else [looks[len(name) % 2]]:
        with opened(
            chromium, _documents()[name][0], width=width, scheme=scheme, picture=photograph, scripts=True
        ) as page:
            page.evaluate(axe)
            told = page.evaluate(_AXE, RULES)
        assert told["violations"] == [], (width, scheme)
        assert told["passes"] >= 25


@pytest.mark.browser
def test_everybody_can_use_the_archive(chromium: Browser, judges: Path, photograph: Path) -> None:
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    links = SiteLinks(home="/", editions="/editions", style="/static/site.css", icon="/static/icon.svg")
    page = take_apart(_documents()["page"][0])
    html = compose([page], links=links, words=words_for("en"))
    with opened(chromium, html, width=640, picture=photograph, scripts=True) as shown:
        shown.evaluate(axe)
        assert shown.evaluate(_AXE, RULES)["violations"] == []


def test_it_is_valid_but_for_what_mail_needs() -> None:
    told = ask("validate", {name: html for name, (html, _) in _documents().items()})
    assert {name: messages for name, messages in told.items() if messages} == {}
    assert all(json.loads((NODE / "html-validate.json").read_text("utf-8")).values())


def test_mail_programs_have_every_feature_but_a_known_few() -> None:
    floor = json.loads((NODE / "caniemail-floor.json").read_text("utf-8"))
    assert all(floor.values())
    mails = {name: html for name, (html, _) in _documents().items() if name != "page"}
    told = ask("caniemail", mails)
    lacking = {feature: (name, clients) for name, found in told.items() for feature, clients in found.items()}
    assert {feature: where for feature, where in lacking.items() if feature not in floor} == {}
    assert set(floor) - set(lacking) == set(), "listed, and no longer used"
