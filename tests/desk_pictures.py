"""Pictures of every screen of the desk, on a desktop in light and on a telephone in dark: a part of `make pictures`."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from digest.model.newsletter import Tracking
from digest.model.person import Role
from digest.ports import App
from digest.store import schema
from digest.store.db import open_engine
from digest.store.tx import Store
from digest.workflow.edition.archive import correct
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from digest.workflow.staff.people import SignedIn
from tests import builders
from tests.browser import Scheme
from tests.desk_people import signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_in_a_browser import told_somebody
from tests.fakes import MemorySource

VIEWS: tuple[tuple[int, Scheme], ...] = ((1280, "light"), (360, "dark"))
"""What `make pictures` draws; whoever looks closer draws 768 and the other colours too."""
HEIGHT = 1100
"""CSS pixels of a screen that a picture shows."""
BEFORE = {
    "today": "/desk", "stories": DESK, "text": f"{DESK}/text", "preview": f"{DESK}/preview?view=desktop",
    "checks": f"{DESK}/checks", "send": f"{DESK}/send", "editions": "/desk/editions", "sources": "/desk/sources",
    "audience": "/desk/audience", "list": "/desk/audience/lists/world?what1=language&value1=fr&any=1",
    "look": "/desk/look",
    "tokens": "/desk/tokens", "prove": "/desk/prove", "webhooks": "/desk/webhooks", "webhook": "/desk/webhooks/1",
    "trial": "/desk/trial", "link": "/desk/link/none", "missing": "/desk/webhooks/99",
    "uncomposed": f"/desk/e/world/{builders.DAY + timedelta(days=1)}",
    "compared": f"/desk/editions?a={builders.EDITION}&b={builders.EDITION}",
    "people": "/desk/people", "system": "/desk/system", "log": "/desk/log", "me": "/desk/me", "keys": "/desk/keys",
    "sign-in": "/desk/sign-in",
}  # fmt: skip
"""Screens of a morning before the mail goes out."""
AFTER = {"progress": f"{DESK}/send", "report": f"{DESK}/report", "correction": f"{DESK}/correction/1"}
"""And once it has gone."""


def draw_desk(own: Browser, target: Path, views: tuple[tuple[int, Scheme], ...] = VIEWS) -> list[Path]:
    """One picture of each screen, its views side by side. Returns where they are."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))
        schema.upgrade(store.engine)
        with desk(store, folder, readers=40, adapt=_with_sources, tracking=Tracking(clicks=True)) as place:
            entered = signed_in(place.site.app, Role.ADMIN, name="Ann Lee")
            with place.client(entered) as ann:
                ann.post(f"{DESK}/change", data=_excluded(place))
                subject = {"version": "2", "subject": place.now().subject, "preheader": place.now().preheader}
                ann.post(f"{DESK}/subject", data={**subject, "other": "What the rockets of Kramatorsk leave behind"})
            told_somebody(place)
            made = [_screen(own, place, entered, one, path, target, views) for one, path in BEFORE.items()]
            made.append(_screen(own, place, entered, "outrun", f"{DESK}/text", target, views, press=_outrun))
            approve(place.site.app, builders.EDITION, by="Ann Lee")
            plan(place.site.app, builders.EDITION)
            send(place.site.app, builders.EDITION, everybody_now=True)
            place.site.clock.now += timedelta(minutes=30)
            send(place.site.app, builders.EDITION, everybody_now=True)
            correct(place.site.app, builders.EDITION, "The bridge is in Durban, not in Lima.", by="Ann Lee")
            made += [_screen(own, place, entered, one, path, target, views) for one, path in AFTER.items()]
        store.close()
    return made


def _with_sources(app: App) -> App:
    """Three sources, and a door through which more come."""
    known = {name: MemorySource(name=name) for name in ("wire", "post", "daily")}
    return replace(app, sources=known, open_source=lambda added: MemorySource(name=added.slug))


def _excluded(place: DeskSite) -> dict[str, str]:
    event = place.edition.told[4].event
    return {"version": "1", "event": event, "do": "exclude", "reason": "weak sourcing"}


def _outrun(page: Page) -> None:
    """Save a text on a version that is over."""
    page.eval_on_selector_all("[name=version]", "all => all.forEach(one => { one.value = '1'; })")
    page.locator("textarea[name=blurb]").first.fill("What was typed while somebody else was faster.")
    page.locator("form[action$=rewrite]").first.get_by_role("button", name="Save").click()


def _screen(
    own: Browser, place: DeskSite, entered: SignedIn, name: str, path: str, target: Path,
    views: tuple[tuple[int, Scheme], ...], press: Callable[[Page], None] | None = None,
) -> Path:  # fmt: skip
    shots = []
    for width, scheme in views:
        with _window(own, place, entered, width, scheme) as page:
            page.goto(place.site.url + path)
            if press is not None:
                press(page)
            page.wait_for_load_state("networkidle")
            shots.append(Image.open(io.BytesIO(page.screenshot(clip=_clip(width), full_page=True))))
    whole = Image.new("RGB", (sum(one.width for one in shots) + 24 * (len(shots) - 1), HEIGHT), "#8a8781")
    left = 0
    for one in shots:
        whole.paste(one, (left, 0))
        left += one.width + 24
    file = target / f"{name}.png"
    # Few colours are enough for pages of text, and a quarter of the bytes.
    whole.quantize(64).save(file, optimize=True)
    return file


def _clip(width: int) -> dict[str, float]:
    return {"x": 0, "y": 0, "width": width, "height": HEIGHT}


@contextmanager
def _window(own: Browser, place: DeskSite, entered: SignedIn, width: int, scheme: Scheme) -> Iterator[Page]:
    context = own.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    try:
        context.add_cookies([{"name": "desk", "value": entered.token, "url": place.site.url}])
        page = context.new_page()
        # The browser's clock is the site's: a countdown shows the same whenever it is drawn.
        page.clock.set_fixed_time(place.site.clock())
        yield page
    finally:
        context.close()
