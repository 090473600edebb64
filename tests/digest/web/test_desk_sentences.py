"""Sentences that are stored or raised in English reach French editors in French: every form of them is known."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import digest
from digest.model.delivery import MailingState
from digest.model.edition import EditionStatus
from digest.model.person import Role
from digest.store.tx import Store
from digest.web.desk.sentences import said
from tests.digest.web.desk_site import DESK, desk

ROOT = Path(digest.__file__).parent
MADE_IN = (
    "editorial/edition/lint.py", "editorial/edition/edits.py", "editorial/picking/select.py",
    "editorial/picking/rank.py", "render/checks.py",
    "render/edition_checks.py", "render/surroundings.py", "workflow/edition/desk.py", "workflow/edition/edit.py",
    "workflow/edition/review.py", "workflow/edition/byurl.py", "workflow/edition/archive.py", "web/desk/changes.py",
    "web/desk/call.py", "web/desk/conditions.py", "workflow/staff/people.py", "workflow/staff/tokens.py",
    "workflow/staff/other_house.py",
    "workflow/clock/alarms.py", "workflow/belief.py", "workflow/clock/webhooks.py", "workflow/readers/imports.py",
    "workflow/readers/lists.py", "workflow/stories/sources.py", "workflow/edition/second.py",
    "workflow/send/mailing.py", "workflow/send/corrections.py", "workflow/staff/passkeys.py", "workflow/trial.py",
    "web/desk/look.py", "web/desk/trial.py", "model/look.py",
)  # fmt: skip
"""Where what the desk shows is put into words."""
_QUOTES = ("quoted", "name_of")
"""Functions that put what they return into quotation marks."""
_NOT_SHOWN = {"nobody is signed in", "no such newsletter", "no such correction", "nobody is signed in here"}
_COMMANDS = {"digest doctor --online", "digest sources list"}
_WHOLLY_FIELDS = {"§ “§”", "wrote the subject “§”§", "§§.", "§ §."}
"""Sentences put together of parts that are known one by one."""
_FIELD = re.compile(r"%\((\w+)\)s")


def _form(node: ast.AST) -> str | None:
    """A sentence with § for each of its fields; None for what is no text of ours."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part) for part in node.values)
    return None


def _part(part: ast.AST) -> str:
    if isinstance(part, ast.FormattedValue):
        quotes = isinstance(part.value, ast.Call) and ast.unparse(part.value.func) in _QUOTES
        return "“§”" if quotes else "§"
    return str(getattr(part, "value", ""))


def _sentences(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        shown: list[ast.AST] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("Finding", "Part"):
                shown = [one.value for one in node.keywords if one.arg in ("message", "fix", "detail")]
            elif called == "Trouble":
                shown = [one.value for one in node.keywords if one.arg in ("what", "why", "next_step")]
            elif called in ("_warning", "_blocker"):
                shown = list(node.args[1:3])
            elif called in ("IllegalEdit", "DigestError", "NotFound", "SegmentError", "IllegalLook"):
                shown = list(node.args[:1])
        elif isinstance(node, ast.FunctionDef) and node.name in ("in_words", "against", "seat", "_against"):
            shown = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None]
        for one in shown:
            form = _form(one)
            if form and form.strip("§ ") and form not in _NOT_SHOWN | _COMMANDS | _WHOLLY_FIELDS:
                yield form


def _known(form: str) -> bool:
    """With numbers in its fields, or with words."""
    return any(said("fr", told) != told for told in (form, form.replace("§", "7")))


@pytest.mark.parametrize("name", MADE_IN)
def test_every_sentence_is_known_in_french(name: str) -> None:
    unknown = [form for form in _sentences(ROOT / name) if not _known(form)]
    assert unknown == []


