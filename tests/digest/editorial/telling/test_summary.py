"""What a machine wrote is published only where its sources say it."""

from __future__ import annotations

import pytest

from digest.editorial.telling.summary import objection
from digest.editorial.text.measures import measured

SOURCES = (
    "At least 1,200 people fled Sanmar after the quake, mayor Ann Lee said on Friday.",
    'The earthquake of magnitude 7.1 struck Valdoria\'s coast; "we need dogs", Lee said.',
)


@pytest.mark.parametrize(
    "summary",
    [
        "At least 1200 people fled Sanmar after the quake of magnitude 7.1, mayor Ann Lee said.",
        "The earthquake struck the coast of Valdoria on Friday and people fled.",
    ],
)
def test_what_the_sources_say_is_let_through(summary: str) -> None:
    assert objection(summary, SOURCES, limit=240) == ""


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("At least 1,300 people fled Sanmar after the quake.", "the number 1300"),
        ("At least 1,200 people fled Sanmar, president Orlan said.", "the name 'Orlan'"),
        ("Thousands fled Sanmar after the quake on Friday.", "the number thousands"),
        ("The quake struck Sanmar and forty people fled.", "the number 40"),
        ("The quake struck Sanmar and a million people fled.", "the number million"),
        ("The quake struck Sanmar and ٤٥ people fled.", "the number 45"),
        ("The quake struck Sanmar and ⅔ of the people fled.", "the number ⅔"),
        ("The quake struck Sanmar, vladimir putin said.", "'vladimir putin'"),
        ("The quake struck Sanmar, 普京 said on Friday.", "'普京'"),
        ("The quake struck Sanmar, macron said on Friday.", "'macron'"),
        ("At least 1,200 % of the people fled Sanmar.", "1200 as %"),
        ("At least $1,200 fled Sanmar after the quake.", "1200 as $"),
        ("At least 1,200 million people fled Sanmar.", "1200 as million"),
        ("The quake struck Sanmar and people ‘fled on Friday.", "no partner"),
        ("The <b>earthquake</b> struck the coast of Valdoria.", "markup"),
        ("The earthquake struck, see https://evil.example for more.", "markup"),
        ("The earthquake struck\nthe coast of Valdoria.", "markup"),
        ('The mayor said "we need dogs after the quake.', "no partner"),
        ("", "says nothing"),
        ("The quake " * 40, "at most 240"),
    ],
)
def test_what_they_do_not_say_is_refused(summary: str, said: str) -> None:
    assert said in objection(summary, SOURCES, limit=240)


@pytest.mark.parametrize(
    ("summary", "source"),
    [
        ("Twelve people fled after the quake.", "The quake drove 12 people away; they fled."),
        ("The quake on Friday: 25 people driven away.", "Twenty-five people were driven away by the quake on Friday."),
        ("Prices rose by 12 percent in the year.", "Prices rose by 12% in the year."),
        ("Ministers promise 3 billion dollars of aid.", "Ministers promise aid of $3bn."),
        ("Police are closing the roads around the city.", "Police: the roads round here stay shut."),
    ],
)
def test_other_words_for_the_same(summary: str, source: str) -> None:
    assert objection(summary, [source], limit=240) == ""


def test_what_numbers_measure() -> None:
    assert measured("12 % of 1,200 people gave $3.5 million in 12 hours") == {
        ("12", "%"), ("1200", ""), ("3.5", "$ million"), ("12", "hour"),
    }  # fmt: skip
    assert measured("a 12-year-old and forty-two dogs") == {("12", "year"), ("42", "")}
    assert measured("") == frozenset()


COURT = "Uganda's High Court in Kampala freed opposition leader Kizza Besigye on bail after 12 months in custody."


@pytest.mark.parametrize(
    ("summary", "claim"),
    [
        ("Besigye was convicted by the High Court in Kampala.", "convicted"),
        ("Besigye was killed in Kampala after 12 months in custody.", "killed"),
        ("Opposition leader Besigye resigns in Kampala.", "resigns"),
        ("Besigye wins at the High Court in Kampala.", "wins"),
    ],
)
def test_a_grave_claim_has_to_stand_in_the_sources(summary: str, claim: str) -> None:
    assert objection(summary, [COURT], limit=240) == f"the sources do not say {claim!r}"
    assert objection(summary, [f"{COURT} {claim}"], limit=240) == ""


def test_a_claim_may_be_told_in_other_words() -> None:
    assert objection("Besigye was held in prison in Kampala.", [COURT + " He was jailed."], limit=240) == ""


def test_a_small_word_may_begin_the_sentence() -> None:
    assert objection("A High Court in Kampala freed Kizza Besigye on bail.", [COURT], limit=240) == ""


TWO = (
    "Ann Lee, the mayor of Sanmar, met the miners' leader Bob Cole on Friday. French president Donald J. Duroy, who "
    "opened the talks with Russian envoy Petrov, praised Lee and Cole. The High Court in Port Sanmar adjourned."
)


@pytest.mark.parametrize("name", ["Ann Cole", "Bob Lee", "Donald Cole", "Ann Duroy"])
def test_a_name_of_two_people_is_refused(name: str) -> None:
    said = objection(f"{name} met the miners in Sanmar on Friday.", [TWO], limit=240)
    assert said == f"the sources hold no {name!r}: they give these names to two others"
    assert objection(f"{name} met the miners in Sanmar on Friday.", [TWO, f"{name} was there."], limit=240) == ""


@pytest.mark.parametrize(
    "summary",
    [
        "Ann Lee met Bob Cole on Friday, and president Donald Duroy praised them.",
        "Lee met Cole on Friday. Duroy praised Lee.",
        "In Port Sanmar the High Court adjourned.",
        "Russian envoy Petrov and French president Duroy opened the talks.",
    ],
)
def test_names_as_the_sources_give_them(summary: str) -> None:
    assert objection(summary, [TWO], limit=240) == ""
