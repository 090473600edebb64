"""The desk in Chromium: no change, failure or second person costs what is typed and not saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route

from digest.model.person import Role
from digest.ports import App
from digest.store.imports import StoredImports
from digest.store.tx import Store
from digest.workflow.edition.edit import add
from digest.workflow.edition.review import approve
from digest.workflow.send.plan import plan
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_in_a_browser import opened, seen_by_axe
from tests.oracles import judges

__all__ = ["judges"]
pytestmark = pytest.mark.browser
TEXT = f"{DESK}/text"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path) as made:
        yield made


def become(context: BrowserContext, place: DeskSite, name: str) -> str:
    """From now on this browser is a new editor of this name; their session's token."""
    entered = signed_in(place.site.app, Role.EDITOR, email=f"{name.lower()}@desk.example", name=name)
    again(context, place, entered.token)
    return entered.token


def again(context: BrowserContext, place: DeskSite, token: str) -> None:
    """From now on this browser is in this session."""
    context.add_cookies([{"name": "desk", "value": token, "url": place.site.url}])


@contextmanager
def editor(chromium: Browser, place: DeskSite, name: str = "Ann") -> Iterator[Page]:
    """A window of an editor who is signed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 2000})
    try:
        become(context, place, name)
        yield context.new_page()
    finally:
        context.close()


def press(page: Page, form: str, number: int = 0) -> None:
    """Press Save of a form, and wait for the page behind it."""
    with page.expect_navigation():
        page.locator(f"form[action$={form}]").nth(number).get_by_role("button", name="Save").click()


def homeless(page: Page) -> list[str]:
    """What stands on top of the page as not saved."""
    texts = page.locator("#unsaved:not([hidden]) textarea")
    return [texts.nth(number).input_value() for number in range(texts.count())]


def kept(page: Page) -> dict[str, str]:
    """Everything of ours that this tab keeps."""
    found: dict[str, str] = page.evaluate("({...sessionStorage})")
    return found


def change(place: DeskSite, event: str, do: str, **more: str) -> None:
    """Bob changes a story meanwhile."""
    with place.enter(Role.EDITOR, email=f"{do}@desk.example", name="Bob") as bob:
        sent = {"version": str(place.now().version), "event": event, "do": do, **more}
        assert bob.post(f"{DESK}/change", data=sent).status_code == 200


def test_a_text_whose_story_was_taken_out_is_shown_and_comes_back_with_it(chromium: Browser, place: DeskSite) -> None:
    one = place.edition.told[2]
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        page.locator(f"#b-{one.event}").fill("Half an hour of work")
        change(place, one.event, "exclude", reason="gone")
        page.locator("#preheader").fill("Ours")
        press(page, "subject")
        with page.expect_navigation():
            page.get_by_role("button", name="Do it to the new version").click()
        assert homeless(page) == ["Half an hour of work"]
        shown = page.locator("#unsaved").inner_text()
        assert "Not saved" in shown
        assert one.headline in shown
        assert "Blurb" in shown
        # Another press, another page: still there.
        page.locator("#preheader").fill("Ours, again")
        press(page, "subject")
        assert homeless(page) == ["Half an hour of work"]
        change(place, one.event, "readmit")
        section = place.now().sections[1].slug
        add(place.site.app, builders.EDITION, one.event, section, by="Bob", expected_version=place.now().version)
        page.goto(place.site.url + TEXT)
        assert page.locator(f"#b-{one.event}").input_value() == "Half an hour of work"
        assert homeless(page) == []


def test_undoing_what_one_is_writing_keeps_the_text_until_it_is_dropped(chromium: Browser, place: DeskSite) -> None:
    with editor(chromium, place) as page:
        page.goto(place.site.url + DESK)
        with page.expect_navigation():
            page.locator("[aria-labelledby=cand-title] .story").first.get_by_role("button", name="Add").click()
        event = page.url.split("event-")[-1]
        page.goto(place.site.url + TEXT)
        page.locator(f"#b-{event}").fill("An hour of work")
        page.locator(f"#h-{event}").fill("A headline of one's own")
        with page.expect_navigation():
            page.locator("[data-do=undo]").click()
        assert homeless(page) == ["A headline of one's own", "An hour of work"]
        page.get_by_role("button", name="Drop it").first.click()
        assert homeless(page) == ["An hour of work"]
        page.reload()
        assert homeless(page) == ["An hour of work"]
        page.get_by_role("button", name="Drop it").click()
        assert not page.locator("#unsaved").is_visible()
        page.reload()
        assert homeless(page) == []
        assert kept(page) == {}


def test_texts_that_can_be_changed_no_more_are_shown(chromium: Browser, place: DeskSite) -> None:
    app = place.site.app
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        page.locator("textarea[name=blurb]").nth(2).fill("Twenty minutes of work")
        page.locator("#note").fill("A note, not saved")
        page.locator("textarea[name=headline]").first.fill("Saved too late")
        approve(app, builders.EDITION, by="Eve")
        plan(app, builders.EDITION)
        press(page, "rewrite")
        page.get_by_text("That did not work").first.wait_for()
        page.get_by_role("link", name="Back").click()
        page.wait_for_url(f"**{TEXT}")
        assert sorted(homeless(page)) == ["A note, not saved", "Saved too late", "Twenty minutes of work"]


@contextmanager
def on_its_way(place: DeskSite) -> Iterator[threading.Event]:
    """Whoever writes waits until this is set."""
    go, begun = threading.Event(), threading.Event()

    def hold() -> None:
        with place.site.store.begin() as tx:
            tx.log("a test", "", by="a test", now=place.site.clock())
            begun.set()
            assert go.wait(30)

    holding = threading.Thread(target=hold)
    holding.start()
    assert begun.wait(30)
    try:
        yield go
    finally:
        go.set()
        holding.join()


@pytest.mark.parametrize("field", ["headline", "blurb"])
def test_what_is_typed_into_the_form_that_is_being_saved_is_there_on_the_next_page(
    chromium: Browser, place: DeskSite, field: str
) -> None:
    event = place.edition.told[1].event
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        blurb = page.locator(f"#b-{event}")
        blurb.fill("The first sentence.  ")
        with on_its_way(place) as go, page.expect_navigation():
            page.evaluate(
                """([event, field]) => {
                    document.getElementById(`b-${event}`).form.requestSubmit();
                    const typed = document.getElementById(`${field[0]}-${event}`);
                    typed.focus();
                    typed.setSelectionRange(9999, 9999);
                    for (const more of [" And", " more."]) document.execCommand("insertText", false, more);
                }""",
                [event, field],
            )
            go.set()
        page.wait_for_load_state()
        assert place.now().told[1].blurb == "The first sentence."
        assert page.locator(f"#{field[0]}-{event}").input_value().endswith(" And more.")
        # One types on where one was typing: no letter is taken for a key of the page.
        page.keyboard.type(" Up.")
        assert page.locator(f"#{field[0]}-{event}").input_value().endswith(" And more. Up.")
        # What one writes on is one's own: nobody was faster.
        press(page, "rewrite", 1)
        assert "done=edit" in page.url
        told = place.now().told[1]
        assert (told.blurb if field == "blurb" else told.headline).endswith(" And more. Up.")
        assert kept(page) == {}


@pytest.mark.parametrize("failure", ["offline", "bad gateway"])
def test_a_save_that_fails_on_its_way_is_there_when_the_page_is_opened_anew(
    chromium: Browser, place: DeskSite, failure: str
) -> None:
    event = place.edition.told[0].event

    def fail(route: Route) -> None:
        if failure == "offline":
            route.abort("internetdisconnected")
        else:
            route.fulfill(status=502, body="Bad gateway", content_type="text/html")

    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        page.locator(f"#b-{event}").fill("Typed in the tunnel")
        page.context.route("**/rewrite", fail)
        page.locator("form[action$=rewrite]").first.get_by_role("button", name="Save").click()
        page.locator("#note").wait_for(state="detached")
        page.context.unroute("**/rewrite")
        # As it stands among the addresses that one was at: an earlier save was done, this one was not.
        page.goto(f"{place.site.url}{TEXT}?done=edit")
        assert page.locator(f"#b-{event}").input_value() == "Typed in the tunnel"
        press(page, "rewrite")
        assert place.now().told[0].blurb == "Typed in the tunnel"
        page.goto(place.site.url + TEXT)
        assert kept(page) == {}


def test_what_is_refused_stands_in_its_form_again_and_what_one_leaves_does_not(
    chromium: Browser, place: DeskSite
) -> None:
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        headline = page.locator("textarea[name=headline]").first
        headline.fill(" ")
        page.locator("textarea[name=blurb]").first.fill("A blurb of one's own")
        press(page, "rewrite")
        page.get_by_text("That did not work").first.wait_for()
        page.get_by_role("link", name="Back").click()
        page.wait_for_url(f"**{TEXT}")
        assert page.locator("textarea[name=blurb]").first.input_value() == "A blurb of one's own"
        # Somebody was faster, and one leaves it as it stands.
        headline.fill("Ours")
        change(place, place.edition.told[0].event, "pin")
        press(page, "rewrite")
        page.get_by_role("link", name="Leave it as it stands").click()
        page.wait_for_url(f"**{TEXT}")
        assert headline.input_value() == place.edition.told[0].headline
        assert kept(page) == {}


def test_what_came_back_unsaved_is_marked_until_it_is_as_it_was_or_saved(chromium: Browser, place: DeskSite) -> None:
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        headline, note = page.locator("textarea[name=headline]").first, page.locator("#note")
        marks = page.locator("[data-unsaved]")
        headline.fill("Ours")
        note.fill("A note of one's own")
        assert marks.count() == 0, "whoever types knows"
        page.goto(place.site.url + DESK)
        page.goto(place.site.url + TEXT)
        assert marks.count() == 2
        assert marks.first.evaluate("e => getComputedStyle(e, '::before').content") == '"not saved yet"'
        assert marks.first.inner_text() == "4 / 90"
        note.fill("")
        assert marks.count() == 1
        press(page, "rewrite")
        assert marks.count() == 0
        assert headline.input_value() == "Ours"
        assert kept(page) == {}


def test_unsaved_texts_are_seen_by_whoever_typed_them_only(chromium: Browser, place: DeskSite) -> None:
    with editor(chromium, place) as page:
        ann = str(page.context.cookies()[0].get("value"))
        page.goto(place.site.url + TEXT)
        page.locator("#note").fill("Ann's own")
        page.locator("textarea[name=headline]").first.fill("Ann's headline")
        page.context.clear_cookies()
        press(page, "rewrite")
        bob = become(page.context, place, "Bob")
        page.goto(place.site.url + TEXT)
        assert page.locator("#note").input_value() == ""
        assert page.locator("textarea[name=headline]").first.input_value() == place.edition.told[0].headline
        assert homeless(page) == []
        page.locator("#preheader").fill("Bob's own")
        again(page.context, place, ann)
        page.goto(place.site.url + TEXT)
        assert page.locator("#note").input_value() == "Ann's own"
        assert page.locator("textarea[name=headline]").first.input_value() == "Ann's headline"
        # Whoever signs out is asked, may stay, and leaves nothing behind when they go; what is others' stays theirs.
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.once("dialog", stay)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_timeout(200)
        assert asked == ["beforeunload"]
        assert "Ann's own" in "".join(kept(page).values())
        page.once("dialog", lambda one: one.accept())
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/desk/sign-in*")
        assert "Ann" not in "".join(kept(page).values())
        again(page.context, place, bob)
        page.goto(place.site.url + TEXT)
        assert page.locator("#preheader").input_value() == "Bob's own"


def test_what_went_through_the_door_is_not_offered_twice(chromium: Browser, place: DeskSite) -> None:
    with editor(chromium, place) as page:
        page.goto(place.site.url + TEXT)
        page.locator("textarea[name=headline]").first.fill("Typed before the session ended")
        page.locator("#note").fill("A note, not saved")
        page.context.clear_cookies()
        press(page, "rewrite")
        page.get_by_label("Address").fill("ann@desk.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Send it now").click()
        page.wait_for_url("**done=edit*")
        assert place.now().told[0].headline == "Typed before the session ended"
        assert page.locator("#note").input_value() == "A note, not saved"
        press(page, "note")
        assert kept(page) == {}
        # Nor what is added, which stands in no field afterwards.
        page.goto(f"{place.site.url}{DESK}/report")
        text = page.locator("form[action$=note-for-tomorrow] textarea")
        text.fill("Call the harbour master")
        page.context.clear_cookies()
        with page.expect_navigation():
            page.locator("form[action$=note-for-tomorrow] button").click()
        page.get_by_label("Address").fill("ann@desk.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Send it now").click()
        page.wait_for_url("**/report?done=*")
        assert page.get_by_text("Call the harbour master").count() == 1
        assert text.input_value() == ""
        assert kept(page) == {}


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "dark", "en"), (360, "light", "fr")])
def test_everybody_can_use_what_is_shown_as_not_saved(
    chromium: Browser, place: DeskSite, judges: Path, width: int, scheme: str, language: str
) -> None:
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    one = place.edition.told[2]
    with opened(chromium, place, width=width, scheme=scheme, language=language, axe=True) as page:
        page.goto(place.site.url + TEXT)
        page.locator(f"#b-{one.event}").fill("Half an hour of work " + "x" * 200)
        change(place, one.event, "exclude", reason="gone")
        page.goto(place.site.url + TEXT)
        assert len(homeless(page)) == 1
        seen_by_axe(page, axe, width, "not saved")
        page.locator("#unsaved button").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_what_was_said_of_a_file_that_was_brought_is_not_asked_again(
    chromium: Browser, store: Store, tmp_path: Path
) -> None:
    def adapt(app: App) -> App:
        return replace(app, imports=StoredImports(store.engine, tmp_path / "imports", erasure_key=builders.KEY))

    readers = tmp_path / "readers.csv"
    readers.write_text("email,name\nann@example.org,Ann\n", "utf-8")
    with desk(store, tmp_path, adapt=adapt) as place, opened(chromium, place) as page:
        page.goto(f"{place.site.url}/desk/audience/lists/world")
        form = page.locator("form[action$='/import']")
        form.locator("[type=file]").set_input_files(readers)
        form.locator("[name=consent]").fill("A form on our site")
        form.evaluate("form => form.requestSubmit()")
        page.wait_for_url("**/imports/*")
        page.goto(f"{place.site.url}/desk/audience/lists/world")
        assert form.locator("[name=consent]").input_value() == ""
        assert kept(page) == {}
