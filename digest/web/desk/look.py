"""Look: theme, logo and footer of each newsletter, and a gallery of every kind of block in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import HTMLResponse, Response

from digest.model.edition import (
    BriefsBlock,
    Edition,
    EditionId,
    EditionSection,
    EditionStatus,
    LeadBlock,
    MissedBlock,
    NoteBlock,
    NumberBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)
from digest.model.errors import NotFound
from digest.model.event import Related, RelatedKind
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.render.slots import greeting
from digest.web.desk.frame import HEADERS, Call, Desk
from digest.web.desk.preview import FRAME, html_page
from digest.workflow.desk import day_of

VIEWS = ("desktop", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one newsletter looks, with where it is set."""

    newsletter: Newsletter
    colours: tuple[tuple[str, str], ...]
    """(key of the configuration, value), those that are set."""
    frame: str


def look_pages(desk: Desk) -> None:
    """/desk/look."""

    @desk.on("GET", "/desk/look")
    def look(call: Call) -> Response:
        view = call.query("view") if call.query("view") in VIEWS else "desktop"
        looks = [_look(one, view) for one in desk.newsletters(call)]
        names = {"desktop": call.words.say("Light"), "dark": call.words.say("Dark")}
        return desk.page(call, "look.html.j2", looks=looks, view=view, views=names)

    @desk.on("GET", "/desk/look/{newsletter}/frame")
    def frame(call: Call) -> Response:
        newsletter = desk.newsletter(call)
        if call.query("view") not in ("", *VIEWS):
            raise NotFound("no such view")
        shown = gallery(newsletter, now=desk.app.clock())
        variant = Variant(language=newsletter.language)
        rendered = desk.app.renderer.render(shown, newsletter, variant, view_url=desk.app.links.view(shown.id))
        hello = greeting(newsletter.language, "", hour=newsletter.schedule.send_at.hour, otherwise=newsletter.language)
        headers = {
            **HEADERS, "content-security-policy": FRAME.format(images="'self' data:"), "x-frame-options": "SAMEORIGIN",
        }  # fmt: skip
        return HTMLResponse(html_page(rendered, call.query("view"), hello), headers=headers)


def _look(newsletter: Newsletter, view: str) -> Look:
    theme = newsletter.theme
    named = (("accent", theme.accent), ("accent_dark", theme.accent_dark), ("page", theme.page))
    return Look(
        newsletter=newsletter,
        colours=tuple((name, value) for name, value in (*named, ("page_dark", theme.page_dark)) if value),
        frame=f"/desk/look/{newsletter.slug}/frame?view={view}",
    )


def gallery(newsletter: Newsletter, *, now: datetime) -> Edition:
    """An edition that is never stored nor sent: every kind of block once, in the newsletter's own sections."""
    section = newsletter.sections[0]
    blocks = (
        StoryBlock(told=_told(1, "A story, with what else was reported", related=True)),
        QuoteBlock(text="Words that somebody said", by="Who said them"),
        NumberBlock(number="93 to 24", text="What the number counts"),
    )
    sections = (
        EditionSection(
            slug="lead", title="",
            blocks=(
                LeadBlock(told=_told(0, "The lead, the first and largest story")),
                NoteBlock(text="A note of the editor’s.", signed="The desk"),
            ),
        ),
        EditionSection(slug=section.slug, title=section.title, blocks=blocks),
        EditionSection(
            slug="briefs", title="",
            blocks=(BriefsBlock(told=(_told(2, "One in a line"), _told(3, "And another one"))),),
        ),
        EditionSection(
            slug="missed", title="", blocks=(MissedBlock(told=(_told(4, "Of an earlier edition, in a line"),)),)
        ),
    )  # fmt: skip
    return Edition(
        id=EditionId(newsletter=newsletter.slug, date=day_of(newsletter, now)), version=1, status=EditionStatus.DRAFT,
        subject="Every kind of block", preheader="As this newsletter shows it", sections=sections, scored=(),
        language=newsletter.language, composed_at=now, inputs_sha256="",
    )  # fmt: skip


def _told(number: int, headline: str, *, related: bool = False) -> Told:
    link = Related(
        kind=RelatedKind.OTHER_REPORT, headline="The same, reported elsewhere", outlet="Another outlet",
        url="https://example.org/other", why="", score=1.0,
    )  # fmt: skip
    return Told(
        event=f"gallery{number}", story=f"gallery{number}", headline=headline, outlet="An outlet", kicker="Somewhere",
        blurb="What happened, in two or three sentences. The text is as long as a blurb usually is, so that one sees "
        "how its lines fall.",
        url=f"https://example.org/{number}", related=(link,) if related else (), outlets=3,
    )  # fmt: skip
