"""Pictures of every screen of the desk, a part of `make pictures`: two views for the docs, every view to look at."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
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
from digest.workflow.send.mailing import resume, stop
from digest.workflow.send.plan import plan
from digest.workflow.staff.people import SignedIn
from tests import builders
from tests.browser import Scheme
from tests.desk_people import signed_in
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.test_desk_in_a_browser import told_somebody
from tests.fakes import MemorySource, ScriptedProvider

View = tuple[int, Scheme]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
VIEWS: tuple[View, ...] = ((1280, "light"), (360, "dark"))
"""What the docs show."""
EVERY: tuple[View, ...] = tuple((width, scheme) for scheme in SCHEMES for width in (360, 768, 1280))
"""What is to be looked at."""
LANGUAGES = ("en", "fr")
SETTLED_MS = 700
"""From a page's load until nothing on it moves any more."""
GAP = 24
"""Pixels between two views."""
HEIGHT = 1100
"""CSS pixels of a screen that a picture shows."""
BEFORE = {
    "today": "/desk", "stories": DESK, "text": f"{DESK}/text", "preview": f"{DESK}/preview?view=desktop",
    "reader": f"{DESK}/preview?view=phone&reader=1", "second-subject": f"{DESK}/preview?subject=b",
    "checks": f"{DESK}/checks", "send": f"{DESK}/send", "editions": "/desk/editions", "sources": "/desk/sources",
    "audience": "/desk/audience", "list": "/desk/audience/lists/world?what1=language&value1=fr&any=1",
    "look": "/desk/look",
    "tokens": "/desk/tokens", "prove": "/desk/prove", "webhooks": "/desk/webhooks", "webhook": "/desk/webhooks/1",
    "link": "/desk/link/none", "missing": "/desk/webhooks/99",
    "uncomposed": f"/desk/e/world/{builders.DAY + timedelta(days=1)}",
    "compared": f"/desk/editions?a={builders.EDITION}&b={builders.EDITION}",
    "people": "/desk/people", "system": "/desk/system", "log": "/desk/log", "me": "/desk/me", "keys": "/desk/keys",
}  # fmt: skip
"""Screens of a morning before the mail goes out."""
ON_TRIAL = {"trial": "/desk/trial", "trial-send": f"{DESK}/send"}
"""Of an installation that is new."""
STOPPED = {"stopped": f"{DESK}/send", "unsent-correction": f"{DESK}/correction/1"}
"""While it is stopped, and was corrected."""
AFTER = {"progress": f"{DESK}/send", "report": f"{DESK}/report", "correction": f"{DESK}/correction/1"}
"""And once it has gone."""


