"""What is offered beside an event: other outlets' reports, and earlier news of the running story."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.editorial.dedupe import copied
from digest.editorial.doc import OPENING, Doc, doc_of, opening_of
from digest.editorial.rank import counting, day_in_words
from digest.editorial.vectors import Floats, closeness
from digest.editorial.words import tokens
from digest.model.event import Event, Pick, Related, RelatedKind

EARLIER_CUT = 0.20
"""Closeness from which an earlier story is offered; what it costs and brings: docs/why/related.md."""
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

    `today` is the day that "yesterday" is meant from, that of `now` in UTC unless given. With `linked` only stories
    that have an address are offered, as a mail wants them.
    """
    picked = {pick.event.id for pick in picks}
    known = [*_as_earlier(event for event in events if event.id not in picked), *earlier]
    leads = [opening_of(pick.event.lead) for pick in picks]
    before = [Doc(title=story.headline, text=story.text[:OPENING], language=story.language) for story in known]
    near = closeness(leads, before) if picks and known else None
    found: dict[str, tuple[Related, ...]] = {}
    for place, pick in enumerate(picks):
        reports = other_reports(pick, linked=linked)
        shown = {pick.event.lead.url, *(report.url for report in reports)} - {""}
        fit = [place for place, story in enumerate(known) if story.url or not linked]
        past = []
        if near is not None and fit:
            offered = [known[other] for other in fit]
            past = _earlier(pick, offered, near[place][fit], now, today or now.date(), shown)
        kept = past[: max(1, limit - len(reports))]  # one earlier story has its place before the last report
        found[pick.event.id] = (*reports[: limit - len(kept)], *kept) if limit else ()
    return found


def other_reports(pick: Pick, *, linked: bool = True) -> list[Related]:
    """Reports of the same event by other owners, the closest first; no copies, with `linked` none without address."""
    lead, owners = pick.event.lead, {pick.event.lead.origin.owner}
    candidates = [story for story in counting(pick.event) if story.id != lead.id and (story.url or not linked)]
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
        reports.append(
            Related(
                kind=RelatedKind.OTHER_REPORT,
                headline=story.headline,
                outlet=story.origin.outlet,
                url=story.url,
                why=f"same event, other owner, closeness {cosines[place]:.2f}",
                score=round(float(cosines[place]), 4),
                published_at=story.published_at,
                story=story.id,
            )
        )
    return reports


def _as_earlier(events: Iterable[Event]) -> list[EarlierStory]:
    """The lead of every event stands for it."""
    return [
        EarlierStory(
            headline=event.lead.headline, text=event.lead.text or event.lead.standfirst,
            outlet=event.lead.origin.outlet,
            language=event.lead.language, url=event.lead.url, published_at=event.lead.published_at,
            story=event.lead.id, event=event.id,
        )
        for event in events
    ]  # fmt: skip


def _earlier(
    pick: Pick, known: Sequence[EarlierStory], near: Floats, now: datetime, today: date, shown: set[str]
) -> list[Related]:
    own = {story.id for story in pick.event.stories} | {story.url for story in pick.event.stories if story.url}
    begun = min(story.published_at for story in pick.event.stories)
    listed = _listed(pick.event, known)
    fitting: list[tuple[float, int]] = []
    for place, story in enumerate(known):
        if story.story in own or (story.url and story.url in own | shown):
            continue
        if not now - timedelta(days=EARLIER_DAYS) <= story.published_at < begun:
            continue
        score = float(near[place])
        if score >= EARLIER_CUT - (_LISTED if place in listed else 0.0):
            fitting.append((score, place))
    # The newest first among the near-equal: a tenth of closeness is no difference to a reader.
    fitting.sort(key=lambda pair: (-int(pair[0] * 10), -known[pair[1]].published_at.timestamp(), known[pair[1]].url))
    chosen: list[Related] = []
    taken: set[str] = set()
    for score, place in fitting:
        story = known[place]
        if (story.url or story.story) in taken or any(_same_title(story.headline, other.headline) for other in chosen):
            continue
        taken.add(story.url or story.story)
        said = ", in the page's own list" if place in listed else ""
        chosen.append(
            Related(
                kind=RelatedKind.EARLIER,
                headline=story.headline,
                outlet=story.outlet,
                url=story.url,
                why=f"{day_in_words(story.published_at.date(), today)}, closeness {score:.2f}{said}",
                score=round(score, 4),
                published_at=story.published_at,
                story=story.story,
            )
        )
        if len(chosen) == EARLIERS:
            break
    return chosen


def _listed(event: Event, known: Sequence[EarlierStory]) -> frozenset[int]:
    """Places of known stories that a page of this event names among its own related titles."""
    titles = [title for story in event.stories for title in story.related_titles]
    return frozenset(
        place for place, story in enumerate(known) if any(_same_title(story.headline, title) for title in titles)
    )


def _same_title(one: str, other: str) -> bool:
    left, right = frozenset(tokens(one)), frozenset(tokens(other))
    return bool(left and right) and len(left & right) >= _SAME_TITLE * len(left | right)
