"""The API from outside: readers, lists, suppressions, editions, the archive; keys, limits, hostile bodies."""

from __future__ import annotations

import io
import json
import threading
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.model.api_token import Scope
from digest.store.tx import Store
from subscribers.model import SubscriptionState, SuppressionReason
from subscribers.saved import save_segment
from subscribers.segments import StateIs
from subscribers.suppression import suppress
from subscribers.tables import lists
from tests import builders
from tests.databases import KINDS, fresh_engine
from tests.digest.web.api_calls import caller, token
from tests.digest.web.conftest import Start
from tests.digest.web.site import TODAY, Site, edition_of, running

NEW = "new@news.example.org"


def test_a_reader_is_added_changed_found_and_erased(site: Site) -> None:
    with caller(site) as client:
        made = client.post(
            "/subscribers", json={"email": NEW, "name": "Nia", "attributes": {"plan": "gold", "age": 30}}
        )
        assert (made.status_code, made.json()["created"]) == (201, True)
        where = made.headers["location"].removeprefix("/api/v1")
        again = client.post("/subscribers", json={"email": NEW.upper(), "language": "FR-ca"})
        assert (again.status_code, again.json()) == (200, {"id": made.json()["id"], "created": False})
        change = {"timezone": "europe/paris", "attributes": {"plan": None, "beta": True}}
        assert client.patch(where, json=change).status_code == 204
        found = client.get(where).json()
        assert (found["name"], found["language"], found["timezone"]) == ("Nia", "fr", "Europe/Paris")
        assert found["attributes"] == {"age": 30, "beta": True}
        assert found["subscriptions"] == []
        assert client.get("/subscribers", params={"email": NEW}).json()["data"][0]["id"] == found["id"]
        assert client.delete(where).status_code == 204
        assert client.get(where).status_code == 404
        assert client.delete(where).status_code == 404
        refused = client.post("/subscribers", json={"email": NEW})
        assert refused.status_code == 409
        assert "erased" in refused.json()["detail"]
    with site.store.read() as tx:
        said = {(line.event, line.by.partition(" ")[0]) for line in tx.reports.log(before=None, limit=50)}
    assert {("reader.added", "token"), ("reader.changed", "token"), ("reader.erased", "token")} <= said


def test_a_sign_up_follows_the_rule_of_the_list_and_its_limits(site: Site) -> None:
    """P8: a program cannot make us mail an address more often than a form can."""
    with site.store.begin() as tx:
        tx.connection.execute(lists.update().values(opt_in="double"))
    section = site.app.newsletters["world"].sections[0].slug
    ask = {"email": NEW, "name": "Nia", "preferences": {"sections": [section], "hour": 7}, "wording": "2026-11"}
    with caller(site) as client:
        first = client.post("/lists/world/subscriptions", json=ask)
        assert (first.status_code, first.json()["outcome"]) == (202, "confirm")
        reader = first.json()["subscriber"]
        found = client.get(f"/subscribers/{reader}").json()
        assert (found["name"], found["subscriptions"][0]["state"]) == ("Nia", "pending")
        assert found["subscriptions"][0]["preferences"]["sections"] == [section]
        assert client.post("/lists/world/subscriptions", json=ask).json()["outcome"] == "limited_address"
        strange = client.post("/lists/world/subscriptions", json=ask | {"preferences": {"sections": ["no-such"]}})
        assert strange.json()["errors"] == [{"field": "sections", "reason": strange.json()["errors"][0]["reason"]}]
        # Who was asked and has not answered is not enrolled by somebody else.
        enrolled = client.post("/lists/world/enrolments", json={"email": NEW, "evidence": "they said so"})
        assert (enrolled.json()["state"], enrolled.json()["changed"]) == ("pending", False)
    assert [kind for kind, _ in site.letters()] == ["confirm"]


def test_nobody_who_left_is_revived(site: Site) -> None:
    path = f"/lists/world/subscriptions/{site.reader}"
    with caller(site) as client:
        assert client.patch(path, json={"frequency": "weekly", "paused_until": "2027-01-01"}).status_code == 204
        assert site.subscription().preferences.frequency == "weekly"
        assert client.delete(path).status_code == 204
        assert client.delete(path).status_code == 204
        assert site.subscription().state is SubscriptionState.ENDED
        email = client.get(f"/subscribers/{site.reader}").json()["email"]
        back = client.post("/lists/world/enrolments", json={"email": email, "evidence": "we would like them back"})
        assert (back.json()["state"], back.json()["changed"]) == ("ended", False)
        assert client.patch(path, json={"frequency": "daily"}).status_code == 404
        assert client.post("/lists/world/enrolments", json={"email": NEW, "evidence": " "}).status_code == 422
        assert client.post("/lists/world/enrolments", json={"email": NEW, "evidence": "fair"}).json()["changed"]
    assert site.consents()[-1].basis.method == "api"


