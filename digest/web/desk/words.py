"""The words of the desk: English and French to begin with, a catalogue of their own."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from digest.render.words import Words
from digest.web.words import words_accepted

LANGUAGES = ("en", "fr")
"""Languages that the desk speaks."""


def desk_words(own: str, accepted: str) -> Words:
    """In the person's own language, or as the browser says; English where we have neither."""
    language = own or words_accepted(accepted).language
    return _words(language if language in LANGUAGES else "en")


@cache
def _words(language: str) -> Words:
    return Words(language, NullTranslations() if language == "en" else _catalogue(language))


def _catalogue(language: str) -> Translations:
    source = files("digest.web.desk").joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
