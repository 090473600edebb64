"""At the desk: decisions are taken back, a large mailing takes two, and an own find is shown before it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from digest.model.change import SubjectLine
from digest.model.edition import EditionStatus
from digest.model.person import Role
from digest.model.story import Entry
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.workflow.edition.test_byurl import URL, OnePage, page


class Changing(OnePage):
    """A page that says something else each time."""

    def read(self, url: str) -> Entry:
        object.__setattr__(self, "entry", replace(super().read(url), title=f"{super().read(url).title} again"))
        return super().read(url)


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, adapt=lambda app: replace(app, pages=OnePage(page()))) as made:
        yield made


def fields(html: str, action: str) -> dict[str, str]:
    """The hidden fields of the edition's form that goes there."""
    return fields_of(html, f"{DESK}{action}")


def fields_of(html: str, path: str) -> dict[str, str]:
    """The hidden fields of the form that goes there."""
    form = html.partition(f'action="{path}"')[2].partition("</form>")[0]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}


def test_an_approval_a_hold_and_a_skip_are_taken_back(place: DeskSite) -> None:
    with place.enter(Role.APPROVER, name="Ann Lee") as ann:
        ann.post(f"{DESK}/approve", data={"version": "1"})
        sent = ann.post(f"{DESK}/skip", data={"version": "1", "reason": "a strike"})
        assert "Skipped by Ann Lee." in sent.text
        assert place.now().status is EditionStatus.SKIPPED
        back = ann.post(f"{DESK}/take-back", data=fields(sent.text, "/take-back"))
        assert place.now().status is EditionStatus.APPROVED
        assert "Approved by Ann Lee." in back.text
        ann.post(f"{DESK}/take-back", data={"version": "1"})
        assert place.now().status is EditionStatus.READY
        assert "no decision" in ann.post(f"{DESK}/take-back", data={"version": "1"}).text
        assert ann.get("/desk/log").text.count("edition.taken_back") == 2


def test_a_large_mailing_by_two_people(store: Store, tmp_path: Path) -> None:
    with (
        desk(store, tmp_path, readers=3, desk={"blast_limit": 2}) as place,
        place.enter(Role.APPROVER, name="Ann") as ann,
        place.enter(Role.APPROVER, name="Bob", email="bob@desk.example") as bob,
    ):
        form = {"version": "1"}
        waits = ann.post(f"{DESK}/approve", data={**form, "do": "ask"})
        assert "Another approver has to confirm it" in waits.text
        assert ann.post(f"{DESK}/approve", data=form).status_code == 422, "never the same account"
        assert place.now().status is EditionStatus.READY
        # Whoever asked thinks better of it: it waits for nobody in particular, and can be asked again.
        assert "Ask nobody any more" in waits.text
        alone = ann.post(f"{DESK}/take-back", data={**form, "do": "ask"})
        assert "Ask a second person instead" in alone.text
        assert "You are the second person" not in bob.get(f"{DESK}/send").text
        assert bob.post(f"{DESK}/approve", data=form).status_code == 422
        assert ann.post(f"{DESK}/take-back", data={**form, "do": "ask"}).status_code == 404
        ann.post(f"{DESK}/approve", data={**form, "do": "ask"})
        assert "You are the second person" in bob.get(f"{DESK}/send").text
        bob.post(f"{DESK}/approve", data=form)
        assert (place.now().status, place.now().approved_by) == (EditionStatus.APPROVED, "Ann and Bob")


def test_the_second_person_is_for_one_version(store: Store, tmp_path: Path) -> None:
    with (
        desk(store, tmp_path, readers=3, desk={"blast_limit": 2}) as place,
        place.enter(Role.APPROVER, name="Ann") as ann,
        place.enter(Role.APPROVER, name="Bob", email="bob@desk.example") as bob,
    ):
        ann.post(f"{DESK}/approve", data={"version": "1", "do": "ask"})
        change = SubjectLine(subject="Another", preheader="One")
        edit(place.site.app, place.edition.id, change, by="Carl", expected_version=1)
        assert bob.post(f"{DESK}/approve", data={"version": "1"}).status_code == 409
        assert bob.post(f"{DESK}/approve", data={"version": "2"}).status_code == 422
        assert place.now().status is EditionStatus.READY