def test_the_catalogue_keeps_its_fields() -> None:
    source = files("digest.web.desk").joinpath("locale", "fr.sentences.po").read_bytes()
    for message in read_po(BytesIO(source), locale="fr", abort_invalid=True):
        own, french = str(message.id), str(message.string)
        if own:
            assert french
            assert set(_FIELD.findall(french)) <= set(_FIELD.findall(own)), own
            assert "%" not in _FIELD.sub("", french), own


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("world/2026-11-23 is sent and can no longer be changed",
         "world/2026-11-23 est envoyée et ne peut plus être changée"),
        ("moved “Go to Rome” down", "a déplacé « Go to Rome » d’un rang vers le bas"),
        ("3 outlets, 1 wire, world section, hard news: rockets, flood, new since 03:28",
         "3 médias, 1 agence, rubrique internationale, actualité forte : rockets, flood, nouveau depuis 03:28"),
        ("w/a has 2 blocker(s): edition w/a has no lead story; edition w/a tells 0 events; 6 are the least",
         "w/a a 2 blocage(s) : l’édition w/a n’a pas d’article de tête; l’édition w/a raconte 0 événements ; il en "
         "faut au moins 6"),
        ("'x' is not an address: An email address must have an @-sign.",
         "'x' n’est pas une adresse : Une adresse doit avoir un signe @."),
        ("accent: 'red' is no colour; write it as #9b2226",
         "accent : 'red' n’est pas une couleur ; écrivez-la comme #9b2226"),
        ("a.org has no SPF record; a.org: no key at s1._domainkey: mend it, or confirm it unseen where you know better",
         "a.org n’a pas d’enregistrement SPF; a.org : pas de clé sous s1._domainkey : corrigez-le, ou confirmez sans "
         "consultation si vous savez ce qu’il en est"),
        ("moved “A” to the briefs", "a déplacé « A » vers les brèves"),
        ("parted 1 report from “A”", "a séparé 1 article de « A »"),
        ("took back: moved “A” to europe", "a annulé : a déplacé « A » vers europe"),
        ("5 events of the same running story score higher", "mieux placé : 5 événements du même sujet en cours"),
        ("unpinned “A, B”", "a détaché « A, B »"),
        ("wrote the subject “A”, and to try “B”", "a écrit l’objet « A », et à essayer « B »"),
        ("https://e.test/a answers 404.", "https://e.test/a répond 404."),
        ("excluded “100 % sure”: %(odd)s {x}", "a exclu « 100 % sure » : %(odd)s {x}"),
        ("Somebody's own words", "Somebody's own words"),
        ("too many stories", "too many stories"),
        ("wrote the subject “”, and to try “B”", "a écrit l’objet «  », et à essayer « B »"),
        ("26 sources, 1,140 new stories, 9 known", "26 sources, 1,140 articles nouveaux, 9 connus"),
        ("1 source, 1 new story, 1 article fetched", "1 source, 1 article nouveau, 1 article lu en entier"),
        ("world/2026-11-23 is held: nobody gets it", "world/2026-11-23 est retenue : personne ne la reçoit"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_said(text: str, french: str) -> None:
    assert said("fr", text) == french
    assert said("en", text) == text


def test_states_and_roles_are_known() -> None:
    for word in (*EditionStatus, *Role, *MailingState):
        assert said("fr", word.value) != word.value, word


def test_a_language_of_ones_own_and_no_english_on_a_french_page(store: Store, tmp_path: Path) -> None:
    """The words of both catalogues, looked for in the texts of the pages that show most of them."""
    own = read_po(BytesIO(files("digest.web.desk").joinpath("locale", "fr.po").read_bytes()), locale="fr")
    english = [one.id for one in own if isinstance(one.id, str) and len(one.id) > 8 and "%" not in one.id]
    same = {one.id for one in own if one.id == one.string}
    with desk(store, tmp_path) as place, place.enter(Role.ADMIN) as ann:
        assert 'lang="en"' in ann.get("/desk").text
        ann.post("/desk/me/language", data={"language": "fr"})
        out, moved = (place.edition.told[n].event for n in (3, 1))
        ann.post(f"{DESK}/change", data={"version": "1", "event": out, "do": "exclude", "reason": "double"})
        ann.post(f"{DESK}/change", data={"version": "2", "event": moved, "do": "down"})
        for path in ("/desk", DESK, f"{DESK}/text", f"{DESK}/checks", f"{DESK}/send", "/desk/log", "/desk/me",
                     "/desk/audience/lists/world", "/desk/sources", "/desk/system"):  # fmt: skip
            page = ann.get(path).text
            assert '<html lang="fr"' in page
            shown = html.unescape(re.sub(r"<[^>]+>", "\n", page))
            lines = {line.strip() for line in shown.splitlines() if line.strip()}
            assert sorted(lines & set(english) - same) == [], path
            told = [line for line in lines if ", " not in line and said("fr", line) != line]
            assert told == [], path
        assert "médias, 1 agence, rubrique internationale" in ann.get(DESK).text
        refused = ann.post(f"{DESK}/change", data={"version": "3", "event": out, "do": "down"})
        assert "n’est pas raconté" in refused.text
        ann.post("/desk/me/language", data={"language": "xx"})
        assert 'lang="en"' in ann.get("/desk").text
