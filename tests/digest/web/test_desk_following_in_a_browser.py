"""The desk in Chromium: Today and the pages of an edition hear that it stands otherwise, from whoever did it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digest.model.change import Note
from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve, autopilot, hold
from tests.builders import EDITION
from tests.desk_people import signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk

pytestmark = pytest.mark.browser
CHANGED = "It has changed since this page was shown."


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path) as made:
        yield made


@pytest.fixture
def page(chromium: Browser, place: DeskSite) -> Iterator[Page]:
    """A window of Ann's, who may approve."""
    ann = signed_in(place.site.app, Role.APPROVER, email="ann@desk.example", name="Ann", language="en")
    context = chromium.new_context()
    context.add_cookies([{"name": "desk", "value": ann.token, "url": place.site.url}])
    yield context.new_page()
    context.close()


def test_today_is_made_anew_when_somebody_or_the_clock_decides(place: DeskSite, page: Page) -> None:
    page.goto(f"{place.site.url}/desk?done=1")
    hold(place.site.app, EDITION, by="Eve", reason="wait for Lima")
    expect(page.get_by_text("wait for Lima")).to_be_visible(timeout=10_000)
    expect(page.locator(".pill")).to_have_text("Held")
    assert "done" not in page.url
    approve(place.site.app, EDITION, by="Eve")
    expect(page.get_by_role("link", name="Send now…")).to_be_visible(timeout=10_000)


def test_nothing_moves_under_the_hand_of_whoever_is_at_something(place: DeskSite, page: Page) -> None:
    page.goto(f"{place.site.url}/desk")
    page.get_by_role("link", name="Approve…").focus()
    autopilot(place.site.app, EDITION)
    expect(page.locator(".pill")).to_have_text("Approved", timeout=10_000)
    expect(page.get_by_role("link", name="Approve…")).to_be_focused()
    page.get_by_role("link", name="Show how it stands now").click()
    expect(page.get_by_role("link", name="Send now…")).to_be_visible()


def test_the_page_send_offers_how_it_stands_and_keeps_its_buttons(place: DeskSite, page: Page) -> None:
    page.goto(f"{place.site.url}{DESK}/send?tested=1")
    expect(page.get_by_text(CHANGED)).to_be_hidden()
    approve(place.site.app, EDITION, by="Eve")
    expect(page.get_by_text(CHANGED)).to_be_visible(timeout=10_000)
    expect(page.locator("h1 .pill")).to_have_class("pill approved")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    page.get_by_role("link", name="Show how it stands now").click()
    expect(page.get_by_role("button", name="Send now to")).to_be_visible()
    expect(page.get_by_text(CHANGED)).to_be_hidden()
    assert page.url.endswith("/send")
    edit(place.site.app, EDITION, Note(text="One word", signed=""), by="Carl", expected_version=1)
    expect(page.get_by_text(CHANGED)).to_be_visible(timeout=10_000)
    page.get_by_role("link", name="Show how it stands now").click()
    expect(page.get_by_text("Eve had approved it. That is void: Carl changed it since.")).to_be_visible()
