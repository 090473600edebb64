"""What an editor's change makes of an edition: pure, and the same for every caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from digest.editorial.compose import BRIEFS_TITLE, preheader_for, subject_for
from digest.model.change import (
    Change,
    Exclude,
    IllegalEdit,
    Lead,
    Merge,
    Move,
    Note,
    OrderSections,
    Pin,
    Place,
    Readmit,
    Reset,
    Rewrite,
    Split,
    SubjectLine,
    Tell,
)
from digest.model.edition import (
    Block,
    BriefsBlock,
    Composed,
    Edition,
    EditionSection,
    LeadBlock,
    NoteBlock,
    ScoredEvent,
    StoryBlock,
    Told,
)
from digest.model.newsletter import Newsletter

LEAD = "lead"
BRIEFS = "briefs"
_LONGEST_HEADLINE = 300
_LONGEST_BLURB = 2000
_LONGEST_NOTE = 5000


def edited(edition: Edition, change: Change, newsletter: Newsletter) -> Edition:
    """The edition with the change made, its version and status untouched. Raises IllegalEdit.

    A subject or preheader that nobody wrote follows the stories; one that an editor wrote stays.
    """
    made = _apply(edition, change, newsletter)
    if not isinstance(change, SubjectLine):
        if edition.subject == subject_for(edition.told):
            made = replace(made, subject=subject_for(made.told))
        if edition.preheader == preheader_for(edition.told, edition.subject):
            made = replace(made, preheader=preheader_for(made.told, made.subject))
    return replace(made, scored=_ranked(made))


def _apply(edition: Edition, change: Change, newsletter: Newsletter) -> Edition:
    match change:
        case Tell():
            return _tell(edition, change, newsletter)
        case Exclude(event=event, reason=reason):
            return _exclude(edition, event, reason.strip())
        case Readmit(event=event):
            return _with_scored(edition, replace(_scored(edition, event), excluded=False, left_out=""))
        case Pin(event=event, pinned=pinned):
            return _with_scored(edition, replace(_scored(edition, event), pinned=pinned))
        case Lead(event=event):
            return _place(edition, Place(event=event, section=LEAD), newsletter)
        case Move(event=event, step=step):
            return _move(edition, event, step)
        case Place():
            return _place(edition, change, newsletter)
        case OrderSections(order=order):
            return _order(edition, order)
        case Rewrite():
            return _rewrite(edition, change)
        case Reset(event=event):
            return _reset(edition, event)
        case SubjectLine(subject=subject, preheader=preheader):
            return replace(edition, subject=_line(subject), preheader=_line(preheader))
        case Note(text=text, signed=signed):
            return _note(edition, text.strip(), signed.strip())
        case Split():
            return _split(edition, change)
        case Merge():
            return _merge(edition, change)


def in_words(edition: Edition, change: Change) -> str:
    """The change in one line, as it stands in the log."""
    match change:
        case Tell(told=told):
            return f"added {_quoted(told.headline)}"
        case Exclude(event=event, reason=reason):
            return f"excluded {_name(edition, event)}: {_line(reason)}"
        case Readmit(event=event):
            return f"readmitted {_name(edition, event)}"
        case Pin(event=event, pinned=pinned):
            return f"{'pinned' if pinned else 'unpinned'} {_name(edition, event)}"
        case Lead(event=event):
            return f"made {_name(edition, event)} the lead"
        case Move(event=event, step=step):
            return f"moved {_name(edition, event)} {'up' if step < 0 else 'down'}"
        case Place(event=event, section=section):
            return f"moved {_name(edition, event)} to {section}"
        case OrderSections():
            return "changed the order of the sections"
        case Rewrite(event=event):
            return f"rewrote {_name(edition, event)}"
        case Reset(event=event):
            return f"took back the rewriting of {_name(edition, event)}"
        case SubjectLine(subject=subject):
            return f"wrote the subject {_quoted(_line(subject))}"
        case Note(text=text):
            return "wrote the note" if text.strip() else "took the note out"
        case Split(event=event, apart=apart):
            return f"parted {len(apart.stories)} reports from {_name(edition, event)}"
        case Merge(event=event, other=other):
            return f"put {_name(edition, other)} and {_name(edition, event)} together"


def told_in(edition: Edition, event: str) -> tuple[str, Told] | None:
    """(section, as it is told) of an event, or None where it is not told."""
    for section in edition.sections:
        for block in section.blocks:
            for told in _tolds(block):
                if told.event == event:
                    return section.slug, told
    return None


def _tell(edition: Edition, change: Tell, newsletter: Newsletter) -> Edition:
    event = change.told.event
    if told_in(edition, event) is not None:
        raise IllegalEdit(f"{_quoted(change.told.headline)} is told already")
    known = next((one for one in edition.scored if one.event == event), change.scored)
    if known is None:
        raise IllegalEdit(f"{_quoted(change.told.headline)} is no candidate of {edition.id}")
    told = _with_scored(edition, replace(known, excluded=False, left_out="", pinned=True))
    return _put(told, change.told, change.section, change.place, newsletter)


def _exclude(edition: Edition, event: str, reason: str) -> Edition:
    if not reason:
        raise IllegalEdit("say why it is excluded: the reason helps to tune the picks")
    scored = replace(_scored(edition, event), excluded=True, pinned=False, left_out=f"excluded: {_line(reason)}")
    return _with_scored(_taken(edition, event) if told_in(edition, event) else edition, scored)


def _move(edition: Edition, event: str, step: int) -> Edition:
    found = told_in(edition, event)
    if found is None or step not in (-1, 1):
        raise IllegalEdit(f"{_name(edition, event)} is not told, so it cannot be moved")
    slug, told = found
    order = [one.event for one in _told_of(edition, slug)]
    place = order.index(event) + step
    if slug == LEAD or not 0 <= place < len(order):
        raise IllegalEdit(f"{_quoted(told.headline)} is at the end of its section already")
    return _inserted(_removed(edition, event), told, slug, place)


def _place(edition: Edition, change: Place, newsletter: Newsletter) -> Edition:
    found = told_in(edition, change.event)
    if found is None:
        raise IllegalEdit(f"{_name(edition, change.event)} is not told, so it cannot be moved")
    slug, told = found
    if slug == change.section == LEAD:
        raise IllegalEdit(f"{_quoted(told.headline)} is the lead already")
    taken = _taken(edition, change.event) if slug == LEAD else _removed(edition, change.event)
    return _put(taken, told, change.section, change.place, newsletter)


def _put(edition: Edition, told: Told, section: str, place: int, newsletter: Newsletter) -> Edition:
    """Put a story that stands nowhere into a section, which is made where it is not there."""
    if section != LEAD:
        return _inserted(_with_section(edition, section, newsletter), told, section, place)
    before = _told_of(edition, LEAD)
    edition = _with_section(edition, LEAD, newsletter)
    others = tuple(block for block in _section(edition, LEAD).blocks if not isinstance(block, LeadBlock))
    edition = _with_blocks(edition, LEAD, (LeadBlock(told=told), *others))
    for old in before:
        home = next((one.section for one in edition.scored if one.event == old.event), "")
        known = [one.slug for one in newsletter.sections]
        edition = _put(edition, old, home if home in known else known[0], 0, newsletter)
    return edition


def _taken(edition: Edition, event: str) -> Edition:
    """Without this story; the next one in reading order leads where it was the lead."""
    rest = _removed(edition, event)
    if _told_of(rest, LEAD) or not rest.told:
        return rest
    heir = rest.told[0]
    rest = _removed(rest, heir.event)
    if not any(section.slug == LEAD for section in rest.sections):
        rest = replace(rest, sections=(EditionSection(slug=LEAD, title="", blocks=()), *rest.sections))
    others = _section(rest, LEAD).blocks
    return _with_blocks(rest, LEAD, (LeadBlock(told=heir), *others))


def _order(edition: Edition, order: Sequence[str]) -> Edition:
    movable = [section.slug for section in edition.sections if section.slug != LEAD]
    if sorted(order) != sorted(movable):
        raise IllegalEdit(f"name every section once: {', '.join(movable)}")
    by_slug = {section.slug: section for section in edition.sections}
    first = tuple(section for section in edition.sections if section.slug == LEAD)
    return replace(edition, sections=(*first, *(by_slug[slug] for slug in order)))


def _rewrite(edition: Edition, change: Rewrite) -> Edition:
    headline, blurb = _line(change.headline), " ".join(change.blurb.split())
    if not headline:
        raise IllegalEdit("a story needs a headline")
    if len(headline) > _LONGEST_HEADLINE or len(blurb) > _LONGEST_BLURB:
        raise IllegalEdit(f"a headline has at most {_LONGEST_HEADLINE} characters, a blurb {_LONGEST_BLURB}")
    found = _require_told(edition, change.event)
    was = Composed(event=found.event, headline=found.headline, blurb=found.blurb)
    kept = next((one for one in edition.composed if one.event == found.event), was)
    others = tuple(one for one in edition.composed if one.event != found.event)
    back = (headline, blurb) == (kept.headline, kept.blurb)
    edition = replace(edition, composed=others if back else (*others, kept))
    return _retold(edition, change.event, lambda told: replace(told, headline=headline, blurb=blurb))


def _reset(edition: Edition, event: str) -> Edition:
    kept = next((one for one in edition.composed if one.event == event), None)
    if kept is None:
        raise IllegalEdit(f"{_name(edition, event)} was not rewritten")
    edition = replace(edition, composed=tuple(one for one in edition.composed if one.event != event))
    return _retold(edition, event, lambda told: replace(told, headline=kept.headline, blurb=kept.blurb))


def _note(edition: Edition, text: str, signed: str) -> Edition:
    if len(text) > _LONGEST_NOTE:
        raise IllegalEdit(f"a note has at most {_LONGEST_NOTE} characters")
    if not _told_of(edition, LEAD):
        raise IllegalEdit("a note stands below the lead, and there is none")
    sections = []
    for section in edition.sections:
        blocks: tuple[Block, ...] = tuple(block for block in section.blocks if not isinstance(block, NoteBlock))
        if section.slug == LEAD and text:
            blocks = (*blocks, NoteBlock(text=text.replace("\r\n", "\n"), signed=_line(signed)))
        sections.append(replace(section, blocks=blocks))
    return replace(edition, sections=_filled(sections))


def _split(edition: Edition, change: Split) -> Edition:
    _scored(edition, change.event)
    told = told_in(edition, change.event)
    if told is not None and told[1].story in change.apart.stories:
        raise IllegalEdit("the report that the event is told from stays: tell it from another one first")
    if not change.apart.stories or not change.rest.stories:
        raise IllegalEdit("choose some of its reports, and not all")
    edition = _with_scored(_with_scored(edition, change.rest), change.apart)
    return _retold(edition, change.event, lambda one: _as_covered(one, change.rest)) if told else edition


def _merge(edition: Edition, change: Merge) -> Edition:
    if change.event == change.other:
        raise IllegalEdit("choose two different events")
    _scored(edition, change.event)
    _scored(edition, change.other)
    lead = _told_of(edition, LEAD)
    if lead and lead[0].event == change.other:
        raise IllegalEdit("the lead stays: put the other one into it")
    if told_in(edition, change.other):
        edition = _taken(edition, change.other)
    others = tuple(one for one in edition.scored if one.event != change.other)
    edition = _with_scored(replace(edition, scored=others), change.both)
    if not told_in(edition, change.event):
        return edition
    return _retold(edition, change.event, lambda one: _as_covered(one, change.both))


def _as_covered(told: Told, scored: ScoredEvent) -> Told:
    """The story with what its event's coverage is now; what is offered beside it stays with its event."""
    kept = tuple(
        one for one in told.related if not one.story or one.kind != "other_report" or one.story in scored.stories
    )
    return replace(told, outlets=len(scored.outlets), related=kept)


