"""The gallery: one static page that shows every block and every letter in every light. No script, nothing loaded."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

from digest.model.edition import Edition
from digest.model.letter import LETTERS
from digest.model.mail import Slot, Variant
from digest.model.newsletter import Newsletter
from digest.render.engine import Engine
from digest.render.layout import blank, lay_out
from digest.render.letters import Letter, LetterWriter
from digest.render.palette import THEMES, palette
from digest.render.sheet import Sheet
from digest.render.slots import greeting
from digest.render.specimens import SMALL, SPECIMEN_VALUES, WIDE, specimen_editions
from digest.render.words import words_for

WIDTHS = (640, 375)
"""CSS pixels of the windows that every specimen is shown in."""
Light = Literal["light", "dark", "right to left", "images off"]
LIGHTS: tuple[Light, ...] = ("light", "dark", "right to left", "images off")

_HOST = "https://gallery.invalid/"
_SCENE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1104 621" preserveAspectRatio="xMidYMid slice">'
    '<linearGradient id="s" x2="0" y2="1"><stop stop-color="#31456a"/><stop offset=".7" stop-color="#e9a178"/>'
    '</linearGradient><path fill="url(#s)" d="M0 0h1104v621H0z"/><circle cx="760" cy="330" r="58" fill="#f8dfb6"/>'
    '<path fill="#54607a" d="M0 400l210-110 190 90 260-150 220 130 224-90v351H0z"/>'
    '<path fill="#2b3448" d="M0 480l300-70 330 80 220-50 254 60v121H0z"/></svg>'
)
_HEIGHTS = {
    "lead": (880, 870), "story": (580, 730), "briefs": (270, 340), "note": (300, 340), "quote": (300, 340),
    "number": (300, 340), "picture": (540, 440), "missed": (270, 340), "frame": (460, 560), "letter": (650, 780),
}  # fmt: skip
"""Of the windows, in CSS pixels, by width: without a script a window cannot take its content's height.

