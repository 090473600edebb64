"""A day's stories become an edition: whole, deterministic, and with its reasons."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.editorial.edition.compose import compose
from digest.editorial.edition.lint import lint
from digest.model.edition import BriefsBlock, EditionStatus, LeadBlock, Telling
from digest.model.event import RelatedKind, Wish
from digest.model.newsletter import Picking
from digest.model.story import Story
from tests.digest.editorial.build import (
    CUTOFF,
    STATION,
    day_stories,
    newsletter,
    origin,
    story,
)

DAY = date(2022, 4, 9)


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


def test_new_reports_tell_yesterdays_event_again_with_what_came_before_beside_them() -> None:
    first_cutoff, first_day = CUTOFF, date(2022, 4, 8)
    yesterday = compose(newsletter(), first_day, day_stories(), now=first_cutoff, cutoff=first_cutoff)
    later = CUTOFF + timedelta(hours=24)
    new = [
        story("k8", "Kramatorsk station: toll rises to 52", f"{STATION}. Now 52 are dead.", outlet="Levant Post",
              hours_ago=-10),
        story("k9", "Toll of 52 in Kramatorsk station strike", f"The toll is 52. {STATION}.", outlet="Diario",
              hours_ago=-12),
    ]  # fmt: skip
    today = compose(newsletter(), DAY, [*day_stories(), *new], now=later, cutoff=later, sent=[yesterday])
    assert [told.headline for told in today.told] in (["Kramatorsk station: toll rises to 52"], [new[1].headline])
    assert today.told[0].event == yesterday.told[0].event, "the event keeps its name"
    assert "2 outlets" in today.scored[0].why
    assert "seen yesterday, new since: 52" in today.scored[0].why
    before = [link for link in today.told[0].related if link.kind is RelatedKind.EARLIER]
    assert [link.url for link in before] == [yesterday.told[0].url]


def later_the_same_day(*headlines: str) -> list[Story]:
    return [
        story(f"n{place}", headline, f"{STATION}. {headline}.", outlet=outlet, hours_ago=-place - 1)
        for place, (headline, outlet) in enumerate(zip(headlines, ("Levant Post", "Diario"), strict=True))
    ]


def test_new_facts_of_the_last_editions_own_day_are_new() -> None:
    yesterday = compose(newsletter(), CUTOFF.date(), day_stories(), now=CUTOFF, cutoff=CUTOFF)
    new = later_the_same_day("Kramatorsk station: toll rises to 52", "Toll of 52 in Kramatorsk station strike")
    assert {one.published_at.date() for one in new} == {CUTOFF.date()}
    later, day = CUTOFF + timedelta(hours=24), CUTOFF.date() + timedelta(days=1)
    today = compose(newsletter(), day, [*day_stories(), *new], now=later, cutoff=later, sent=[yesterday])
    assert "seen yesterday, new since: 52" in today.scored[0].why


@pytest.mark.parametrize(
    "headline",
    [
        "What we know about the Kramatorsk station strike: 5 questions",
        "In pictures: Kramatorsk station after the strike, 12 photos",
        "Video: Kramatorsk station strike in 60 seconds",
        "Opinion: After Kramatorsk station, 3 things to do",
        "Kramatorsk station strike: day 45 of the war",
        "Kramatorsk station strike the worst since 2014",
        "Kramatorsk station strike at 10:30 seen by a clock",
    ],
)
def test_no_new_fact_is_what_explains_or_shows_or_the_time_of_day(headline: str) -> None:
    yesterday = compose(newsletter(), CUTOFF.date(), day_stories(), now=CUTOFF, cutoff=CUTOFF)
    text = f"{headline}. Survivors told of chaos in Kramatorsk in Ukraine, and of help that came late to the station."
    new = story("n0", headline, text, outlet="Levant Post", hours_ago=-1)
    later, day = CUTOFF + timedelta(hours=24), CUTOFF.date() + timedelta(days=1)
    today = compose(newsletter(), day, [*day_stories(), new], now=later, cutoff=later, sent=[yesterday])
    assert "seen yesterday -0.6" in today.scored[0].why


def test_what_a_headline_at_hand_said_is_no_new_fact_of_a_later_one() -> None:
    other = story("k4", "Kyrylenko: rockets hit Kramatorsk station", f"{STATION}.", outlet="Diario", hours_ago=8)
    yesterday = compose(newsletter(), CUTOFF.date(), [*day_stories(), other], now=CUTOFF, cutoff=CUTOFF)
    assert "Kyrylenko" not in f"{yesterday.told[0].headline} {yesterday.told[0].blurb}"
    new = later_the_same_day("Strike on Kramatorsk station, says Kyrylenko", "Kramatorsk station hit, says Kyrylenko")
    later, day = CUTOFF + timedelta(hours=24), CUTOFF.date() + timedelta(days=1)
    today = compose(newsletter(), day, [*day_stories(), other, *new], now=later, cutoff=later, sent=[yesterday])
    assert "seen yesterday -0.6" in today.scored[0].why


QUAKE = (
    "The ground shook for nearly a minute before dawn and brought down houses in the hills above Corinto, officials "
    "said. Soldiers dug with their hands in the rubble of a school, and the road to the coast was cut in places. "
    "The quake of magnitude 6.8 was felt as far as the capital, where people ran into the streets in nightclothes."
)


def test_a_wires_update_of_yesterdays_text_is_news_of_it_and_a_reprint_is_not() -> None:
    first = story("w1", "Quake in the hills of Corinto kills 12", f"At least 12 people died. {QUAKE}",
                  outlet="Meridian Wire", wire=True)  # fmt: skip
    yesterday = compose(newsletter(), date(2022, 4, 8), [first, *day_stories()], now=CUTOFF, cutoff=CUTOFF)
    assert "w1" in {told.story for told in yesterday.told}
    later = CUTOFF + timedelta(hours=24)
    reprint = story("p1", "Quake kills 12 in Corinto", first.text, outlet="Harbour Times", hours_ago=-9)
    only = compose(newsletter(), DAY, [first, reprint], now=later, cutoff=later, sent=[yesterday])
    assert [scored.left_out for scored in only.scored] == ["told yesterday, no new report since"]
    update = story("w2", "Quake toll in Corinto rises to 39", f"The toll has risen to 39, from 12. {QUAKE}",
                   outlet="Meridian Wire", wire=True, hours_ago=-8)  # fmt: skip
    stories = [first, reprint, update]
    today = compose(newsletter(), DAY, stories, now=later, cutoff=later, sent=[yesterday])
    assert [told.story for told in today.told] == ["w2"]
    assert today.scored[0].outlets == ("Meridian Wire",)
    assert today.scored[0].copies == ("p1",)
    assert "seen yesterday, new since: 39" in today.scored[0].why


def test_a_report_beside_what_was_told_is_known_in_whatever_event_it_is_today() -> None:
    yesterday = compose(newsletter(), date(2022, 4, 8), day_stories(), now=CUTOFF, cutoff=CUTOFF)
    lead = yesterday.told[0]
    assert lead.story == "k1"
    later = CUTOFF + timedelta(hours=6)
    left = [one for one in day_stories() if one.id in ("k2", "k3")]
    today = compose(newsletter(), DAY, left, now=later, cutoff=later, sent=[yesterday])
    assert today.told == ()
    assert {scored.left_out for scored in today.scored} == {"told yesterday, no new report since"}


def test_a_late_report_from_before_the_cutoff_is_new() -> None:
    yesterday = compose(newsletter(), date(2022, 4, 8), day_stories(), now=CUTOFF, cutoff=CUTOFF)
    later = CUTOFF + timedelta(hours=3)
    late = story("k7", "Eyewitness in Kramatorsk: the station burned", f"Ash fell. {STATION}.", outlet="Diario")
    late = replace(late, first_seen=CUTOFF + timedelta(hours=1))
    today = compose(newsletter(), DAY, [*day_stories(), late], now=later, cutoff=later, sent=[yesterday])
    assert [told.story for told in today.told] == ["k7"]


def test_one_outlet_does_not_tell_everything() -> None:
    stories = [
        replace(one, id=f"{outlet}{one.id}", origin=origin(outlet, wire=outlet == "Wire"),
                headline=f"{one.headline} {tail}", url=f"https://{outlet.lower()}.example/{one.id}",
                text=f"{one.text} " + " ".join(f"{outlet}{one.id}{word}" for word in range(40)))
        for one in day_stories()
        for outlet, tail in (("Wire", "today"), ("Other", "now"), ("Third", "here"))
        if one.id in ("k1", "p1", "f1", "b1", "a1", "r1")
    ]  # fmt: skip
    edition = compose(newsletter(), DAY, stories, now=CUTOFF, cutoff=CUTOFF)
    assert len(edition.told) >= 5
    assert max(Counter(told.outlet for told in edition.told).values()) <= 2


def test_hostile_headlines_are_told_as_text_and_nothing_breaks() -> None:
    hostile = ['<script>alert(1)</script> {{7*7}} & "quoted"', "x" * 300, "{% raw %} TK \\", "ﷺ ‮ test vote"]
    stories = [
        story(f"h{place}", headline, f"{headline} killed {place} in Lima.", outlet=f"O{place}")
        for place, headline in enumerate(hostile)
    ]
    edition = compose(newsletter(), DAY, [*day_stories(), *stories], now=CUTOFF, cutoff=CUTOFF)
    assert all(len(told.blurb) <= 240 for told in edition.told)
    assert len(edition.subject) <= 70
    assert edition.told[0].headline.startswith(("Missiles", "Dozens", "Ukraine"))


def test_a_newsletter_in_french() -> None:
    french = [
        story("f1", "Séisme au Pérou : 12 morts à Lima", "Un séisme a frappé Lima vendredi et fait douze morts.",
              outlet="Courrier", language="fr", section="Monde"),
        story("f2", "Macron en tête à Paris avant le scrutin", "Le président Macron reste en tête des sondages.",
              outlet="Gazette", language="fr", section="Europe"),
    ]  # fmt: skip
    edition = compose(newsletter(language="fr"), DAY, [*day_stories(), *french], now=CUTOFF, cutoff=CUTOFF)
    assert {told.story for told in edition.told} == {"f1", "f2"}
    assert {told.kicker for told in edition.told} == {"Pérou", "France"}


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


def test_the_archive_gives_background_and_counts_as_input() -> None:
    before = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    lead = before.told[0]
    old = replace(
        lead, event="old", story="old", headline="Kramatorsk in Donetsk counts its dead after missiles struck Ukraine",
        url="https://wire.example/old", published_at=CUTOFF - timedelta(days=60),
    )  # fmt: skip
    archive = [Telling(date=DAY - timedelta(days=60), told=old)]
    rules = newsletter(picking=Picking(related=4))
    made = compose(rules, DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF, archive=archive)
    found = [link for link in made.told[0].related if link.kind is RelatedKind.BACKGROUND]
    assert [link.url for link in found] == [old.url]
    assert found[0].why.startswith("8 February, ")
    without = compose(rules, DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    assert made.inputs_sha256 != without.inputs_sha256
    of_today = [replace(archive[0], date=DAY)]
    assert compose(rules, DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF, archive=of_today) == without


def test_what_an_editor_pins_is_told_first_and_what_is_banned_is_not() -> None:
    plain = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    wishes = {"g1": Wish.PIN, "k2": Wish.BAN}
    made = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF, wishes=wishes)
    assert made.told[0].story == "g1", "below the threshold by its own score"
    scored = {one.headline: one for one in made.scored}
    assert "Kramatorsk" in plain.told[0].headline
    assert not any("Kramatorsk" in told.headline for told in made.told)
    assert [one.left_out for title, one in scored.items() if "Kramatorsk" in title] == ["taken out by an editor"]
    assert made.inputs_sha256 != plain.inputs_sha256


def test_a_pin_tells_again_what_has_no_new_report() -> None:
    yesterday = compose(newsletter(), DAY, day_stories(), now=CUTOFF, cutoff=CUTOFF)
    later = CUTOFF + timedelta(days=1)
    day = DAY + timedelta(days=1)
    plain = compose(newsletter(), day, day_stories(), now=later, cutoff=later, sent=[yesterday])
    assert "p1" not in {told.story for told in plain.told}
    wishes = {"p1": Wish.PIN}
    made = compose(newsletter(), day, day_stories(), now=later, cutoff=later, sent=[yesterday], wishes=wishes)
    assert {"p1", "p2"} & {made.told[0].story}
    assert made.scored[0].left_out == ""
