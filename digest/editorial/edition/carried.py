"""What an editor did goes along when an edition is composed anew: wishes before, pins, words and the note after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from digest.editorial.edition.compose import preheader_for, subject_for
from digest.editorial.edition.edits import edited
from digest.editorial.edition.parts import LEAD, told_in
from digest.model.change import IllegalEdit, Note, Rewrite, SubjectLine, Tell
from digest.model.edition import Edition, NoteBlock, ScoredEvent, Told
from digest.model.event import Wish
from digest.model.newsletter import Newsletter


def wishes_of(edition: Edition) -> dict[str, Wish]:
    """What the editor wanted, by story id: a story stays the same when events are formed anew."""
    found = {story: Wish.BAN for one in edition.scored if one.excluded for story in one.stories}
    return found | {story: Wish.PIN for one in edition.scored if one.pinned for story in one.stories}


def events_of(edition: Edition) -> dict[str, str]:
    """Its candidates as story id -> event id, parted and joined as an editor left them."""
    return {story: one.event for one in edition.scored for story in one.stories}


def carried(before: Edition, made: Edition, newsletter: Newsletter) -> Edition:
    """`made`, composed anew, with what an editor had done to `before`; version and status are those of `made`.

    What was pinned is told, from the old words where it is no candidate any more. A headline that was rewritten
    stays rewritten where the same story is told. A subject that somebody wrote stays, and so does the note.
    """
    wishes = _by_story(before)
    made = replace(made, scored=tuple(_marked(one, wishes) for one in made.scored))
    made = _with_pins(before, made, newsletter)
    made = _with_words(before, made, newsletter)
    note = next((block for one in before.sections for block in one.blocks if isinstance(block, NoteBlock)), None)
    if note is not None and any(one.slug == LEAD for one in made.sections):
        made = edited(made, Note(text=note.text, signed=note.signed), newsletter)
    own_subject = before.subject != subject_for(before.told)
    own_preheader = before.preheader != preheader_for(before.told, before.subject)
    if own_subject or own_preheader or before.subject_b:
        line = SubjectLine(
            subject=before.subject if own_subject else made.subject,
            preheader=before.preheader if own_preheader else made.preheader,
        )
        made = edited(made, line, newsletter)
        # As it stands: whether it can be judged is asked when it is written, and when it is planned.
        made = replace(made, subject_b=before.subject_b if before.subject_b != made.subject else "")
    return made


def _by_story(edition: Edition) -> Mapping[str, ScoredEvent]:
    return {story: one for one in edition.scored if one.pinned or one.excluded for story in one.stories}


def _marked(scored: ScoredEvent, wishes: Mapping[str, ScoredEvent]) -> ScoredEvent:
    found = [wishes[story] for story in scored.stories if story in wishes]
    if any(one.pinned for one in found):
        return replace(scored, pinned=True)
    out = next((one for one in found if one.excluded), None)
    return replace(scored, excluded=True, left_out=out.left_out) if out is not None and not scored.rank else scored


def _with_pins(before: Edition, made: Edition, newsletter: Newsletter) -> Edition:
    pinned = {one.event: one for one in before.scored if one.pinned}
    for told in before.told:
        if told.event not in pinned or _told_again(made, pinned[told.event]):
            continue
        home = told_in(before, told.event)
        section = home[0] if home is not None else ""
        # The day's lead is chosen anew; what led before is told in its own section, unless there is no other lead.
        if section == LEAD and made.told:
            section = pinned[told.event].section
        made = _told(made, told, section, pinned[told.event], newsletter)
    return made


def _told(made: Edition, told: Told, section: str, scored: ScoredEvent, newsletter: Newsletter) -> Edition:
    known = {LEAD, "briefs", *(one.slug for one in newsletter.sections)}
    there = next((one for one in made.scored if set(one.stories) & set(scored.stories)), None)
    own = there if there is not None else replace(scored, rank=0)
    wanted = Tell(
        told=replace(told, event=own.event),
        section=section if section in known else newsletter.sections[0].slug,
        scored=own,
    )
    return edited(made, wanted, newsletter)


def _told_again(made: Edition, scored: ScoredEvent) -> bool:
    stories = {story for one in made.scored if one.rank for story in one.stories}
    return bool(stories & set(scored.stories)) or told_in(made, scored.event) is not None


def _with_words(before: Edition, made: Edition, newsletter: Newsletter) -> Edition:
    rewritten = {one.event for one in before.composed}
    own = {told.story: told for told in before.told if told.event in rewritten}
    for told in made.told:
        words = own.get(told.story)
        if words is None or (words.headline, words.blurb) == (told.headline, told.blurb):
            continue
        try:
            made = edited(made, Rewrite(event=told.event, headline=words.headline, blurb=words.blurb), newsletter)
        except IllegalEdit:
            # Words that the rules of today do not take any more: the composed ones stand.
            continue
    return made
