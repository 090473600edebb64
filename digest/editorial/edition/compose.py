"""From the stories of a window to an edition: events, picks, lead, sections, briefs, subject and preheader."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from digest.editorial.events.cluster import group
from digest.editorial.events.tongues import joined
from digest.editorial.events.updates import repeats
from digest.editorial.picking.rank import SentEvent, day_in_words, overtaken, rank, understood
from digest.editorial.picking.related import EarlierStory, relate
from digest.editorial.picking.select import Selection, select
from digest.editorial.places.where import kicker_of
from digest.editorial.telling.blurb import blurb
from digest.editorial.text.languages import UNKNOWN
from digest.editorial.text.words import shorten, tokens
from digest.model.edition import (
    Block,
    BriefsBlock,
    Edition,
    EditionId,
    EditionSection,
    EditionStatus,
    LeadBlock,
    ScoredEvent,
    StoryBlock,
    Telling,
    Told,
)
from digest.model.event import Event, Pick, Related, Wish
from digest.model.newsletter import Newsletter
from digest.model.story import Story

SUBJECT_LIMIT = 65
SUBJECT_WITH_SECOND = 70
PREHEADER_SHORTEST = 35
PREHEADER_LIMIT = 110
SEEN_DAYS = 3
"""What was told longer ago than this is no reason to rank an event lower."""
VOICE_SHARE = 0.34
"""More of an edition than this is not told by one outlet where another has the story too."""
SCORED_KEPT = 300
"""Candidates kept with the edition for its explanation, the best; a day has some thousand."""

BRIEFS_TITLE = {
    "en": "In brief", "fr": "En bref", "es": "En breve", "de": "Kurz gemeldet", "it": "In breve", "pt": "Em resumo",
    "nl": "Kort nieuws", "ar": "باختصار", "ru": "Коротко", "zh": "简讯", "ja": "短信", "uk": "Коротко",
}  # fmt: skip
_MINUTE_WORDS = 230
_CLAUSE = re.compile(r"(?:[,;:،，、；：]\s*|\s+[–—|-]\s+)")
_TURN = re.compile(r"\s+(?=(?:as|after|amid|while|despite|ahead of|because|before|saying|following|, says) )")


def compose(
    newsletter: Newsletter,
    day: date,
    stories: Sequence[Story],
    *,
    now: datetime,
    cutoff: datetime,
    sent: Sequence[Edition] = (),
    archive: Sequence[Telling] = (),
    version: int = 1,
    wishes: Mapping[str, Wish] | None = None,
    known: Mapping[str, str] | None = None,
) -> Edition:
    """The draft of `day` from the stories published in [cutoff - window, cutoff), in the newsletter's language.

    `sent` are earlier editions: they give novelty and earlier links. `archive` is what older ones told: it gives
    background. `wishes` are an editor's, by story id. `known` are the events of the version before, as story id ->
    event id: they stay as they are. Same input, same output; `now` is only noted.
    """
    window = in_window(newsletter, stories, cutoff)
    earlier = sorted((edition for edition in sent if edition.id.date < day), key=lambda e: e.id.date, reverse=True)
    tellings = tuple(dict.fromkeys((*_tellings(earlier), *(one for one in archive if one.date < day))))
    events = _events(newsletter, window, known or {})
    fresh, stale = _since_told(events, earlier, day)
    told_before = sent_events(earlier, day, window)
    picks = rank(fresh, newsletter=newsletter, now=cutoff, sent=told_before, today=day, wishes=wishes)
    able = [pick for pick in picks if pick.wish is Wish.PIN or pick.event.id not in stale]
    selection = select(able, newsletter, now=cutoff)
    chosen = by_many_voices(selection.chosen)
    links = relate(
        chosen, events=events, earlier=earlier_stories(tellings), now=cutoff,
        limit=newsletter.picking.related, today=day,
    )  # fmt: skip
    told = [tell(pick, links[pick.event.id], newsletter) for pick in chosen]
    subject = subject_for(told)
    return Edition(
        id=EditionId(newsletter=newsletter.slug, date=day),
        version=version,
        status=EditionStatus.DRAFT,
        subject=subject,
        preheader=preheader_for(told, subject),
        sections=_sections(newsletter, selection, told),
        scored=_scored(picks, chosen, {**stale, **selection.left_out}),
        language=newsletter.language,
        composed_at=now,
        inputs_sha256=_inputs(newsletter, day, window, earlier, tellings, cutoff, wishes or {}, known or {}),
        cutoff=cutoff,
    )


def _events(newsletter: Newsletter, window: Sequence[Story], known: Mapping[str, str]) -> tuple[Event, ...]:
    """Events in the newsletter's language, with what other languages say of them where the newsletter wants it."""
    events = group(window, known=known)
    if not newsletter.picking.join_languages:
        return events
    language = newsletter.language.partition("-")[0]
    return tuple(event for event in joined(events, language) if event.lead.language in (language, UNKNOWN))


