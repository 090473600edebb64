"""Tokens that are bound to lists: they see of a reader what belongs to their list, and learn of no other one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from digest.model.api_token import Scope
from digest.model.reader_number import FIRST
from digest.web.api.lists import NO_MAIL
from digest.web.api.table import TABLE
from subscribers.attributes import AttributeKind, AttributeType, declare
from subscribers.consent import Basis
from subscribers.lists import enrol, unsubscribe_everywhere
from subscribers.model import OptIn, SubscriptionState, SuppressionReason
from subscribers.saved import save_segment
from subscribers.segments import HasAttribute, Not, OnList, StateIs
from subscribers.store import ensure_list
from subscribers.suppression import suppress
from subscribers.tables import subscribers, subscriptions
from tests import builders
from tests.digest.web.api_calls import caller, token
from tests.digest.web.conftest import Start
from tests.digest.web.site import TODAY, Site, edition_of, own_newsletter
from tests.digest.web.test_api_access import BODIES, Checked

BASIS = Basis(method="api", evidence="a test")
SECRETS = ("Vera Elsewhere", "gold-plan", "Pacific/Chatham", '"pt"', "world", "Vera@")
"""What is known of the reader for other lists."""


@pytest.fixture
def place(start: Start) -> Site:
    """Reader 1 is known for `world`, where much is said of them, and on `other` too."""
    other = replace(own_newsletter(), slug="other", list="other", name="The Other")
    site = start(
        newsletters=(own_newsletter(), other),
        api={"per_minute": 100_000},
        change=lambda app: replace(app, hooks=Checked()),
    )
    site.publish(edition_of(TODAY, newsletter="other"))
    with site.store.begin() as tx:
        conn = tx.connection
        made = ensure_list(conn, "other", "Other", OptIn.SINGLE, site.clock())
        conn.execute(subscribers.update().values(
            name="Vera Elsewhere", timezone="Pacific/Chatham", language="pt", attributes={"plan": "gold-plan"},
            email="Vera@news.example.org", email_key="Vera@news.example.org", fold_key="vera@news.example.org",
        ))  # fmt: skip
        enrol(conn, site.reader, made.id, BASIS, site.clock())
        save_segment(conn, made.id, "active", StateIs(states=frozenset({SubscriptionState.ACTIVE})), now=site.clock())
        save_segment(conn, made.id, "paying", HasAttribute(name="plan"), now=site.clock())
        save_segment(conn, made.id, "also", Not(of=OnList(list="world")), now=site.clock())
        suppress(conn, "x@y.example", SuppressionReason.MANUAL, now=site.clock(), list_id=made.id)
    return site


@pytest.fixture
def bound(place: Site) -> Iterator[httpx.Client]:
    with caller(place, token(place, lists=("other",))) as client:
        yield client


def shared(site: Site) -> object:
    """What must not change: every reader's profile, and every subscription to `world`."""
    columns = (subscribers.c.id, subscribers.c.email, subscribers.c.name, subscribers.c.language,
               subscribers.c.timezone, subscribers.c.attributes)  # fmt: skip
    with site.store.engine.connect() as conn:
        kept = conn.execute(subscribers.select().with_only_columns(*columns).where(subscribers.c.id == site.reader))
        on = conn.execute(subscriptions.select().where(subscriptions.c.list_id == site.list_id))
        return kept.all(), on.all()


def test_over_every_route_nothing_of_other_lists_is_seen_or_changed(place: Site, bound: httpx.Client) -> None:
    number = bound.get("/subscribers").json()["data"][0]["id"]
    assert number >= FIRST
    before = shared(place)
    known = {"email": "vera@news.example.org", "name": "Another", "language": "fr", "timezone": "Europe/Paris",
             "attributes": {"plan": "none"}}  # fmt: skip
    bodies = BODIES | {
        ("POST", "/subscribers"): known,
        ("POST", "/lists/{slug}/subscriptions"): known,
        ("POST", "/lists/{slug}/enrolments"): known | {"evidence": "they said so"},
        ("POST", "/suppressions"): {"who": "@spam.example", "list": "other"},
        ("PATCH", "/subscribers/{subscriber}"): {"name": "Another", "attributes": {"plan": None}},
    }
    values = {"slug": "other", "segment": "active", "suppression": 1, "newsletter": "other", "day": TODAY,
              "webhook": 1}  # fmt: skip
    answered = 0
    for entry in sorted(TABLE, key=lambda one: one.method == "DELETE"):
        for subscriber in (number, place.reader):
            path = entry.path.format_map(values | {"subscriber": subscriber})
            answer = bound.request(entry.method, path, json=bodies.get((entry.method, entry.path)))
            assert answer.status_code < 500, entry
            if "{subscriber}" in entry.path and subscriber == place.reader and not entry.whole:
                # Its own id is nothing that this token could know.
                assert answer.status_code == 404, entry
            if entry.tag in ("readers", "subscriptions", "segments", "suppressions"):
                assert not [secret for secret in SECRETS if secret in answer.text], (entry, answer.text)
                answered += answer.status_code < 300
                told = json.loads(answer.text) if answer.text else {}
                rows = told.get("data", [told]) if isinstance(told, dict) else []
                assert all(row.get("name") is None or "predicate" in row for row in rows), (entry, rows)
                assert not [row for row in rows if "email" in row and row["created_at"] is not None]
    assert answered > 9
    assert shared(place) == before


