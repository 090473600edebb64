"""What was typed at the desk: never dropped, never done to something else than was asked for, and said as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from digest.model.edition import EditionStatus
from digest.model.errors import DigestError, NotFound
from digest.model.newsletter import Tracking
from digest.model.person import Role, cleaned, named
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.review import approve
from digest.workflow.staff import people
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS
from tests.digest.web.test_desk_decisions import fields_of
from tests.fakes import MemorySource

LONG = "A long reason, typed with care"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    def adding(app: App) -> App:
        return replace(app, open_source=lambda added: MemorySource(name=added.slug))

    with desk(store, tmp_path, adapt=adding) as made:
        yield made


@pytest.fixture
def ann(place: DeskSite) -> Iterator[httpx.Client]:
    with place.enter(Role.ADMIN) as client:
        yield client


def values(page: str, name: str) -> list[str]:
    """Every value of a hidden field."""
    return [unescape(one) for one in re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)]


def lines(place: DeskSite) -> list[tuple[str, str]]:
    """(event, by) of the log, newest first."""
    with place.site.store.read() as tx:
        return [(one.event, one.by) for one in tx.reports.log(before=None, limit=50)]


def test_every_value_goes_through_the_door(place: DeskSite) -> None:
    signed_in(place.site.app)
    asked = {"role": ["editor", "approver"], "newsletter": ["world"]}
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as nobody:
        door = nobody.post("/desk/people/1/change", data=asked)
        kept = values(door.text, "kept")[0]
        form = {"email": "ann@desk.example", "password": PASSWORD, "kept": kept}
        behind = nobody.post("/desk/sign-in", data=form).text
    assert values(behind, "role") == ["editor", "approver"]
    # And whoever presses sees what they send.
    assert re.findall(r"<b>Roles</b> <bdi>(\w+)</bdi>", behind) == ["editor", "approver"]


def test_every_value_goes_to_the_new_version(place: DeskSite, ann: httpx.Client) -> None:
    ann.post(f"{DESK}/subject", data={"version": "1", "subject": "New", "preheader": "x"})
    event = next(one for one in place.edition.scored if len(one.stories) > 2)
    apart = list(event.stories[1:])
    lost = ann.post(f"{DESK}/split", data={"version": "1", "event": event.event, "story": apart})
    assert lost.status_code == 409
    assert values(lost.text, "story") == apart


@pytest.mark.parametrize(
    ("form", "field"), [("note", "text"), ("subject", "preheader"), ("subject", "subject")], ids=str
)
def test_of_two_texts_both_are_shown(ann: httpx.Client, form: str, field: str) -> None:
    """The other's own words, in the field that both wrote: not another one's."""
    other = {"subject": "A subject", "preheader": "A line"} if form == "subject" else {}
    ann.post(f"{DESK}/{form}", data={**other, "version": "1", field: "The first words"})
    lost = ann.post(f"{DESK}/{form}", data={**other, "version": "1", field: "The second words"})
    now, wanted = lost.text.split('aria-labelledby="wanted"')
    assert "The first words" in now.split('aria-labelledby="now"')[1]
    assert "The second words" in wanted
    assert "The first words" not in wanted


def test_what_is_gone_is_said_with_what_was_typed(ann: httpx.Client) -> None:
    gone = ann.post(f"{DESK}/waive", data={"finding": "gone", "reason": LONG})
    assert gone.status_code == 404
    assert LONG in gone.text
    assert "do not say that any more" in gone.text
    missing = ann.get("/desk/webhooks/99")
    assert missing.status_code == 404
    assert 'href="/desk/log"' in missing.text  # within the desk's own frame


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "20261123", "2026-W48-1", "2026-02-30", "٢٠٢٦-11-23"])
def test_a_day_that_is_none_has_no_edition(ann: httpx.Client, day: str) -> None:
    assert ann.get(f"/desk/e/world/{day}").status_code == 404
    assert ann.post(f"/desk/e/world/{day}/compose").status_code == 404


def test_only_days_near_today_are_composed(place: DeskSite, ann: httpx.Client) -> None:
    for day, status in (("2999-12-30", 422), ("2026-11-25", 422), ("2026-11-15", 422), ("2026-11-24", 200)):
        assert ann.post(f"/desk/e/world/{day}/compose").status_code == status, day
    assert "2999" not in ann.get("/desk/editions").text
    assert ("edition.composed", "Ann Lee") in lines(place)


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "utf-16", "nope"])
def test_a_strange_charset_breaks_nothing(ann: httpx.Client, charset: str) -> None:
    part = '--B\r\nContent-Disposition: form-data; name="text"\r\n\r\n\\ud800x\r\n--B--\r\n'
    kind = f"multipart/form-data; charset={charset}; boundary=B"
    assert ann.post(f"{DESK}/note", content=part.encode(), headers={"content-type": kind}).status_code < 500


def test_no_field_overrules_a_blocker(place: DeskSite, ann: httpx.Client) -> None:
    ann.post(f"{DESK}/subject", data={"version": "1", "subject": "TK", "preheader": "x"})
    ann.post(f"{DESK}/approve", data={"version": "2", "despite": "1"})
    assert place.now().status is EditionStatus.READY


def test_done_is_said_of_what_was_done(ann: httpx.Client) -> None:
    def said(page: httpx.Response) -> str:
        return re.sub(r"<[^>]+>", "", re.findall(r'<p role="status">(.*?)</p>', page.text)[0])

    edited = ann.post(f"{DESK}/note", data={"version": "1", "text": "Good morning"})
    assert "note" in said(edited)
    assert said(ann.post(f"{DESK}/approve", data={"version": "2"})) == "Done."
    assert said(ann.get(f"{DESK}/send")) == ""


def test_the_log_says_whose_hand_it_was(place: DeskSite, ann: httpx.Client) -> None:
    ann.post(f"{DESK}/approve", data={"version": "1"})
    ann.post(f"{DESK}/send-now")
    for _ in range(2):
        ann.post(f"{DESK}/note-for-tomorrow", data={"text": "The same twice"})
    found = lines(place)
    assert ("mailing.asked", "Ann Lee") in found
    assert found.count(("note.kept", "Ann Lee")) == 1
    assert "ann@desk.example" in ann.get("/desk/log").text


def test_sending_above_the_limit_asks_who_one_is(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, readers=3, desk={"blast_limit": 2}) as place:
        approve(place.site.app, place.edition.id, by="autopilot")
        with place.enter(Role.APPROVER) as ann:
            place.site.clock.now += timedelta(minutes=11)
            assert "password once more" in ann.get(f"{DESK}/send").text
            assert ann.post(f"{DESK}/send-now").status_code == 403
            with store.read() as tx:
                assert tx.ledger.mailing(str(place.edition.id)) is None
            assert ann.post(f"{DESK}/send-now", data={"password": PASSWORD}).status_code == 200


def test_a_name_is_ones_own(place: DeskSite) -> None:
    app = place.site.app
    signed_in(app, name="Ann Lee")
    for name in ("Ann Lee", " ann  LEE\u202e", "autopilot", "\uff21nn Lee"):
        with pytest.raises(DigestError, match="yours alone"):
            people.invite(app, "bob@desk.example", name=name, roles=frozenset({Role.EDITOR}), by="Ann")
    invited = people.invite(app, "bob@desk.example", roles=frozenset({Role.EDITOR}), by="Ann")
    with pytest.raises(DigestError, match="yours alone"):
        people.accept(app, invited.token, name="Ann Lee", password=PASSWORD, browser="")
    assert people.accept(app, invited.token, name="Bob\u202e\x00", password=PASSWORD, browser="").person.name == "Bob"
    assert (
        cleaned("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
    assert named("eve@desk.example", "\u202e") == "eve@desk.example"


def test_a_newsletter_that_is_none_is_not_all_of_them(place: DeskSite) -> None:
    app, admin = place.site.app, signed_in(place.site.app).person
    bob = signed_in(app, Role.EDITOR, email="bob@desk.example", name="Bob", newsletters=("world", "gone")).person
    roles = frozenset({Role.APPROVER})
    with pytest.raises(NotFound, match="nope"):
        people.change_person(app, bob.id, roles=roles, newsletters=("nope",), by=admin)
    kept = people.change_person(app, bob.id, roles=roles, newsletters=("gone",), by=admin)
    assert kept.newsletters == ("gone",)


def test_no_story_is_offered_the_lead_to_take_in(place: DeskSite, ann: httpx.Client) -> None:
    page = ann.get(DESK).text
    offered = re.findall(r'<select name="other">(.*?)</select>', page, re.DOTALL)
    assert len(offered) == len(place.edition.told)
    assert not any(place.edition.told[0].event in one for one in offered)


def test_one_chooses_the_language_of_the_desk(place: DeskSite, ann: httpx.Client) -> None:
    assert "Vous" in ann.post("/desk/me/language", data={"language": "fr"}).text
    assert "Aujourd" in ann.get("/desk", headers={"accept-language": "en"}).text
    ann.post("/desk/me/language", data={"language": "xx"})
    assert "Today" in ann.get("/desk", headers={"accept-language": "en"}).text


def test_a_note_for_tomorrow_stands_on_tomorrows_card(place: DeskSite, ann: httpx.Client) -> None:
    ann.post(f"{DESK}/note-for-tomorrow", data={"text": LONG})
    assert LONG not in ann.get("/desk").text
    place.site.clock.now += timedelta(days=1)
    with place.enter(Role.EDITOR, email="bob@desk.example", name="Bob") as bob:
        assert LONG in bob.get("/desk").text


def test_a_stale_tab_neither_holds_nor_skips(place: DeskSite, ann: httpx.Client) -> None:
    ann.post(f"{DESK}/note", data={"version": "1", "text": "Good morning"})
    for form in ("hold", "skip"):
        assert ann.post(f"{DESK}/{form}", data={"version": "1", "reason": LONG}).status_code == 409
        assert ann.post(f"{DESK}/{form}", data={"reason": LONG}).status_code == 422, "a form says what it saw"
    assert place.now().status is EditionStatus.READY


def test_what_somebody_held_meanwhile_is_neither_skipped_nor_sent_by_a_stale_tab(
    place: DeskSite, ann: httpx.Client
) -> None:
    seen = {"version": "1", "status": "ready"}
    with place.enter(Role.APPROVER, email="bob@desk.example", name="Bob") as bob:
        bob.post(f"{DESK}/hold", data={**seen, "reason": "wait for Lima"})
        for form in ("skip", "approve"):
            lost = ann.post(f"{DESK}/{form}", data={**seen, "reason": LONG})
            assert lost.status_code == 409
            assert "Held by Bob." in lost.text
            assert "wait for Lima" in lost.text
        assert place.now().status is EditionStatus.HELD
        # Once seen, it is done with one press; held twice is held once.
        assert 'name="status" value="held"' in lost.text
        assert bob.post(f"{DESK}/hold", data=seen).status_code == 200
        # Another reason for the same is not lost: it is shown, and given with one press.
        other = ann.post(f"{DESK}/hold", data={**seen, "reason": "legal says no"})
        assert (other.status_code, "legal says no" in other.text) == (409, True)
        again = ann.post(f"{DESK}/hold", data=fields_of(other.text, f"{DESK}/hold"))
        assert (again.status_code, "legal says no" in again.text) == (200, True), again.text[-1500:]
        assert place.now().reason == "legal says no"
        ann.post(f"{DESK}/take-back", data={"version": "1", "status": "held"})
        assert (place.now().status, place.now().reason) == (EditionStatus.HELD, "wait for Lima")
        assert ann.post(f"{DESK}/take-back", data={**seen, "status": "approved"}).status_code == 409
        ann.post(f"{DESK}/approve", data={**seen, "status": "held"})
    assert place.now().status is EditionStatus.APPROVED


def test_what_somebody_skipped_meanwhile_is_not_approved_in_silence(place: DeskSite, ann: httpx.Client) -> None:
    seen = {"version": "1", "status": "ready"}
    with place.enter(Role.APPROVER, email="bob@desk.example", name="Bob") as bob:
        bob.post(f"{DESK}/skip", data={**seen, "reason": "a strike"})
    lost = ann.post(f"{DESK}/approve", data=seen)
    assert (lost.status_code, "Skipped by Bob." in lost.text) == (409, True)
    assert "nothing to approve" in ann.post(f"{DESK}/approve", data={**seen, "status": "skipped"}).text
    assert ann.post(f"{DESK}/send-now", data={"correction": "999"}).status_code == 404
    assert "a reason has at most 300" in ann.post(f"{DESK}/hold", data={**seen, "reason": "x" * 301}).text


def test_whoever_searched_goes_on_in_what_they_found(place: DeskSite, ann: httpx.Client) -> None:
    other = next(one for one in place.edition.scored if not one.rank)
    form = {"version": "1", "event": other.event, "section": "world", "q": "a b"}
    assert "q=a+b" in str(ann.post(f"{DESK}/add", data=form).url)


def test_right_passwords_use_up_no_tries(place: DeskSite) -> None:
    signed_in(place.site.app)
    for _ in range(8):
        people.sign_in(place.site.app, "ann@desk.example", PASSWORD, client="here", browser="")


def test_a_test_brings_both_subjects(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, tracking=Tracking(clicks=True)) as place, place.enter(Role.EDITOR) as ann:
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "One", "preheader": "x", "other": "Two"})
        ann.post(f"{DESK}/test")
        assert [mail.rendered.subject for mail in place.site.mails()] == ["[TEST] One", "[TEST] Two"]


def test_nothing_typed_turns_the_letters_after_it_around(place: DeskSite, ann: httpx.Client) -> None:
    """An override that is pasted unseen would show a reader `exe.png` for `gnp.exe`."""
    typed = {"version": "1", "subject": "Look at \u202egnp.exe\u202c \u2066now\u2069, ليما", "preheader": ""}
    assert ann.post(f"{DESK}/subject", data=typed).status_code == 200
    assert place.now().subject == "Look at gnp.exe now, ليما"


REFUSED: dict[str, tuple[str, dict[str, object], tuple[str, ...]]] = {
    "a source": (
        "/desk/sources/add",
        {"url": "nope", "kind": "feed", "outlet": "My Outlet", "section": "Asia", "language": "fr"},
        ('value="nope"', 'value="My Outlet"', 'value="Asia"', 'value="fr"'),
    ),
    "a source that is tried": (
        "/desk/sources/try",
        {"url": "nope", "kind": "feed", "outlet": "My Outlet"},
        ('value="nope"', 'value="My Outlet"'),
    ),
    "a look": (
        "/desk/look/world",
        {"theme": "plain", "accent": "red", "publisher": "A New House", "postal_address": "2 New Road", "do": "keep"},
        ('value="red"', 'value="A New House"', 'value="2 New Road"'),
    ),
    "a segment": (
        "/desk/audience/lists/world/segments",
        {"what1": "joined", "value1": "soon", "not1": "1", "group1": "2", "slug": "new-ones", "name": "New ones"},
        ('value="soon"', 'value="new-ones"', 'value="New ones"', 'name="not1" value="1"'),
    ),
    "an invitation": (
        "/desk/people/invite",
        {"email": "nobody", "name": "Jo Smith", "role": ["approver"]},
        ('value="nobody"', 'value="Jo Smith"', 'value="approver" checked'),
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_refused_form_stands_there_as_it_was_filled_in(ann: httpx.Client, form: str) -> None:
    path, fields, shown = REFUSED[form]
    refused = ann.post(path, data=fields)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert [one for one in shown if one not in refused.text] == []


def test_what_is_too_long_is_refused_and_not_cut(place: DeskSite, ann: httpx.Client) -> None:
    note = ann.post(f"{DESK}/note-for-tomorrow", data={"text": "x" * 2_001})
    assert note.status_code == 422
    assert "at most 2000 characters, and this one 2001" in note.text
    assert "x" * 2_001 in note.text
    assert ann.post(f"{DESK}/note-for-tomorrow", data={"text": "a\r\n" * 1_000}).status_code == 200
    signed = ann.post(f"{DESK}/note", data={"version": "1", "text": "Words", "signed": "y" * 81})
    assert signed.status_code == 422
    assert place.now().version == 1


def test_a_signature_without_a_note_is_not_dropped(place: DeskSite, ann: httpx.Client) -> None:
    refused = ann.post(f"{DESK}/note", data={"version": "1", "text": "", "signed": "The desk"})
    assert refused.status_code == 422
    assert "a signature stands below a note" in refused.text
    ann.post(f"{DESK}/note", data={"version": "1", "text": "Words", "signed": "The desk"})
    # Whoever empties the text takes the note out, and its signature with it.
    assert ann.post(f"{DESK}/note", data={"version": "2", "text": "", "signed": "The desk"}).status_code == 200
    assert "took the note out" in ann.get("/desk/log").text


def test_what_the_door_cannot_keep_is_said(place: DeskSite) -> None:
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as nobody:
        long = nobody.post(f"{DESK}/note", data={"version": "1", "text": "x" * 60_001})
        assert long.status_code == 401
        assert "too long to be kept here" in long.text
        assert "Nothing you typed is lost" not in long.text
        file = {"file": ("readers.csv", b"email\na@b.example\n")}
        sent = nobody.post("/desk/audience/lists/world/import", data={"consent": "a form"}, files=file)
        assert "The file that you sent is not kept" in sent.text
        assert "a form" in unescape(values(sent.text, "kept")[0])


def test_what_was_chosen_is_said_in_words(place: DeskSite) -> None:
    """Not by the names of fields: neither behind the door nor in French."""
    french = signed_in(place.site.app, email="zoe@desk.example", language="fr")
    event = place.edition.told[1].event
    with place.client(french) as zoe:
        zoe.post(f"{DESK}/subject", data={"version": "1", "subject": "New", "preheader": "x"})
        lost = zoe.post(f"{DESK}/change", data={"version": "1", "event": event, "do": "pin"}).text
        assert "<b>Bouton</b> <bdi>Épingler</bdi>" in lost
    sent = {
        "text": "It is Durban",
        "tomorrow": "1",
        "do": "try",
        "accent": "#123456",
        "page": "#ffffff",
        "role": "editor",
    }
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as nobody:
        kept = values(nobody.post(f"{DESK}/correct", data=sent).text, "kept")[0]
        form = {"email": "zoe@desk.example", "password": PASSWORD, "kept": kept}
        behind = nobody.post("/desk/sign-in", data=form).text
    for title, value in (
        ("et une note à qui fera la prochaine édition", "oui"),
        ("Bouton", "Aperçu"),
        ("Couleur d’accent", "#123456"),
        ("Fond", "#ffffff"),
    ):
        assert f"<b>{title}</b> <bdi>{value}</bdi>" in behind, title
