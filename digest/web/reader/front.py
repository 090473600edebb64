"""The front page: what a newsletter is, its latest edition as a sample, and the form to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.render.sheet import Picture, Piece, Sheet
from digest.web.kept import Kept
from digest.web.pages import READER_POLICY
from digest.web.reader.archive import public
from digest.web.reader.calendar import comes_out
from digest.web.reader.library import FRESH, KEPT, Library
from digest.web.reader.signup_form import LANGUAGE_NAMES, SectionChoice, SignUpForm, choices_of
from digest.web.words import words_for

IN_SAMPLE = 7
"""Stories of the latest edition that are shown."""
IN_SAMPLE_OF_SEVERAL = 4
"""The same where several newsletters share the page."""
IN_SHELF = 7
"""Earlier editions that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A newsletter as it presents itself."""

    slug: str
    name: str
    tagline: str
    when: str
    """When it comes out, in words."""
    hours: bool
    """Whether readers may choose an hour of their own."""
    language: str
    subscribe: str
    sections: tuple[SectionChoice, ...]
    logo: Picture | None
    sheet: Sheet | None
    """The latest edition, None where there is none yet."""
    pieces: tuple[Piece, ...]
    url: str
    date: str


def front_pages(library: Library) -> APIRouter:
    """`/`."""
    router = APIRouter()
    kept = Kept[tuple[str, str, bool]](KEPT, fresh=FRESH)

    @router.api_route("/", methods=["GET", "HEAD"])
    def front(request: Request) -> Response:
        html, stamp, indexed = kept.get("/", lambda: _front(library), now=library.app.clock())
        # The stamp of the form changes with each making: the page is still the same.
        return public(request, html, max_age=60, policy=READER_POLICY, noindex=not indexed, varying=stamp)

    return router


def _front(library: Library) -> tuple[str, str, bool]:
    """(page, the form's stamp, whether search engines may keep it)."""
    with library.app.read() as tx:
        offered = library.offered(tx)
        indexed = any(library.indexed(tx, one) for one in offered)
        latest = {one.slug: tuple(library.latest(tx, one, IN_SHELF + 2)) for one in offered}
    first = next(iter(offered or library.newsletters.values()))
    words = words_for(first.language)
    stamp = library.app.links.stamp(library.app.clock())
    earlier = sorted(
        (edition for editions in latest.values() for edition in editions[1:]),
        key=lambda edition: edition.id.date,
        reverse=True,
    )
    title = " · ".join(one.name for one in offered) or first.name
    html = library.pages.fill(
        "reader/front.html.j2",
        words,
        title=title if len(offered) > 1 or not first.tagline else f"{first.name}: {first.tagline}",
        description=first.tagline or comes_out(words, first),
        canonical=library.app.help_url,
        indexed=indexed,
        fronts=[
            present(library, one, latest[one.slug], stories=IN_SAMPLE if len(offered) == 1 else IN_SAMPLE_OF_SEVERAL)
            for one in offered
        ],
        form=SignUpForm(language=first.language, stamp=stamp),
        languages=LANGUAGE_NAMES,
        rows=[library.row(edition) for edition in earlier[:IN_SHELF]],
        shelf_title=words.say("Earlier editions"),
        several=len(offered) > 1,
        older=library.pages.links.editions if len(earlier) > IN_SHELF else "",
        feeds=library.feeds(offered),
        imprint=imprint(first),
    )
    return html, stamp, indexed


def present(
    library: Library,
    newsletter: Newsletter,
    editions: Sequence[Edition],
    *,
    language: str = "",
    stories: int = IN_SAMPLE_OF_SEVERAL,
) -> Front:
    """How a newsletter presents itself; `editions` are its newest, the newest first."""
    words = words_for(language, newsletter.language)
    latest = editions[0] if editions else None
    sheet = library.sheet(latest) if latest else None
    pieces = (
        (piece for section in sheet.sections for block in section.blocks for piece in block.pieces) if sheet else ()
    )
    return Front(
        slug=newsletter.slug,
        name=newsletter.name,
        tagline=newsletter.tagline,
        when=comes_out(words, newsletter) + ".",
        hours=newsletter.schedule.reader_hours,
        language=newsletter.language,
        subscribe=f"{library.pages.prefix}/subscribe/{newsletter.slug}",
        sections=choices_of(newsletter, words.language),
        logo=library.logo(newsletter),
        sheet=sheet,
        pieces=tuple(islice((piece for piece in pieces if piece.number), stories)),
        url=library.path(latest.id) if latest else "",
        date=latest.id.date.isoformat() if latest else "",
    )


def imprint(newsletter: Newsletter) -> tuple[str, ...]:
    """Who publishes it, and where they are."""
    lines = (newsletter.publisher, *newsletter.postal_address.splitlines())
    return tuple(line.strip() for line in lines if line.strip())