def in_window(newsletter: Newsletter, stories: Sequence[Story], cutoff: datetime) -> list[Story]:
    """Stories published in [cutoff - window, cutoff) in the newsletter's language; an unknown one is let in.

    All languages are, where the newsletter joins events across them.
    """
    start = cutoff - timedelta(hours=newsletter.picking.window_hours)
    language = newsletter.language.partition("-")[0]
    fitting = [
        story
        for story in stories
        if start <= story.published_at < cutoff
        and (newsletter.picking.join_languages or story.language in (language, UNKNOWN))
    ]
    return sorted(fitting, key=lambda story: (story.published_at, story.id))


def sent_events(editions: Sequence[Edition], day: date, stories: Sequence[Story] = ()) -> list[SentEvent]:
    """What the last SEEN_DAYS days' editions told, as the ranking wants it; `stories`: those that may be at hand."""
    headlines = {story.id: story.headline for story in stories}
    return [
        SentEvent(
            headline=told.headline, text=told.blurb, date=edition.id.date, url=told.url, event=told.event,
            cutoff=edition.cutoff or edition.composed_at, composed_at=edition.composed_at,
            beside=" . ".join(headlines[one] for one in reports.get(told.event, ()) if one in headlines),
        )
        for edition in editions
        if 0 < (day - edition.id.date).days <= SEEN_DAYS
        for reports in [{scored.event: scored.stories for scored in edition.scored}]
        for told in edition.told
    ]  # fmt: skip


def _tellings(editions: Sequence[Edition]) -> list[Telling]:
    return [Telling(date=edition.id.date, told=told) for edition in editions for told in edition.told]


def earlier_stories(tellings: Iterable[Telling]) -> list[EarlierStory]:
    """What earlier editions told, as candidates for links: to what was earlier, and to background."""
    return [
        EarlierStory(
            headline=one.told.headline, text=one.told.blurb, outlet=one.told.outlet, url=one.told.url,
            language=one.told.language, story=one.told.story, event=one.told.event,
            published_at=one.told.published_at or datetime.combine(one.date, time(12), tzinfo=UTC),
        )
        for one in tellings
    ]  # fmt: skip


def _since_told(events: Sequence[Event], editions: Sequence[Edition], day: date) -> tuple[list[Event], dict[str, str]]:
    """Events without the reports that an edition telling them knew; and those with no other report, with why.

    An event told before is judged and told by what came since: yesterday's coverage does not carry it again, and
    neither does yesterday's text where somebody prints it today.
    """
    fresh, stale = [], {}
    tellings = [(edition, *_what_it_told(edition)) for edition in editions]
    for event in events:
        ids = {story.id for story in event.stories}
        edition = next(
            (one for one, told, reports in tellings if event.id in told or not ids.isdisjoint(reports)), None
        )
        if edition is None:
            fresh.append(event)
            continue
        known = [story for story in event.stories if _known_by(story, edition)]
        since = [story for story in event.stories if not _known_by(story, edition)]
        again = repeats(since, known)
        telling = [story for story in since if story.id not in again]
        if telling:
            # What only repeats does not lead, and is kept: it says how far the text went.
            repeating = [story for story in since if story.id in again]
            fresh.append(replace(event, stories=(*telling, *repeating), copies=again))
        else:
            fresh.append(event)
            stale[event.id] = f"told {day_in_words(edition.id.date, day)}, no new report since"
    return fresh, stale


