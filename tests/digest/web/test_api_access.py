"""Who may ask the API for what: every route, every scope, own and other lists, no token, dead tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.model.api_token import Scope
from digest.model.webhook import Endpoint
from digest.web.api.reference import page
from digest.web.api.table import ROOT, TABLE, Entry, methods_at
from digest.workflow.staff.tokens import revoke
from subscribers.model import OptIn, SubscriptionState, SuppressionReason
from subscribers.saved import save_segment
from subscribers.segments import StateIs
from subscribers.store import ensure_list
from subscribers.suppression import suppress
from tests.digest.web.api_calls import caller, token
from tests.digest.web.conftest import Start
from tests.digest.web.routes import routes_of
from tests.digest.web.site import TODAY, Site, edition_of, everything, own_newsletter

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
BODIES = {
    ("POST", "/subscribers"): {"email": "new@news.example.org"},
    ("PATCH", "/subscribers/{subscriber}"): {"name": "Another"},
    ("PATCH", "/lists/{slug}"): {"description": "Every morning"},
    ("POST", "/lists/{slug}/subscriptions"): {"email": "newer@news.example.org"},
    ("POST", "/lists/{slug}/enrolments"): {"email": "newest@news.example.org", "evidence": "asked at the fair"},
    ("PATCH", "/lists/{slug}/subscriptions/{subscriber}"): {"frequency": "weekly"},
    ("POST", "/suppressions"): {"who": "@spam.example", "list": "world"},
    ("POST", "/lists"): {"slug": "evening", "name": "The Evening"},
    ("POST", "/lists/{slug}/segments"): {"slug": "asked", "predicate": {"state": ["pending"]}},
    ("PATCH", "/lists/{slug}/segments/{segment}"): {"name": "At work"},
    ("POST", "/lists/{slug}/count"): {"predicate": {"state": ["active"]}},
    ("PATCH", "/webhooks/{webhook}"): {"kinds": ["edition.sent"], "paused": True},
    ("POST", "/webhooks"): {"url": "https://hooks.example/x"},
    ("POST", "/webhooks/{webhook}/replay"): {},
}


class Checked:
    """A door that lets every address pass and posts nowhere."""

    def check(self, url: str) -> None:
        """Any will do."""

    def secret(self, salt: bytes, generation: int) -> str:
        """A secret."""
        return "whsec_x"

    def post(self, url: str, body: bytes, **more: object) -> None:
        """Nowhere."""


@pytest.fixture
def place(start: Start) -> Site:
    other = replace(own_newsletter(), slug="other", list="other", name="The Other")
    site = start(
        newsletters=(own_newsletter(), other),
        change=lambda app: replace(app, hooks=Checked()),
    )
    site.publish(edition_of(TODAY))
    with site.store.begin() as tx:
        ensure_list(tx.connection, "other", "Other", OptIn.SINGLE, site.clock())
        save_segment(
            tx.connection, site.list_id, "active", StateIs(states=frozenset({SubscriptionState.ACTIVE})),
            now=site.clock(),
        )  # fmt: skip
        suppress(tx.connection, "x@y.example", SuppressionReason.MANUAL, now=site.clock(), list_id=site.list_id)
        tx.webhooks.add(Endpoint(id=0, url="https://a.example/", kinds=(), salt=b"0" * 16, created_at=site.clock()))
    return site


def address(entry: Entry, site: Site, *, newsletter: str = "world", slug: str = "world") -> str:
    values = {
        "subscriber": site.reader, "slug": slug, "segment": "active", "suppression": 1, "newsletter": newsletter,
        "day": TODAY, "webhook": 1,
    }  # fmt: skip
    return entry.path.format_map(values)


def ask(client: httpx.Client, entry: Entry, path: str) -> httpx.Response:
    return client.request(entry.method, path, json=BODIES.get((entry.method, entry.path)))


def test_the_routes_are_those_of_the_table(site: Site) -> None:
    found = {
        (method, route.path.removeprefix(ROOT))
        for route in routes_of(site.web)
        if route.path.startswith(ROOT)
        for method in route.methods - {"HEAD"}
    }
    described = {("GET", "/docs"), ("GET", "/openapi.json")}
    assert found == {(entry.method, entry.path) for entry in TABLE} | described
    assert methods_at(f"{ROOT}/subscribers/7") == ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH")
    assert methods_at(f"{ROOT}/nowhere") == ()


def test_without_a_good_token_there_is_401_and_nothing_is_read_or_changed(place: Site) -> None:
    now = place.clock()
    dead = token(place, until=now + timedelta(minutes=1))
    ended = token(place)
    revoke(place.app, place_token_name(place), by="a test")
    place.clock.now += timedelta(minutes=2)
    before = everything(place)
    good = token(place)
    wrong = ("", "Bearer", "Bearer x", f"Basic {good}", f"Bearer {good[:-1]}", f"Bearer {good}x", f"Bearer {dead}",
             f"Bearer {ended}", "Bearer " + "é" * 40, "Bearer dgt_" + "a" * 300)  # fmt: skip
    del before["api_tokens"], before["log"]
    with caller(place, good) as client:
        for number, entry in enumerate(TABLE):
            # Sixty a minute are answered so; then the client is told to wait.
            place.clock.now += timedelta(minutes=1)
            header = wrong[number % len(wrong)].encode()
            answer = client.request(entry.method, address(entry, place), headers={"authorization": header},
                                    content=b"{not json")  # fmt: skip
            assert answer.status_code == 401, (entry, header)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        after = everything(place)
        del after["api_tokens"], after["log"]
        assert after == before
        assert client.get("/token").status_code == 200


def place_token_name(site: Site) -> str:
    with site.store.read() as tx:
        return max(tx.tokens.everything(), key=lambda one: one.id).name


def unchanged(site: Site) -> dict[str, object]:
    """Everything but when a token was used."""
    found: dict[str, object] = dict(everything(site))
    del found["api_tokens"], found["log"]
    return found


def test_each_route_asks_for_its_scopes_and_no_other(place: Site) -> None:
    # What ends something comes last, the reader at the very end.
    order = sorted(TABLE, key=lambda entry: (entry.method == "DELETE", entry.path == "/subscribers/{subscriber}"))
    for entry in order:
        place.clock.now += timedelta(days=2)
        for lacking in entry.scopes:
            with caller(place, token(place, set(Scope) - {lacking})) as client:
                before = unchanged(place)
                answer = ask(client, entry, address(entry, place))
                assert answer.status_code == 403, entry
                assert lacking in answer.json()["detail"]
                assert unchanged(place) == before
        with caller(place, token(place, entry.scopes or {Scope.LISTS_READ})) as client:
            answer = ask(client, entry, address(entry, place))
            assert 200 <= answer.status_code < 300, (entry, answer.text)
            assert answer.headers["ratelimit-policy"] == '"token";q=600;w=60'


def test_a_token_of_another_list_sees_nothing_of_this_one(place: Site) -> None:
    """T14: what it may not see is not there; what concerns every list is refused."""
    with caller(place, token(place, lists=("other",))) as client:
        before = unchanged(place)
        for entry in TABLE:
            answer = ask(client, entry, address(entry, place))
            if entry.whole or (entry.path == "/subscribers" and entry.writes):
                assert answer.status_code == 403, entry
            elif "{" in entry.path or entry.writes:
                assert answer.status_code == 404, entry
            elif entry.path == "/lists":
                assert [one["slug"] for one in answer.json()["data"]] == ["other"]
            elif entry.path != "/token":
                assert answer.json()["data"] == [], entry
        assert client.get("/subscribers", params={"email": "reader1@example.test"}).json()["data"] == []
        assert client.post("/suppressions", json={"who": "a@b.example"}).status_code == 403
        assert unchanged(place) == before


def test_the_docs_say_the_table() -> None:
    assert DOCS.read_text("utf-8") == page(), "python docs/reference/write_api.py"


def test_looking_changes_nothing(place: Site) -> None:
    """P4; that the token was used is noted, to the minute."""
    with caller(place) as client:
        assert client.get("/token").status_code == 200
        before = everything(place)
        for entry in TABLE:
            if entry.method == "GET":
                found = client.get(address(entry, place))
                assert found.status_code == 200, entry
                head = client.head(address(entry, place))
                assert (head.status_code, head.content) == (200, b""), entry
                assert head.headers.get("etag") == found.headers.get("etag"), entry
                assert head.headers["content-type"] == found.headers["content-type"], entry
            options = client.options(address(entry, place))
            assert (options.status_code, entry.method in options.headers["allow"]) == (204, True), entry
        assert client.options("/nowhere").status_code == 404
        assert everything(place) == before


def test_nothing_behind_the_question_mark_is_passed_over(place: Site) -> None:
    with caller(place) as client:
        before = unchanged(place)
        for entry in TABLE:
            answer = client.request(
                entry.method, address(entry, place), params={"stat": "active"},
                json=BODIES.get((entry.method, entry.path)),
            )  # fmt: skip
            assert answer.status_code == 422, entry
            assert answer.json()["errors"][0]["field"] == "stat"
        assert unchanged(place) == before
        twice = client.get("/subscribers?limit=1&limit=2")
        assert (twice.status_code, twice.json()["errors"][0]["field"]) == (422, "limit")
        assert "state" in client.get("/subscribers?States=x").json()["errors"][0]["reason"]
