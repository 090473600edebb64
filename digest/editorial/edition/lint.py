"""What is wrong with an edition before anybody may send it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.intake.addresses import canonical
from digest.model.edition import Edition, LeadBlock, NoteBlock, Told
from digest.model.finding import Finding
from digest.model.newsletter import Newsletter

STALE = timedelta(hours=24)
SUBJECT_LONGEST = 200
SOURCE_SHARE = 0.40
_ENOUGH_TO_JUDGE = 5
_UNFINISHED = re.compile(r"\bTK(?:TK)*\b|\{\{|\}\}|\{%|%\}")


def lint(edition: Edition, newsletter: Newsletter, *, now: datetime) -> tuple[Finding, ...]:
    """Every finding, blockers first. `now` bounds the edition's day: a draft of tomorrow is judged as of now."""
    told = edition.told
    found = [
        *_shape(edition, newsletter, told),
        *_age(edition, newsletter, told, now),
        *_words(edition, newsletter),
        *_links(told),
        *_sources(told),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity))


def _shape(edition: Edition, newsletter: Newsletter, told: tuple[Told, ...]) -> list[Finding]:
    found = []
    if not any(isinstance(block, LeadBlock) for section in edition.sections for block in section.blocks):
        found.append(
            Finding(
                id="no-lead",
                severity="blocker",
                message=f"edition {edition.id} has no lead story",
                fix="choose a lead on the desk, or collect again and compose anew",
            )
        )
    events = len({block.event for block in told})
    if events < newsletter.picking.min_events:
        found.append(
            Finding(
                id="thin",
                severity="blocker",
                message=f"edition {edition.id} tells {events} events; {newsletter.picking.min_events} are the least",
                fix="look at the sources' health and compose again, lower picking.min_events, or skip the day",
            )
        )
    return found


def _age(edition: Edition, newsletter: Newsletter, told: tuple[Told, ...], now: datetime) -> list[Finding]:
    """All stories older than a day, counted from the end of the edition's day or from now, whichever is earlier."""
    stamps = [block.published_at for block in told if block.published_at is not None]
    if not stamps:
        return []
    next_day = edition.id.date + timedelta(days=1)
    end = min(datetime.combine(next_day, time(0), tzinfo=ZoneInfo(newsletter.zone)), now)
    if max(stamps) >= end - STALE:
        return []
    hours = int((end - max(stamps)).total_seconds() // 3600)
    return [
        Finding(
            id="stale",
            severity="blocker",
            message=f"the newest story of edition {edition.id} is {hours} hours old",
            fix="collect again and compose anew; if the sources are silent, skip the day",
        )
    ]


def _words(edition: Edition, newsletter: Newsletter) -> list[Finding]:
    found = []
    if not edition.subject.strip():
        found.append(
            Finding(
                id="no-subject",
                severity="blocker",
                message="the subject is empty",
                fix="write a subject",
                place="subject",
            )
        )
    for name, subject, field in (
        ("subject", edition.subject, "subject"),
        ("second subject", edition.subject_b, "other"),
    ):
        if len(subject) > SUBJECT_LONGEST:
            found.append(
                Finding(
                    id="long-subject",
                    severity="blocker",
                    message=f"the {name} has {len(subject)} characters; {SUBJECT_LONGEST} are the most",
                    fix="shorten it; 60 characters are read whole on a telephone",
                    place=field,
                )
            )
    if edition.subject_b and not newsletter.tracking.clicks:
        found.append(
            Finding(
                id="second-subject",
                severity="warning",
                message="clicks are not counted, so the second subject cannot be judged: everybody gets the first",
                fix="turn tracking.clicks on, or take the second subject out",
                place="other",
            )
        )
    for place, text, field in _own_texts(edition):
        if match := _UNFINISHED.search(text):
            found.append(
                Finding(
                    id="unfinished",
                    severity="blocker",
                    message=f"{place} holds {match[0]!r}, the mark of something unfinished",
                    fix=f"write out what is meant, or take it out of {place}",
                    place=field,
                )
            )
    return found


def _own_texts(edition: Edition) -> list[tuple[str, str, str]]:
    """Where and what we or the editor wrote, and in which field; an outlet's own words may hold anything."""
    notes = [
        ("the editor's note", f"{block.text} {block.signed}", "note")
        for section in edition.sections
        for block in section.blocks
        if isinstance(block, NoteBlock)
    ]
    titles = [(f"the title of section {section.slug}", section.title, "") for section in edition.sections]
    lines = [
        ("the subject", edition.subject, "subject"),
        ("the second subject", edition.subject_b, "other"),
        ("the preheader", edition.preheader, "preheader"),
    ]
    return [*lines, *titles, *notes]


def _links(told: tuple[Told, ...]) -> list[Finding]:
    found = []
    for block in told:
        # Not the picture's: it is fetched, or left out, and never linked.
        addresses = [block.url, *(link.url for link in block.related)]
        for url in addresses:
            if url and not canonical(url):
                found.append(
                    Finding(
                        id="unsafe-url",
                        severity="blocker",
                        message=f"{block.headline[:80]!r} links to {url[:100]!r}, which is no safe http(s) address",
                        fix="replace the link or take the story out",
                        place=f"story:{block.event}",
                    )
                )
        if not block.url:
            found.append(
                Finding(
                    id="no-link",
                    severity="warning",
                    message=f"{block.headline[:80]!r} ({block.outlet}) has no link",
                    fix="give the story an address on the desk, or leave it as plain text",
                    place=f"story:{block.event}",
                )
            )
    main = Counter(block.url for block in told if block.url)
    for url, times in main.items():
        if times > 1:
            found.append(
                Finding(
                    id="duplicate-link",
                    severity="warning",
                    message=f"{url} is told {times} times",
                    fix="take one of the two stories out",
                    place=f"story:{[block.event for block in told if block.url == url][-1]}",
                )
            )
    return found


def _sources(told: tuple[Told, ...]) -> list[Finding]:
    if len(told) < _ENOUGH_TO_JUDGE:
        return []
    outlet, times = min(Counter(block.outlet for block in told).items(), key=lambda pair: (-pair[1], pair[0]))
    if times <= SOURCE_SHARE * len(told):
        return []
    return [
        Finding(
            id="one-source",
            severity="warning",
            message=f"{outlet} tells {times} of {len(told)} stories, more than {SOURCE_SHARE:.0%}",
            fix="choose other outlets' reports of the same events, or add sources",
        )
    ]
