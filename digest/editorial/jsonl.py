"""Anybody's own stories, one JSON object a line, in and out: what `digest events` and `digest rank` read and say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from digest.editorial.intake.addresses import canonical
from digest.editorial.intake.clean import HEADLINE_LIMIT, TEXT_LIMIT, decoded, plain
from digest.editorial.intake.owners import owner_of, title_of
from digest.editorial.kinds.correcting import corrects
from digest.editorial.kinds.newswords import AGGREGATORS, WIRES
from digest.editorial.picking.rank import SentEvent
from digest.editorial.picking.related import EarlierStory
from digest.editorial.text.languages import UNKNOWN, detect, primary
from digest.editorial.text.words import shorten
from digest.model.event import Event, Pick, Related
from digest.model.newsletter import Newsletter, Sender
from digest.model.story import Origin, Story

NO_OUTLET = "unknown"
"""Stories without an outlet count as one outlet together: nobody gains votes by leaving it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that is no story. `number` counts from 1."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.reason}"


def read_stories(
    lines: Iterable[str], *, now: datetime, ids: dict[str, str | int] | None = None
) -> tuple[tuple[Story, ...], tuple[BadLine, ...]]:
    """Stories with the ids they came with, and the lines that are none. Blank lines are passed over.

    A missing outlet or owner is that of a known address.

    `ids` is filled with each story's id as it was written: a number stays a number on the way out.

    Wanted: `id` and a `title` or a `text`; welcome: `outlet`, `owner`, `url`, `published` (a day, meaning noon UTC,
    or an ISO instant; without a zone it is UTC; missing: `now`), `section`, `position`, `language`, `wire`,
    `aggregator`, `country`, `related_titles`.
    """
    stories: list[Story] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            story = story_of(row, now=now)
            if story.id in seen:
                raise ValueError(f"id {story.id!r} stands in line {seen[story.id]} already")
            if ids is not None:
                ids[story.id] = row["id"]
        except ValueError as error:
            bad.append(BadLine(number=number, reason=str(error)))
            continue
        seen[story.id] = number
        stories.append(story)
    return tuple(stories), tuple(bad)


def _object(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line.removeprefix("\ufeff"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ValueError('it is not a JSON object such as {"id": "1", "title": "...", "text": "..."}')
    return found


def _no_number(constant: str) -> float:
    """NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(f"{constant} is no number")


def story_of(row: Mapping[str, Any], *, now: datetime) -> Story:
    """One row as a story. Raises ValueError with what is missing or wrong."""
    name = row.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise ValueError('"id" must be a text or a whole number')
    title = shorten(plain(decoded(_text(row, "title"))), HEADLINE_LIMIT)
    text = "\n\n".join(filter(None, map(plain, decoded(_text(row, "text")).splitlines())))[:TEXT_LIMIT]
    if not title and not text:
        raise ValueError('"title" and "text" are both empty')
    url = canonical(_text(row, "url"))
    known = owner_of(url)
    outlet = plain(_text(row, "outlet")) or title_of(url) or NO_OUTLET
    position = row.get("position", 0)
    return Story(
        id=str(name),
        origin=Origin(
            source=outlet,
            outlet=outlet,
            owner=plain(_text(row, "owner")) or (known or outlet).casefold(),
            country=_text(row, "country") or None,
            wire=bool(row.get("wire", outlet.casefold() in WIRES)),
            aggregator=bool(row.get("aggregator", outlet.casefold() in AGGREGATORS)),
        ),
        headline=title,
        standfirst="",
        text=text,
        url=url,
        language=primary(_text(row, "language")) or detect(f"{title}. {text}") or UNKNOWN,
        section=plain(_text(row, "section")),
        byline="",
        agency="",
        published_at=min(instant(row.get("published"), default=now), now),
        first_seen=now,
        position=position if isinstance(position, int) and not isinstance(position, bool) else 0,
        related_titles=tuple(
            plain(decoded(title)) for title in row.get("related_titles") or () if isinstance(title, str)
        ),
        corrects=corrects(title, text),
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a text, not {type(value).__name__}')
    return value


def instant(value: object, *, default: datetime) -> datetime:
    """A day (noon UTC) or an ISO 8601 instant (UTC where it names no zone) as an aware UTC instant."""
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        raise ValueError('"published" must be a text such as 2022-04-08 or 2022-04-08T06:30:00Z')
    try:
        if len(value.strip()) == 10:
            return datetime.combine(date.fromisoformat(value.strip()), time(12), tzinfo=UTC)
        read = datetime.fromisoformat(value.strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'"published" is {value!r}; write 2022-04-08 or 2022-04-08T06:30:00Z') from error


def sent_of(stories: Iterable[Story]) -> tuple[tuple[SentEvent, ...], tuple[EarlierStory, ...]]:
    """Stories told before, as the ranking and as the related items want them."""
    told = tuple(stories)
    sent = tuple(
        SentEvent(headline=story.headline, text=story.text, date=story.published_at.date(), url=story.url)
        for story in told
    )
    earlier = tuple(
        EarlierStory(
            headline=story.headline, text=story.text, outlet=story.origin.outlet, url=story.url,
            published_at=story.published_at, story=story.id, language=story.language, section=story.section,
        )
        for story in told
    )  # fmt: skip
    return sent, earlier


def event_rows(events: Iterable[Event]) -> list[dict[str, str]]:
    """`{"id", "event"}` of every story; the caller puts them in the order it wants."""
    return [{"id": story.id, "event": event.id} for event in events for story in event.stories]


def rank_rows(picks: Sequence[Pick], related: Mapping[str, Sequence[Related]] | None = None) -> list[dict[str, Any]]:
    """What `digest rank --json` prints for each event, best first."""
    return [
        {
            "rank": place,
            "event": pick.event.id,
            "headline": pick.event.lead.headline,
            "score": pick.score,
            "parts": [{"name": part.name, "value": part.value, "detail": part.detail} for part in pick.parts],
            "why": pick.why,
            "section": pick.section,
            "outlets": list(pick.outlets),
            "wires": list(pick.wires),
            "stories": [story.id for story in pick.event.stories],
            "copies": sorted(pick.event.copies),
            "related": [_related_row(link) for link in (related or {}).get(pick.event.id, ())],
        }
        for place, pick in enumerate(picks, start=1)
    ]


def _related_row(link: Related) -> dict[str, Any]:
    return {
        "kind": link.kind.value,
        "story": link.story,
        "headline": link.headline,
        "outlet": link.outlet,
        "url": link.url,
        "why": link.why,
        "score": link.score,
        "published": link.published_at.isoformat() if link.published_at else None,
    }


def world_newsletter(language: str = "en") -> Newsletter:
    """The rules for ranking without a configuration: the default weights, no sections, UTC."""
    return Newsletter(
        slug="world",
        name="World",
        list="world",
        language=language,
        zone="UTC",
        sender=Sender(name="World", email="world@example.invalid"),
        publisher="",
        postal_address="",
        sections=(),
    )