def _what_it_told(edition: Edition) -> tuple[frozenset[str], frozenset[str]]:
    """The events that an edition told, and all the reports that stood for them."""
    events = frozenset(told.event for told in edition.told)
    beside = (story for scored in edition.scored if scored.event in events for story in scored.stories)
    return events, frozenset(beside).union(told.story for told in edition.told)


def _known_by(story: Story, edition: Edition) -> bool:
    """True where the edition was composed with this story at hand."""
    return story.published_at < (edition.cutoff or edition.composed_at) and story.first_seen <= edition.composed_at


def by_many_voices(picks: Sequence[Pick]) -> tuple[Pick, ...]:
    """The picks, told by another of their outlets where one outlet would tell more than VOICE_SHARE of them."""
    allowed = max(2, int(VOICE_SHARE * len(picks)))
    told_by: Counter[str] = Counter()
    found = []
    for pick in picks:
        withdrawn = overtaken(pick.event)
        able = [story for story in understood(pick.event) if story.url or not pick.event.lead.url]
        able = [story for story in able if story.id not in withdrawn]
        teller = next((story for story in able if told_by[story.origin.outlet] < allowed), pick.event.lead)
        told_by[teller.origin.outlet] += 1
        others = tuple(story for story in pick.event.stories if story.id != teller.id)
        found.append(replace(pick, event=replace(pick.event, stories=(teller, *others))))
    return tuple(found)


def tell(pick: Pick, links: tuple[Related, ...], newsletter: Newsletter) -> Told:
    """A pick as it is told, with what is offered beside it."""
    story = pick.event.lead
    return Told(
        event=pick.event.id,
        story=story.id,
        headline=story.headline,
        blurb=blurb(story),
        url=story.url,
        outlet=story.origin.outlet,
        kicker=kicker_of(pick.event, newsletter.language),
        published_at=story.published_at,
        minutes=reading_minutes(story.text),
        language=story.language if story.language != UNKNOWN else newsletter.language,
        related=links,
        image_url=story.image_url,
        image_alt=story.image_alt,
        image_credit=story.origin.outlet if story.image_url else "",
        outlets=len(pick.outlets),
    )


def reading_minutes(text: str) -> int:
    """Whole minutes at 230 words a minute, at least 1; 0 where there is no text. Character pairs count as half."""
    said = tokens(text)
    if not said:
        return 0
    short = sum(1 for token in said if len(token) <= 2 and not token.isascii())
    return max(1, round((len(said) - 0.5 * short) / _MINUTE_WORDS))


def _sections(newsletter: Newsletter, selection: Selection, told: Sequence[Told]) -> tuple[EditionSection, ...]:
    """The lead, the newsletter's sections in its order, and the briefs; empty ones are left out."""
    if not told:
        return ()
    found = [EditionSection(slug="lead", title="", blocks=(LeadBlock(told=told[0]),))]
    rest = list(zip(selection.chosen[1:], told[1:], strict=True))
    for section in newsletter.sections:
        blocks: tuple[Block, ...] = tuple(
            StoryBlock(told=block)
            for pick, block in rest
            if pick.section == section.slug and pick.event.id not in selection.briefs
        )
        if blocks:
            found.append(EditionSection(slug=section.slug, title=section.title, blocks=blocks))
    briefs = tuple(block for pick, block in rest if pick.event.id in selection.briefs)
    if briefs:
        title = BRIEFS_TITLE.get(newsletter.language.partition("-")[0], BRIEFS_TITLE["en"])
        found.append(EditionSection(slug="briefs", title=title, blocks=(BriefsBlock(told=briefs),)))
    return tuple(found)


def shortened_headline(headline: str, limit: int) -> str:
    """The headline within `limit`: up to a clause where that says enough, else cut between words."""
    if len(headline) <= limit:
        return headline
    for pattern in (_CLAUSE, _TURN):
        ends = [match.start() for match in pattern.finditer(headline) if limit * 0.45 <= match.start() <= limit]
        if ends:
            return headline[: ends[-1]].rstrip(" ,;:")
    return shorten(headline, limit)


