"""What is offered beside an event: other outlets' reports, what explains it, earlier news of it, and its background."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.editorial.events.dedupe import copied
from digest.editorial.events.vectors import closeness
from digest.editorial.kinds.fillers import filler, filler_event
from digest.editorial.kinds.genres import explains, opines
from digest.editorial.picking.rank import day_in_words, overtaken, understood
from digest.editorial.text.doc import OPENING, Doc, doc_of, opening_of
from digest.editorial.text.weighing import Floats
from digest.editorial.text.words import names_with_title, tokens
from digest.model.event import Event, Pick, Related, RelatedKind
from digest.model.story import Story

EARLIER_CUT = 0.20
"""Closeness from which an earlier story is offered; what it costs and brings: docs/why/related.md."""
BACKGROUND_CUT = 0.35
"""The same for what is older than EARLIER_DAYS: so far back more things are alike by chance."""
BACKGROUND_NAMES = 2
"""Names that background must have in common with the event."""
REPORTS = 3
EARLIERS = 2
EARLIER_DAYS = 14
_SAME_TITLE = 0.6
_LISTED = 0.05
"""How much the page's own list of related titles may add to a story's closeness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierStory:
    """A story from before: told in an earlier edition, or collected and not told."""

    headline: str
    text: str = ""
    outlet: str = ""
    url: str = ""
    published_at: datetime
    language: str = "und"
    section: str = ""
    story: str = ""
    event: str = ""


def related(
    pick: Pick, *, events: Sequence[Event], earlier: Sequence[EarlierStory] = (), now: datetime, limit: int = 5
) -> tuple[Related, ...]:
    """At most `limit` links worth a click beside one pick; nothing rather than a weak one."""
    return relate([pick], events=events, earlier=earlier, now=now, limit=limit)[pick.event.id]


def relate(
    picks: Sequence[Pick],
    *,
    events: Sequence[Event],
    earlier: Sequence[EarlierStory] = (),
    now: datetime,
    limit: int = 5,
    today: date | None = None,
    linked: bool = True,
) -> dict[str, tuple[Related, ...]]:
    """Event id -> its related items, for all picks at once: the texts are weighed against each other only once.

    `earlier` may go back as far as you like: what is older than EARLIER_DAYS is background. `today` is the day that
    "yesterday" is meant from, that of `now` in UTC unless given. With `linked` only stories that have an address are
    offered, as a mail wants them.
    """
    picked = {pick.event.id for pick in picks}
    told = (event for event in events if event.id not in picked and not filler_event(event))
    known = [*_as_earlier(told), *earlier]
    known = [
        story for story in known if (story.url or not linked) and not opines(story.headline, story.section, story.url)
    ]
    leads = [opening_of(pick.event.lead) for pick in picks]
    before = [Doc(title=story.headline, text=story.text[:OPENING], language=story.language) for story in known]
    near = closeness(leads, before) if picks and known else None
    found: dict[str, tuple[Related, ...]] = {}
    for place, pick in enumerate(picks):
        row = near[place] if near is not None else None
        found[pick.event.id] = _beside(pick, known, row, now, today or now.date(), limit, linked)
    return found


def _beside(
    pick: Pick, known: Sequence[EarlierStory], near: Floats | None, now: datetime, today: date, limit: int, linked: bool
) -> tuple[Related, ...]:
    """The best of each kind. What explains and one earlier story have their places before the last reports."""
    if limit < 1:
        return ()
    told = _Told(pick, known, near, now, today)
    reports = other_reports(pick, linked=linked)
    shown = {report.url for report in reports} - {""}
    explaining = told.explainer(shown, linked=linked) if limit > 1 else []
    shown |= {link.url for link in explaining} - {""}
    room = limit - len(explaining)
    past = told.earlier(shown)
    past = past[: max(1, room - len(reports))]
    reports = reports[: room - len(past)]
    free = room - len(past) - len(reports)
    back = told.background(shown | {link.url for link in past} - {""}) if free > 0 else []
    return (*reports, *explaining, *past, *back)


def _aside(story: Story) -> bool:
    return explains(story.headline) or opines(story.headline, story.section, story.url) or bool(filler(story))


def other_reports(pick: Pick, *, linked: bool = True) -> list[Related]:
    """Reports of the same event by other owners, the closest first; no copies, with `linked` none without address.

    Opinion is no report, and what explains has a kind of its own. Beside a correction nothing older is offered: it may
    be what was withdrawn.
    """
    lead, owners, withdrawn = pick.event.lead, {pick.event.lead.origin.owner}, overtaken(pick.event)
    candidates = [
        story
        for story in understood(pick.event)
        if story.id != lead.id and (story.url or not linked) and not _aside(story) and story.id not in withdrawn
    ]
    if not candidates:
        return []
    cosines = closeness([doc_of(lead)], [doc_of(story) for story in candidates])[0]
    copies = set(copied([doc_of(story) for story in (lead, *candidates)]))
    reports: list[Related] = []
    for place in sorted(range(len(candidates)), key=lambda place: (-cosines[place], candidates[place].id)):
        story = candidates[place]
        if story.origin.owner in owners or place + 1 in copies or len(reports) == REPORTS:
            continue
        owners.add(story.origin.owner)
        near = float(cosines[place])
        reports.append(_link(RelatedKind.OTHER_REPORT, story, f"same event, other owner, closeness {near:.2f}", near))
    return reports


def _link(kind: RelatedKind, story: Story, why: str, near: float) -> Related:
    return Related(
        kind=kind, headline=story.headline, outlet=story.origin.outlet, url=story.url, why=why,
        score=round(near, 4), published_at=story.published_at, story=story.id,
    )  # fmt: skip


