"""Every fault of an edition is found, named, and says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.editorial.edition.compose import compose
from digest.editorial.edition.lint import lint
from digest.model.edition import Edition, EditionSection, LeadBlock, NoteBlock, StoryBlock, Told
from tests.digest.editorial.build import CUTOFF, day_stories, newsletter

DAY = date(2022, 4, 8)


def good() -> Edition:
    return compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)


def found(edition: Edition) -> dict[str, str]:
    return {finding.id: finding.severity for finding in lint(edition, newsletter(), now=CUTOFF)}


def with_lead(edition: Edition, **change: object) -> Edition:
    block = edition.sections[0].blocks[0]
    assert isinstance(block, LeadBlock)
    lead = replace(block, told=replace(block.told, **change))  # type: ignore[arg-type]
    return replace(edition, sections=(replace(edition.sections[0], blocks=(lead,)), *edition.sections[1:]))


def test_a_good_edition_has_no_finding() -> None:
    assert found(good()) == {}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", "no-subject"),
        ("   ", "no-subject"),
        ("x" * 201, "long-subject"),
        ("War and TK", "unfinished"),
        ("Hello {{ name }}", "unfinished"),
    ],
)
def test_the_subject(subject: str, expected: str) -> None:
    assert found(replace(good(), subject=subject)) == {expected: "blocker"}


def test_words_that_only_look_unfinished_pass() -> None:
    assert found(replace(good(), subject="TKO in Las Vegas: 50 % {sic}")) == {}


def test_an_editors_note_is_read_and_an_outlets_text_is_not() -> None:
    note = EditionSection(slug="note", title="", blocks=(NoteBlock(text="Dear readers, TK"),))
    edition = good()
    assert found(replace(edition, sections=(*edition.sections, note))) == {"unfinished": "blocker"}
    assert found(with_lead(edition, blurb="They wrote {{7*7}} in the form.")) == {}


def test_no_lead_and_thin() -> None:
    edition = good()
    assert found(replace(edition, sections=edition.sections[1:]))["no-lead"] == "blocker"
    assert found(replace(edition, sections=edition.sections[:1])) == {"thin": "blocker"}


def test_stale() -> None:
    edition = good()
    old = CUTOFF - timedelta(hours=40)

    def aged(told: Told) -> Told:
        return replace(told, published_at=old)

    sections = tuple(
        replace(
            section,
            blocks=tuple(
                replace(block, told=aged(block.told)) if isinstance(block, LeadBlock | StoryBlock) else block
                for block in section.blocks
            ),
        )
        for section in edition.sections
    )
    assert found(replace(edition, sections=sections)) == {"stale": "blocker"}


def test_links() -> None:
    edition = good()
    assert found(with_lead(edition, url="javascript:alert(1)")) == {"unsafe-url": "blocker"}
    assert found(with_lead(edition, image_url="file:///etc/passwd")) == {}  # never linked, only fetched
    assert found(with_lead(edition, url="")) == {"no-link": "warning"}
    assert found(with_lead(edition, url=edition.told[1].url)) == {"duplicate-link": "warning"}


def test_one_source_tells_too_much() -> None:
    edition = good()
    names = {told.outlet for told in edition.told}
    assert len(names) >= 5
    sections = tuple(
        replace(
            section,
            blocks=tuple(
                replace(block, told=replace(block.told, outlet="Wire"))
                if isinstance(block, LeadBlock | StoryBlock)
                else block
                for block in section.blocks
            ),
        )
        for section in edition.sections
    )
    assert found(replace(edition, sections=sections)) == {"one-source": "warning"}


def test_every_finding_names_the_next_step() -> None:
    edition = replace(good(), subject="", sections=())
    for finding in lint(edition, newsletter(), now=CUTOFF):
        assert finding.fix
        assert finding.message
