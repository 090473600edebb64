"""The desk in Chromium: saving one text loses no other, a dragged story lands where it is dropped, progress adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from digest.model.person import Role
from digest.store.tx import Store
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from tests import builders
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_in_a_browser import opened

pytestmark = pytest.mark.browser


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path) as made:
        yield made


def save(page: Page, number: int) -> None:
    """Press Save of one story's text, and wait for the page behind it."""
    with page.expect_navigation():
        page.locator("form[action$=rewrite]").nth(number).get_by_role("button", name="Save").click()


def test_saving_one_text_loses_no_other(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(f"{place.site.url}{DESK}/text")
        one, two = (page.locator("textarea[name=headline]").nth(number) for number in (0, 1))
        one.fill("The first, saved")
        two.fill("The second, not saved yet")
        page.locator("#note").fill("A note, not saved yet")
        save(page, 0)
        assert one.input_value() == "The first, saved"
        assert two.input_value() == "The second, not saved yet"
        assert page.locator("#note").input_value() == "A note, not saved yet"
        # Meanwhile somebody else writes the second: what was typed is kept, and does not go over theirs unseen.
        event = place.now().told[1].event
        with place.enter(Role.EDITOR, email="bob@desk.example", name="Bob") as bob:
            bob.post(f"{DESK}/rewrite", data={"version": "2", "event": event, "headline": "Bob's own", "blurb": "B."})
        one.fill("The first, saved again")
        with page.expect_navigation():
            page.locator("form[action$=rewrite]").nth(0).get_by_role("button", name="Save").click()
        with page.expect_navigation():
            page.get_by_role("button", name="Do it to the new version").click()
        assert two.input_value() == "The second, not saved yet"
        save(page, 1)
        page.get_by_text("Somebody was faster").first.wait_for()
        assert "Bob's own" in page.inner_text("main")
        assert "The second, not saved yet" in page.inner_text("main")


def test_what_is_typed_or_pressed_while_a_text_is_saved_is_kept(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(f"{place.site.url}{DESK}/text")
        one, two, three = (page.locator("textarea[name=headline]").nth(number) for number in range(3))
        one.fill("The first, saved")
        two.fill("The second, pressed too soon")
        with page.expect_navigation():
            page.evaluate("""() => {
                const [one, two, three] = document.querySelectorAll("textarea[name=headline]");
                one.form.requestSubmit();
                two.form.requestSubmit();
                three.value = "The third, typed meanwhile";
                three.dispatchEvent(new Event("input", { bubbles: true }));
            }""")
        assert one.input_value() == "The first, saved"
        assert two.input_value() == "The second, pressed too soon"
        assert three.input_value() == "The third, typed meanwhile"
        assert place.now().version == 2
        # Stopped on its way by Esc, the page is alive: the next press is no second one.
        swallowed = page.evaluate("""() => {
            const swallowed = [];
            addEventListener("submit", event => { swallowed.push(event.defaultPrevented); event.preventDefault(); });
            const form = document.querySelectorAll("textarea[name=headline]")[1].form;
            form.requestSubmit();
            form.requestSubmit();
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
            form.requestSubmit();
            return swallowed;
        }""")
        assert swallowed == [False, True, False]


def test_a_dragged_story_lands_where_it_is_dropped(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        lists = page.locator(".rows[data-section]:not([data-section=lead])")
        longest = max(range(lists.count()), key=lambda number: lists.nth(number).locator(".story").count())
        rows = lists.nth(longest).locator(".story")

        def order() -> list[str]:
            return [str(rows.nth(number).get_attribute("data-event")) for number in range(rows.count())]

        def drag(start: int, end: int) -> None:
            with page.expect_navigation():
                rows.nth(start).locator(".headline").drag_to(rows.nth(end).locator(".headline"))

        assert len(order()) > 2
        for start, end in ((0, 1), (0, -1), (-1, 0)):
            wanted = order()
            wanted.insert(end if end >= 0 else len(wanted), wanted.pop(start))
            drag(start, end)
            assert order() == wanted, (start, end)


def test_progress_adds_up_without_a_reload(chromium: Browser, place: DeskSite) -> None:
    app = place.site.app
    approve(app, builders.EDITION, by="Ann")
    plan(app, builders.EDITION)
    with opened(chromium, place) as page:
        page.goto(f"{place.site.url}{DESK}/send")
        page.locator(".account .ready").wait_for()
        assert page.locator("[data-deadline]").count() == 0
        send(app, builders.EDITION, everybody_now=True)
        page.locator(".account .accepted").wait_for()
        counts = {
            name: int(re.sub(r"\D", "", text))
            for name, text in page.eval_on_selector_all(
                ".account > div", "all => all.map(e => [e.className, e.querySelector('dd').textContent])"
            )
        }
        planned = counts.pop("planned")
        assert sum(counts.values()) == planned == 4


def test_nobody_is_outrun_by_a_key_held_down_and_whoever_undoes_goes_on_there(
    chromium: Browser, place: DeskSite
) -> None:
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        for _ in range(3):
            page.keyboard.press("j")
        event = place.edition.told[2].event
        assert page.evaluate("document.activeElement.dataset.event") == event
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
        # One after the other, while the first is on its way: the page that they are pressed on is over.
        page.evaluate("""() => { const one = document.activeElement; for (const after of [0, 5, 10, 15, 20]) setTimeout(
            () => one.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", altKey: true, bubbles: true})),
            after
        ) }""")
        page.wait_for_url("**done=edit*")
        page.wait_for_load_state("networkidle")
        assert len(asked) == 1
        assert "Somebody was faster" not in page.inner_text("body")
        assert place.now().version == 2
        assert page.evaluate("document.activeElement.dataset.event") == event
        with page.expect_navigation():
            page.keyboard.press("u")
        page.wait_for_url("**done=edit*")
        assert place.now().version == 3
        assert page.evaluate("document.activeElement.dataset.event") == event, "not at the head of the page"


def test_where_a_story_cannot_be_moved_further_that_is_said(chromium: Browser, place: DeskSite) -> None:
    told = place.now()
    lead, world = told.sections[0], next(one for one in told.sections if one.slug != "lead" and len(one.blocks) > 1)
    first, last = world.blocks[0].told.event, world.blocks[-1].told.event  # type: ignore[union-attr]
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        for event, key, words in (
            (lead.blocks[0].told.event, "ArrowUp", "It cannot go further up."),  # type: ignore[union-attr]
            (first, "ArrowUp", "It cannot go further up."),
            (last, "ArrowDown", "It cannot go further down."),
        ):
            page.locator(f"#event-{event}").focus()
            page.keyboard.press(f"Alt+{key}")
            assert page.get_by_role("status").first.inner_text() == words
    assert place.now().version == told.version


def test_every_width_of_an_inbox_is_seen_on_a_telephone(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place, width=360) as page:
        page.goto(f"{place.site.url}{DESK}/text")
        lines = page.locator(".inbox")
        assert lines.count() == 3
        widths = [box["width"] for n in range(3) if (box := lines.nth(n).bounding_box())]
        assert widths == sorted(set(widths))
        assert len(widths) == 3
        # One looks along them, and the page stays where it is.
        page.locator(".inboxes").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
        assert page.evaluate("document.querySelector('.inboxes').scrollLeft") > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
