"""The parts of an edition: a story found, told otherwise, put in and taken out; pure. `edits` makes changes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from digest.editorial.edition.compose import BRIEFS_TITLE
from digest.model.change import IllegalEdit
from digest.model.edition import (
    Block,
    BriefsBlock,
    Edition,
    EditionSection,
    LeadBlock,
    ScoredEvent,
    StoryBlock,
    Told,
)
from digest.model.newsletter import Newsletter

LEAD = "lead"
BRIEFS = "briefs"


def told_in(edition: Edition, event: str) -> tuple[str, Told] | None:
    """(section, as it is told) of an event, or None where it is not told."""
    for section in edition.sections:
        for block in section.blocks:
            for told in _tolds(block):
                if told.event == event:
                    return section.slug, told
    return None


def scored_of(edition: Edition, event: str) -> ScoredEvent:
    """The candidate of that name; what is told stands for itself where none was kept. Raises IllegalEdit."""
    found = next((one for one in edition.scored if one.event == event), None)
    if found is not None:
        return found
    told = told_in(edition, event)
    if told is None:
        raise IllegalEdit(f"{edition.id} has no event {event!r}")
    section, one = told
    # An edition of before candidates were kept: what is told stands for itself.
    return ScoredEvent(
        event=event, headline=one.headline, score=0.0, parts=(), why="", section=section,
        outlets=(one.outlet,), wires=(), stories=(one.story,),
    )  # fmt: skip


def with_scored(edition: Edition, scored: ScoredEvent) -> Edition:
    """With this candidate, in place of the one of its name."""
    if any(one.event == scored.event for one in edition.scored):
        return replace(edition, scored=tuple(scored if one.event == scored.event else one for one in edition.scored))
    return replace(edition, scored=(*edition.scored, scored))


def require_told(edition: Edition, event: str) -> Told:
    """The story as it is told. Raises IllegalEdit where it is not."""
    found = told_in(edition, event)
    if found is None:
        raise IllegalEdit(f"{name_of(edition, event)} is not told")
    return found[1]


def _tolds(block: Block) -> tuple[Told, ...]:
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            return (told,)
        case BriefsBlock(told=several):
            return several
        case _:
            return ()


def told_of(edition: Edition, slug: str) -> list[Told]:
    """The stories of a section, in reading order."""
    blocks = (block for section in edition.sections if section.slug == slug for block in section.blocks)
    return [told for block in blocks for told in _tolds(block)]


def section_of(edition: Edition, slug: str) -> EditionSection:
    """The section of that slug, which is there."""
    return next(section for section in edition.sections if section.slug == slug)


def with_blocks(edition: Edition, slug: str, blocks: tuple[Block, ...]) -> Edition:
    """With other blocks in that section."""
    return replace(
        edition,
        sections=tuple(replace(one, blocks=blocks) if one.slug == slug else one for one in edition.sections),
    )


def with_section(edition: Edition, slug: str, newsletter: Newsletter) -> Edition:
    """With a section of this name, in the newsletter's order: the lead first, the briefs last."""
    if any(section.slug == slug for section in edition.sections):
        return edition
    order = [LEAD, *(section.slug for section in newsletter.sections), BRIEFS]
    if slug not in order:
        raise IllegalEdit(f"{newsletter.slug} has no section {slug!r}; it has: {', '.join(order)}")
    title = newsletter.section_titled(slug) if slug not in (LEAD, BRIEFS) else ""
    if slug == BRIEFS:
        title = BRIEFS_TITLE.get(newsletter.language.partition("-")[0], BRIEFS_TITLE["en"])
    after = set(order[order.index(slug) + 1 :])
    place = next((n for n, one in enumerate(edition.sections) if one.slug in after), len(edition.sections))
    made = EditionSection(slug=slug, title=title, blocks=())
    return replace(edition, sections=(*edition.sections[:place], made, *edition.sections[place:]))


def removed(edition: Edition, event: str) -> Edition:
    """Without the story, its section kept where it still has something or will have it again."""
    sections = [replace(section, blocks=_without(section.blocks, event)) for section in edition.sections]
    return replace(edition, sections=filled(sections))


def filled(sections: Sequence[EditionSection]) -> tuple[EditionSection, ...]:
    """Without the sections that hold nothing."""
    return tuple(section for section in sections if section.blocks)


def _without(blocks: Sequence[Block], event: str) -> tuple[Block, ...]:
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, BriefsBlock):
            rest = tuple(told for told in block.told if told.event != event)
            if rest:
                kept.append(replace(block, told=rest))
        elif not any(told.event == event for told in _tolds(block)):
            kept.append(block)
    return tuple(kept)


def inserted(edition: Edition, told: Told, slug: str, place: int) -> Edition:
    """The story at a place among the stories of a section that is there, or was until its last story left."""
    section = next((one for one in edition.sections if one.slug == slug), None)
    blocks = section.blocks if section is not None else ()
    if slug == BRIEFS:
        several = [one for block in blocks for one in _tolds(block)]
        several.insert(place if place >= 0 else len(several), told)
        others = tuple(block for block in blocks if not isinstance(block, BriefsBlock))
        return with_blocks(edition, slug, (BriefsBlock(told=tuple(several)), *others))
    stories = [n for n, block in enumerate(blocks) if isinstance(block, StoryBlock)]
    at = stories[place] if 0 <= place < len(stories) else (stories[-1] + 1 if stories else len(blocks))
    return with_blocks(edition, slug, (*blocks[:at], StoryBlock(told=told), *blocks[at:]))


def retold(edition: Edition, event: str, change: Callable[[Told], Told]) -> Edition:
    """With the story changed, wherever it stands. Raises IllegalEdit where it is not told."""
    require_told(edition, event)
    return replace(
        edition,
        sections=tuple(
            replace(section, blocks=tuple(_block_retold(block, event, change) for block in section.blocks))
            for section in edition.sections
        ),
    )


def _block_retold(block: Block, event: str, change: Callable[[Told], Told]) -> Block:
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told) if told.event == event:
            return replace(block, told=change(told))
        case BriefsBlock(told=several):
            return replace(block, told=tuple(change(one) if one.event == event else one for one in several))
        case _:
            return block


def name_of(edition: Edition, event: str) -> str:
    """An event in words: its headline, in quotation marks."""
    told = told_in(edition, event)
    scored = next((one for one in edition.scored if one.event == event), None)
    return quoted(told[1].headline if told else scored.headline if scored else event)


def quoted(text: str) -> str:
    """In quotation marks, not too long for a line of the log."""
    return f"“{text[:80]}”"


def line(text: str) -> str:
    """In one line, without doubled blanks."""
    return " ".join(text.split())
