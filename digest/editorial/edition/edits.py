"""What an editor's change makes of an edition: pure, and the same for every caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digest.editorial.edition.compose import preheader_for, subject_for
from digest.editorial.edition.parts import (
    BRIEFS,
    LEAD,
    filled,
    inserted,
    line,
    name_of,
    quoted,
    removed,
    require_told,
    retold,
    scored_of,
    section_of,
    told_in,
    told_of,
    with_blocks,
    with_scored,
    with_section,
)
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
    Composed,
    Edition,
    EditionSection,
    LeadBlock,
    NoteBlock,
    ScoredEvent,
    Told,
)
from digest.model.newsletter import Newsletter

_LONGEST_HEADLINE = 300
_LONGEST_BLURB = 2000
_LONGEST_NOTE = 5000
_LONGEST_SIGNATURE = 80


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
            return with_scored(edition, replace(scored_of(edition, event), excluded=False, left_out=""))
        case Pin(event=event, pinned=pinned):
            return with_scored(edition, replace(scored_of(edition, event), pinned=pinned))
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
        case SubjectLine():
            return _subject(edition, change, newsletter)
        case Note(text=text, signed=signed):
            return _note(edition, text.strip(), signed.strip())
        case Split():
            return _split(edition, change)
        case Merge():
            return _merge(edition, change)


def in_words(edition: Edition, change: Change, newsletter: Newsletter) -> str:
    """The change in one line, as it stands in the log: sections by their titles."""
    match change:
        case Tell(told=told):
            return f"added {quoted(told.headline)}"
        case Exclude(event=event, reason=reason):
            return f"excluded {name_of(edition, event)}: {line(reason)}"
        case Readmit(event=event):
            return f"readmitted {name_of(edition, event)}"
        case Pin(event=event, pinned=pinned):
            return f"{'pinned' if pinned else 'unpinned'} {name_of(edition, event)}"
        case Lead(event=event):
            return f"made {name_of(edition, event)} the lead"
        case Move(event=event, step=step):
            return f"moved {name_of(edition, event)} {'up' if step < 0 else 'down'}"
        case Place(event=event, section=section) if section == LEAD:
            return f"made {name_of(edition, event)} the lead"
        case Place(event=event, section=section) if section == BRIEFS:
            return f"moved {name_of(edition, event)} to the briefs"
        case Place(event=event, section=section):
            return f"moved {name_of(edition, event)} to {newsletter.section_titled(section)}"
        case OrderSections():
            return "changed the order of the sections"
        case Rewrite(event=event):
            return f"rewrote {name_of(edition, event)}"
        case Reset(event=event):
            return f"took back the rewriting of {name_of(edition, event)}"
        case SubjectLine(subject=subject, other=other):
            second = f", and to try {quoted(line(other))}" if other and line(other) else ""
            return f"wrote the subject {quoted(line(subject))}{second}"
        case Note(text=text):
            return "wrote the note" if text.strip() else "took the note out"
        case Split(event=event, apart=apart):
            if len(apart.stories) == 1:
                return f"parted 1 report from {name_of(edition, event)}"
            return f"parted {len(apart.stories)} reports from {name_of(edition, event)}"
        case Merge(event=event, other=other):
            return f"put {name_of(edition, other)} and {name_of(edition, event)} together"


def _tell(edition: Edition, change: Tell, newsletter: Newsletter) -> Edition:
    event = change.told.event
    if told_in(edition, event) is not None:
        raise IllegalEdit(f"{quoted(change.told.headline)} is told already")
    known = next((one for one in edition.scored if one.event == event), change.scored)
    if known is None:
        raise IllegalEdit(f"{quoted(change.told.headline)} is no candidate of {edition.id}")
    told = with_scored(edition, replace(known, excluded=False, left_out="", pinned=True))
    return _put(told, change.told, change.section, change.place, newsletter)


def _exclude(edition: Edition, event: str, reason: str) -> Edition:
    if not reason:
        raise IllegalEdit("say why it is excluded: the reason helps to tune the picks")
    scored = replace(
        scored_of(edition, event), excluded=True, pinned=False, left_out=f"excluded: {line(reason)[:_LONGEST_HEADLINE]}"
    )
    return with_scored(_taken(edition, event) if told_in(edition, event) else edition, scored)


def _move(edition: Edition, event: str, step: int) -> Edition:
    found = told_in(edition, event)
    if found is None or step not in (-1, 1):
        raise IllegalEdit(f"{name_of(edition, event)} is not told, so it cannot be moved")
    slug, told = found
    if slug == LEAD:
        raise IllegalEdit(f"{quoted(told.headline)} is the lead, and stands on top")
    order = [one.event for one in told_of(edition, slug)]
    place = order.index(event) + step
    if place < 0:
        raise IllegalEdit(f"{quoted(told.headline)} is the first of its section already")
    if place == len(order):
        raise IllegalEdit(f"{quoted(told.headline)} is the last of its section already")
    return inserted(removed(edition, event), told, slug, place)


def _place(edition: Edition, change: Place, newsletter: Newsletter) -> Edition:
    found = told_in(edition, change.event)
    if found is None:
        raise IllegalEdit(f"{name_of(edition, change.event)} is not told, so it cannot be moved")
    slug, told = found
    if slug == change.section == LEAD:
        raise IllegalEdit(f"{quoted(told.headline)} is the lead already")
    taken = _taken(edition, change.event) if slug == LEAD else removed(edition, change.event)
    return _put(taken, told, change.section, change.place, newsletter)


def _put(edition: Edition, told: Told, section: str, place: int, newsletter: Newsletter) -> Edition:
    """Put a story that stands nowhere into a section, which is made where it is not there."""
    if section != LEAD:
        return inserted(with_section(edition, section, newsletter), told, section, place)
    before = told_of(edition, LEAD)
    edition = with_section(edition, LEAD, newsletter)
    others = tuple(block for block in section_of(edition, LEAD).blocks if not isinstance(block, LeadBlock))
    edition = with_blocks(edition, LEAD, (LeadBlock(told=told), *others))
    for old in before:
        home = next((one.section for one in edition.scored if one.event == old.event), "")
        known = [one.slug for one in newsletter.sections]
        edition = _put(edition, old, home if home in known else known[0], 0, newsletter)
    return edition


def _taken(edition: Edition, event: str) -> Edition:
    """Without this story; the next one in reading order leads where it was the lead."""
    rest = removed(edition, event)
    if told_of(rest, LEAD) or not rest.told:
        return rest
    heir = rest.told[0]
    rest = removed(rest, heir.event)
    if not any(section.slug == LEAD for section in rest.sections):
        rest = replace(rest, sections=(EditionSection(slug=LEAD, title="", blocks=()), *rest.sections))
    others = section_of(rest, LEAD).blocks
    return with_blocks(rest, LEAD, (LeadBlock(told=heir), *others))


def _order(edition: Edition, order: Sequence[str]) -> Edition:
    movable = [section.slug for section in edition.sections if section.slug != LEAD]
    if sorted(order) != sorted(movable):
        raise IllegalEdit(f"name every section once: {', '.join(movable)}")
    by_slug = {section.slug: section for section in edition.sections}
    first = tuple(section for section in edition.sections if section.slug == LEAD)
    return replace(edition, sections=(*first, *(by_slug[slug] for slug in order)))


def _rewrite(edition: Edition, change: Rewrite) -> Edition:
    headline, blurb = line(change.headline), " ".join(change.blurb.split())
    if not any(letter.isprintable() and not letter.isspace() for letter in headline):
        raise IllegalEdit("a story needs a headline")
    if len(headline) > _LONGEST_HEADLINE or len(blurb) > _LONGEST_BLURB:
        raise IllegalEdit(f"a headline has at most {_LONGEST_HEADLINE} characters, a blurb {_LONGEST_BLURB}")
    found = require_told(edition, change.event)
    was = Composed(event=found.event, headline=found.headline, blurb=found.blurb)
    kept = next((one for one in edition.composed if one.event == found.event), was)
    others = tuple(one for one in edition.composed if one.event != found.event)
    back = (headline, blurb) == (kept.headline, kept.blurb)
    edition = replace(edition, composed=others if back else (*others, kept))
    return retold(edition, change.event, lambda told: replace(told, headline=headline, blurb=blurb))


def _reset(edition: Edition, event: str) -> Edition:
    kept = next((one for one in edition.composed if one.event == event), None)
    if kept is None:
        raise IllegalEdit(f"{name_of(edition, event)} was not rewritten")
    edition = replace(edition, composed=tuple(one for one in edition.composed if one.event != event))
    return retold(edition, event, lambda told: replace(told, headline=kept.headline, blurb=kept.blurb))


def _subject(edition: Edition, change: SubjectLine, newsletter: Newsletter) -> Edition:
    subject = line(change.subject)
    other = edition.subject_b if change.other is None else line(change.other)
    if change.other and other and not newsletter.tracking.clicks:
        raise IllegalEdit(
            f"a second subject is judged by clicks, and {newsletter.slug} counts none: "
            "an operator turns that on by tracking.clicks"
        )
    if max(len(subject), len(other), len(line(change.preheader))) > _LONGEST_HEADLINE:
        raise IllegalEdit(f"a subject and a preheader have at most {_LONGEST_HEADLINE} characters")
    if other and other == subject:
        raise IllegalEdit("the second subject is the same as the first: write another one, or none")
    return replace(edition, subject=subject, preheader=line(change.preheader), subject_b=other)


def _note(edition: Edition, text: str, signed: str) -> Edition:
    text = text.replace("\r\n", "\n")
    if len(text) > _LONGEST_NOTE:
        raise IllegalEdit(f"a note has at most {_LONGEST_NOTE} characters")
    if len(signed) > _LONGEST_SIGNATURE:
        raise IllegalEdit(f"a signature has at most {_LONGEST_SIGNATURE} characters")
    stands = [block.signed for one in edition.sections for block in one.blocks if isinstance(block, NoteBlock)]
    if signed and not text and line(signed) not in stands:
        raise IllegalEdit("a signature stands below a note: write one, or take the signature out, too")
    if not told_of(edition, LEAD):
        raise IllegalEdit("a note stands below the lead, and there is none")
    sections = []
    for section in edition.sections:
        blocks: tuple[Block, ...] = tuple(block for block in section.blocks if not isinstance(block, NoteBlock))
        if section.slug == LEAD and text:
            blocks = (*blocks, NoteBlock(text=text, signed=line(signed)))
        sections.append(replace(section, blocks=blocks))
    return replace(edition, sections=filled(sections))


def _split(edition: Edition, change: Split) -> Edition:
    scored_of(edition, change.event)
    told = told_in(edition, change.event)
    if told is not None and told[1].story in change.apart.stories:
        raise IllegalEdit("the report that the event is told from stays: tell it from another one first")
    if not change.apart.stories or not change.rest.stories:
        raise IllegalEdit("choose some of its reports, and not all")
    edition = with_scored(with_scored(edition, change.rest), change.apart)
    return retold(edition, change.event, lambda one: _as_covered(one, change.rest)) if told else edition


def _merge(edition: Edition, change: Merge) -> Edition:
    if change.event == change.other:
        raise IllegalEdit("choose two different events")
    scored_of(edition, change.event)
    scored_of(edition, change.other)
    lead = told_of(edition, LEAD)
    if lead and lead[0].event == change.other:
        raise IllegalEdit("the lead stays: put the other one into it")
    if told_in(edition, change.other):
        edition = _taken(edition, change.other)
    others = tuple(one for one in edition.scored if one.event != change.other)
    edition = with_scored(replace(edition, scored=others), change.both)
    if not told_in(edition, change.event):
        return edition
    return retold(edition, change.event, lambda one: _as_covered(one, change.both))


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
