"""Undo for everything at the desk: every form has a line that says what takes it back, and what does is tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from digest.model.edition import Edition
from digest.model.finding import Finding
from digest.model.person import Role
from digest.store.db import open_engine
from digest.store.tx import Store
from digest.web.desk.access import CORRECTION, EDITION, TABLE
from digest.web.desk.undo import UNDOES, page
from digest.workflow.edition.desk import findings_of
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_decisions import fields
from tests.digest.workflow.edition.test_byurl import URL, OnePage
from tests.digest.workflow.edition.test_byurl import page as article

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "reference" / "desk-undo.md"
LIST = "/desk/audience/lists/world/segments"
DOOR = ("/desk/sign-", "/desk/link/", "/desk/welcome/", "/desk/prove")
ELSEWHERE = {
    f"{EDITION}/approve": "test_desk_decisions.py",
    f"{EDITION}/hold": "test_desk_typed.py",
    f"{EDITION}/skip": "test_desk_decisions.py",
    f"{EDITION}/take-back": "test_desk_decisions.py",
    f"{EDITION}/send-now": "test_desk_correcting.py",
    f"{EDITION}/stop": "test_desk_correcting.py",
    f"{EDITION}/abandon": "test_desk_correcting.py",
    f"{EDITION}/correct": "test_desk_correcting.py",
    f"{EDITION}/note-for-tomorrow": "test_desk_correcting.py",
    f"{EDITION}/note-for-tomorrow/take-back": "test_desk_correcting.py",
    f"{CORRECTION}/mail": "test_desk_correcting.py",
    f"{CORRECTION}/take-back": "test_desk_correcting.py",
    "/desk/look/{newsletter}": "test_desk_look.py",
    "/desk/look/{newsletter}/take-back": "test_desk_look.py",
    "/desk/me/code": "test_desk.py",
    "/desk/me/sessions/{session}/end": "test_desk_sign_in.py",
    "/desk/me/passkeys": "test_desk_passkeys.py",
    "/desk/me/passkeys/{passkey}/change": "test_desk_passkeys.py",
    "/desk/audience/lists/{list}/import": "test_desk_audience.py",
    "/desk/sources/add": "test_desk_sources.py",
    "/desk/sources/{source}/switch": "test_desk_sources.py",
    "/desk/webhooks/add": "test_desk_webhooks.py",
    "/desk/webhooks/{webhook}/remove": "test_desk_webhooks.py",
    "/desk/webhooks/{webhook}/secret": "test_desk_webhooks.py",
    "/desk/webhooks/{webhook}/change": "test_desk_webhooks.py",
    "/desk/webhooks/{webhook}/move": "test_desk_webhooks.py",
}
"""What is taken back in tests of its own."""


@pytest.fixture(scope="module")
def place(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    folder = tmp_path_factory.mktemp("undo")
    shutil.copy(migrated, folder / "digest.db")
    store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))
    with desk(store, folder, adapt=lambda app: replace(app, pages=OnePage(article()))) as made:
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
    for form, typed in (*_changes(place.edition), ("find", {**found, "section": "world"})):
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
    ann.post(f"{DESK}/compose", data={"again": "1"})
    anew = place.now()
    assert anew.composed_at != noted.composed_at
    for wanted in (noted, at_first):
        ann.post(f"{DESK}/undo", data={"version": str(place.now().version)})
        assert told(place.now()) == told(wanted)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that is done by one form and taken back by another."""

    path: str
    """As the table has it."""
    do: tuple[str, dict[str, object]]
    back: tuple[str, dict[str, object]]
    look: Callable[[], object]
    """What is as it was, afterwards."""


def _cases(place: DeskSite) -> Iterator[Case]:
    store, bob = place.site.store, signed_in(place.site.app, Role.EDITOR, email="bob@desk.example", name="Bob").person

    def people() -> object:
        with store.read() as tx:
            return [(one.email, one.roles, one.newsletters, one.left_at) for one in tx.people.everybody()]

    def here() -> object:
        with store.read() as tx:
            return [(one.email, one.roles) for one in tx.people.everybody() if one.left_at is None]

    def language() -> object:
        with store.read() as tx:
            return [one.language for one in tx.people.everybody()]

    def segments() -> object:
        with store.read() as tx:
            return [(one.slug, one.name, one.predicate) for one in tx.readership.segments(place.site.list_id)]

    def working() -> object:
        with store.read() as tx:
            return [one.id for one in tx.tokens.everything() if one.alive(place.site.clock())]

    def waived() -> object:
        with store.read() as tx:
            return [one.finding for one in tx.editions.waivers(builders.EDITION)]

    number, proof = f"/desk/people/{bob.id}", {"password": PASSWORD}
    yield Case(
        path="/desk/people/{person}/change", do=(f"{number}/change", {"role": "analyst"}),
        back=(f"{number}/change", {"role": "editor"}), look=people,
    )  # fmt: skip
    yield Case(
        path="/desk/people/{person}/end", do=(f"{number}/end", {}), back=(f"{number}/give-back", {}), look=people
    )
    yield Case(
        path="/desk/people/{person}/give-back", do=(f"{number}/end", {}), back=(f"{number}/give-back", {}), look=people
    )
    yield Case(
        path="/desk/people/invite", do=("/desk/people/invite", {"email": "eve@desk.example", "role": "editor"}),
        back=(f"/desk/people/{bob.id + 1}/end", {}), look=here,
    )  # fmt: skip
    yield Case(
        path="/desk/me/language", do=("/desk/me/language", {"language": "fr"}),
        back=("/desk/me/language", {"language": ""}), look=language,
    )  # fmt: skip
    french = {"slug": "french", "name": "French", "what1": "language", "value1": "fr", "group1": "1"}
    yield Case(
        path="/desk/audience/lists/{list}/segments", do=(LIST, french), back=(LIST, {"slug": "french", "do": "remove"}),
        look=segments,
    )  # fmt: skip
    token = {"name": "board", "scope": "lists:read", **proof}
    for path in ("/desk/tokens/create", "/desk/tokens/revoke"):
        named = {**token, "name": f"board {path[-6:]}"}
        yield Case(path=path, do=("/desk/tokens/create", named), back=("/desk/tokens/revoke", named), look=working)
    warning = next(one for one in _findings(place) if not one.blocks).key
    yield Case(
        path=f"{EDITION}/waive", do=(f"{DESK}/waive", {"finding": warning, "reason": "it may"}),
        back=(f"{DESK}/waive", {"finding": warning, "do": "unwaive"}), look=waived,
    )  # fmt: skip


def _findings(place: DeskSite) -> tuple[Finding, ...]:
    return findings_of(place.site.app, builders.EDITION)


def test_everything_else_is_done_and_taken_back(place: DeskSite, ann: httpx.Client) -> None:
    tried = set()
    for case in _cases(place):
        before = case.look()
        assert ann.post(case.do[0], data=case.do[1]).status_code == 200, case.path
        assert case.look() != before, case.path
        assert ann.post(case.back[0], data=case.back[1]).status_code == 200, case.path
        assert case.look() == before, case.path
        tried.add(case.path)
    changes = {f"{EDITION}/{form}" for form, _ in _changes(place.edition)} | {f"{EDITION}/undo", f"{EDITION}/find"}
    for path, one in UNDOES.items():
        if one.by and not path.startswith(DOOR):
            told_of = ELSEWHERE.get(path)
            assert path in tried | changes or told_of, f"{path}: do it and take it back here"
            if told_of:
                assert (HERE / told_of).is_file(), path
