"""Two subjects, corrections and notes by the desk's forms: what is asked for, what is refused, and what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from time import monotonic, sleep

import pytest

from digest.model.delivery import MailingState
from digest.model.newsletter import SubjectTest, Tracking
from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.archive import correct, uncorrect
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import mailing_of, stop
from digest.workflow.send.plan import plan
from tests.builders import EDITION
from tests.desk_people import PASSWORD
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.fakes import ScriptedProvider


def _trying(app: App) -> App:
    own = app.newsletters["world"]
    return replace(app, newsletters={**app.newsletters, "world": replace(own, subject_test=SubjectTest(share=0.5))})


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(
        store, tmp_path, provider=ScriptedProvider(), tracking=Tracking(clicks=True), adapt=_trying,
        desk={"blast_limit": 3},
    ) as made:  # fmt: skip
        yield made


def out(place: DeskSite) -> None:
    """The edition has gone out to four readers."""
    approve(place.site.app, EDITION, by="Ann")
    plan(place.site.app, EDITION)
    send(place.site.app, EDITION, everybody_now=True)


def test_a_second_subject_is_written_shown_and_reported(place: DeskSite) -> None:
    with place.enter(Role.ADMIN) as ann:
        form = {"version": "1", "subject": "First things", "preheader": "p", "other": "Second thoughts"}
        page = ann.post(f"{DESK}/subject", data=form).text
        assert "Second thoughts" in page
        assert place.now().subject_b == "Second thoughts"
        assert "Second thoughts" in ann.get(f"{DESK}/send").text
        same = ann.post(f"{DESK}/subject", data={**form, "version": "2", "other": "First things"})
        assert same.status_code == 422
        assert "First things" in same.text  # what was typed is shown again
        approve(place.site.app, EDITION, by="Ann")
        plan(place.site.app, EDITION)
        send(place.site.app, EDITION, everybody_now=True)
        place.site.clock.now += timedelta(minutes=30)
        send(place.site.app, EDITION)
        report = ann.get(f"{DESK}/report").text
        assert "Two subjects" in report
        assert "Second thoughts" in report
    assert mailing_of(place.site.app, EDITION).state is MailingState.CLOSED


def test_without_clicks_the_form_says_why_there_is_none(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path) as place, place.enter(Role.EDITOR) as ann:
        page = ann.get(f"{DESK}/text").text
        assert 'name="other"' not in page
        assert "judged by clicks" in page
        refused = ann.post(f"{DESK}/subject", data={"version": "1", "subject": "a", "preheader": "", "other": "b"})
        assert refused.status_code == 422


def test_a_large_correction_is_asked_twice_mailed_once_and_accounted_for(place: DeskSite) -> None:
    out(place)
    note = correct(place.site.app, EDITION, "It is Durban, not Lima.", by="Ann")
    provider = place.site.app.provider
    assert isinstance(provider, ScriptedProvider)
    before = len(provider.taken)
    home = f"{DESK}/correction/{note.id}"
    with place.enter(Role.APPROVER) as ann:
        place.site.clock.now += timedelta(minutes=11)  # the password was given longer ago than counts
        page = ann.get(home)
        assert "4</b>, who got the edition" in page.text
        assert "Correction: " in page.text
        assert "It is Durban" in ann.get(f"{home}/frame").text
        assert ann.post(f"{home}/mail", data={"password": PASSWORD}).status_code == 422
        assert ann.post(f"{home}/mail", data={"list": "world", "password": "wrong"}).status_code == 403
        assert len(provider.taken) == before
        for _ in range(2):
            done = ann.post(f"{home}/mail", data={"list": "world", "password": PASSWORD})
            assert done.status_code == 200
        until = monotonic() + 60
        while mailing_of(place.site.app, EDITION, correction=note.id).state is not MailingState.CLOSED:
            assert monotonic() < until
            sleep(0.05)
        assert len(provider.taken) == before + 4
        page = ann.get(home)
        assert "It adds up" in page.text
        assert "Approved by Ann Lee" in unescape(page.text)
        assert ann.post(f"{home}/take-back").status_code == 422
        assert ann.get(f"{DESK}/correction/x").status_code == 404
        assert ann.get(f"{DESK}/correction/77").status_code == 404
        assert ann.post(f"{DESK}/stop", data={"correction": "77"}).status_code == 404


def test_a_large_correction_by_two_people(place: DeskSite) -> None:
    out(place)
    app = place.site.app
    note = correct(app, EDITION, "It is Durban, not Lima.", by="Ann")
    home = f"{DESK}/correction/{note.id}"
    with (
        place.enter(Role.APPROVER, name="Ann") as ann,
        place.enter(Role.APPROVER, name="Bob", email="bob@desk.example") as bob,
    ):
        assert "Ask a second person instead" in ann.get(home).text
        waits = ann.post(f"{home}/mail", data={"do": "ask"})
        assert "Another approver has to confirm it" in waits.text
        assert ann.post(f"{home}/mail").status_code == 422, "never the same account"
        assert ann.get(f"{home}/state").json()["mailing"] == ""
        assert "Ask nobody any more" in waits.text
        assert "Ask a second person instead" in ann.post(f"{home}/take-back", data={"do": "ask"}).text
        assert ann.post(f"{home}/take-back", data={"do": "ask"}).status_code == 404
        assert "It is Durban" in ann.get(home).text, "the correction itself stays"
        ann.post(f"{home}/mail", data={"do": "ask"})
        assert "You are the second person" in bob.get(home).text
        assert bob.post(f"{home}/mail").status_code == 200
        until = monotonic() + 60
        while mailing_of(app, EDITION, correction=note.id).state is not MailingState.CLOSED:
            assert monotonic() < until
            sleep(0.05)
        assert "Approved by Ann and Bob" in unescape(ann.get(home).text)
        state = ann.get(f"{home}/state").json()
        assert (state["mailing"], state["done"], state["whole"]) == ("closed", 4, 4)
        assert ann.get(f"{DESK}/correction/77/state").status_code == 404
        assert ann.post(f"{home}/mail", data={"do": "ask"}).status_code == 200
    gone = correct(app, EDITION, "Another.", by="Ann")
    uncorrect(app, EDITION, gone.id, by="Ann")
    with place.enter(Role.APPROVER, name="Eve", email="eve@desk.example") as eve:
        assert eve.post(f"{DESK}/correction/{gone.id}/mail", data={"do": "ask"}).status_code == 404


def test_corrections_and_notes_are_taken_back(place: DeskSite) -> None:
    out(place)
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/correct", data={"text": "Wrong town.", "tomorrow": "1"})
        report = ann.get(f"{DESK}/report").text
        assert "Wrong town." in report
        assert "Correct in the next edition: Wrong town." in report
        with place.site.store.read() as tx:
            note = tx.reports.notes("world", 1)[0].id
            correction = tx.archive.corrections([EDITION])[EDITION][0].id
        ann.post(f"{DESK}/correction/{correction}/take-back")
        ann.post(f"{DESK}/note-for-tomorrow/take-back", data={"note": str(note)})
        with place.site.store.read() as tx:
            assert not tx.reports.notes("world", 1)
            assert not tx.archive.corrections([EDITION])
        assert ann.post(f"{DESK}/note-for-tomorrow/take-back", data={"note": str(note)}).status_code == 404
        assert ann.post(f"{DESK}/correction/{correction}/take-back").status_code == 404
        # A note holds the longest correction, uncut.
        longest = "x" * 1_995 + " END."
        ann.post(f"{DESK}/correct", data={"text": longest, "tomorrow": "1"})
        with place.site.app.read() as tx:
            assert tx.reports.notes("world", 1)[0].text == longest


def test_what_was_taken_back_is_put_back_by_one_press(place: DeskSite) -> None:
    out(place)
    with place.enter(Role.APPROVER) as ann:
        ann.post(f"{DESK}/correct", data={"text": "Wrong town."})
        ann.post(f"{DESK}/note-for-tomorrow", data={"text": "Ring Lima."})
        with place.site.store.read() as tx:
            note = tx.reports.notes("world", 1)[0].id
            correction = tx.archive.corrections([EDITION])[EDITION][0].id
        assert "Put it back" not in ann.get(f"{DESK}/report").text
        ann.post(f"{DESK}/correction/{correction}/take-back")
        ann.post(f"{DESK}/note-for-tomorrow/take-back", data={"note": str(note)})
        forms = [
            (where, unescape(text))
            for where, text in re.findall(
                r'action="[^"]*/([\w-]+)"><input type="hidden" name="text" value="([^"]*)"',
                ann.get(f"{DESK}/report").text,
            )
        ]
        assert forms == [("correct", "Wrong town."), ("note-for-tomorrow", "Ring Lima.")]
        for where, text in forms:
            ann.post(f"{DESK}/{where}", data={"text": text})
        with place.site.store.read() as tx:
            assert [one.text for one in tx.reports.notes("world", 5)] == ["Ring Lima."]
            assert [one.text for one in tx.archive.corrections([EDITION])[EDITION]] == ["Wrong town."]
        assert "Put it back" not in ann.get(f"{DESK}/report").text


def test_who_was_given_up_is_sent_to_after_all(place: DeskSite) -> None:
    approve(place.site.app, EDITION, by="Ann")
    plan(place.site.app, EDITION)
    stop(place.site.app, EDITION, by="Ann", reason="wait")
    with place.enter(Role.APPROVER) as ann:
        page = ann.get(f"{DESK}/send").text
        assert "It can be undone" in page
        assert 'class="pill stopped"' in page  # before its first call the edition is approved still
        assert ">Progress</a>" in ann.get("/desk").text
        ann.post(f"{DESK}/abandon", data={"reason": "no"})
        assert mailing_of(place.site.app, EDITION).state is MailingState.CLOSED
        assert "Undo the abandoning and send: 4 readers" in ann.get(f"{DESK}/send").text
        place.site.clock.now += timedelta(minutes=11)
        # As many as above the limit: whoever presses says who they are.
        assert ann.post(f"{DESK}/send-now", data={"given_up": "1"}).status_code == 403
        ann.post(f"{DESK}/send-now", data={"given_up": "1", "password": PASSWORD})
        until = monotonic() + 60
        while mailing_of(place.site.app, EDITION).state is not MailingState.CLOSED:
            assert monotonic() < until
            sleep(0.05)
    provider = place.site.app.provider
    assert isinstance(provider, ScriptedProvider)
    assert len(provider.taken) == 4


def test_a_mail_as_one_reader_got_it_and_the_second_subject(place: DeskSite) -> None:
    app = place.site.app
    with place.enter(Role.AUDIENCE, Role.APPROVER) as ann:
        form = {"version": "1", "subject": "First things", "preheader": "p", "other": "Second thoughts"}
        ann.post(f"{DESK}/subject", data=form)
        shown = ann.get(f"{DESK}/preview", params={"subject": "b"}).text
        assert '<dd dir="auto">Second thoughts</dd>' in shown
        assert "subject=b" in re.findall(r'<iframe[^>]*src="([^"]*)"', shown)[0]
        assert "<title>Second thoughts" in ann.get(f"{DESK}/preview/frame?view=desktop&subject=b").text
        out(place)
        with app.read() as tx:
            mailing = tx.ledger.mailing(str(EDITION))
            assert mailing is not None
            second = list(tx.ledger.given_second(mailing.id))
            every = list(tx.ledger.received(mailing.id))
        assert second
        for reader in every:
            wanted = "Second thoughts" if reader in second else "First things"
            page = ann.get(f"{DESK}/preview", params={"reader": str(reader)}).text
            assert f'<dd dir="auto">{wanted}</dd>' in page
            assert "opens or clicks are counted" in page
            frame = unescape(re.findall(r'<iframe[^>]*src="([^"]*)"', page)[0])
            mail = ann.get(frame).text
            assert f"<title>{wanted}" in mail
            assert "/c/" in mail, "its links are the counted ones"
    with place.enter(Role.EDITOR, email="bob@desk.example") as bob:
        page = bob.get(f"{DESK}/preview", params={"reader": str(every[0])}).text
        assert "Only those who may see readers" in page