def test_an_article_by_its_address_is_shown_and_then_told(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        shown = ann.post(f"{DESK}/look", data={"url": URL, "outlet": "Gazette"})
        assert "Sampleton harbour opens again" in shown.text
        assert "Show how it stands now" not in shown.text, "there is nothing at the address of the form"
        assert place.now().version == 1
        form = fields(shown.text, "/find")
        assert (form["url"], form["outlet"], form["version"]) == (URL, "Gazette", "1")
        ann.post(f"{DESK}/find", data={**form, "section": "world"})
        assert [one.outlet for one in place.now().told if one.url == URL] == ["Gazette"]
        again = ann.post(f"{DESK}/look", data={"url": URL})
        assert "among the candidates already" in again.text


def test_what_was_not_seen_is_not_told(store: Store, tmp_path: Path) -> None:
    pages = Changing(page())
    with desk(store, tmp_path, adapt=lambda app: replace(app, pages=pages)) as place, place.enter(Role.EDITOR) as ann:
        form = fields(ann.post(f"{DESK}/look", data={"url": URL}).text, "/find")
        other = ann.post(f"{DESK}/find", data={**form, "section": "world"})
        assert "has changed since you looked" in other.text
        assert place.now().version == 1


def test_the_checks_lead_to_the_very_field(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "x TK", "preheader": ""})
        found = ann.get(f"{DESK}/checks").text
    assert f'href="{DESK}/text#subject"' in found
    assert f'href="{DESK}/text#preheader"' in found


def test_what_the_checks_say_is_read_as_sentences(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "x TK", "preheader": ""})
        found = ann.get(f"{DESK}/checks").text
    said = [
        unescape(one) for one in re.findall(r'<p class="(?:said|why)" dir="auto">(?:<b>)?(.*?)(?:</b>)?</p>', found)
    ]
    assert len(said) >= 4
    assert all(one[0] == one[0].upper() and one[-1] in ".?!…" for one in said), said


def test_who_may_not_hold_does_not_let_go_by_composing_anew(place: DeskSite) -> None:
    reason = "LEGAL: do not send the lead before I call"
    seen = {"version": "1", "status": "ready"}
    with place.enter(Role.APPROVER, name="Ann") as ann, place.enter(Role.EDITOR, email="e@desk.example") as carl:
        ann.post(f"{DESK}/hold", data={**seen, "reason": reason})
        assert carl.post(f"{DESK}/take-back", data={"version": "1", "status": "held"}).status_code == 403
        assert carl.post(f"{DESK}/compose", data={"again": "1"}).status_code == 422, "a form says what it saw"
        assert carl.post(f"{DESK}/compose", data={"again": "1", "version": "7"}).status_code == 409
        assert carl.post(f"{DESK}/compose", data={"again": "1", "version": "1"}).status_code == 200
        assert (place.now().version, place.now().status, place.now().reason) == (2, EditionStatus.HELD, reason)
        assert reason in carl.get("/desk").text
        held = ann.get(f"{DESK}/send").text
        assert "Held by Ann." in held
        ann.post(f"{DESK}/take-back", data=fields(held, "/take-back"))
    assert (place.now().status, place.now().reason) == (EditionStatus.READY, "")


def test_what_is_approved_is_not_composed_anew_and_the_page_says_so(place: DeskSite) -> None:
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/approve", data={"version": "1", "status": "ready"})
        page = ann.post(f"{DESK}/compose", data={"again": "1", "version": "1"})
    assert "Nothing was changed" in page.text
    assert (place.now().version, place.now().status) == (1, EditionStatus.APPROVED)


def test_what_only_blockers_hold_can_be_held_over_them(place: DeskSite) -> None:
    empty = {"version": "1", "subject": "", "preheader": "One"}
    with place.enter(Role.APPROVER, name="Ann") as ann:
        ann.post(f"{DESK}/subject", data=empty)
        ann.post(f"{DESK}/compose", data={"again": "1", "version": "2"})
        page = ann.get(f"{DESK}/send").text
        assert "the subject is empty" in page
        ann.post(f"{DESK}/hold", data={**fields(page, "/hold"), "reason": "legal"})
        assert (place.now().status, place.now().reason) == (EditionStatus.HELD, "legal")
        ann.post(f"{DESK}/subject", data={**empty, "version": "3", "subject": "Another"})
        assert place.now().reason == "legal"
        assert f'action="{DESK}/hold"' not in ann.get(f"{DESK}/send").text


def test_the_pages_say_that_an_approval_is_void_and_who_made_it_so(place: DeskSite) -> None:
    said = "Eve had approved it. That is void: Carl changed it since."
    with (
        place.enter(Role.APPROVER, name="Eve") as eve,
        place.enter(Role.EDITOR, email="carl@desk.example", name="Carl") as carl,
    ):
        eve.post(f"{DESK}/approve", data={"version": "1", "status": "ready"})
        assert "is void" not in eve.get(f"{DESK}/send").text
        carl.post(f"{DESK}/subject", data={"version": "1", "subject": "Another", "preheader": "One"})
        for page in (f"{DESK}/send", f"{DESK}/text", "/desk"):
            assert said in eve.get(page).text, page
        eve.post(f"{DESK}/hold", data={"version": "2", "status": "ready", "reason": "one moment"})
        assert said in eve.get(f"{DESK}/send").text
        eve.post(f"{DESK}/approve", data={"version": "2", "status": "held"})
        assert "is void" not in eve.get(f"{DESK}/send").text + eve.get("/desk").text
        eve.post(f"{DESK}/hold", data={"version": "2", "status": "approved"})
        assert "is void" not in eve.get(f"{DESK}/send").text + eve.get("/desk").text


