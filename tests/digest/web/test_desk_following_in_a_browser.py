"""The desk in Chromium: Today and the pages of an edition hear that it stands otherwise, from whoever did it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from digest.model.change import Note
from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve, autopilot, hold
from digest.workflow.send.mailing import stop
from digest.workflow.send.plan import plan
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


def waits_until(page: Page, true: Callable[[], bool]) -> None:
    """Ten seconds at most."""
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to that within ten seconds")


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


def test_a_page_that_is_made_anew_stays_where_it_was_read(place: DeskSite, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 300})
    page.goto(f"{place.site.url}/desk?done=1")
    page.mouse.wheel(0, 250)
    page.wait_for_function("scrollY > 200")
    read = page.evaluate("scrollY")
    hold(place.site.app, EDITION, by="Eve", reason="wait for Lima")
    expect(page.get_by_text("wait for Lima")).to_be_visible(timeout=10_000)
    page.wait_for_function("read => Math.abs(scrollY - read) < 60", arg=read)
    assert "done" not in page.url


def test_whoever_is_on_their_way_is_not_called_back(place: DeskSite, page: Page) -> None:
    waiting: list[Route] = []
    page.route("**/send", lambda route: waiting.append(route))
    page.goto(f"{place.site.url}/desk")
    # As Safari does it: what is clicked has no focus.
    page.evaluate("[...document.querySelectorAll('a.main')].at(-1).click()")
    hold(place.site.app, EDITION, by="Eve", reason="wait for Lima")
    with page.expect_response("**/state", timeout=10_000):
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    waiting[0].continue_()
    page.wait_for_url("**/send")


@pytest.mark.parametrize(("where", "press"), [("/desk", "Open"), (f"{DESK}/send", "Report")])
def test_a_press_is_not_lost_to_a_page_that_is_being_made_anew(
    place: DeskSite, page: Page, where: str, press: str
) -> None:
    approve(place.site.app, EDITION, by="Eve")
    plan(place.site.app, EDITION)
    stop(place.site.app, EDITION, by="Eve", reason="wait")
    state = page.request.get(f"{place.site.url}{DESK}/state").json()
    told = json.dumps({**state, "running": not state["running"], "mark": "another"})
    news: list[Route] = []
    anew: list[Route] = []
    page.route(re.compile(r"/(state|stream)$"), lambda route: news.append(route))
    page.goto(place.site.url + where)
    page.get_by_role("link", name=press, exact=True).hover()
    page.route(f"{place.site.url}{where}", lambda route: anew.append(route))
    waits_until(page, lambda: bool(news))
    kind, body = ("application/json", told) if where == "/desk" else ("text/event-stream", f"data: {told}\n\n")
    news[0].fulfill(content_type=kind, body=body)
    waits_until(page, lambda: bool(anew))
    # The hand is down when the new page comes.
    page.mouse.down()
    with suppress(Error):
        anew[0].continue_()
    page.wait_for_timeout(1_000)
    with page.expect_request(re.compile(rf"{DESK}(/report)?$"), timeout=5_000):
        page.mouse.up()


def test_a_server_that_is_slow_is_not_asked_more(place: DeskSite, page: Page) -> None:
    waiting: list[Route] = []
    page.route("**/state", lambda route: waiting.append(route))
    page.goto(f"{place.site.url}/desk")
    page.wait_for_timeout(8_000)
    assert len(waiting) == 1


@pytest.mark.parametrize("where", ["/desk", f"{DESK}/preview"])
def test_a_session_that_is_over_is_asked_no_more(place: DeskSite, page: Page, where: str) -> None:
    asked: list[str] = []
    page.goto(place.site.url + where)
    page.context.clear_cookies()
    page.wait_for_timeout(4_000)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_000)
    assert asked == []


def test_nothing_is_made_anew_under_whoever_says_why_they_give_up(place: DeskSite, page: Page) -> None:
    approve(place.site.app, EDITION, by="Eve")
    plan(place.site.app, EDITION)
    stop(place.site.app, EDITION, by="Eve", reason="wait")
    streams: list[Route] = []
    page.route("**/stream", lambda route: streams.append(route))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(f"{place.site.url}{DESK}/send?done=1")
    page.locator("form[action$=abandon] input[name=reason]").press_sequentially("the lead is wro")
    state = page.evaluate("fetch(document.querySelector('[data-state-url]').dataset.stateUrl).then(one => one.json())")
    told = json.dumps({**state, "mailing": "closed"})
    streams[0].fulfill(content_type="text/event-stream", body=f"data: {told}\n\n")
    expect(page.get_by_text(CHANGED)).to_be_visible()
    page.keyboard.type("ng")
    expect(page.locator("form[action$=abandon] input[name=reason]")).to_have_value("the lead is wrong")
    expect(page.get_by_role("link", name="Show how it stands now")).to_have_attribute("href", re.compile("/send$"))
