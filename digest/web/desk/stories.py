"""Stories and text of an edition: what is told and why, what else there was, what was taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from starlette.responses import Response

from digest.model.edition import Edition, EditionSection, NoteBlock, ScoredEvent, Told
from digest.model.story import Story
from digest.render.words import Words
from digest.web.desk.call import Call
from digest.web.desk.figures import age, clock
from digest.web.desk.frame import Desk
from digest.web.desk.today import composed, head_of

SHOWN = 60
"""Candidates on a page; a day has some thousand, of which 300 are kept."""
_SUBJECT_WIDTHS = (40, 60, 90)
"""Characters that inboxes show: a watch or narrow phone, a phone, a desktop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event on the page of stories."""

    event: str
    headline: str
    language: str
    outlets: str
    url: str
    age: str
    score: str
    why: str
    section: str
    related: tuple[str, ...]
    reports: tuple[tuple[str, str, str], ...]
    """(story, outlet, headline) of its reports, for splitting."""
    rewritten: bool
    pinned: bool
    place: int
    """From 0 within its section."""
    first: bool
    last: bool
    left_out: str
    new: bool = False
    """It came in after composing, before the candidates were frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A section with its rows."""

    slug: str
    title: str
    rows: tuple[Row, ...]
    up: str
    """The order of all sections with this one moved up, slugs parted by commas; empty where it cannot be."""
    down: str


def story_pages(desk: Desk) -> None:
    """/desk/e/…: stories and text."""
    app = desk.app

    @desk.on("GET", "/desk/e/{newsletter}/{day}")
    def stories(call: Call) -> Response:
        found = desk.standing(call.edition)
        head = head_of(desk, call, found)
        if found.edition is None:
            return desk.page(call, "uncomposed.html.j2", head=head)
        edition = found.edition
        wanted = call.query("q").casefold()
        others = [one for one in edition.scored if not one.rank and wanted in one.headline.casefold()]
        came = desk.arrived.of(edition) if head.changeable else None
        joined = [one for one in came.joined if wanted in one.headline.casefold()] if came else []
        candidates = sorted((*joined, *(one for one in others if not one.excluded)), key=lambda one: -one.score)
        excluded = [one for one in others if one.excluded]
        more = call.query("more") == "1"
        shown = candidates if more else candidates[:SHOWN]
        waiting = came.waiting if came else ()
        with app.read() as tx:
            told = [one for one in edition.scored if one.rank]
            ids = [story for one in (*told, *shown, *excluded, *waiting) for story in one.stories]
            known = tx.stories.get(ids) if ids else {}
        now = app.clock()
        rows = _Rows(call, edition, dict(known), now, new=frozenset(one.event for one in joined))
        return desk.page(
            call, "stories.html.j2", head=head, groups=rows.groups(),
            candidates=tuple(rows.candidate(one) for one in shown),
            newcomers=tuple(rows.candidate(one) for one in waiting),
            frozen=clock(came.frozen_at, found.newsletter.zone) if came else "",
            looked=clock(came.at, found.newsletter.zone) if came else "",
            hidden_count=len(candidates) - len(shown),
            excluded=tuple(rows.candidate(one) for one in excluded),
            sections=places_of(desk, call), query=call.query("q"),
            opened=call.query("event"),
        )  # fmt: skip

    @desk.on("GET", "/desk/e/{newsletter}/{day}/text")
    def text(call: Call) -> Response:
        found = composed(desk, call)
        edition = found.edition
        assert edition is not None  # noqa: S101 - `composed` raises else; for the type checker
        originals = {one.event: one for one in edition.composed}
        note = next((b for s in edition.sections for b in s.blocks if isinstance(b, NoteBlock)), None)
        lines = tuple(
            (width, _cut(edition.subject, width), _cut(edition.subject_b, width)) for width in _SUBJECT_WIDTHS
        )
        told = [(_title(call.words, section), one) for section in edition.sections for one in _told(edition, section)]
        return desk.page(
            call, "text.html.j2", head=head_of(desk, call, found), edition=edition, told=told,
            originals=originals, note=note, inbox=lines, sender=found.newsletter.sender.name,
            judged=found.newsletter.tracking.clicks, trial_share=round(100 * found.newsletter.subject_test.share),
        )  # fmt: skip


def _title(words: Words, section: EditionSection) -> str:
    """What a section is called at the desk: the lead and the briefs are ours, and in the language of whoever looks."""
    ours = {"lead": words.say("Lead"), "briefs": words.say("In brief")}
    return ours.get(section.slug) or section.title or section.slug


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _told(edition: Edition, section: EditionSection) -> tuple[Told, ...]:
    """What one section tells."""
    return replace(edition, sections=(section,)).told


def places_of(desk: Desk, call: Call) -> tuple[tuple[str, str], ...]:
    """(slug, title) of every section that a story can be put into."""
    newsletter = desk.newsletter(call)
    return (
        ("lead", call.words.say("Lead")),
        *((section.slug, section.title) for section in newsletter.sections),
        ("briefs", call.words.say("In brief")),
    )


class _Rows:
    """Makes rows of what an edition holds."""

    def __init__(
        self, call: Call, edition: Edition, stories: dict[str, Story], now: datetime, *, new: frozenset[str]
    ) -> None:
        self._call = call
        self._edition = edition
        self._stories = stories
        self._now = now
        self._new = new
        self._scored = {one.event: one for one in edition.scored}
        self._rewritten = {one.event for one in edition.composed}

    def groups(self) -> tuple[Group, ...]:
        """The sections in reading order."""
        movable = [one.slug for one in self._edition.sections if one.slug != "lead"]
        return tuple(
            Group(
                slug=section.slug,
                title=_title(self._call.words, section),
                rows=self._rows(section),
                up=_swapped(movable, section.slug, -1),
                down=_swapped(movable, section.slug, 1),
            )
            for section in self._edition.sections
        )

    def _rows(self, section: EditionSection) -> tuple[Row, ...]:
        told = _told(self._edition, section)
        return tuple(self._row(one, section.slug, place, len(told)) for place, one in enumerate(told))

    def _row(self, told: Told, section: str, place: int, of: int) -> Row:
        scored = self._scored.get(told.event)
        return Row(
            event=told.event,
            headline=told.headline,
            language=told.language,
            outlets=_outlets(scored, told.outlet),
            url=told.url,
            age=age(self._call.words, told.published_at, self._now) if told.published_at else "",
            score=f"{scored.score:.2f}" if scored else "",
            why=scored.why if scored else "",
            section=section,
            related=tuple(f"{one.outlet}: {one.headline}" for one in told.related),
            reports=self._reports(scored, told.story),
            rewritten=told.event in self._rewritten,
            pinned=bool(scored and scored.pinned),
            place=place,
            first=place == 0 or section == "lead",
            last=place == of - 1 or section == "lead",
            left_out="",
        )

    def candidate(self, scored: ScoredEvent) -> Row:
        """An event that is not told."""
        story = next((self._stories[one] for one in scored.stories if one in self._stories), None)
        return Row(
            event=scored.event,
            headline=scored.headline,
            language=story.language if story else self._edition.language,
            outlets=_outlets(scored, story.origin.outlet if story else ""),
            url=story.url if story else "",
            age=age(self._call.words, story.published_at, self._now) if story else "",
            score=f"{scored.score:.2f}",
            why=scored.why,
            section=scored.section,
            related=(),
            reports=self._reports(scored, ""),
            rewritten=False,
            pinned=scored.pinned,
            place=0,
            first=True,
            last=True,
            left_out=scored.left_out,
            new=scored.event in self._new,
        )

    def _reports(self, scored: ScoredEvent | None, teller: str) -> tuple[tuple[str, str, str], ...]:
        """The reports that can be parted from it: all but the one that it is told from."""
        known = [self._stories[one] for one in (scored.stories if scored else ()) if one in self._stories]
        return tuple((one.id, one.origin.outlet, one.headline) for one in known if one.id != teller)


def _outlets(scored: ScoredEvent | None, teller: str) -> str:
    names = list(dict.fromkeys([teller, *(scored.outlets if scored else ())]))
    shown = ", ".join(name for name in names[:3] if name)
    return f"{shown} +{len(names) - 3}" if len(names) > 3 else shown


def _swapped(order: list[str], slug: str, step: int) -> str:
    if slug not in order:
        return ""
    place = order.index(slug)
    if not 0 <= place + step < len(order):
        return ""
    made = order[:]
    made[place], made[place + step] = made[place + step], made[place]
    return ",".join(made)