About 8 % more than the tallest needs: the fonts of another machine set the same words taller."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{margin:0 auto;max-width:1120px;padding:32px 24px 80px;font:16px/1.5 system-ui,sans-serif}}
h1{{font:bold 34px/1.2 Georgia,serif;margin:0}}
h2{{font:bold 24px/1.3 Georgia,serif;margin:56px 0 0;padding:16px 0 0;border-top:2px solid}}
h3{{margin:36px 0 0;font-size:18px}}
nav a{{display:inline-block;padding:4px 12px 4px 0}}
.row{{display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start}}
figure{{margin:12px 0 0;max-width:100%;overflow-x:auto}}
figcaption{{font-size:14px;opacity:.8}}
iframe{{display:block;border:1px solid #8886;background:#fff}}
</style>
</head>
<body>
<h1>{title}</h1>
<p>Every block and every letter as they are set: light, dark, right to left, images off, at 640 and 375 pixels.</p>
<nav aria-label="Contents">{contents}</nav>
{body}
</body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Specimen:
    name: str
    kind: str
    """Key of `_HEIGHTS`."""
    light: Light
    html: str


def gallery(engine: Engine, newsletter: Newsletter, *, logo: bytes = b"") -> str:
    """The page, in the newsletter's own colours: the blocks in each theme, the letters in its own.

    `logo` are the bytes of the theme's logo: the page holds all that it shows.
    """
    parts, contents = [], []
    for theme in THEMES:
        themed = replace(newsletter, theme=replace(newsletter.theme, name=theme))
        parts.append(f'<h2 id="{theme}">{theme.capitalize()}</h2>')
        contents.append(f'<a href="#{theme}">{theme.capitalize()}</a>')
        parts += _shown(_blocks(engine, themed))
    parts.append('<h2 id="letters">Letters</h2>')
    contents.append('<a href="#letters">Letters</a>')
    parts += _shown(_letters(engine, newsletter))
    if newsletter.theme.logo is not None:
        address = escape(_HOST + newsletter.theme.logo.name)
        parts = [part.replace(address, _data("image/png", logo)) for part in parts]
    title = escape(f"Gallery: {newsletter.name}")
    return _PAGE.format(title=title, contents="".join(contents), body="\n".join(parts))


def _shown(specimens: Iterator[_Specimen]) -> Iterator[str]:
    previous = ""
    for one in specimens:
        if one.name != previous:
            yield f"<h3>{escape(one.name)}</h3>"
            previous = one.name
        windows = "".join(_window(one, place) for place in range(len(WIDTHS)))
        yield f'<div class="row">{windows}</div>'


def _window(one: _Specimen, place: int) -> str:
    width, height = WIDTHS[place], _HEIGHTS[one.kind][place]
    caption = f"{one.light}, {width} px"
    title = escape(f"{one.name}, {caption}", quote=True)
    return (
        f'<figure><figcaption>{caption}</figcaption><iframe sandbox="" loading="lazy" title="{title}" width="{width}" '
        f'height="{height}" srcdoc="{escape(one.html, quote=True)}"></iframe></figure>'
    )


def _blocks(engine: Engine, newsletter: Newsletter) -> Iterator[_Specimen]:
    editions = {language: specimen_editions(language) for language in ("en", "ar")}
    for light in LIGHTS:
        yield _Specimen(name="Masthead and footer", kind="frame", light=light, html=_frame(engine, newsletter, light))
    for kind in editions["en"]:
        for light in LIGHTS:
            edition = editions["ar" if light == "right to left" else "en"][kind]
            yield _Specimen(name=kind, kind=kind, light=light, html=_block(engine, newsletter, edition, light))


def _block(engine: Engine, newsletter: Newsletter, edition: Edition, light: Light) -> str:
    written_in = replace(newsletter, language=edition.language)
    sheet = lay_out(edition, written_in, Variant(language=edition.language), picture_host=_HOST)
    return _lit(_compiled(engine, "email/specimen.mjml.j2", sheet, newsletter), light)


def _frame(engine: Engine, newsletter: Newsletter, light: Light) -> str:
    words = words_for("ar" if light == "right to left" else newsletter.language)
    sheet = replace(
        blank(newsletter, words, picture_host=_HOST),
        subject=newsletter.name,
        day=words.full_date(next(iter(specimen_editions("en").values())).id.date),
        tally=words.count("%(count)s story", "%(count)s stories", 14),
    )
    return _lit(_compiled(engine, "email/edition.mjml.j2", sheet, newsletter), light)


def _compiled(engine: Engine, template: str, sheet: Sheet, newsletter: Newsletter) -> str:
    slots = dict.fromkeys(Slot, "https://digest.example/") | {Slot.NAME: greeting(sheet.lang, "Ada")}
    return engine.compile(
        template,
        sheet=sheet,
        look=palette(newsletter.theme, sheet.lang),
        slots=slots,
        page=None,
        padding="",
        say=words_for(sheet.lang).say,
    )


def _letters(engine: Engine, newsletter: Newsletter) -> Iterator[_Specimen]:
    writer = LetterWriter(engine, picture_host=_HOST)
    for kind in LETTERS:
        for light in LIGHTS[:3]:  # there are no pictures to be switched off
            language = "ar" if light == "right to left" else newsletter.language
            letter = Letter(kind=kind, language=language, values=SPECIMEN_VALUES[kind])
            html = _lit(writer.write(letter, newsletter).html, light)
            yield _Specimen(name=f"Letter: {kind}", kind="letter", light=light, html=html)


def _lit(html: str, light: Light) -> str:
    """The document as that light shows it, whatever whoever looks at the gallery has chosen for their screen."""
    dark = light == "dark"
    html = html.replace("(prefers-color-scheme:dark)", "all" if dark else "not all")
    html = html.replace("color-scheme:light dark", f"color-scheme:{'dark' if dark else 'light'}")
    scene = _data("image/svg+xml", _SCENE.encode()) if light != "images off" else "data:,"
    for picture in (WIDE, SMALL):
        html = html.replace(f'src="{_HOST}{picture.name}"', f'src="{scene}"')
    return html


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"