def _as_earlier(events: Iterable[Event]) -> list[EarlierStory]:
    """The lead of every event stands for it."""
    return [
        EarlierStory(
            headline=event.lead.headline, text=event.lead.text or event.lead.standfirst,
            outlet=event.lead.origin.outlet, language=event.lead.language, section=event.lead.section,
            url=event.lead.url, published_at=event.lead.published_at, story=event.lead.id, event=event.id,
        )
        for event in events
    ]  # fmt: skip


class _Told:
    """What was told before and elsewhere, seen from one pick; `near` is the closeness of each to its lead."""

    def __init__(
        self, pick: Pick, known: Sequence[EarlierStory], near: Floats | None, now: datetime, today: date
    ) -> None:
        self._pick = pick
        self._known = known
        self._near = [] if near is None else [float(value) for value in near]
        self._now = now
        self._today = today
        stories = pick.event.stories
        self._own = {story.id for story in stories} | {story.url for story in stories if story.url}
        self._begun = min(story.published_at for story in stories)

    def _others(self, shown: set[str]) -> Iterator[tuple[float, int]]:
        """(closeness, place) of what is not the event itself and not shown already."""
        for place, story in enumerate(self._known):
            if story.story not in self._own and story.url not in (self._own | shown):
                yield self._near[place], place

    def explainer(self, shown: set[str], *, linked: bool) -> list[Related]:
        """The piece that explains the event, if there is one: of its own stories, else the closest beside it."""
        inside = [
            story
            for story in understood(self._pick.event)
            if story.id != self._pick.event.lead.id
            and explains(story.headline)
            and not opines(story.headline, story.section, story.url)
            and (story.url or not linked)
        ]
        if inside:
            near = closeness([doc_of(self._pick.event.lead)], [doc_of(story) for story in inside])[0]
            best = min(range(len(inside)), key=lambda place: (-near[place], inside[place].id))
            value = float(near[best])
            why = f"explains the same event, closeness {value:.2f}"
            return [_link(RelatedKind.EXPLAINER, inside[best], why, value)]
        since = self._now - timedelta(days=EARLIER_DAYS)
        beside = [
            (near, place)
            for near, place in self._others(shown)
            if near >= EARLIER_CUT
            and explains(self._known[place].headline)
            and since <= self._known[place].published_at <= self._now
        ]
        if not beside:
            return []
        near, place = min(beside, key=lambda pair: (-pair[0], self._known[pair[1]].url))
        return [self._as_link(RelatedKind.EXPLAINER, place, near, f"explains, closeness {near:.2f}")]

    def earlier(self, shown: set[str]) -> list[Related]:
        """At most EARLIERS of the last EARLIER_DAYS, from before the event began."""
        since = self._now - timedelta(days=EARLIER_DAYS)
        listed = self._listed()
        fitting = [
            (near, place)
            for near, place in self._others(shown)
            if since <= self._known[place].published_at < self._begun
            and near >= EARLIER_CUT - (_LISTED if place in listed else 0.0)
        ]
        # The newest first among the near-equal: a tenth of closeness is no difference to a reader.
        fitting.sort(
            key=lambda pair: (
                -int(pair[0] * 10),
                -self._known[pair[1]].published_at.timestamp(),
                self._known[pair[1]].url,
            )
        )
        chosen: list[Related] = []
        taken: set[str] = set()
        for near, place in fitting:
            story = self._known[place]
            name = story.url or story.story
            if name in taken or any(_same_title(story.headline, other.headline) for other in chosen):
                continue
            taken.add(name)
            said = ", in the page's own list" if place in listed else ""
            day = day_in_words(story.published_at.date(), self._today)
            chosen.append(self._as_link(RelatedKind.EARLIER, place, near, f"{day}, closeness {near:.2f}{said}"))
            if len(chosen) == EARLIERS:
                break
        return chosen

    def background(self, shown: set[str]) -> list[Related]:
        """The closest one of what is older than EARLIER_DAYS, if it shares names with the event."""
        since = self._now - timedelta(days=EARLIER_DAYS)
        lead = opening_of(self._pick.event.lead)
        names = names_with_title(lead.title, lead.text)
        fitting = sorted(
            ((near, place) for near, place in self._others(shown) if near >= BACKGROUND_CUT),
            key=lambda pair: (-pair[0], self._known[pair[1]].url),
        )
        for near, place in fitting:
            story = self._known[place]
            common = names & names_with_title(story.headline, story.text[:OPENING])
            if story.published_at >= since or len(common) < BACKGROUND_NAMES:
                continue
            day = day_in_words(story.published_at.date(), self._today)
            why = f"{day}, {', '.join(sorted(map(str.title, common))[:3])}, closeness {near:.2f}"
            return [self._as_link(RelatedKind.BACKGROUND, place, near, why)]
        return []

    def _as_link(self, kind: RelatedKind, place: int, near: float, why: str) -> Related:
        story = self._known[place]
        return Related(
            kind=kind, headline=story.headline, outlet=story.outlet, url=story.url, why=why, score=round(near, 4),
            published_at=story.published_at, story=story.story,
        )  # fmt: skip

    def _listed(self) -> frozenset[int]:
        """Places of known stories that a page of this event names among its own related titles."""
        titles = [title for story in self._pick.event.stories for title in story.related_titles]
        return frozenset(
            place
            for place, story in enumerate(self._known)
            if any(_same_title(story.headline, title) for title in titles)
        )


def _same_title(one: str, other: str) -> bool:
    left, right = frozenset(tokens(one)), frozenset(tokens(other))
    return bool(left and right) and len(left & right) >= _SAME_TITLE * len(left | right)