def subject_for(told: Sequence[Told]) -> str:
    """The lead's headline, and the second's where both fit well; empty where nothing is told."""
    if not told:
        return ""
    first = shortened_headline(_inert(told[0].headline), SUBJECT_LIMIT)
    if len(told) > 1 and len(first) <= 38:
        joint = " · "
        second = shortened_headline(_inert(told[1].headline), SUBJECT_WITH_SECOND - len(first) - len(joint))
        if not second.endswith("…"):
            return first + joint + second
    return first


def _inert(headline: str) -> str:
    """Without what a mail header reads as an encoded word (RFC 2047): an outlet's `=?x?q?y?=` is text, and stays it."""
    return headline.replace("=?", "= ?")


def preheader_for(told: Sequence[Told], subject: str) -> str:
    """The second and third headlines, 35 to 110 characters; what the subject says already is not said again."""
    titles = [block.headline for block in told[1:4] if shortened_headline(block.headline, 30) not in subject]
    text = " · ".join(titles[:2])
    if len(text) < PREHEADER_SHORTEST:
        more = [*titles[2:], *(block.blurb for block in told[:2] if block.blurb)]
        for addition in more:
            text = f"{text} · {addition}" if text else addition
            if len(text) >= PREHEADER_SHORTEST:
                break
    return shorten(text, PREHEADER_LIMIT)


def scored_event(pick: Pick) -> ScoredEvent:
    """A pick as an edition remembers it, not placed yet: its score, the parts of it, and where it comes from."""
    return ScoredEvent(
        event=pick.event.id,
        headline=pick.event.lead.headline,
        score=pick.score,
        parts=pick.parts,
        why=pick.why,
        section=pick.section,
        outlets=pick.outlets,
        wires=pick.wires,
        stories=tuple(story.id for story in pick.event.stories),
        copies=tuple(story.id for story in pick.event.stories if story.id in pick.event.copies),
    )


def _scored(picks: Sequence[Pick], chosen: Sequence[Pick], left_out: Mapping[str, str]) -> tuple[ScoredEvent, ...]:
    ranks = {pick.event.id: place for place, pick in enumerate(chosen, start=1)}
    # A chosen event goes by the headline that it is told under.
    told = {pick.event.id: pick.event.lead.headline for pick in chosen}
    return tuple(
        replace(
            scored_event(pick),
            headline=told.get(pick.event.id, pick.event.lead.headline),
            rank=ranks.get(pick.event.id, 0),
            left_out="" if pick.event.id in ranks else left_out.get(pick.event.id, ""),
        )
        for place, pick in enumerate(picks)
        if place < SCORED_KEPT or pick.event.id in ranks
    )


def _inputs(
    newsletter: Newsletter, day: date, stories: Sequence[Story], editions: Sequence[Edition],
    tellings: Sequence[Telling], cutoff: datetime, wishes: Mapping[str, Wish], known: Mapping[str, str],
) -> str:  # fmt: skip
    """SHA-256 over the rules, the stories' ids and texts, and what was told before."""
    digest = hashlib.sha256(f"{newsletter!r}\n{day}\n{cutoff.isoformat()}\n".encode("utf-8", "replace"))
    for story in stories:
        line = (story.id, story.headline, story.standfirst, story.text, story.url, story.published_at.isoformat())
        digest.update("\x1f".join(line).encode("utf-8", "replace") + b"\x1e")
    for edition in editions:
        digest.update(f"{edition.id}/{edition.version} {[told.event for told in edition.told]}\n".encode())
    if wishes:
        digest.update(f"{sorted(wishes.items())}\n".encode("utf-8", "replace"))
    if known:
        digest.update(f"{sorted(known.items())}\n".encode("utf-8", "replace"))
    digest.update(f"{[(one.date.isoformat(), one.told.story) for one in tellings]}\n".encode("utf-8", "replace"))
    return digest.hexdigest()
