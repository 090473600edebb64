"""Events of several languages are joined where names, numbers and dates agree, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.editorial.edition.compose import compose
from digest.editorial.events.tongues import joined
from digest.model.event import Event
from digest.model.newsletter import Picking
from digest.model.story import Story
from tests.digest.editorial.build import CUTOFF, event, newsletter, story

ENGLISH = "The governor Kyrylenko said that a missile hit Kramatorsk and killed at least 52 people."
FRENCH = "Le gouverneur Kyrylenko parle de 52 morts après la frappe sur la gare de Kramatorsk."
HOME = event(story("en", "Missile hits Kramatorsk station", ENGLISH))


def abroad(text: str = FRENCH, **changes: object) -> Event:
    made = story("fr", "Frappe sur la gare", text, outlet="Courrier", language="fr")
    return event(replace(made, **changes))  # type: ignore[arg-type]


def test_a_report_in_another_language_joins_the_event_and_changes_neither_name_nor_lead() -> None:
    (made,) = joined([abroad(), HOME], "en")
    assert (made.id, made.lead.id) == ("en", "en")
    assert [one.id for one in made.stories] == ["en", "fr"]


@pytest.mark.parametrize(
    ("guest", "why"),
    [
        (abroad(FRENCH.replace("52", "48")), "no number in common"),
        (abroad(FRENCH.replace("52", "2022")), "a year tells nothing"),
        (abroad(FRENCH.replace("Kyrylenko", "Ferrand").replace("Kramatorsk", "Lyon")), "no name in common"),
        (abroad(published_at=HOME.lead.published_at.replace(day=1)), "days apart"),
    ],
)
def test_what_does_not_agree_stays_apart(guest: Event, why: str) -> None:
    assert len(joined([HOME, guest], "en")) == 2, why


def test_what_half_of_the_events_name_tells_nothing() -> None:
    others = [event(story(f"x{number}", f"In Kramatorsk {number}", ENGLISH)) for number in range(4)]
    assert len(joined([HOME, *others, abroad()], "en")) == 6


def test_one_language_or_nothing_is_returned_as_it_is() -> None:
    assert joined([], "en") == ()
    assert joined([HOME], "en") == (HOME,)
    assert joined([abroad()], "en") == (abroad(),)


def composed(stories: list[Story], *, join: bool) -> tuple[str, ...]:
    rules = newsletter(picking=Picking(join_languages=join, threshold=-5.0))
    made = compose(rules, date(2022, 4, 9), stories, now=CUTOFF, cutoff=CUTOFF)
    assert {one.language for one in made.told} == {"en"}
    assert not [link for one in made.told for link in one.related]
    return made.scored[0].outlets


def test_an_edition_counts_them_only_where_the_newsletter_says_so_and_tells_none_of_them() -> None:
    stories = [HOME.lead, abroad().lead, story("de", "Etwas ganz anderes in Lyon", language="de", outlet="Kurier")]
    assert composed(stories, join=False) == ("Harbour Times",)
    assert composed(stories, join=True) == ("Harbour Times", "Courrier")
