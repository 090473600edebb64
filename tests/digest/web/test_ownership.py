"""One's own: another address and its undo, the data, the erasure; each confirmed by a fresh mail."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from subscribers.model import Frequency
from subscribers.tables import erasures, subscribers
from subscribers.tokens import Purpose
from tests.digest.web.site import FROM_PAGE, Site

OLD, NEW = "reader1@example.test", "moved@news.example.org"


def press(site: Site, path: str, **fields: str) -> httpx.Response:
    """A button of our own page, and what it left for afterwards."""
    answer = site.client.post(path, data=fields, headers=FROM_PAGE)
    site.settled()
    return answer


def address(site: Site) -> str:
    with site.store.read() as tx:
        return str(tx.connection.execute(select(subscribers.c.email_key)).scalar_one())


def test_another_address_counts_once_it_is_confirmed_and_can_be_taken_back(site: Site) -> None:
    own = site.token("p")
    answer = press(site, own + "/address", email=NEW)
    assert "A mail is on its way to the new address" in answer.text
    assert [mail.recipients[0].email for mail in site.mails()] == [NEW]
    confirm = site.link("a")
    assert "Is this your new address?" in site.client.get(confirm).text
    assert address(site) == OLD
    for _ in range(2):
        assert "Your address is changed" in press(site, confirm).text
    assert address(site) == NEW
    assert [mail.recipients[0].email for mail in site.mails()] == [NEW, OLD], "the old one is told, once"
    undo = site.link("b")
    assert "Take it back" in site.client.get(undo).text
    assert address(site) == NEW
    site.clock.now += timedelta(days=6)
    for _ in range(2):
        assert "The change is taken back" in press(site, undo).text, "a double press is answered as the first"
    assert address(site) == OLD
    # Whoever had the links has nothing any more.
    for path in (own, site.ending(Purpose.EXPORT)):
        assert site.client.get(path).status_code == 404


def test_a_link_to_unsubscribe_outlives_the_undo_of_a_change_and_can_do_nothing_else(site: Site) -> None:
    """RFC 8058: the mails of a year are in mailboxes. Who stole one of them can only end mail."""
    old = site.token("u")
    press(site, site.token("p") + "/address", email=NEW)
    press(site, site.link("a"))
    press(site, site.link("b"))
    page = site.client.get(old).text
    assert page.count("<button") == 1
    for shown in ("r•••@", site.token("p", version=2)):
        assert shown not in page, "whose it is and their own page are not for who has an old mail"
    press(site, old + "/instead", choice="weekly")
    assert site.subscription().preferences.frequency is Frequency.DAILY
    done = press(site, old)
    assert site.subscription().state.value == "ended"
    assert done.text.count("<button") == 0
    press(site, old + "/why", reason="other", words="somebody else's")
    press(site, old + "/undo")
    press(site, old + "/instead", choice="weekly")
    assert (site.subscription().state.value, site.subscription().leaving_note) == ("ended", "")
    press(site, site.token("u", version=2) + "/undo")
    assert site.subscription().state.value == "active"
    answer = site.client.post(old, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, site.subscription().state.value) == (200, "ended")


def test_the_undo_ends_after_a_week(site: Site) -> None:
    press(site, site.token("p") + "/address", email=NEW)
    press(site, site.link("a"))
    undo = site.link("b")
    site.clock.now += timedelta(days=7)
    for answer in (site.client.get(undo), press(site, undo)):
        assert answer.status_code == 410
    assert address(site) == NEW


def test_who_moved_an_account_gets_neither_the_data_nor_the_erasure_of_it_while_that_can_be_undone(site: Site) -> None:
    press(site, site.token("p") + "/address", email=NEW)
    press(site, site.link("a"))
    said = {what: press(site, site.token("p") + what).text for what in ("/data", "/erase")}
    assert [mail.recipients[0].email for mail in site.mails()] == [NEW, OLD, OLD, OLD]
    site.clock.now += timedelta(days=7)
    for what, before in said.items():
        for page in (before, press(site, site.token("p") + what).text):
            assert "A mail is on its way to your address" in page, "the page says the same"
    assert [mail.recipients[0].email for mail in site.mails()][4:] == [NEW, NEW]


def test_a_readers_link_is_no_way_to_mail_strangers(site: Site) -> None:
    """P8: one mail a day to an address, whoever asks and however."""
    said = set()
    for _ in range(5):
        said.add(press(site, site.token("p") + "/address", email=NEW).text)
    assert len(said) == 1
    assert [mail.recipients[0].email for mail in site.mails()] == [NEW]
    answer = press(site, site.token("p") + "/address", email="no address")
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text


def test_ones_data_come_by_a_link_in_a_fresh_mail(site: Site) -> None:
    for _ in range(3):
        answer = press(site, site.token("p") + "/data")
        assert "A mail is on its way to your address" in answer.text
    assert [mail.recipients[0].email for mail in site.mails()] == [OLD], "asked three times, one mail"
    link = site.link("d")
    assert OLD not in site.client.get(link).text
    file = press(site, link)
    assert file.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert file.headers["cache-control"] == "no-store"
    assert OLD in str(file.json())
    assert [(one["kind"], one["address"]) for one in file.json()["letters"]] == [("export", OLD)]
    site.clock.now += timedelta(hours=25)
    assert press(site, link).status_code == 410


def test_erasing_takes_a_fresh_mail_and_one_press(site: Site) -> None:
    press(site, site.token("p") + "/erase")
    link = site.link("e")
    assert "cannot be undone" in site.client.get(link).text
    with site.store.read() as tx:
        assert tx.connection.execute(select(subscribers.c.erased_at)).scalar_one() is None
    assert "Erased" in press(site, link).text
    assert "Erased" in press(site, link).text, "a double press is answered as the first"
    assert "Erased" in site.client.get(link).text
    with site.store.read() as tx:
        row = tx.connection.execute(select(subscribers)).one()
        assert len(tx.connection.execute(select(erasures)).all()) == 1
    assert row.erased_at is not None
    assert OLD not in str(row)
    for path in (site.token("p"), site.token("u"), site.ending(Purpose.EXPORT)):
        assert site.client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("choice", "said"), [("weekly", "Mondays only"), ("4", "Nothing comes until Monday 21 December")]
)
@pytest.mark.parametrize("left", [False, True])
def test_rather_less_than_nothing(site: Site, choice: str, said: str, *, left: bool) -> None:
    if left:
        site.client.post(site.token("u"), data={"List-Unsubscribe": "One-Click"})
    page = press(site, site.token("u") + "/instead", choice=choice)
    assert said in page.text
    kept = site.subscription()
    assert kept.state.value == "active"
    if choice == "weekly":
        assert kept.preferences.frequency is Frequency.WEEKLY
    else:
        assert str(kept.preferences.paused_until) == "2026-12-21"


def test_the_reason_is_kept_afterwards_and_only_then(site: Site) -> None:
    press(site, site.token("u") + "/why", reason="other", words="never mind")
    assert site.subscription().leaving_note == ""
    page = press(site, site.token("u"))
    assert "Why, if you like to say so" in page.text
    press(site, site.token("u") + "/why", reason="too many mails", words="One a week\x00 would do <b>")
    assert site.subscription().leaving_note == "too many mails · One a week would do <b>"
    assert press(site, site.token("u") + "/instead", choice="99").status_code == 200
    assert site.subscription().state.value == "ended"
