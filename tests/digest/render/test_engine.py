"""The engine: the compiler's known defects are cured, and what it would let pass is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import RenderFailed
from digest.render.engine import Engine, compile_mjml
from digest.render.rules import DEEPEST, LARGEST


def mjml(body: str) -> str:
    """A whole document around the content of one column."""
    return f"<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"


GARBLED = (
    "हिन्दी में समाचार", "ภาษาไทย ที่นี่", "বাংলা সংবাদ", "தமிழ் செய்தி", "שָׁלוֹם", "عَرَبِيّ", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️",
    "n̈ é ö̲", "a\u00a0b", "a\u200db", "a\u200cb", "back\\slash", "\\u{a0} typed", "emoji 🇫🇷", "ﷺ", "x\u0301\u0302\u0303",
    "日本語", "\u2007\u034f\u200c", "plain",
)  # fmt: skip


@pytest.mark.parametrize("text", GARBLED)
def test_attributes_and_text_come_out_as_they_went_in(text: str) -> None:
    html = compile_mjml(mjml(f'<mj-image src="https://a.example/" alt="{text}" /><mj-text>{text}</mj-text>'))
    assert f'alt="{text}"' in html
    assert f">{text}</div>" in html


def test_a_style_over_several_lines_stays_a_style() -> None:
    html = compile_mjml(mjml('<mj-text><p style="margin:0;\n  color:#111111">x</p></mj-text>'))
    assert 'style="margin:0;   color:#111111"' in html


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_that_jinja_escaped_compiles_or_is_refused(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    try:
        html = compile_mjml(mjml(f'<mj-image src="https://a.example/" alt="{escaped}" /><mj-text>x</mj-text>'))
    except RenderFailed:
        return
    assert "\\u{" not in html.replace(escaped, "")


@pytest.mark.parametrize("family", ['font-family="Roboto"', 'font-family="Arial, Lato"', ""])
def test_no_web_font_is_ever_linked(family: str) -> None:
    html = compile_mjml(mjml(f"<mj-text {family}>x</mj-text>"))
    assert "fonts.googleapis" not in html
    assert "@import" not in html


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (mjml("<mj-nope>x</mj-nope>"), "<mj-nope> is not a tag that we compile"),
        (mjml('<mj-include path="x" />'), "<mj-include> is not a tag that we compile"),
        (mjml('<mj-text colour="#fff">x</mj-text>'), "<mj-text> has no attribute colour"),
        (mjml("<mj-section></mj-section>"), "<mj-section> may not stand in <mj-column>"),
        ("<mjml><mj-body><mj-text>x</mj-text></mj-body></mjml>", "<mj-text> may not stand in <mj-body>"),
        (mjml("<mj-text><b>x</mj-text>"), "</mj-text> closes <b>"),
        (mjml("<mj-text></div></mj-text>"), "</div> closes <mj-text>"),
        ("<mjml><mj-body>", "<mj-body> is never closed"),
        (mjml("<mj-text>\x00</mj-text>"), "U+0000"),
        (mjml("<mj-text>\ufffe</mj-text>"), "U+FFFE"),
        (mjml("<mj-text>" + "<b>" * DEEPEST + "</b>" * DEEPEST + "</mj-text>"), "deep"),
        ("x" * (LARGEST + 1), "more than"),
        (mjml("<mj-text>3 < 4</mj-text>"), ""),
        ("", ""),
    ],
)
def test_what_the_compiler_would_swallow_or_die_of_is_refused(source: str, reason: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        compile_mjml(source)
    assert reason in str(caught.value)


def test_the_line_of_a_fault_is_named() -> None:
    with pytest.raises(RenderFailed, match="mjml line 3"):
        compile_mjml("<mjml>\n<mj-body>\n<mj-nope></mj-nope></mj-body></mjml>")


def _engine(folder: Path, **templates: str) -> Engine:
    for name, text in templates.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return Engine(folder)


def test_html_is_escaped_and_the_text_part_is_not(tmp_path: Path) -> None:
    engine = _engine(tmp_path, a__mjml__j2="{{ x }}", a__txt__j2="{{ x }}")
    assert engine.fill("a.mjml.j2", x="<b> & \"'") == "&lt;b&gt; &amp; &#34;&#39;"
    assert engine.fill("a.txt.j2", x="<b> & \"'") == "<b> & \"'"


@pytest.mark.parametrize("mark", ["{{7*7}}", "{% if %}", "<%name%>", "*|FNAME|*", "%recipient%", "[% x %]", "{#c#}"])
def test_marks_of_other_template_languages_stay_text(tmp_path: Path, mark: str) -> None:
    engine = _engine(tmp_path, a__mjml__j2="{{ x }}", a__txt__j2="{{ x }}")
    html = compile_mjml(mjml(f"<mj-text>{engine.fill('a.mjml.j2', x=mark)}</mj-text>"))
    assert mark not in html
    assert mark not in engine.fill("a.txt.j2", x=mark)
    assert engine.fill("a.txt.j2", x=mark).replace("\u2060", "") == mark


def test_a_missing_field_is_an_error_that_names_the_template(tmp_path: Path) -> None:
    engine = _engine(tmp_path, a__mjml__j2="{{ missing }}", b__mjml__j2="{% if %}")
    with pytest.raises(RenderFailed, match=r"a\.mjml\.j2"):
        engine.fill("a.mjml.j2")
    with pytest.raises(RenderFailed, match=r"b\.mjml\.j2 line 1"):
        engine.fill("b.mjml.j2")
    with pytest.raises(RenderFailed, match=r"no-such\.j2"):
        engine.fill("no-such.j2")


def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="not a directory of templates"):
        Engine(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<MJ-INCLUDE path="/etc/passwd"></MJ-INCLUDE>', "not a tag that we compile"),
        ("<mj-section><mj-column><Mj-Text>a</Mj-Text></mj-column></mj-section>", "not a tag that we compile"),
        ("<mj-section><mj-column><p>loose</p></mj-column></mj-section>", "<p> may not stand in <mj-column>"),
        ("<mj-section><mj-column><br /></mj-column></mj-section>", "<br> may not stand in <mj-column>"),
        ("<mj-section>hello</mj-section>", "the words 'hello' may not stand in <mj-section>"),
        ("<mj-section></mj-section> hello", "the words 'hello' may not stand in <mj-body>"),
        ("<mj-section><table></table></mj-section>", "<table> may not stand in <mj-section>"),
        ("<div>x</div>", "<div> may not stand in <mj-body>"),
        ("</mj-body><mj-body>", "there is a second <mj-body>"),
        ('<mj-section padding="0" padding="1px"></mj-section>', "has the attribute padding twice"),
        ("<mj-section full-width></mj-section>", "'full-width', which is no attribute with a value"),
        ("<mj-section padding=0></mj-section>", "'padding=0', which is no attribute with a value"),
        ('<mj-section background-color="notacolor"></mj-section>', "cannot have background-color 'notacolor'"),
        ('<mj-section background-color="#12345"></mj-section>', "cannot have background-color '#12345'"),
        ('<mj-section padding="lots"></mj-section>', "cannot have padding 'lots'"),
        ('<mj-section padding="1px;color:red"></mj-section>', "cannot have padding '1px;color:red'"),
        (f"<mj-raw>{'<_b>' * 3000}{'</_b>' * 3000}</mj-raw>", "nested more than 60 deep"),
    ],
)
def test_what_stands_wrongly_is_refused_and_named(body: str, reason: str) -> None:
    with pytest.raises(RenderFailed, match=re.escape(reason)):
        compile_mjml(f'<mjml><mj-head></mj-head><mj-body width="600px">{body}</mj-body></mjml>')


@pytest.mark.parametrize("padding", ["0", "1px 2.5px", "0 auto", "1px 2px 3px 4px"])
def test_sizes_as_the_templates_write_them_pass(padding: str) -> None:
    section = f'<mj-section padding="{padding}" background-color="#fff"></mj-section>'
    assert compile_mjml(f"<mjml><mj-head></mj-head><mj-body>{section}</mj-body></mjml>")


def test_a_reference_of_thousands_of_digits_is_left_alone() -> None:
    text = f"<mj-text>&#{'9' * 5000}; &#8212;</mj-text>"
    html = compile_mjml(f"<mjml><mj-body><mj-section><mj-column>{text}</mj-column></mj-section></mj-body></mjml>")
    assert "\u2014" in html