def draw_desk(own: Browser, target: Path, views: tuple[View, ...] = VIEWS, language: str = "en") -> list[Path]:
    """One picture of each screen, six views at most in two rows. Returns where they are."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))
        schema.upgrade(store.engine)
        provider = ScriptedProvider(batch_size=6)
        with desk(
            store, folder, readers=40, adapt=_with_sources, tracking=Tracking(clicks=True), provider=provider
        ) as place:
            entered = signed_in(place.site.app, Role.ADMIN, name="Ann Lee")
            with place.client(entered) as ann:
                ann.post(f"{DESK}/change", data=_excluded(place))
                subject = {"version": "2", "subject": place.now().subject, "preheader": place.now().preheader}
                ann.post(f"{DESK}/subject", data={**subject, "other": "What the rockets of Kramatorsk leave behind"})
            told_somebody(place)
            draw = partial(_screen, own, place, entered, target, views, language)
            made = [draw(one, path) for one, path in BEFORE.items()]
            made.append(_screen(own, place, None, target, views, language, "sign-in", "/desk/sign-in"))
            made.append(draw("outrun", f"{DESK}/text", press=_outrun))
            made.append(draw("refused", "/desk/sources", press=_refused))
            approve(place.site.app, builders.EDITION, by="Ann Lee")
            plan(place.site.app, builders.EDITION)
            provider.before = partial(stop, place.site.app, builders.EDITION, by="Ann Lee", reason="the wrong town")
            send(place.site.app, builders.EDITION, everybody_now=True)
            provider.before = lambda: None
            correct(place.site.app, builders.EDITION, "The bridge is in Durban, not in Lima.", by="Ann Lee")
            made += [draw(one, path) for one, path in STOPPED.items()]
            resume(place.site.app, builders.EDITION, by="Ann Lee")
            place.site.clock.now += timedelta(minutes=30)
            send(place.site.app, builders.EDITION, everybody_now=True)
            made += [draw(one, path) for one, path in AFTER.items()]
        store.close()
        made += _drawn_on_trial(own, folder, target, views, language)
    return made


def _with_sources(app: App) -> App:
    """Three sources, and a door through which more come."""
    known = {name: MemorySource(name=name) for name in ("wire", "post", "daily")}
    return replace(app, sources=known, open_source=lambda added: MemorySource(name=added.slug))


def _drawn_on_trial(own: Browser, folder: Path, target: Path, views: tuple[View, ...], language: str) -> list[Path]:
    store = Store(open_engine(f"sqlite:///{folder / 'new.db'}"))
    schema.upgrade(store.engine)
    with desk(store, folder / "new", readers=40, adapt=_on_trial) as place:
        entered = signed_in(place.site.app, Role.ADMIN, name="Ann Lee")
        made = [_screen(own, place, entered, target, views, language, one, path) for one, path in ON_TRIAL.items()]
    store.close()
    return made


def _on_trial(app: App) -> App:
    return replace(app, trial=True)


def _excluded(place: DeskSite) -> dict[str, str]:
    event = place.edition.told[4].event
    return {"version": "1", "event": event, "do": "exclude", "reason": "weak sourcing"}


def _outrun(page: Page) -> None:
    """Save a text on a version that is over."""
    page.eval_on_selector_all("[name=version]", "all => all.forEach(one => { one.value = '1'; })")
    page.locator("textarea[name=blurb]").first.fill("What was typed while somebody else was faster.")
    page.locator("form[action$=rewrite]").first.locator("button").first.click()


def _refused(page: Page) -> None:
    """Send a form with an address that is none."""
    form = page.locator("form[action$=try]")
    form.evaluate("form => { form.noValidate = true; }")
    form.locator("[name=url]").fill("the feed of our neighbours")
    form.locator("[name=outlet]").fill("The Neighbour")
    form.locator("button").click()


def _screen(
    own: Browser, place: DeskSite, entered: SignedIn | None, target: Path, views: tuple[View, ...], language: str,
    name: str, path: str, press: Callable[[Page], None] | None = None,
) -> Path:  # fmt: skip
    shots = []
    for width, scheme in views:
        with _window(own, place, entered, width, scheme, language) as page:
            page.goto(place.site.url + path)
            if press is not None:
                press(page)
            page.wait_for_load_state("load")
            page.wait_for_timeout(SETTLED_MS)  # the preview asks for ever whether it is still the newest
            shots.append(Image.open(io.BytesIO(page.screenshot(clip=_clip(width), full_page=True))))
    rows = [shots[:3], shots[3:]] if len(shots) > 3 else [shots]
    breadth = max(sum(one.width for one in row) + GAP * (len(row) - 1) for row in rows)
    whole = Image.new("RGB", (breadth, HEIGHT * len(rows) + GAP * (len(rows) - 1)), "#8a8781")
    for number, row in enumerate(rows):
        left = 0
        for one in row:
            whole.paste(one, (left, number * (HEIGHT + GAP)))
            left += one.width + GAP
    file = target / f"{name}.png"
    # Few colours are enough for pages of text, and a quarter of the bytes.
    whole.quantize(64).save(file, optimize=True)
    return file


def _clip(width: int) -> dict[str, float]:
    return {"x": 0, "y": 0, "width": width, "height": HEIGHT}


@contextmanager
def _window(
    own: Browser, place: DeskSite, entered: SignedIn | None, width: int, scheme: Scheme, language: str
) -> Iterator[Page]:
    context = own.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, locale=language)
    try:
        if entered is not None:
            context.add_cookies([{"name": "desk", "value": entered.token, "url": place.site.url}])
        page = context.new_page()
        # The browser's clock is the site's: a countdown shows the same whenever it is drawn.
        page.clock.set_fixed_time(place.site.clock())
        yield page
    finally:
        context.close()
