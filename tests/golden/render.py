"""The reviewed renderings: one of each kind of block, in the forms that readers get."""

from __future__ import annotations

import re
from pathlib import Path

from digest.model.letter import LETTERS
from digest.model.mail import Rendered, Variant
from digest.render.engine import Engine
from digest.render.letters import LetterWriter
from digest.render.renderer import EditionRenderer
from digest.render.words import LANGUAGES
from subscribers.model import LetterKind
from tests.digest.render.editions import NEWSLETTER, illustrated
from tests.digest.render.letters import letter

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER.parents[1] / "templates"
_VIEW = "https://digest.example/world/2022-04-08"


def goldens() -> dict[str, str]:
    """File name -> what it should hold."""
    renderer = EditionRenderer(
        Engine(TEMPLATES),
        picture_host="https://digest.example/pictures/",
        subscribe_url="https://digest.example/subscribe",
    )
    english, arabic = (
        renderer.render(illustrated(), NEWSLETTER, Variant(language=language), view_url=_VIEW)
        for language in ("en", "ar")
    )
    page = renderer.page(illustrated(), NEWSLETTER, Variant(language="en"), view_url=_VIEW)
    return {
        "mail-en.html": _normal(_untokened(english.html, english)),
        "mail-ar.html": _normal(_untokened(arabic.html, arabic)),
        "mail-en.txt": _untokened(english.text, english),
        "mail-ar.txt": _untokened(arabic.text, arabic),
        "page-en.html": _normal(page),
        **_letters(),
    }


def _letters() -> dict[str, str]:
    """Every letter in each language: its text, and what its HTML says; the frame is that of the confirmation."""
    writer = LetterWriter(Engine(TEMPLATES), picture_host="https://digest.example/pictures/")
    found = {}
    for language in LANGUAGES:
        written = [writer.write(letter(kind, language), NEWSLETTER) for kind in LETTERS]
        parts = (f"{one.subject}\n{one.preheader}\n\n{one.text}" for one in written)
        found[f"letters-{language}.txt"] = "\n\n\n".join(parts)
        found[f"letters-{language}.html"] = "\n\n".join(_said(one.html) for one in written)
    found["letter-confirm-en.html"] = _normal(writer.write(letter(LetterKind.CONFIRM), NEWSLETTER).html)
    return found


def _said(html: str) -> str:
    """Title, paragraphs and button of a letter, and its footer."""
    title, footer = html.index("<h1"), html.index("<p", html.rindex('class="mt ft"'))
    return "".join(_normal(html[start : html.index("</div>", start)]) for start in (title, footer))


def _untokened(document: str, rendered: Rendered) -> str:
    for slot, token in rendered.slot_tokens.items():
        document = document.replace(token, f"-{slot}-")
    return document


def _normal(html: str) -> str:
    """One tag a line, without the padding that nobody can see, so that a difference can be read."""
    lines = re.sub(r"\s*(<[^>]*>)\s*", r"\n\1\n", html.replace("\u2007\u034f\u200c", "")).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip()) + "\n"
