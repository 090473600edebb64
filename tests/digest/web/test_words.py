"""The words of the pages: every language says everything, with the same fields, and nothing that is not asked for."""

from __future__ import annotations

import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import digest.web
from digest.render.words import LANGUAGES
from digest.web.words import words_accepted, words_for

TEMPLATES = Path(__file__).parents[3] / "templates" / "web"
PACKAGE = Path(digest.web.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language != "en"]
KEYWORDS = {"say": (1,), "count": (1, 2)}
_FIELD = re.compile(r"%\((\w+)\)s")


def _catalogue(language: str) -> Catalog:
    source = files("digest.web").joinpath("locale", f"{language}.po").read_bytes()
    return read_po(BytesIO(source), locale=language, abort_invalid=True)


def _said() -> set[str]:
    found = [
        *extract_from_dir(TEMPLATES, [("**.j2", "jinja2")], {"**.j2": {"trimmed": "true"}}, keywords=KEYWORDS),
        *extract_from_dir(PACKAGE, [("**.py", "python")], keywords=KEYWORDS),
    ]
    # The desk has a catalogue of its own.
    said = (message for file, _, message, _, _ in found if not _of_the_desk(file))
    return {message if isinstance(message, str) else message[0] for message in said}


def _of_the_desk(file: str) -> bool:
    return file.startswith(("editor/", "desk/"))


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_is_said_and_nothing_else(language: str) -> None:
    catalogue = {_first(message.id): message for message in _catalogue(language) if message.id}
    assert len(catalogue) > 50
    assert set(catalogue) == _said()
    for message in catalogue.values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy
        for form in forms:
            assert form
            assert set(_FIELD.findall(_first(message.id))) == set(_FIELD.findall(form))
            assert "%" not in _FIELD.sub("", form)


def _first(text: str | tuple[str, ...]) -> str:
    """The text itself, or of one with a plural the singular."""
    return text if isinstance(text, str) else text[0]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_words_are_translated(language: str) -> None:
    same = [m.id for m in _catalogue(language) if m.id and m.id == m.string]
    assert same in ([], ["Form"], ["Undo"], ["No"])


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.8", "fr"),
        ("pt, es;q=0.5, de;q=0.7", "de"),
        ("de;q=0, ar", "ar"),
        ("es;q=0.9, de;q=0.9", "es"),
        ("*", "en"),
        ("en-GB;q=NaN, \x00", "en"),
    ],
)
def test_the_browsers_wish(header: str, language: str) -> None:
    assert words_accepted(header).language == language


def test_the_first_language_that_we_have() -> None:
    assert words_for("", "xx", "de-AT", "fr").language == "de"
    assert words_for().language == "en"
