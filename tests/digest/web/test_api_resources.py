"""Lists, segments and webhooks are made, changed and put away through the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

import httpx
import pytest

from digest.model.newsletter import Schedule
from digest.workflow.edition.archive import index_archive
from tests.digest.web.api_calls import caller, token
from tests.digest.web.conftest import Start
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter
from tests.digest.web.test_api_access import Checked


@pytest.fixture
def place(start: Start) -> Site:
    return start(change=lambda app: replace(app, hooks=Checked()))


@pytest.fixture
def client(place: Site) -> Iterator[httpx.Client]:
    with caller(place) as made:
        yield made


def test_a_list_is_made_changed_archived_and_opened_again(place: Site, client: httpx.Client) -> None:
    made = client.post("/lists", json={"slug": "evening", "name": " The Evening "})
    assert (made.status_code, made.json()) == (201, {"slug": "evening"})
    where = made.headers["location"].removeprefix("/api/v1")
    found = client.get(where).json()
    assert (found["name"], found["opt_in"], found["public"], found["archived_at"]) == (
        "The Evening",
        "double",
        False,
        None,
    )
    assert client.post("/lists", json={"slug": "evening", "name": "Another"}).status_code == 409
    for wrong in ({"slug": "No Slug", "name": "x"}, {"slug": "x", "name": "\u202e"}, {"slug": "x"},
                  {"slug": "x", "name": "x", "opt_in": "single"}):  # fmt: skip
        assert client.post("/lists", json=wrong).status_code == 422, wrong
    assert client.patch(where, json={"name": "Later", "public": True}).status_code == 204
    assert client.patch(where, json={"archived": True}).status_code == 204
    first = client.get(where).json()
    assert (first["name"], first["public"], first["archived_at"] is not None) == ("Later", True, True)
    ask = {"email": "new@news.example.org", "evidence": "x"}
    for path in ("subscriptions", "enrolments"):
        refused = client.post(f"{where}/{path}", json=ask)
        assert (refused.status_code, "archived" in refused.json()["detail"]) == (409, True)
    with place.store.read() as tx:
        assert [one.slug for one in tx.audience.lists(public_only=True)] == ["world"]
    assert client.patch(where, json={"archived": False}).status_code == 204
    assert client.post(f"{where}/enrolments", json=ask).json()["state"] == "active"
    # A list that a newsletter goes to is not closed behind its back.
    refused = client.patch("/lists/world", json={"archived": True})
    assert (refused.status_code, "the newsletter world" in refused.json()["detail"]) == (409, True)


def test_a_segment_is_counted_kept_changed_and_removed(client: httpx.Client) -> None:
    active = {"predicate": {"state": ["active"]}}
    assert client.post("/lists/world/count", json=active).json() == {"count": 1}
    made = client.post("/lists/world/segments", json={"slug": "here", "name": "Here", **active})
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/lists/world/segments/here")
    assert client.post("/lists/world/segments", json={"slug": "here", **active}).status_code == 409
    for wrong in ({"not": {"list": "wrold"}}, {"any": [{"section": "aisa"}]}):
        misspelt = client.post("/lists/world/segments", json={"slug": "wrong", "name": "", "predicate": wrong})
        assert misspelt.status_code == 422, "it would mail everybody, or nobody"
        assert client.post("/lists/world/count", json={"predicate": wrong}).status_code == 422
    where = "/lists/world/segments/here"
    assert client.patch(where, json={"name": "Gone", "predicate": {"not": {"state": ["active"]}}}).status_code == 204
    found = client.get(where).json()
    assert (found["name"], found["count"], found["predicate"]) == ("Gone", 0, {"not": {"state": ["active"]}})
    for wrong in ({}, {"state": ["nowhere"]}, {"sql": "1=1"}, {"all": [{"attribute": "a", "is": "=", "value": None}]}):
        refused = client.post("/lists/world/count", json={"predicate": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "predicate"), wrong
    assert client.delete(where).status_code == 204
    assert client.delete(where).status_code == 404
    assert client.patch(where, json={"name": "x"}).status_code == 404


def test_a_bound_token_asks_by_no_count_for_what_belongs_to_all_lists(place: Site) -> None:
    with caller(place, token(place, lists=("world",))) as bound:
        for own in (
            {"state": ["active"]},
            {"section": "europe"},
            {"any": [{"not": {"when": "since", "within_days": 9}}]},
        ):
            assert bound.post("/lists/world/count", json={"predicate": own}).status_code == 200, own
        for shared in ({"language": ["fr"]}, {"list": "other"}, {"not": {"list": "world"}},
                       {"timezone": [""]}, {"has": "plan"}, {"when": "known", "within_days": 9},
                       {"when": "chosen"}, {"attribute": "plan", "is": "=", "value": "gold"},
                       {"all": [{"state": ["active"]}, {"not": {"has": "plan"}}]}):  # fmt: skip
            for path, more in (("count", {}), ("segments", {"slug": "spy"})):
                refused = bound.post(f"/lists/world/{path}", json={"predicate": shared, **more})
                assert refused.status_code == 403, (path, shared)
        assert bound.post("/lists/world/segments", json={"slug": "own", "predicate": own}).status_code == 201
        assert bound.patch("/lists/world/segments/own", json={"predicate": {"has": "plan"}}).status_code == 403


def test_a_webhook_is_changed_paused_and_let_go_on(place: Site, client: httpx.Client) -> None:
    made = client.post("/webhooks", json={"url": "https://hooks.example/x", "kinds": ["edition.sent"]}).json()
    where = f"/webhooks/{made['id']}"
    change = {"url": "https://hooks.example/y", "kinds": [], "lists": ["world"], "with_address": True, "paused": True}
    assert client.patch(where, json=change).status_code == 204
    found = client.get(where).json()
    assert {name: found[name] for name in ("url", "kinds", "lists", "with_address")} == {
        name: change[name] for name in ("url", "kinds", "lists", "with_address")
    }
    assert found["paused_at"] is not None
    assert client.patch(where, json={"paused": False}).status_code == 204
    after = client.get(where).json()
    assert (after["paused_at"], after["url"]) == (None, "https://hooks.example/y")
    assert client.patch(where, json={"lists": ["nowhere"]}).status_code == 404
    assert client.patch(where, json={"kinds": ["subscriber.sneezed"]}).status_code == 422
    assert client.patch("/webhooks/99", json={}).status_code == 404
    with place.store.read() as tx:
        events = [line.event for line in tx.reports.log(before=None, limit=50)]
    assert {"webhook.paused", "webhook.resumed"} <= set(events)


def test_the_archive_is_searched_by_words_and_days(place: Site, client: httpx.Client) -> None:
    days = [TODAY - timedelta(days=n) for n in range(1, 4)]
    for day, subject in zip(days, ("Élysée in the morning", "Elysian fields", "Nothing of the kind"), strict=True):
        place.publish(edition_of(day, subject=subject))
    index_archive(place.app)

    def found(**asked: str | int) -> list[str]:
        page = client.get("/archive", params=asked).json()
        return [row["day"] for row in page["data"]]

    one, two, three = map(str, days)
    assert found() == [one, two, three]
    assert found(q="ELYS") == [one, two]
    assert found(q="elysee morning") == [one]
    assert found(q="elys", until=two) == [two]
    assert found(since=three, until=two) == [two, three]
    assert found(since=one, until=three) == []
    assert found(q="?!") == []
    first = client.get("/archive", params={"q": "elys", "limit": 1}).json()
    assert found(q="elys", limit=1, cursor=first["next_cursor"]) == [two]
    assert client.get("/archive", params={"since": "yesterday"}).status_code == 422


def test_nobody_is_given_days_on_which_no_edition_comes(start: Start) -> None:
    wednesdays = Schedule(compose_at=time(4, 55), approve_at=time(5, 58), send_at=time(6, 0), days=("wed",))
    site = start(newsletters=(own_newsletter(schedule=wednesdays),))
    with caller(site) as client:
        where = f"/lists/world/subscriptions/{site.reader}"
        refused = client.patch(where, json={"frequency": "weekly"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "frequency")
        for taken in ("weekdays", "daily"):
            assert client.patch(where, json={"frequency": taken}).status_code == 204
