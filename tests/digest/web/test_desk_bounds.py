"""What the desk takes is bounded by the server, and what is too long is refused in words: nothing is cut in silence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from digest.model.errors import Transient
from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.web.guards import LARGEST_BODY
from digest.workflow.staff import people
from tests.desk_people import PASSWORD
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import FROM_PAGE, TLS
from tests.digest.workflow.edition.test_byurl import URL, OnePage, page
from tests.digest.workflow.mailings import raises
from tests.fakes import MemorySource, ScriptedProvider

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


def test_a_test_that_is_pressed_twice_goes_out_once(store: Store, tmp_path: Path) -> None:
    provider = ScriptedProvider(before=lambda: time.sleep(0.5))
    with desk(store, tmp_path, provider=provider) as place, place.enter(Role.EDITOR) as ann:
        with ThreadPoolExecutor(2) as hands:
            pages = [one.text for one in hands.map(lambda _: ann.post(f"{DESK}/test"), range(2))]
        assert len(provider.calls) == 1
        assert sum("The provider took it." in page for page in pages) == 1
        assert sum("it is mailed once" in page for page in pages) == 1
        # Of another version, and after a while, it is another test.
        ann.post(f"{DESK}/subject", data={"version": "1", "subject": "Another", "preheader": "One"})
        assert "The provider took it." in ann.post(f"{DESK}/test").text
        place.site.clock.now += timedelta(seconds=31)
        assert "The provider took it." in ann.post(f"{DESK}/test").text
        assert len(provider.calls) == 3


def test_a_test_that_failed_is_tried_again_at_once(store: Store, tmp_path: Path) -> None:
    provider = ScriptedProvider(script=iter([raises(Transient("429: later"))]))
    with desk(store, tmp_path, provider=provider) as place, place.enter(Role.EDITOR) as ann:
        assert ann.post(f"{DESK}/test").status_code >= 400
        assert "The provider took it." in ann.post(f"{DESK}/test").text


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


def test_what_is_too_large_is_refused_in_the_words_of_the_desk(place: DeskSite, ann: httpx.Client) -> None:
    form = {"version": "1", "text": "x" * LARGEST_BODY, "signed": ""}
    for refused in (ann.post(f"{DESK}/note", data=form), ann.post(f"{DESK}/note", content=pieces(form))):
        assert refused.status_code == 413
        assert "That is more than is taken at once" in refused.text
        assert 'href="/desk/me"' in refused.text, "in the desk's own frame"
        assert "link in the mail" not in refused.text
    french = ann.post(f"{DESK}/note", data=form, headers={"accept-language": "fr"})
    assert "plus que ce qui est pris en une fois" in french.text
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as nobody:
        at_the_door = nobody.post("/desk/sign-in", data=form)
        assert (at_the_door.status_code, "That is more than is taken at once" in at_the_door.text) == (413, True)
    assert place.now().version == 1


def pieces(form: dict[str, str]) -> Iterator[bytes]:
    """A body whose length is not said before."""
    yield urlencode(form).encode()


def test_what_cannot_be_believed_or_read_is_refused_in_the_words_of_the_desk(
    place: DeskSite, ann: httpx.Client
) -> None:
    form = {"version": "1", "text": "Words", "signed": ""}
    strange = ann.post(f"{DESK}/note", data=form, headers={"sec-fetch-site": "cross-site"})
    assert (strange.status_code, place.site.url in strange.text) == (403, True)
    broken = ann.post(f"{DESK}/note", content=b"x", headers={"content-type": "multipart/form-data; boundary=y"})
    assert (broken.status_code, "Reload the page" in broken.text) == (400, True)
    for refused in (strange, broken):
        assert "link in the mail" not in refused.text
        assert 'href="/desk/me"' in refused.text


def test_whoever_chooses_a_name_that_is_too_long_is_told(place: DeskSite) -> None:
    link = people.invite(place.site.app, "new@desk.example", roles=frozenset({Role.EDITOR}), by="Ann")
    with httpx.Client(base_url=place.site.url, headers=FROM_PAGE, timeout=60, verify=TLS) as new:
        refused = new.post(f"/desk/welcome/{link.token}", data={"name": "q" * 81, "password": PASSWORD})
        assert (refused.status_code, "has at most 80 characters, and this one 81" in refused.text) == (422, True)
        assert new.post(f"/desk/welcome/{link.token}", data={"name": "New", "password": PASSWORD}).status_code == 303
