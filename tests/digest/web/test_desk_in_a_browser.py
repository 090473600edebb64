"""The desk in Chromium: everybody can use every screen, every screen fits, and no story text is ever more than text."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from digest.model.change import Note
from digest.model.edition import BriefsBlock, Edition, EditionSection, EditionStatus, LeadBlock, StoryBlock, Told
from digest.model.event import Related, RelatedKind
from digest.model.job import ProcessKind
from digest.model.person import Role
from digest.model.webhook import Endpoint, PostState
from digest.ports import App
from digest.store.imports import StoredImports
from digest.store.tx import Store
from digest.workflow.edition.archive import correct
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from digest.workflow.staff.people import end_access
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.digest.editorial.edition.test_edits import scored
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_system import sign, with_engine
from tests.digest.workflow.edition.test_byurl import URL, OnePage
from tests.digest.workflow.edition.test_byurl import page as article
from tests.fakes import ScriptedProvider
from tests.hostile import TEXTS
from tests.oracles import judges

__all__ = ["judges"]
pytestmark = pytest.mark.browser

EDITIONLESS = builders.DAY + timedelta(days=1)
SCREENS = (
    "/desk", DESK, f"{DESK}/text", f"{DESK}/preview?view=phone", f"{DESK}/preview?reader=1",
    f"{DESK}/checks", f"{DESK}/send", f"{DESK}/report",
    "/desk/editions", "/desk/log", "/desk/sources", "/desk/audience?address=reader2%40example.test", "/desk/system",
    "/desk/audience/lists/world?what1=language&value1=fr", "/desk/look?view=dark",
    "/desk/people", "/desk/tokens", "/desk/webhooks",
    "/desk/webhooks/1", "/desk/trial", "/desk/me", "/desk/prove", "/desk/keys", "/desk/sign-in",
    "/desk/welcome/none", "/desk/link/none",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = """async (rules) => {
  const told = await axe.run(document, {runOnly: rules});
  return told.violations.map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 200)}`);
}"""


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path) as made:
        yield made


@contextmanager
def opened(
    chromium: Browser,
    place: DeskSite,
    *,
    width: int = 1280,
    scheme: str = "light",
    script: bool = True,
    axe: bool = False,
    language: str = "en",
) -> Iterator[Page]:
    """A window of an admin who is signed in."""
    entered = signed_in(place.site.app, Role.ADMIN, email=f"{scheme}{width}{script}@desk.example", language=language)
    context = chromium.new_context(
        viewport={"width": width, "height": 2000},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        bypass_csp=axe,
    )
    try:
        context.add_cookies([{"name": "desk", "value": entered.token, "url": place.site.url}])
        yield context.new_page()
    finally:
        context.close()


def told_somebody(place: DeskSite) -> None:
    """A webhook with posts that wait, that failed, that were given up."""
    now = place.site.clock()
    with place.site.store.begin() as tx:
        tx.webhooks.add(
            Endpoint(
                id=0, url="https://hooks.example/digest/" + "a-long-path/" * 6, kinds=("subscriber.subscribed",),
                lists=("world",), salt=b"0" * 16, created_by="Ann", created_at=now - timedelta(days=1), failures=2,
                failing_since=now,
            )
        )  # fmt: skip
    builders.people(place.site.store, 3, start=90)
    with place.site.store.begin() as tx:
        tx.webhooks.share(1_000, now=now)
        post, *_ = tx.webhooks.claim(1, owner="a test", now=now, lease_until=now, limit=1)
        tx.webhooks.settle(post, owner="a test", state=PostState.PARKED, try_at=now, now=now, note="answered 500")


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (360, "dark", "fr")])
def test_everybody_can_use_every_screen(
    chromium: Browser, place: DeskSite, judges: Path, width: int, scheme: str, language: str
) -> None:
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    with place.enter(Role.EDITOR, email="bob@desk.example") as bob:
        out = place.edition.told[3].event
        bob.post(f"{DESK}/change", data={"version": "1", "event": out, "do": "exclude", "reason": "no"})
    told_somebody(place)
    with opened(chromium, place, width=width, scheme=scheme, axe=True, language=language) as page:
        # What is over, and looks so.
        amy = signed_in(place.site.app, Role.EDITOR, email="amy@desk.example", name="Amy").person
        end_access(place.site.app, amy.id, by="Ann")
        for path in SCREENS:
            page.goto(place.site.url + path)
            page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            small = page.eval_on_selector_all(
                "button, .tabs a, .bar a, select, input:not([type=hidden])",
                "all => all.map(e => e.closest('label') || e).filter(e => { const b = e.getBoundingClientRect();"
                " return b.height && (b.height < 24 || b.width < 20); }).map(e => e.outerHTML.slice(0, 120))",
            )
            assert small == [], path
            page.evaluate(axe)
            assert page.evaluate(_AXE, RULES) == [], (path, width, scheme)


def test_the_help_sheet_opens_by_its_key(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.dataset.event") == place.edition.told[1].event
        page.keyboard.press("x")
        page.keyboard.type("no pun here")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=no pun here")
        # One goes on with the story after it: its text, written and saved, and back.
        assert page.evaluate("document.activeElement.dataset.event") == place.edition.told[2].event
        page.keyboard.press("e")
        page.wait_for_url("**/text#h-*")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("Ours")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**done=edit*")
        page.keyboard.press("j")
        page.keyboard.press("e")
        page.keyboard.press("Escape")
        page.keyboard.press("0")
        page.wait_for_url("**/desk")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{DESK}")
        page.keyboard.press("5")
        page.wait_for_url("**/send")
        page.keyboard.press("m")
        assert page.evaluate("document.activeElement.textContent") == "Approve"
    assert place.now().told[1].headline == "Ours"
    assert len(place.now().told) == len(place.edition.told) - 1


@pytest.mark.parametrize("wrong", [timedelta(minutes=20), timedelta(minutes=-20)])
def test_the_countdown_is_that_of_the_server_whatever_the_computers_clock_says(
    chromium: Browser, place: DeskSite, wrong: timedelta
) -> None:
    with opened(chromium, place) as page:
        page.clock.install(time=place.site.clock() + wrong)
        for path in (DESK, "/desk"):
            page.goto(place.site.url + path)
            # At 05:30, and the rule decides at 05:58.
            page.locator("[data-deadline]", has_text=re.compile(r"^2[78]:[0-5]\d$")).wait_for()


def test_the_preview_asks_often_enough_to_follow_within_a_second(chromium: Browser, place: DeskSite) -> None:
    start = place.site.clock()
    with opened(chromium, place) as page:
        page.clock.install(time=start)
        page.goto(f"{place.site.url}{DESK}/preview")
        page.clock.pause_at(start + timedelta(minutes=1))
        page.wait_for_load_state("networkidle")
        edit(place.site.app, builders.EDITION, Note(text="Written meanwhile.", signed=""), by="Bob", expected_version=1)
        # Half a second until it is heard of; the other half is for drawing it.
        page.clock.run_for(500)
        page.frame_locator("iframe").get_by_text("Written meanwhile.").wait_for()


def test_dragging_a_story_to_another_section(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        rows = page.locator(".rows[data-section]:not([data-section=lead]) .story")
        first, last = rows.first, rows.last
        event, target = first.get_attribute("data-event"), last.get_attribute("data-event")
        first.drag_to(last, target_position={"x": 10, "y": 5})
        page.wait_for_url("**done=edit*")
    order = [one.event for one in place.now().told]
    assert order.index(str(event)) == order.index(str(target)) - 1


def test_dragging_a_candidate_among_the_kept(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place) as page:
        page.goto(place.site.url + DESK)
        candidate = page.locator("[aria-labelledby=cand-title] .story").first
        event = candidate.get_attribute("data-event")
        target = page.locator(".rows[data-section]:not([data-section=lead]) .story").nth(1)
        beside = target.get_attribute("data-event")
        candidate.locator(".meta").drag_to(target, target_position={"x": 10, "y": 5})
        page.wait_for_url("**done=edit*")
        page.locator(f".rows[data-section] [data-event='{event}']").wait_for()
    order = [one.event for one in place.now().told]
    assert order.index(str(event)) == order.index(str(beside)) - 1


def test_a_morning_without_script(chromium: Browser, place: DeskSite) -> None:
    with opened(chromium, place, script=False, width=360) as page:
        page.goto(place.site.url + DESK)
        row = page.locator(f"#event-{place.edition.told[1].event}")
        row.get_by_text("Exclude…").click()
        row.get_by_label("Exclude, because").fill("not today")
        row.get_by_role("button", name="Exclude", exact=True).click()
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("link", name="Send", exact=True).click()
        page.get_by_role("button", name="Approve", exact=True).click()
    assert place.now().status is EditionStatus.APPROVED


def test_a_correction_without_script_and_everybody_can_use_its_screens(
    chromium: Browser, place: DeskSite, judges: Path
) -> None:
    app = place.site.app
    approve(app, builders.EDITION, by="Ann")
    plan(app, builders.EDITION)
    send(app, builders.EDITION, everybody_now=True)
    with opened(chromium, place, script=False, width=360) as page:
        page.goto(f"{place.site.url}{DESK}/report")
        page.get_by_label("A dated note on top of the web copy").fill("It is Durban, not Lima.")
        page.get_by_role("button", name="Correct", exact=True).click()
        page.get_by_role("link", name="Mail it…").click()
        page.get_by_role("button", name="Approve and mail it").click()
        page.get_by_text("It adds up").wait_for()
        while page.get_by_role("link", name="Reload to refresh").count():
            page.get_by_role("link", name="Reload to refresh").click()
        assert page.locator(".account .accepted dd").inner_text() == "4"
        page.get_by_role("link", name="Back to the report").click()
        page.locator(".card", has_text="Note for tomorrow").get_by_role("button", name="Take it back").click()
        page.get_by_text("Done.").wait_for()
    correct(app, builders.EDITION, "Another one.", by="Ann")
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    for width, scheme in ((1280, "dark"), (360, "light")):
        with opened(chromium, place, width=width, scheme=scheme, axe=True) as page:
            for path in (f"{DESK}/report", f"{DESK}/correction/1", f"{DESK}/correction/2", f"{DESK}/send"):
                page.goto(place.site.url + path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                page.evaluate(axe)
                assert page.evaluate(_AXE, RULES) == [], (path, width, scheme)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (320, "light")])
def test_everybody_can_read_who_works_and_what_waits(
    chromium: Browser, store: Store, tmp_path: Path, judges: Path, width: int, scheme: str
) -> None:
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    queue = with_engine(store)

    def adapt(app: App) -> App:
        return replace(app, begin=queue.begin, read=queue.read, drains=2)

    with (
        desk(store, tmp_path, adapt=adapt) as place,
        opened(chromium, place, width=width, scheme=scheme, axe=True) as page,
    ):
        host = "worker-of-a-long-name-in-the-second-hall.news.example"
        sign(place, f"{host}/b00t/41/12/900", ProcessKind.SCHEDULER, "acts")
        sign(place, f"{host}/b00t/41/13/900", ProcessKind.WORKER, ", ".join(f"drain:{n}:{n % 4}" for n in range(1, 9)))
        sign(place, f"{host}/b00t/41/14/900", ProcessKind.WORKER, "waits", ago=90)
        page.goto(f"{place.site.url}/desk/system")
        assert page.get_by_text("Gives no sign").count() == 1
        seen_by_axe(page, axe, width, "the engine")


def seen_by_axe(page: Page, axe: str, width: int, what: str) -> None:
    """Nothing is pushed out of sight, and axe finds nothing, with everything folded out."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, what
    page.evaluate(axe)
    assert page.evaluate(_AXE, RULES) == [], what


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_everybody_can_use_the_screens_that_forms_lead_to(
    chromium: Browser, store: Store, tmp_path: Path, judges: Path, width: int, scheme: str
) -> None:
    """Somebody was faster, what was typed, a refusal, an own find, an import, two editions, no edition."""
    axe = (judges / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")

    def adapt(app: App) -> App:
        imports = StoredImports(store.engine, tmp_path / "imports", erasure_key=builders.KEY)
        return replace(app, pages=OnePage(article()), imports=imports)

    with (
        desk(store, tmp_path, adapt=adapt) as place,
        opened(chromium, place, width=width, scheme=scheme, axe=True) as page,
    ):
        at = place.site.url
        yesterday = replace(builders.EDITION, date=builders.EDITION.date - timedelta(days=1))
        place.site.publish(replace(place.edition, id=yesterday, status=EditionStatus.SENT))
        with place.enter(Role.AUDIENCE, email="eve@desk.example") as eve:
            file = "email,name\nann@example.org,Ann\nnobody,Nobody\n"
            job = eve.post("/desk/audience/lists/world/import", files={"file": ("readers.csv", file)}, data={
                "consent": "a form"}).url.path  # fmt: skip
        assert "/imports/" in job
        for path in (job, f"/desk/editions?a={builders.EDITION}&b={yesterday}", f"/desk/e/world/{EDITIONLESS}"):
            page.goto(at + path)
            seen_by_axe(page, axe, width, path)
        page.goto(at + DESK)
        page.get_by_label("Add by address").fill(URL)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_text("Sampleton harbour opens again").first.wait_for()
        seen_by_axe(page, axe, width, "found")
        # A refusal, with what was typed.
        page.goto(f"{at}{DESK}/text")
        headline = page.locator("[name=headline]").first
        headline.fill(" ")
        headline.locator("xpath=ancestor::form").get_by_role("button", name="Save").click()
        page.get_by_text("That did not work").first.wait_for()
        seen_by_axe(page, axe, width, "problem")
        # A refused form, as it was filled in.
        page.goto(f"{at}/desk/people")
        invite = page.locator("section form[action$=invite]")
        invite.evaluate("form => { form.noValidate = true; }")
        invite.locator("[name=email]").fill("nobody")
        invite.get_by_role("button").click()
        page.get_by_role("alert").wait_for()
        assert invite.locator("[name=email]").input_value() == "nobody"
        seen_by_axe(page, axe, width, "refused")
        # Somebody was faster.
        page.goto(f"{at}{DESK}/text")
        page.locator("[name=headline]").first.fill("Ours")
        with place.enter(Role.EDITOR, email="bob@desk.example", name="Bob") as bob:
            bob.post(f"{DESK}/note", data={"version": "1", "text": "Theirs", "signed": ""})
        page.locator("[name=headline]").first.locator("xpath=ancestor::form").get_by_role("button", name="Save").click()
        page.get_by_text("Somebody was faster").first.wait_for()
        seen_by_axe(page, axe, width, "outrun")
        # The session is over: the door, and behind it what was typed.
        page.goto(f"{at}{DESK}/text")
        page.locator("[name=headline]").first.fill("Ours, still")
        place.site.clock.now += timedelta(days=8)
        signed_in(place.site.app, Role.EDITOR, email="amy@desk.example", name="Amy")
        page.locator("[name=headline]").first.locator("xpath=ancestor::form").get_by_role("button", name="Save").click()
        page.get_by_label("Address").fill("amy@desk.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_text("Here is what you typed").wait_for()
        seen_by_axe(page, axe, width, "resume")


def test_a_correction_goes_out_before_ones_eyes(chromium: Browser, store: Store, tmp_path: Path) -> None:
    go, provider = threading.Event(), ScriptedProvider()

    def wait() -> None:
        assert go.wait(60)

    with desk(store, tmp_path, provider=provider) as place:
        app = place.site.app
        approve(app, builders.EDITION, by="Ann")
        plan(app, builders.EDITION)
        send(app, builders.EDITION, everybody_now=True)
        note = correct(app, builders.EDITION, "It is Durban, not Lima.", by="Ann")
        provider.before = wait
        with opened(chromium, place) as page:
            page.goto(f"{place.site.url}{DESK}/correction/{note.id}")
            page.get_by_role("button", name="Approve and mail it").click()
            # The provider has them in hand; nobody reloads the page.
            page.locator(".account .sending dd", has_text="4").wait_for()
            assert page.get_by_role("button", name="Stop").count() == 1
            go.set()
            page.locator(".account .accepted dd", has_text="4").wait_for()
            page.get_by_role("button", name="Stop").wait_for(state="detached")


def hostile(made: Edition) -> Edition:
    """The edition, every text of it one of sixty that want to be more than text."""

    def told(number: int, text: str) -> Told:
        link = Related(
            kind=RelatedKind.OTHER_REPORT, headline=text, outlet=text[:60], url="https://o.example/", why="", score=1.0
        )
        return builders.told(
            number, event=f"e{number}", headline=text, blurb=text, outlet=text[:60], kicker=text[:40], related=(link,)
        )

    every = [told(number, text) for number, text in enumerate(TEXTS)]
    sections = (
        EditionSection(slug="lead", title="", blocks=(LeadBlock(told=every[0]),)),
        EditionSection(slug="world", title=TEXTS[4], blocks=tuple(StoryBlock(told=one) for one in every[1:50])),
        EditionSection(slug="briefs", title="In brief", blocks=(BriefsBlock(told=tuple(every[50:])),)),
    )
    known = tuple(
        scored(f"e{n}", text, "world", 5.0, rank=n + 1, why=text, outlets=(text[:60],)) for n, text in enumerate(TEXTS)
    )
    left = tuple(
        scored(f"c{n}", text, "world", 1.0, why=text, left_out=text, excluded=n % 2 == 0, outlets=(text[:60],))
        for n, text in enumerate(TEXTS)
    )
    return replace(
        made, version=2, sections=sections, scored=(*known, *left), subject=TEXTS[0], preheader=TEXTS[45],
        reason=TEXTS[1], status=EditionStatus.HELD,
    )  # fmt: skip


_STRANGE = """() => [...document.querySelectorAll(
  '[onerror],[onload],[onclick],[ontoggle],[onfocus],[hx-get],[data-hx-post],script:not([src]),base,object,embed,svg,' +
  'meta[http-equiv],iframe[srcdoc],marquee,math,template,form[action*="evil"],button[formaction],link[href*="evil"]'
)].map(e => e.outerHTML.slice(0, 100))"""


_OF_EVERY_MAIL = (
    '<meta http-equiv="X-UA-Compatible" content="IE=edge"',
    '<meta http-equiv="Content-Type" content="text/html',
)


def test_no_text_of_a_story_is_more_than_text(chromium: Browser, place: DeskSite) -> None:
    """60 hostile texts through every screen, every view of the preview, and the archive: nothing runs or loads."""
    assert len(TEXTS) == 60
    store = place.site.store
    with store.begin() as tx:
        tx.editions.put(hostile(place.edition), expected_version=1)
        tx.log("edition.edited", str(builders.EDITION), by=TEXTS[2], now=place.site.clock(), detail=TEXTS[3])
    with opened(chromium, place) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        frames = [f"{DESK}/preview?view={view}" for view in ("desktop", "phone", "dark", "no-images", "text")]
        for path in (*SCREENS[:-3], f"{DESK}?more=1", f"{DESK}?q=%3Cscript%3E", *frames):
            page.goto(place.site.url + path)
            page.wait_for_timeout(50)
            assert page.evaluate(_STRANGE) == [], path
            assert all(frame.evaluate("window.pwned") is None for frame in page.frames), path
            assert page.url == place.site.url + path
        page.goto(place.site.url + DESK)
        # Rows whose forms were torn apart would send another version.
        assert set(page.eval_on_selector_all("[name=version]", "all => all.map(e => e.value)")) == {"2"}
        text = page.inner_text("main")
        for said in ("{{7*7}} {{ config }}", "<script>window.pwned=1</script>", "${7*7} #{7*7} <%= 7*7 %>"):
            assert said in text
        assert all(url.startswith(place.site.url) for url in asked)
    with place.enter(Role.EDITOR, email="bob@desk.example") as bob:
        for view in ("desktop", "text"):
            answer = bob.get(f"{DESK}/preview/frame?view={view}")
            assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
            assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_no_text_of_a_story_is_more_than_text_in_the_archive(chromium: Browser, place: DeskSite) -> None:
    """The same sixty on the web copy, the front page and the list of editions, as anybody sees them."""
    yesterday = replace(builders.EDITION, date=builders.EDITION.date - timedelta(days=1))
    out = replace(hostile(place.edition), id=yesterday, version=1, status=EditionStatus.SENT, reason="")
    place.site.publish(out)
    context = chromium.new_context(viewport={"width": 1280, "height": 2000})
    try:
        page, asked = context.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for address in (place.site.app.links.view(yesterday), f"{place.site.url}/", f"{place.site.url}/editions"):
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            page.wait_for_timeout(50)
            # The web copy is the mail, and says two things of itself that every mail says.
            strange = [one for one in page.evaluate(_STRANGE) if not one.startswith(_OF_EVERY_MAIL)]
            assert strange == [], address
            assert page.evaluate("window.pwned") is None
            assert page.url == address
        page.goto(place.site.app.links.view(yesterday))
        assert "{{7*7}} {{ config }}" in page.inner_text("body")
        assert all(url.startswith((place.site.url, "data:")) for url in asked), asked
    finally:
        context.close()
