"""A press that sends is taken back by Stop, and a Stop by a press that sends: nobody gets anything twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.model.delivery import MailingState
from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow.edition.archive import correct
from digest.workflow.edition.review import approve
from digest.workflow.send.mailing import mailing_of
from tests.builders import EDITION
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_sendings import Slow

READERS = 25


@pytest.fixture
def provider() -> Slow:
    return Slow()


@pytest.fixture
def place(store: Store, tmp_path: Path, provider: Slow) -> Iterator[DeskSite]:
    with desk(store, tmp_path, readers=READERS - 1, provider=provider) as made:
        approve(made.site.app, EDITION, by="Ann")
        yield made


@pytest.fixture
def ann(place: DeskSite) -> Iterator[httpx.Client]:
    with place.enter(Role.APPROVER) as client:
        yield client


def reaches(place: DeskSite, state: MailingState, taken: int, *, correction: int = 0) -> bool:
    """The mailing comes to stand so, with so many readers who have it."""
    provider, until = place.site.app.provider, time.monotonic() + 60
    assert isinstance(provider, Slow)
    while time.monotonic() < until:
        if mailing_of(place.site.app, EDITION, correction=correction).state is state and len(provider.taken) == taken:
            return True
        time.sleep(0.02)
    return False


def test_a_sending_is_stopped_and_the_stop_is_taken_back(place: DeskSite, ann: httpx.Client, provider: Slow) -> None:
    assert ann.post(f"{DESK}/send-now").status_code == 200
    assert provider.begun.wait(60)
    assert ann.post(f"{DESK}/stop", data={"reason": "a slip"}).status_code == 200
    provider.go.set()
    # The call that was on its way arrives; nothing goes after it.
    assert reaches(place, MailingState.STOPPED, provider.batch_size)
    assert ann.post(f"{DESK}/send-now", data={"held": "1"}).status_code == 200
    assert reaches(place, MailingState.CLOSED, READERS)
    assert len(set(provider.taken)) == READERS


def test_the_mailing_of_a_correction_is_stopped(place: DeskSite, ann: httpx.Client, provider: Slow) -> None:
    provider.go.set()
    ann.post(f"{DESK}/send-now")
    assert reaches(place, MailingState.CLOSED, READERS)
    note = correct(place.site.app, EDITION, "It is Durban, not Lima.", by="Ann")
    provider.go.clear()
    provider.begun.clear()
    assert ann.post(f"{DESK}/correction/{note.id}/mail").status_code == 200
    assert provider.begun.wait(60)
    assert ann.post(f"{DESK}/stop", data={"correction": str(note.id)}).status_code == 200
    provider.go.set()
    assert reaches(place, MailingState.STOPPED, READERS + provider.batch_size, correction=note.id)


def test_the_rest_of_a_corrected_edition(place: DeskSite, ann: httpx.Client, provider: Slow) -> None:
    """Whoever sends to the rest reads that it goes out as it was approved, and how the rest gets the correction."""
    ann.post(f"{DESK}/send-now")
    assert provider.begun.wait(60)
    ann.post(f"{DESK}/stop")
    provider.go.set()
    assert reaches(place, MailingState.STOPPED, provider.batch_size)
    assert "does not have it yet" not in ann.get(f"{DESK}/send").text
    note = correct(place.site.app, EDITION, "It is Durban, not Lima.", by="Ann")
    home, rest = f"{DESK}/correction/{note.id}", READERS - provider.batch_size
    assert f"{rest} readers do not have it yet" in ann.get(f"{DESK}/send").text
    assert "mail the correction then, to all at once" in ann.get(f"{DESK}/send").text
    assert f"{rest} readers do not have the edition yet" in ann.get(f"{DESK}/report").text
    assert "Send to the rest first" in ann.get(home).text
    assert ann.post(f"{home}/mail").status_code == 200
    assert reaches(place, MailingState.CLOSED, 2 * provider.batch_size, correction=note.id)
    assert "then mail the correction to them too" in ann.get(f"{DESK}/send").text
    assert "Once they have it" in ann.get(home).text
    ann.post(f"{DESK}/send-now")
    assert reaches(place, MailingState.CLOSED, READERS + provider.batch_size)
    assert "do not have it yet" not in ann.get(f"{DESK}/send").text
    assert "Readers got the edition after this was mailed" in ann.get(home).text
    anew = ann.post(f"{DESK}/correct", data={"text": note.text, "again": "1"})
    assert anew.url.path != home
    assert f"<b>{rest}</b>, who got the edition" in anew.text
    assert "It was written once more" in ann.get(home).text
    assert ann.post(f"{anew.url.path}/mail").status_code == 200
    assert reaches(place, MailingState.CLOSED, 2 * READERS, correction=int(anew.url.path.rpartition("/")[2]))
    assert ann.get(f"/editions/{EDITION}").text.count("It is Durban, not Lima.") == 1


def test_of_a_rest_that_was_given_up_nobody_is_promised_the_edition(
    place: DeskSite, ann: httpx.Client, provider: Slow
) -> None:
    ann.post(f"{DESK}/send-now")
    assert provider.begun.wait(60)
    ann.post(f"{DESK}/stop")
    provider.go.set()
    assert reaches(place, MailingState.STOPPED, provider.batch_size)
    note = correct(place.site.app, EDITION, "It is Durban, not Lima.", by="Ann")
    pages = [f"{DESK}/send", f"{DESK}/report", f"{DESK}/correction/{note.id}"]
    assert ["as it was approved" in ann.get(page).text for page in pages] == [True, True, True]
    assert "Undo the abandoning" in ann.post(f"{DESK}/abandon", data={"reason": "news changed"}).text
    assert reaches(place, MailingState.CLOSED, provider.batch_size)
    assert ["as it was approved" in ann.get(page).text for page in pages] == [False, False, False]


def test_the_pill_says_what_the_mailing_does(place: DeskSite, ann: httpx.Client, provider: Slow) -> None:
    def state() -> str:
        return str(ann.get(f"{DESK}/state").json()["status_words"])

    ann.post(f"{DESK}/send-now")
    assert provider.begun.wait(60)
    ann.post(f"{DESK}/stop")
    provider.go.set()
    assert reaches(place, MailingState.STOPPED, provider.batch_size)
    ann.post(f"{DESK}/abandon", data={"reason": "enough"})
    assert state() == "Sent"
    provider.go.clear()
    provider.begun.clear()
    ann.post(f"{DESK}/send-now", data={"given_up": "1"})
    assert provider.begun.wait(60)
    assert state() == "Going out"
    ann.post(f"{DESK}/stop")
    assert state() == "Stopped"
    provider.go.set()
    assert reaches(place, MailingState.STOPPED, 2 * provider.batch_size)
    assert state() == "Stopped"
