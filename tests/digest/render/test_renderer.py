"""EditionRenderer: what stands in a mail and on its page, and what never does."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import get_args

import pytest

from digest.model.edition import (
    Block,
    BriefsBlock,
    EditionSection,
    EditionStatus,
    LeadBlock,
    MissedBlock,
    NoteBlock,
    NumberBlock,
    PictureBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)
from digest.model.errors import RenderFailed
from digest.model.event import RelatedKind
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Theme
from digest.render.engine import Engine
from digest.render.renderer import EditionRenderer
from digest.render.slots import OF_EVERY_MAIL
from digest.render.typeset import columns, typographic
from tests.digest.render.conftest import TEMPLATES
from tests.digest.render.editions import (
    HOSTILE_HEADLINES,
    KRAMATORSK,
    LEAD_PICTURE,
    MORNING,
    NEWSLETTER,
    STORIES,
    edition,
    related,
    told,
    with_stories,
)
from tests.digest.render.outline import Outline

ENGLISH = Variant(language="en")
VIEW = "https://digest.example/world/2022-04-08"
BLOCKS = get_args(Block)


@pytest.fixture(scope="module")
def rendered(renderer: EditionRenderer) -> Rendered:
    return renderer.render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)


def test_a_mail_holds_every_story_in_both_parts(rendered: Rendered) -> None:
    assert rendered.left_out == rendered.warnings == ()
    seen = " ".join(Outline(rendered.html).text.split())
    read = " ".join(rendered.text.split())
    for story in edition().told:
        assert typographic(story.headline) in seen
        assert typographic(story.headline) in read
        assert typographic(story.blurb) in seen
        assert f'href="{story.url}"' in rendered.html
        assert f"\n{story.url}\n" in rendered.text
        for line in story.related:
            assert typographic(line.headline) in seen
            assert typographic(line.headline) in read
    assert all(rendered.slot_tokens[slot] in rendered.html for slot in OF_EVERY_MAIL)
    assert all(rendered.slot_tokens[slot] in rendered.text for slot in OF_EVERY_MAIL)


def test_the_numbers_of_the_text_part_are_those_of_the_html(rendered: Rendered) -> None:
    seen = " ".join(unescape(re.sub(r"<[^>]*>", " ", rendered.html)).split())
    read = " ".join(rendered.text.split())
    for number, story in enumerate(edition().told, 1):
        label = f"{story.kicker}: " if story.kicker and story.kicker.lower() not in story.headline.lower() else ""
        headline = typographic(story.headline)
        assert f"{number}. {label}{headline}" in read
        assert " ".join(f"{number} {story.kicker} {headline}".split()) in seen


def test_a_kicker_ends_with_a_colon_as_its_language_writes_one(renderer: EditionRenderer) -> None:
    story = replace(told("Six morts dans un incendie", "", "Midi"), kicker="France")
    made = replace(
        edition(),
        language="fr",
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=story),)),
            EditionSection(slug="briefs", title="", blocks=(BriefsBlock(told=(story,)),)),
        ),
    )
    french = renderer.render(made, NEWSLETTER, Variant(language="fr"), view_url=VIEW)
    assert french.text.count("France\u00a0: Six morts") == 2
    english = renderer.render(made, NEWSLETTER, ENGLISH, view_url=VIEW)
    assert english.text.count("France: Six morts") == 2


def test_a_brief_is_one_line_in_both_parts(renderer: EditionRenderer) -> None:
    long = told("Ferry sinks", "The blurb of it.", "Outlet", related=(related("Another on it", "Other"),))
    section = EditionSection(slug="briefs", title="", blocks=(BriefsBlock(told=(long,)),))
    made = renderer.render(replace(edition(), sections=(section,)), NEWSLETTER, ENGLISH, view_url=VIEW)
    for part in (made.html, made.text):
        assert "Ferry sinks" in part
        assert "The blurb of it." not in part
        assert "Another on it" not in part
    assert f"1. Ferry sinks\nOutlet\n{long.url}\n" in made.text
    assert "1 story · 1 outlet · 1 min read" in " ".join(made.text.split())


def test_titles_and_tagline_are_in_the_readers_language_where_the_newsletter_has_them(
    renderer: EditionRenderer,
) -> None:
    arabic = renderer.render(edition(), NEWSLETTER, Variant(language="ar"), view_url=VIEW)
    for part in (arabic.html, arabic.text):
        assert NEWSLETTER.taglines["ar"] in part
        assert "\u0627\u0644\u0639\u0627\u0644\u0645" in part, "World"
        assert typographic(NEWSLETTER.tagline) not in part
    french = renderer.render(edition(), NEWSLETTER, Variant(language="fr-CA"), view_url=VIEW)
    assert ">Monde</h2>" in french.html
    # What is not translated says which language it is in.
    assert 'lang="en"' in french.html[: french.html.index(typographic(NEWSLETTER.tagline))].rsplit("<p", 1)[1]
    assert re.search(r'<h2[^>]* lang="en"[^>]*>Europe</h2>', french.html)


def test_a_french_colon_has_its_blank_before_the_links_of_the_text_part(renderer: EditionRenderer) -> None:
    text = renderer.render(edition(), NEWSLETTER, Variant(language="fr"), view_url=VIEW).text
    assert "Voir dans le navigateur\u00a0:\n" in text
    assert "Se désinscrire\u00a0:\n" in text


def test_a_title_that_an_editor_wrote_is_kept(renderer: EditionRenderer) -> None:
    renamed = replace(
        edition(),
        sections=tuple(
            replace(section, title="The world today") if section.slug == "world" else section
            for section in edition().sections
        ),
    )
    french = renderer.render(renamed, NEWSLETTER, Variant(language="fr"), view_url=VIEW)
    assert "The world today</h2>" in french.html
    assert "Monde" not in french.html


def test_the_footer_says_what_the_law_asks_for(rendered: Rendered) -> None:
    for part in (unescape(rendered.html), rendered.text):
        assert "You get this mail because you signed up for The World Brief." in part
        assert "The Digest Desk" in part
        assert "12 Example Street" in part
        assert "Unsubscribe" in part


def test_headings_form_an_outline(rendered: Rendered) -> None:
    levels = [tag for tag in Outline(rendered.html).tags if tag in ("h1", "h2", "h3")]
    assert levels[:3] == ["h1", "h2", "h2"]
    assert levels.count("h1") == 1
    assert levels.count("h3") == 9
    assert rendered.html.count('role="main"') == 1


def test_size_is_far_from_being_clipped(rendered: Rendered) -> None:
    assert len(rendered.html.encode()) <= 55_000
    styles = re.findall(r"<style.*?</style>", rendered.html, re.DOTALL)
    assert sum(map(len, styles)) < 16_000  # Gmail drops all of it beyond


def test_twenty_four_stories_with_tracked_links_fit(renderer: EditionRenderer) -> None:
    link = "https://track.example/" + "x" * 378
    stories = [replace(story, url=link) for story in edition().told[:12]] * 2
    html = renderer.render(with_stories(stories), NEWSLETTER, ENGLISH, view_url=VIEW).html
    assert len(html.encode()) <= 95_000


def test_both_parts_keep_a_character_beyond_latin_1(renderer: EditionRenderer) -> None:
    plain = with_stories([told("Plain", "Plain words.", "Outlet")])
    rendered = renderer.render(plain, NEWSLETTER, ENGLISH, view_url=VIEW)
    assert max(rendered.html) > "\u00ff"
    assert max(rendered.text) > "\u00ff"


def test_the_preheader_is_padded_and_not_in_the_text_part(rendered: Rendered) -> None:
    assert edition().preheader + "\u2007\u034f\u200c" * 40 in rendered.html
    assert edition().preheader not in rendered.text


def test_text_lines_fit_and_links_stand_alone(rendered: Rendered) -> None:
    for line in rendered.text.split("\n"):
        if "https://" in line:
            assert re.fullmatch(r" *https://\S+", line)
        else:
            assert columns(line) <= 72


def test_equal_input_gives_equal_bytes_whatever_the_status(renderer: EditionRenderer, rendered: Rendered) -> None:
    assert renderer.render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW) == rendered
    ready = edition().to(EditionStatus.READY).approve(by="ines", at=MORNING)
    assert renderer.render(ready, NEWSLETTER, ENGLISH, view_url=VIEW).sha256 == rendered.sha256


def test_another_word_gives_other_tokens(renderer: EditionRenderer, rendered: Rendered) -> None:
    other = renderer.render(edition(subject="Another subject"), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert set(other.slot_tokens.values()).isdisjoint(rendered.slot_tokens.values())
    assert other.sha256 != rendered.sha256


def test_chosen_sections_keep_the_lead_and_the_briefs(renderer: EditionRenderer) -> None:
    chosen = renderer.render(edition(), NEWSLETTER, Variant(language="en", sections=("europe",)), view_url=VIEW)
    assert KRAMATORSK.headline in chosen.html
    assert STORIES["europe"][0].url in chosen.text
    assert STORIES["business"][0].url not in chosen.text + chosen.html
    assert "In brief" in chosen.text


def test_a_text_only_variant_has_no_html(renderer: EditionRenderer, rendered: Rendered) -> None:
    text_only = renderer.render(edition(), NEWSLETTER, Variant(language="en", text_only=True), view_url=VIEW)
    assert text_only.html == ""
    assert text_only.text.count("\n") == rendered.text.count("\n")


def _asides(text: str, story: Told) -> EditionSection:
    url = "https://outlet.example/"
    blocks = (
        QuoteBlock(text=text, by=text, url=url, outlet=text, language=text),
        NumberBlock(number=text, text=text, url=url, outlet=text),
        PictureBlock(image_url=url, alt=text, caption=text, credit=text, url=url, picture=LEAD_PICTURE),
        MissedBlock(told=(story,)),
    )
    return EditionSection(slug="missed", title="", blocks=blocks)


@pytest.mark.parametrize("headline", HOSTILE_HEADLINES)
def test_a_hostile_headline_stays_text(renderer: EditionRenderer, headline: str) -> None:
    note = NoteBlock(text=headline, signed=headline)
    story = told(
        headline, headline, headline, kicker=headline, url="https://outlet.example/",
        related=(replace(related("r", "o"), headline=headline, outlet=headline),),
    )  # fmt: skip
    hostile = edition(
        subject=headline,
        preheader=headline,
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=story), note)),
            EditionSection(slug="world", title=headline, blocks=(StoryBlock(told=story),)),
            EditionSection(slug="briefs", title="", blocks=(BriefsBlock(told=(story,)),)),
            _asides(headline, story),
        ),
    )
    harmless = replace(told("x", "x", "x", kicker="x", url="https://outlet.example/"), related=(related("r", "o"),))
    plain = edition(
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=harmless), NoteBlock(text="x", signed="x"))),
            EditionSection(slug="world", title="y", blocks=(StoryBlock(told=harmless),)),
            EditionSection(slug="briefs", title="", blocks=(BriefsBlock(told=(harmless,)),)),
            _asides("x", harmless),
        )
    )
    ours = renderer.render(hostile, NEWSLETTER, ENGLISH, view_url=VIEW)
    tags = [tag for tag in Outline(ours.html).tags if tag != "p"]
    expected = [
        tag for tag in Outline(renderer.render(plain, NEWSLETTER, ENGLISH, view_url=VIEW).html).tags if tag != "p"
    ]
    assert ours.left_out == ()
    assert tags == expected
    assert not re.search(r"\{\{|\{%|\*\||<script|</?mj-", ours.html)
    assert "\\u{" not in ours.html.replace("\\u{0}", "")  # that one was typed


def test_an_unsafe_link_is_dropped_and_named(renderer: EditionRenderer) -> None:
    bad = told("A headline", "", "Outlet", url="javascript:alert(1)", related=())
    ours = renderer.render(with_stories([KRAMATORSK, bad]), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert "javascript" not in ours.html + ours.text
    assert "A headline" in ours.html
    assert len(ours.warnings) == 1
    assert "A headline" in ours.warnings[0]


def _with_template(folder: Path, name: str, text: str) -> EditionRenderer:
    shutil.copytree(TEMPLATES, folder / "templates")
    (folder / "templates" / "email" / "blocks" / name).write_text(text, encoding="utf-8")
    return EditionRenderer(Engine(folder / "templates"))


def test_a_block_that_breaks_the_compile_is_left_out_and_named(tmp_path: Path) -> None:
    template = (TEMPLATES / "email/blocks/story.mjml.j2").read_text(encoding="utf-8")
    breaking = template + '{% if "Finland" in block.pieces[0].headline.text %}<mj-nope>{% endif %}\n'
    ours = _with_template(tmp_path, "story.mjml.j2", breaking).render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert [name.split(":")[0] for name in ours.left_out] == [
        'story "Finland\'s foreign minister expects the country to decide on NATO before…"'
    ]
    assert "<mj-nope> is not a tag" in ours.left_out[0]
    assert "Finland" not in ours.text
    assert STORIES["europe"][0].url in ours.text
    assert "12. Japan" in ours.text  # numbers close up


def test_a_broken_text_template_leaves_the_block_out_of_both_parts(tmp_path: Path) -> None:
    breaking = "{{ block.no_such_field }}"
    ours = _with_template(tmp_path, "note.txt.j2", breaking).render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert [name.split(":")[0] for name in ours.left_out] == ["note signed 'Ines Marlow, morning editor'"]
    assert "Ines Marlow" not in ours.html


def test_where_every_story_breaks_nothing_is_rendered(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    for kind in ("lead", "story", "briefs"):
        (tmp_path / f"templates/email/blocks/{kind}.mjml.j2").write_text("<mj-nope />", encoding="utf-8")
    with pytest.raises(RenderFailed, match="every story of world/2022-04-08"):
        EditionRenderer(Engine(tmp_path / "templates")).render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)


def test_a_broken_frame_blames_no_story(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates/email/footer.html.j2").write_text("{{ no_such_field }}", encoding="utf-8")
    with pytest.raises(RenderFailed, match=r"footer\.html\.j2 line 1"):
        EditionRenderer(Engine(tmp_path / "templates")).render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)


def test_related_items_say_their_kind_once_and_their_day(rendered: Rendered) -> None:
    assert rendered.text.count("Also reported") == 5
    assert "Earlier, Wednesday" in rendered.text
    assert "Explainer" in rendered.text
    old = told("x", "", "Outlet", related=(related("y", "Outlet", RelatedKind.EARLIER, 9),))
    engine = EditionRenderer(Engine(TEMPLATES))
    assert "Earlier, 30 March" in engine.render(with_stories([old]), NEWSLETTER, ENGLISH, view_url=VIEW).text


def test_a_story_in_another_language_says_so(renderer: EditionRenderer) -> None:
    stories = [
        KRAMATORSK,
        told("L'Élysée répond", "", "Courrier", language="fr"),
        told("محكمة", "", "x", language="ar"),
    ]
    html = renderer.render(with_stories(stories), NEWSLETTER, ENGLISH, view_url=VIEW).html
    assert re.search(r'<h3[^>]* lang="fr" style', html)
    assert re.search(r'<h3[^>]* lang="ar" dir="rtl"', html)
    assert not re.search(r'<h2[^>]* lang="en"', html)


def test_arabic_is_set_from_the_right(renderer: EditionRenderer) -> None:
    html = renderer.render(edition(), NEWSLETTER, Variant(language="ar"), view_url=VIEW).html
    assert '<html lang="ar" dir="rtl"' in html
    assert "direction:ltr" not in html
    assert "text-align:left" not in html.replace("font-size:0px;text-align:left;direction:rtl", "")
    assert "border-right:2px solid" in html
    assert "border-left:2px solid" not in html
    assert re.search(r'<h2[^>]* lang="en" dir="ltr"', html)
    assert "إلغاء الاشتراك" in html


def test_the_plain_theme_sets_headlines_without_serifs(renderer: EditionRenderer) -> None:
    plain = replace(NEWSLETTER, theme=Theme(name="plain"))
    html = renderer.render(edition(), plain, ENGLISH, view_url=VIEW).html
    assert "Georgia" not in html.split("</head>")[1]


def test_the_web_page_holds_nothing_of_a_person(renderer: EditionRenderer, rendered: Rendered) -> None:
    page = renderer.page(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    outline = Outline(page)
    assert not any(token in page for token in rendered.slot_tokens.values())
    assert "script" not in outline.tags
    assert "img" not in outline.tags
    assert "Good morning" not in page
    assert "Unsubscribe" not in page
    assert outline.links.count("https://digest.example/subscribe") == 2
    homeless = EditionRenderer(Engine(TEMPLATES)).page(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert "Subscribe" not in homeless, "a site without such a page has no link to it"
    assert f'<meta property="og:title" content="{edition().subject}"' in unescape(page)
    assert f'<link rel="canonical" href="{VIEW}"' in page
    assert all(typographic(story.headline) in unescape(page) for story in edition().told)


def test_a_page_needs_an_address(renderer: EditionRenderer) -> None:
    with pytest.raises(RenderFailed, match=r"site\.base_url"):
        renderer.page(edition(), NEWSLETTER, ENGLISH, view_url="")


def test_every_kind_of_block_has_its_templates_and_its_documentation() -> None:
    documented = (TEMPLATES.parent / "docs/reference/blocks.md").read_text(encoding="utf-8")
    kinds = {block.__dataclass_fields__["kind"].default for block in BLOCKS}
    folder = TEMPLATES / "email" / "blocks"
    assert {path.name for path in folder.iterdir()} == {
        f"{kind}.{form}.j2" for kind in kinds for form in ("mjml", "txt")
    }
    assert all(f"## `{kind}`" in documented for kind in kinds)
