"""Look: theme, logo and footer of each newsletter, and a gallery of every kind of block in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
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
from digest.model.errors import DigestError, NotFound
from digest.model.event import Related, RelatedKind
from digest.model.look import COLOURS, IllegalLook, Look, LookChange
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.model.picture import KeptPicture
from digest.render.palette import THEMES, palette, weak_pairs
from digest.render.pixels import logo as encode_logo
from digest.render.slots import greeting
from digest.web.desk.call import Call
from digest.web.desk.frame import HEADERS, Desk, WithFile
from digest.web.desk.preview import FRAME, html_page
from digest.workflow.edition.desk import day_of
from digest.workflow.edition.looks import configured, dress, undress

VIEWS = ("desktop", "dark")
WORDS = ("theme", *COLOURS, "publisher", "postal_address")
_LOGO = re.compile(r"\A([0-9a-f]{40}\.png) (\d{1,4}) (\d{1,4}) (\d{1,8})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one newsletter looks, with where it is set."""

    newsletter: Newsletter
    base: Newsletter
    """As configured."""
    look: Look
    """What the form holds: what was tried, or what counts."""
    tried: bool
    change: LookChange | None
    colours: tuple[tuple[str, str], ...]
    """(what it colours, value), those that are set."""
    named: tuple[str, ...]
    """What the desk has set, in words."""
    weak: tuple[tuple[str, str, str], ...]
    """(text, ground, ratio) of pairs of colours that not everybody can read."""
    form: Mapping[str, str]
    """The values of its form: how it looks, or what was typed and refused."""
    frame: str
    refused: bool = False


def look_pages(desk: Desk) -> None:
    """/desk/look."""

    @desk.on("GET", "/desk/look")
    def look(call: Call) -> Response:
        return _page(desk, call)

    @desk.on("POST", "/desk/look/{newsletter}", fields=WithFile)
    def change(call: Call) -> Response:
        newsletter = desk.newsletter(call)
        brought = None
        try:
            brought = _brought(desk, call)
            wanted = _wanted(desk, call, brought)
        except DigestError as error:
            return _page(desk, call, refused=_typed(call, brought), problem=str(error))
        if call.text("do") != "keep":
            return _page(desk, call, tried={newsletter.slug: wanted})
        dress(desk.app, newsletter.slug, wanted, by=call.by)
        return desk.to(f"/desk/look#look-{newsletter.slug}", done=True)

    @desk.on("POST", "/desk/look/{newsletter}/take-back")
    def back(call: Call) -> Response:
        number = call.text("change")
        change = int(number) if number.isdecimal() and len(number) < 18 else 0
        undress(desk.app, desk.newsletter(call).slug, change, by=call.by)
        return desk.to("/desk/look", done=True)

    @desk.on("GET", "/desk/look/{newsletter}/frame")
    def frame(call: Call) -> Response:
        newsletter = desk.newsletter(call)
        if call.query("tried"):
            newsletter = _look_of(desk, call.query).on(configured(desk.app, newsletter.slug))
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


def _typed(call: Call, brought: KeptPicture | None) -> Mapping[str, str]:
    """The form as it was filled in, whatever is wrong with it."""
    logo = _logo_text(brought) if brought else call.text("logo")
    return {**{name: call.text(name) for name in (*WORDS, "no_logo")}, "logo": logo}