def test_a_suppression_is_lifted_by_its_own_scope_only_and_never_a_readers_own(site: Site) -> None:
    with site.store.begin() as tx:
        suppress(tx.connection, "own@news.example.org", SuppressionReason.UNSUBSCRIBED, now=site.clock())
    with caller(site) as client:
        made = client.post("/suppressions", json={"who": NEW, "note": "asked by phone"})
        assert (made.status_code, made.json()["new"]) == (201, True)
        assert client.post("/suppressions", json={"who": NEW}).status_code == 200
        assert client.post("/suppressions", json={"who": "@spam.example", "list": "world"}).status_code == 201
        assert client.post("/suppressions", json={"who": "@"}).status_code == 422
        refused = client.post("/lists/world/enrolments", json={"email": NEW, "evidence": "fair"})
        assert (refused.status_code, "suppressed" in refused.json()["detail"]) == (409, True)
        assert client.post("/lists/world/subscriptions", json={"email": NEW}).json() == {
            "subscriber": None, "outcome": "suppressed",
        }  # fmt: skip
        rows = {one["who"]: one for one in client.get("/suppressions").json()["data"]}
        assert rows["@spam.example"]["list"] == "world"
        assert [one["who"] for one in client.get("/suppressions", params={"who": NEW}).json()["data"]] == [NEW]
        own = client.delete(f"/suppressions/{rows['own@news.example.org']['id']}")
        assert (own.status_code, "reader alone" in own.json()["detail"]) == (409, True)
        with caller(site, token(site, {Scope.SUPPRESSIONS_WRITE, Scope.READERS_WRITE})) as weaker:
            assert weaker.delete(f"/suppressions/{rows[NEW]['id']}").status_code == 403
        assert client.delete(f"/suppressions/{rows[NEW]['id']}").status_code == 204
        assert client.post("/lists/world/enrolments", json={"email": NEW, "evidence": "fair"}).status_code == 200


def test_lists_and_segments(site: Site) -> None:
    with site.store.begin() as tx:
        active = StateIs(states=frozenset({SubscriptionState.ACTIVE}))
        save_segment(tx.connection, site.list_id, "active", active, now=site.clock())
    builders.people(site.store, 4, start=2)
    with caller(site) as client:
        assert client.patch("/lists/world", json={"description": "Mornings", "indexed": False}).status_code == 204
        found = client.get("/lists/world")
        assert (found.json()["description"], found.json()["counts"]["active"]) == ("Mornings", 5)
        assert client.get("/lists/world", headers={"if-none-match": found.headers["etag"]}).status_code == 304
        assert client.patch("/lists/world", json={"opt_in": "single"}).status_code == 422
        assert client.get("/lists/world/segments/active").json()["count"] == 5
        page = client.get("/lists/world/segments/active/members", params={"limit": 3}).json()
        rest = client.get(
            "/lists/world/segments/active/members", params={"limit": 3, "cursor": page["next_cursor"]}
        ).json()
        assert (len(page["data"]), len(rest["data"]), rest["next_cursor"]) == (3, 2, None)
        assert client.get("/lists/world/segments/none").status_code == 404
        assert client.get("/lists/none").status_code == 404


