"""/editions and /archive: what was picked and why, what became of it, and what readers were sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from digest.editorial.edition.findable import terms_of
from digest.model.api_token import ApiToken
from digest.model.correction import as_read
from digest.model.delivery import Account
from digest.model.edition import Edition, EditionId, EditionStatus, ListedEdition, told_in
from digest.model.errors import DigestError, NotFound
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.ports import Tx
from digest.render.sheet import Sheet, SheetBlock
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.seen import newsletters_of
from digest.web.api.shapes.base import SlugPath
from digest.web.api.shapes.editions import (
    AccountOut,
    ArchivedOut,
    EditionOut,
    EditionRow,
    PartOut,
    PickOut,
    PicksOut,
    ToldOut,
)
from digest.web.api.shapes.paging import Cursor, Limit, Page, cursor_to, read_cursor
from digest.web.kept import Kept
from digest.web.reader.archive import ARCHIVE_POLICY
from digest.web.reader.feeds import Feeds
from digest.web.reader.library import KEPT, READABLE, Library

Day = Annotated[dt.date, Path(description="YYYY-MM-DD, in the newsletter's zone")]
OfNewsletter = Annotated[
    str | None, Query(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80, description="Of this newsletter only")
]
Words = Annotated[
    str,
    Query(max_length=200, description="Words that the edition holds, or their beginnings; accents do not count"),
]
FromDay = Annotated[dt.date | None, Query(description="Of this day or later")]
UntilDay = Annotated[dt.date | None, Query(description="Of this day or earlier")]


def edition_pages(door: Door) -> None:
    """Editions as the people who make them see them."""
    app = door.app

    @door.on("GET", "/editions", response_model=Page[EditionRow])
    def list_editions(
        caller: Caller,
        newsletter: OfNewsletter = None,
        status: EditionStatus | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[EditionRow]:
        return _page_of(door, caller, newsletter, _Asked(among=(status,) if status else ()), cursor, limit)

    @door.on("GET", "/editions/{newsletter}/{day}", response_model=EditionOut)
    def show_edition(caller: Caller, newsletter: SlugPath, day: Day) -> EditionOut:
        with app.read() as tx:
            found = _edition(tx, door, caller, newsletter, day)
        return EditionOut(
            **_row(found).model_dump(),
            preheader=found.preheader,
            language=found.language,
            composed_at=found.composed_at,
            approved_by=found.approved_by,
            approved_at=found.approved_at,
            reason=found.reason,
            view_url=app.links.view(found.id),
            stories=list(_stories(found)),
        )

    @door.on("GET", "/editions/{newsletter}/{day}/picks", response_model=PicksOut)
    def show_picks(caller: Caller, newsletter: SlugPath, day: Day) -> PicksOut:
        with app.read() as tx:
            found = _edition(tx, door, caller, newsletter, day)
        picks = [
            PickOut(
                event=one.event,
                headline=one.headline,
                rank=one.rank,
                score=one.score,
                why=one.why,
                left_out=one.left_out,
                section=one.section,
                outlets=list(one.outlets),
                parts=[PartOut(name=part.name, value=part.value, why=part.detail) for part in one.parts],
                pinned=one.pinned,
                excluded=one.excluded,
            )
            for one in found.scored
        ]
        return PicksOut(edition=str(found.id), version=found.version, picks=picks)

    @door.on("GET", "/editions/{newsletter}/{day}/account", response_model=AccountOut)
    def show_account(caller: Caller, newsletter: SlugPath, day: Day) -> AccountOut:
        with app.read() as tx:
            found = _edition(tx, door, caller, newsletter, day)
            mailing = tx.ledger.mailing(str(found.id))
            if mailing is None:
                raise NotFound(f"{found.id} has no mailing yet")
            account = tx.ledger.account(mailing.id, now=app.clock())
        numbers = {one.name: getattr(account, one.name) for one in fields(Account)}
        skipped = dict(numbers.pop("skipped"))
        return AccountOut(
            edition=str(found.id),
            state=mailing.state.value,
            planned=numbers.pop("planned"),
            numbers=numbers,
            skipped=skipped,
        )


def archive_pages(door: Door, library: Library, *, base_url: str) -> None:
    """Editions as readers see them."""
    app = door.app
    feeds = Feeds(library, base_url=base_url.rstrip("/"))
    kept = Kept[str](KEPT)

    @door.on("GET", "/archive", response_model=Page[EditionRow])
    def list_archive(
        caller: Caller,
        newsletter: OfNewsletter = None,
        q: Words = "",
        since: FromDay = None,
        until: UntilDay = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[EditionRow]:
        asked = _Asked(among=READABLE, terms=terms_of(q), since=since, until=until)
        if q.strip() and not asked.terms:
            # Nothing but marks: no edition is found by them.
            return Page(data=[], next_cursor=None)
        return _page_of(door, caller, newsletter, asked, cursor, limit)

    def sent(caller: ApiToken, slug: str, day: dt.date) -> tuple[Edition, Newsletter]:
        if slug not in newsletters_of(app, caller):
            raise NotFound(f"there is no newsletter {slug!r}")
        with app.read() as tx:
            return library.edition(tx, EditionId(newsletter=slug, date=day))

    @door.on("GET", "/archive/{newsletter}/{day}", response_model=ArchivedOut)
    def show_archived(caller: Caller, newsletter: SlugPath, day: Day) -> ArchivedOut:
        found, own = sent(caller, newsletter, day)
        with app.read() as tx:
            notes = as_read(tx.archive.corrections([found.id]).get(found.id, ()))
        entry = feeds.entry(found, own, notes)
        return ArchivedOut(
            edition=str(found.id),
            newsletter=own.slug,
            day=found.id.date,
            subject=entry.title,
            summary=entry.summary,
            language=entry.language,
            url=entry.url,
            published_at=entry.published,
            content_html=entry.content,
            content_text=text_of(library.sheet(found)),
            corrections=[note.text for note in notes],
        )

    @door.on("GET", "/archive/{newsletter}/{day}/html", response_class=HTMLResponse)
    def show_archived_html(caller: Caller, newsletter: SlugPath, day: Day) -> Response:
        found, own = sent(caller, newsletter, day)

        def made() -> str:
            return app.renderer.page(found, own, Variant(language=own.language), view_url=app.links.view(found.id))

        page = kept.get((found.id, found.version), made, now=app.clock())
        return HTMLResponse(page, headers={"content-security-policy": ARCHIVE_POLICY})

    @door.on("GET", "/archive/{newsletter}/{day}/text", response_class=PlainTextResponse)
    def show_archived_text(caller: Caller, newsletter: SlugPath, day: Day) -> Response:
        found, _own = sent(caller, newsletter, day)
        return PlainTextResponse(text_of(library.sheet(found)))


def text_of(sheet: Sheet) -> str:
    """An edition as plain text, in reading order: for a terminal, a search, a machine that reads aloud."""
    parts = [f"{sheet.name}\n{sheet.day}"]
    for section in sheet.sections:
        if section.title.text:
            parts.append(section.title.text.upper())
        for block in section.blocks:
            parts += _block_text(block, sheet.dot)
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _block_text(block: SheetBlock, dot: str) -> Iterator[str]:
    for piece in block.pieces:
        lines = [piece.headline.text, piece.blurb.text, dot.join(filter(None, (piece.outlet, *piece.meta))), piece.url]
        lines += [f"- {dot.join(filter(None, (one.headline.text, one.outlet)))} {one.url}" for one in piece.related]
        yield "\n".join(line for line in lines if line)
    if not block.pieces:
        by = dot.join(filter(None, (block.signed, block.outlet)))
        yield "\n".join(filter(None, (block.number, *(one.text for one in block.paragraphs), by, block.url)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Which editions: those that stand so (empty = in any way), hold these words, and are of these days."""

    among: Collection[EditionStatus] = ()
    terms: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None