def test_a_profile_is_changed_by_no_bound_token(place: Site, bound: httpx.Client) -> None:
    mine = bound.post("/lists/other/enrolments", json={"email": "own@news.example.org", "evidence": "the fair"})
    for number in (mine.json()["subscriber"], place.app.asks.numbers.of(place.reader)):
        refused = bound.patch(f"/subscribers/{number}", json={"name": "X"})
        assert (refused.status_code, "all lists" in refused.json()["detail"]) == (403, True)
    assert bound.patch("/subscribers/1", json={"name": "X"}).status_code == 404
    with caller(place) as whole:
        # Whoever may see everything is understood with the number, too: a webhook of some lists tells it.
        assert whole.get(f"/subscribers/{number}").json()["id"] == place.reader


def test_a_known_address_and_a_new_one_are_answered_alike(place: Site, bound: httpx.Client) -> None:
    """Whether an address is known elsewhere cannot be told by any answer, by a number or by the order of rows."""
    with place.store.begin() as tx:
        declare(tx.connection, AttributeType(name="age", kind=AttributeKind.NUMBER))
    elsewhere = builders.people(place.store, 2, start=50)
    with place.store.begin() as tx:
        addresses = [tx.audience.reader(one).email for one in elsewhere]  # type: ignore[union-attr]  # they are there
    for path, known in zip(("/lists/other/enrolments", "/lists/other/subscriptions"), addresses, strict=True):
        place.clock.now += timedelta(minutes=5)
        new = f"new-{known}"
        told = {}
        for bad in ({"attributes": {"age": "old"}}, {"name": "\u202e"}, {"language": "../"}, {"timezone": "Mars"}):
            answers = [bound.post(path, json={"email": one, "evidence": "x"} | bad) for one in (new, known)]
            assert [one.status_code for one in answers] == [422, 422], bad
            assert answers[0].json() == answers[1].json()
        for one in (new, known.upper()):
            asked = {"email": one, "name": "N", "attributes": {"age": 3}, "evidence": "x"}
            answer = bound.post(path, json=asked)
            again = bound.post(path, json=asked)
            number = answer.json()["subscriber"]
            assert number >= FIRST
            seen = bound.get(f"/subscribers/{number}").json()
            found = bound.get("/subscribers", params={"email": one}).json()["data"]
            assert seen["email"] == one.lower()
            told[one] = json.loads(
                json.dumps([answer.status_code, answer.json(), again.json(), seen, found])
                .replace(str(number), "0").replace(one.lower(), "")
            )  # fmt: skip
        assert told[new] == told[known.upper()]
    rows = []
    cursor: dict[str, str] = {}
    while True:
        page = bound.get("/lists/other/subscriptions", params={"limit": 2} | cursor).json()
        rows += [row["email"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    joined = ["vera@news.example.org", *(f"{new}{one}" for one in addresses for new in ("new-", ""))]
    assert rows == joined
    assert [row["email"] for row in bound.get("/subscribers").json()["data"]] == joined
    assert bound.get("/subscribers", params={"cursor": "MTox"}).status_code == 400


def test_every_refusal_is_in_the_same_words(place: Site, bound: httpx.Client) -> None:
    names = ("bounced", "complained", "kept", "erased", "left", "here")
    numbers = builders.people(place.store, 6, start=60)
    with place.store.begin() as tx:
        readers = {name: tx.audience.reader(one) for name, one in zip(names, numbers, strict=True)}
        now, conn, other = place.clock(), tx.connection, tx.audience.list_of("other").id
        for name, reason, where in (("bounced", SuppressionReason.HARD_BOUNCE, None),
                                    ("complained", SuppressionReason.COMPLAINT, None),
                                    ("kept", SuppressionReason.MANUAL, None),
                                    ("here", SuppressionReason.MANUAL, other)):  # fmt: skip
            suppress(conn, readers[name].email.lower(), reason, now=now, list_id=where)  # type: ignore[union-attr]
        tx.audience.erase(numbers[3], erasure_key=place.app.asks.erasure_key, now=now)
        unsubscribe_everywhere(conn, numbers[4], BASIS, now)
    for name, reader in readers.items():
        assert reader is not None
        refused = bound.post("/lists/other/enrolments", json={"email": reader.email, "evidence": "x"})
        assert (refused.status_code, refused.json()["detail"]) == (409, NO_MAIL), name
        if name not in ("erased", "left"):
            came = bound.post("/lists/other/subscriptions", json={"email": reader.email})
            assert came.json() == {"subscriber": None, "outcome": "none"}, name


@pytest.mark.parametrize("slug", ["paying", "also"])
def test_a_saved_segment_of_what_belongs_to_all_lists_is_refused(place: Site, bound: httpx.Client, slug: str) -> None:
    """An operator may save what a bound token may not ask for: whom it holds would tell."""
    where = f"/lists/other/segments/{slug}"
    answers = [bound.get(where), bound.get(f"{where}/members"), bound.patch(where, json={"name": "X"}),
               bound.delete(where)]  # fmt: skip
    assert [(one.status_code, "asks for what belongs" in one.text) for one in answers] == [(403, True)] * 4
    (row,) = [row for row in bound.get("/lists/other/segments").json()["data"] if row["slug"] == slug]
    assert row["predicate"] is None
    with caller(place) as whole:
        assert whole.get(where).json()["predicate"] is not None


def test_members_of_a_segment_show_no_shared_attributes(place: Site, bound: httpx.Client) -> None:
    (row,) = bound.get("/lists/other/segments/active/members").json()["data"]
    assert (row["email"], row["attributes"], row["subscription"]["state"]) == ("vera@news.example.org", None, "active")
    # What was sent to whom is asked of the ledger.
    sent = {"slug": "unsent", "predicate": {"not": {"when": "sent"}}}
    assert bound.post("/lists/other/segments", json=sent).status_code == 201
    assert len(bound.get("/lists/other/segments/unsent/members").json()["data"]) == 1


def test_nobody_enrols_past_a_suppression_of_one_list(place: Site) -> None:
    ask = {"email": "kept@news.example.org", "evidence": "x"}
    with caller(place, token(place, set(Scope) - {Scope.SUPPRESSIONS_LIFT})) as client:
        assert client.post("/suppressions", json={"who": ask["email"], "list": "other"}).status_code == 201
        refused = client.post("/lists/other/enrolments", json=ask)
        assert (refused.status_code, "suppressed (manual)" in refused.json()["detail"]) == (409, True)
        came = client.post("/lists/other/subscriptions", json=ask).json()
        assert came == {"subscriber": None, "outcome": "suppressed"}
        assert client.get("/subscribers", params={"email": ask["email"]}).json()["data"] == []
        # The other list is another matter.
        enrolled = client.post("/lists/world/enrolments", json=ask).json()
        assert (enrolled["state"], enrolled["changed"], enrolled["why"]) == ("active", True, "")
        again = client.post("/lists/world/enrolments", json=ask).json()
        assert (again["state"], again["changed"], again["why"]) == ("active", False, "on the list already")


def test_who_said_no_is_asked_even_where_nobody_else_is(place: Site) -> None:
    """A program with `readers:write` cannot say for a reader that they are back, on a single opt-in list either."""
    with caller(place) as client:
        (reader,) = client.get("/lists/other/subscriptions").json()["data"]
        assert client.delete(f"/lists/other/subscriptions/{reader['id']}").status_code == 204
        back = client.post("/lists/other/subscriptions", json={"email": reader["email"]}).json()
        assert back["outcome"] == "confirm"
        gone = client.post("/lists/other/subscriptions", json={"email": "gone@news.example.org"}).json()
        assert gone["outcome"] == "welcome"
        assert client.delete(f"/subscribers/{gone['subscriber']}").status_code == 204
        place.clock.now += timedelta(days=2)
        again = client.post("/lists/other/subscriptions", json={"email": "gone@news.example.org"}).json()
        assert again["outcome"] == "confirm"
        assert client.get(f"/subscribers/{again['subscriber']}").json()["subscriptions"][0]["state"] == "pending"


def test_a_reader_of_two_lists_is_there_once(place: Site) -> None:
    only_world = builders.people(place.store, 1, start=70)
    with caller(place, token(place, lists=("other", "world"))) as both:
        rows = both.get("/subscribers").json()["data"]
        assert [row["id"] for row in rows] == [place.app.asks.numbers.of(one) for one in (place.reader, *only_world)]
        active = both.get("/subscribers", params={"state": "active"}).json()["data"]
        assert active == rows
        assert len(both.get(f"/subscribers/{rows[0]['id']}").json()["subscriptions"]) == 2
        assert both.get("/subscribers", params={"state": "ended"}).json()["data"] == []
