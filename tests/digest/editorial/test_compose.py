"""A day's stories become an edition: whole, deterministic, and with its reasons."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from digest.editorial.compose import compose
from digest.editorial.lint import lint
from digest.model.edition import BriefsBlock, EditionStatus, LeadBlock
from digest.model.newsletter import Picking
from digest.model.story import Story

from .build import CUTOFF, newsletter, story

DAY = date(2022, 4, 9)

STATION = "Missiles struck the railway station of Kramatorsk, killing at least 39 people who waited for trains"
PAKISTAN = "Pakistan's Supreme Court restored the parliament in Islamabad and ordered Imran Khan to face a vote"
FRANCE = "French voters choose between Emmanuel Macron and Marine Le Pen in the first round on Sunday"
FOOD = "World food prices rose 12.6 percent in March to a record, the FAO index of cereals and vegetable oils shows"
AXIOM = "A capsule carrying the first private crew of Axiom lifted off from Florida towards the space station"
GOLF = "Tiger Woods returned to the Masters in Augusta and finished his opening round one under par before fans"


def day_stories() -> list[Story]:
    return [
        story("k1", "Missiles hit Kramatorsk station, 39 killed", f"{STATION}. Officials in Donetsk blamed Russia.",
              outlet="Meridian Wire", wire=True, hours_ago=9),
        story("k2", "Dozens die as rockets strike Kramatorsk railway station", f"{STATION} from Donetsk.",
              outlet="Levant Post", hours_ago=8),
        story("k3", "Ukraine: at least 39 dead at Kramatorsk station", f"Witnesses spoke of chaos. {STATION}.",
              outlet="Rhein Kurier", hours_ago=7, section="Europe"),
        story("p1", "Pakistan court restores parliament in blow to Imran Khan", f"{PAKISTAN} on Saturday.",
              outlet="Indus Mirror", hours_ago=20),
        story("p2", "Imran Khan faces vote after Supreme Court ruling", f"The ruling is a blow. {PAKISTAN}.",
              outlet="Harbour Times", hours_ago=18),
        story("f1", "Macron and Le Pen make last pitch before French vote", f"{FRANCE}. Polls narrowed.",
              outlet="Brussels Dispatch", hours_ago=12, section="Europe"),
        story("b1", "Food prices hit record, FAO says", f"{FOOD}. The war cut exports.", outlet="Capital Ledger",
              hours_ago=16, section="Business"),
        story("a1", "First private crew heads to space station", f"{AXIOM}. The crew stays ten days.",
              outlet="Austral Daily", hours_ago=13, section="Science"),
        story("g1", "Tiger Woods back at the Masters", f"{GOLF}.", outlet="Great Lakes Tribune", section="Sport"),
    ]  # fmt: skip


def test_a_day_becomes_an_edition_with_lead_sections_and_reasons() -> None:
    edition = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    lead = edition.sections[0].blocks[0]
    assert isinstance(lead, LeadBlock)
    assert "Kramatorsk" in lead.told.headline
    assert lead.told.kicker == "Ukraine"
    assert edition.status is EditionStatus.DRAFT
    assert [section.slug for section in edition.sections] == ["lead", "world", "europe", "business"]
    assert edition.scored[0].rank == 1
    assert "3 outlets" in edition.scored[0].why
    assert set(edition.scored[0].stories) == {"k1", "k2", "k3"}
    left = {scored.headline: scored.left_out for scored in edition.scored if not scored.rank}
    assert "below the threshold" in left["Tiger Woods back at the Masters"]
    assert {link.outlet for link in lead.told.related} <= {"Meridian Wire", "Levant Post", "Rhein Kurier"}
    assert len(lead.told.related) == 2
    assert not [finding for finding in lint(edition, newsletter(), now=CUTOFF) if finding.blocks]


def test_the_same_input_gives_the_same_edition_in_any_order() -> None:
    stories = day_stories()
    first = compose(newsletter(), DAY, stories, now=CUTOFF, cutoff=CUTOFF)
    for seed in range(5):
        random.Random(seed).shuffle(stories)
        assert compose(newsletter(), DAY, stories, now=CUTOFF, cutoff=CUTOFF) == first


def test_inputs_are_hashed() -> None:
    stories = day_stories()
    first = compose(newsletter(), DAY, stories, now=CUTOFF, cutoff=CUTOFF)
    changed = [replace(stories[0], text=stories[0].text + " More."), *stories[1:]]
    assert compose(newsletter(), DAY, changed, now=CUTOFF, cutoff=CUTOFF).inputs_sha256 != first.inputs_sha256
    rules = newsletter(picking=Picking(max_events=3))
    assert compose(rules, DAY, stories, now=CUTOFF, cutoff=CUTOFF).inputs_sha256 != first.inputs_sha256


def test_only_the_window_and_the_language_count() -> None:
    stories = [
        replace(day_stories()[0], published_at=CUTOFF),
        replace(day_stories()[1], published_at=CUTOFF - timedelta(hours=80)),
        replace(day_stories()[2], language="fr"),
    ]
    edition = compose(newsletter(), DAY, stories, now=CUTOFF, cutoff=CUTOFF)
    assert edition.sections == ()
    assert edition.subject == ""
    assert {finding.id for finding in lint(edition, newsletter(), now=CUTOFF)} >= {"no-lead", "thin", "no-subject"}


def test_what_was_told_yesterday_and_has_no_new_report_is_left_out_and_says_so() -> None:
    yesterday = compose(newsletter(), date(2022, 4, 8), day_stories(), now=CUTOFF, cutoff=CUTOFF)
    today = CUTOFF + timedelta(hours=6)
    again = compose(newsletter(), DAY, day_stories(), now=today, cutoff=today, sent=[yesterday])
    assert again.told == ()
    assert any("told yesterday, no new report since" in scored.left_out for scored in again.scored)


def test_subject_and_preheader_say_different_things() -> None:
    edition = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    assert 0 < len(edition.subject) <= 70
    assert 35 <= len(edition.preheader) <= 110
    assert edition.told[0].headline not in edition.preheader


def test_a_full_section_sends_its_next_event_to_the_briefs() -> None:
    rules = newsletter(picking=Picking(max_events=4, briefs=2, min_events=1))
    edition = compose(rules, DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    assert edition.sections[-1].slug == "briefs"
    assert isinstance(edition.sections[-1].blocks[0], BriefsBlock)
    assert len(edition.told) == 4
