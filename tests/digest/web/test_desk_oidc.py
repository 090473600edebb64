"""Signing in by a real OpenID provider (oidc-provider under Node, on loopback)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest

from digest.identity.openid import OpenId
from digest.model.identity import Vouching
from digest.model.person import Role
from digest.ports import App
from digest.sources.exchange import Exchange
from digest.store.tx import Store
from digest.web.desk.other_house import BACK
from digest.wiring import utc_now
from digest.workflow.staff import people, second_step
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS
from tests.oracles import judges
from tests.servers.openid import SECRET, provider, vouched

__all__ = ["judges"]
ACCOUNTS: dict[str, dict[str, object]] = {
    "ann": {"email": "Ann@desk.example", "email_verified": True, "groups": ["news"]},
    "ann2": {"email": "ann@desk.example", "email_verified": True, "groups": ["news"]},
    "unverified": {"email": "ann@desk.example", "email_verified": False},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True, "groups": ["news"]},
}
URL = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def issuer(judges: Path) -> Iterator[str]:
    """One provider for all tests of this file: what comes back to us is carried by hand."""
    with provider(ACCOUNTS, f"{URL}{BACK}") as found:
        yield found


@contextmanager
def opened(store: Store, folder: Path, issuer: str, **vouching: Any) -> Iterator[DeskSite]:
    exchange = Exchange(user_agent="test", trusted=[urlsplit(issuer).netloc])
    house = OpenId(
        issuer=issuer, client_id="digest", client_secret=SECRET, groups_claim="groups", exchange=exchange, clock=utc_now
    )

    def adapt(app: App) -> App:
        return replace(app, house=house, vouching=Vouching(**vouching))

    with desk(store, folder, compose=False, adapt=adapt, base_url=URL) as made:
        signed_in(made.site.app)
        yield made


@contextmanager
def browser(place: DeskSite) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=place.site.url, headers=FROM_PAGE, timeout=30, verify=TLS, follow_redirects=False
    ) as made:
        yield made


def gone(client: httpx.Client) -> str:
    """Press the button; the address that one is led to."""
    answer = client.post("/desk/sign-in/oidc")
    assert answer.status_code == 200
    address = unescape(re.findall(r'class="button main" href="([^"]+)"', answer.text)[0])
    assert answer.headers["refresh"] == f"0; url={address}"
    return address


def came(client: httpx.Client, back: dict[str, str]) -> httpx.Response:
    """Come back as a browser does: a page with a button, and the button."""
    page = client.get(BACK, params=back)
    assert page.status_code == 200
    assert unescape(re.findall(r'name="state" value="([^"]+)"', page.text)[0]) == back["state"]
    return client.post(BACK, data=back)


def test_an_invited_person_signs_in_and_nobody_else(store: Store, tmp_path: Path, issuer: str) -> None:
    with opened(store, tmp_path, issuer) as place:
        with browser(place) as ann:
            answer = came(ann, vouched(gone(ann), "ann"))
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
            assert "desk" in ann.cookies
            assert ann.get("/desk/me").status_code == 200
        # An address that is not verified, one that nobody invited, and an address that went to somebody else.
        for login in ("unverified", "eve", "ann2"):
            with browser(place) as other:
                answer = came(other, vouched(gone(other), login))
                assert answer.status_code == 403
                assert "That account is not known here." in answer.text
        with browser(place) as ann:
            assert came(ann, vouched(gone(ann), "ann")).status_code == 303
            link = people.invite(place.site.app, "ann@desk.example", roles=frozenset(), by="test")
            people.accept(place.site.app, link.token, name="Ann", password=PASSWORD, browser="")
            # A new invitation ends the tie: the next who has the address is tied.
            assert came(ann, vouched(gone(ann), "ann2")).status_code == 303


def test_what_comes_back_is_taken_once_and_from_the_browser_that_went(
    store: Store, tmp_path: Path, issuer: str
) -> None:
    with opened(store, tmp_path, issuer) as place, browser(place) as ann, browser(place) as eve:
        back = vouched(gone(ann), "ann")
        assert eve.post(BACK, data=back).status_code == 403  # login CSRF, the other way round
        gone(eve)
        assert eve.post(BACK, data=back).status_code == 403
        wrong = {**back, "state": back["state"][:-1] + "x"}
        assert ann.post(BACK, data=wrong).status_code == 403
        assert ann.post(BACK, data=back).status_code == 403  # the wrong state used it up
        again = vouched(gone(ann), "ann")
        assert ann.post(BACK, data={**again, "code": "made-up"}).status_code == 502
        fresh = vouched(gone(ann), "ann")
        assert ann.post(BACK, data=fresh).status_code == 303
        assert ann.post(BACK, data=fresh).status_code == 403


def test_the_code_of_a_generator_is_asked_for_behind_it(store: Store, tmp_path: Path, issuer: str) -> None:
    with opened(store, tmp_path, issuer) as place, browser(place) as ann:
        app = place.site.app
        with app.read() as tx:
            person = tx.people.by_email("ann@desk.example")
        assert person is not None
        key = second_step.begin_totp(app, person).partition("secret=")[2].partition("&")[0]
        second_step.confirm_totp(app, person, pyotp.TOTP(key).at(app.clock()))
        place.site.clock.now += timedelta(minutes=2)
        assert ann.post("/desk/sign-in/code", data={"code": "1"}).status_code == 403
        page = came(ann, vouched(gone(ann), "ann"))
        assert (page.status_code, "desk" in ann.cookies) == (200, False)
        assert ann.post("/desk/sign-in/code", data={"code": "000000"}).status_code == 403
        code = pyotp.TOTP(key).at(app.clock())
        assert ann.post("/desk/sign-in/code", data={"code": code}).status_code == 303
        assert ann.get("/desk/me").status_code == 200


def test_roles_by_group_and_domains(store: Store, tmp_path: Path, issuer: str) -> None:
    with ExitStack() as stack:
        roles = (("news", ("editor",)), ("bosses", ("admin",)))
        place = stack.enter_context(opened(store, tmp_path, issuer, roles=roles))
        with browser(place) as ann:
            # She is the last admin: the house cannot take that from her.
            assert came(ann, vouched(gone(ann), "ann")).status_code == 403
            other = signed_in(place.site.app, Role.ADMIN, email="boss@desk.example")
            assert came(ann, vouched(gone(ann), "ann")).status_code == 303
            with place.site.store.read() as tx:
                found = tx.people.by_email("ann@desk.example")
            assert found is not None
            assert found.roles == {Role.EDITOR}
            assert other.person.active


def test_other_domains_are_not_let_in(store: Store, tmp_path: Path, issuer: str) -> None:
    with opened(store, tmp_path, issuer, domains=("elsewhere.example",)) as place, browser(place) as ann:
        assert came(ann, vouched(gone(ann), "ann")).status_code == 403
        signed_in(place.site.app, Role.ANALYST, email="eve@elsewhere.example")
        assert came(ann, vouched(gone(ann), "eve")).status_code == 303


def refusals(place: DeskSite) -> list[str]:
    """Why somebody was not let in, as the log has it, the newest first."""
    with place.site.store.read() as tx:
        return [one.detail for one in tx.reports.log(before=None, limit=20) if one.event == "person.refused"]


def test_the_log_says_why_somebody_was_not_let_in_and_the_page_does_not(
    store: Store, tmp_path: Path, issuer: str
) -> None:
    with opened(store, tmp_path, issuer, domains=("desk.example",), roles=(("bosses", ("admin",)),)) as place:
        pages = set()
        for login in ("eve", "unverified", "ann"):
            with browser(place) as one:
                pages.add(came(one, vouched(gone(one), login)).text)
        assert len(pages) == 1
        assert refusals(place) == [
            "none of their groups is named in desk.sign_in.oidc.roles",
            "the provider does not say that the address is verified",
            "the domain of their address is not among desk.sign_in.oidc.allowed_domains",
        ]


def test_the_log_says_who_is_not_invited_and_who_has_anothers_address(
    store: Store, tmp_path: Path, issuer: str
) -> None:
    with opened(store, tmp_path, issuer) as place:
        for login, answer in (("ann", 303), ("eve", 403), ("ann2", 403)):
            with browser(place) as one:
                assert came(one, vouched(gone(one), login)).status_code == answer
        assert refusals(place) == [
            "the provider knows whoever has this address here by another name: a new invitation ends that",
            "nobody with this address works here: invite them first",
        ]


def test_a_house_that_is_silent(store: Store, tmp_path: Path) -> None:
    with opened(store, tmp_path, "http://127.0.0.1:1") as place, browser(place) as ann:
        answer = ann.post("/desk/sign-in/oidc")
        assert answer.status_code == 502
        assert "did not work over there" in answer.text
