"""The ways into the desk: limits behind proxies, and sessions that their owner ends."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.staff import people
from subscribers.tables import subscribers
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS


def stranger(place: DeskSite) -> httpx.Client:
    """A browser that nobody is signed in with."""
    return httpx.Client(base_url=place.site.url, headers=FROM_PAGE, follow_redirects=True, timeout=60, verify=TLS)


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
        people.sign_in(place.site.app, "ann@desk.example", PASSWORD, client="c", browser="Chromium at home")
        again = ann.get("/desk/me").text
        assert "Chromium at home" in again
        number = re.findall(r"/desk/me/sessions/(\d+)/end", again)[0]
        assert "Chromium at home" not in ann.post(f"/desk/me/sessions/{number}/end").text


def test_a_browser_that_is_new_to_somebody_is_told_to_them(store: Store, tmp_path: Path) -> None:
    form = {"email": "ann@desk.example", "password": PASSWORD}
    with desk(store, tmp_path, compose=False) as place, stranger(place) as ann, stranger(place) as thief:
        signed_in(place.site.app)
        for browser, mails in ((ann, 1), (ann, 1), (thief, 2), (ann, 2)):
            answer = browser.post("/desk/sign-in", data=form)
            assert answer.url.path == "/desk"
            place.site.settled()
            assert len(place.site.mails()) == mails
        (cookie,) = [one for one in answer.history[0].headers.get_list("set-cookie") if "device" in one]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert [one.email for one in place.site.mails()[-1].recipients] == ["ann@desk.example"]
        assert "python" not in place.site.mails()[-1].rendered.text, "nothing of the browser's own words"


def test_a_link_by_mail(store: Store, tmp_path: Path, log: io.StringIO) -> None:
    with desk(store, tmp_path, compose=False) as place, stranger(place) as ann, stranger(place) as other:
        signed_in(place.site.app)
        kept = json.dumps({"path": "/desk/e/world/2026-11-23/subject", "fields": [["subject", "typed before"]]})
        asked = ann.post("/desk/sign-in/link", data={"email": "ann@desk.example", "kept": kept})
        assert "typed before" in asked.text
        assert "HttpOnly" in asked.headers["set-cookie"]
        assert "SameSite=lax" in asked.headers["set-cookie"]
        place.site.settled()
        link = re.findall(r"/desk/link/[\w-]{43}", place.site.mails()[-1].rendered.text)[0]
        assert other.get(link).status_code == other.post(link).status_code == 404
        for _ in range(2):  # a scanner that opens it uses nothing up
            assert "ann@desk.example" in ann.get(link).text
        not_yet = ann.post("/desk/sign-in/resume", data={"kept": kept})
        assert not_yet.status_code == 403
        assert "typed before" in not_yet.text
        assert ann.post(link).url.path == "/desk"
        assert ann.post(link).status_code == 404
        assert "typed before" in ann.post("/desk/sign-in/resume", data={"kept": kept}).text
    assert link.rpartition("/")[2] not in log.getvalue()
    assert "ann@desk.example" not in log.getvalue()


def test_the_answer_does_not_say_who_works_here(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, compose=False) as place:
        signed_in(place.site.app)
        said = []
        for address in ("ann@desk.example", "eve@desk.example"):
            with stranger(place) as somebody:
                answer = somebody.post("/desk/sign-in/link", data={"email": address})
                said.append((answer.status_code, answer.text.replace(address, "…"), len(somebody.cookies)))
        place.site.settled()
        assert said[0] == said[1]
        assert [mail.recipients[0].email for mail in place.site.mails()] == ["ann@desk.example"]
        with stranger(place) as nobody:
            assert nobody.post("/desk/sign-in/link", data={"email": "nonsense"}).status_code == 422
            for _ in range(8):
                last = nobody.post("/desk/sign-in/link", data={"email": "eve@desk.example"})
            assert last.status_code == 429


ANN = "ann@desk.example"


def test_whoever_approves_in_trial_mode_reads_so(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, adapt=lambda app: replace(app, trial=True)) as place, place.enter(Role.APPROVER) as ann:
        page = ann.get(f"/desk/e/{place.edition.id}/send").text
        assert "Everybody else is left out of this edition for good." in page
        assert "An admin can end it." in page
        assert "in trial mode it reaches 0 of them" in page
        builders.people(place.site.store, 1, start=70)
        with place.site.store.begin() as tx:
            tx.connection.execute(subscribers.update().where(subscribers.c.email == "reader70@example.test").values(
                email=ANN, email_key=ANN, fold_key=ANN, domain="desk.example",
            ))  # fmt: skip
        assert "in trial mode it reaches 1 of them" in ann.get(f"/desk/e/{place.edition.id}/send").text


def test_what_is_confirmed_is_looked_at_first(store: Store, tmp_path: Path) -> None:
    wrong = ["digest.org has no SPF record", "digest.org has no DMARC record"]

    def on_trial(app: App) -> App:
        own = replace(app.newsletters["world"], postal_address="1 Example Street, 12345 Exampleton")
        return replace(app, trial=True, ask_domain=lambda: wrong, newsletters={**app.newsletters, "world": own})

    with desk(store, tmp_path, compose=False, adapt=on_trial) as place, place.enter(Role.ADMIN) as ann:
        refused = ann.post("/desk/trial", data={"do": "domain"})
        assert refused.status_code == 422
        assert "has no SPF record; digest.org has no DMARC record: mend it" in refused.text
        template = ann.post("/desk/trial", data={"do": "postal"})
        assert template.status_code == 422
        assert "the one of the template" in template.text
        assert ann.post("/desk/trial", data={"do": "everything"}).status_code == 422
        with place.site.store.read() as tx:
            assert tx.trial.read().marks == {}
        assert "Confirmed by Ann Lee." in ann.post("/desk/trial", data={"do": "domain", "unseen": "1"}).text
        ann.post("/desk/me/language", data={"language": "fr"})
        assert "digest.org n’a pas d’enregistrement SPF" in ann.post("/desk/trial", data={"do": "domain"}).text


def test_an_admin_ends_the_trial(store: Store, tmp_path: Path) -> None:
    with (
        desk(store, tmp_path, compose=False, adapt=lambda app: replace(app, trial=True)) as place,
        place.enter(Role.ADMIN) as ann,
    ):
        with place.enter(Role.EDITOR, email="bob@desk.example") as bob:
            assert "An admin can end it." in bob.get("/desk").text
        assert "See what is missing" in ann.get("/desk").text
        assert place.site.app.newsletters["world"].postal_address in ann.get("/desk/trial").text
        for step in ("domain", "postal"):
            assert "Confirmed by Ann Lee." in ann.post("/desk/trial", data={"do": step}).text
        ann.post("/desk/trial", data={"do": "test"})
        mail = place.site.mails()[-1]
        code = re.findall(r"The code of this test: (\d{6})", mail.rendered.text)[0]
        assert mail.recipients[0].email == "ann@desk.example"
        place.site.clock.now += timedelta(minutes=11)
        assert ann.post("/desk/trial", data={"do": "code", "code": code}).status_code == 403  # the proof is too old
        ann.post("/desk/prove", data={"password": PASSWORD, "next": "/desk/trial"})
        assert "It is over" in ann.post("/desk/trial", data={"do": "code", "code": code}).text
        assert "Trial mode" not in ann.get("/desk").text
