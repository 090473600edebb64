"""The desk's forms: what is typed is never lost, what was seen is approved, and large mailings are asked twice."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pyotp
import pytest

from digest.model.edition import EditionStatus
from digest.model.person import NotSignedIn, Role
from digest.store.tx import Store
from digest.web.desk.typed import read_kept
from digest.workflow.edition.desk import findings_of
from digest.workflow.staff import people
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS
from tests.fakes import ScriptedProvider


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def place(store: Store, tmp_path: Path, provider: ScriptedProvider) -> Iterator[DeskSite]:
    with desk(store, tmp_path, provider=provider) as made:
        yield made


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    form = page.rpartition('<form method="post"')[2]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}


def test_what_was_typed_survives_the_end_of_a_session(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        place.site.clock.now += timedelta(hours=13)
        typed = {"version": "1", "subject": 'A "subject" <typed> slowly', "preheader": "And more"}
        door = ann.post(f"{DESK}/subject", data=typed)
        assert door.status_code == 401
        assert "Nothing you typed is lost" in door.text
        kept = unescape(re.findall(r'name="kept" value="([^"]*)"', door.text)[0])
        wrong = ann.post("/desk/sign-in", data={"email": "ann@desk.example", "password": "wrong", "kept": kept})
        assert wrong.status_code == 403
        assert "typed" in unescape(wrong.text)
        behind = ann.post("/desk/sign-in", data={"email": "ann@desk.example", "password": PASSWORD, "kept": kept})
        assert 'A "subject" <typed> slowly' in unescape(behind.text)
        assert "<typed>" not in behind.text
        done = ann.post(f"{DESK}/subject", data=hidden(behind.text))
        assert done.status_code == 200
    assert place.now().subject == 'A "subject" <typed> slowly'


@pytest.mark.parametrize(
    "kept",
    [
        "", "[]", "{", '{"path": "/desk/x"}', '{"path": "https://evil.example/", "fields": []}',
        '{"path": "//evil.example/desk/", "fields": []}', '{"path": "/desk//evil.example", "fields": []}',
        '{"path": "/u/x", "fields": []}', '{"path": "/desk/\\\\evil", "fields": []}', '{"path": 7, "fields": []}',
        '{"path": "/desk/x", "fields": {"a": "b"}}', '{"path": "/desk/x", "fields": [["a", null]]}',
        '{"path": "/desk/x", "fields": [["a"]]}', "[" * 30_000,
    ],
)  # fmt: skip
def test_only_forms_of_the_desk_go_through_the_door(kept: str) -> None:
    assert read_kept(kept) is None


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/desk", "/desk/\\evil", "/u/x", "/desk//x", ""])
def test_the_door_leads_nowhere_else(place: DeskSite, to: str) -> None:
    signed_in(place.site.app)
    with httpx.Client(
        base_url=place.site.url, headers={"sec-fetch-site": "same-origin"}, timeout=60, verify=TLS
    ) as client:
        form = {"email": "ann@desk.example", "password": PASSWORD, "next": to}
        assert client.post("/desk/sign-in", data=form).headers["location"] == "/desk"


def test_the_cookie_of_a_session(place: DeskSite) -> None:
    signed_in(place.site.app)
    with httpx.Client(
        base_url=place.site.url, headers={"sec-fetch-site": "same-origin"}, timeout=60, verify=TLS
    ) as client:
        client.cookies.set("desk", "one that somebody planted")
        cookie = client.post("/desk/sign-in", data={"email": "ann@desk.example", "password": PASSWORD}).headers[
            "set-cookie"
        ]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "planted" not in cookie  # a session begins under a new name (fixation)
        assert client.get("/desk").status_code == 200
        client.post("/desk/sign-out")
        assert client.get("/desk").status_code == 303


def test_over_https_the_cookie_is_the_hosts_own(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, base_url="https://news.example", compose=False) as place:
        signed_in(place.site.app)
        form = {"email": "ann@desk.example", "password": PASSWORD}
        answer = httpx.post(
            f"{place.site.url}/desk/sign-in", data=form, headers={"sec-fetch-site": "same-origin"}, verify=TLS
        )
        every = answer.headers.get_list("set-cookie")
        assert {one.partition("=")[0] for one in every} == {"__Host-desk", "__Host-desk-device"}
        assert all("; Secure" in one for one in every)


def test_of_two_editors_the_second_sees_both_texts(place: DeskSite) -> None:
    event = place.edition.told[1].event
    with place.enter(Role.EDITOR) as ann, place.enter(Role.EDITOR, email="bob@desk.example", name="Bob") as bob:
        first = {"version": "1", "event": event, "headline": "Ann was here", "blurb": "Ann's blurb"}
        assert ann.post(f"{DESK}/rewrite", data=first).status_code == 200
        second = {"version": "1", "event": event, "headline": "Bob was slower", "blurb": "Bob's blurb"}
        lost = bob.post(f"{DESK}/rewrite", data=second)
        assert lost.status_code == 409
        for text in ("Ann was here", "Ann's blurb", "Bob was slower", "Bob's blurb", "Ann Lee"):
            assert text in unescape(lost.text)
        assert place.now().told[1].headline == "Ann was here"
        again = hidden(lost.text)
        assert again["version"] == "2"
        bob.post(f"{DESK}/rewrite", data=again)
    assert place.now().told[1].headline == "Bob was slower"


def test_what_cannot_be_done_is_said_with_what_was_typed(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        event = place.edition.told[1].event
        empty = ann.post(f"{DESK}/rewrite", data={"version": "1", "event": event, "headline": " ", "blurb": "Kept."})
        assert (empty.status_code, "Kept." in empty.text) == (422, True)
        for form in ({}, {"version": "x"}, {"version": "1", "do": "nothing"}, {"version": "1" * 50, "do": "pin"}):
            assert ann.post(f"{DESK}/change", data=form).status_code == 422, form
        for do in ("pin", "lead", "up", "exclude", "place", "readmit", "sections"):
            form = {"version": "1", "do": do, "event": "no such event", "reason": "x"}
            assert ann.post(f"{DESK}/change", data=form).status_code == 422, do
    assert place.now().version == 1


def test_an_approval_is_for_what_was_seen(place: DeskSite) -> None:
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/note", data={"version": "1", "text": "A note.", "signed": ""})
        assert ann.post(f"{DESK}/approve", data={"version": "1"}).status_code == 409
        assert place.now().status is EditionStatus.READY
        ann.post(f"{DESK}/approve", data={"version": "2"})
        assert place.now().approved_by == "Ann Lee"
        ann.post(f"{DESK}/note", data={"version": "2", "text": "Another.", "signed": ""})
        assert (place.now().status, place.now().approved_by) == (EditionStatus.READY, "")


def test_a_blocker_is_neither_waived_nor_approved(place: DeskSite) -> None:
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "TK", "preheader": "x"})
        page = ann.post(f"{DESK}/approve", data={"version": "2"})
        assert str(page.url).endswith("/checks")
        blocker = next(one for one in findings_of(place.site.app, place.edition.id) if one.blocks)
        assert ann.post(f"{DESK}/waive", data={"finding": blocker.key, "reason": "please"}).status_code == 422
        assert ann.post(f"{DESK}/waive", data={"finding": "none", "reason": "please"}).status_code == 404
    assert place.now().status is EditionStatus.READY


def test_a_large_mailing_is_confirmed_by_name_and_password(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, readers=3, desk={"blast_limit": 2}) as place:
        entered = signed_in(place.site.app, Role.APPROVER)
        with place.client(entered) as ann:
            assert "Write the name of the list" in ann.get(f"{DESK}/send").text
            assert ann.post(f"{DESK}/approve", data={"version": "1"}).status_code == 422
            assert ann.post(f"{DESK}/approve", data={"version": "1", "list": "word"}).status_code == 422
            place.site.clock.now += timedelta(minutes=11)
            right = {"version": "1", "list": "world"}
            assert ann.post(f"{DESK}/approve", data=right).status_code == 403
            assert ann.post(f"{DESK}/approve", data={**right, "password": "wrong wrong"}).status_code == 403
            assert place.now().status is EditionStatus.READY
            ann.post(f"{DESK}/approve", data={**right, "password": PASSWORD})
            assert place.now().status is EditionStatus.APPROVED
            assert people.who(place.site.app, entered.token)[1].proved(place.site.clock())


def test_a_test_is_marked_and_leads_nowhere(place: DeskSite, provider: ScriptedProvider) -> None:
    with place.enter(Role.EDITOR) as ann:
        ann.post(f"{DESK}/test")
    batch = provider.calls[0]
    assert batch.rendered.subject.startswith("[TEST] ")
    assert [one.email for one in batch.recipients] == ["ann@desk.example"]
    path = batch.recipients[0].unsubscribe_url.removeprefix(place.site.url)
    assert place.site.client.get(path).status_code == 404
    assert place.site.app.links.read_delivery_key(batch.recipients[0].delivery) is None


def test_hold_skip_and_what_is_over(place: DeskSite) -> None:
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/hold", data={"version": "1", "reason": "wait for Lima"})
        assert (place.now().status, place.now().reason) == (EditionStatus.HELD, "wait for Lima")
        assert "wait for Lima" in ann.get("/desk").text
        ann.post(f"{DESK}/approve", data={"version": "1"})
        ann.post(f"{DESK}/skip", data={"version": "1", "reason": "a strike"})
        assert place.now().status is EditionStatus.SKIPPED
        gone = ann.post(f"{DESK}/note", data={"version": "1", "text": "x", "signed": ""})
        assert (gone.status_code, "no longer be changed" in gone.text) == (422, True)
        assert ann.post(f"{DESK}/send-now").status_code == 422
        assert ann.post(f"{DESK}/stop").status_code == 404


def test_an_edition_that_is_not_there_yet(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, compose=False) as place, place.enter(Role.EDITOR) as ann:
        assert "Compose now" in ann.get("/desk").text
        assert "not composed yet" in ann.get(DESK).text
        assert ann.get(f"{DESK}/text").status_code == 404
        ann.post(f"{DESK}/compose")
        assert place.now().status is EditionStatus.HELD  # too thin: nothing was collected
        assert "blockers</a>" in ann.get("/desk").text


def test_who_sees_which_lines_of_the_log(place: DeskSite) -> None:
    with place.enter(Role.ADMIN) as admin, place.enter(Role.ANALYST, email="a@desk.example") as analyst:
        admin.post("/desk/people/invite", data={"email": "new@desk.example", "role": "editor"})
        assert "new@desk.example" in admin.get("/desk/log").text
        seen = analyst.get("/desk/log").text
        assert "edition.composed" in seen
        assert "new@desk.example" not in seen


def test_an_invitation_from_the_desk(place: DeskSite) -> None:
    with place.enter(Role.ADMIN) as admin:
        page = admin.post("/desk/people/invite", data={"email": "new@desk.example", "role": ["editor", "approver"]})
        link = re.findall(r"/desk/welcome/[\w-]+", page.text)[0]
    with httpx.Client(
        base_url=place.site.url,
        headers={"sec-fetch-site": "same-origin"},
        timeout=60,
        verify=TLS,
        follow_redirects=True,
    ) as new:
        assert "new@desk.example" in new.get(link).text
        assert new.post(link, data={"name": "New", "password": "short"}).status_code == 422
        assert "Today" in new.post(link, data={"name": "New", "password": PASSWORD}).text
        assert new.post(f"{DESK}/hold", data={"version": "1"}).status_code == 200
        assert new.get("/desk/people").status_code == 403
        assert new.get(link).status_code == 404


def test_an_ended_access_is_given_back_for_a_day(place: DeskSite) -> None:
    bob = signed_in(place.site.app, Role.EDITOR, email="bob@desk.example", name="Bob")
    end, back = (f"/desk/people/{bob.person.id}/{do}" for do in ("end", "give-back"))
    with place.enter(Role.ADMIN) as admin:
        assert admin.post(back).status_code == 422
        admin.post(end)
        assert "Give the access back" in admin.get("/desk/people").text
        admin.post(back)
        assert people.sign_in(place.site.app, "bob@desk.example", PASSWORD, client="c", browser="").person.roles == {
            Role.EDITOR
        }
        with pytest.raises(NotSignedIn):
            people.who(place.site.app, bob.token)  # what was open stays shut
        admin.post(end)
        place.site.clock.now += timedelta(days=1, minutes=1)
    with place.enter(Role.ADMIN, email="eve@desk.example", name="Eve") as eve:
        assert "Give the access back" not in eve.get("/desk/people").text
        assert eve.post(back).status_code == 422


def test_the_desk_speaks_french(place: DeskSite) -> None:
    with place.enter(Role.ADMIN, language="fr") as ann:
        for path in ("/desk", DESK, f"{DESK}/text", f"{DESK}/send", "/desk/people"):
            page = ann.get(path).text
            assert '<html lang="fr"' in page
            assert "Se déconnecter" in page


def test_no_more_than_three_streams(place: DeskSite) -> None:
    with place.enter(Role.ANALYST) as ann:
        streams = [ann.stream("GET", f"{DESK}/stream") for _ in range(4)]
        answers = [stream.__enter__() for stream in streams]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        first = next(answers[0].iter_lines())
        assert first.startswith('data: {"version": 1, "status": "ready"')
        for stream in streams:
            stream.__exit__(None, None, None)


@pytest.mark.parametrize("how", ["ended", "shown out", "another role"])
def test_whose_access_has_ended_hears_no_more_of_the_progress(place: DeskSite, how: str) -> None:
    app = place.site.app
    entered = signed_in(app, Role.ANALYST, email="eve@desk.example", name="Eve")
    admin = signed_in(app, Role.ADMIN).person
    with place.client(entered) as eve, eve.stream("GET", f"{DESK}/stream") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("data: ")
        if how == "ended":
            people.end_session(app, entered.person, entered.session.id)
        elif how == "shown out":
            people.end_access(app, entered.person.id, by="Ann")
        else:
            people.change_person(app, entered.person.id, roles=frozenset({Role.EDITOR}), newsletters=(), by=admin)
        # It ends: else no line would come until the client gives up, which is an error.
        assert list(lines) == [""]


def test_the_mail_as_one_reader_gets_it(place: DeskSite) -> None:
    with place.enter(Role.AUDIENCE) as eve, place.enter(Role.EDITOR, email="bob@desk.example") as bob:
        page = eve.get("/desk/audience", params={"address": "Reader2@example.test"}).text
        link = re.findall(r'href="(/desk/e/[^"]*reader=\d+)"', page)[0]
        assert "reader2@example.test" in eve.get(link).text
        frame = link.replace("/preview?", "/preview/frame?view=desktop&")
        assert "Reader 2" in eve.get(frame).text
        # An editor may not see readers: the same address shows nobody's mail in particular.
        assert "reader2@example.test" not in bob.get(link).text
        assert "Reader 2" not in bob.get(frame).text
        assert "Nobody has this address" in eve.get("/desk/audience", params={"address": "x@example.test"}).text


def test_a_source_is_tested_from_the_desk(place: DeskSite) -> None:
    with place.enter(Role.ADMIN) as ann:
        assert ann.get("/desk/sources").status_code == 200
        assert ann.post("/desk/sources/nowhere/test").status_code == 404
        assert "scripted" in ann.get("/desk/system").text


def test_a_correction_stands_on_the_web_copy_and_in_the_notes(place: DeskSite) -> None:
    with place.enter(Role.APPROVER) as ann:
        assert ann.post(f"{DESK}/correct", data={"text": "It was 51."}).status_code == 422  # not out yet
        ann.post(f"{DESK}/approve", data={"version": "1"})
        ann.post(f"{DESK}/send-now")
        for _ in range(100):
            if place.now().status is EditionStatus.SENT:
                break
            time.sleep(0.05)
        ann.post(f"{DESK}/correct", data={"text": "It was 51.", "tomorrow": "1"})
        page = ann.get(f"{DESK}/report").text
        assert "It was 51." in page
        assert "Correct in the next edition: It was 51." in page
        assert "<h2>By zone</h2>" in page
        # Brought forward to now by "Send now".
        row = (
            '<td role="cell" dir="auto">Europe/London</td><td role="cell" data-label="Hour there" dir="auto">05:30</td>'
        )
        assert row in page
    assert "It was 51." in place.site.client.get(f"/editions/{place.edition.id}").text


def test_a_second_step_from_the_desk(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        assert "stolen password" in ann.get("/desk/me").text
        page = ann.post("/desk/me/code", data={"do": "begin"}).text
        assert 'src="data:image/svg+xml' in page
        key = re.findall(r"secret=(\w+)", page)[0]
        code = pyotp.TOTP(key).at(place.site.clock())
        assert ann.post("/desk/me/code", data={"do": "confirm", "code": "1"}).status_code == 403
        assert (
            "code from your authenticator app" in ann.post("/desk/me/code", data={"do": "confirm", "code": code}).text
        )
        place.site.clock.now += timedelta(minutes=11)
        form = {"email": "ann@desk.example", "password": PASSWORD}
        assert ann.post("/desk/me/code", data={"do": "end"}).status_code == 403  # the proof is too old
        ann.post("/desk/sign-out")
        assert ann.post("/desk/sign-in", data=form).status_code == 403
        code = pyotp.TOTP(key).at(place.site.clock())
        assert ann.post("/desk/sign-in", data={**form, "code": code}).status_code == 200
        # Taken back: they come in without a code, as before.
        assert "stolen password" in ann.post("/desk/me/code", data={"do": "end"}).text
        ann.post("/desk/sign-out")
        assert ann.post("/desk/sign-in", data=form).status_code == 200


def test_an_address_that_never_was_is_said_in_the_desks_own_frame(place: DeskSite) -> None:
    """Not as to a reader, who comes by a link in a mail; to whoever is not signed in it is one."""
    with place.enter(Role.EDITOR, email="zoe@desk.example", language="fr") as zoe:
        for path, status in (("/desk/nowhere", 404), ("/desk/e/world", 404), (f"{DESK}/rewrite", 405)):
            answer = zoe.get(path)
            assert answer.status_code == status, path
            assert "Il n’y a pas de telle page à la rédaction." in answer.text, path
            assert 'href="/desk/log"' in answer.text, path
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as nobody:
        answer = nobody.get("/desk/nowhere")
        assert answer.status_code == 404
        assert "/desk/log" not in answer.text


def test_the_briefs_are_called_in_the_language_of_whoever_looks(place: DeskSite) -> None:
    with place.enter(Role.EDITOR, email="zoe@desk.example", language="fr") as zoe:
        assert '<h3 id="s-briefs">En bref</h3>' in zoe.get(DESK).text
        assert '<p class="over">En bref ·' in zoe.get(f"{DESK}/text").text