def test_editions_picks_account_and_archive(site: Site) -> None:
    site.publish(edition_of(TODAY, subject="Say <b>&amp;</b>"))
    for back in range(1, 4):
        site.publish(edition_of(TODAY - timedelta(days=back)))
    with caller(site) as client:
        found = client.get(f"/editions/world/{TODAY}").json()
        assert (found["subject"], found["status"]) == ("Say <b>&amp;</b>", "sent")
        assert found["stories"][0]["headline"]
        assert client.get(f"/editions/world/{TODAY}/account").json()["skipped"] == {"paused": 1}
        assert client.get(f"/editions/world/{TODAY}/picks").json()["version"] == found["version"]
        seen, cursor = [], None
        while True:
            page = client.get("/archive", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            seen += [one["day"] for one in page["data"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == [str(TODAY - timedelta(days=back)) for back in range(4)]
        whole = client.get(f"/archive/world/{TODAY}").json()
        headline = found["stories"][0]["headline"]
        assert headline in whole["content_text"]
        assert headline in client.get(f"/archive/world/{TODAY}/text").text
        html = client.get(f"/archive/world/{TODAY}/html")
        assert "<script" not in html.text
        assert "script-src" not in html.headers["content-security-policy"]
        assert html.headers["content-type"].startswith("text/html")
        assert client.get("/archive/world/2020-01-01").status_code == 404
        assert client.get("/archive/world/yesterday").status_code == 422


def test_an_idempotency_key_does_it_once(site: Site) -> None:
    ask = {"email": NEW}
    with caller(site) as client, caller(site) as another:
        key = {"idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
        first = client.post("/lists/world/subscriptions", json=ask, headers=key)
        again = client.post("/lists/world/subscriptions", json=ask, headers=key)
        assert first.json()["outcome"] == "welcome"
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["idempotency-replayed"] == "true"
        other = client.post("/lists/world/subscriptions", json={"email": "x@news.example.org"}, headers=key)
        assert (other.status_code, "another request" in other.json()["detail"]) == (422, True)
        # A key is the caller's own, and a refusal uses none up.
        assert another.post("/lists/world/subscriptions", json=ask, headers=key).json()["outcome"] != "welcome"
        bad = {"idempotency-key": "k2"}
        assert client.post("/subscribers", json={"email": "x"}, headers=bad).status_code == 422
        assert client.post("/subscribers", json=ask, headers=bad).status_code == 200
        assert client.post("/subscribers", json=ask, headers={"idempotency-key": "a b"}).status_code == 400
    # What is kept for the next ask holds nothing personal.
    with site.store.read() as tx:
        kept = [row.body for row in tx.connection.exec_driver_sql("SELECT body FROM api_answers")]
    assert kept
    assert not [body for body in kept if "@" in body]


def test_many_at_once_under_one_key_are_done_once(site: Site) -> None:
    answers: list[httpx.Response] = []
    with caller(site) as client:

        def ask() -> None:
            answers.append(client.post("/subscribers", json={"email": NEW}, headers={"idempotency-key": "one"}))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len([one for one in answers if one.status_code == 201 and "idempotency-replayed" not in one.headers]) == 1


def test_paging_loses_nobody_and_repeats_nobody_while_readers_come(site: Site) -> None:
    """Ten thousand pages of it: `test_ten_thousand_pages`."""
    _page_while_readers_come(site, there=60, pages=30)


@pytest.mark.soak
def test_ten_thousand_pages(start: Start) -> None:
    site = start(
        change=lambda app: app,
    )
    _page_while_readers_come(site, there=10_000, pages=10_000)


def _page_while_readers_come(site: Site, *, there: int, pages: int) -> None:
    readers = set(builders.people(site.store, there, start=2)) | {site.reader}
    seen: list[int] = []
    cursor, come = None, there + 2
    with caller(site) as client:
        while True:
            page = client.get(
                "/subscribers", params={"limit": max(1, there // pages)} | ({"cursor": cursor} if cursor else {})
            )
            if page.status_code == 429:
                site.clock.now += timedelta(minutes=1)
                continue
            seen += [one["id"] for one in page.json()["data"]]
            if len(seen) % 7 == 0 and come < there + 12:
                builders.people(site.store, 1, start=come)
                come += 1
            if (cursor := page.json()["next_cursor"]) is None:
                break
    assert len(seen) == len(set(seen))
    assert readers <= set(seen)
    assert seen == sorted(seen)


def test_who_asks_too_often_waits(start: Start) -> None:
    site = start(api={"per_minute": 5})
    with caller(site) as client, caller(site) as another:
        for left in (4, 3, 2, 1, 0):
            answer = client.get("/token")
            assert answer.headers["ratelimit"].startswith(f'"token";r={left};')
        refused = client.get("/token")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "12")
        assert refused.json()["status"] == 429
        assert another.get("/token").status_code == 200
        site.clock.now += timedelta(seconds=12)
        assert client.get("/token").status_code == 200
    with httpx.Client(base_url=f"{site.url}/api/v1") as nobody:
        assert [nobody.get("/token").status_code for _ in range(62)].count(429) == 2


HOSTILE = (
    b"", b"{", b"[]", b"null", b'"x"', b"[" * 100_000, b'{"email":' * 20_000, b"\xff\xfe\x00", b"{}" + b" " * 999_000,
    b'{"email": "a@b.example", "email": "c@d.example", "name": "\\u0000"}',
    b'{"email": "a@b.example", "name": "\\ud800"}', b'{"email": "a\\u0000@b.example"}',
    b'{"email": "a@b.example", "name": "\\u202egnp"}',
    b'{"email": "a@b.example", "attributes": {"n": NaN}}', b'{"email": "a@b.example", "attributes": {"n": 1e999}}',
    b'{"email": "a@b.example", "attributes": {"n": ' + b"9" * 5_000 + b"}}",
    b'{"email": "a@b.example", "attributes": {"\\ud800": 1}}', b'{"email": "a@b.example", "attributes": {"n": [1]}}',
    b'{"email": "a@b.example", "admin": true}', b'{"email": "a@b.example\\r\\nBcc: x@y.example"}',
    b'{"email": "a@b.example", "language": "../../etc"}', b'{"email": "a@b.example", "timezone": "../../etc/passwd"}',
)  # fmt: skip


def test_a_hostile_body_is_refused_and_stores_nobody(site: Site) -> None:
    with caller(site) as client:
        for body in HOSTILE:
            answer = client.post("/subscribers", content=body, headers={"content-type": "application/json"})
            assert answer.status_code in (400, 422), (body[:80], answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
        assert client.get("/subscribers").json()["data"][1:] == []


@pytest.mark.parametrize("kind", KINDS)
def test_on_both_databases(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine, running(Store(engine), tmp_path) as site, caller(site) as client:
        key = {"idempotency-key": "k"}
        for _ in range(2):
            made = client.post("/subscribers", json={"email": NEW, "attributes": {"n": 1.5}}, headers=key)
            assert made.status_code == 201
        for text in ("\x00", "\ud800", "a\u202eb"):
            sent = dict.fromkeys(("evidence", "wording", "name", "note", "who"), text) | {"email": NEW}
            for path in ("/lists/world/subscriptions", "/lists/world/enrolments", "/suppressions", "/subscribers"):
                body = {name: value for name, value in sent.items() if name in TAKES[path]}
                answer = client.post(path, content=json.dumps(body).encode())
                assert answer.status_code == 422, (path, text, answer.text)
        assert client.post("/lists/world/subscriptions", json={"email": NEW}).json()["outcome"] == "welcome"
        assert client.post("/suppressions", json={"who": "@spam.example"}).status_code == 201
        for path in ("/subscribers", "/subscribers?state=active", "/lists/world", "/lists/world/subscriptions",
                     "/suppressions", "/editions", "/archive", "/webhooks"):  # fmt: skip
            assert client.get(path).status_code == 200, path
        assert client.delete(f"/subscribers/{made.json()['id']}").status_code == 204


TAKES = {
    "/lists/world/subscriptions": ("email", "evidence", "wording"),
    "/lists/world/enrolments": ("email", "evidence"),
    "/suppressions": ("who", "note"),
    "/subscribers": ("email", "name"),
}


def test_what_is_too_large_of_another_kind_or_nowhere_is_a_problem_too(site: Site) -> None:
    with caller(site) as client:
        large = client.post("/subscribers", content=b"x" * 1_000_001)
        form = client.post("/subscribers", data={"email": NEW})
        nowhere = client.get("/nowhere")
        method = client.put("/subscribers", json={})
        cursor = client.get("/subscribers", params={"cursor": "AAAA"})
        far = client.get(f"/subscribers/{2**63}")
        host = client.get("/token", headers={"host": "evil.example"})
    found = [one.status_code for one in (large, form, nowhere, method, cursor, far, host)]
    assert found == [413, 422, 404, 405, 400, 422, 400]
    assert method.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    for one in (large, form, nowhere, method, cursor, far):
        assert one.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in one.headers
        assert "access-control-allow-origin" not in one.headers


def test_a_browser_of_another_site_is_let_in_only_where_the_operator_says_so(start: Start) -> None:
    site = start(api={"cors_on": ["https://news.example"]})
    with caller(site) as client:
        ours = client.get("/token", headers={"origin": "https://news.example"})
        other = client.get("/token", headers={"origin": "https://evil.example"})
        asked = client.options("/subscribers", headers={"origin": "https://news.example"})
        page = site.client.get("/", headers={"origin": "https://news.example"})
    assert ours.headers["access-control-allow-origin"] == "https://news.example"
    assert "access-control-allow-credentials" not in ours.headers
    assert asked.status_code == 204
    assert "authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in page.headers


def test_no_token_and_no_address_stands_in_a_log(site: Site, log: io.StringIO) -> None:
    """P10, with a canary of each."""
    secret = token(site)
    with caller(site, secret) as client:
        client.post("/subscribers", json={"email": "canary.bird@news.example.org"})
        client.get("/subscribers", params={"email": "canary.bird@news.example.org"})
        client.get(f"/nowhere/{secret}")
        client.get(f"/subscribers?cursor={secret}")
        client.get("/token", headers={"authorization": f"Token {secret}"})
    with site.store.read() as tx:
        lines = [f"{one.event} {one.subject} {one.detail}" for one in tx.reports.log(before=None, limit=100)]
    text = log.getvalue() + "\n".join(lines)
    assert "request" in text
    assert secret not in text
    assert secret[13:30] not in text
    assert "canary" not in text


def test_the_description_is_whole(site: Site) -> None:
    described = json.loads(site.client.get("/api/v1/openapi.json").text)
    assert described["openapi"].startswith("3.1")
    page = site.client.get("/api/v1/docs")
    for path, methods in described["paths"].items():
        assert path.removeprefix("/api/v1") in page.text
        for operation in methods.values():
            assert operation["security"] == [{"token": []}]
            assert {"401", "403", "429"} <= set(operation["responses"])
    assert "script-src" not in page.headers["content-security-policy"]
