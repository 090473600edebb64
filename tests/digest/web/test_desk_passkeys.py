"""Passkeys at the desk, in real Chromium with its virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, CDPSession, Page
from sqlalchemy import select, update

from digest.store.door_tables import passkeys
from digest.store.tables import log as log_table
from digest.store.tx import Store
from digest.workflow.staff import people
from digest.workflow.staff.passkeys import party_of
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS

pytestmark = pytest.mark.browser


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, compose=False, host="localhost") as made:
        yield made


@contextmanager
def window(chromium: Browser, place: DeskSite, token: str = "", *, verifies: bool = True) -> Iterator[Page]:
    """A window with an authenticator in it; `verifies` = it knows its owner's finger."""
    context = chromium.new_context(viewport={"width": 1000, "height": 1400})
    try:
        if token:
            context.add_cookies([{"name": "desk", "value": token, "url": place.site.url}])
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        plug(cdp, verifies=verifies)
        page.cdp = cdp  # type: ignore[attr-defined]
        yield page
    finally:
        context.close()


def plug(cdp: CDPSession, *, verifies: bool = True) -> str:
    """Plug an authenticator in. Returns its id."""
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": verifies,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made: str = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return made


def add_one(page: Page, place: DeskSite, name: str = "my telephone") -> None:
    page.goto(f"{place.site.url}/desk/me")
    page.get_by_label("Name of a new one").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def logged(store: Store) -> list[str]:
    with store.engine.connect() as conn:
        return [row.event for row in conn.execute(select(log_table.c.event).order_by(log_table.c.id))]


def test_add_one_and_sign_in_by_it(chromium: Browser, place: DeskSite, store: Store) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/desk/sign-in")
        page.get_by_role("button", name="With a passkey").click()
        page.wait_for_url("**/desk")
        page.goto(f"{place.site.url}/desk/me")
        assert "last used" in page.inner_text("main")
    assert "person.passkey_added" in logged(store)
    with store.engine.connect() as conn:
        assert conn.scalar(select(passkeys.c.sign_count)) == 2  # its counter has gone on


def test_the_same_one_is_not_taken_twice_and_can_be_named_and_removed(
    chromium: Browser, place: DeskSite, store: Store
) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        add_one(page, place, "again")
        page.get_by_text("No passkey was made").wait_for()
        page.goto(f"{place.site.url}/desk/me")
        page.get_by_label("Name", exact=True).fill("the blue key")
        page.get_by_role("button", name="Rename").click()
        page.get_by_text("the blue key").wait_for()
        page.get_by_label("Name", exact=True).fill("my telephone")
        page.get_by_role("button", name="Rename").click()
        page.get_by_text("my telephone").wait_for()
        page.get_by_role("button", name="Remove").click()
        page.get_by_text("my telephone").wait_for(state="detached")
        # Removed by a slip: it is added anew, and can be removed again.
        add_one(page, place, "the blue key")
        page.get_by_text("the blue key").wait_for()
        page.get_by_role("button", name="Remove").click()
        page.get_by_text("the blue key").wait_for(state="detached")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="With a passkey").click()
        # The authenticator has it still; we do not.
        page.get_by_text("That passkey is not known here.").wait_for()


def test_an_authenticator_that_does_not_know_its_owner_is_no_passkey(chromium: Browser, place: DeskSite) -> None:
    with window(chromium, place, signed_in(place.site.app).token, verifies=False) as page:
        add_one(page, place)
        page.get_by_text("No passkey was made").wait_for()


def test_a_counter_that_went_back_is_refused_and_written_down(chromium: Browser, place: DeskSite, store: Store) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        with store.begin() as tx:
            tx.connection.execute(update(passkeys).values(sign_count=900))
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="With a passkey").click()
        page.get_by_text("That passkey is not known here.").wait_for()
    assert logged(store)[-1] == "person.passkey_copied"


def test_a_passkey_says_once_more_who_one_is(chromium: Browser, place: DeskSite) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        place.site.clock.now += timedelta(minutes=11)
        page.goto(f"{place.site.url}/desk/me")
        assert page.get_by_role("button", name="Add a passkey").count() == 0
        page.get_by_role("link", name="Say once more who you are").click()
        page.get_by_role("button", name="With a passkey").click()
        page.get_by_role("button", name="Add a passkey").wait_for()


def test_an_answer_is_taken_once_and_from_its_own_browser(chromium: Browser, place: DeskSite) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        page.get_by_role("button", name="Sign out").click()
        sent: list[str] = []
        page.on("request", lambda one: sent.append(one.post_data or "") if one.url.endswith("/passkey") else None)
        page.get_by_role("button", name="With a passkey").click()
        page.wait_for_url("**/desk")
        cookies = {one["name"]: one["value"] for one in page.context.cookies()}
        with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=20, verify=TLS) as thief:
            headers = {"content-type": "application/x-www-form-urlencoded"}
            for browser in ("", cookies["desk-browser"]):
                thief.cookies.set("desk-browser", browser)
                again = thief.post("/desk/sign-in/passkey", content=sent[-1], headers=headers)
                assert again.status_code == 403


def test_an_invitation_ends_passkeys(chromium: Browser, place: DeskSite) -> None:
    with window(chromium, place, signed_in(place.site.app).token) as page:
        add_one(page, place)
        page.get_by_text("my telephone").wait_for()
        link = people.invite(place.site.app, "ann@desk.example", roles=frozenset(), by="test")
        people.accept(place.site.app, link.token, name="Ann", password=PASSWORD, browser="")
        page.goto(f"{place.site.url}/desk/sign-in")
        page.get_by_role("button", name="With a passkey").click()
        page.get_by_text("That passkey is not known here.").wait_for()


def test_nonsense_is_refused_and_asking_is_limited(place: DeskSite) -> None:
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=20, verify=TLS) as eve:
        statuses = [eve.post("/desk/sign-in/passkey/begin").status_code for _ in range(22)]
        assert statuses[:20] == [200] * 20
        assert 429 in statuses[20:]
        for answer in (
            "",
            "[]",
            "{",
            '{"response": {}}',
            '{"rawId": "AA", "response": {"userHandle": 1}}',
            "x" * 30_000,
        ):
            assert eve.post("/desk/sign-in/passkey", data={"answer": answer}).status_code == 403


def test_saying_once_more_who_one_is_by_password(place: DeskSite) -> None:
    with place.client(signed_in(place.site.app)) as ann:
        place.site.clock.now += timedelta(minutes=11)
        assert ann.post("/desk/me/passkeys/begin").status_code == 403
        assert ann.post("/desk/prove", data={"password": "wrong", "next": "/desk/me"}).status_code == 403
        assert ann.post("/desk/prove", data={"next": "/desk/me"}).status_code == 403
        assert ann.post("/desk/prove", data={"password": PASSWORD, "next": "/desk/me"}).url.path == "/desk/me"
        assert ann.post("/desk/prove", data={"password": PASSWORD, "next": "//evil.example"}).url.path == "/desk"
        assert re.search(r'"userVerification": ?"required"', ann.post("/desk/me/passkeys/begin").text)


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("https://News.example/digest", ("news.example", "https://news.example")),
        ("http://localhost:8025", ("localhost", "http://localhost:8025")),
        ("http://news.example", None),
        ("http://127.0.0.1:8025", None),
        ("https://[::1]", None),
    ],
)
def test_where_there_are_passkeys(base_url: str, party: tuple[str, str] | None) -> None:
    found = party_of(base_url)
    assert (found and (found.id, found.origin)) == party
