"""The words of our pages in the reader's language, and which language that is."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from digest.render.words import LANGUAGES, Words

_LONGEST_HEADER = 200


def words_for(*languages: str) -> Words:
    """Words in the first of `languages` that we have, English where we have none of them."""
    for language in languages:
        primary = language.split("-")[0].strip().lower()
        if primary in LANGUAGES:
            return _words(primary)
    return _words("en")


def words_accepted(header: str) -> Words:
    """Words in the language that an Accept-Language header likes best."""
    wishes: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if weight > 0:
            wishes.append((-weight, tag))
    # A stable sort: of two with one weight, the browser names the better one first.
    return words_for(*(tag for _, tag in sorted(wishes, key=lambda wish: wish[0])))


@cache
def _words(language: str) -> Words:
    return Words(language, NullTranslations() if language == "en" else _catalogue(language))


def _catalogue(language: str) -> Translations:
    source = files("digest.web").joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
