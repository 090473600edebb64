"""The blocks that are no stories, the pictures, and the look that an operator chose."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from digest.model.edition import Block, EditionSection, MissedBlock, NumberBlock, PictureBlock, QuoteBlock
from digest.model.errors import RenderFailed
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Theme
from digest.model.picture import KeptPicture
from digest.render.engine import Engine
from digest.render.palette import THEMES
from digest.render.renderer import EditionRenderer
from digest.store.codec import from_json, to_json
from tests.digest.render.conftest import TEMPLATES
from tests.digest.render.editions import (
    KRAMATORSK,
    LEAD_PICTURE,
    MISSED,
    NEWSLETTER,
    NUMBER,
    PICTURE,
    QUOTE,
    THUMB,
    edition,
    illustrated,
    told,
    with_stories,
)
from tests.digest.render.outline import Outline

ENGLISH = Variant(language="en")
VIEW = "https://digest.example/world/2022-04-08"
HOST = "https://digest.example/pictures/"


def _with(renderer: EditionRenderer, *blocks: Block, slug: str = "world", language: str = "en") -> Rendered:
    asides = EditionSection(slug=slug, title="Asides", blocks=blocks)
    made = edition(sections=(*edition().sections[:1], asides))
    return renderer.render(made, NEWSLETTER, Variant(language=language), view_url=VIEW)


def test_an_edition_of_every_kind_survives_storage() -> None:
    assert from_json(type(illustrated()), to_json(illustrated())) == illustrated()


def test_a_quote_has_the_marks_of_its_own_language(renderer: EditionRenderer) -> None:
    french = replace(QUOTE, text="Nous avions les billets", language="fr")
    rendered = _with(renderer, QUOTE, french, language="de")
    assert f"“{QUOTE.text}”" in Outline(rendered.html).text
    assert "«\u202fNous avions les billets\u202f»" in rendered.text
    assert f"— {QUOTE.by} · {QUOTE.outlet}" in " ".join(rendered.text.split())
    assert QUOTE.url in Outline(rendered.html).links


def test_a_number_stands_with_what_it_counts(renderer: EditionRenderer) -> None:
    rendered = _with(renderer, NUMBER)
    for part in (Outline(rendered.html).text, rendered.text):
        assert NUMBER.number in part
        assert "General Assembly" in part
    assert rendered.text.count(NUMBER.url) == 1


def test_what_was_missed_is_told_with_its_day_and_not_counted(renderer: EditionRenderer) -> None:
    rendered = _with(renderer, MISSED, slug="missed")
    assert "In case you missed it" in rendered.text
    assert "Asides" not in rendered.text
    assert "Indus Mirror · Monday" in rendered.text
    assert "1 story" in rendered.text.replace("\u00a0", " ")
    assert MISSED.told[0] not in edition(sections=illustrated().sections).told
    chosen = renderer.render(illustrated(), NEWSLETTER, Variant(language="en", sections=("europe",)), view_url=VIEW)
    assert "In case you missed it" in chosen.text


def test_an_aside_may_be_bare(renderer: EditionRenderer) -> None:
    bare = (QuoteBlock(text="No", by=""), NumberBlock(number="7", text=""), MissedBlock(told=()))
    rendered = _with(renderer, *bare)
    assert rendered.left_out == ()
    assert "“No”" in rendered.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a@b.example/"])
def test_an_aside_with_an_unsafe_link_loses_it(renderer: EditionRenderer, url: str) -> None:
    rendered = _with(renderer, replace(QUOTE, url=url), replace(NUMBER, url=url), replace(PICTURE, url=url))
    assert url not in rendered.html + rendered.text
    assert len(rendered.warnings) == 3


def test_pictures_come_from_our_own_host_only(renderer: EditionRenderer) -> None:
    alt = "Suitcases on an empty platform"
    lead = replace(KRAMATORSK, picture=LEAD_PICTURE, image_alt=alt, image_credit="A. Photographer")
    tracker = told("x", "", "Outlet", image_url="https://tracker.example/a.gif", image_alt="x")
    forged = told("z", "", "Outlet", picture=replace(THUMB, name="../../etc/passwd"))
    bare = told("y", "", "Outlet", picture=THUMB)
    rendered = renderer.render(with_stories([lead, tracker, bare, forged]), NEWSLETTER, ENGLISH, view_url=VIEW)
    images = Outline(rendered.html).images
    assert [(i["src"], i["alt"], i["width"], i["height"]) for i in images] == [
        (HOST + LEAD_PICTURE.name, alt, "552", "310"),
        (HOST + THUMB.name, "", "120", "90"),
    ]
    assert "A. Photographer" in rendered.html
    assert len(rendered.warnings) == 1
    assert "'y'" in rendered.warnings[0]


def test_a_picture_without_words_is_no_link(renderer: EditionRenderer) -> None:
    silent = replace(PICTURE, alt="")
    assert PICTURE.url in Outline(_with(renderer, PICTURE).html).links
    assert PICTURE.url not in Outline(_with(renderer, silent).html).links


def test_a_picture_that_is_not_ours_is_left_out_with_a_warning(engine: Engine, renderer: EditionRenderer) -> None:
    homeless = EditionRenderer(engine)
    for rendered in (_with(renderer, replace(PICTURE, picture=None)), _with(homeless, PICTURE)):
        assert PICTURE.caption not in rendered.text
        assert "Asides" not in rendered.text
        assert "not among our pictures" in rendered.warnings[0]


def test_the_page_shows_its_picture_to_whoever_links_to_it(renderer: EditionRenderer) -> None:
    page = renderer.page(illustrated(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert f'<meta property="og:image" content="{HOST}{LEAD_PICTURE.name}"' in page
    assert '<meta property="og:image:width" content="1104"' in page
    mail = renderer.render(illustrated(), NEWSLETTER, ENGLISH, view_url=VIEW).html
    assert "og:image" not in mail
    assert "og:image" not in renderer.page(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)


def test_a_logo_stands_for_the_name_and_says_it(renderer: EditionRenderer) -> None:
    logo = KeptPicture(name=f"{'3' * 40}.png", width=400, height=96, size=4_000)
    branded = replace(NEWSLETTER, theme=Theme(logo=logo))
    html = renderer.render(edition(), branded, ENGLISH, view_url=VIEW).html
    image = Outline(html).images[0]
    assert (image["src"], image["alt"], image["width"]) == (HOST + logo.name, "The World Brief", "200")
    assert html.index("<h1") < html.index("<img") < html.index("</h1>")


def test_the_ground_around_the_card_can_be_chosen(renderer: EditionRenderer) -> None:
    own = replace(NEWSLETTER, theme=Theme(page="#DDE6EE", page_dark="#0b1015"))
    html = renderer.render(edition(), own, ENGLISH, view_url=VIEW).html
    assert "#dde6ee" in html
    assert "#0b1015" in html
    with pytest.raises(RenderFailed, match=r"theme\.page_dark: 'black' is not a colour"):
        renderer.render(edition(), replace(NEWSLETTER, theme=Theme(page_dark="black")), ENGLISH, view_url=VIEW)


def test_equal_input_is_rendered_once(engine: Engine) -> None:
    own = EditionRenderer(engine)
    first = own.render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert own.render(edition(version=2), NEWSLETTER, ENGLISH, view_url=VIEW) is first
    other = own.render(edition(), replace(NEWSLETTER, postal_address="Elsewhere"), ENGLISH, view_url=VIEW)
    assert "Elsewhere" in other.text
    assert EditionRenderer(engine).render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW) == first


def test_picture_blocks_are_documented_as_never_loaded_from_elsewhere(renderer: EditionRenderer) -> None:
    rendered = _with(renderer, PictureBlock(image_url="https://levant-post.example/x.jpg", alt="x"))
    assert "levant-post.example/x.jpg" not in rendered.html


def test_a_mail_shows_pictures_from_where_it_is_told_and_a_page_from_our_own_site() -> None:
    own, near = "https://digest.example/pictures/", "https://cdn.example/digest/"
    renderer = EditionRenderer(Engine(TEMPLATES), picture_host=near, page_picture_host=own)
    mail = renderer.render(illustrated(), NEWSLETTER, ENGLISH, view_url=VIEW).html
    page = renderer.page(illustrated(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert f'src="{near}{LEAD_PICTURE.name}"' in mail
    assert own not in mail
    assert f'src="{own}{LEAD_PICTURE.name}"' in page
    assert f'content="{own}{LEAD_PICTURE.name}"' in page
    assert near not in page


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_loaded_but_our_own_pictures(renderer: EditionRenderer, theme: str, language: str) -> None:
    # Above all no fonts: the compiler links a style sheet of Google's for families that it knows, Roboto among them.
    newsletter = replace(NEWSLETTER, theme=Theme(name=theme))
    mail = renderer.render(illustrated(), newsletter, Variant(language=language), view_url=VIEW).html
    page = renderer.page(illustrated(), newsletter, Variant(language=language), view_url=VIEW)
    for html in (mail, page):
        assert "@import" not in html
        assert "url(" not in html
        assert all("canonical" in link for link in re.findall(r"<link[^>]*>", html))
        loaded = re.findall(r'\b(?:src|srcset|background|poster|data)="([^"]*)"', html)
        assert loaded
        assert all(address.startswith(HOST) for address in loaded)


@pytest.mark.parametrize("alt", ["", " ", "{'type': 'plain'}", '{"type": "plain", "words": "A dome"}', "[]"])
def test_a_picture_without_words_is_warned_of(renderer: EditionRenderer, alt: str) -> None:
    lead = replace(KRAMATORSK, picture=LEAD_PICTURE, image_alt=alt)
    rendered = renderer.render(with_stories([lead]), NEWSLETTER, Variant(language="en"), view_url=VIEW)
    assert [warning for warning in rendered.warnings if "has no words for those who cannot see it" in warning]
    assert 'alt=""' in rendered.html
    assert "type" not in rendered.text or alt not in rendered.text
