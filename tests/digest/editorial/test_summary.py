"""What a machine wrote is published only where its sources say it."""

from __future__ import annotations

import pytest

from digest.editorial.summary import objection

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
