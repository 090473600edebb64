"""What an editor's change makes of an edition: each change, what is refused, and what always holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editorial.edition.edits import edited, in_words
from digest.editorial.edition.parts import told_in
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
from digest.model.edition import BriefsBlock, Edition, LeadBlock, NoteBlock, ScoredEvent
from digest.model.newsletter import Section
from tests import builders
from tests.digest.render import editions

NEWSLETTER = editions.NEWSLETTER


def scored(event: str, headline: str, section: str, score: float, **more: object) -> ScoredEvent:
    made = ScoredEvent(
        event=event, headline=headline, score=score, parts=(), why="9 outlets", section=section,
        outlets=("A", "B"), wires=(), stories=(f"s-{event}", f"t-{event}"),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def edition() -> Edition:
    """The sample edition, with a candidate for everything told and three more."""
    made = editions.edition()
    known = [
        scored(told.event, told.headline, section.slug if section.slug != "lead" else "world", 9.0 - place / 10)
        for place, (section, told) in enumerate(
            (section, told) for section in made.sections for told in replace(made, sections=(section,)).told
        )
    ]
    more = [scored(f"more{n}", f"Candidate number {n}", "europe", 1.0 - n / 10) for n in (1, 2, 3)]
    return edited(replace(made, scored=(*known, *more)), Pin(event="more1", pinned=False), NEWSLETTER)


def of(made: Edition, slug: str) -> list[str]:
    section = next((one for one in made.sections if one.slug == slug), None)
    return [told.event for told in replace(made, sections=(section,)).told] if section else []


def do(made: Edition, change: Change) -> Edition:
    assert in_words(made, change, NEWSLETTER)
    return edited(made, change, NEWSLETTER)


def tell(n: int, section: str = "europe", place: int = -1) -> Tell:
    return Tell(told=builders.told(event=f"more{n}", headline=f"Candidate number {n}"), section=section, place=place)


def test_excluding_keeps_the_reason_and_the_next_one_leads() -> None:
    before = edition()
    lead, second = before.told[0], before.told[1]
    after = do(before, Exclude(event=lead.event, reason=" not  for us "))
    assert told_in(after, lead.event) is None
    assert told_in(after, second.event) == ("lead", second)
    kept = next(one for one in after.scored if one.event == lead.event)
    assert (kept.excluded, kept.rank, kept.left_out) == (True, 0, "excluded: not for us")
    back = do(after, Readmit(event=lead.event))
    assert not next(one for one in back.scored if one.event == lead.event).excluded
    with pytest.raises(IllegalEdit, match="say why"):
        do(before, Exclude(event=lead.event, reason=" "))


def test_a_candidate_is_told_once() -> None:
    after = do(edition(), tell(1, place=0))
    assert of(after, "europe")[0] == "more1"
    assert next(one for one in after.scored if one.event == "more1").pinned
    with pytest.raises(IllegalEdit, match="already"):
        do(after, tell(1))
    with pytest.raises(IllegalEdit, match="no candidate"):
        do(after, Tell(told=builders.told(event="unknown"), section="europe"))
    with pytest.raises(IllegalEdit, match="no section"):
        do(edition(), tell(2, section="sport"))


def test_another_lead_sends_the_first_one_home() -> None:
    before = edition()
    old, new = before.told[0].event, of(before, "europe")[0]
    after = do(before, Lead(event=new))
    assert after.told[0].event == new
    assert of(after, "world")[0] == old
    assert [one.rank for one in after.scored if one.event == new] == [1]
    with pytest.raises(IllegalEdit, match="lead already"):
        do(after, Lead(event=new))


def test_changes_are_said_with_the_titles_that_people_know() -> None:
    made = edition()
    headline = made.told[1].headline
    told = made.told[1].event
    titled = replace(NEWSLETTER, sections=(Section(slug="science", title="Science and health"),))
    for section, words in (
        ("science", f"moved “{headline}” to Science and health"),
        ("lead", f"made “{headline}” the lead"),
        ("briefs", f"moved “{headline}” to the briefs"),
        ("gone", f"moved “{headline}” to gone"),
    ):
        assert in_words(made, Place(event=told, section=section), titled) == words
    whole = next(one for one in made.scored if one.event == told)
    for apart, words in ((("a",), "parted 1 report from"), (("a", "b"), "parted 2 reports from")):
        change = Split(event=told, rest=whole, apart=replace(whole, stories=apart))
        assert in_words(made, change, titled) == f"{words} “{headline}”"


def test_moving_within_a_section_and_to_others() -> None:
    before = edition()
    first, second, *_ = of(before, "world")
    after = do(before, Move(event=first, step=1))
    assert of(after, "world")[:2] == [second, first]
    assert do(after, Move(event=first, step=-1)) == before
    with pytest.raises(IllegalEdit, match="is the first of its section already"):
        do(before, Move(event=first, step=-1))
    with pytest.raises(IllegalEdit, match="is the last of its section already"):
        do(before, Move(event=of(before, "world")[-1], step=1))
    for step in (-1, 1):
        with pytest.raises(IllegalEdit, match="is the lead, and stands on top"):
            do(before, Move(event=before.told[0].event, step=step))
    after = do(before, Place(event=first, section="briefs", place=1))
    assert of(after, "briefs")[1] == first
    assert of(do(after, Place(event=first, section="world", place=0)), "world") == of(before, "world")
    after = do(before, Place(event=before.told[0].event, section="science"))
    assert of(after, "science")[-1] == before.told[0].event
    assert after.told[0].event == before.told[1].event


def test_the_order_of_sections() -> None:
    before = edition()
    order = tuple(one.slug for one in before.sections if one.slug != "lead")[::-1]
    after = do(before, OrderSections(order=order))
    assert tuple(one.slug for one in after.sections) == ("lead", *order)
    with pytest.raises(IllegalEdit):
        do(before, OrderSections(order=order[1:]))


def test_rewriting_and_taking_it_back() -> None:
    before = edition()
    event = of(before, "europe")[0]
    once = do(before, Rewrite(event=event, headline="  Our   own words", blurb="Short\nand plain."))
    twice = do(once, Rewrite(event=event, headline="Better words", blurb=""))
    found = told_in(twice, event)
    assert found is not None
    assert (found[1].headline, found[1].blurb) == ("Better words", "")
    assert len(twice.composed) == 1
    assert do(twice, Reset(event=event)) == before
    original = told_in(before, event)
    assert original is not None
    same = Rewrite(event=event, headline=original[1].headline, blurb=original[1].blurb)
    assert do(twice, same).composed == ()
    with pytest.raises(IllegalEdit, match="headline"):
        do(before, Rewrite(event=event, headline=" ", blurb="x"))
    with pytest.raises(IllegalEdit, match="not rewritten"):
        do(before, Reset(event=event))


def test_a_subject_of_ours_follows_the_lead_and_an_editors_stays() -> None:
    ours = do(edition(), SubjectLine(subject="x", preheader="y"))
    from_stories = replace(ours, subject="", preheader="")
    assert do(from_stories, Lead(event=ours.told[2].event)).subject == ""
    written = do(edition(), SubjectLine(subject="An editor's  own", preheader=""))
    assert do(written, Lead(event=written.told[2].event)).subject == "An editor's own"
    composed = replace(edition(), subject=_subject(edition()))
    after = do(composed, Lead(event=composed.told[2].event))
    assert after.subject == _subject(after)
    assert after.subject != composed.subject


def _subject(made: Edition) -> str:
    from digest.editorial.edition.compose import subject_for  # noqa: PLC0415

    return subject_for(made.told)


def test_the_note() -> None:
    after = do(edition(), Note(text="One.\r\n\r\nTwo.", signed="Ann"))
    notes = [block for section in after.sections for block in section.blocks if isinstance(block, NoteBlock)]
    assert notes == [NoteBlock(text="One.\n\nTwo.", signed="Ann")]
    gone = do(after, Note(text=" "))
    assert not [block for section in gone.sections for block in section.blocks if isinstance(block, NoteBlock)]


def test_splitting_and_merging() -> None:
    before = edition()
    event = of(before, "europe")[0]
    rest = scored(event, "rest", "europe", 5.0, stories=(f"s-{event}",), outlets=("A",))
    apart = scored("new", "apart", "europe", 2.0, stories=(f"t-{event}",))
    after = do(before, Split(event=event, rest=rest, apart=apart))
    assert [one.rank for one in after.scored if one.event == "new"] == [0]
    found = told_in(after, event)
    assert found is not None
    assert found[1].outlets == 1
    both = scored(event, "both", "europe", 6.0, outlets=("A", "B", "C"))
    merged = do(after, Merge(event=event, other="new", both=both))
    assert "new" not in {one.event for one in merged.scored}
    other = of(before, "world")[0]
    merged = do(before, Merge(event=event, other=other, both=both))
    assert told_in(merged, other) is None
    with pytest.raises(IllegalEdit, match="two different"):
        do(before, Merge(event=event, other=event, both=both))
    with pytest.raises(IllegalEdit, match="lead stays"):
        do(before, Merge(event=event, other=before.told[0].event, both=both))
    told = told_in(before, event)
    assert told is not None
    with pytest.raises(IllegalEdit, match="told from"):
        do(before, Split(event=event, rest=rest, apart=replace(apart, stories=(told[1].story,))))


EVENTS = [told.event for told in edition().told] + ["more1", "more2", "more3", "nowhere"]
SECTIONS = ["lead", "world", "europe", "business", "science", "briefs", "sport"]
event = st.sampled_from(EVENTS)
CHANGES = st.one_of(
    st.builds(Exclude, event=event, reason=st.just("a reason")),
    st.builds(Readmit, event=event),
    st.builds(Pin, event=event, pinned=st.booleans()),
    st.builds(Lead, event=event),
    st.builds(Move, event=event, step=st.sampled_from([-1, 0, 1])),
    st.builds(Place, event=event, section=st.sampled_from(SECTIONS), place=st.integers(-1, 6)),
    st.builds(Rewrite, event=event, headline=st.sampled_from(["", "New words"]), blurb=st.just("b")),
    st.builds(Reset, event=event),
    st.builds(Note, text=st.sampled_from(["", "A note"])),
    st.builds(lambda n, s, p: tell(n, s, p), st.integers(1, 3), st.sampled_from(SECTIONS), st.integers(-1, 3)),
    st.permutations([s for s in SECTIONS if s not in ("lead", "sport")]).map(lambda o: OrderSections(order=tuple(o))),
)


@given(changes=st.lists(CHANGES, max_size=12))
def test_whatever_an_editor_does_the_edition_stays_whole(changes: list[Change]) -> None:
    made = edition()
    for change in changes:
        before = made
        try:
            made = do(made, change)
        except IllegalEdit:
            assert made is before
            continue
        events = [told.event for told in made.told]
        assert len(events) == len(set(events))
        leads = [block for section in made.sections for block in section.blocks if isinstance(block, LeadBlock)]
        assert len(leads) == (1 if events else 0)
        assert all(section.blocks for section in made.sections)
        assert all(b.told for s in made.sections for b in s.blocks if isinstance(b, BriefsBlock))
        assert len({section.slug for section in made.sections}) == len(made.sections)
        ranks = {one.event: one.rank for one in made.scored if one.rank}
        assert set(ranks) == set(events)
        assert sorted(ranks.values()) == list(range(1, len(events) + 1))
        assert not events or ranks[events[0]] == 1
        assert not any(one.excluded and one.rank for one in made.scored)
