"""What the desk takes is bounded by the server, and what is too long is refused in words: nothing is cut in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.staff import people
from tests.desk_people import PASSWORD
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS
from tests.digest.workflow.edition.test_byurl import URL, OnePage, page
from tests.fakes import MemorySource

LIST = "/desk/audience/lists/world"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    def adapt(app: App) -> App:
        return replace(app, open_source=lambda added: MemorySource(name=added.slug), pages=OnePage(page()))

    with desk(store, tmp_path, adapt=adapt) as made:
        yield made


@pytest.fixture
def ann(place: DeskSite) -> Iterator[httpx.Client]:
    with place.enter(Role.ADMIN) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "form", "field", "most"),
    [
        ("/desk/people/invite", {"email": "eve@desk.example", "role": "editor"}, "name", 80),
        ("/desk/sources/try", {"url": "https://gazette.example/feed.xml", "kind": "feed"}, "outlet", 80),
        ("/desk/sources/try", {"url": "https://g.example/f", "kind": "feed", "outlet": "G"}, "section", 80),
        ("/desk/sources/try", {"url": "https://g.example/f", "kind": "feed", "outlet": "G"}, "language", 8),
        (f"{LIST}/segments", {"what1": "language", "value1": "fr", "slug": "french"}, "name", 200),
        (f"{LIST}/segments", {"what1": "language", "value1": "fr"}, "slug", 80),
    ],
)
def test_no_name_is_cut_in_silence(
    place: DeskSite, ann: httpx.Client, path: str, form: dict[str, str], field: str, most: int
) -> None:
    long = "q" * (most + 1)
    refused = ann.post(path, data={**form, field: long})
    assert refused.status_code == 422
    assert f"has at most {most} characters, and this one {most + 1}" in refused.text
    assert f'value="{long}"' in refused.text, "it stands there as it was filled in"
    with place.site.store.read() as tx:
        assert not tx.readership.segments(place.site.list_id)
        assert [one.email for one in tx.people.everybody()] == ["ann@desk.example"]
    assert ann.post(path, data={**form, field: long[1:]}).status_code == 200


def test_the_name_of_an_outlet_of_ones_own_find_is_not_cut_either(place: DeskSite, ann: httpx.Client) -> None:
    refused = ann.post(f"{DESK}/look", data={"url": URL, "outlet": "q" * 81})
    assert (refused.status_code, "has at most 80 characters, and this one 81" in refused.text) == (422, True)


def test_whoever_chooses_a_name_that_is_too_long_is_told(place: DeskSite) -> None:
    link = people.invite(place.site.app, "new@desk.example", roles=frozenset({Role.EDITOR}), by="Ann")
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as new:
        refused = new.post(f"/desk/welcome/{link.token}", data={"name": "q" * 81, "password": PASSWORD})
        assert (refused.status_code, "has at most 80 characters, and this one 81" in refused.text) == (422, True)
        assert new.post(f"/desk/welcome/{link.token}", data={"name": "New", "password": PASSWORD}).status_code == 303
