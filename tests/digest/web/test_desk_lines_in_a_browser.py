"""What stands on one line at the desk, on a phone, a tablet and a desktop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from digest.model.edition import EditionStatus
from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.tables import subscribers
from tests import builders
from tests.desk_people import signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk

pytestmark = pytest.mark.browser


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path) as made:
        yield made


def _page(chromium: Browser, place: DeskSite, width: int) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    entered = signed_in(place.site.app, Role.ADMIN, email=f"ann{width}@desk.example", name="Ann Lee")
    context.add_cookies([{"name": "desk", "value": entered.token, "url": place.site.url}])
    return context.new_page()


def _tops(page: Page, selector: str) -> set[int]:
    """Where the lines begin on which what is selected stands."""
    return set(
        page.eval_on_selector_all(selector, "all => all.map(e => Math.round(e.getBoundingClientRect().top / 12))")
    )


def test_a_tablet_has_the_menu_on_one_line(chromium: Browser, place: DeskSite) -> None:
    page = _page(chromium, place, 768)
    page.goto(f"{place.site.url}/desk")
    assert len(_tops(page, ".bar nav a")) == 1
    assert page.locator(".bar").bounding_box()["height"] < 60  # type: ignore[index]
    page.context.close()


def test_a_phone_has_the_menu_on_two_lines(chromium: Browser, place: DeskSite) -> None:
    page = _page(chromium, place, 360)
    page.goto(f"{place.site.url}/desk")
    assert page.locator(".bar").bounding_box()["height"] < 90  # type: ignore[index]
    menu = page.get_by_role("navigation", name="Desk")
    assert menu.get_by_role("link").count() == 8, "it is a menu still, for whoever hears it"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_reason_has_room_for_a_sentence(chromium: Browser, place: DeskSite, width: int) -> None:
    page = _page(chromium, place, width)
    page.goto(f"{place.site.url}{DESK}/send")
    for field in page.locator(".card > .inline [name=reason]").all():
        assert field.bounding_box()["width"] > min(300, 0.7 * width)  # type: ignore[index]
    assert page.locator(".card > .inline [name=reason]").count() == 2
    page.context.close()


def test_a_phone_has_what_to_decide_today_on_one_line(chromium: Browser, place: DeskSite) -> None:
    page = _page(chromium, place, 375)
    page.goto(f"{place.site.url}/desk")
    assert page.locator(".next .row :is(button, .button)").count() == 4
    assert len(_tops(page, ".next .row :is(button, .button)")) == 1
    page.context.close()


@pytest.mark.parametrize("width", [768, 1280])
def test_the_log_does_not_break_the_day_of_an_edition(chromium: Browser, place: DeskSite, width: int) -> None:
    with place.enter(Role.EDITOR) as bob:
        out = place.edition.told[3].event
        bob.post(f"{DESK}/change", data={"version": "1", "event": out, "do": "exclude", "reason": "weak " * 40})
    page = _page(chromium, place, width)
    page.goto(f"{place.site.url}/desk/log")
    days = page.locator("td:last-child bdi", has_text=str(place.edition.id))
    assert days.count() >= 1
    assert all(one.evaluate("e => e.getClientRects().length") == 1 for one in days.all())
    page.context.close()


def test_one_edition_is_not_compared_with_itself(place: DeskSite) -> None:
    with place.enter(Role.EDITOR) as ann:
        assert "Compare" not in ann.get("/desk/editions").text
        yesterday = replace(builders.EDITION, date=builders.EDITION.date - timedelta(days=1))
        place.site.publish(replace(place.edition, id=yesterday, status=EditionStatus.SENT))
        assert "Compare the two" in ann.get("/desk/editions").text


ZONES = ("Asia/Tokyo", "Asia/Kolkata", "Asia/Dubai", "Asia/Manila", "Europe/Paris", "Europe/Kyiv", "Africa/Lagos",
         "Africa/Cairo", "America/Lima", "America/Denver", "America/Toronto", "Pacific/Apia", "Asia/Dhaka")  # fmt: skip


def test_a_long_table_of_the_report_is_folded_so_that_a_correction_is_near(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path, readers=16) as place, place.enter(Role.APPROVER) as ann:
        with place.site.store.begin() as tx:
            for number, zone in enumerate(ZONES, 2):
                tx.connection.execute(update(subscribers).where(subscribers.c.id == number).values(timezone=zone))
        approve(place.site.app, builders.EDITION, by="Ann Lee")
        plan(place.site.app, builders.EDITION)
        send(place.site.app, builders.EDITION, everybody_now=True)
        page = ann.get(f"{DESK}/report").text
    zones = page[page.index("<h2>By zone</h2>") :]
    assert zones.index("<summary>Show the 14 lines</summary>") < zones.index("Asia/Kolkata")
    assert "<summary>" not in page[: page.index("<h2>By zone</h2>")], "one wave needs no fold"
