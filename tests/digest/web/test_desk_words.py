"""The words of the desk: French says everything, with the same fields, and nothing that is not asked for."""

from __future__ import annotations

import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import digest.web.desk
from digest.web.desk.words import desk_words

TEMPLATES = Path(__file__).parents[3] / "templates" / "web" / "editor"
PACKAGE = Path(digest.web.desk.__file__).parent
KEYWORDS = {"say": (1,), "count": (1, 2)}
SAID_BY_TABLE = {"That is not your password.", "That code is not right.", "That passkey is not known here."}
"""What stands in a table of frame.py and is said from there."""
_FIELD = re.compile(r"%\((\w+)\)s")


def _catalogue() -> Catalog:
    source = files("digest.web.desk").joinpath("locale", "fr.po").read_bytes()
    return read_po(BytesIO(source), locale="fr", abort_invalid=True)


def _said() -> set[object]:
    found = [
        *extract_from_dir(TEMPLATES, [("**.j2", "jinja2")], {"**.j2": {"trimmed": "true"}}, keywords=KEYWORDS),
        *extract_from_dir(PACKAGE, [("**.py", "python")], keywords=KEYWORDS),
    ]
    return {message for _, _, message, _, _ in found} | SAID_BY_TABLE


def test_french_says_everything_and_nothing_else() -> None:
    catalogue = {message.id: message for message in _catalogue() if message.id}
    assert set(catalogue) == _said()
    for message in catalogue.values():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for own, french in zip(ids, strings, strict=True):
            assert french
            assert set(_FIELD.findall(own)) == set(_FIELD.findall(french)), own
            assert "%" not in _FIELD.sub("", french), own


def test_the_words_are_translated() -> None:
    assert [m.id for m in _catalogue() if m.id and m.id == m.string] == ["place", "Sources"]


def test_whose_language_it_is() -> None:
    assert desk_words("fr", "en").say("Send") == "Envoi"
    assert desk_words("", "fr-CA,en;q=0.5").language == "fr"
    assert desk_words("de", "fr").language == "en"