def _page(
    desk: Desk, call: Call, *, tried: Mapping[str, Look] | None = None, refused: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response:  # fmt: skip
    view = call.query("view") if call.query("view") in VIEWS else "desktop"
    with desk.app.read() as tx:
        changes = tx.looks.newest()
    looks = [
        _shown(desk, call, one, view, changes.get(one.slug), (tried or {}).get(one.slug))
        for one in desk.newsletters(call)
    ]
    if refused is not None:
        own = call.param("newsletter")
        looks = [replace(one, form=refused, refused=True) if one.newsletter.slug == own else one for one in looks]
    names = {"desktop": call.words.say("Light"), "dark": call.words.say("Dark")}
    return desk.page(
        call, "look.html.j2", status=422 if problem else 200, problem=problem, looks=looks, view=view, views=names,
        themes=THEMES,
    )  # fmt: skip


def _titles(call: Call) -> dict[str, str]:
    """What can be set, in words."""
    say = call.words.say
    return {
        "theme": say("Theme"), "accent": say("Accent"), "accent_dark": say("Accent, dark"), "page": say("Ground"),
        "page_dark": say("Ground, dark"), "publisher": say("Publisher"), "postal_address": say("Footer address"),
        "logo": say("Logo"), "no_logo": say("Logo"),
    }  # fmt: skip


def _shown(
    desk: Desk, call: Call, newsletter: Newsletter, view: str, change: LookChange | None, tried: Look | None
) -> Shown:
    base, titles = configured(desk.app, newsletter.slug), _titles(call)
    look = tried or (change.look if change else Look())
    shown = look.on(base)
    theme, colours = shown.theme, palette(shown.theme, shown.language)
    pairs = {pair for shades in (colours.light, colours.dark) for pair in weak_pairs(shades)}
    asked = urlencode({"tried": "1", **_fields(look)}) if tried else ""
    return Shown(
        newsletter=shown,
        base=base,
        look=look,
        tried=tried is not None,
        change=change if change and change.look.named else None,
        colours=tuple((titles[name], value) for name in COLOURS if (value := getattr(theme, name))),
        named=tuple(titles.get(name, name) for name in change.look.named) if change else (),
        weak=tuple((text, ground, f"{ratio:.1f}") for text, ground, ratio in sorted(pairs)),
        form={
            **_fields(look),
            **{name: getattr(look, name) or getattr(base.theme, name) for name in COLOURS},
            "theme": theme.name,
            "publisher": shown.publisher,
            "postal_address": shown.postal_address,
        },
        frame=f"/desk/look/{newsletter.slug}/frame?view={view}" + (f"&{asked}" if asked else ""),
    )


def _fields(look: Look) -> dict[str, str]:
    """The look as the values of a form, and of the frame's address."""
    words = {name: getattr(look, name) for name in WORDS}
    return {**words, "logo": _logo_text(look.logo) if look.logo else "", "no_logo": "1" if look.no_logo else ""}


def _logo_text(picture: KeptPicture) -> str:
    return f"{picture.name} {picture.width} {picture.height} {picture.size}"


def _look_of(desk: Desk, value: Callable[[str], str]) -> Look:
    """The same back. Raises IllegalLook."""
    theme = value("theme")
    if theme and theme not in THEMES:
        raise IllegalLook(f"{theme[:40]!r} is not a theme; choose {' or '.join(THEMES)}")
    words = {name: " ".join(value(name).split()) for name in WORDS}
    return Look(**words, logo=_kept(desk, value("logo")), no_logo=value("no_logo") == "1")


def _kept(desk: Desk, text: str) -> KeptPicture | None:
    """A logo that was brought before; None where there is none of that name."""
    found = _LOGO.match(text)
    if found is None or desk.app.pictures is None or desk.app.pictures.get(found[1]) is None:
        return None
    return KeptPicture(name=found[1], width=int(found[2]), height=int(found[3]), size=int(found[4]))


def _brought(desk: Desk, call: Call) -> KeptPicture | None:
    """A picture that comes with the form, kept under the name that its content gives it."""
    file = call.fields.get("file")
    if not isinstance(file, UploadFile) or not file.filename or desk.app.pictures is None:
        return None
    encoded = encode_logo(file.filename[:80], file.file.read())
    desk.app.pictures.put(encoded.kept.name, encoded.content)
    return encoded.kept


def _wanted(desk: Desk, call: Call, brought: KeptPicture | None) -> Look:
    """What the form asks for. Raises IllegalLook."""
    base = configured(desk.app, call.param("newsletter"))
    own = {"theme": base.theme.name, "publisher": base.publisher, "postal_address": base.postal_address}
    own |= {name: getattr(base.theme, name) for name in COLOURS}
    # What is the configuration's anyhow stays the configuration's: it follows it when it changes.
    look = _look_of(desk, lambda name: "" if call.text(name) == own.get(name) else call.text(name))
    return replace(look, logo=brought, no_logo=False) if brought else look


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