def _ranked(edition: Edition) -> tuple[ScoredEvent, ...]:
    """The candidates, best first; those that are told ranked: the lead, then as before, then what came new."""
    before = {one.event: one.rank or len(edition.scored) for one in edition.scored}
    told = [one.event for one in edition.told]
    order = [*told[:1], *sorted(told[1:], key=lambda event: before.get(event, len(edition.scored)))]
    ranks = {event: place for place, event in enumerate(order, start=1)}
    ranked = (replace(one, rank=ranks.get(one.event, 0)) for one in edition.scored)
    # Stable: equal scores keep the order that ranking gave them, the newer first.
    return tuple(sorted(ranked, key=lambda one: -one.score))


def _scored(edition: Edition, event: str) -> ScoredEvent:
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


def _with_scored(edition: Edition, scored: ScoredEvent) -> Edition:
    if any(one.event == scored.event for one in edition.scored):
        return replace(edition, scored=tuple(scored if one.event == scored.event else one for one in edition.scored))
    return replace(edition, scored=(*edition.scored, scored))


def _require_told(edition: Edition, event: str) -> Told:
    found = told_in(edition, event)
    if found is None:
        raise IllegalEdit(f"{_name(edition, event)} is not told")
    return found[1]


def _tolds(block: Block) -> tuple[Told, ...]:
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            return (told,)
        case BriefsBlock(told=several):
            return several
        case _:
            return ()