def test_who_asked_for_a_second_person_is_told_that_a_change_voided_it(store: Store, tmp_path: Path) -> None:
    said = "Ann approved of it, and a second person was asked. That is void: it was changed since."
    with (
        desk(store, tmp_path, readers=3, desk={"blast_limit": 2}) as place,
        place.enter(Role.APPROVER, name="Ann") as ann,
        place.enter(Role.APPROVER, name="Bob", email="bob@desk.example") as bob,
    ):
        ann.post(f"{DESK}/approve", data={"version": "1", "do": "ask"})
        assert said not in ann.get(f"{DESK}/send").text
        change = SubjectLine(subject="Another", preheader="One")
        edit(place.site.app, place.edition.id, change, by="Carl", expected_version=1)
        for one in (ann, bob):
            page = one.get(f"{DESK}/send").text
            assert said in page
            assert "Ask a second person instead" in page
        ann.post(f"{DESK}/approve", data={"version": "2", "do": "ask"})
        assert said not in bob.get(f"{DESK}/send").text
        bob.post(f"{DESK}/approve", data={"version": "2"})
        edit(place.site.app, place.edition.id, replace(change, subject="A third"), by="Carl", expected_version=2)
        page = bob.get(f"{DESK}/send").text
        assert said not in page, "it was confirmed: the approval itself is what is void"
        assert "Ann and Bob had approved it. That is void: Carl changed it since." in page


def test_today_says_what_becomes_of_an_edition_that_is_held(place: DeskSite) -> None:
    with place.enter(Role.APPROVER, name="Ann") as ann:
        ann.post(f"{DESK}/hold", data={"version": "1", "status": "ready", "reason": "legal"})
        assert "It goes out only if an approver lets it go." in ann.get("/desk").text
        ann.post(f"{DESK}/take-back", data={"version": "1", "status": "held"})
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "", "preheader": "One"})
        ann.post(f"{DESK}/compose", data={"again": "1", "version": "2"})
        assert "It waits for approval again once no blocker stands." in ann.get("/desk").text


def test_what_is_held_anew_for_another_reason_is_not_let_go_unseen(place: DeskSite) -> None:
    first, other = "a strike", "LEGAL: wait for my call"
    with (
        place.enter(Role.APPROVER, name="Ann") as ann,
        place.enter(Role.APPROVER, name="Bob", email="bob@desk.example") as bob,
    ):
        ann.post(f"{DESK}/hold", data={"version": "1", "status": "ready", "reason": first})
        page = ann.get(f"{DESK}/send").text
        bob.post(f"{DESK}/take-back", data=fields(bob.get(f"{DESK}/send").text, "/take-back"))
        bob.post(f"{DESK}/hold", data={"version": "1", "status": "ready", "reason": other})
        for action in ("/approve", "/take-back", "/skip"):
            late = ann.post(f"{DESK}{action}", data={**fields(page, action), "reason": "of ours"})
            assert (late.status_code, place.now().status) == (409, EditionStatus.HELD), action
            assert other in late.text
            assert "Held by Bob." in late.text
        # Seen now, it is hers to decide.
        ann.post(
            f"{DESK}/approve", data=fields(ann.post(f"{DESK}/approve", data=fields(page, "/approve")).text, "/approve")
        )
        assert (place.now().status, place.now().approved_by) == (EditionStatus.APPROVED, "Ann")


def test_what_was_changed_and_approved_again_is_not_sent_unseen(place: DeskSite) -> None:
    app = place.site.app
    with place.enter(Role.APPROVER, name="Ann") as ann:
        approve(app, place.edition.id, by="Eve")
        seen = fields(ann.get(f"{DESK}/send").text, "/send-now")
        edit(app, place.edition.id, SubjectLine(subject="Another", preheader="One"), by="Carl", expected_version=1)
        approve(app, place.edition.id, by="Eve")
        late = ann.post(f"{DESK}/send-now", data=seen)
        assert late.status_code == 409
        assert "Another" in late.text
        with app.read() as tx:
            assert tx.ledger.mailing(str(place.edition.id)) is None
        ann.post(f"{DESK}/send-now", data=fields(late.text, "/send-now"))
        with app.read() as tx:
            assert tx.ledger.mailing(str(place.edition.id)) is not None
