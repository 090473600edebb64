"""A morning at the desk, in Chromium: from the door to the report, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digest.model.edition import EditionStatus
from digest.model.mail import Batch, Receipt
from digest.model.person import Role
from digest.store.tx import Store
from tests.databases import KINDS, fresh_engine
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.fakes import ScriptedProvider

pytestmark = pytest.mark.browser
READERS = 60


class SlowProvider(ScriptedProvider):
    """Takes two calls of a mailing, then waits until it is let go: the middle of a sending."""

    def __init__(self) -> None:
        super().__init__(batch_size=10)
        self.midway = threading.Event()
        self.go_on = threading.Event()

    def send(self, batch: Batch) -> Receipt:
        single = ("test-", "device")
        of_the_mailing = sum(not call.chunk.startswith(single) for call in self.calls)
        if not batch.chunk.startswith(single) and of_the_mailing == 2:
            self.midway.set()
            assert self.go_on.wait(30)
        return super().send(batch)


@pytest.fixture(params=KINDS)
def provider_and_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SlowProvider, DeskSite]]:
    provider = SlowProvider()
    with (
        fresh_engine(request.param, tmp_path) as engine,
        desk(Store(engine), tmp_path, readers=READERS - 1, provider=provider) as place,
    ):
        yield provider, place


def test_a_morning(provider_and_place: tuple[SlowProvider, DeskSite], chromium: Browser) -> None:
    provider, place = provider_and_place
    signed_in(place.site.app, Role.APPROVER, name="Ann Lee")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        _through_the_door(page, place)
        _the_stories(page, place)
        _the_words(page, place)
        _the_preview(page, place)
        _a_blocker(page, place)
        _test_and_approve(page, place, provider)
        _stop_midway_and_send_to_the_rest(page, place, provider)
    finally:
        context.close()


def _through_the_door(page: Page, place: DeskSite) -> None:
    page.goto(f"{place.site.url}{DESK}")
    page.get_by_label("Address").fill("ann@desk.example")
    page.get_by_label("Password").fill("not my password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{place.site.url}{DESK}")


def _the_stories(page: Page, place: DeskSite) -> None:
    told = place.edition.told
    for out, reason in ((told[2], "told yesterday"), (told[4], "weak sourcing")):
        row = page.locator(f"#event-{out.event}")
        row.get_by_text("Exclude…").click()
        row.get_by_label("Exclude, because").fill(reason)
        row.get_by_role("button", name="Exclude", exact=True).click()
        expect(page.locator(".lately [role=status]")).to_contain_text(reason)
    assert {told[2].event, told[4].event}.isdisjoint({one.event for one in place.now().told})
    page.locator(f"#event-{told[1].event}").get_by_role("button", name="Pin").click()
    expect(page.locator(f"#event-{told[1].event} .mark")).to_have_text("pinned")
    # By the keyboard: the story keeps the focus, and the move is announced.
    order = [one.event for one in place.now().told]
    page.locator(f"#event-{order[1]}").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".lately [role=status]")).to_contain_text("down")
    assert [one.event for one in place.now().told][1:3] == [order[2], order[1]]
    expect(page.locator(f"#event-{order[1]}")).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator(".lately [role=status]")).to_contain_text("took back")
    assert [one.event for one in place.now().told] == order


def _the_words(page: Page, place: DeskSite) -> None:
    page.keyboard.press("2")
    event = place.now().told[1].event
    card = page.locator(f"#event-{event}")
    card.get_by_label("Headline").fill("A headline in our own words")
    expect(card.locator(".length").first).to_have_text("27 / 90")
    card.get_by_role("button", name="Save").click()
    expect(page.locator(".lately [role=status]")).to_contain_text("rewrote")
    assert place.now().told[1].headline == "A headline in our own words"
    expect(page.locator(f"#event-{event} .original .headline")).to_have_text(place.edition.told[1].headline)


def _the_preview(page: Page, place: DeskSite) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view in ("desktop", "phone", "dark", "no-images"):
        page.goto(f"{place.site.url}{DESK}/preview?view={view}")
        expect(page.frame_locator("iframe").get_by_text("A headline in our own words").first).to_be_visible()
    page.goto(f"{place.site.url}{DESK}/preview?view=text")
    expect(page.frame_locator("iframe").locator("pre")).to_contain_text("A headline in our own words")
    assert all(url.startswith(place.site.url) for url in asked)
    page.goto(f"{place.site.url}{DESK}/preview?view=desktop")
    # Somebody else changes it: the frame follows within two seconds.
    with place.enter(Role.EDITOR, email="bob@desk.example") as bob:
        version = str(place.now().version)
        bob.post(f"{DESK}/note", data={"version": version, "text": "A note from Bob.", "signed": "Bob"})
    expect(page.frame_locator("iframe").get_by_text("A note from Bob.")).to_be_visible(timeout=4000)


def _a_blocker(page: Page, place: DeskSite) -> None:
    page.goto(f"{place.site.url}{DESK}/text")
    page.get_by_label("Subject").fill("A subject with TK in it")
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"{place.site.url}{DESK}/send")
    expect(page.get_by_text("Blockers stand.")).to_be_visible()
    page.goto(f"{place.site.url}{DESK}/checks")
    expect(page.get_by_role("heading", name="1 blocker")).to_be_visible()
    page.get_by_role("link", name="Go there").first.click()
    page.get_by_label("Subject").fill("Rockets hit a station in the east")
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"{place.site.url}{DESK}/checks")
    expect(page.get_by_role("heading", name="blocker")).to_have_count(0)
    page.get_by_label("It may stand, because").first.fill("a small morning")
    page.get_by_role("button", name="Let it stand").first.click()
    expect(page.get_by_text("Ann Lee: a small morning")).to_be_visible()


def _test_and_approve(page: Page, place: DeskSite, provider: SlowProvider) -> None:
    page.goto(f"{place.site.url}{DESK}/send")
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("The provider took it.")).to_be_visible()
    # Besides the test she is told that she signed in with a new browser.
    assert set(provider.taken) == {"ann@desk.example"}
    assert "[TEST] Rockets hit a station in the east" in [call.rendered.subject for call in provider.calls]
    card = page.get_by_role("region", name="Approve")
    expect(card).to_contain_text("60, first mailing")
    expect(card).to_contain_text("06:00 Europe/London")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("h1 .pill")).to_have_text("Approved")
    assert place.now().approved_by == "Ann Lee"


def _stop_midway_and_send_to_the_rest(page: Page, place: DeskSite, provider: SlowProvider) -> None:
    page.get_by_role("button", name="Send now to 60 readers").click()
    assert provider.midway.wait(120)
    expect(page.locator(".account .planned dd")).to_have_text("60")
    page.get_by_role("button", name="Stop").click()
    provider.go_on.set()
    expect(page.get_by_role("button", name="Send to the rest")).to_be_visible(timeout=10_000)
    calls = len(provider.calls)
    expect(page.get_by_role("button", name="Send to the rest: 30 readers")).to_be_visible(timeout=10_000)
    assert len(provider.calls) == calls  # no new call since
    page.get_by_role("button", name="Send to the rest").click()
    expect(page.locator("[data-state=done]")).to_have_text("60", timeout=20_000)
    sent = [one for one in provider.taken if one != "ann@desk.example"]
    assert len(sent) == len(set(sent)) == READERS
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("It adds up")).to_be_visible()
    page.get_by_label("For whoever makes the next edition").fill("Watch Lima.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Watch Lima.")).to_be_visible()
    assert place.now().status in (EditionStatus.SENT, EditionStatus.SENDING)