def _told_of(edition: Edition, slug: str) -> list[Told]:
    blocks = (block for section in edition.sections if section.slug == slug for block in section.blocks)
    return [told for block in blocks for told in _tolds(block)]


def _section(edition: Edition, slug: str) -> EditionSection:
    return next(section for section in edition.sections if section.slug == slug)


def _with_blocks(edition: Edition, slug: str, blocks: tuple[Block, ...]) -> Edition:
    return replace(
        edition,
        sections=tuple(replace(one, blocks=blocks) if one.slug == slug else one for one in edition.sections),
    )


def _with_section(edition: Edition, slug: str, newsletter: Newsletter) -> Edition:
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


def _removed(edition: Edition, event: str) -> Edition:
    """Without the story, its section kept where it still has something or will have it again."""
    sections = [replace(section, blocks=_without(section.blocks, event)) for section in edition.sections]
    return replace(edition, sections=_filled(sections))


def _filled(sections: Sequence[EditionSection]) -> tuple[EditionSection, ...]:
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


def _inserted(edition: Edition, told: Told, slug: str, place: int) -> Edition:
    """The story at a place among the stories of a section that is there, or was until its last story left."""
    section = next((one for one in edition.sections if one.slug == slug), None)
    blocks = section.blocks if section is not None else ()
    if slug == BRIEFS:
        several = [one for block in blocks for one in _tolds(block)]
        several.insert(place if place >= 0 else len(several), told)
        others = tuple(block for block in blocks if not isinstance(block, BriefsBlock))
        return _with_blocks(edition, slug, (BriefsBlock(told=tuple(several)), *others))
    stories = [n for n, block in enumerate(blocks) if isinstance(block, StoryBlock)]
    at = stories[place] if 0 <= place < len(stories) else (stories[-1] + 1 if stories else len(blocks))
    return _with_blocks(edition, slug, (*blocks[:at], StoryBlock(told=told), *blocks[at:]))


def _retold(edition: Edition, event: str, change: Callable[[Told], Told]) -> Edition:
    _require_told(edition, event)
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


def _name(edition: Edition, event: str) -> str:
    told = told_in(edition, event)
    scored = next((one for one in edition.scored if one.event == event), None)
    return _quoted(told[1].headline if told else scored.headline if scored else event)


def _quoted(text: str) -> str:
    return f"“{text[:80]}”"


def _line(text: str) -> str:
    return " ".join(text.split())
