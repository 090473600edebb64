"""Undo for everything at the desk: every form has a line that says what takes it back, and what does is tried."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from digest.model.edition import Edition
from digest.model.person import Role
from digest.ports import App
from digest.store.db import open_engine
from digest.store.imports import StoredImports
from digest.store.tx import Store
from digest.web.desk.access import CORRECTION, EDITION, TABLE
from digest.web.desk.undo import UNDOES, page
from tests import builders
from tests.digest.notify.test_hooks import door
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_decisions import fields
from tests.digest.web.undo_cases import Case, Press, cases
from tests.digest.workflow.edition.test_byurl import URL, OnePage
from tests.digest.workflow.edition.test_byurl import page as article
from tests.fakes import MemorySource

FOLDER = Path(__file__).parent
DOCS = FOLDER.parents[2] / "docs" / "reference" / "desk-undo.md"
DOOR = ("/desk/sign-", "/desk/link/", "/desk/welcome/", "/desk/prove")
CHANGES = frozenset(
    f"{EDITION}/{form}" for form in ("change", "add", "find", "split", "merge", "rewrite", "subject", "note", "compose")
)
"""What "undo" takes back."""
_BACK = ("test_desk_correcting.py", "test_corrections_and_notes_are_taken_back")
_AGAIN = ("test_desk_correcting.py", "test_what_was_taken_back_is_put_back_by_one_press")
_NAMED = ("test_desk_passkeys.py", "test_the_same_one_is_not_taken_twice_and_can_be_named_and_removed")
ELSEWHERE = {
    f"{EDITION}/send-now": ("test_desk_undo_sending.py", "test_a_sending_is_stopped_and_the_stop_is_taken_back"),
    f"{EDITION}/stop": ("test_desk_undo_sending.py", "test_a_sending_is_stopped_and_the_stop_is_taken_back"),
    f"{EDITION}/abandon": ("test_desk_correcting.py", "test_who_was_given_up_is_sent_to_after_all"),
    f"{CORRECTION}/mail": ("test_desk_undo_sending.py", "test_the_mailing_of_a_correction_is_stopped"),
    f"{EDITION}/correct": _BACK,
    f"{EDITION}/note-for-tomorrow": _BACK,
    f"{CORRECTION}/take-back": _AGAIN,
    f"{EDITION}/note-for-tomorrow/take-back": _AGAIN,
    "/desk/me/code": ("test_desk.py", "test_a_second_step_from_the_desk"),
    "/desk/me/sessions/{session}/end": ("test_desk_sign_in.py", "test_all_other_sessions_are_ended_with_one_press"),
    "/desk/me/passkeys": _NAMED,
    "/desk/me/passkeys/{passkey}/change": _NAMED,
}
"""What needs a sending, a second browser or an authenticator: the test that does it and takes it back."""
HERE = [
    path
    for path, one in UNDOES.items()
    if one.by and path not in CHANGES and path not in ELSEWHERE and not path.startswith(DOOR)
]
"""Everything else that can be taken back."""


@pytest.fixture(scope="module")
def place(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    folder = tmp_path_factory.mktemp("undo")
    shutil.copy(migrated, folder / "digest.db")
    store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))

    def adapt(app: App) -> App:
        return replace(
            app, pages=OnePage(article()), hooks=door(addresses=("93.184.216.34",)),
            open_source=lambda added: MemorySource(name=added.slug),
            imports=StoredImports(store.engine, folder / "imports", erasure_key=builders.KEY),
        )  # fmt: skip

    with desk(store, folder, adapt=adapt) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def ann(place: DeskSite) -> Iterator[httpx.Client]:
    with place.enter(Role.ADMIN) as client:
        yield client


def told(edition: Edition) -> tuple[object, ...]:
    """All of it that a change can change."""
    return (
        edition.sections, edition.scored, edition.subject, edition.subject_b, edition.preheader, edition.composed,
        edition.composed_at,
    )  # fmt: skip


def test_every_form_has_a_line() -> None:
    forms = [entry.path for entry in TABLE if entry.method == "POST"]
    assert sorted(UNDOES) == sorted(forms)
    for path, one in UNDOES.items():
        assert one.says, path
        assert not one.by or one.by in forms, path


def test_the_docs_say_the_table() -> None:
    assert DOCS.read_text("utf-8") == page(), "python docs/reference/write_desk_routes.py"


def _changes(edition: Edition) -> Iterator[tuple[str, dict[str, object]]]:
    one, two, three = (edition.told[n].event for n in (1, 2, 3))
    spare = next(scored.event for scored in edition.scored if not scored.rank)
    many = next(scored for scored in edition.scored if len(scored.stories) > 1 and scored.rank)
    teller = next(one.story for one in edition.told if one.event == many.event)
    apart = next(story for story in many.stories if story != teller)
    yield "change", {"do": "pin", "event": one}
    yield "change", {"do": "exclude", "event": one, "reason": "no"}
    yield "change", {"do": "exclude", "event": spare, "reason": "no"}
    yield "change", {"do": "lead", "event": two}
    yield "change", {"do": "down", "event": one}
    yield "change", {"do": "up", "event": two}
    yield "change", {"do": "place", "event": three, "section": "briefs", "place": "0"}
    yield "add", {"event": spare, "section": "world", "place": "0"}
    yield "split", {"event": many.event, "story": apart}
    yield "merge", {"event": one, "other": two}
    yield "rewrite", {"event": one, "headline": "Ours", "blurb": "Our own."}
    yield "subject", {"subject": "Another", "preheader": "One"}
    yield "note", {"text": "Good morning", "signed": "Ann"}
    yield "compose", {"again": "1"}


def test_every_change_of_an_edition_is_undone(place: DeskSite, ann: httpx.Client) -> None:
    found = fields(ann.post(f"{DESK}/look", data={"url": URL}).text, "/find")
    changes = (*_changes(place.edition), ("find", {**found, "section": "world"}))
    assert {f"{EDITION}/{form}" for form, _ in changes} == CHANGES
    for form, typed in changes:
        before = place.now()
        assert ann.post(f"{DESK}/{form}", data={**typed, "version": str(before.version)}).status_code == 200, typed
        after = place.now()
        assert form == "compose" or told(after) != told(before), (form, typed)
        assert after.version == before.version + 1
        assert ann.post(f"{DESK}/undo", data={"version": str(after.version)}).status_code == 200
        assert told(place.now()) == told(before), (form, typed)


def test_a_composing_anew_is_undone_and_what_came_before_it(place: DeskSite, ann: httpx.Client) -> None:
    at_first = place.now()
    ann.post(f"{DESK}/note", data={"version": str(at_first.version), "text": "Mine", "signed": ""})
    noted = place.now()
    place.site.clock.now = place.site.clock.now.replace(microsecond=7)
    ann.post(f"{DESK}/compose", data={"again": "1", "version": str(noted.version)})
    anew = place.now()
    assert anew.composed_at != noted.composed_at
    for wanted in (noted, at_first):
        ann.post(f"{DESK}/undo", data={"version": str(place.now().version)})
        assert told(place.now()) == told(wanted)


def sent(client: httpx.Client, press: Press) -> httpx.Response:
    """The answer to a form."""
    path = press.path() if callable(press.path) else press.path
    fields = {name: value() if callable(value) else value for name, value in press.fields.items()}
    return client.post(path, data=fields, files=press.files or None)


@pytest.fixture(scope="module")
def known(place: DeskSite) -> dict[str, Case]:
    return cases(place)


@pytest.mark.parametrize("path", HERE)
def test_it_is_done_and_taken_back(place: DeskSite, ann: httpx.Client, known: dict[str, Case], path: str) -> None:
    case = known[path]
    assert [sent(ann, one).status_code for one in case.first] == [200] * len(case.first)
    before = case.look()
    assert sent(ann, case.do).status_code == 200
    assert case.look() != before
    assert sent(ann, case.back).status_code == 200
    assert case.look() == before
    assert [sent(ann, one).status_code for one in case.after] == [200] * len(case.after)


def test_nothing_is_tried_twice_and_every_other_test_is_there(known: dict[str, Case]) -> None:
    assert sorted(known) == sorted(HERE)
    for path, (file, test) in ELSEWHERE.items():
        assert UNDOES[path].by, path
        assert f"def {test}(" in (FOLDER / file).read_text("utf-8"), path
