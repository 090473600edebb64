"""The ways into the desk: limits behind proxies, and sessions that their owner ends."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow import people
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import TLS, DeskSite, desk
from tests.digest.web.site import FROM_PAGE


def stranger(place: DeskSite) -> httpx.Client:
    """A browser that nobody is signed in with."""
    return httpx.Client(base_url=place.site.url, headers=FROM_PAGE, follow_redirects=True, timeout=20, verify=TLS)


@pytest.mark.parametrize(("proxies", "sixth"), [(("127.0.0.1",), 403), ((), 429)])
def test_tries_are_counted_by_who_our_own_proxy_heard(
    store: Store, tmp_path: Path, proxies: tuple[str, ...], sixth: int
) -> None:
    with desk(store, tmp_path, compose=False, trusted_proxies=proxies) as place, stranger(place) as eve:
        signed_in(place.site.app)

        def tried(client: str) -> int:
            wrong = {"email": "ann@desk.example", "password": "wrong wrong"}
            return eve.post("/desk/sign-in", data=wrong, headers={"x-forwarded-for": client}).status_code

        assert [tried("203.0.113.1") for _ in range(5)] == [403] * 5
        assert tried("203.0.113.1") == 429
        # Without a proxy of ours the header is anybody's word: another one in it is no other client.
        assert tried("198.51.100.2") == sixth


def test_all_other_sessions_are_ended_with_one_press(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, compose=False) as place, place.enter(Role.EDITOR) as ann:
        for place_of_work in ("Chromium at home", "Firefox on a telephone"):
            people.sign_in(place.site.app, "ann@desk.example", PASSWORD, client="c", browser=place_of_work)
        assert "Chromium at home" in ann.get("/desk/me").text
        after = ann.post("/desk/me/sessions/others/end")
        assert "Chromium at home" not in after.text
        assert "Firefox on Linux" in after.text  # this one