def _page_of(
    door: Door,
    caller: ApiToken,
    newsletter: str | None,
    asked: _Asked,
    cursor: str | None,
    limit: int,
) -> Page[EditionRow]:
    seen = newsletters_of(door.app, caller)
    slugs = [slug for slug in seen if newsletter in (None, slug)]
    with door.app.read() as tx:
        rows = tx.editions.page(
            slugs,
            among=asked.among,
            after=_after(cursor),
            limit=limit + 1,
            since=asked.since,
            until=asked.until,
            terms=asked.terms,
        )
    more = cursor_to(str(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(data=[_row(one) for one in rows[:limit]], next_cursor=more)


def _after(cursor: str | None) -> EditionId | None:
    place = read_cursor(cursor)
    try:
        return EditionId.parse(place) if place else None
    except DigestError:
        raise Problem(400, "cursor: not one of ours; begin again without it") from None


def _edition(tx: Tx, door: Door, caller: ApiToken, slug: str, day: dt.date) -> Edition:
    found = tx.editions.get(EditionId(newsletter=slug, date=day)) if slug in newsletters_of(door.app, caller) else None
    if found is None:
        raise NotFound(f"there is no edition {slug}/{day}")
    return found


def _row(one: Edition | ListedEdition) -> EditionRow:
    return EditionRow(
        edition=str(one.id),
        newsletter=one.id.newsletter,
        day=one.id.date,
        status=one.status.value,
        version=one.version,
        subject=one.subject,
    )


def _stories(found: Edition) -> Iterable[ToldOut]:
    for section in found.sections:
        for told in told_in([section]):
            yield ToldOut(
                section=section.slug,
                headline=told.headline,
                blurb=told.blurb,
                url=told.url,
                outlet=told.outlet,
                outlets=told.outlets,
                published_at=told.published_at,
                language=told.language,
                related=[one.url for one in told.related],
            )
