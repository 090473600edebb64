"""What the forms of stories and text ask for: each one typed change, made on the version that was seen."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.responses import Response

from digest.model.change import (
    Change,
    Exclude,
    IllegalEdit,
    Lead,
    Move,
    Note,
    OrderSections,
    Pin,
    Place,
    Readmit,
    Reset,
    Rewrite,
    SubjectLine,
)
from digest.web.desk.access import EDITION
from digest.web.desk.call import Call
from digest.web.desk.figures import age
from digest.web.desk.frame import Desk
from digest.web.desk.stories import places_of
from digest.web.desk.today import composed, head_of
from digest.web.forms import texts_of
from digest.workflow.edition.byurl import Find, add_find, find
from digest.workflow.edition.edit import add, edit, merge, split, undo


def change_pages(desk: Desk) -> None:
    """Every form that changes an edition; each goes back to the page that it came from."""
    app = desk.app

    def done(call: Call, page: str = "", event: str = "", anchor: str = "") -> Response:
        anchor = f"#event-{event}" if event and event.isalnum() else f"#{anchor}" if anchor else ""
        # Whoever searched goes on in what they found.
        sought = {name: value for name in ("q", "more") if (value := call.text(name)) and not page}
        page += f"?{urlencode(sought)}" if sought else ""
        return desk.to(f"/desk/e/{call.edition}{page}{anchor}", done="edit")

    def make(call: Call, change: Change) -> None:
        edit(app, call.edition, change, by=call.by, expected_version=call.seen_version)

    @desk.on("POST", f"{EDITION}/change")
    def change(call: Call) -> Response:
        wanted = _CHANGES.get(call.text("do"))
        if wanted is None:
            raise IllegalEdit("the form does not say what to do: reload the page")
        # What is taken out goes to the end of the page: its editor goes on with the story after it.
        event = _beside(desk, call) if wanted is _exclude else call.text("event")
        make(call, wanted(call))
        return done(call, event=event)

    @desk.on("POST", f"{EDITION}/add")
    def tell(call: Call) -> Response:
        event = call.text("event")
        add(
            app, call.edition, event, call.text("section"), place=_place_in(call), by=call.by,
            expected_version=call.seen_version,
        )  # fmt: skip
        return done(call, event=event)

    @desk.on("POST", f"{EDITION}/look")
    def look(call: Call) -> Response:
        return _shown(desk, call, find(app, call.edition, call.text("url"), outlet=call.text("outlet")))

    @desk.on("POST", f"{EDITION}/find")
    def tell_find(call: Call) -> Response:
        found = find(app, call.edition, call.text("url"), outlet=call.text("outlet"))
        if found.seen != call.text("seen"):
            # The page says something else by now: it is shown again, and nothing is told unseen.
            return _shown(desk, call, found)
        add_find(app, call.edition, found, call.text("section"), by=call.by, expected_version=call.seen_version)
        return done(call, event=found.told.event)

    @desk.on("POST", f"{EDITION}/split")
    def part(call: Call) -> Response:
        event, apart = call.text("event"), texts_of(call.fields, "story")
        split(app, call.edition, event, apart, by=call.by, expected_version=call.seen_version)
        return done(call, event=event)

    @desk.on("POST", f"{EDITION}/merge")
    def together(call: Call) -> Response:
        event = call.text("event")
        merge(app, call.edition, event, call.text("other"), by=call.by, expected_version=call.seen_version)
        return done(call, event=event)

    @desk.on("POST", f"{EDITION}/rewrite")
    def rewrite(call: Call) -> Response:
        event = call.text("event")
        if call.text("do") == "reset":
            make(call, Reset(event=event))
        else:
            make(call, Rewrite(event=event, headline=call.text("headline"), blurb=call.text("blurb")))
        return done(call, "/text", event)

    @desk.on("POST", f"{EDITION}/subject")
    def subject(call: Call) -> Response:
        # A form without that field (clicks are not counted) leaves what there is.
        other = call.text("other") if "other" in call.fields else None
        make(call, SubjectLine(subject=call.text("subject"), preheader=call.text("preheader"), other=other))
        return done(call, "/text")

    @desk.on("POST", f"{EDITION}/note")
    def note(call: Call) -> Response:
        make(call, Note(text=call.text("text"), signed=call.text("signed")))
        return done(call, "/text", anchor="note-title")

    @desk.on("POST", f"{EDITION}/undo")
    def take_back(call: Call) -> Response:
        undo(app, call.edition, by=call.by, expected_version=call.seen_version)
        page = call.text("page")
        return done(call, page if page in ("/text", "/preview", "/checks", "/send") else "", call.text("event"))


def _shown(desk: Desk, call: Call, found: Find) -> Response:
    """The article as it would be told, with the button that tells it."""
    words, now = call.words, desk.app.clock()
    return desk.page(
        call, "find.html.j2", head=head_of(desk, call, composed(desk, call)), found=found,
        age=age(words, found.story.published_at, now), sections=places_of(desk, call),
        url=call.text("url"), outlet=found.told.outlet, again=bool(call.text("seen")),
    )  # fmt: skip


def _place_in(call: Call) -> int:
    """From 0; -1 = at the end."""
    place = call.text("place")
    return int(place) if place.isdecimal() and len(place) < 4 else -1


def _place(call: Call) -> Place:
    return Place(event=call.text("event"), section=call.text("section"), place=_place_in(call))


def _exclude(call: Call) -> Change:
    return Exclude(event=call.text("event"), reason=call.reason)


def _beside(desk: Desk, call: Call) -> str:
    """The event that is told after this one, or before it where it is the last; empty where it is not told."""
    with desk.app.read() as tx:
        found = tx.editions.get(call.edition)
    told = [one.event for one in found.told] if found else []
    if call.text("event") not in told or len(told) == 1:
        return ""
    place = told.index(call.text("event"))
    return told[place + 1 if place + 1 < len(told) else place - 1]


_CHANGES: dict[str, Callable[[Call], Change]] = {
    "pin": lambda call: Pin(event=call.text("event")),
    "unpin": lambda call: Pin(event=call.text("event"), pinned=False),
    "exclude": _exclude,
    "readmit": lambda call: Readmit(event=call.text("event")),
    "lead": lambda call: Lead(event=call.text("event")),
    "up": lambda call: Move(event=call.text("event"), step=-1),
    "down": lambda call: Move(event=call.text("event"), step=1),
    "place": _place,
    "sections": lambda call: OrderSections(order=tuple(call.text("order").split(","))),
}
