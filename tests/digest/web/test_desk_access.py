"""Who may ask for what at the desk: every route, every role, own and other newsletters, hostile origins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from digest.model.person import Role
from digest.store.tx import Store
from digest.web.desk.access import BY_ADDRESS, TABLE, Entry, Whose, page
from subscribers.tables import metadata
from tests import builders
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.routes import routes_of
from tests.digest.web.site import TLS, own_newsletter

OTHER = replace(own_newsletter(), slug="other", list="other", name="The Other")
HOSTILE = (
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
)
DOCS = Path(__file__).parents[3] / "docs" / "reference" / "desk-routes.md"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, others=(OTHER,)) as made:
        yield made


def address(entry: Entry, newsletter: str = "world") -> str:
    path = entry.path
    values = {
        "newsletter": newsletter,
        "day": str(builders.DAY),
        "token": "no-such-token",
        "person": "99",
        "session": "99",
        "list": newsletter,
        "source": "none",
        "job": "99",
        "passkey": "99",
        "webhook": "99",
        "correction": "99",
    }
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def ask(client: httpx.Client, entry: Entry, newsletter: str = "world") -> str:
    """How the desk answers: door, role, missing, or let in."""
    if entry.path.endswith("/stream"):
        # Its answer has no end: its head says all.
        with client.stream("GET", address(entry, newsletter)) as answer:
            status, said = answer.status_code, ""
            if status == 403:
                said = answer.read().decode()
    else:
        answer = client.request(entry.method, address(entry, newsletter), follow_redirects=False)
        status, said = answer.status_code, answer.text
    if status == 401 or (status == 303 and "/desk/sign-in?next=" in answer.headers["location"]):
        return "door"
    if status == 403 and "Your role does not allow this" in said:
        return "role"
    if status == 404 and newsletter != "world":
        return "missing"
    assert status < 500, (entry, said)
    return "in"


def test_the_routes_are_those_of_the_table(place: DeskSite) -> None:
    found = {
        (method, route.path)
        for route in routes_of(place.site.web)
        if route.path.startswith("/desk")
        for method in route.methods - {"HEAD"}
    }
    assert found == {(entry.method, entry.path) for entry in TABLE}
    assert len(found) == len(TABLE)


def test_the_docs_say_the_table() -> None:
    assert DOCS.read_text("utf-8") == page(), "python docs/reference/write_desk_routes.py"


def test_nobody_gets_through_the_door(place: DeskSite) -> None:
    with httpx.Client(
        base_url=place.site.url, headers={"sec-fetch-site": "same-origin"}, timeout=60, verify=TLS
    ) as nobody:
        for entry in TABLE:
            assert ask(nobody, entry) == ("in" if entry.lets(frozenset()) else "door"), entry
        for cookie in ("x", "x" * 10_000, "the session of ann@desk.exampl"):
            nobody.cookies.set("desk", cookie)
            assert ask(nobody, BY_ADDRESS["GET", "/desk/me"]) == "door"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_let_in_as_the_table_says(place: DeskSite, role: Role) -> None:
    for number, entry in enumerate(TABLE):
        # A session each: some of the addresses end it.
        with place.enter(role, email=f"p{number}@desk.example", newsletters=("world",)) as client:
            assert ask(client, entry) == ("in" if entry.lets(frozenset({role})) else "role"), entry
            # Somebody else's and none at all are the same answer; test_desk_own.py looks at what else there is.
            if {Whose.NEWSLETTER, Whose.LIST} & set(entry.objects.values()) and entry.lets(frozenset({role})):
                assert ask(client, entry, "nowhere") == "missing", entry
                assert role is Role.ADMIN or ask(client, entry, "other") == "missing", entry


def test_whoever_works_on_all_newsletters_sees_the_others(place: DeskSite) -> None:
    with place.enter(Role.ANALYST) as client:
        assert client.get(f"/desk/e/other/{builders.DAY}").status_code == 200
        assert client.get(f"/desk/e/nowhere/{builders.DAY}").status_code == 404
        assert client.get("/desk/e/world/2026-13-45").status_code == 404


@pytest.mark.parametrize("headers", HOSTILE)
def test_no_form_from_elsewhere_is_taken(place: DeskSite, headers: dict[str, str]) -> None:
    with place.enter(Role.ADMIN) as client:
        client.headers.pop("sec-fetch-site")
        before = everything(place)
        for entry in TABLE:
            if entry.method == "POST":
                assert client.post(address(entry), headers=headers, data={"version": "1"}).status_code == 403, entry
        assert everything(place) == before


def test_looking_changes_nothing(place: DeskSite) -> None:
    """P4, for an admin, who sees everything."""
    with place.enter(Role.ADMIN) as client:
        before = everything(place)
        for entry in TABLE:
            if entry.method == "GET" and not entry.path.endswith("/stream"):
                assert client.get(address(entry)).status_code in (200, 404), entry
                assert client.head(address(entry)).status_code in (200, 404), entry
        assert everything(place) == before


def everything(place: DeskSite) -> dict[str, list[tuple[object, ...]]]:
    with place.site.store.engine.connect() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(text(f"SELECT * FROM {table.name}"))]  # noqa: S608
            for table in metadata.sorted_tables
        }
