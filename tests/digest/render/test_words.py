"""Our own words: every language says everything, with the same fields, in the right plural."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from digest.render import words as words_module
from digest.render.words import LANGUAGES, direction_of, words_for

TEMPLATES = Path(__file__).parents[3] / "templates" / "email"
PACKAGE = Path(words_module.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language != "en"]
_FIELD = re.compile(r"%\((\w+)\)s")


def _catalogue(language: str) -> Catalog:
    source = files("digest.render").joinpath("locale", f"{language}.po").read_bytes()
    return read_po(BytesIO(source), locale=language, abort_invalid=True)


def _said() -> set[str]:
    """Every text that templates and code ask for, by its first form."""
    keywords = {"say": (1,), "count": (1, 2)}
    found = [
        *extract_from_dir(TEMPLATES, [("**.j2", "jinja2")], {"**.j2": {"trimmed": "true"}}, keywords=keywords),
        *extract_from_dir(PACKAGE, [("**.py", "python")], keywords=keywords),
    ]
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_is_said_and_nothing_else(language: str) -> None:
    catalogue = {m.id if isinstance(m.id, str) else m.id[0]: m for m in _catalogue(language) if m.id}
    assert set(catalogue) == _said()
    for message in catalogue.values():
        assert not message.fuzzy
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(forms)


@pytest.mark.parametrize("language", TRANSLATED)
def test_fields_are_those_of_the_source(language: str) -> None:
    for message in _catalogue(language):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[-1]
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        for form in forms:
            # A plural form may write its number as a word, as Arabic does for one and two.
            assert set(_FIELD.findall(form)) <= set(_FIELD.findall(source))
        assert set(_FIELD.findall(forms[-1])) == set(_FIELD.findall(source))


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "1 story"),
        ("en", 2, "2 stories"),
        ("fr", 0, "0 article"),
        ("fr", 2, "2 articles"),
        ("de", 1, "1 Meldung"),
        ("es", 12, "12 noticias"),
        ("ar", 1, "خبر واحد"),
        ("ar", 2, "خبران"),
        ("ar", 3, "3 أخبار"),
        ("ar", 11, "11 خبرًا"),
        ("ar", 100, "100 خبر"),
    ],
)
def test_plurals(language: str, number: int, said: str) -> None:
    assert words_for(language).count("%(count)s story", "%(count)s stories", number) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Friday 8 April 2022"),
        ("fr", "Vendredi 8 avril 2022"),
        ("es", "Viernes, 8 de abril de 2022"),
        ("de", "Freitag, 8. April 2022"),
        ("ar", "الجمعة، 8 أبريل 2022"),
    ],
)
def test_dates(language: str, said: str) -> None:
    assert words_for(language).full_date(date(2022, 4, 8)) == said


def test_the_first_language_that_we_have_is_taken() -> None:
    assert words_for("nl", "fr-BE").language == "fr"
    assert words_for("nl").language == "en"
    assert words_for("ar").direction == "rtl"
    assert direction_of("he-IL") == "rtl"
    assert direction_of("de") == "ltr"
